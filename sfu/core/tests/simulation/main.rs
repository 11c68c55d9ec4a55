//! Whole calls in virtual time: `str0m` clients, a shard, and an emulated network between them.
//!
//! A seed decides what the network loses, delays and swaps; it is in every failure's message.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests; a failure is the test's"
)]

mod checks;
mod client;
mod layers;
mod media;
mod memory;
mod network;
mod offers;
mod scenarios;
mod sender;
mod soak;
mod voices;
mod world;
