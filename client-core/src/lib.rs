//! The device: identity, MLS groups, messages, files, media sealing. No sockets, no clock, no threads; builds
//! native and for browsers.

pub mod api;
pub mod core;
pub mod media;

pub use crate::core::{Core, StartError};
