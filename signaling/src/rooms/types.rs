//! Rows of rooms.

use protocol::{
    DeviceId, Epoch, Generation, MessageId, Millis, NetworkId, RoomId, Seq, UserId,
    room_settings::RoomKind,
    socket::{EntryKind, RemovalReason, RoomKindTag},
};

/// A room's row.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub room_id: RoomId,
    pub network_id: NetworkId,
    pub kind: RoomKind,
    pub generation: Generation,
    pub epoch: Epoch,
    pub last_seq: Seq,
}

/// A leaf's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub device_id: DeviceId,
    pub user_id: UserId,
}

/// What was written under a message id.
pub struct Known {
    pub seq: Seq,
    pub kind: EntryKind,
    pub sent_at: Millis,
    pub payload: Vec<u8>,
}

/// An entry to be written.
pub struct NewEntry<'a> {
    pub room_id: RoomId,
    pub seq: Seq,
    pub generation: Generation,
    pub epoch: Epoch,
    pub kind: EntryKind,
    pub message_id: MessageId,
    pub sent_at: Millis,
    pub expires_at: Option<Millis>,
    pub payload: &'a [u8],
}

pub fn kind_to_stored(kind: RoomKind) -> i64 {
    kind as i64
}

pub fn kind_from_stored(stored: i64) -> Option<RoomKind> {
    [RoomKind::Room, RoomKind::Direct, RoomKind::Own]
        .into_iter()
        .find(|kind| *kind as i64 == stored)
}

pub fn kind_tag(kind: RoomKind) -> RoomKindTag {
    match kind {
        RoomKind::Direct => RoomKindTag::Direct,
        RoomKind::Own => RoomKindTag::Own,
        RoomKind::Room | RoomKind::Call => RoomKindTag::Room,
    }
}

pub fn entry_kind_to_stored(kind: EntryKind) -> i64 {
    match kind {
        EntryKind::Application => 1,
        EntryKind::Commit => 2,
        EntryKind::Founded => 3,
    }
}

pub fn entry_kind_from_stored(stored: i64) -> Option<EntryKind> {
    [EntryKind::Application, EntryKind::Commit, EntryKind::Founded]
        .into_iter()
        .find(|kind| entry_kind_to_stored(*kind) == stored)
}

pub fn reason_to_stored(reason: RemovalReason) -> i64 {
    match reason {
        RemovalReason::Left => 1,
        RemovalReason::DeviceRevoked => 2,
        RemovalReason::AccountDeleted => 3,
    }
}

pub fn reason_from_stored(stored: i64) -> Option<RemovalReason> {
    [
        RemovalReason::Left,
        RemovalReason::DeviceRevoked,
        RemovalReason::AccountDeleted,
    ]
    .into_iter()
    .find(|reason| reason_to_stored(*reason) == stored)
}
