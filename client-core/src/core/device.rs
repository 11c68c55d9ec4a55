use protocol::{
    Millis, RoomId,
    identity::{DeviceList, PublicKey},
    room_settings::RoomKind,
    socket::{self, Reply, Request, RoomKindTag},
};

use super::{
    Surroundings,
    asks::{Ask, RoomAsk},
    clock::Clock,
    contacts::Contacts,
    files::Files,
    id_video::Showing,
    push::Push,
    session::Session,
    shell::{Answer, Shell},
    visit::Visit,
};
use crate::{
    api::{CallView, MediaUpdate, RoomView},
    calls::{Call, LeftChat},
    failure::failure,
    group::{DeviceKey, Mls, rules::Account},
    hex::{hex, unhex},
    identity::Identity,
    key_packages::{KeyPackages, Maker, Stock},
    messages::OwnState,
    people::People,
    random::Random,
    rooms::{Charter, Env, NewRoom, Notes, RECORDS, Room},
    sorted::SortedMap,
    store::{BadRecord, Loaded, take_all, take_bytes, take_one},
    tasks::Task,
};

/// Who is signed in, and everything of that account on this device.
pub(crate) struct Device {
    pub(super) identity: Identity,
    pub(super) account: Account,
    pub(super) key: DeviceKey,
    pub(super) mls: Mls,
    pub(super) session: Session,
    pub(super) people: People,
    /// Boxed, for a room is large, and new ones come in any order.
    pub(super) rooms: SortedMap<RoomId, Box<Room>>,
    /// What rooms were that the server does not list any more.
    past: SortedMap<RoomId, Charter>,
    pub(super) tasks: SortedMap<u32, Task>,
    pub(super) next_task: u32,
    pub(super) own: OwnState,
    pub(super) key_packages: KeyPackages,
    notes: Notes,
    /// Counts requests for the list of rooms.
    lists: u64,
    pub(super) listing: bool,
    /// The server was restored from a copy: this is its new generation, to be kept once the rooms have looked.
    pub(super) restored: Option<protocol::Bytes>,
    /// A device list that the server has to take.
    pub(super) list_sent: Option<DeviceList>,
    ended: Option<Ended>,
    /// The call that this device is in; one at most.
    pub(super) call: Option<Call>,
    pub(super) call_mls: Mls,
    /// What was said in the call that this device left last, as long as it goes on.
    pub(super) left_chat: Option<LeftChat>,
    pub(super) call_told: Option<CallView>,
    pub(super) rooms_told: Option<Vec<RoomView>>,
    pub(super) changed: bool,
    /// Set where this is a guest.
    pub(super) visit: Option<Visit>,
    /// When it was looked at last what is due.
    pub(super) looked_at: Millis,
    pub(super) clock: Clock,
    pub(super) files: Files,
    pub(super) contacts: Contacts,
    pub(super) showing: Showing,
    pub(super) push: Push,
}

/// Why it ended, where the account's device list says so.
pub(super) const REVOKED: &str = "device_revoked";

/// How the device ended here.
pub(super) enum Ended {
    /// By the person, or by the account's signed word: nothing stays. The reason is for the person.
    Erase { reason: Option<&'static str> },
    /// By the server's word alone: the store stays, and the person may sign in again.
    ShutOut,
}

const IDENTITY_RECORD: &str = "identity";

impl Device {
    /// The stored device; nothing where nobody is signed in.
    pub(super) fn load(loaded: &mut Loaded, random: &Random, now: Millis) -> Result<Option<Self>, BadRecord> {
        let Some(identity) = take_one::<Identity>(loaded, IDENTITY_RECORD)? else {
            return Ok(None);
        };
        let mut device = Self::new(identity, random.clone(), now);
        if device.identity.leaving {
            device.end(Ended::Erase { reason: None });
        } else if device.is_shut_out() && device.identity.enrolled {
            device.session.hold();
        }
        device.people = People::load(loaded)?;
        device.own = OwnState::load(loaded)?;
        device.clock.load(loaded)?;
        device.files = Files::load(loaded)?;
        device.showing = Showing::load(loaded)?;
        device.key_packages = KeyPackages::load(loaded)?;
        for (key, value) in take_bytes(loaded, "mls/") {
            if let Some(key) = unhex(&key) {
                device.mls.store().restore(key, value);
            }
        }
        for (id, charter) in take_all(loaded, "past/")? {
            if let Ok(id) = id.parse() {
                device.past.insert(id, charter);
            }
        }
        let Self { rooms, mls, .. } = &mut device;
        for (id, stored) in take_all(loaded, RECORDS)? {
            if let Ok(id) = id.parse() {
                rooms.insert(id, Box::new(Room::restore(id, stored, mls)));
            }
        }
        for (name, out) in take_all(loaded, "out/")? {
            if let Some(room) = room_of(rooms, &name) {
                room.restore_outgoing(out);
            }
        }
        // From the last to the first: what is taken out of the loaded records then has little behind it that moves.
        for room in rooms.values_mut().rev() {
            room.restore_beside(loaded)?;
        }
        Ok(Some(device))
    }

    /// A new device with its key packages, stored from now on.
    pub(super) fn make(identity: Identity, core: &mut Surroundings<'_>) -> (Self, Stock) {
        let mut device = Self::new(identity, core.shell.random.clone(), core.shell.now);
        device.session.hold();
        let full = core.options.key_packages;
        let stock = device.make_stock(core, 0, full);
        core.shell.store.put(IDENTITY_RECORD, &device.identity);
        (device, stock.unwrap_or_default())
    }

    fn new(identity: Identity, random: Random, now: Millis) -> Self {
        Self {
            account: identity.account(),
            key: identity.device_key(),
            identity,
            mls: Mls::new(random.clone()),
            call: None,
            call_mls: Mls::new(random),
            left_chat: None,
            call_told: None,
            session: Session::new(now),
            people: People::default(),
            rooms: SortedMap::new(),
            past: SortedMap::new(),
            tasks: SortedMap::new(),
            next_task: 0,
            own: OwnState::default(),
            key_packages: KeyPackages::default(),
            notes: Notes::default(),
            lists: 0,
            listing: false,
            restored: None,
            list_sent: None,
            ended: None,
            rooms_told: None,
            changed: true,
            visit: None,
            looked_at: now,
            clock: Clock::new(now),
            files: Files::default(),
            contacts: Contacts::default(),
            showing: Showing::default(),
            push: Push::default(),
        }
    }

    /// A guest, of whom nothing is stored.
    pub(super) fn guest(identity: Identity, visit: Visit, random: Random, now: Millis) -> Self {
        let mut device = Self::new(identity, random, now);
        device.visit = Some(visit);
        device
    }

    pub(super) fn is_enrolled(&self) -> bool {
        self.identity.enrolled && !self.identity.shut_out
    }

    /// Whether this is a device of that account.
    pub(super) fn is_of(&self, person: &crate::identity::Person, aik: PublicKey) -> bool {
        let Account {
            network_id,
            user_id,
            aik: own,
            ..
        } = self.account;
        (network_id, user_id, own) == (person.network_id, person.user_id, aik)
    }

    pub(super) fn is_shut_out(&self) -> bool {
        self.identity.shut_out
    }

    /// The server confirmed the device.
    pub(super) fn enrolled(&mut self, core: &mut Surroundings<'_>) {
        self.confirmed(core.shell);
        self.begin(core);
    }

    /// The server knows the device.
    pub(super) fn confirmed(&mut self, shell: &mut Shell) {
        if !self.is_enrolled() {
            self.identity.enrolled = true;
            self.identity.shut_out = false;
            self.save_identity(shell);
            self.changed = true;
        }
    }

    pub(super) fn save_identity(&self, shell: &mut Shell) {
        if self.visit.is_some() {
            return;
        }
        shell.store.put(IDENTITY_RECORD, &self.identity);
    }

    /// The account is over on this device.
    pub(super) fn end(&mut self, how: Ended) {
        self.ended = Some(how);
    }

    pub(super) fn take_ended(&mut self) -> Option<Ended> {
        self.ended.take()
    }

    /// Commands that wait for tasks and rooms; they wait no more.
    pub(super) fn take_waiting_commands(&mut self) -> Vec<u32> {
        let tasks = std::mem::take(&mut self.tasks);
        let rooms = self
            .rooms
            .values_mut()
            .flat_map(|room| room.take_waiting_commands());
        tasks
            .values()
            .map(Task::command)
            .chain(rooms)
            .chain(self.showing.take_command())
            .chain(self.push.take_command())
            .collect()
    }

    /// What rooms and tasks work with, and the rooms beside it.
    pub(super) fn split<'a>(&'a mut self, shell: &'a mut Shell) -> (Env<'a>, Parts<'a>) {
        self.changed = true;
        let online = self.session.may_ask();
        let env = Env {
            shell,
            identity: &self.identity,
            account: &self.account,
            key: &self.key,
            mls: &self.mls,
            people: &mut self.people,
            own: &mut self.own,
            notes: &mut self.notes,
            online,
        };
        (
            env,
            Parts {
                rooms: &mut self.rooms,
                past: &mut self.past,
            },
        )
    }

    pub(super) fn may_ask(&self) -> bool {
        self.session.may_ask()
    }

    /// Does something with a room, if it is there, and then what follows from it.
    pub(super) fn with_room<T>(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        act: impl FnOnce(&mut Room, &mut Env<'_>) -> T,
    ) -> Option<T> {
        let (mut env, parts) = self.split(shell);
        let room = parts.rooms.get_mut(&room_id)?;
        let result = act(room, &mut env);
        room.finish(&mut env);
        self.after_rooms(shell);
        Some(result)
    }

    /// What rooms asked of the device, and rooms that are over.
    pub(super) fn after_rooms(&mut self, shell: &mut Shell) {
        let gone: Vec<RoomId> = self
            .rooms
            .values()
            .filter(|room| room.gone)
            .map(|room| room.id)
            .collect();
        let (mut env, parts) = self.split(shell);
        for room_id in &gone {
            let room_id = *room_id;
            let room = parts.rooms.remove(&room_id);
            if let Some(charter) = room.and_then(|room| room.delete(&mut env)) {
                parts.past.insert(room_id, charter);
            }
        }
        for room_id in gone {
            self.files.drop_of_room(&mut shell.store, room_id);
        }
        let notes = std::mem::take(&mut self.notes);
        self.files.doom(&mut shell.store, notes.doomed);
        if notes.last_resort_used {
            self.key_packages.last_resort_used(&mut shell.store);
        }
        let changed = notes.members_changed;
        if self
            .call
            .as_ref()
            .is_some_and(|call| changed.contains(&call.room_id))
        {
            self.with_call(shell, Call::on_time);
        }
        let now = shell.now;
        for (room_id, seq, at) in notes.read_elsewhere {
            self.own.set_read(&mut shell.store, now, room_id, seq);
            self.begin_burning(shell, room_id, seq, at);
        }
        if notes.contacts_changed {
            self.contacts.change();
        }
        self.contacts.videos_refused.extend(notes.videos_refused);
        if notes.want_rooms {
            self.list_rooms(shell);
        }
    }

    pub(super) fn on_room_answer(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        ask: RoomAsk,
        answer: Answer,
    ) {
        self.with_room(shell, room_id, |room, env| room.on_answer(env, ask, answer));
    }

    pub(super) fn list_rooms(&mut self, shell: &mut Shell) {
        if self.listing || !self.may_ask() || self.visit.is_some() {
            return;
        }
        self.listing = true;
        self.lists = self.lists.saturating_add(1);
        shell.request(Ask::RoomsList, Request::RoomsList);
    }

    pub(super) fn on_rooms(&mut self, shell: &mut Shell, answer: Answer) {
        self.listing = false;
        let Ok(Reply::Rooms(summaries)) = answer else {
            return;
        };
        self.session.listed();
        self.changed = true;
        let lists = self.lists;
        for summary in &summaries {
            self.leave_ghost(shell, summary.room_id, summary.call.as_ref());
        }
        let goes_on = |left: &LeftChat| {
            let mut calls = summaries.iter().filter_map(|summary| summary.call.as_ref());
            calls.any(|call| call.call_id == left.call_id)
        };
        self.left_chat.take_if(|left| !goes_on(left));
        let restored = self.restored.take();
        if restored.is_some() {
            self.identity.server_generation.clone_from(&restored);
            self.save_identity(shell);
        }
        let (mut env, parts) = self.split(shell);
        for room in parts.rooms.values_mut() {
            let listed = summaries.iter().any(|summary| summary.room_id == room.id);
            // A room that came after the question may be missing in the answer.
            if !listed && room.since_list < lists && !room.is_being_founded() {
                if room.is_member() && room.kind() == RoomKindTag::Room {
                    // Deleted while this device was away, or left on another one, or the server's doing.
                    room.notice(&mut env, "room_lost", None);
                }
                room.gone = true;
            }
        }
        forget_ended(&mut env, parts.past, &summaries);
        for summary in summaries {
            // Over by what its members agreed on, though the server does not say so (yet). Where they went on since, they may
            // have put its end off: the device looks again.
            let past = parts.past.get(&summary.room_id);
            if past.is_some_and(|charter| charter.is_over(env.now()) && !charter.is_before(&summary)) {
                continue;
            }
            let room = parts.rooms.get_or_insert_with(summary.room_id, || {
                let mut room = Room::listed(&summary, env.now());
                room.since_list = lists;
                if let Some(charter) = parts.past.remove(&room.id) {
                    room.come_back(&mut env, charter);
                }
                Box::new(room)
            });
            if restored.is_some() {
                room.after_restore(&mut env, &summary);
            }
            room.on_summary(&mut env, summary);
        }
        if !self.rooms.values().any(|room| room.kind() == RoomKindTag::Own) {
            self.found_own_room(shell);
        }
        self.contacts.due = true;
        self.after_rooms(shell);
    }

    /// The group of the user's own devices.
    fn found_own_room(&mut self, shell: &mut Shell) {
        let new = NewRoom {
            room_id: RoomId::from_random(shell.random.array()),
            kind: RoomKind::Own,
            title: None,
            packages: vec![],
            command: None,
        };
        self.found(shell, new);
    }

    pub(super) fn found(&mut self, shell: &mut Shell, new: NewRoom) {
        let lists = self.lists;
        let (room_id, command) = (new.room_id, new.command);
        let (mut env, parts) = self.split(shell);
        match Room::found(&mut env, new) {
            Ok(mut room) => {
                room.since_list = lists;
                parts.rooms.insert(room_id, Box::new(room));
            }
            Err(error) => {
                tracing::error!(room.id = %room_id, %error, "cannot found");
                if let Some(command) = command {
                    shell.fail(command, failure("internal"));
                }
            }
        }
        self.after_rooms(shell);
    }

    pub(super) fn on_welcome(&mut self, shell: &mut Shell, welcome: &socket::RoomWelcome) {
        let lists = self.lists;
        let (mut env, parts) = self.split(shell);
        let room = parts.rooms.get_or_insert_with(welcome.room_id, || {
            let mut room = Room::welcomed(welcome, env.now());
            if let Some(charter) = parts.past.remove(&room.id) {
                room.come_back(&mut env, charter);
            }
            Box::new(room)
        });
        room.since_list = lists;
        room.on_welcome(&mut env, welcome);
        self.notes.want_rooms = true;
        self.after_rooms(shell);
    }

    /// The server has seen a later state of this device than this one: it was restored from a copy, or there is a
    /// clone. Nothing is ever encrypted with it: the groups are forgotten and joined anew.
    pub(super) fn roll_forward(&mut self, shell: &mut Shell, highest: u64) {
        tracing::warn!(batch = highest, "the stored state was rolled back");
        self.forget_groups(shell);
        shell.store.skip_batches(highest);
        shell.notice(failure("rolled_back"));
    }

    /// Groups and key packages are to be used no more; what was read stays.
    fn forget_groups(&mut self, shell: &mut Shell) {
        let (mut env, parts) = self.split(shell);
        for room in parts.rooms.values_mut() {
            room.reset_group(&mut env);
            room.finish(&mut env);
        }
        self.mls.store().clear();
        self.key_packages.reset();
    }

    /// The server does not take this device: it waits for the person. The store stays.
    pub(super) fn shut_out(&mut self, shell: &mut Shell) {
        self.disconnect_parts(shell);
        self.session.hold();
        if self.call.take().is_some() {
            shell.media(MediaUpdate::End);
        }
        self.left_chat = None;
        self.call_told = None;
        self.rooms_told = None;
        if !self.identity.shut_out {
            self.identity.shut_out = true;
            self.save_identity(shell);
        }
    }

    /// Goes on as a new device of the same account, with what was read; the server has to confirm it.
    pub(super) fn renew(&mut self, mut identity: Identity, core: &mut Surroundings<'_>) -> Stock {
        identity.shut_out = true;
        self.forget_groups(core.shell);
        self.own.begin_anew();
        self.session = Session::new(core.shell.now);
        self.session.hold();
        self.account = identity.account();
        self.key = identity.device_key();
        self.identity = identity;
        self.save_identity(core.shell);
        let full = core.options.key_packages;
        self.make_stock(core, 0, full).unwrap_or_default()
    }

    pub(super) fn make_stock(
        &mut self,
        core: &mut Surroundings<'_>,
        left: usize,
        full: usize,
    ) -> Option<Stock> {
        self.key_packages.refill(
            &mut core.shell.store,
            Maker {
                mls: &self.mls,
                key: &self.key,
                certificate: &self.identity.certificate,
                now: core.shell.now,
            },
            left,
            full,
        )
    }

    /// What changed in the groups becomes records.
    pub(super) fn store_groups(&self, shell: &mut Shell) {
        for (key, value) in self.mls.store().take_changes() {
            let name = format!("mls/{}", hex(&key));
            match value {
                Some(value) => shell.store.put_bytes(name, value),
                None => shell.store.delete(name),
            }
        }
    }

    pub(super) fn disconnect_parts(&mut self, shell: &mut Shell) {
        self.with_call(shell, Call::on_disconnect);
        self.listing = false;
        self.people.asking = false;
        self.own.getting = false;
        self.own.put_failed(shell.now);
        self.key_packages.sending = false;
        self.contacts.disconnect();
        self.showing.disconnect();
        self.push.disconnect();
        for room in self.rooms.values_mut() {
            room.on_disconnect();
        }
        self.changed = true;
    }
}

/// What is beside the surroundings of a room.
pub(crate) struct Parts<'a> {
    pub(crate) rooms: &'a mut SortedMap<RoomId, Box<Room>>,
    past: &'a mut SortedMap<RoomId, Charter>,
}

fn room_of<'a>(rooms: &'a mut SortedMap<RoomId, Box<Room>>, name: &str) -> Option<&'a mut Room> {
    let (room_id, _) = name.split_once('/')?;
    rooms.get_mut(&room_id.parse().ok()?).map(Box::as_mut)
}

/// What rooms were that are over by their own settings is of use only as long as the server lists them.
fn forget_ended(env: &mut Env<'_>, past: &mut SortedMap<RoomId, Charter>, listed: &[socket::RoomSummary]) {
    let now = env.now();
    let is_listed = |room_id: RoomId| listed.iter().any(|summary| summary.room_id == room_id);
    let over = past
        .iter()
        .filter(|(room_id, charter)| charter.is_over(now) && !is_listed(**room_id));
    let over: Vec<RoomId> = over.map(|(room_id, _)| *room_id).collect();
    for room_id in over {
        past.remove(&room_id);
        env.shell.store.delete(format!("past/{room_id}"));
        env.own.forget_title(&mut env.shell.store, now, room_id);
        env.own.forget_saved(&mut env.shell.store, now, room_id);
    }
}
