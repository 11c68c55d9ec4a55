//! What sealing and opening the chunks of one file share.

use aes_gcm::{Aes256Gcm, KeyInit as _};

use crate::{
    layout::{FileTooLong, Layout},
    secret::{FileKey, NonceBase},
};

/// Prefix of what is authenticated with each chunk.
const LABEL: &[u8] = b"Conclave 1.0 file";

const AAD_LEN: usize = LABEL.len() + 8;

/// Of an AES-GCM nonce.
const NONCE_LEN: usize = 12;

/// The cipher of one file, with where its chunks lie. Wiped when dropped.
pub(crate) struct FileCipher {
    pub(crate) cipher: Aes256Gcm,
    base: NonceBase,
    pub(crate) layout: Layout,
    /// Authenticated with each chunk.
    pub(crate) aad: [u8; AAD_LEN],
}

impl FileCipher {
    pub(crate) fn new(key: &FileKey, base: NonceBase, len: u64) -> Result<Self, FileTooLong> {
        Ok(Self {
            cipher: Aes256Gcm::new(key.as_bytes().into()),
            base,
            layout: Layout::new(len)?,
            aad: aad(len),
        })
    }

    pub(crate) fn nonce(&self, index: u32) -> [u8; NONCE_LEN] {
        self.base.nonce(index, self.layout.is_last(index))
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
