//! What opens a file.

use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;

/// Bytes of a nonce base.
pub const BASE_LEN: usize = 7;

/// The key of one file. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey(Zeroizing<[u8; KEY_LEN]>);

impl FileKey {
    /// A key from random bytes that no other file has.
    pub fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key of bytes as they were written down: exactly 32, else nothing.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        if bytes.len() != KEY_LEN {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    /// The bytes, to be written down where only members read.
    pub fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }
}

/// The random beginning of a file's nonces. No secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonceBase(pub [u8; BASE_LEN]);

impl NonceBase {
    /// The nonce of a chunk.
    pub(crate) fn nonce(&self, index: u32, last: bool) -> [u8; 12] {
        let [a, b, c, d, e, f, g] = self.0;
        let [h, i, j, k] = index.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, u8::from(last)]
    }
}
