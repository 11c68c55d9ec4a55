//! What networks ask of their users in dealing with contacts. An administrator sets it; clients are told, and enforce it
//! as the server does.

mod store;
mod watch;

pub use store::{policies, set};
pub use watch::Watch;
