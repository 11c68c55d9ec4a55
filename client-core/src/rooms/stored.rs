//! What is stored of a room, beside its group and history.

use protocol::{
    DeviceId, Generation, MessageId, Millis, RoomId, Seq, UserId,
    identity::{Certificate, PublicKey},
    room_settings::RoomSettings,
    socket::RoomKindTag,
};
use serde::{Deserialize, Serialize};

use crate::{
    group::{Commit, Former, Group},
    sorted::SortedMap,
    store::Store,
};

/// What is stored of a room, beside its group, outbox and history.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(super) kind: RoomKindTag,
    pub(super) generation: Generation,
    pub(super) standing: Standing,
    /// Everything up to here was taken, or passed over for good.
    pub(super) cursor: Seq,
    pub(super) acked: Seq,
    pub(super) pending: Option<PendingCommit>,
    pub(super) title: Option<(Seq, String)>,
    pub(super) own_since_update: u32,
    pub(super) updated_at: Millis,
    pub(super) resyncs: u8,
    /// Settings and members as they were last known, for founding anew.
    pub(super) charter: Option<Charter>,
    /// What other own devices have read, and when, of the log that this one does not have yet.
    pub(super) read_ahead: Vec<(Seq, Millis)>,
}

/// How this device stands to the room's group.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Standing {
    Founding(Box<FoundingSent>),
    ExpectWelcome,
    JoiningFromOutside {
        message_id: MessageId,
        commit: Box<Commit>,
    },
    Member,
    Broken,
}

/// A founding that the server has to accept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct FoundingSent {
    pub(super) message_id: MessageId,
    pub(super) group_info: serde_bytes::ByteBuf,
    pub(super) tree: serde_bytes::ByteBuf,
    pub(super) commit: Option<Commit>,
}

/// A commit of ours that the server has to accept, and that the log has to show.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PendingCommit {
    pub(super) message_id: MessageId,
    pub(super) commit: Commit,
    pub(super) intents: Vec<Intent>,
    #[serde(skip)]
    pub(super) accepted: bool,
}

/// What somebody wants changed; done by a commit, again after one that lost.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Intent {
    Add {
        #[serde(skip)]
        command: Option<u32>,
        packages: Vec<serde_bytes::ByteBuf>,
    },
    RemoveUser {
        #[serde(skip)]
        command: Option<u32>,
        user_id: UserId,
    },
    /// Devices that the server asked to remove.
    RemoveDevices { devices: Vec<DeviceId> },
    /// A new leaf for this device.
    Update,
    /// Another setting of the room.
    Set {
        #[serde(skip)]
        command: Option<u32>,
        setting: Setting,
    },
}

/// What may be set.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Setting {
    /// Whether voices in calls go out at a constant bitrate.
    ConstantBitrate(bool),
    /// How long messages live at most, in milliseconds; 0 = without end.
    Timers { ttl_ms: u64, burn_ms: u64 },
    /// When the room ends; 0 = never.
    EndsAt(Millis),
}

impl Setting {
    pub(super) fn apply(self, settings: &mut RoomSettings) {
        match self {
            Self::ConstantBitrate(on) => settings.constant_bitrate = on,
            Self::Timers { ttl_ms, burn_ms } => {
                settings.ttl_cap_ms = ttl_ms;
                settings.burn_cap_ms = burn_ms;
            }
            Self::EndsAt(at) => settings.ends_at = at,
        }
    }
}

/// What a room was, while its group was known: what a group that claims to go on with it is judged by.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charter {
    pub(super) generation: Generation,
    pub(super) epoch: protocol::Epoch,
    settings: serde_bytes::ByteBuf,
    /// The members with their account keys.
    pub(super) users: SortedMap<UserId, PublicKey>,
}

/// A message in the outbox.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Outgoing {
    /// Order in the outbox, and its record's name.
    pub(super) number: u64,
    pub(super) message_id: MessageId,
    pub(super) content: serde_bytes::ByteBuf,
    pub(super) sealed: Option<Sealed>,
    pub(super) state: OutState,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OutState {
    Waiting,
    Accepted,
    Failed,
}

/// Encrypted for one epoch.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(super) generation: Generation,
    pub(super) epoch: protocol::Epoch,
    pub(super) payload: serde_bytes::ByteBuf,
}

impl Charter {
    pub(super) fn of(group: &Group, generation: Generation) -> Self {
        let members = group.members().values().map(Certificate::body);
        Self {
            generation,
            epoch: group.epoch(),
            settings: group.settings().encode().into(),
            users: members.map(|member| (member.user_id, member.aik)).collect(),
        }
    }

    pub(super) fn settings(&self) -> Option<RoomSettings> {
        RoomSettings::decode(&self.settings)
    }

    /// What a group is judged by, with the settings decoded.
    pub(super) fn as_former<'a>(&'a self, settings: &'a RoomSettings) -> Former<'a> {
        Former {
            generation: self.generation,
            epoch: self.epoch,
            settings,
            users: &self.users,
        }
    }
}

impl Intent {
    pub(super) fn command(&self) -> Option<u32> {
        match self {
            Self::Add { command, .. } | Self::RemoveUser { command, .. } | Self::Set { command, .. } => {
                *command
            }
            Self::RemoveDevices { .. } | Self::Update => None,
        }
    }

    pub(super) fn take_command(&mut self) -> Option<u32> {
        match self {
            Self::Add { command, .. } | Self::RemoveUser { command, .. } | Self::Set { command, .. } => {
                command.take()
            }
            Self::RemoveDevices { .. } | Self::Update => None,
        }
    }
}

impl Outgoing {
    pub(super) fn record(&self, room_id: RoomId) -> String {
        format!("out/{room_id}/{:020}", self.number)
    }

    pub(super) fn save(&self, store: &mut Store, room_id: RoomId) {
        store.put(self.record(room_id), self);
    }
}
