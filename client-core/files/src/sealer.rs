//! Sealing, a chunk at a time, in any order: an upload that was broken off goes on in the middle.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{AeadInOut as _, inout::InOutBuf},
};

use crate::{
    layout::{FileTooLong, Layout, TAG_LEN},
    secret::{FileKey, NonceBase},
};

/// Prefix of what is authenticated with each chunk.
const LABEL: &[u8] = b"Conclave 1.0 file";

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
pub struct Sealer {
    cipher: Aes256Gcm,
    base: NonceBase,
    layout: Layout,
    aad: [u8; AAD_LEN],
}

pub(crate) const AAD_LEN: usize = LABEL.len() + 8;

impl Sealer {
    /// For a file of `len` bytes.
    pub fn new(key: &FileKey, base: NonceBase, len: u64) -> Result<Self, FileTooLong> {
        let layout = Layout::new(len)?;
        Ok(Self {
            cipher: Aes256Gcm::new(key.as_bytes().into()),
            base,
            layout,
            aad: aad(len),
        })
    }

    /// Where its chunks lie.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Seals a chunk: exactly the bytes of [`Layout::plain_range`]. Appends it to `out`.
    pub fn seal_into(&self, index: u32, plain: &[u8], out: &mut Vec<u8>) -> Result<(), SealError> {
        let missing = SealError::NoSuchChunk { index };
        let plain_range = self.layout.plain_range(index).ok_or(missing)?;
        let padded_range = self.layout.padded_range(index).ok_or(missing)?;
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
        let nonce = self.base.nonce(index, self.layout.is_last(index)).into();
        let buffer = InOutBuf::from(out.get_mut(start..).ok_or(SealError::Cipher)?);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce, &self.aad, buffer)
            .map_err(|_| SealError::Cipher)?;
        out.extend_from_slice(&tag);
        Ok(())
    }
}

/// `label ‖ length of the file`.
pub(crate) fn aad(len: u64) -> [u8; AAD_LEN] {
    let mut aad = [0; AAD_LEN];
    for (to, from) in aad.iter_mut().zip(LABEL.iter().chain(&len.to_be_bytes())) {
        *to = *from;
    }
    aad
}
