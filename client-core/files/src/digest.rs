//! The hash of a blob, as its chunks go by.

use sha2::{Digest as _, Sha256};

/// Prefix of what each link of the chain is the hash of.
const LABEL: &[u8] = b"Conclave 1.0 blob";

/// The hash of the sealed chunks so far: a chain with a link for each of them.
///
/// A chain and not one hash over all, for browsers hash quickly only what they have as a whole: chunks they have. Where it
/// stands after a chunk is all that it takes to go on from there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileDigest([u8; 32]);

impl FileDigest {
    /// Of nothing yet: zeros.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next sealed chunk, which must be whole.
    pub fn add(&mut self, sealed: &[u8]) {
        let link = Sha256::new()
            .chain_update(LABEL)
            .chain_update(self.0)
            .chain_update(Sha256::digest(sealed));
        self.0 = link.finalize().into();
    }

    /// The hash so far; more may follow.
    pub fn so_far(&self) -> [u8; 32] {
        self.0
    }
}
