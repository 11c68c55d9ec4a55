//! MLS groups (RFC 9420), for rooms and calls alike. OpenMLS stays inside: nothing of it is seen from outside.
//!
//! ```text
//! found ─┐                      ┌─► commit ─► (server accepts, log shows it) ─► merge_own
//! join_by_welcome ─► Group ─────┼─► process ─► Incoming::Commit ─► rules ─► accept
//! join_externally ┘             └─► encrypt / process ─► Incoming::Message
//! ```
//!
//! - Handshakes are PublicMessage, messages are PrivateMessage, padded to size buckets ([`padding`]).
//! - A leaf's credential is a device certificate; every tree and every commit is judged by [`rules`] before it is
//!   taken. OpenMLS judges signatures, tags and structure.
//! - Expiry is the certificate's, judged against the time that the core was given. OpenMLS would judge leaf
//!   lifetimes by the system's clock; ours therefore never end.

#[cfg(any(test, feature = "bench"))]
pub(crate) mod bench;
mod crypto;
mod former;
mod key_package;
mod padding;
mod provider;
mod reading;
pub(crate) mod rules;
mod state;
mod storage;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub(crate) use former::Former;
pub(crate) use key_package::{FreshKeyPackage, KeyPackageError, OthersKeyPackage};
pub(crate) use padding::{pad, unpad};
pub(crate) use provider::{DeviceKey, Mls, SUITE_NAME};
pub(crate) use state::{Commit, Group, GroupError, GroupName, Incoming, Joined, StagedChange, Wish};
