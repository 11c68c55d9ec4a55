//! Sealing and opening of media frames: SFrame (RFC 9605), suite AES_256_GCM_SHA512_128, keyed by the call's MLS
//! group (RFC 9605 §5.2).
//!
//! ```text
//!  frame on the wire      clear prefix ‖ SFrame header ‖ ciphertext ‖ tag
//!                         └ in the additional data ──┘
//!  key id (31 bits)       epoch: 8 ‖ leaf: 12 ‖ kind: 3 ‖ instance: 8
//! ```
//!
//! The RFC itself is the crate `conclave-sframe`; here is what we make of it. [`MediaEngine`] is what a frame-transform worker runs: it takes [`crate::api::MediaUpdate`]s, seals what leaves
//! and opens what comes. It never reads a clock, and a frame that it refuses must be dropped, never passed on.
//!
//! | module     | what it knows                                                                     |
//! | ---------- | --------------------------------------------------------------------------------- |
//! | `key_id`   | the fields of our key ids                                                         |
//! | `prefix`   | how many bytes of a frame stay clear for the SFU and the depacketizer             |
//! | `key_ring` | which epochs open, which one seals, when keys die                                 |
//! | `sealer`   | instances and counters: no nonce twice                                            |
//! | `opener`   | members, expected slots, replays                                                  |
//! | `engine`   | all of it behind one door                                                         |

mod engine;
pub mod fuzz;
mod key_id;
mod key_ring;
pub mod limits;
mod opener;
mod prefix;
mod replay;
mod sealer;

pub use engine::MediaEngine;
pub use key_id::{KeyId, KeyIdError};
pub use key_ring::UpdateError;
pub use opener::{OpenError, Opened};
pub use prefix::{Codec, FrameTooShort};
pub use sealer::{AttachError, SealError, SealerId};
pub use sframe::{Header, HeaderError, OpenFailed, SealFailed};

#[cfg(test)]
mod tests;
