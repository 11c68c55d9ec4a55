//! Registration, sign-in, sessions.

pub(crate) mod opaque;
