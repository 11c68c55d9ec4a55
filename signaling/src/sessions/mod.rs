//! Sessions: a device proves its key, and gets a token for HTTP and a ticket for the WebSocket.
//!
//! The challenge carries its own proof of where it comes from, so that asking for one costs the server no memory.

mod routes;
mod store;

use protocol::{DeviceId, NetworkId, UserId};

use crate::calls::Guest;

pub use routes::{authenticate, bearer, routes};
pub use store::delete_expired;

/// Who may open a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// A device of an account.
    Device(Caller),
    /// A guest, who may ask to come into one call.
    Guest(Guest),
}

impl Visitor {
    /// What names it to the hub and in calls.
    pub fn device_id(&self) -> DeviceId {
        match self {
            Self::Device(caller) => caller.device_id,
            Self::Guest(guest) => guest.device_id,
        }
    }

    /// Its user; a guest's is nobody's but its own.
    pub fn user_id(&self) -> UserId {
        match self {
            Self::Device(caller) => caller.user_id,
            Self::Guest(guest) => guest.user_id,
        }
    }
}

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
