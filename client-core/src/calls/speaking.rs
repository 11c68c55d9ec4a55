//! What participants say to each other in the call's group: presence, chat, reactions, and what they ask of each other.
//! `saying.rs` is the way out, `hearing.rs` the way in.

use std::collections::VecDeque;

use protocol::{
    CallId, DeviceId, MessageId, Millis, UserId,
    room_settings::{RoomKind, RoomSettings},
};

use super::{
    Call, CallEnv,
    chat::{Chat, LeftChat},
    hearing::News,
    outbox::Outbox,
};
use crate::{
    failure::failure,
    limits::{MAX_CALL_SEEN, REACTION_WINDOW_MS},
    messages::Content,
    sorted::SortedMap,
};

/// What is said in the call, on its way out and in.
#[derive(Default)]
pub(super) struct Speaking {
    pub(super) outbox: Outbox,
    pub(super) chat: Chat,
    /// Ids that were taken, the newest last.
    seen: VecDeque<MessageId>,
    /// Devices with a raised hand, as this device saw them go up.
    hands: Vec<DeviceId>,
    /// Own reactions, and those that are shown of others.
    pub(super) reacted: Rate,
    pub(super) shown: SortedMap<DeviceId, Rate>,
    /// What others ask of this device.
    pub(super) asked: SortedMap<DeviceId, Rate>,
    /// For the user interface.
    pub(super) news: Vec<News>,
}

/// How many there were in the present window.
#[derive(Clone, Copy, Default)]
pub(super) struct Rate {
    since: Millis,
    count: u32,
}

impl Rate {
    /// Counts one more, unless there were `most` already.
    pub(super) fn allows(&mut self, now: Millis, most: u32) -> bool {
        if now >= self.since.plus(REACTION_WINDOW_MS) {
            *self = Self { since: now, count: 0 };
        }
        let allowed = self.count < most;
        if allowed {
            self.count = self.count.saturating_add(1);
        }
        allowed
    }
}

/// Who may mute others and lower their hands: in a direct room both, in another its moderators.
pub(crate) fn may_ask(room: Option<&RoomSettings>, user_id: UserId) -> bool {
    room.is_some_and(|settings| settings.kind == RoomKind::Direct || settings.moderators.contains(&user_id))
}

/// Whether this device follows what a user asks: of it or of all, by right, or as its own user.
pub(super) fn concerns(
    (me, device): (UserId, DeviceId),
    room: Option<&RoomSettings>,
    by: UserId,
    to: Option<DeviceId>,
) -> bool {
    match to {
        Some(to) => to == device && (by == me || may_ask(room, by)),
        None => may_ask(room, by),
    }
}

impl Speaking {
    /// Whether an id comes for the first time.
    pub(super) fn is_new(&mut self, id: MessageId) -> bool {
        if self.seen.contains(&id) {
            return false;
        }
        self.seen.push_back(id);
        if self.seen.len() > MAX_CALL_SEEN {
            self.seen.pop_front();
        }
        true
    }

    pub(super) fn raise(&mut self, device: DeviceId, up: bool) {
        if !up {
            self.hands.retain(|other| *other != device);
        } else if !self.hands.contains(&device) {
            self.hands.push(device);
        }
    }

    pub(super) fn hand_place(&self, device: DeviceId) -> Option<u32> {
        let at = self.hands.iter().position(|other| *other == device)?;
        u32::try_from(at.saturating_add(1)).ok()
    }

    /// The device has gone, or comes in anew.
    pub(super) fn forget(&mut self, device: DeviceId) {
        self.raise(device, false);
        self.shown.remove(&device);
        self.asked.remove(&device);
    }

    /// The group is lost; whoever is in the next one speaks for itself.
    pub(super) fn on_group_lost(&mut self) {
        self.outbox.on_group_lost();
        self.hands.clear();
        self.shown.clear();
        self.asked.clear();
    }
}

impl Call {
    /// The call is known: what was said in it before is still there, what was said in another one is not.
    pub(super) fn begin_to_listen(&mut self, env: &mut CallEnv<'_>, call_id: CallId) {
        if self.call_id().is_some_and(|before| before != call_id) {
            self.fall_silent(env);
            self.speaking.chat.clear();
        }
        // The user interface may show what another run of the program heard.
        if self.call_id().is_none() {
            self.speaking.chat.tell_all();
        }
        if let Some(former) = self.former_chat.take().filter(|former| former.call_id == call_id) {
            self.speaking.chat = former.chat;
            self.speaking.chat.tell_all();
        }
    }

    /// In the group, with a leaf that has said nothing yet.
    pub(super) fn begin_to_speak(&mut self, env: &CallEnv<'_>) {
        self.speaking.chat.settle();
        self.speaking
            .raise(env.identity.device_id, self.own_presence.hand);
        self.speaking.outbox.tell_presence(env.now());
    }

    /// What was said, for when the device comes back to this call.
    pub(crate) fn take_chat(&mut self) -> Option<LeftChat> {
        let left = self.call_id().map(|call_id| LeftChat {
            room_id: self.room_id,
            call_id,
            chat: std::mem::take(&mut self.speaking.chat),
        });
        left.or_else(|| self.former_chat.take())
    }

    /// The call is over, or it is another one: what was written and not sent is lost, which is said.
    pub(super) fn fall_silent(&mut self, env: &mut CallEnv<'_>) {
        let lost = self.speaking.outbox.give_up();
        for said in &lost {
            self.speaking.chat.failed(said.id);
        }
        if lost
            .iter()
            .any(|said| matches!(said.content, Content::Text { .. }))
        {
            env.shell.notice(failure("call_messages_lost"));
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{RoomId, room_settings::WhoMayAdd};

    use super::*;
    use crate::limits::MAX_REACTIONS;

    fn user(number: u8) -> UserId {
        UserId::from_random([number; 16])
    }

    fn settings(kind: RoomKind, moderators: Vec<UserId>) -> RoomSettings {
        RoomSettings {
            room_id: RoomId::from_random([1; 16]),
            kind,
            moderators,
            who_may_add: WhoMayAdd::Members,
            ttl_cap_ms: 0,
            burn_cap_ms: 0,
            removed: vec![],
            ends_at: Millis(0),
            constant_bitrate: false,
        }
    }

    /// Whatever a server lets through: the right is in the settings that the room's group authenticates.
    #[test]
    fn a_device_follows_moderators_anyone_in_a_direct_room_and_its_own_user() {
        let (alice, bob, carol) = (user(1), user(2), user(3));
        let (phone, other) = (DeviceId::from_random([1; 16]), DeviceId::from_random([2; 16]));
        let room = settings(RoomKind::Room, vec![alice]);
        let direct = settings(RoomKind::Direct, vec![]);
        let follows = |room, by, to| concerns((bob, phone), room, by, to);
        for to in [None, Some(phone)] {
            assert!(follows(Some(&room), alice, to));
            assert!(follows(Some(&direct), carol, to));
            assert!(!follows(Some(&room), carol, to));
            assert!(!follows(None, alice, to));
        }
        assert!(!follows(Some(&room), alice, Some(other)));
        assert!(follows(Some(&room), bob, Some(phone)));
        assert!(!follows(Some(&room), bob, None));
    }

    #[test]
    fn a_window_allows_so_many_and_the_next_as_many_again() {
        let mut rate = Rate::default();
        let start = Millis(1_000_000);
        let allowed = (0..10).filter(|_| rate.allows(start, MAX_REACTIONS)).count();
        assert_eq!(allowed, 5);
        assert!(!rate.allows(start.plus(REACTION_WINDOW_MS - 1), MAX_REACTIONS));
        assert!(rate.allows(start.plus(REACTION_WINDOW_MS), MAX_REACTIONS));
    }

    #[test]
    fn hands_keep_the_order_in_which_they_went_up() {
        let devices = [1, 2, 3].map(|number| DeviceId::from_random([number; 16]));
        let mut speaking = Speaking::default();
        for device in [devices[2], devices[0], devices[2], devices[1]] {
            speaking.raise(device, true);
        }
        assert_eq!(
            devices.map(|device| speaking.hand_place(device)),
            [Some(2), Some(3), Some(1)]
        );
        speaking.forget(devices[2]);
        assert_eq!(
            devices.map(|device| speaking.hand_place(device)),
            [Some(1), Some(2), None]
        );
    }

    #[test]
    fn an_id_is_new_once() {
        let mut speaking = Speaking::default();
        let id = |number: u8| MessageId::from_random([number; 16]);
        assert_eq!(
            [1, 2, 1].map(|number| speaking.is_new(id(number))),
            [true, true, false]
        );
    }
}
