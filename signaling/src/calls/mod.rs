//! Live calls: who is in, the call group's log, and who may speak with the SFU. In memory only.
//!
//! A pure state machine: time is handed in, what it has to say goes to an [`Outbox`] and an
//! [`protocol::sfu::SfuLink`], neither of which may block or call back.

mod error;
mod machine;
mod types;

pub use error::CallError;
pub use machine::Calls;
pub use types::{Caller, MediaTicket, Outbox, People, Random, RoomForCall};
