//! What a device keeps up to date beside its rooms: people, own state, reads, key packages.

use protocol::{
    Millis, RoomId, Seq,
    limits::MAX_ROOM_MEMBERS,
    socket::{KeyPackagesAdd, PeopleGet, Person, Request, RoomKindTag},
};

use super::{
    Surroundings,
    asks::Ask,
    device::{Device, Ended, REVOKED},
    shell::Shell,
};
use crate::{
    failure::failure,
    identity::check_newer,
    key_packages::Stock,
    messages::{Content, Message},
    rooms::Room,
};

impl Device {
    /// Asks for what is missing and may be asked for: cards, own state, key packages.
    pub(super) fn ask_for_missing(&mut self, shell: &mut Shell) {
        if !self.may_ask() {
            return;
        }
        if self.people.has_wanted() && !self.people.asking {
            self.people.asking = true;
            let users = self.people.take_wanted(MAX_ROOM_MEMBERS);
            shell.request(Ask::People, Request::PeopleGet(PeopleGet { users }));
        }
        // Which rooms the user is in counts where it is too large.
        if self.session.knows_rooms() && self.own.put_due().is_some_and(|at| at <= shell.now) {
            let user_id = self.identity.user_id();
            let key = self.identity.own_state_key.clone();
            let rooms = &self.rooms;
            let is_in = |room_id| rooms.contains_key(&room_id);
            let state = self
                .own
                .put(&mut shell.store, &shell.random, &key, user_id, is_in);
            match state {
                Some(state) => shell.request(Ask::OwnStatePut, Request::OwnStatePut(state)),
                None if self.own.put_later(shell.now) => shell.notice(failure("own_state_full")),
                None => {}
            }
        }
    }

    /// Own other devices learn what was read here, and when: it waits in the outbox, so that neither a lost connection nor
    /// a restart makes the reading later for them.
    fn tell_read(&mut self, shell: &mut Shell, room_id: RoomId, seq: Seq) {
        let own = self.rooms.values().find(|room| room.kind() == RoomKindTag::Own);
        let Some(own_id) = own.map(|room| room.id) else {
            return;
        };
        self.with_room(shell, own_id, |room, env| {
            // While this device has no place there, the own state tells them, if later.
            if room.group().is_some_and(|group| group.members().len() > 1) {
                let rooms = vec![(room_id, seq)];
                room.send_content(env, Content::Read { rooms }, None);
            }
        });
    }

    pub(super) fn mark_read(&mut self, shell: &mut Shell, room_id: RoomId) {
        let Some(seq) = self.rooms.get(&room_id).map(|room| room.newest_seq()) else {
            return;
        };
        let now = shell.now;
        self.begin_burning(shell, room_id, seq, now);
        if self.own.set_read(&mut shell.store, now, room_id, seq) {
            self.tell_read(shell, room_id, seq);
            self.plan_receipt(shell, room_id);
        }
        self.changed = true;
    }

    /// The room's members may have something new to learn of this person.
    pub(super) fn plan_receipt(&mut self, shell: &mut Shell, room_id: RoomId) {
        self.with_room(shell, room_id, |room, env| room.plan_receipt(env));
    }

    /// There will be no better moment for what the members of the rooms may learn of this person.
    pub(super) fn hasten_receipts(&mut self, shell: &mut Shell) {
        let waiting = self.rooms.values().filter(|room| room.receipt_at().is_some());
        let room_ids: Vec<RoomId> = waiting.map(|room| room.id).collect();
        for room_id in room_ids {
            self.with_room(shell, room_id, |room, env| room.hasten_receipt(env));
        }
    }

    /// The user read a room up to here, then: what burns begins to.
    pub(super) fn begin_burning(&mut self, shell: &mut Shell, room_id: RoomId, seq: Seq, at: Millis) {
        if let Some(room) = self.rooms.get_mut(&room_id) {
            room.read_up_to(&mut shell.store, seq, at);
        }
    }

    /// Other own devices read what the own state says. When is not known; now is the latest.
    pub(super) fn begin_burning_all(&mut self, shell: &mut Shell) {
        for room in self.rooms.values_mut() {
            room.read_up_to(&mut shell.store, self.own.read(room.id), shell.now);
        }
    }

    /// Takes out of the rooms what has ended, before anything is shown. A clock that went back prolongs nothing.
    pub(super) fn purge(&mut self, shell: &mut Shell) {
        let timed = self.rooms.values().any(|room| room.next_end().is_some());
        let back = self.clock.look(&mut shell.store, shell.now, timed);
        for room in self.rooms.values_mut() {
            if back > 0 {
                room.lose(&mut shell.store, back);
            }
            let waited = room.count_aside();
            let ended = room.purge(&mut shell.store, shell.now);
            self.changed |= !ended.is_empty() || room.count_aside() != waited;
            for message in &ended {
                self.own
                    .set_saved(&mut shell.store, shell.now, room.id, message.id, false);
            }
            // What only burnt here, others may not have read yet; that the server deletes at its time. Of two, the other has
            // read what burns for who did not write it.
            let direct = room.kind() == RoomKindTag::Direct;
            let is_last = |message: &&Message| direct && message.author != self.identity.user_id();
            let over = ended
                .iter()
                .filter(|message| message.is_over_for_all(shell.now) || is_last(message));
            let blobs = over.filter_map(Message::own_blob);
            self.files.doom(&mut shell.store, blobs);
        }
        let now = shell.now;
        self.files.purge(&mut shell.store, now);
        let over = self.rooms.values().filter(|room| room.is_over(now));
        let over: Vec<RoomId> = over.map(|room| room.id).collect();
        for room_id in over {
            self.with_room(shell, room_id, Room::end_if_over);
        }
    }

    /// Fills the stock of key packages that the server has.
    pub(super) fn refill_key_packages(&mut self, core: &mut Surroundings<'_>, left: u32) {
        if self.key_packages.sending {
            return;
        }
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let full = core.options.key_packages;
        let stock = self.make_stock(core, left, full);
        if let Some(Stock {
            key_packages,
            last_resort,
        }) = stock
        {
            self.key_packages.sending = true;
            let request = Request::KeyPackagesAdd(KeyPackagesAdd {
                key_packages,
                last_resort,
            });
            core.shell.request(Ask::KeyPackagesAdd, request);
        }
    }

    pub(super) fn key_packages_sent(&mut self) {
        self.key_packages.sending = false;
    }

    pub(super) fn on_people(&mut self, shell: &mut Shell, people: Vec<Person>) {
        let me = self.identity.user_id();
        for person in people {
            if person.user_id == me {
                self.take_own_card(shell, &person);
            }
            let network_id = self.account.network_id;
            if let Err(error) = self.people.take(&mut shell.store, network_id, person) {
                tracing::warn!(%error, "card refused");
                shell.notice(failure("server_untrusted"));
            }
        }
        for room in self.rooms.values_mut() {
            room.history.mark_all();
        }
        self.contacts.change();
        self.changed = true;
    }

    fn take_own_card(&mut self, shell: &mut Shell, person: &Person) {
        let known = &self.identity.device_list;
        match check_newer(known, &person.device_list) {
            Ok(()) => {
                self.identity.device_list = person.device_list.clone();
                self.identity.name.clone_from(&person.name);
                self.save_identity(shell);
                if self.identity.is_revoked_by(&person.device_list) {
                    self.end(Ended::Erase {
                        reason: Some(REVOKED),
                    });
                }
            }
            Err(error) => {
                tracing::warn!(%error, "own device list refused");
                shell.notice(failure("server_untrusted"));
            }
        }
    }
}
