//! Rooms and delivery of the honest server.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{
    Bytes, Code, DeviceId, Generation, MessageId, Millis, Problem, RoomId, Seq, UserId,
    room_settings::RoomKind,
    socket::{
        Accepted, ClaimedKeyPackage, ClaimedUser, ClientFrame, CommitBundle, Entries, Entry, EntryKind,
        Event, GroupInfoReply, HelloReply, RemovalReason, RemovalWanted, Reply, Request, RoomCommit,
        RoomFound, RoomKindTag, RoomSend, RoomSign, RoomSummary, RoomSync, RoomWelcome, ServerFrame,
    },
};

use super::{accounts::Accounts, calls::Calls, conduct::Conduct, contacts::Contacts, groups::Group};

pub struct Room {
    pub generation: Generation,
    pub group: Group,
    pub log: Vec<Entry>,
    /// Nothing up to here is given any more.
    pub trimmed: Seq,
    pub welcomes: BTreeMap<DeviceId, RoomWelcome>,
    pub acked: BTreeMap<DeviceId, Seq>,
    pub start: BTreeMap<DeviceId, Seq>,
    pub removals: Vec<RemovalWanted>,
    pub accepted: BTreeMap<MessageId, (Vec<u8>, Accepted)>,
    pub reports: Vec<(DeviceId, Seq)>,
}

impl Room {
    fn last(&self) -> Seq {
        Seq(u64::try_from(self.log.len()).unwrap())
    }

    fn push(&mut self, entry: EntryContent, now: Millis) -> Accepted {
        let seq = self.last().next();
        let EntryContent {
            kind,
            epoch,
            payload,
            message_id,
        } = entry;
        let generation = self.generation;
        let entry = Entry {
            seq,
            generation,
            epoch,
            kind,
            payload,
            message_id,
            sent_at: now,
            expires_at: None,
        };
        self.log.push(entry);
        Accepted { seq, sent_at: now }
    }
}

struct EntryContent {
    kind: EntryKind,
    epoch: protocol::Epoch,
    payload: Bytes,
    message_id: MessageId,
}

pub struct Server {
    pub accounts: Accounts,
    pub rooms: BTreeMap<RoomId, Room>,
    pub calls: Calls,
    pub contacts: Contacts,
    pub now: Millis,
    /// Devices with a connection that said hello.
    pub online: BTreeSet<DeviceId>,
    /// Texts for devices, in order.
    pub outbound: Vec<(DeviceId, ServerFrame)>,
    pub conduct: Option<Box<dyn Conduct>>,
    pub generation: u8,
    /// Signs that were handed on, and who gave them.
    pub signs: Vec<(DeviceId, RoomSign)>,
    /// Refuses everything for a while.
    pub unavailable: bool,
}

type Answer = Result<Reply, Problem>;

fn no(code: Code) -> Problem {
    Problem::new(code, "")
}

impl Server {
    pub fn new(conduct: Box<dyn Conduct>) -> Self {
        Self {
            accounts: Accounts::new(),
            rooms: BTreeMap::new(),
            calls: Calls::default(),
            contacts: Contacts::default(),
            now: Millis(0),
            online: BTreeSet::new(),
            outbound: vec![],
            conduct: Some(conduct),
            generation: 1,
            signs: vec![],
            unavailable: false,
        }
    }

    pub fn frame(&mut self, from: DeviceId, text: &str) {
        self.end_rooms();
        let frame: ClientFrame = serde_json::from_str(text).expect("a device writes frames");
        let conduct = self.conduct.as_mut().expect("conduct");
        if conduct.swallows(from, &frame.request) {
            return;
        }
        let answer = self.answer(from, &frame);
        let frame = match answer {
            Ok(reply) => ServerFrame::Answer {
                id: frame.id,
                reply: Box::new(reply),
            },
            Err(problem) => ServerFrame::Refusal {
                id: frame.id,
                problem,
            },
        };
        self.outbound.push((from, frame));
    }

    fn answer(&mut self, from: DeviceId, frame: &ClientFrame) -> Answer {
        let mut conduct = self.conduct.take().expect("conduct");
        let overridden = conduct.on_request(self, from, &frame.request);
        self.conduct = Some(conduct);
        let answer = match overridden {
            Some(answer) => answer,
            None => self.request(from, frame),
        };
        let reply = answer?;
        let mut conduct = self.conduct.take().expect("conduct");
        let reply = conduct.on_reply(self, from, &frame.request, reply);
        self.conduct = Some(conduct);
        Ok(reply)
    }

    pub fn event(&mut self, to: DeviceId, event: Event) {
        let mut conduct = self.conduct.take();
        let events = match &mut conduct {
            Some(conduct) => conduct.on_event(self, to, event),
            None => vec![event],
        };
        if conduct.is_some() {
            self.conduct = conduct;
        }
        for event in events {
            if self.online.contains(&to) {
                self.outbound.push((to, ServerFrame::Event(Box::new(event))));
            }
        }
    }

    pub fn user_of(&self, device: DeviceId) -> UserId {
        self.accounts.devices[&device].user_id.unwrap()
    }

    fn request(&mut self, from: DeviceId, frame: &ClientFrame) -> Answer {
        if self.unavailable && !matches!(frame.request, Request::Hello(_)) {
            return Err(no(Code::Unavailable));
        }
        let record = self.accounts.devices.get_mut(&from).unwrap();
        let highest = record.highest_batch;
        if let Request::Hello(_) = &frame.request {
            if frame.batch >= highest {
                record.highest_batch = frame.batch;
                self.online.insert(from);
            }
            return Ok(Reply::Hello(self.hello(from, highest)));
        }
        if !self.online.contains(&from) {
            return Err(no(Code::Unauthenticated));
        }
        if matches!(
            frame.request,
            Request::RoomSend(_) | Request::RoomCommit(_) | Request::RoomFound(_)
        ) {
            if frame.batch < highest {
                return Err(no(Code::Rollback));
            }
            record.highest_batch = frame.batch;
        }
        if !self.accounts.visitors.contains_key(&from)
            && let Some(answer) = self.contact_request(from, &frame.request)
        {
            return answer;
        }
        match frame.request.clone() {
            Request::Hello(_) | Request::Ping => Ok(Reply::Done),
            Request::PersonLookUp(look_up) => {
                let user = self
                    .accounts
                    .by_email(&look_up.email)
                    .ok_or_else(|| no(Code::NotFound))?;
                let person = self.accounts.person(user.user_id).unwrap();
                Ok(Reply::Person(Box::new(person)))
            }
            Request::PeopleGet(get) => Ok(Reply::People(
                get.users
                    .iter()
                    .filter_map(|user| self.accounts.person(*user))
                    .collect(),
            )),
            Request::KeyPackagesClaim(claim) => Ok(Reply::KeyPackages(
                claim
                    .users
                    .iter()
                    .filter_map(|user| self.claim(from, *user))
                    .collect(),
            )),
            Request::KeyPackagesAdd(add) => {
                let record = self.accounts.devices.get_mut(&from).unwrap();
                record.key_packages.extend(add.key_packages);
                if add.last_resort.is_some() {
                    record.last_resort = add.last_resort;
                }
                Ok(Reply::KeyPackagesLeft(
                    u32::try_from(record.key_packages.len()).unwrap(),
                ))
            }
            Request::DeviceListPut(put) => self.put_list(from, put.device_list),
            Request::OwnStateGet => {
                let user = self.user_of(from);
                Ok(Reply::OwnState(self.accounts.users[&user].own_state.clone()))
            }
            Request::OwnStatePut(state) => {
                let user_id = self.user_of(from);
                let user = self.accounts.users.get_mut(&user_id).unwrap();
                if state.version != user.own_state.version + 1 {
                    return Err(no(Code::Conflict));
                }
                let version = state.version;
                user.own_state = state;
                for device in self.accounts.live_devices(user_id) {
                    if device != from {
                        self.event(device, Event::OwnStateChanged { version });
                    }
                }
                Ok(Reply::Done)
            }
            Request::SignOut => {
                self.revoke(from);
                Ok(Reply::Done)
            }
            Request::RoomsList => Ok(Reply::Rooms(self.summaries(from))),
            Request::RoomFound(found) => self.found(from, found),
            Request::RoomCommit(commit) => self.commit(from, commit),
            Request::RoomGroupInfo(room) => {
                let room = self.rooms.get(&room.room_id).ok_or_else(|| no(Code::NotFound))?;
                Ok(Reply::GroupInfo(GroupInfoReply {
                    generation: room.generation,
                    epoch: room.group.epoch(),
                    seq: room.last(),
                    group_info: room.group.group_info.clone(),
                    tree: room.group.tree(),
                }))
            }
            Request::RoomSend(send) => self.send(from, send),
            Request::RoomSign(sign) => self.sign(from, sign),
            Request::RoomSync(sync) => self.sync(from, sync),
            Request::RoomAck(ack) => {
                if let Some(room) = self.rooms.get_mut(&ack.room_id) {
                    room.acked.insert(from, ack.seq);
                    if room
                        .welcomes
                        .get(&from)
                        .is_some_and(|welcome| ack.seq >= welcome.seq)
                    {
                        room.welcomes.remove(&from);
                    }
                }
                Ok(Reply::Done)
            }
            Request::RoomReport(report) => {
                if let Some(room) = self.rooms.get_mut(&report.room_id) {
                    room.reports.push((from, report.seq));
                }
                Ok(Reply::Done)
            }
            Request::RoomLeave(room) => {
                let user = self.user_of(from);
                self.want_removed(room.room_id, user, RemovalReason::Left);
                Ok(Reply::Done)
            }
            guest @ (Request::GuestLinkPut(_)
            | Request::GuestLinkRevoke(_)
            | Request::GuestKnock(_)
            | Request::GuestLeave
            | Request::GuestDeny(_)) => self.guest_request(from, guest),
            other => self.call_request(from, other),
        }
    }

    fn hello(&self, from: DeviceId, highest_batch: u64) -> HelloReply {
        let record = &self.accounts.devices[&from];
        if self.accounts.visitors.contains_key(&from) {
            return HelloReply {
                highest_batch: 0,
                server_generation: Bytes(vec![self.generation]),
                own_state_version: 0,
                key_packages_left: 100,
                device_list_version: 0,
                policies: Default::default(),
                contacts: vec![],
            };
        }
        let user = &self.accounts.users[&record.user_id.unwrap()];
        HelloReply {
            highest_batch,
            server_generation: Bytes(vec![self.generation]),
            own_state_version: user.own_state.version,
            key_packages_left: u32::try_from(record.key_packages.len()).unwrap(),
            device_list_version: user.list.body().version,
            policies: self.contacts.policies,
            contacts: self.contacts.known_of(user.user_id),
        }
    }

    pub fn claim(&mut self, from: DeviceId, user_id: UserId) -> Option<ClaimedUser> {
        let person = self.accounts.person(user_id)?;
        let mut key_packages = vec![];
        for device_id in self.accounts.live_devices(user_id) {
            if device_id == from {
                continue;
            }
            let record = self.accounts.devices.get_mut(&device_id).unwrap();
            let key_package = record.key_packages.pop().or(record.last_resort.clone());
            key_packages.extend(key_package.map(|key_package| ClaimedKeyPackage {
                device_id,
                key_package,
            }));
        }
        Some(ClaimedUser { person, key_packages })
    }

    fn put_list(&mut self, from: DeviceId, list: protocol::identity::DeviceList) -> Answer {
        let user_id = self.user_of(from);
        let user = self.accounts.users.get_mut(&user_id).unwrap();
        if !list.follows(&user.list) {
            return Err(no(Code::Conflict));
        }
        user.list = list.clone();
        for device in self.accounts.live_devices(user_id) {
            if !list
                .body()
                .devices
                .iter()
                .any(|listed| listed.device_id == device)
            {
                self.revoke(device);
            }
        }
        for device in self.online.clone() {
            self.event(device, Event::PersonChanged { user_id });
        }
        Ok(Reply::Done)
    }

    pub fn revoke(&mut self, device: DeviceId) {
        self.event(device, Event::Bye(protocol::socket::ByeReason::SignedOut));
        self.accounts.devices.get_mut(&device).unwrap().revoked = true;
        for room in self.rooms.values_mut() {
            if room.group.has(device) {
                room.removals.push(RemovalWanted {
                    device_id: device,
                    reason: RemovalReason::DeviceRevoked,
                });
            }
        }
        for other in self.online.clone() {
            self.event(other, Event::RoomsChanged);
        }
    }

    fn want_removed(&mut self, room_id: RoomId, user: UserId, reason: RemovalReason) {
        let Some(room) = self.rooms.get_mut(&room_id) else {
            return;
        };
        let leaves = room.group.leaves();
        let of_user = leaves.iter().filter(|(owner, _)| *owner == user);
        room.removals.extend(of_user.map(|(_, device_id)| RemovalWanted {
            device_id: *device_id,
            reason,
        }));
        for (_, device) in leaves {
            self.event(device, Event::RoomsChanged);
        }
    }

    pub fn summaries(&self, from: DeviceId) -> Vec<RoomSummary> {
        let user = self.user_of(from);
        let leaving = |room: &Room| {
            room.removals.iter().any(|removal| {
                removal.reason == RemovalReason::Left && self.user_of(removal.device_id) == user
            })
        };
        self.rooms
            .iter()
            .filter(|(_, room)| room.group.users().contains(&user) && !leaving(room))
            .map(|(room_id, room)| RoomSummary {
                room_id: *room_id,
                kind: kind_tag(room.group.settings().kind),
                generation: room.generation,
                epoch: room.group.epoch(),
                last_seq: room.last(),
                members: room.group.users().into_iter().collect(),
                has_leaf: room.group.has(from),
                acked: room.acked.get(&from).copied().unwrap_or_default(),
                removals: room.removals.clone(),
                call: self.summary_of_call(*room_id),
                refusal: self.refusal(*room_id, user, false),
            })
            .collect()
    }

    fn found(&mut self, from: DeviceId, found: RoomFound) -> Answer {
        if let Some(room) = self.rooms.get(&found.room_id) {
            if let Some((_, accepted)) = room.accepted.get(&found.message_id) {
                return Ok(Reply::Accepted(*accepted));
            }
            if found.generation != room.generation.next() {
                return Err(no(Code::Conflict));
            }
        }
        let group = Group::found(&found.group_info, &found.tree).ok_or_else(|| no(Code::Malformed))?;
        let user = self.user_of(from);
        let own = group.settings().kind == RoomKind::Own;
        let has_own = self
            .rooms
            .values()
            .any(|room| room.group.settings().kind == RoomKind::Own && room.group.users().contains(&user));
        if own && has_own && found.generation == Generation(1) {
            return Err(no(Code::Conflict));
        }
        let former = self.rooms.remove(&found.room_id);
        let mut room = Room {
            generation: found.generation,
            group,
            log: former.map(|room| room.log).unwrap_or_default(),
            trimmed: Seq(0),
            welcomes: BTreeMap::new(),
            acked: BTreeMap::new(),
            start: BTreeMap::new(),
            removals: vec![],
            accepted: BTreeMap::new(),
            reports: vec![],
        };
        let content = EntryContent {
            kind: EntryKind::Founded,
            epoch: protocol::Epoch(0),
            payload: Bytes::default(),
            message_id: found.message_id,
        };
        let mut accepted = room.push(content, self.now);
        let first = room.last();
        room.start.insert(from, first);
        room.acked.insert(from, first);
        let before = self.rooms.insert(found.room_id, room);
        assert!(before.is_none());
        if let Some(bundle) = &found.commit {
            accepted = self.take_commit(from, found.room_id, found.message_id, bundle)?;
        }
        let room = self.rooms.get_mut(&found.room_id).unwrap();
        room.accepted.insert(found.message_id, (vec![], accepted));
        let entry = room.log[usize::try_from(first.0).unwrap() - 1].clone();
        for (_, device) in room.group.leaves() {
            self.event(
                device,
                Event::RoomEntry {
                    room_id: found.room_id,
                    entry: entry.clone(),
                },
            );
        }
        self.tell_rooms_changed(found.room_id);
        Ok(Reply::Accepted(accepted))
    }

    pub fn commit(&mut self, from: DeviceId, commit: RoomCommit) -> Answer {
        let room = self
            .rooms
            .get_mut(&commit.room_id)
            .ok_or_else(|| no(Code::NotFound))?;
        if let Some((bytes, accepted)) = room.accepted.get(&commit.message_id) {
            let same = *bytes == commit.bundle.commit.0;
            return if same {
                Ok(Reply::Accepted(*accepted))
            } else {
                Err(no(Code::DuplicateId))
            };
        }
        if commit.generation != room.generation || commit.bundle.epoch != room.group.epoch() {
            return Err(no(Code::StaleEpoch));
        }
        let accepted = self.take_commit(from, commit.room_id, commit.message_id, &commit.bundle)?;
        Ok(Reply::Accepted(accepted))
    }

    fn take_commit(
        &mut self,
        from: DeviceId,
        room_id: RoomId,
        message_id: MessageId,
        bundle: &CommitBundle,
    ) -> Result<Accepted, Problem> {
        let now = self.now;
        let room = self.rooms.get_mut(&room_id).unwrap();
        let audience = room.group.leaves();
        let seen = room
            .group
            .commit(bundle)
            .map_err(|error| Problem::new(Code::CommitRefused, error))?;
        let content = EntryContent {
            kind: EntryKind::Commit,
            epoch: bundle.epoch,
            payload: bundle.commit.clone(),
            message_id,
        };
        let accepted = room.push(content, now);
        room.accepted
            .insert(message_id, (bundle.commit.0.clone(), accepted));
        room.removals
            .retain(|removal| !seen.removed.contains(&removal.device_id));
        for device in &seen.removed {
            room.welcomes.remove(device);
            room.acked.remove(device);
        }
        for device in &seen.added {
            room.acked.insert(*device, accepted.seq);
            if *device == from {
                room.start.insert(*device, accepted.seq);
            }
        }
        let mut welcomes = vec![];
        for device in &bundle.welcome_to {
            let welcome = RoomWelcome {
                room_id,
                generation: room.generation,
                epoch: room.group.epoch(),
                seq: accepted.seq,
                welcome: bundle.welcome.clone().unwrap(),
                tree: room.group.tree(),
            };
            room.start.insert(*device, accepted.seq);
            room.welcomes.insert(*device, welcome.clone());
            welcomes.push((*device, welcome));
        }
        let entry = room.log.last().unwrap().clone();
        for (_, device) in audience {
            self.event(
                device,
                Event::RoomEntry {
                    room_id,
                    entry: entry.clone(),
                },
            );
        }
        for (device, welcome) in welcomes {
            self.event(device, Event::RoomWelcome(Box::new(welcome)));
        }
        for device in seen.removed {
            self.event(device, Event::RoomsChanged);
        }
        self.tell_rooms_changed(room_id);
        self.end_rooms();
        Ok(accepted)
    }

    /// Rooms whose time is over go, with everything that is here of them.
    pub fn end_rooms(&mut self) {
        let now = self.now;
        let over = |room: &Room| room.group.settings().end().is_some_and(|at| at <= now);
        let over: Vec<RoomId> = self
            .rooms
            .iter()
            .filter(|(_, room)| over(room))
            .map(|(id, _)| *id)
            .collect();
        for room_id in over {
            self.tell_rooms_changed(room_id);
            self.rooms.remove(&room_id);
        }
    }

    fn tell_rooms_changed(&mut self, room_id: RoomId) {
        let leaves = self.rooms[&room_id].group.users();
        for user in leaves {
            for device in self.accounts.live_devices(user) {
                self.event(device, Event::RoomsChanged);
            }
        }
    }

    fn send(&mut self, from: DeviceId, send: RoomSend) -> Answer {
        let now = self.now;
        let room = self
            .rooms
            .get_mut(&send.room_id)
            .ok_or_else(|| no(Code::NotFound))?;
        if !room.group.has(from) {
            return Err(no(Code::Forbidden));
        }
        if let Some((bytes, accepted)) = room.accepted.get(&send.message_id) {
            let same = *bytes == send.payload.0;
            return if same {
                Ok(Reply::Accepted(*accepted))
            } else {
                Err(no(Code::DuplicateId))
            };
        }
        if send.generation != room.generation || send.epoch != room.group.epoch() {
            return Err(no(Code::StaleEpoch));
        }
        let content = EntryContent {
            kind: EntryKind::Application,
            epoch: send.epoch,
            payload: send.payload.clone(),
            message_id: send.message_id,
        };
        let accepted = room.push(content, now);
        room.accepted.insert(send.message_id, (send.payload.0, accepted));
        let entry = room.log.last().unwrap().clone();
        for (_, device) in room.group.leaves() {
            self.event(
                device,
                Event::RoomEntry {
                    room_id: send.room_id,
                    entry: entry.clone(),
                },
            );
        }
        Ok(Reply::Accepted(accepted))
    }

    fn sync(&mut self, from: DeviceId, sync: RoomSync) -> Answer {
        let room = self.rooms.get(&sync.room_id).ok_or_else(|| no(Code::NotFound))?;
        let start = room.start.get(&from).copied().unwrap_or(room.last());
        let after = sync.after.max(start).max(room.trimmed);
        let entries: Vec<Entry> = room
            .log
            .iter()
            .filter(|entry| entry.seq > after)
            .cloned()
            .collect();
        let limit = usize::try_from(sync.limit).unwrap();
        Ok(Reply::Entries(Entries {
            more: entries.len() > limit,
            entries: entries.into_iter().take(limit).collect(),
            welcome: room.welcomes.get(&from).cloned().map(Box::new),
        }))
    }
}

fn kind_tag(kind: RoomKind) -> RoomKindTag {
    match kind {
        RoomKind::Direct => RoomKindTag::Direct,
        RoomKind::Own => RoomKindTag::Own,
        RoomKind::Room | RoomKind::Call => RoomKindTag::Room,
    }
}
