//! The loop around the core, and the handle that programs hold.
//!
//! One task owns core, store and clock. It does what the core says, in order, and hands in what comes of it; a batch is on
//! the disk before the next output is looked at. It decides nothing.

mod client;
mod task;

pub use client::{Client, ClientError, Waited};
