//! axum service: accounts, rooms, delivery, calls.
//!
//! [`Service`] is the face for the program around it: it opens the database, gives an HTTP router for `/api/…`
//! and a sink for what the SFU says. [`admin`] works on the same database without a running service.

pub mod admin;
pub mod calls;
pub mod clock;
pub mod groups;
mod service;

pub use clock::Clock;
pub use service::{OpenError, Service, Settings};
