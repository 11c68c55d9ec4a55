use std::collections::HashMap;

use protocol::{DeviceId, GuestLinkId, Millis, NetworkId, RoomId, UserId, sfu::OfferRefused, socket::Event};

use crate::groups::KnownUser;

/// Where events go. Called while the state is being changed: it must not block, nor call back.
pub trait Outbox: Send + Sync {
    /// To the connection of one device, if it has one.
    fn to_device(&self, device: DeviceId, event: Event);
    /// To all connected devices of the room's members.
    fn to_room(&self, room: RoomId, event: Event);
}

/// Draws 16 random bytes for an id.
pub type Random = Box<dyn FnMut() -> [u8; 16] + Send>;

/// The records of the users that a group or commit names
/// ([`crate::groups::PublicGroupState::users_in`]), and of the caller.
pub type People = HashMap<UserId, KnownUser>;

/// Comes when the SFU answers an offer; closed without a value when the participant or the SFU is gone first.
pub type MediaTicket = tokio::sync::oneshot::Receiver<Result<String, OfferRefused>>;

/// The device that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The device.
    pub device_id: DeviceId,
    /// Its user.
    pub user_id: UserId,
}

/// What a call needs to know of its room, from the room's public group as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomForCall {
    /// The room.
    pub room_id: RoomId,
    /// Its network.
    pub network_id: NetworkId,
    /// Users who have a leaf.
    pub members: Vec<UserId>,
    /// Devices that have a leaf.
    pub leaves: Vec<DeviceId>,
    /// Users who may remove others from a call, lock it and end it.
    pub moderators: Vec<UserId>,
    /// Whether it is a direct room.
    pub direct: bool,
    /// Whether every member may let guests in, and not the moderators alone.
    pub members_admit: bool,
}

/// A guest who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guest {
    /// What it is to the hub and in the call's group, as follows from its key.
    pub device_id: DeviceId,
    /// Likewise.
    pub user_id: UserId,
    /// The room of its link.
    pub room_id: RoomId,
    /// The link.
    pub link_id: GuestLinkId,
    /// Until when the link lets it ask.
    pub expires_at: Millis,
}
