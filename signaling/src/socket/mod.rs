//! The WebSocket of a device.
//!
//! ```text
//! GET ws?ticket ─► connection (one task) ─► Hello ─► dispatch, one request at a time
//!                       ▲                               │
//!                  Outbound (bounded queue) ◄── Hub ◄── events of the whole service
//! ```

mod calls;
mod connection;
mod dispatch;
mod hub;
mod outbound;
mod outbox;
mod routes;

#[cfg(test)]
pub use dispatch::dispatch;
pub use hub::Hub;
#[cfg(test)]
pub use outbound::{Next, Outbound};
pub use outbox::CallOutbox;
pub use routes::routes;
