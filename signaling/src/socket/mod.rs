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


pub use hub::Hub;
pub use outbox::CallOutbox;
pub use routes::routes;
