//! Guests: waiting at the door, being let in, and going with the last member.

use protocol::{
    Bytes, CallId, DeviceId, GuestLinkId, Millis, ParticipantId, RoomId,
    limits::{MAX_KEY_PACKAGE_LEN, MAX_LOBBY},
    socket::{
        CallJoined, CallParticipant, Event, GuestDeny, GuestDoor, GuestKnock, GuestLobby, WaitingGuest,
    },
};

use super::{
    CallError, Caller, Calls, Guest, Outbox,
    call::{Call, Participant, Standing},
    machine::Departure,
    rates::Deed,
};
use crate::groups::{CommitEffect, PublicGroupState};

/// A guest who waits.
pub(super) struct Knock {
    pub guest: Guest,
    pub key_package: Bytes,
}

impl Calls {
    /// A guest asks to come into the call of its room. It waits, for the call too, until somebody lets it in or turns it
    /// away, or it goes.
    pub fn knock(&mut self, guest: Guest, request: GuestKnock, now: Millis) -> Result<(), CallError> {
        self.advance(now);
        if request.key_package.0.len() > MAX_KEY_PACKAGE_LEN {
            return Err(CallError::TooLarge { what: "key package" });
        }
        self.rates.count(guest.device_id, Deed::Join, self.now)?;
        check_key_package(&guest, &request.key_package.0)?;
        // One who is in and asks has lost its place; who waits already is told of once.
        self.forget_at_door(guest.device_id);
        if let Some(call_id) = self.depart(guest.device_id, Departure::Gone) {
            self.settle(call_id);
        }
        let call_id = self.by_room.get(&guest.room_id).copied();
        if let Some(call) = call_id.and_then(|id| self.calls.get(&id)) {
            call.check_admission(guest.user_id)?;
        }
        let knock = Knock {
            guest,
            key_package: request.key_package,
        };
        let call = call_id.and_then(|id| self.calls.get_mut(&id));
        let lobby = match call {
            Some(call) => &mut call.lobby,
            None => self.early.entry(guest.room_id).or_default(),
        };
        if lobby.len() >= MAX_LOBBY {
            return Err(CallError::Full);
        }
        lobby.push(knock);
        self.at_door.insert(guest.device_id, guest.room_id);
        match call_id.and_then(|id| self.calls.get(&id)) {
            Some(call) if call.hosts().next().is_some() => {
                self.out
                    .to_device(guest.device_id, Event::GuestDoor(GuestDoor::Waiting));
                call.tell_hosts(&*self.out, &call.lobby_event());
            }
            _ => self
                .out
                .to_device(guest.device_id, Event::GuestDoor(GuestDoor::NoCall)),
        }
        Ok(())
    }

    /// Turns a guest away: who may let it in does.
    pub fn deny(&mut self, caller: Caller, request: GuestDeny, now: Millis) -> Result<(), CallError> {
        self.advance(now);
        let call = self.call_of(caller, request.call_id)?;
        let guest = call.member(caller)?.guest;
        if guest || !call.admits_guests(caller.user_id) {
            return Err(CallError::NoModerator);
        }
        if !call
            .lobby
            .iter()
            .any(|knock| knock.guest.device_id == request.device_id)
        {
            return Err(CallError::NoGuest);
        }
        self.turn_away(request.device_id, GuestDoor::Denied);
        Ok(())
    }

    /// Nobody waits any more who came by this link.
    pub fn link_revoked(&mut self, room_id: RoomId, link_id: GuestLinkId) {
        let by_link = |knock: &&Knock| knock.guest.link_id == link_id;
        for device in self.waiting(room_id, by_link) {
            self.turn_away(device, GuestDoor::LinkRevoked);
        }
    }

    /// Whether a guest waits, or is in a call: it may come back though its link is over.
    pub fn knows_guest(&self, device: DeviceId) -> bool {
        self.at_door.contains_key(&device) || self.by_device.contains_key(&device)
    }

    /// The guest does not wait any more.
    pub fn leave_door(&mut self, device: DeviceId) {
        let seen_in = self.forget_at_door(device);
        if let Some(call) = seen_in.and_then(|call_id| self.calls.get(&call_id)) {
            call.tell_hosts(&*self.out, &call.lobby_event());
        }
    }

    /// The same, without a word to those who see the lobby; returns the call where they do.
    fn forget_at_door(&mut self, device: DeviceId) -> Option<CallId> {
        let room_id = self.at_door.remove(&device)?;
        if let Some(early) = self.early.get_mut(&room_id) {
            early.retain(|knock| knock.guest.device_id != device);
            if early.is_empty() {
                self.early.remove(&room_id);
            }
        }
        let call_id = *self.by_room.get(&room_id)?;
        let call = self.calls.get_mut(&call_id)?;
        let before = call.lobby.len();
        call.lobby.retain(|knock| knock.guest.device_id != device);
        (call.lobby.len() < before).then_some(call_id)
    }

    fn turn_away(&mut self, device: DeviceId, door: GuestDoor) {
        self.leave_door(device);
        self.out.to_device(device, Event::GuestDoor(door));
    }

    fn waiting(&self, room_id: RoomId, which: impl Fn(&&Knock) -> bool) -> Vec<DeviceId> {
        let call = self.by_room.get(&room_id).and_then(|id| self.calls.get(id));
        let inside = call.into_iter().flat_map(|call| &call.lobby);
        let early = self.early.get(&room_id).into_iter().flatten();
        let found = inside.chain(early).filter(which);
        found.map(|knock| knock.guest.device_id).collect()
    }

    /// Whose link's time is over while it waits is told so.
    pub(super) fn end_old_knocks(&mut self) {
        let now = self.now;
        let rooms: Vec<_> = self.at_door.values().copied().collect();
        for room_id in rooms {
            for device in self.waiting(room_id, |knock| knock.guest.expires_at <= now) {
                self.turn_away(device, GuestDoor::LinkExpired);
            }
        }
    }

    /// The call is over; who waited goes on waiting for the next one.
    pub(super) fn close_door(&mut self, room_id: RoomId, lobby: Vec<Knock>) {
        for knock in &lobby {
            let device = knock.guest.device_id;
            self.out.to_device(device, Event::GuestDoor(GuestDoor::NoCall));
        }
        if !lobby.is_empty() {
            self.early.insert(room_id, lobby);
        }
    }

    /// Guests whom a commit let in are participants from now on. Answers whether there are some.
    pub(super) fn admit_guests(&mut self, call_id: CallId, effect: &CommitEffect) -> bool {
        let guests = effect
            .added
            .iter()
            .filter(|leaf| leaf.certificate.guest().is_some());
        let devices: Vec<_> = guests.map(|leaf| leaf.certificate.body().device_id).collect();
        let mut admitted = false;
        for device in devices {
            let participant_id = ParticipantId::from_random((self.random)());
            let Some(call) = self.calls.get_mut(&call_id) else {
                return admitted;
            };
            let Some(at) = call
                .lobby
                .iter()
                .position(|knock| knock.guest.device_id == device)
            else {
                continue;
            };
            let Knock { guest, key_package } = call.lobby.remove(at);
            let who = CallParticipant {
                participant_id,
                device_id: device,
                user_id: guest.user_id,
            };
            let participant = Participant {
                guest: true,
                ..Participant::new(who, key_package, Standing::AwaitsAdd)
            };
            call.participants.insert(device, participant);
            let joined = CallJoined {
                call: call.summary(),
                participant_id,
                generation: call.generation,
                group: None,
                ice_servers: Vec::new(),
            };
            self.at_door.remove(&device);
            self.by_device.insert(device, call_id);
            self.out.to_device(device, Event::GuestAdmitted(Box::new(joined)));
            call.tell_hosts(&*self.out, &call.lobby_event());
            admitted = true;
        }
        admitted
    }

    /// Where no member is in the group any more, its guests are not either: nobody is left who could remove them.
    pub(super) fn dismiss_guests(&mut self, call_id: CallId) {
        let Some(call) = self.calls.get(&call_id) else {
            return;
        };
        if call.hosts().next().is_some() {
            return;
        }
        let room_id = call.room_id;
        let guests = call.participants.values().filter(|participant| participant.guest);
        let guests: Vec<_> = guests.map(|participant| participant.who.device_id).collect();
        for device in guests {
            self.depart(device, Departure::Removed);
            self.out
                .to_device(device, Event::CallChanged { room_id, call: None });
        }
    }

    /// Guests are no members of the room, and hear of their call alone.
    pub(super) fn tell_guests(&self, call_id: CallId) {
        let Some(call) = self.calls.get(&call_id) else {
            return;
        };
        let guests = call.participants.values().filter(|participant| participant.guest);
        for participant in guests {
            let event = Event::CallChanged {
                room_id: call.room_id,
                call: Some(call.summary()),
            };
            self.out.to_device(participant.who.device_id, event);
        }
    }

    /// The guests of a call, when it ends for everybody.
    pub(super) fn guests_of(&self, call_id: CallId) -> Vec<DeviceId> {
        let call = self.calls.get(&call_id);
        let participants = call.into_iter().flat_map(|call| call.participants.values());
        participants
            .filter(|participant| participant.guest)
            .map(|participant| participant.who.device_id)
            .collect()
    }
}

/// A lobby is shown to all who may let guests in, who would see nothing of what is no key package of this guest, and could
/// not turn it away either. Whether the pass is by the secret of the link, only they can tell.
fn check_key_package(guest: &Guest, key_package: &[u8]) -> Result<(), CallError> {
    let certificate = PublicGroupState::certificate_in(key_package);
    let is_its = certificate.is_ok_and(|certificate| {
        let pass = certificate.guest();
        pass.is_some_and(|pass| pass.device_id() == guest.device_id && pass.link_id == guest.link_id)
    });
    if is_its {
        Ok(())
    } else {
        Err(CallError::Malformed {
            what: "key package of a guest",
        })
    }
}

impl Call {
    /// Who waits, for those who are in.
    pub fn lobby_event(&self) -> Event {
        let guests = self.lobby.iter().map(|knock| WaitingGuest {
            device_id: knock.guest.device_id,
            key_package: knock.key_package.clone(),
        });
        Event::GuestLobby(GuestLobby {
            call_id: self.call_id,
            guests: guests.collect(),
        })
    }

    /// Who waited for a call is told that there is one.
    pub fn tell_lobby_that_it_is_seen(&self, out: &dyn Outbox) {
        for knock in &self.lobby {
            out.to_device(knock.guest.device_id, Event::GuestDoor(GuestDoor::Waiting));
        }
    }
}
