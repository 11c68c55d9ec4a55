//! Accounts: invitation, registration, sign-in, and the devices that come of them (OPAQUE, RFC 9807).
//!
//! ```text
//! invitation ─► registration/start ─► registration/finish ─► account, first device
//!               login/start ─► login/finish ─► grant ─► devices ─► another device
//! ```
//!
//! The server never sees a password, nor anything a guess can be tested against without the server setup.

mod guard;
mod opaque;
mod routes;
mod rules;
mod store;

pub use guard::SignInGuard;
pub use opaque::{Opaque, SetupError};
#[cfg(test)]
pub use opaque::{Suite, SystemRandom};
pub use routes::{Grantee, routes};
pub use rules::{Owner, check_key_packages, check_list, check_name, check_others};
