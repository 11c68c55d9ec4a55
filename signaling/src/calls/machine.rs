//! Who is in which call: entering, leaving, being lost.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use protocol::{
    CallId, DeviceId, Generation, Millis, ParticipantId, RoomId,
    limits::{CALL_LINGER_MS, CALL_RETURN_MS, MAX_CALL_PARTICIPANTS, MAX_KEY_PACKAGE_LEN},
    sfu::{SfuLink, ToSfu},
    socket::{CallJoin, CallJoined, CallParticipant, CallRef, CallSummary, Event},
};

use super::{
    CallError, Caller, Outbox, Random, RoomForCall,
    call::{Call, Participant, Returning, Standing},
    guests::Knock,
    limits::ENDED_MEMORY_MS,
    media::Offers,
    rates::{Deed, Rates},
    trial::Trials,
};

/// All live calls of this process.
pub struct Calls {
    pub(super) sfu: Arc<dyn SfuLink>,
    pub(super) out: Arc<dyn Outbox>,
    pub(super) random: Random,
    /// The newest time that was handed in, for requests that bring none.
    pub(super) now: Millis,
    pub(super) calls: BTreeMap<CallId, Call>,
    pub(super) by_room: HashMap<RoomId, CallId>,
    pub(super) by_device: HashMap<DeviceId, CallId>,
    /// Guests who wait, and for the call of which room.
    pub(super) at_door: HashMap<DeviceId, RoomId>,
    /// Those of them whose room has no call.
    pub(super) early: BTreeMap<RoomId, Vec<Knock>>,
    /// Calls that a moderator ended, and when.
    ended: HashMap<CallId, Millis>,
    pub(super) offers: Offers,
    pub(super) rates: Rates,
    pub(super) trials: Trials,
}

/// Why a participant is no more.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// It left, was lost, entered anew or lost its place in the room: its leaf may still be in the group.
    Gone,
    /// It enters anew, and is asked for as who waits: whoever adds it removes its former leaf with the same commit. In a
    /// locked call that leaf is its right to come in, and must not be removed before.
    EntersAnew,
    /// It did not leave, but was lost: in a locked call its leaf stays for [`CALL_RETURN_MS`], as its right to come in.
    Lost,
    /// A commit removed its leaf.
    Removed,
}

impl Calls {
    /// No calls yet.
    pub fn new(sfu: Arc<dyn SfuLink>, out: Arc<dyn Outbox>, random: Random) -> Self {
        Self {
            sfu,
            out,
            random,
            now: Millis::default(),
            calls: BTreeMap::new(),
            by_room: HashMap::new(),
            by_device: HashMap::new(),
            at_door: HashMap::new(),
            early: BTreeMap::new(),
            ended: HashMap::new(),
            offers: Offers::default(),
            rates: Rates::default(),
            trials: Trials::default(),
        }
    }

    /// Enters the room's call, or starts one. A device that is in a call already leaves that place first.
    /// `ice_servers` of the answer is empty: it is the caller's to fill.
    pub fn join(
        &mut self,
        caller: Caller,
        request: CallJoin,
        room: &RoomForCall,
        now: Millis,
    ) -> Result<CallJoined, CallError> {
        self.advance(now);
        let Caller { device_id, user_id } = caller;
        let in_room = room.members.contains(&user_id) && room.leaves.contains(&device_id);
        if !in_room || room.room_id != request.room_id {
            return Err(CallError::NotInRoom);
        }
        if request.key_package.0.len() > MAX_KEY_PACKAGE_LEN {
            return Err(CallError::TooLarge { what: "key package" });
        }
        self.rates.count(device_id, Deed::Join, self.now)?;
        self.room_changed(room, now);
        if request
            .back_to
            .is_some_and(|call_id| self.ended.contains_key(&call_id))
        {
            return Err(CallError::Ended);
        }
        if let Some(call) = self.by_room.get(&room.room_id).and_then(|id| self.calls.get(id)) {
            call.check_admission(user_id)?;
        }
        if self.others_in(room.room_id, device_id) >= MAX_CALL_PARTICIPANTS {
            return Err(CallError::Full);
        }

        let call_id = self.call_of_room(room);
        let locked = self.calls.get(&call_id).is_some_and(Call::is_locked);
        let departure = if locked && self.by_device.get(&device_id) == Some(&call_id) {
            Departure::EntersAnew
        } else {
            Departure::Gone
        };
        let former = self.depart(device_id, departure);
        if let Some(former) = former.filter(|former| *former != call_id) {
            self.settle(former);
        }
        // Whoever adds it removes the leaf that it has been given back its place for.
        if let Some(call) = self.calls.get_mut(&call_id)
            && let Some(former) = call.returning.remove(&device_id)
        {
            call.gone.insert(device_id, former.who);
        }
        let participant_id = ParticipantId::from_random((self.random)());
        let who = CallParticipant {
            participant_id,
            device_id,
            user_id,
        };
        let out = Arc::clone(&self.out);
        self.dismiss_guests(call_id);
        let call = self.calls.get_mut(&call_id).ok_or(CallError::NotInCall)?;
        call.give_up_dead_group();
        let group = call.group_info();
        let standing = if call.group.is_some() {
            Standing::AwaitsAdd
        } else {
            Standing::ToFound
        };
        let participant = Participant::new(who, request.key_package, standing);
        if standing == Standing::AwaitsAdd {
            call.tell_hosts(&*out, &call.join_request(&participant));
        }
        call.participants.insert(device_id, participant);
        let (summary, generation) = (call.summary(), call.generation);
        self.by_device.insert(device_id, call_id);
        self.settle(call_id);
        Ok(CallJoined {
            call: summary,
            participant_id,
            generation,
            group: group?,
            ice_servers: Vec::new(),
        })
    }

    /// Leaves at once; harmless where the caller is not in.
    pub fn leave(&mut self, caller: Caller, request: CallRef, now: Millis) -> Result<(), CallError> {
        self.advance(now);
        if self.by_device.get(&caller.device_id) == Some(&request.call_id) {
            self.depart(caller.device_id, Departure::Gone);
            self.settle(request.call_id);
        }
        Ok(())
    }

    /// The device is in no more, without having left: its program was started anew. Harmless where it is not in.
    pub fn lost(&mut self, caller: Caller, request: CallRef, now: Millis) -> Result<(), CallError> {
        self.advance(now);
        if self.by_device.get(&caller.device_id) == Some(&request.call_id) {
            self.depart(caller.device_id, Departure::Lost);
            self.settle(request.call_id);
        }
        Ok(())
    }

    /// Ends the call for everybody: a moderator of the room does, who is in it.
    pub fn end(&mut self, caller: Caller, request: CallRef, now: Millis) -> Result<(), CallError> {
        self.advance(now);
        let now = self.now;
        let call = self.call_of(caller, request.call_id)?;
        if !call.moderators.contains(&caller.user_id) {
            return Err(CallError::NoModerator);
        }
        let (devices, room_id): (Vec<_>, _) = (call.participants.keys().copied().collect(), call.room_id);
        for device in self.guests_of(request.call_id) {
            self.out
                .to_device(device, Event::CallChanged { room_id, call: None });
        }
        for device in devices {
            // Nobody is left to be told who is gone.
            self.depart(device, Departure::Removed);
        }
        self.ended.insert(request.call_id, now);
        self.settle(request.call_id);
        Ok(())
    }

    /// The device's WebSocket came up (or took over from another): it is told again what it may have missed.
    /// Entries of the log it asks for itself.
    pub fn connected(&mut self, device: DeviceId) {
        let Some(call) = self
            .by_device
            .get(&device)
            .and_then(|call_id| self.calls.get_mut(call_id))
        else {
            return;
        };
        let Some(participant) = call.participants.get_mut(&device) else {
            return;
        };
        participant.lost_since = None;
        if !participant.is_in() {
            return;
        }
        let welcome = participant.welcome.clone().map(Event::CallWelcome);
        let bindings = participant.bindings.clone().map(Event::MediaBindings);
        let guest = participant.guest;
        let wanted = call.wanted().filter(|_| !guest);
        let speaker = call.speaker_event();
        let events = welcome.into_iter().chain(wanted).chain(bindings).chain(speaker);
        for event in events {
            self.out.to_device(device, event);
        }
    }

    /// The device's last WebSocket is gone; it lingers in its call.
    pub fn disconnected(&mut self, device: DeviceId, now: Millis) {
        self.advance(now);
        self.end_trial(device);
        self.leave_door(device);
        let now = self.now;
        let call = self
            .by_device
            .get(&device)
            .and_then(|call_id| self.calls.get_mut(call_id));
        if let Some(participant) = call.and_then(|call| call.participants.get_mut(&device)) {
            participant.lost_since.get_or_insert(now);
        }
    }

    /// The room's leaves changed, or it ended (no leaves): who has none any more is gone from its call.
    pub fn room_changed(&mut self, room: &RoomForCall, now: Millis) {
        self.advance(now);
        let Some(call_id) = self.by_room.get(&room.room_id).copied() else {
            return;
        };
        let Some(call) = self.calls.get_mut(&call_id) else {
            return;
        };
        call.room_leaves = room.leaves.iter().copied().collect();
        call.moderators.clone_from(&room.moderators);
        call.members_admit = room.members_admit;
        let outside = call
            .participants
            .iter()
            .filter(|(device, participant)| !participant.guest && !call.room_leaves.contains(device));
        let outside: Vec<_> = outside.map(|(device, _)| *device).collect();
        call.end_returns(&*self.out, |device, _| !room.leaves.contains(&device));
        self.depart_all(&outside, Departure::Gone);
    }

    /// Lets time pass; to be called about twice a second.
    pub fn tick(&mut self, now: Millis) {
        self.advance(now);
        let now = self.now;
        self.rates.tick(now);
        self.end_old_trials();
        self.end_old_knocks();
        self.ended.retain(|_, at| now.since(*at) < ENDED_MEMORY_MS);
        let lost = self
            .calls
            .values()
            .flat_map(|call| call.participants.values())
            .filter(|participant| {
                participant
                    .lost_since
                    .is_some_and(|since| now.since(since) >= CALL_LINGER_MS)
            });
        let lost: Vec<_> = lost.map(|participant| participant.who.device_id).collect();
        self.depart_all(&lost, Departure::Lost);
        for call in self.calls.values_mut() {
            let locked = call.is_locked();
            call.end_returns(&*self.out, |_, until| !locked || until <= now);
        }
    }

    /// The room's call, if it has one.
    pub fn summary(&self, room: RoomId) -> Option<CallSummary> {
        self.by_room
            .get(&room)
            .and_then(|call_id| self.calls.get(call_id))
            .map(Call::summary)
    }

    /// The call that a caller is in, if it is the one asked for.
    pub(super) fn call_of(&mut self, caller: Caller, call_id: CallId) -> Result<&mut Call, CallError> {
        if self.by_device.get(&caller.device_id) != Some(&call_id) {
            return Err(CallError::NotInCall);
        }
        self.calls.get_mut(&call_id).ok_or(CallError::NotInCall)
    }

    /// Ends a participant at once: nothing is forwarded to or from it any more. Gives the call that it was in;
    /// [`Self::settle`] must follow.
    pub(super) fn depart(&mut self, device: DeviceId, departure: Departure) -> Option<CallId> {
        let call_id = self.by_device.remove(&device)?;
        let call = self.calls.get_mut(&call_id)?;
        let participant = call.participants.remove(&device)?;
        let place = call.place(participant.who.participant_id);
        self.offers.drop_of(place);
        if participant.offered {
            // An SFU that is gone forwards nothing either.
            let _ = self.sfu.send(ToSfu::Leave { place });
        }
        if departure == Departure::Lost && call.may_return(&participant) {
            let until = self.now.plus(CALL_RETURN_MS);
            let who = participant.who;
            call.returning.insert(device, Returning { who, until });
        } else if departure == Departure::Lost
            && call.is_locked()
            && participant.standing == Standing::AwaitsAdd
            && let Some(who) = call.gone.remove(&device)
        {
            // Lost once more before anybody had added it: its leaf of before is still there for it.
            let until = self.now.plus(CALL_RETURN_MS);
            call.returning.insert(device, Returning { who, until });
        } else if departure != Departure::Removed && participant.standing != Standing::ToFound {
            if participant.is_in() {
                call.gone.insert(device, participant.who);
            }
            if departure != Departure::EntersAnew {
                call.tell_hosts(&*self.out, &call.gone_event(participant.who));
            }
        }
        Some(call_id)
    }

    fn depart_all(&mut self, devices: &[DeviceId], departure: Departure) {
        let mut calls: Vec<_> = devices
            .iter()
            .filter_map(|device| self.depart(*device, departure))
            .collect();
        calls.sort_unstable();
        calls.dedup();
        for call_id in calls {
            self.settle(call_id);
        }
    }

    /// Tells the room who is in now; a group in which nobody is is given up, a call in which nobody is ends.
    pub(super) fn settle(&mut self, call_id: CallId) {
        self.dismiss_guests(call_id);
        let Some(call) = self.calls.get_mut(&call_id) else {
            return;
        };
        call.give_up_dead_group();
        let room_id = call.room_id;
        let summary = (!call.participants.is_empty()).then(|| call.summary());
        if summary.is_none() {
            let over = self.calls.remove(&call_id);
            self.by_room.remove(&room_id);
            self.close_door(room_id, over.map(|call| call.lobby).unwrap_or_default());
            let _ = self.sfu.send(ToSfu::Close { call_id });
        }
        self.tell_guests(call_id);
        self.out.to_room(
            room_id,
            Event::CallChanged {
                room_id,
                call: summary,
            },
        );
    }

    /// Time never goes backwards, whatever the clock does.
    pub(super) fn advance(&mut self, now: Millis) {
        self.now = self.now.max(now);
    }

    fn others_in(&self, room: RoomId, device: DeviceId) -> usize {
        let call = self
            .by_room
            .get(&room)
            .and_then(|call_id| self.calls.get(call_id));
        call.map_or(0, |call| {
            call.participants.keys().filter(|other| **other != device).count()
        })
    }

    fn call_of_room(&mut self, room: &RoomForCall) -> CallId {
        if let Some(call_id) = self.by_room.get(&room.room_id) {
            return *call_id;
        }
        let call_id = CallId::from_random((self.random)());
        let call = Call {
            call_id,
            room_id: room.room_id,
            network_id: room.network_id,
            started_at: self.now,
            room_leaves: room.leaves.iter().copied().collect(),
            moderators: room.moderators.clone(),
            participants: BTreeMap::new(),
            gone: BTreeMap::new(),
            returning: BTreeMap::new(),
            generation: Generation(1),
            group: None,
            members_admit: room.members_admit,
            lobby: self.early.remove(&room.room_id).unwrap_or_default(),
            speaker: None,
        };
        self.calls.insert(call_id, call);
        self.by_room.insert(room.room_id, call_id);
        call_id
    }
}

#[cfg(test)]
impl Calls {
    /// Entries of every table but the rates, which pass with time.
    pub(super) fn kept(&self) -> usize {
        let tables = [self.calls.len(), self.by_room.len(), self.by_device.len()];
        let passing = [self.ended.len(), self.offers.len(), self.trials.len()];
        let guests = [self.at_door.len(), self.early.len()];
        let tables = tables.into_iter().chain(guests);
        tables.into_iter().chain(passing).sum()
    }

    pub(super) fn kept_offers(&self) -> usize {
        self.offers.len()
    }
}
