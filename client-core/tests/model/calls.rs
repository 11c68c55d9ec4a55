//! Calls of the honest server: one for each room, its group's log, who is in.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    CallId, Code, DeviceId, Epoch, Generation, MessageId, Millis, ParticipantId, Problem, RoomId, Seq,
    socket::{
        Accepted, CallCommit, CallFound, CallGone, CallJoin, CallJoinRequest, CallJoined, CallParticipant,
        CallSend, CallSummary, CallSync, CallWelcome, Entries, Entry, EntryKind, Event, GroupInfoReply,
        Reply, Request,
    },
};

use super::{Server, groups::Group};

#[derive(Default)]
pub struct Calls {
    pub by_room: BTreeMap<RoomId, Call>,
    founded: u8,
    /// Calls that a moderator ended.
    ended: BTreeSet<CallId>,
    pub lobby: super::guests::Lobby,
}

pub struct Call {
    call_id: CallId,
    participants: Vec<CallParticipant>,
    waiting: Vec<CallJoinRequest>,
    group: Option<Group>,
    pub log: Vec<Entry>,
}

type Answer = Result<Reply, Problem>;

fn no(code: Code) -> Problem {
    Problem::new(code, "")
}

impl Call {
    fn summary(&self) -> CallSummary {
        CallSummary {
            call_id: self.call_id,
            started_at: Millis(1),
            participants: self.participants.clone(),
        }
    }

    fn last(&self) -> Seq {
        Seq(u64::try_from(self.log.len()).unwrap())
    }

    fn epoch(&self) -> Epoch {
        self.group.as_ref().map(Group::epoch).unwrap_or_default()
    }

    fn members(&self) -> Vec<DeviceId> {
        let group = self.group.as_ref();
        group
            .map(|group| group.leaves().into_iter().map(|(_, device)| device).collect())
            .unwrap_or_default()
    }

    fn accepted(entry: &Entry) -> Accepted {
        Accepted {
            seq: entry.seq,
            sent_at: entry.sent_at,
        }
    }
}

impl Server {
    pub fn call_request(&mut self, from: DeviceId, request: Request) -> Answer {
        match request {
            Request::CallJoin(join) => {
                self.check_admission(from, &join)?;
                Ok(self.join_call(from, join))
            }
            Request::CallFound(found) => self.found_call(found),
            Request::CallCommit(commit) => self.commit_in_call(from, commit),
            Request::CallSend(send) => self.say_in_call(send),
            Request::CallSync(sync) => self.sync_call(&sync),
            Request::CallGroupInfo(call) => {
                let call = self.call(call.call_id)?;
                let group = call.group.as_ref().ok_or_else(|| no(Code::NotFound))?;
                Ok(Reply::GroupInfo(GroupInfoReply {
                    generation: Generation(1),
                    epoch: group.epoch(),
                    seq: call.last(),
                    group_info: group.group_info.clone(),
                    tree: group.tree(),
                }))
            }
            Request::CallLeave(call) => {
                self.leave_call(from, call.call_id);
                Ok(Reply::Done)
            }
            Request::CallLost(call) => {
                self.lose_call(from, call.call_id);
                Ok(Reply::Done)
            }
            Request::CallEnd(call) => self.end_call(from, call.call_id),
            Request::MediaIntent(_) => Ok(Reply::Done),
            _ => Err(no(Code::NotFound)),
        }
    }

    pub fn summary_of_call(&self, room_id: RoomId) -> Option<CallSummary> {
        self.calls.by_room.get(&room_id).map(Call::summary)
    }

    fn call(&mut self, call_id: CallId) -> Result<&mut Call, Problem> {
        let mut calls = self.calls.by_room.values_mut();
        calls
            .find(|call| call.call_id == call_id)
            .ok_or_else(|| no(Code::NotFound))
    }

    fn check_admission(&mut self, from: DeviceId, join: &CallJoin) -> Result<(), Problem> {
        let user = self.accounts.devices[&from].user_id.unwrap();
        if join
            .back_to
            .is_some_and(|call_id| self.calls.ended.contains(&call_id))
        {
            return Err(no(Code::CallEnded));
        }
        let call = self.calls.by_room.get(&join.room_id);
        let Some(group) = call.and_then(|call| call.group.as_ref()) else {
            return Ok(());
        };
        let settings = group.settings();
        if settings.removed.contains(&user) {
            return Err(no(Code::CallRemoved));
        }
        let moderators = self.rooms[&join.room_id].group.settings().moderators;
        if settings.locked() && !group.users().contains(&user) && !moderators.contains(&user) {
            return Err(no(Code::CallLocked));
        }
        Ok(())
    }

    fn end_call(&mut self, from: DeviceId, call_id: CallId) -> Answer {
        let user = self.accounts.devices[&from].user_id.unwrap();
        let mut calls = self.calls.by_room.iter();
        let room_id = calls
            .find(|(_, call)| call.call_id == call_id)
            .map(|(room_id, _)| *room_id);
        let room_id = room_id.ok_or_else(|| no(Code::NotFound))?;
        if !self.rooms[&room_id].group.settings().moderators.contains(&user) {
            return Err(no(Code::Forbidden));
        }
        self.calls.by_room.remove(&room_id);
        self.calls.ended.insert(call_id);
        self.tell_call(room_id);
        Ok(Reply::Done)
    }

    pub fn join_call(&mut self, from: DeviceId, join: CallJoin) -> Reply {
        let calls = &mut self.calls;
        calls.founded += 1;
        let number = calls.founded;
        let call = calls.by_room.entry(join.room_id).or_insert_with(|| Call {
            call_id: CallId::from_random([number; 16]),
            participants: vec![],
            waiting: vec![],
            group: None,
            log: vec![],
        });
        let participant = CallParticipant {
            participant_id: ParticipantId::from_random([number; 16]),
            device_id: from,
            user_id: self.accounts.devices[&from].user_id.unwrap(),
        };
        call.participants.retain(|other| other.device_id != from);
        call.participants.push(participant);
        let request = CallJoinRequest {
            call_id: call.call_id,
            participant,
            key_package: join.key_package,
        };
        let group = call.group.as_ref().map(|group| GroupInfoReply {
            generation: Generation(1),
            epoch: group.epoch(),
            seq: call.last(),
            group_info: group.group_info.clone(),
            tree: group.tree(),
        });
        let joined = CallJoined {
            call: call.summary(),
            participant_id: participant.participant_id,
            generation: Generation(1),
            group,
            ice_servers: vec![],
        };
        call.waiting.push(request.clone());
        for member in call.members() {
            self.event(member, Event::CallJoinRequest(request.clone()));
        }
        self.tell_call(join.room_id);
        Reply::CallJoined(Box::new(joined))
    }

    fn found_call(&mut self, found: CallFound) -> Answer {
        let now = self.now;
        let call = self.call(found.call_id)?;
        if call.group.is_some() {
            return Err(no(Code::Conflict));
        }
        call.group = Group::found(&found.group_info, &found.tree);
        let entry = Entry {
            seq: Seq(1),
            generation: found.generation,
            epoch: Epoch(0),
            kind: EntryKind::Founded,
            payload: vec![].into(),
            message_id: MessageId::from_random([0; 16]),
            sent_at: now,
            expires_at: None,
        };
        let accepted = Call::accepted(&entry);
        call.log.push(entry);
        let room_id = self.room_of_call(found.call_id);
        self.tell_lobby(room_id);
        Ok(Reply::CallAccepted(accepted))
    }

    fn room_of_call(&self, call_id: CallId) -> RoomId {
        let mut calls = self.calls.by_room.iter();
        let found = calls.find(|(_, call)| call.call_id == call_id);
        *found.unwrap().0
    }

    /// Members of the call who are no guests.
    pub fn hosts(&self, room_id: RoomId) -> Vec<DeviceId> {
        let members = self.calls.by_room.get(&room_id).map(Call::members);
        let members = members.unwrap_or_default().into_iter();
        members
            .filter(|device| !self.accounts.visitors.contains_key(device))
            .collect()
    }

    pub fn add_participant(&mut self, room_id: RoomId, participant: CallParticipant) -> CallSummary {
        let call = self.calls.by_room.get_mut(&room_id).unwrap();
        call.participants.push(participant);
        call.summary()
    }

    fn commit_in_call(&mut self, from: DeviceId, commit: CallCommit) -> Answer {
        let now = self.now;
        let call = self.call(commit.call_id)?;
        if commit.bundle.epoch != call.epoch() {
            return Err(no(Code::StaleEpoch));
        }
        let mut to = call.members();
        let group = call.group.as_mut().ok_or_else(|| no(Code::NotFound))?;
        let seen = group.commit(&commit.bundle).unwrap();
        // Who was there and has no leaf any more is out.
        call.participants
            .retain(|one| !seen.removed.contains(&one.device_id) || seen.added.contains(&one.device_id));
        let (epoch, tree) = (group.epoch(), group.tree());
        let entry = Entry {
            seq: call.last().next(),
            generation: commit.generation,
            epoch: commit.bundle.epoch,
            kind: EntryKind::Commit,
            payload: commit.bundle.commit,
            message_id: commit.message_id,
            sent_at: now,
            expires_at: None,
        };
        call.log.push(entry.clone());
        call.waiting
            .retain(|request| !seen.added.contains(&request.participant.device_id));
        let call_id = call.call_id;
        let welcome = commit.bundle.welcome.map(|welcome| CallWelcome {
            call_id,
            generation: commit.generation,
            epoch,
            seq: entry.seq,
            welcome,
            tree,
        });
        to.push(from);
        to.dedup();
        for device in to {
            let entry = entry.clone();
            self.event(device, Event::CallEntry { call_id, entry });
        }
        let room_id = self.room_of_call(call_id);
        self.admit(room_id, &seen.added);
        for (device, welcome) in commit.bundle.welcome_to.into_iter().zip(welcome.iter().cycle()) {
            self.event(device, Event::CallWelcome(Box::new(welcome.clone())));
        }
        self.tell_call(room_id);
        self.tell_lobby(room_id);
        Ok(Reply::CallAccepted(Call::accepted(&entry)))
    }

    fn say_in_call(&mut self, send: CallSend) -> Answer {
        let now = self.now;
        let call = self.call(send.call_id)?;
        if let Some(before) = call.log.iter().find(|entry| entry.message_id == send.message_id) {
            return if before.payload == send.payload {
                Ok(Reply::CallAccepted(Call::accepted(before)))
            } else {
                Err(no(Code::DuplicateId))
            };
        }
        if send.epoch != call.epoch() {
            return Err(no(Code::StaleEpoch));
        }
        let entry = Entry {
            seq: call.last().next(),
            generation: send.generation,
            epoch: send.epoch,
            kind: EntryKind::Application,
            payload: send.payload,
            message_id: send.message_id,
            sent_at: now,
            expires_at: None,
        };
        call.log.push(entry.clone());
        let (call_id, members) = (call.call_id, call.members());
        let accepted = Call::accepted(&entry);
        for device in members {
            let entry = entry.clone();
            self.event(device, Event::CallEntry { call_id, entry });
        }
        Ok(Reply::CallAccepted(accepted))
    }

    fn sync_call(&mut self, sync: &CallSync) -> Answer {
        let call = self.call(sync.call_id)?;
        let entries = call.log.iter().filter(|entry| entry.seq > sync.after);
        Ok(Reply::CallEntries(Entries {
            entries: entries.cloned().collect(),
            more: false,
            welcome: None,
        }))
    }

    fn leave_call(&mut self, from: DeviceId, call_id: CallId) {
        let Ok(call) = self.call(call_id) else { return };
        let Some(at) = call.participants.iter().position(|one| one.device_id == from) else {
            return;
        };
        let participant = call.participants.remove(at);
        let call_members = call
            .participants
            .iter()
            .map(|one| one.device_id)
            .collect::<Vec<_>>();
        let over = call_members
            .iter()
            .all(|device| self.accounts.visitors.contains_key(device));
        let call = self.call(call_id).unwrap();
        let others = call.members().into_iter().filter(|device| *device != from);
        for device in others.collect::<Vec<_>>() {
            self.event(device, Event::CallGone(CallGone { call_id, participant }));
        }
        let of_call = |(_, call): &(&RoomId, &Call)| call.call_id == call_id;
        let room_id = self
            .calls
            .by_room
            .iter()
            .find(of_call)
            .map(|(room_id, _)| *room_id);
        if let Some(room_id) = room_id {
            if over {
                self.calls.by_room.remove(&room_id);
            }
            self.tell_call(room_id);
        }
    }

    /// As leaving, but that nobody is asked to remove the leaf from a locked call.
    fn lose_call(&mut self, from: DeviceId, call_id: CallId) {
        let locked = |call: &Call| call.group.as_ref().is_some_and(|group| group.settings().locked());
        match self.call(call_id) {
            Ok(call) if locked(call) && call.participants.len() > 1 => {
                call.participants.retain(|one| one.device_id != from);
                let room_id = self.room_of_call(call_id);
                self.tell_call(room_id);
            }
            _ => self.leave_call(from, call_id),
        }
    }

    fn tell_call(&mut self, room_id: RoomId) {
        let leaves = self.rooms[&room_id].group.leaves();
        let guests = self.accounts.visitors.iter();
        let guests = guests
            .filter(|(_, room)| **room == room_id)
            .map(|(device, _)| *device);
        let devices = leaves.into_iter().map(|(_, device)| device).chain(guests);
        for device in devices.collect::<Vec<_>>() {
            let call = self.summary_of_call(room_id);
            self.event(device, Event::CallChanged { room_id, call });
        }
    }
}
