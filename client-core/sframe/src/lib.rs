//! SFrame (RFC 9605) with the suite AES_256_GCM_SHA512_128: what the RFC says, and nothing of ours. Which key ids
//! there are, who may seal and what may open is `client_core::media`.
//!
//! A crate of its own because frames are what a browser's processor waits for: it is built for speed where the
//! rest of client-core is built for size.

mod cipher;
mod header;

pub use cipher::{EpochSecret, FrameKey, OpenFailed, SealFailed};
pub use header::{Encoded, Header, HeaderError};

#[cfg(test)]
mod tests;
