//! One call: its participants, its group, and what the members are asked to do.

use std::collections::{BTreeMap, HashSet};

use protocol::{
    Bytes, CallId, DeviceId, Generation, Millis, NetworkId, ParticipantId, RoomId, Seq, UserId,
    sfu::Place,
    socket::{
        CallGone, CallJoinRequest, CallParticipant, CallSummary, CallWelcome, Event, GroupInfoReply,
        MediaBindings, MediaSpeaker, TrackKind, VideoWish,
    },
};

use super::{CallError, Caller, Outbox, People, guests::Knock, log::Log};
use crate::groups::{Judge, KnownUser, PublicGroupState};

pub(super) struct Call {
    pub call_id: CallId,
    pub room_id: RoomId,
    pub network_id: NetworkId,
    pub started_at: Millis,
    /// Devices with a leaf in the room's group, as last heard.
    pub room_leaves: HashSet<DeviceId>,
    /// Moderators of the room, as last heard.
    pub moderators: Vec<UserId>,
    /// One for each device that is in.
    pub participants: BTreeMap<DeviceId, Participant>,
    /// Former participants whose leaf is still in the group.
    pub gone: BTreeMap<DeviceId, CallParticipant>,
    /// Likewise, but of a locked call that lost them: nobody is asked to remove the leaf yet.
    pub returning: BTreeMap<DeviceId, Returning>,
    pub generation: Generation,
    pub group: Option<CallGroup>,
    /// Whether every member of the room may let guests in, as last heard.
    pub members_admit: bool,
    /// Guests who wait, in the order in which they came.
    pub lobby: Vec<Knock>,
    /// Who is marked as the speaker: the SFU says so when that changes, and who comes later has to know it, too.
    pub speaker: Option<ParticipantId>,
}

pub(super) struct CallGroup {
    pub state: PublicGroupState,
    pub log: Log,
}

/// Who may come in again, though the call is locked.
pub(super) struct Returning {
    pub who: CallParticipant,
    pub until: Millis,
}

pub(super) struct Participant {
    pub who: CallParticipant,
    /// From its join.
    pub key_package: Bytes,
    pub standing: Standing,
    pub guest: bool,
    /// Since when its WebSocket is gone.
    pub lost_since: Option<Millis>,
    /// Whether the SFU knows it.
    pub offered: bool,
    /// Its last intent, for the SFU forgets it with the connection.
    pub intent: Option<(Vec<VideoWish>, Vec<TrackKind>)>,
    /// What the SFU said last of its slots.
    pub bindings: Option<MediaBindings>,
    /// Until the first request that shows that it came.
    pub welcome: Option<Box<CallWelcome>>,
}

/// Where a participant stands with the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There was no group when it came: it is to found one.
    ToFound,
    /// The members are asked to add it.
    AwaitsAdd,
    /// Its leaf is in the group; its log begins after this place.
    In { since: Seq },
}

impl Participant {
    pub fn new(who: CallParticipant, key_package: Bytes, standing: Standing) -> Self {
        Self {
            who,
            key_package,
            standing,
            guest: false,
            lost_since: None,
            offered: false,
            intent: None,
            bindings: None,
            welcome: None,
        }
    }

    pub fn is_in(&self) -> bool {
        matches!(self.standing, Standing::In { .. })
    }
}

impl Call {
    pub fn place(&self, participant_id: ParticipantId) -> Place {
        Place {
            call_id: self.call_id,
            participant_id,
        }
    }

    /// Who speaks, for who does not know it yet; nothing where nobody does.
    pub fn speaker_event(&self) -> Option<Event> {
        let participant_id = Some(self.speaker?);
        Some(Event::MediaSpeaker(MediaSpeaker {
            call_id: self.call_id,
            participant_id,
        }))
    }

    pub fn summary(&self) -> CallSummary {
        CallSummary {
            call_id: self.call_id,
            started_at: self.started_at,
            participants: self
                .participants
                .values()
                .map(|participant| participant.who)
                .collect(),
        }
    }

    /// The participant that a caller is; whoever asks is evidently not lost.
    pub fn participant(&mut self, caller: Caller) -> Result<&mut Participant, CallError> {
        let participant = self
            .participants
            .get_mut(&caller.device_id)
            .ok_or(CallError::NotInCall)?;
        participant.lost_since = None;
        Ok(participant)
    }

    /// The participant that a caller is, if its leaf is in the group; whoever asks as a member has evidently
    /// read its welcome.
    pub fn member(&mut self, caller: Caller) -> Result<&mut Participant, CallError> {
        let participant = self.participant(caller)?;
        if !participant.is_in() {
            return Err(CallError::NotAdded);
        }
        participant.welcome = None;
        Ok(participant)
    }

    /// Who lost the founding waits to be added like everyone who comes later.
    pub fn await_add(&mut self, caller: Caller, out: &dyn Outbox) -> Result<(), CallError> {
        let participant = self.participant(caller)?;
        if participant.standing != Standing::ToFound {
            return Ok(());
        }
        participant.standing = Standing::AwaitsAdd;
        if let Some(participant) = self.participants.get(&caller.device_id) {
            self.tell_hosts(out, &self.join_request(participant));
        }
        Ok(())
    }

    /// A group in which nobody is in is given up for the next generation: nobody is left who could add or remove,
    /// and who left has the keys of its last epoch. Who waits to be added may found, or is asked for again of
    /// whoever does.
    pub fn give_up_dead_group(&mut self) {
        if self.group.is_some() && self.hosts().next().is_none() {
            self.group = None;
            self.gone.clear();
            self.returning.clear();
            self.generation = self.generation.next();
        }
    }

    /// Devices whose leaf is in the group.
    pub fn members(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let inside = self
            .participants
            .values()
            .filter(|participant| participant.is_in());
        inside.map(|participant| participant.who.device_id)
    }

    /// Likewise, without guests: who can let others in.
    pub fn hosts(&self) -> impl Iterator<Item = DeviceId> + '_ {
        let hosts = self
            .participants
            .values()
            .filter(|participant| participant.is_in() && !participant.guest);
        hosts.map(|participant| participant.who.device_id)
    }

    /// Whether a user may let guests in.
    pub fn admits_guests(&self, user: UserId) -> bool {
        self.members_admit || self.moderators.contains(&user)
    }

    pub fn is_locked(&self) -> bool {
        self.group
            .as_ref()
            .is_some_and(|group| group.state.settings().locked())
    }

    /// Whether a user may come in, by the settings that a moderator committed last.
    pub fn check_admission(&self, user: UserId) -> Result<(), CallError> {
        let Some(group) = &self.group else { return Ok(()) };
        let settings = group.state.settings();
        if settings.removed.contains(&user) {
            return Err(CallError::Removed);
        }
        let leaves = group.state.leaves();
        let inside = leaves.iter().any(|leaf| leaf.certificate.body().user_id == user);
        if settings.locked() && !inside && !self.moderators.contains(&user) {
            return Err(CallError::Locked);
        }
        Ok(())
    }

    /// Whether its leaf is to stay when it is lost: only so does it come in again.
    pub fn may_return(&self, participant: &Participant) -> bool {
        let free = self.moderators.contains(&participant.who.user_id);
        self.is_locked() && participant.is_in() && !participant.guest && !free
    }

    /// Asks the members for the leaves of those who come back no more.
    pub fn end_returns(&mut self, out: &dyn Outbox, over: impl Fn(DeviceId, Millis) -> bool) {
        let ended = self
            .returning
            .extract_if(.., |device, one| over(*device, one.until));
        let ended: Vec<_> = ended.map(|(_, one)| one.who).collect();
        for who in ended {
            self.gone.insert(who.device_id, who);
            self.tell_hosts(out, &self.gone_event(who));
        }
    }

    /// What an external commit needs, and where the log is.
    pub fn group_info(&self) -> Result<Option<GroupInfoReply>, CallError> {
        let Some(group) = &self.group else { return Ok(None) };
        Ok(Some(GroupInfoReply {
            generation: self.generation,
            epoch: group.state.epoch(),
            seq: group.log.last(),
            group_info: group.state.group_info().into(),
            tree: group.state.tree()?.into(),
        }))
    }

    pub fn tell_members(&self, out: &dyn Outbox, event: &Event) {
        for device in self.members() {
            out.to_device(device, event.clone());
        }
    }

    /// Who comes and goes, for those who can do something about it.
    pub fn tell_hosts(&self, out: &dyn Outbox, event: &Event) {
        for device in self.hosts() {
            out.to_device(device, event.clone());
        }
    }

    /// Asks all members for what is still to be done.
    pub fn ask_members(&self, out: &dyn Outbox) {
        for event in self.wanted() {
            self.tell_hosts(out, &event);
        }
    }

    /// What members are asked to do: removals first, for a device that entered anew has a leaf to be removed
    /// before it can be added.
    pub fn wanted(&self) -> impl Iterator<Item = Event> + '_ {
        // In a locked call a leaf is the right to come in: of who enters anew it is removed by who adds it, and not before.
        let enters_anew = |device: &DeviceId| {
            let participant = self.participants.get(device);
            self.is_locked() && participant.is_some_and(|one| one.standing == Standing::AwaitsAdd)
        };
        let gone = self.gone.iter().filter(move |(device, _)| !enters_anew(device));
        let gone = gone.map(|(_, who)| self.gone_event(*who));
        let waiting = self
            .participants
            .values()
            .filter(|participant| participant.standing == Standing::AwaitsAdd);
        let lobby = (!self.lobby.is_empty()).then(|| self.lobby_event());
        gone.chain(waiting.map(|participant| self.join_request(participant)))
            .chain(lobby)
    }

    pub fn gone_event(&self, participant: CallParticipant) -> Event {
        Event::CallGone(CallGone {
            call_id: self.call_id,
            participant,
        })
    }

    pub fn join_request(&self, participant: &Participant) -> Event {
        Event::CallJoinRequest(CallJoinRequest {
            call_id: self.call_id,
            participant: participant.who,
            key_package: participant.key_package.clone(),
        })
    }

    /// What the server knows for judging a founding or a commit by `caller`.
    pub fn judge<'a>(&'a self, caller: Caller, people: &'a People) -> CallJudge<'a> {
        CallJudge {
            call: self,
            caller,
            people,
        }
    }
}

pub(super) struct CallJudge<'a> {
    call: &'a Call,
    caller: Caller,
    people: &'a People,
}

impl Judge for CallJudge<'_> {
    fn user(&self, user: UserId) -> Option<KnownUser> {
        self.people.get(&user).cloned()
    }

    /// A leaf that no participant stands for, and that nobody may come back to: its device left, was lost, or entered anew.
    fn removal_wanted(&self, device: DeviceId) -> bool {
        let here = self.call.participants.get(&device);
        !self.call.returning.contains_key(&device) && here.is_none_or(|participant| !participant.is_in())
    }

    fn may_join_external(&self, device: DeviceId, user: UserId) -> bool {
        let participant = self.call.participants.get(&device);
        participant.is_some_and(|participant| participant.who.user_id == user)
            && self.call.room_leaves.contains(&device)
    }

    fn sender(&self) -> DeviceId {
        self.caller.device_id
    }

    fn asked_to_join(&self, device: DeviceId) -> bool {
        self.call
            .participants
            .get(&device)
            .is_some_and(|participant| !participant.is_in())
            && self.call.room_leaves.contains(&device)
    }

    fn knocked(&self, device: DeviceId) -> bool {
        self.call
            .lobby
            .iter()
            .any(|knock| knock.guest.device_id == device)
    }

    fn admits_guests(&self, user: UserId) -> bool {
        self.call.admits_guests(user)
    }

    fn moderates_room(&self, user: UserId) -> bool {
        self.call.moderators.contains(&user)
    }
}
