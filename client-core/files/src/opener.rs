//! Opening, a chunk at a time: a video is shown from the middle.

use aes_gcm::aead::{AeadInOut as _, inout::InOutBuf};

use crate::{
    cipher::FileCipher,
    layout::{FileTooLong, Layout, TAG_LEN},
    secret::{FileKey, NonceBase},
};

/// Why a chunk did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file has no such chunk.
    #[error("there is no chunk {index}")]
    NoSuchChunk {
        /// The index.
        index: u32,
    },
    /// Cut off, or followed by something else.
    #[error("chunk {index} has {expected} bytes, not {found}")]
    WrongLength {
        /// The index.
        index: u32,
        /// As it should be.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// Changed, from another place of the file, from another file, or the length of the file is another.
    #[error("chunk {index} is not authentic")]
    NotAuthentic {
        /// The index.
        index: u32,
    },
    /// Sealed by who has the key, but with something in the padding.
    #[error("the padding of chunk {index} is not empty")]
    Padding {
        /// The index.
        index: u32,
    },
}

/// Opens the chunks of one file. The cipher is wiped when dropped.
pub struct Opener(FileCipher);

impl Opener {
    /// For a file of `len` bytes.
    pub fn new(key: &FileKey, base: NonceBase, len: u64) -> Result<Self, FileTooLong> {
        FileCipher::new(key, base, len).map(Self)
    }

    /// Where its chunks lie.
    pub fn layout(&self) -> Layout {
        self.0.layout
    }

    /// The bytes of the file in a sealed chunk, which is the whole of [`Layout::sealed_range`].
    pub fn open(&self, index: u32, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        let missing = OpenError::NoSuchChunk { index };
        let sealed_range = self.0.layout.sealed_range(index).ok_or(missing)?;
        let plain_range = self.0.layout.plain_range(index).ok_or(missing)?;
        let (expected, found) = (sealed_range.end - sealed_range.start, sealed.len() as u64);
        if expected != found {
            return Err(OpenError::WrongLength {
                index,
                expected,
                found,
            });
        }
        let not_authentic = OpenError::NotAuthentic { index };
        let cut = sealed.len().checked_sub(TAG_LEN as usize).ok_or(not_authentic)?;
        let (ciphertext, tag) = sealed.split_at_checked(cut).ok_or(not_authentic)?;
        let tag = tag.try_into().map_err(|_| not_authentic)?;
        let mut plain = ciphertext.to_vec();
        let buffer = InOutBuf::from(plain.as_mut_slice());
        self.0
            .cipher
            .decrypt_inout_detached(&self.0.nonce(index).into(), &self.0.aad, buffer, &tag)
            .map_err(|_| not_authentic)?;
        // A chunk is 64 KiB at most.
        let plain_len = (plain_range.end - plain_range.start) as usize;
        if plain.iter().skip(plain_len).any(|byte| *byte != 0) {
            return Err(OpenError::Padding { index });
        }
        plain.truncate(plain_len);
        Ok(plain)
    }
}
