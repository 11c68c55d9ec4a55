//! The device outside a browser: `client-core` with a clock, a store, HTTP and a WebSocket around it.
//!
//! ```text
//!   Client ──ask──► Driver ── handle_input ──► client-core
//!     ▲               │  ▲                        │
//!     └── events ─────┘  └──── poll_output ◄──────┘
//!                     ├─ Store   SQLite, sealed; see `store`
//!                     └─ Server  HTTP and WebSocket; see `server`
//! ```
//!
//! [`Client`] is the handle that programs hold; the [`driver`] owns the core and the store, and decides nothing. A
//! [`reader::Reader`] hands out what is new in rooms. Files move beside them ([`files`]), with a token from the core. Calls
//! are not here yet: what the core says of media is dropped.

pub mod clock;
pub mod driver;
pub mod files;
mod limits;
pub mod reader;
pub mod server;
pub mod store;

pub use driver::{Client, ClientError, Waited};
