//! The WebSocket of a device.
//!
//! ```text
//! GET ws?ticket ─► connection (one task) ─► Hello ─► dispatch, one request at a time
//!                       ▲                               │
//!                  Outbound (bounded queue) ◄── Hub ◄── events of the whole service
//! ```

pub mod calls;
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
pub use outbound::Next;
pub use outbound::Outbound;
pub use outbox::CallOutbox;
pub use routes::routes;
