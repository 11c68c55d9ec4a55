//! Sessions: a device proves its key, and gets a token for HTTP and a ticket for the WebSocket.
//!
//! The challenge carries its own proof of where it comes from, so that asking for one costs the server no memory.

mod routes;
mod store;

use protocol::{DeviceId, NetworkId, UserId};

pub use routes::{authenticate, bearer, routes};
pub use store::delete_expired;

/// Who asks: a device that proved its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The device.
    pub device_id: DeviceId,
    /// Its user.
    pub user_id: UserId,
    /// The user's network.
    pub network_id: NetworkId,
}
