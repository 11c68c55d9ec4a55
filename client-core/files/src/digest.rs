//! The hash of a blob, as its bytes go by.

use sha2::{Digest as _, Sha256};

/// SHA-256 of what it was given so far.
#[derive(Clone, Default)]
pub struct FileDigest(Sha256);

impl FileDigest {
    /// Of nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes what comes next.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash so far; more may follow.
    pub fn so_far(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}
