//! What rooms work with, and what they want of the device around them.

use protocol::{MessageId, Millis, RoomId, Seq, UserId};

use crate::{
    core::shell::Shell,
    files::OwnBlob,
    group::{
        DeviceKey, Mls,
        rules::{Account, Circumstances},
    },
    identity::Identity,
    messages::OwnState,
    people::People,
};

/// What a room works with.
pub(crate) struct Env<'a> {
    pub(crate) shell: &'a mut Shell,
    pub(crate) identity: &'a Identity,
    pub(crate) account: &'a Account,
    pub(crate) key: &'a DeviceKey,
    pub(crate) mls: &'a Mls,
    pub(crate) people: &'a mut People,
    pub(crate) own: &'a mut OwnState,
    pub(crate) notes: &'a mut Notes,
    /// Greeted, and the state is no rollback: requests may go.
    pub(crate) online: bool,
}

/// What a room wants of the device around it.
#[derive(Default)]
pub(crate) struct Notes {
    /// The list of rooms is out of date.
    pub(crate) want_rooms: bool,
    /// The key package of last resort was used.
    pub(crate) last_resort_used: bool,
    /// Another device of this user has read up to here, then.
    pub(crate) read_elsewhere: Vec<(RoomId, Seq, Millis)>,
    /// Something about contacts is other than before.
    pub(crate) contacts_changed: bool,
    /// Direct rooms in which one's own ID video was refused.
    pub(crate) videos_refused: Vec<RoomId>,
    /// The room's members changed, which the call in it may wait for.
    pub(crate) members_changed: Vec<RoomId>,
    /// Own blobs whose messages are gone.
    pub(crate) doomed: Vec<OwnBlob>,
}

impl Env<'_> {
    pub(crate) fn now(&self) -> Millis {
        self.shell.now
    }

    pub(crate) fn me(&self) -> UserId {
        self.account.user_id
    }

    pub(crate) fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            me: self.account,
            now: self.shell.now,
            room: None,
            former: None,
            seen: Some(self.own.pins()),
        }
    }

    pub(crate) fn message_id(&self) -> MessageId {
        MessageId::from_random(self.shell.random.array())
    }
}
