//! What participants say to each other in the call's group: presence, chat, reactions, and what they ask of each other.

use std::collections::VecDeque;

use protocol::{
    CallId, Code, DeviceId, LeafIndex, MessageId, Millis, UserId,
    identity::Certificate,
    limits::MAX_TEXT_LEN,
    room_settings::{RoomKind, RoomSettings},
    socket::{CallSend, Entry, Request},
};

use super::{
    Call, CallEnv, Presence, State,
    chat::{Chat, ChatMessage, LeftChat},
    outbox::{Fate, Next, Outbox, Said},
};
use crate::{
    api::{Event, Failure, ParticipantAsk, Reaction},
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    failure::{failure, failure_with},
    limits::{MAX_CALL_SEEN, MAX_REACTIONS, MAX_REACTIONS_SHOWN, REACTION_WINDOW_MS},
    messages::{Content, Envelope},
    rooms::Lens,
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
    reacted: Rate,
    shown: SortedMap<DeviceId, Rate>,
    /// For the user interface.
    news: Vec<News>,
}

enum News {
    Reaction {
        leaf: LeafIndex,
        reaction: Reaction,
    },
    Ask {
        by: Box<Certificate>,
        ask: ParticipantAsk,
    },
}

/// How many there were in the present window.
#[derive(Clone, Copy, Default)]
struct Rate {
    since: Millis,
    count: u32,
}

impl Rate {
    /// Counts one more, unless there were `most` already.
    fn allows(&mut self, now: Millis, most: u32) -> bool {
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
fn concerns(
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
    fn is_new(&mut self, id: MessageId) -> bool {
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
    }

    /// The group is lost; whoever is in the next one speaks for itself.
    pub(super) fn on_group_lost(&mut self) {
        self.outbox.on_group_lost();
        self.hands.clear();
        self.shown.clear();
    }
}

impl Call {
    pub(crate) fn say(&mut self, env: &mut CallEnv<'_>, text: String) -> Result<MessageId, Failure> {
        if text.len() > MAX_TEXT_LEN {
            return Err(failure_with("text_too_long", "max", MAX_TEXT_LEN.to_string()));
        }
        if matches!(self.state, State::Removed) {
            return Err(failure("call_gone"));
        }
        let content = Content::Text { text: text.clone() };
        let id = self.send(env, content)?;
        let leaf = self.own_leaf();
        let author = Box::new(env.identity.certificate.clone());
        self.speaking
            .chat
            .say(ChatMessage::new(id, author, leaf, env.now(), text));
        self.on_time(env);
        Ok(id)
    }

    pub(crate) fn react(&mut self, env: &mut CallEnv<'_>, reaction: Reaction) -> Result<(), Failure> {
        self.must_be_in(env)?;
        if !self.speaking.reacted.allows(env.now(), MAX_REACTIONS) {
            return Err(failure("rate_limited"));
        }
        self.send(env, Content::Reaction { reaction })?;
        let leaf = self.own_leaf();
        self.speaking.news.push(News::Reaction { leaf, reaction });
        self.on_time(env);
        Ok(())
    }

    /// Asks something of the device at a leaf, or of all others.
    pub(crate) fn ask_participant(
        &mut self,
        env: &mut CallEnv<'_>,
        leaf: Option<u32>,
        ask: ParticipantAsk,
    ) -> Result<(), Failure> {
        self.must_be_in(env)?;
        let target = leaf
            .map(|leaf| self.member(LeafIndex(leaf)).ok_or_else(|| failure("not_found")))
            .transpose()?;
        let own_device = target.is_some_and(|member| member.body().user_id == env.account.user_id);
        if !own_device && !may_ask(env.room, env.account.user_id) {
            return Err(failure("forbidden"));
        }
        let to = target.map(|member| member.body().device_id);
        self.send(env, Content::Ask { to, ask })?;
        self.on_time(env);
        Ok(())
    }

    /// What passes is not worth saying later.
    fn must_be_in(&self, env: &CallEnv<'_>) -> Result<(), Failure> {
        match (env.online, self.is_member()) {
            (true, true) => Ok(()),
            (true, false) => Err(failure("not_ready")),
            (false, _) => Err(failure("offline")),
        }
    }

    fn send(&mut self, env: &CallEnv<'_>, content: Content) -> Result<MessageId, Failure> {
        let said = Said {
            id: env.message_id(),
            at: env.now(),
            content,
        };
        let id = said.id;
        self.speaking
            .outbox
            .push(said)
            .map_err(|_| failure("too_many_unsent"))?;
        Ok(id)
    }

    /// The call is known: what was said in it before is still there, what was said in another one is not.
    pub(super) fn begin_to_listen(&mut self, env: &mut CallEnv<'_>, call_id: CallId) {
        if self.call_id().is_some_and(|before| before != call_id) {
            self.fall_silent(env);
            self.speaking.chat.clear();
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

    /// Encrypts and sends what is next, in the epoch of now.
    pub(super) fn speak_if_due(&mut self, env: &mut CallEnv<'_>) {
        // A commit of one's own is about to end this epoch.
        if self.pending.is_some() {
            return;
        }
        let Some(next) = self.speaking.outbox.next(env.now()) else {
            return;
        };
        let (Some(group), Some(place)) = (&mut self.group, self.place) else {
            return;
        };
        let (message_id, at, content) = match &next {
            Next::Presence => (env.message_id(), env.now(), self.own_presence.content()),
            Next::Said(said) => (said.id, said.at, said.content.clone()),
        };
        let envelope = Envelope {
            id: message_id,
            at,
            content,
            list: None,
        };
        match group.encrypt(env.mls, env.key, &envelope.encode()) {
            Ok(payload) => {
                let request = Request::CallSend(CallSend {
                    call_id: place.call_id,
                    generation: place.generation,
                    epoch: group.epoch(),
                    message_id,
                    payload: payload.into(),
                });
                self.speaking.outbox.left(message_id, &next);
                self.ask(env, CallAsk::Send { message_id }, request);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot encrypt for the call");
                self.speaking.outbox.failed(env.now());
            }
        }
    }

    pub(super) fn on_sent(&mut self, env: &mut CallEnv<'_>, message_id: MessageId, answer: &Answer) {
        let fate = fate_of(answer);
        if let Some(said) = self.speaking.outbox.on_fate(env.now(), message_id, fate) {
            let known = matches!(answer, Err(Refusal::Problem(problem)) if problem.code == Code::DuplicateId);
            match fate {
                // The log of before one's own entering has it, and is not shown.
                Fate::Taken if known => self.speaking.chat.logged(said.id, said.at),
                Fate::Never => self.speaking.chat.failed(said.id),
                _ => self.speaking.chat.sent(said.id),
            }
        }
        self.on_time(env);
    }

    /// An own message is in the log.
    pub(super) fn take_own_message(&mut self, entry: &Entry) {
        self.speaking.outbox.on_logged(entry.message_id);
        self.speaking.chat.logged(entry.message_id, entry.sent_at);
    }

    /// What a member said, by the certificate of the leaf that MLS names.
    pub(super) fn take_message(
        &mut self,
        env: &CallEnv<'_>,
        entry: &Entry,
        author: Box<Certificate>,
        content: &[u8],
    ) {
        let Some(envelope) = Envelope::decode(content).filter(|envelope| envelope.id == entry.message_id)
        else {
            return;
        };
        let device = author.body().device_id;
        let Some(leaf) = self.group.as_ref().and_then(|group| group.leaf_of(device)) else {
            return;
        };
        if let Some(presence) = Presence::of(&envelope.content) {
            self.presence.insert(device, presence);
            self.speaking.raise(device, presence.hand);
            return;
        }
        if !self.speaking.is_new(envelope.id) {
            return;
        }
        match envelope.content {
            Content::Text { text } if text.len() <= MAX_TEXT_LEN => {
                let sent_at = envelope.at.min(entry.sent_at);
                self.speaking
                    .chat
                    .receive(ChatMessage::new(envelope.id, author, leaf, sent_at, text));
            }
            Content::Reaction { reaction } => self.take_reaction(env.now(), device, leaf, reaction),
            Content::Ask { to, ask } => self.take_ask(env, author, to, ask),
            // Of rooms, or of a newer program.
            _ => {}
        }
    }

    fn take_reaction(&mut self, now: Millis, device: DeviceId, leaf: LeafIndex, reaction: Reaction) {
        let rate = self.speaking.shown.get_or_insert_with(device, Rate::default);
        if rate.allows(now, MAX_REACTIONS_SHOWN) {
            self.speaking.news.push(News::Reaction { leaf, reaction });
        }
    }

    /// Who asks must have the right by this device's own view of the room, whatever the server let through.
    fn take_ask(
        &mut self,
        env: &CallEnv<'_>,
        by: Box<Certificate>,
        to: Option<DeviceId>,
        ask: ParticipantAsk,
    ) {
        let me = (env.account.user_id, env.identity.device_id);
        if concerns(me, env.room, by.body().user_id, to) {
            self.speaking.news.push(News::Ask { by, ask });
        }
    }

    /// What was said and heard since it was told last.
    pub(crate) fn take_news(&mut self, lens: Lens<'_>) -> Vec<Event> {
        if self.place.is_none() {
            return vec![];
        }
        let news = std::mem::take(&mut self.speaking.news);
        let mut events: Vec<Event> = news
            .into_iter()
            .map(|news| match news {
                News::Reaction { leaf, reaction } => Event::CallReaction {
                    leaf: leaf.0,
                    reaction,
                },
                News::Ask { by, ask } => Event::CallAsk {
                    name: lens.people.name(by.body().user_id, Some(&by)),
                    ask,
                },
            })
            .collect();
        if let Some((reset, messages)) = self.speaking.chat.take_told(lens) {
            events.push(Event::CallMessages { reset, messages });
        }
        events
    }

    /// The call is over, or it is another one: what was written and not sent is lost, which is said.
    pub(super) fn fall_silent(&mut self, env: &mut CallEnv<'_>) {
        let lost = self.speaking.outbox.give_up();
        if lost
            .iter()
            .any(|said| matches!(said.content, Content::Text { .. }))
        {
            env.shell.notice(failure("call_messages_lost"));
        }
    }

    fn member(&self, leaf: LeafIndex) -> Option<&Certificate> {
        self.group.as_ref()?.members().get(&leaf)
    }

    fn own_leaf(&self) -> LeafIndex {
        self.group
            .as_ref()
            .map_or(LeafIndex(0), crate::group::Group::own_leaf)
    }
}

fn fate_of(answer: &Answer) -> Fate {
    match answer {
        Ok(_) => Fate::Taken,
        Err(Refusal::Problem(problem)) => match problem.code {
            // It was taken when it was sent before, and the answer did not come.
            Code::DuplicateId => Fate::Taken,
            Code::StaleEpoch => Fate::Stale,
            Code::TooLarge | Code::Malformed => Fate::Never,
            _ => Fate::Later,
        },
        Err(Refusal::Lost) => Fate::Later,
    }
}

impl Presence {
    fn content(self) -> Content {
        let Self {
            microphone,
            camera,
            screen,
            hand,
        } = self;
        Content::Presence {
            microphone,
            camera,
            screen,
            hand,
        }
    }

    fn of(content: &Content) -> Option<Self> {
        match *content {
            Content::Presence {
                microphone,
                camera,
                screen,
                hand,
            } => Some(Self {
                microphone,
                camera,
                screen,
                hand,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{RoomId, room_settings::WhoMayAdd};

    use super::*;

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
            ends_at: Millis(0),
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
