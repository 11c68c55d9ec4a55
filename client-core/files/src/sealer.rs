//! Sealing, a chunk at a time, in any order: an upload that was broken off goes on in the middle.

use aes_gcm::aead::{AeadInOut as _, inout::InOutBuf};

use crate::{
    cipher::FileCipher,
    layout::{FileTooLong, Layout, TAG_LEN},
    secret::{FileKey, NonceBase},
};

/// Why a chunk was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file has no such chunk.
    #[error("there is no chunk {index}")]
    NoSuchChunk {
        /// The index.
        index: u32,
    },
    /// The bytes are not those of the chunk: the file may have changed.
    #[error("chunk {index} has {expected} bytes of the file, not {found}")]
    WrongLength {
        /// The index.
        index: u32,
        /// As it should be.
        expected: u64,
        /// As it is.
        found: u64,
    },
    /// The cipher refused, which it does for chunks of 64 GiB alone.
    #[error("the chunk cannot be sealed")]
    Cipher,
}

/// Seals the chunks of one file. The cipher is wiped when dropped.
///
/// A chunk may be sealed again, for an upload that goes on; only ever with the same bytes, for it has the same nonce. Who
/// goes on with a file that may have changed compares the hash of what was sent first.
pub struct Sealer(FileCipher);

impl Sealer {
    /// For a file of `len` bytes.
    pub fn new(key: &FileKey, base: NonceBase, len: u64) -> Result<Self, FileTooLong> {
        FileCipher::new(key, base, len).map(Self)
    }

    /// Where its chunks lie.
    pub fn layout(&self) -> Layout {
        self.0.layout
    }

    /// Seals a chunk: exactly the bytes of [`Layout::plain_range`]. Appends it to `out`.
    pub fn seal_into(&self, index: u32, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let missing = SealError::NoSuchChunk { index };
        let plain_range = self.0.layout.plain_range(index).ok_or(missing)?;
        let padded_range = self.0.layout.padded_range(index).ok_or(missing)?;
        let (expected, found) = (plain_range.end - plain_range.start, plain.len() as u64);
        if expected != found {
            return Err(SealError::WrongLength {
                index,
                expected,
                found,
            });
        }
        // A chunk is 64 KiB at most.
        let padded_len = (padded_range.end - padded_range.start) as usize;
        let start = out.len();
        out.reserve(padded_len + TAG_LEN as usize);
        out.extend_from_slice(plain);
        out.resize(start + padded_len, 0);
        let buffer = InOutBuf::from(out.get_mut(start..).ok_or(SealError::Cipher)?);
        let tag = self
            .0
            .cipher
            .encrypt_inout_detached(&self.0.nonce(index).into(), &self.0.aad, buffer)
            .map_err(|_| SealError::Cipher)?;
        out.extend_from_slice(&tag);
        Ok(())
    }
}
