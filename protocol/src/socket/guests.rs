//! Guests: links that let them ask, and the lobby where they wait.

use serde::{Deserialize, Serialize};

use crate::{Bytes, CallId, DeviceId, GuestLinkId, Millis, RoomId, identity::Signature};

/// A new guest link, as [`crate::identity::GuestLink`] with the asking device as its maker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuestLinkPut {
    /// Drawn by the device.
    pub link_id: GuestLinkId,
    /// The room.
    pub room_id: RoomId,
    /// At most [`crate::limits::MAX_GUEST_LINK_LIFE_MS`] from now.
    pub expires_at: Millis,
    /// By the device key, over [`crate::identity::GuestLink::to_be_signed`].
    pub signature: Signature,
}

/// Names a guest link.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct GuestLinkRef {
    /// The room.
    pub room_id: RoomId,
    /// The link.
    pub link_id: GuestLinkId,
}

/// A guest asks to come in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuestKnock {
    /// A key package whose credential is the guest's pass.
    pub key_package: Bytes,
}

/// Turns a guest away.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct GuestDeny {
    /// The call.
    pub call_id: CallId,
    /// The guest.
    pub device_id: DeviceId,
}

/// Who waits at the door of a call. Complete each time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GuestLobby {
    /// The call.
    pub call_id: CallId,
    /// In the order in which they came.
    pub guests: Vec<WaitingGuest>,
}

/// A guest who waits. What it calls itself stands in the key package, where the server cannot change it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitingGuest {
    /// The guest.
    pub device_id: DeviceId,
    /// From [`GuestKnock`].
    pub key_package: Bytes,
}

/// What a guest who waits is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestDoor {
    /// There is no call yet.
    NoCall,
    /// Those in the call see that the guest waits.
    Waiting,
    /// Somebody turned the guest away.
    Denied,
    /// The link's time is over.
    LinkExpired,
    /// Somebody took the link back.
    LinkRevoked,
}
