//! The call that this device is in: its group, its participants, what its media is sealed with.
//!
//! ```text
//! join ─► ExpectJoined ─┬─ no group ─► Founding ──accepted──────────────────┐
//!                       │                 └─someone was first─┐             ▼
//!                       └─ group ─► ExpectWelcome ──welcome───│─────────► Member ──removed, ended──► Out
//!                                      └─none in time─► ExpectGroupInfo     │ ▲
//!                                                         └► JoiningFromOutside
//! ```
//!
//! A call's group lives in memory alone: a device that starts anew is a new leaf. After a gap the log of the call is
//! read from the cursor; where the server does not know the call any more, or a commit cannot be followed, the device
//! enters anew.

mod chat;
mod code;
mod commit;
mod entering;
mod guest;
mod hearing;
mod lobby;
mod log;
mod media;
mod moderating;
mod outbox;
mod saying;
mod speaking;
mod spotlight;
mod strangers;
#[cfg(test)]
mod vectors;
mod view;

use std::{collections::VecDeque, rc::Rc};

use protocol::{
    CallId, DeviceId, Epoch, Generation, LeafIndex, MessageId, Millis, ParticipantId, RoomId, Seq,
    room_settings::RoomSettings,
    socket::{CallJoinRequest, CallParticipant, CallRef, CallSummary, Entry, Request, SlotBinding},
};

use crate::{
    api::{IceServerCard, SlotView, VideoCard, WatchedView},
    core::{
        asks::{Ask, CallAsk},
        shell::Shell,
    },
    failure::failure,
    group::{
        Commit, DeviceKey, Group, GroupName, Mls,
        rules::{Account, Circumstances},
    },
    identity::Identity,
    limits::CALL_RENEW_MS,
    messages::Spotlight,
    sorted::SortedMap,
};

use guest::Unvouched;
use lobby::Knock;
use moderating::{Act, Out};
use speaking::Speaking;
use strangers::Strangers;

pub(crate) use self::{chat::LeftChat, guest::GuestEnv, moderating::may_moderate, speaking::may_ask};
pub(crate) use crate::group::rules::CallRoom;

/// What a call works with.
pub(crate) struct CallEnv<'a> {
    pub(crate) shell: &'a mut Shell,
    pub(crate) identity: &'a Identity,
    pub(crate) account: &'a Account,
    pub(crate) key: &'a DeviceKey,
    /// A provider of the call's own: nothing of it is ever stored.
    pub(crate) mls: &'a Mls,
    pub(crate) room: Rc<CallRoom>,
    /// Settings of the room's group as this device sees it.
    pub(crate) settings: Option<&'a RoomSettings>,
    /// What the room is called.
    pub(crate) title: String,
    /// This device is a guest.
    pub(crate) guest: Option<GuestEnv<'a>>,
    pub(crate) online: bool,
}

impl CallEnv<'_> {
    fn now(&self) -> Millis {
        self.shell.now
    }

    fn message_id(&self) -> MessageId {
        MessageId::from_random(self.shell.random.array())
    }

    fn circumstances<'b>(&'b self, room: &'b CallRoom) -> Circumstances<'b> {
        Circumstances {
            me: self.account,
            now: self.shell.now,
            room: Some(room),
            former: None,
            seen: None,
        }
    }
}

/// The call.
pub(crate) struct Call {
    pub(crate) room_id: RoomId,
    state: State,
    place: Option<Place>,
    group: Option<Group>,
    /// Newest entry that was taken.
    cursor: Seq,
    /// Entries that came and wait for their turn.
    inbox: VecDeque<Entry>,
    syncing: bool,
    /// A commit names somebody who is not (yet) in the room as this device sees it: it is tried again until then.
    hold_until: Option<Millis>,
    pending: Option<Pending>,
    requests: SortedMap<ParticipantId, CallJoinRequest>,
    gone: SortedMap<DeviceId, CallParticipant>,
    /// Guests who wait to be let in.
    knocks: Vec<Knock>,
    /// Of a guest: nobody has proved yet that this is the room's call.
    unvouched: Option<Unvouched>,
    told_title: Option<String>,
    names: Vec<(protocol::UserId, String)>,
    commit_at: Option<Millis>,
    /// What the moderator at this device wants, in order.
    acts: Vec<Act>,
    renew_at: Millis,
    participants: Vec<CallParticipant>,
    /// What the others said of themselves, by device.
    presence: SortedMap<DeviceId, Presence>,
    own_presence: Presence,
    strangers: Strangers,
    speaking: Speaking,
    former_chat: Option<LeftChat>,
    send_with: Option<(Epoch, Millis)>,
    /// Voices go out at a constant bitrate; and whether this device put that into the call's settings.
    constant: bool,
    said_constant: bool,
    wishes: Vec<VideoCard>,
    intent_due: bool,
    speaker: Option<ParticipantId>,
    bindings: Vec<SlotBinding>,
    watched: Vec<WatchedView>,
    slots_told: Option<(Vec<SlotView>, Vec<WatchedView>)>,
    /// The command that waits until the media may be offered.
    entering_for: Option<u32>,
    ice_servers: Vec<IceServerCard>,
    started: Option<CallId>,
    over: bool,
}

/// How far the device is in.
enum State {
    /// Not asked yet, or to be asked again.
    Outside {
        retry_at: Millis,
    },
    ExpectJoined,
    /// A guest, until somebody lets it in.
    AtDoor,
    Founding,
    ExpectWelcome {
        until: Millis,
    },
    ExpectGroupInfo,
    JoiningFromOutside,
    Member,
    Out(Out),
}

/// Where the device is, by the server's word.
#[derive(Clone, Copy)]
struct Place {
    call_id: CallId,
    generation: Generation,
    started_at: Millis,
}

/// An own commit that is on its way.
struct Pending {
    message_id: MessageId,
    /// SHA-256 of the commit that was sent: the server could show another one under its id.
    hash: [u8; 32],
    /// Devices whose leaves it adds and removes; one that comes in anew is in both.
    came: Vec<DeviceId>,
    went: Vec<DeviceId>,
    /// Participants whose requests and departures it answers: what is heard of others meanwhile waits for the next one.
    answers: Vec<ParticipantId>,
    /// How many of the moderator's acts it does.
    acts: usize,
}

/// What a participant publishes and signals, by its own word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Presence {
    pub(crate) microphone: bool,
    pub(crate) camera: bool,
    pub(crate) screen: bool,
    pub(crate) hand: bool,
    pub(crate) spotlight: Option<Spotlight>,
}

impl Call {
    /// Enters the call of a room; `command` is answered when media may be offered. `former_chat` is what this device
    /// heard in the call that it left last.
    pub(crate) fn enter(
        env: &mut CallEnv<'_>,
        room_id: RoomId,
        command: u32,
        former_chat: Option<LeftChat>,
    ) -> Self {
        let mut call = Self {
            room_id,
            state: State::Outside { retry_at: env.now() },
            place: None,
            group: None,
            cursor: Seq(0),
            inbox: VecDeque::new(),
            syncing: false,
            hold_until: None,
            pending: None,
            requests: SortedMap::new(),
            gone: SortedMap::new(),
            knocks: vec![],
            unvouched: None,
            told_title: None,
            names: vec![],
            commit_at: None,
            acts: vec![],
            renew_at: Millis(u64::MAX),
            participants: vec![],
            presence: SortedMap::new(),
            own_presence: Presence::default(),
            strangers: Strangers::default(),
            speaking: Speaking::default(),
            former_chat,
            send_with: None,
            constant: false,
            said_constant: false,
            wishes: vec![],
            intent_due: false,
            speaker: None,
            bindings: vec![],
            watched: vec![],
            slots_told: None,
            entering_for: Some(command),
            ice_servers: vec![],
            started: None,
            over: false,
        };
        call.ask_to_join(env);
        call
    }

    pub(crate) fn call_id(&self) -> Option<CallId> {
        self.place.map(|place| place.call_id)
    }

    /// The device has left, or could not enter.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn is_member(&self) -> bool {
        matches!(self.state, State::Member)
    }

    /// The call that this device founded just now, once: its room is to be told.
    pub(crate) fn take_started(&mut self) -> Option<CallId> {
        self.started.take()
    }

    /// Leaves at once.
    pub(crate) fn leave(&mut self, env: &mut CallEnv<'_>) {
        if let Some(Place { call_id, .. }) = self.place {
            self.ask(env, CallAsk::Leave, Request::CallLeave(CallRef { call_id }));
        } else if env.guest.is_some() && env.online {
            self.ask(env, CallAsk::Leave, Request::GuestLeave);
        }
        self.end(env);
    }

    /// Forgets everything; what waits is told so.
    fn end(&mut self, env: &mut CallEnv<'_>) {
        self.drop_group(env);
        if let Some(command) = self.entering_for.take() {
            env.shell.fail(command, failure("call_gone"));
        }
        self.fall_silent(env);
        self.over = true;
    }

    fn drop_group(&mut self, env: &mut CallEnv<'_>) {
        if let Some(group) = self.group.take() {
            group.delete(env.mls);
        }
        self.pending = None;
        self.inbox.clear();
        self.hold_until = None;
        self.requests.clear();
        self.gone.clear();
        self.knocks.clear();
        if self.unvouched.take().is_some() {
            // Nobody knows who said it.
            self.speaking.chat.clear();
            self.speaking.news.clear();
            self.names.clear();
        }
        self.commit_at = None;
        self.acts.clear();
        self.strangers = Strangers::default();
        self.send_with = None;
        self.said_constant = false;
        self.presence.clear();
        self.speaking.on_group_lost();
        self.cursor = Seq(0);
        env.shell.media(crate::api::MediaUpdate::End);
        self.slots_told = None;
    }

    /// What the server says of the call in the room.
    pub(crate) fn on_changed(&mut self, env: &mut CallEnv<'_>, call: Option<&CallSummary>) {
        match (call, self.place) {
            (Some(call), Some(place))
                if call.call_id == place.call_id && self.participants != call.participants =>
            {
                self.participants.clone_from(&call.participants);
                self.intent_due = true;
                self.after_change(env);
            }
            (None, Some(_)) if env.guest.is_some() => self.over_for_guest(env),
            (None, Some(_)) if self.is_member() => self.enter_anew(env),
            _ => {}
        }
    }

    /// The connection is gone: what was asked is lost.
    pub(crate) fn on_disconnect(&mut self, env: &mut CallEnv<'_>) {
        self.syncing = false;
        match self.state {
            State::Member | State::Out(_) => {}
            _ => self.state = State::Outside { retry_at: env.now() },
        }
    }

    /// The connection is back.
    pub(crate) fn on_online(&mut self, env: &mut CallEnv<'_>) {
        if self.is_member() {
            self.sync(env);
            self.intent_due = true;
        }
        self.on_time(env);
    }

    /// What is due by now.
    pub(crate) fn on_time(&mut self, env: &mut CallEnv<'_>) {
        let now = env.now();
        self.judge_strangers(env);
        if !env.online {
            self.switch_sending(env);
            return;
        }
        match self.state {
            State::Outside { retry_at } if retry_at <= now => self.ask_to_join(env),
            State::ExpectWelcome { until } if until <= now => self.ask_for_group_info(env),
            _ => {}
        }
        self.take_inbox(env);
        self.switch_sending(env);
        self.doubt(env);
        if self.is_member() && self.unvouched.is_none() {
            self.follow_room(env);
            self.commit_if_due(env);
            self.speak_if_due(env);
            self.send_intent_if_due(env);
        }
    }

    /// When the call wants to be looked at again. A time of the past is of what could not be done yet. Without the
    /// server, only the keys change.
    pub(crate) fn wakes(&self, online: bool) -> impl Iterator<Item = Millis> {
        let state = match self.state {
            State::Outside { retry_at } => Some(retry_at),
            State::ExpectWelcome { until } => Some(until),
            State::Member => Some(self.renew_at),
            _ => None,
        };
        let try_again = self
            .hold_until
            .map(|until| Millis(until.0.saturating_sub(HOLD_STEP_MS)));
        let asks = [
            state,
            try_again,
            self.hold_until,
            self.commit_at,
            self.unvouched.as_ref().map(|group| group.until),
            self.speaking
                .outbox
                .due_at()
                .filter(|_| self.is_member() && !self.strangers.are_held()),
        ];
        let asks = asks.into_iter().flatten().filter(move |_| online);
        let switches = self.send_with.filter(|_| !self.strangers.are_held());
        asks.chain(switches.map(|(_, at)| at))
    }

    fn ask(&self, env: &mut CallEnv<'_>, ask: CallAsk, request: Request) {
        env.shell.request(
            Ask::Call {
                call_id: self.call_id(),
                ask,
            },
            request,
        );
    }

    fn group_name(&self, place: Place) -> GroupName {
        GroupName {
            room_id: self.room_id,
            call_id: Some(place.call_id),
            generation: place.generation,
        }
    }

    /// A new epoch holds: keys, roster and duties follow from it.
    fn after_epoch(&mut self, env: &mut CallEnv<'_>, removal: bool, joined: bool) {
        self.renew_at = env.now().plus(CALL_RENEW_MS);
        self.speaking.outbox.on_epoch();
        self.judge_strangers(env);
        self.give_keys(env, removal, joined);
        self.plan_commit(env);
        self.after_change(env);
    }

    /// Who is who may have changed: slots are judged again.
    fn after_change(&mut self, env: &mut CallEnv<'_>) {
        self.tell_slots(env);
    }

    fn leaf_of(&self, participant_id: ParticipantId) -> Option<LeafIndex> {
        let participant = self
            .participants
            .iter()
            .find(|one| one.participant_id == participant_id)?;
        self.group.as_ref()?.leaf_of(participant.device_id)
    }

    fn participant_of(&self, leaf: LeafIndex) -> Option<ParticipantId> {
        let device = self.group.as_ref()?.members().get(&leaf)?.body().device_id;
        self.participants
            .iter()
            .find(|one| one.device_id == device)
            .map(|one| one.participant_id)
    }
}

/// A held commit is tried again this long before it is given up, in case no news came.
const HOLD_STEP_MS: u64 = 500;

fn bundle(commit: Commit) -> protocol::socket::CommitBundle {
    protocol::socket::CommitBundle {
        epoch: commit.epoch,
        commit: commit.commit.into_vec().into(),
        group_info: commit.group_info.into_vec().into(),
        welcome: commit.welcome.map(|welcome| welcome.into_vec().into()),
        welcome_to: commit.welcome_to,
    }
}
