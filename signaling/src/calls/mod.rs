//! Live calls: who is in, the call group's log, and who may speak with the SFU. In memory only.
//!
//! A pure state machine: time is handed in, what it has to say goes to an [`Outbox`] and an
//! [`protocol::sfu::SfuLink`], neither of which may block or call back.
//!
//! ```text
//!            join, no group                 found (first wins)
//!  (outside) ───────────────► ToFound ─────────────────────────────► In
//!      │                         │ found (lost: conflict)             ▲
//!      │     join, group         ▼                                    │
//!      └─────────────────────► AwaitsAdd ─────────────────────────────┘
//!                                 added by a member, or own external commit
//!
//!  any state ── leave, entering anew, leaf gone from the room, lost for CALL_LINGER_MS ──► outside, and gone
//!  In, the call is locked ── lost ──► outside, and may come back for CALL_RETURN_MS; then gone
//!  In ── removed by a commit ──► outside
//! ```
//!
//! *Gone* is a former participant whose leaf is still in the group. Members are asked to remove it, as they are
//! asked to add who awaits it; both are asked again at every new epoch and of who connects again, until it is
//! done. A device is in at most one call, and offers media only while its leaf is in the group.
//!
//! **Into a locked call** comes who has a leaf in its group. So the leaf of who was lost, and did not leave, stays for a
//! while: by it the same user's device comes in again, as everybody can check.
//!
//! **Guests** wait in the lobby of their room, and are nothing to the call before a member's commit adds them: no event of
//! it, no media. They are in for as long as a member is.
//!
//! **When nobody is in the group any more** while others are in the call, the group is given up, and the next
//! generation is to be founded. Who waits to be added finds no group when it asks for what an external commit
//! needs, and enters anew; whoever founds first is asked to add those who still wait. So nobody has to come into
//! a group whose last keys are known only to who is gone. When nobody is left, the call ends.

mod call;
mod error;
mod group;
mod guests;
mod limits;
mod log;
mod machine;
mod media;
mod rates;
mod trial;
mod types;

pub use error::CallError;
pub use machine::Calls;
pub use types::{Caller, Guest, MediaTicket, Outbox, People, Random, RoomForCall};

#[cfg(test)]
mod tests;
