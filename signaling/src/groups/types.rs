use protocol::{
    CallId, DeviceId, Email, Generation, LeafIndex, NetworkId, RoomId, UserId,
    identity::{Certificate, PublicKey},
};

/// Whose group it is, and which founding of it; the MLS group id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupName {
    /// A room's group.
    Room(RoomId, Generation),
    /// A call's group.
    Call(CallId, Generation),
}

impl GroupName {
    /// The MLS group id: 16 bytes of the room or call, then the generation as 8 bytes, big endian.
    pub fn encode(&self) -> Vec<u8> {
        let (id, generation) = match self {
            Self::Room(room_id, generation) => (room_id.as_bytes(), generation),
            Self::Call(call_id, generation) => (call_id.as_bytes(), generation),
        };
        [id.as_slice(), &generation.0.to_be_bytes()].concat()
    }
}

/// One leaf of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupLeaf {
    /// Its place in the tree.
    pub leaf: LeafIndex,
    /// Whose it is.
    pub certificate: Certificate,
}

/// What a user's record says, for judging certificates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUser {
    /// The user's current account identity key.
    pub aik: PublicKey,
    /// The user's e-mail.
    pub email: Email,
    /// The user's network.
    pub network_id: NetworkId,
    /// Devices of the current device list that are not revoked, with their keys.
    pub live_devices: Vec<(DeviceId, PublicKey)>,
}

/// What the server knows beside the group; handed in, so that the rules do no IO.
pub trait Judge {
    /// The record of a user, nothing if there is none.
    fn user(&self, user: UserId) -> Option<KnownUser>;
    /// Whether the server asked for the removal of this device's leaf.
    fn removal_wanted(&self, device: DeviceId) -> bool;
    /// Whether this device of this user may join by an external commit, beyond what the group itself shows
    /// (in a call: it asked to join, and has a leaf in the room's group).
    fn may_join_external(&self, device: DeviceId, user: UserId) -> bool;
    /// The device whose connection brought the commit.
    fn sender(&self) -> DeviceId;
    /// Whether this device asked to join the call. Only asked for calls.
    fn asked_to_join(&self, device: DeviceId) -> bool;
    /// Whether this guest waits to be let into the call. Only asked for calls.
    fn knocked(&self, device: DeviceId) -> bool;
    /// Whether this user may let guests into the call. Only asked for calls.
    fn admits_guests(&self, user: UserId) -> bool;
    /// Whether this user is a moderator of the call's room. Only asked for calls.
    fn moderates_room(&self, user: UserId) -> bool;
}

/// What an accepted commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitEffect {
    /// Who committed; of an external commit, the new leaf.
    pub committer: GroupLeaf,
    /// Whether the committer came in by it.
    pub external: bool,
    /// Leaves that came by an Add, in the order of the adds. The leaf of an external commit is not among them.
    pub added: Vec<GroupLeaf>,
    /// Leaves that went.
    pub removed: Vec<GroupLeaf>,
    /// Whether the room's settings changed.
    pub settings_changed: bool,
}
