//! The device: identity, MLS groups, messages, files, calls, media sealing. No sockets, no clock, no threads; builds
//! native and for browsers.

mod account;
pub mod api;
mod calls;
mod cbor;
mod compact;
mod contacts;
pub mod core;
mod failure;
pub mod files;
mod group;
mod hex;
mod identity;
mod key_packages;
mod limits;
pub mod media;
mod messages;
mod pairing;
mod people;
mod random;
mod rooms;
mod signs;
pub mod sorted;
mod store;
mod tasks;
#[cfg(test)]
mod vectors;
mod words;

pub use crate::account::opaque::PasswordCost;
pub use crate::core::{Core, Options, StartError};
#[cfg(feature = "bench")]
pub use crate::group::bench::MlsBench;
pub use crate::store::{UnlockError, lock_storage_key, password_key, unlock_storage_key};
