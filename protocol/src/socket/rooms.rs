//! Rooms and delivery: one append-only log per room.

use serde::{Deserialize, Serialize};

use crate::{Bytes, DeviceId, Epoch, Generation, MessageId, Millis, RoomId, Seq, UserId, push::Wake};

/// Names a room.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RoomRef {
    /// The room.
    pub room_id: RoomId,
}

/// What kind of room, as the server tells (clients believe the group context).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKindTag {
    /// A room.
    Room,
    /// A direct room.
    Direct,
    /// The user's own devices.
    Own,
}

/// One room of a user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomSummary {
    /// The room.
    pub room_id: RoomId,
    /// Its kind.
    pub kind: RoomKindTag,
    /// Current generation of its group.
    pub generation: Generation,
    /// Current epoch of its group.
    pub epoch: Epoch,
    /// Newest entry.
    pub last_seq: Seq,
    /// Users who have a leaf.
    pub members: Vec<UserId>,
    /// Whether this device has a leaf in the current generation; if not, it may join by an external commit.
    pub has_leaf: bool,
    /// Up to where this device acknowledged.
    pub acked: Seq,
    /// Leaves that members are asked to remove with their next commit, and why.
    pub removals: Vec<RemovalWanted>,
    /// Call in progress.
    pub call: Option<super::CallSummary>,
    /// Of a direct room: why neither messages nor calls pass between its two users, if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<crate::Code>,
}

/// A leaf that has to go: whoever commits next removes it, and sends nothing before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalWanted {
    /// The device.
    pub device_id: DeviceId,
    /// Why.
    pub reason: RemovalReason,
}

/// Why the server asks for a removal. Shown to people, for the server could be lying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemovalReason {
    /// The user left the room.
    Left,
    /// The device signed out or was revoked by its owner.
    DeviceRevoked,
    /// The account is gone.
    AccountDeleted,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// MLS PrivateMessage with content.
    Application,
    /// MLS PublicMessage with a commit, by a member or external.
    Commit,
    /// A group was founded; `payload` is empty. Devices of older generations wait for a welcome.
    Founded,
}

/// One entry of a log. Application entries name no sender; that is inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Place in the log.
    pub seq: Seq,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch in which the payload was made (a commit leads to the one after).
    pub epoch: Epoch,
    /// What it is.
    pub kind: EntryKind,
    /// Opaque to the server, but for commits.
    pub payload: Bytes,
    /// Chosen by the sender: how it knows its own messages again.
    pub message_id: MessageId,
    /// When the server took it.
    pub sent_at: Millis,
    /// When the server drops it, if before the retention limit.
    pub expires_at: Option<Millis>,
}

/// A commit with what the next members need.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommitBundle {
    /// Epoch that the commit leaves.
    pub epoch: Epoch,
    /// MLSMessage(PublicMessage(Commit)).
    pub commit: Bytes,
    /// MLSMessage(GroupInfo) of the next epoch, without the ratchet tree, with the external public key.
    pub group_info: Bytes,
    /// MLSMessage(Welcome) for the added.
    pub welcome: Option<Bytes>,
    /// The devices that the commit adds, in the order of the adds.
    pub welcome_to: Vec<DeviceId>,
}

/// Founds a group: epoch 0 with the founder's leaf alone, and at once (one transaction) the commit that adds
/// the rest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomFound {
    /// Chosen at random by the founder; for a next generation, the existing room.
    pub room_id: RoomId,
    /// 1 for a new room; else one above the current (compare-and-swap). Only a moderator of the generation
    /// before may, and the members must be the same or fewer.
    pub generation: Generation,
    /// Names this founding, so that sending it again is harmless.
    pub message_id: MessageId,
    /// MLSMessage(GroupInfo) of epoch 0, without the tree.
    pub group_info: Bytes,
    /// TLS-encoded ratchet tree of epoch 0.
    pub tree: Bytes,
    /// The commit that follows at once.
    pub commit: Option<CommitBundle>,
}

/// A commit to a room's group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomCommit {
    /// The room.
    pub room_id: RoomId,
    /// Generation of the group.
    pub generation: Generation,
    /// Names this commit: sending it again gets the same answer.
    pub message_id: MessageId,
    /// The commit.
    pub bundle: CommitBundle,
}

/// An application message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomSend {
    /// The room.
    pub room_id: RoomId,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch in which it was encrypted; only the current one is taken.
    pub epoch: Epoch,
    /// Names the message: the same id with the same bytes gets the same answer; with other bytes it is refused
    /// (`duplicate_id`) while the first is in the log. After `stale_epoch` the client encrypts anew and keeps
    /// the id.
    pub message_id: MessageId,
    /// MLSMessage(PrivateMessage).
    pub payload: Bytes,
    /// When the server shall drop it.
    pub expires_at: Option<Millis>,
    /// Of an ID video in a direct room, for who has not verified this user yet: passes where the policy of the network stops
    /// everything else. At most [`crate::limits::MAX_INTRODUCTION_LEN`] long.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub introduces: bool,
    /// Whether the devices of the others that are not connected are woken for it.
    #[serde(default, skip_serializing_if = "Wake::is_nobody")]
    pub wakes: Wake,
}

/// Answer to what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// Place in the log (of the commit, where several entries were written).
    pub seq: Seq,
    /// When.
    pub sent_at: Millis,
}

/// Asks for entries.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RoomSync {
    /// The room.
    pub room_id: RoomId,
    /// Entries with a higher place; none from before the device's own add are ever given.
    pub after: Seq,
    /// At most so many, and at most [`crate::limits::MAX_SYNC_ENTRIES`].
    pub limit: u32,
}

/// Entries in order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Entries {
    /// The entries.
    pub entries: Vec<Entry>,
    /// Whether there are more.
    pub more: bool,
    /// Welcome of this device that is not acknowledged yet: process it first.
    #[serde(default)]
    pub welcome: Option<Box<RoomWelcome>>,
}

/// Acknowledges entries.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RoomAck {
    /// The room.
    pub room_id: RoomId,
    /// All up to here are durable (or were passed over for good).
    pub seq: Seq,
}

/// Reports a commit that cannot be processed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomReport {
    /// The room.
    pub room_id: RoomId,
    /// Place of the commit.
    pub seq: Seq,
    /// SHA-256 of its payload.
    pub payload_hash: Bytes,
}

/// For a device that was added.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomWelcome {
    /// The room.
    pub room_id: RoomId,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch that the welcome leads into.
    pub epoch: Epoch,
    /// Place of the commit that added the device: its log starts after it.
    pub seq: Seq,
    /// MLSMessage(Welcome).
    pub welcome: Bytes,
    /// TLS-encoded ratchet tree of that epoch.
    pub tree: Bytes,
}

/// What an external commit needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupInfoReply {
    /// Current generation.
    pub generation: Generation,
    /// Current epoch.
    pub epoch: Epoch,
    /// Newest entry at this epoch.
    pub seq: Seq,
    /// MLSMessage(GroupInfo), without the tree.
    pub group_info: Bytes,
    /// TLS-encoded ratchet tree.
    pub tree: Bytes,
}
