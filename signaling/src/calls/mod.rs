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
//!  In ── removed by a commit ──► outside
//! ```
//!
//! *Gone* is a former participant whose leaf is still in the group. Members are asked to remove it, as they are
//! asked to add who awaits it; both are asked again at every new epoch and of who connects again, until it is
//! done. A device is in at most one call, and offers media only while its leaf is in the group.
//!
//! **When all members leave** while someone waits to be added, the group stays: who waits joins it by an
//! external commit, as after every unanswered request, and then removes the leaves that are gone. When someone
//! enters a call in which nobody is in and nobody waits (a lone participant whose page was reloaded), the group
//! is given up, and the newcomer founds the next generation at once. When nobody is left, the call ends.

mod call;
mod error;
mod group;
mod limits;
mod log;
mod machine;
mod media;
mod rates;
mod types;

pub use error::CallError;
pub use machine::Calls;
pub use types::{Caller, MediaTicket, Outbox, People, Random, RoomForCall};

#[cfg(test)]
mod tests;
