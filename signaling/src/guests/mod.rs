//! Guests: links that let them ask to come into a call, and sessions of those who came by one. Whether they come in, a
//! member of the room decides, with a commit (`calls/guests.rs`); a session by itself opens nothing.

mod requests;
mod routes;
mod rules;
mod store;

pub use requests::{greet, put_link, revoke_link, serve};
pub use routes::routes;
pub use store::delete_expired;
