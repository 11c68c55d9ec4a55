//! What the server knows of an MLS group: its public half (RFC 9420 §6.2), kept up with every commit.
//!
//! ```text
//! CommitBundle ──parse──► Described ──rules──► process (OpenMLS) ──► check GroupInfo ──► new state
//!                  │           │                   │                       │
//!                  └───────────┴── GroupError ◄────┴───────────────────────┘   the old state stays as it was
//! ```
//!
//! OpenMLS does not judge who may do what; `rules` does, on a plain description of the commit. No OpenMLS type
//! leaves this module.

mod check;
mod error;
mod outline;
mod rules;
mod state;
mod storage;
mod types;

pub use error::{GroupError, Refusal};
pub use state::PublicGroupState;
pub use types::{CommitEffect, GroupLeaf, GroupName, Judge, KnownUser};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
