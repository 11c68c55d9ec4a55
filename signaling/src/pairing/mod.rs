//! Pairing: a new device and one that is signed in hand each other messages through here. What they say, and who is who, is
//! theirs to settle (`client-core/src/pairing`): the server sees bytes. All of it is in memory, for minutes.

mod mailbox;
mod routes;

pub use mailbox::Mailbox;
pub use routes::routes;
