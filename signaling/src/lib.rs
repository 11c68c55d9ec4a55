//! axum service: accounts, rooms, delivery, files, calls.
//!
//! [`Service`] is the face for the program around it: it opens the database, gives an HTTP router for `/api/…`
//! and a sink for what the SFU says. [`admin`] works on the same database without a running service.

mod accounts;
pub mod admin;
mod app;
mod blobs;
pub mod calls;
mod client;
pub mod clock;
mod contacts;
mod failure;
pub mod groups;
mod guests;
mod id_videos;
mod json;
mod limits;
mod own_state;
mod pairing;
mod people;
mod policies;
pub mod push;
mod random;
mod rate;
mod retention;
mod rooms;
mod router;
mod sealed;
pub mod secret;
mod service;
mod sessions;
mod socket;
mod store;
mod tokens;
pub mod turn;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use blobs::{BlobLimits, BlobPlace, NotOurs, S3Failure, S3Settings, S3Step, S3Trouble, try_s3};
pub use clock::Clock;
pub use service::{OpenError, Service, Settings};
