//! Sealing and opening of media frames: SFrame (RFC 9605), suite AES_256_GCM_SHA512_128, keyed by the call's MLS
//! group (RFC 9605 §5.2).
//!
//! ```text
//!  frame on the wire      clear prefix ‖ SFrame header ‖ ciphertext ‖ tag
//!                         └ in the additional data ──┘
//!  key id (31 bits)       epoch: 8 ‖ leaf: 12 ‖ kind: 3 ‖ instance: 8
//! ```
//!
//! [`MediaEngine`] is what a frame-transform worker runs: it takes [`crate::api::MediaUpdate`]s, seals what leaves
//! and opens what comes. It never reads a clock, and a frame that it refuses must be dropped, never passed on.
//!
//! | module     | what it knows                                                                     |
//! | ---------- | --------------------------------------------------------------------------------- |
//! | `header`   | the SFrame header on the wire                                                     |
//! | `cipher`   | key schedule, seal and open under one key id                                      |
//! | `key_id`   | the fields of our key ids                                                         |
//! | `prefix`   | how many bytes of a frame stay clear for the SFU and the depacketizer             |
//! | `key_ring` | which epochs open, which one seals, when keys die                                 |
//! | `sealer`   | instances and counters: no nonce twice                                            |
//! | `opener`   | members, expected slots, replays                                                  |
//! | `engine`   | all of it behind one door                                                         |

mod cipher;
mod engine;
pub mod fuzz;
mod header;
mod key_id;
mod key_ring;
pub mod limits;
mod opener;
mod prefix;
mod replay;
mod sealer;

pub use cipher::{EpochSecret, FrameKey, OpenFailed, SealFailed};
pub use engine::MediaEngine;
pub use header::{Header, HeaderError};
pub use key_id::{KeyId, KeyIdError};
pub use key_ring::UpdateError;
pub use opener::{OpenError, Opened};
pub use prefix::{Codec, FrameTooShort};
pub use sealer::{AttachError, SealError, SealerId};

#[cfg(test)]
mod tests;
