use std::collections::VecDeque;

use protocol::{
    Bytes, Generation, Millis, RoomId, Seq, UserId,
    identity::Certificate,
    socket::{self, CallSummary, CommitBundle, Request, RoomKindTag, RoomSummary},
};

use super::{
    aside::Aside,
    draft,
    ending::lost_record,
    env::Env,
    face::{self, Face},
    guests::NewLink,
    receipts::{self, AllSeen},
    ringing::Ring,
    stored::{Charter, Intent, OutState, Outgoing, Standing, Stored},
    typing::Signs,
};
use crate::{
    core::{
        asks::{Ask, RoomAsk},
        shell::{Answer, Refusal},
    },
    group::{Commit, Group, GroupName, Mls},
    limits::{RETRY_MS, STALE_AFTER_MS},
    messages::History,
    sorted::SortedSet,
    store::{BadRecord, Loaded, Store, take_one},
};

/// What names of the records of rooms begin with. Another name than that of earlier forms, which cannot be read as this
/// one: such a room is joined anew.
pub(crate) const RECORDS: &str = "place/";

/// One room on this device.
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(super) stored: Stored,
    pub(super) group: Option<Group>,
    pub(super) outbox: VecDeque<Outgoing>,
    pub(super) next_out: u64,
    pub(crate) history: History,
    pub(super) intents: VecDeque<Intent>,
    /// What the server said of the room last.
    pub(super) summary: Option<RoomSummary>,
    pub(super) call: Option<CallSummary>,
    pub(super) ring: Option<Ring>,
    /// Guest links that the server has not taken yet.
    pub(super) new_links: Vec<NewLink>,
    /// Newest place that the log is known to have.
    pub(super) known_last: Seq,
    /// One request at a time; acknowledgements and reports aside.
    pub(super) busy: bool,
    pub(super) sync_wanted: bool,
    /// The log was asked for a welcome.
    pub(super) asked_for_welcome: bool,
    /// Since when the server owes something.
    pub(super) waiting_since: Option<Millis>,
    /// Since when what is sent is refused as of a past epoch, though the log shows none that is newer.
    pub(super) stuck_since: Option<Millis>,
    pub(super) retry_at: Option<Millis>,
    /// When this device's turn comes to remove whom the server wants removed.
    pub(super) remove_at: Option<Millis>,
    pub(super) races: u8,
    /// A message of this epoch did not open, though it should: the group may have been forked.
    pub(super) suspect: bool,
    /// The server knows of acknowledgements that this state never made. The person is told, unless a welcome explains it.
    pub(super) overtaken: bool,
    /// The command that waits for the founding.
    pub(super) founding_for: Option<u32>,
    /// The user is no member any more: the device forgets the room.
    pub(crate) gone: bool,
    /// So it is by the person's wish or by a commit, rather than by the server's word alone.
    pub(super) over: bool,
    /// Number of the request for the list of rooms before which this room was not there.
    pub(crate) since_list: u64,
    pub(super) dirty: bool,
    /// How far the members have the log, by their receipts.
    pub(super) seen: AllSeen,
    /// When the next own receipt is due.
    pub(super) receipt_at: Option<Millis>,
    /// Who is typing.
    pub(super) signs: Signs,
    /// What the person began to write.
    pub(super) draft: String,
    /// What it shows of itself beside its title.
    pub(super) face: Face,
    /// How far the device's clock went back since it knows of the room's end.
    pub(super) lost: u64,
    /// What the other of a direct room said while it was not to be heard, in the order of the log.
    pub(super) aside: Vec<Aside>,
}

impl Room {
    pub(super) fn new(
        id: RoomId,
        kind: RoomKindTag,
        generation: Generation,
        standing: Standing,
        now: Millis,
    ) -> Self {
        let stored = Stored {
            kind,
            generation,
            standing,
            cursor: Seq(0),
            acked: Seq(0),
            pending: None,
            title: None,
            own_since_update: 0,
            updated_at: now,
            resyncs: 0,
            charter: None,
            read_ahead: vec![],
        };
        Self::with(id, stored, None)
    }

    /// A room of which one knows that it exists and no more.
    pub(crate) fn listed(summary: &RoomSummary, now: Millis) -> Self {
        Self::new(
            summary.room_id,
            summary.kind,
            summary.generation,
            Standing::ExpectWelcome,
            now,
        )
    }

    /// A room that one hears of by its welcome.
    pub(crate) fn welcomed(welcome: &socket::RoomWelcome, now: Millis) -> Self {
        let kind = RoomKindTag::Room;
        Self::new(
            welcome.room_id,
            kind,
            welcome.generation,
            Standing::ExpectWelcome,
            now,
        )
    }

    pub(crate) fn is_being_founded(&self) -> bool {
        matches!(self.stored.standing, Standing::Founding(_))
    }

    fn with(id: RoomId, stored: Stored, group: Option<Group>) -> Self {
        Self {
            id,
            stored,
            group,
            outbox: VecDeque::new(),
            next_out: 0,
            history: History::new(id),
            intents: VecDeque::new(),
            summary: None,
            call: None,
            ring: None,
            new_links: vec![],
            known_last: Seq(0),
            busy: false,
            sync_wanted: false,
            asked_for_welcome: false,
            waiting_since: None,
            stuck_since: None,
            retry_at: None,
            remove_at: None,
            races: 0,
            suspect: false,
            overtaken: false,
            founding_for: None,
            gone: false,
            over: false,
            since_list: 0,
            dirty: true,
            seen: AllSeen::new(),
            receipt_at: None,
            signs: Signs::default(),
            draft: String::new(),
            face: Face::default(),
            lost: 0,
            aside: vec![],
        }
    }

    /// Puts a stored room back. Where its group cannot be read, the room is joined anew.
    pub(crate) fn restore(id: RoomId, stored: Stored, mls: &Mls) -> Self {
        let name = GroupName {
            room_id: id,
            call_id: None,
            generation: stored.generation,
        };
        let group = match stored.standing {
            Standing::Member | Standing::Founding(_) | Standing::JoiningFromOutside { .. } => {
                Group::load(mls, name)
            }
            Standing::ExpectWelcome | Standing::Broken => None,
        };
        let mut room = Self::with(id, stored, group);
        room.dirty = false;
        if room.group.is_none() && !matches!(room.stored.standing, Standing::ExpectWelcome | Standing::Broken)
        {
            room.stored.standing = Standing::ExpectWelcome;
            room.stored.pending = None;
        }
        room
    }

    /// Puts back what is stored beside the room itself.
    pub(crate) fn restore_beside(&mut self, loaded: &mut Loaded) -> Result<(), BadRecord> {
        self.lost = take_one(loaded, &lost_record(self.id))?.unwrap_or_default();
        self.seen = take_one(loaded, &receipts::record(self.id))?.unwrap_or_default();
        self.draft = take_one(loaded, &draft::record(self.id))?.unwrap_or_default();
        self.face = take_one(loaded, &face::record(self.id))?.unwrap_or_default();
        self.restore_aside(loaded)?;
        self.history.restore(loaded)
    }

    pub(crate) fn kind(&self) -> RoomKindTag {
        self.stored.kind
    }

    pub(crate) fn group(&self) -> Option<&Group> {
        match self.stored.standing {
            Standing::Member => self.group.as_ref(),
            _ => None,
        }
    }

    /// Nothing is on its way that would change what is shown.
    pub(crate) fn is_caught_up(&self) -> bool {
        let settled = !self.sync_wanted && self.stored.cursor >= self.known_last;
        !self.busy && settled || !self.is_member() || self.retry_at.is_some()
    }

    /// Likewise, and the server has what is to be sent, and the way into the room is over as well, or waits for something.
    pub(crate) fn is_settled(&self, now: Millis) -> bool {
        let waits = self.retry_at.is_some() || self.is_stale(now);
        match self.stored.standing {
            Standing::Member => {
                let said = self.receipt_at.is_none_or(|at| at > now);
                self.is_caught_up() && self.outbox.is_empty() && said
            }
            Standing::Broken => true,
            Standing::Founding(_) | Standing::ExpectWelcome | Standing::JoiningFromOutside { .. } => waits,
        }
    }

    /// A room that is being founded is shown once it is there.
    pub(crate) fn is_shown(&self) -> bool {
        !(self.gone || self.is_being_founded() && self.stored.generation == Generation(1))
    }

    pub(crate) fn is_member(&self) -> bool {
        matches!(self.stored.standing, Standing::Member)
    }

    /// Users with a leaf; while there is no group, those that the server names.
    pub(crate) fn users(&self) -> Vec<UserId> {
        match (&self.group, &self.stored.charter, &self.summary) {
            (Some(group), _, _) => users_of(group),
            (None, _, Some(summary)) => summary.members.clone(),
            (None, Some(charter), None) => charter.users.keys().copied().collect(),
            (None, None, None) => vec![],
        }
    }

    /// A leaf of a user, for its certificate.
    pub(crate) fn certificate_of(&self, user_id: UserId) -> Option<&Certificate> {
        self.group
            .as_ref()?
            .members()
            .values()
            .find(|member| member.body().user_id == user_id)
    }

    pub(super) fn ask(&mut self, env: &mut Env<'_>, ask: RoomAsk, request: Request) {
        self.busy = true;
        self.waiting_since.get_or_insert(env.now());
        env.shell.request(
            Ask::Room {
                room_id: self.id,
                ask,
            },
            request,
        );
    }

    pub(super) fn save(&self, store: &mut Store) {
        store.put(format!("{RECORDS}{}", self.id), &self.stored);
    }

    /// The server gave what it owed.
    pub(super) fn settled(&mut self) {
        self.waiting_since = None;
        self.retry_at = None;
    }

    /// The list of rooms tells of this one.
    pub(crate) fn on_summary(&mut self, env: &mut Env<'_>, mut summary: RoomSummary) {
        self.known_last = self.known_last.max(summary.last_seq);
        if self.summary.is_none() {
            // What waited for the list of rooms waits no more.
            self.retry_at = None;
            if !self.busy && !self.is_owed_entries() {
                self.waiting_since = None;
            }
        }
        if summary.acked < self.stored.cursor {
            self.stored.acked = self.stored.acked.min(summary.acked);
        }
        if self.is_member() {
            self.judge_state(env, &mut summary);
        }
        if summary.generation > self.stored.generation
            && !matches!(self.stored.standing, Standing::Founding(_))
        {
            self.superseded(env, summary.generation);
        }
        if self.stored.kind != summary.kind && self.group.is_none() && self.stored.charter.is_none() {
            self.stored.kind = summary.kind;
        }
        self.set_call(env, summary.call.clone());
        env.people.want_unknown(summary.members.iter().copied());
        self.summary = Some(summary);
        self.plan_removals(env);
        self.drive(env);
    }

    /// The room was founded anew by somebody: the old group is over.
    pub(super) fn superseded(&mut self, env: &mut Env<'_>, generation: Generation) {
        self.drop_group(env);
        self.stored.generation = generation;
        self.stored.standing = Standing::ExpectWelcome;
        self.stored.resyncs = 0;
        self.asked_for_welcome = false;
        self.dirty = true;
        env.notes.want_rooms = true;
    }

    pub(super) fn drop_group(&mut self, env: &mut Env<'_>) {
        if let Some(group) = self.group.take() {
            group.delete(env.mls);
        }
        self.requeue_pending();
        self.dirty = true;
    }

    /// What the pending commit was to do is to be done again.
    pub(super) fn requeue_pending(&mut self) {
        if let Some(pending) = self.stored.pending.take() {
            for intent in pending.intents.into_iter().rev() {
                self.intents.push_front(intent);
            }
            self.dirty = true;
        }
    }

    /// Forgets the group after a rollback, keeps what was read.
    pub(crate) fn reset_group(&mut self, env: &mut Env<'_>) {
        self.drop_group(env);
        self.stored.standing = Standing::ExpectWelcome;
        self.asked_for_welcome = true;
        for out in &mut self.outbox {
            out.sealed = None;
        }
        self.dirty = true;
    }

    /// Forgets the group where the server knows of acknowledgements that this state never made. Each is stored before it
    /// is sent, so the state is an old copy, or the device's leaf was replaced while it was away.
    fn judge_state(&mut self, env: &mut Env<'_>, summary: &mut RoomSummary) {
        let known = self.stored.acked.max(self.stored.cursor);
        let same = summary.generation == self.stored.generation;
        // No acknowledgement lies beyond the log: a server that says so is not heard.
        if !same || summary.acked <= known || summary.acked > summary.last_seq {
            return;
        }
        tracing::warn!(room.id = %self.id, "the state of the room is an old one");
        // Judged once, whatever the server goes on to say of the log.
        summary.acked = Seq(0);
        self.reset_group(env);
        // A welcome may wait, where the leaf was replaced; else the device comes in from outside.
        self.asked_for_welcome = false;
        self.overtaken = true;
    }

    /// The connection is gone: whatever was asked may have happened or not.
    pub(crate) fn on_disconnect(&mut self) {
        self.busy = false;
        self.asked_for_welcome = false;
        self.waiting_since = None;
        self.stuck_since = None;
        self.summary = None;
        self.signs.close();
        if let Some(pending) = &mut self.stored.pending {
            pending.accepted = false;
        }
    }

    /// The next thing, if it is time for one.
    pub(crate) fn drive(&mut self, env: &mut Env<'_>) {
        if env.online && !self.busy && !self.gone && self.retry_at.is_none_or(|at| at <= env.now()) {
            self.retry_at = None;
            match &self.stored.standing {
                Standing::Founding(_) => self.send_founding(env),
                Standing::ExpectWelcome => self.seek_entry(env),
                Standing::JoiningFromOutside { .. } => self.send_external_commit(env),
                Standing::Member => self.drive_member(env),
                Standing::Broken => self.drive_broken(env),
            }
        }
        self.finish(env);
    }

    fn drive_member(&mut self, env: &mut Env<'_>) {
        // Nothing leaves before the server's word of the room was heard over this connection: an old copy of the state
        // shows by it, and must not encrypt.
        let Some(mut summary) = self.summary.take() else {
            env.notes.want_rooms = true;
            self.waiting_since.get_or_insert(env.now());
            return self.retry_later(env, &Refusal::Lost);
        };
        self.judge_state(env, &mut summary);
        self.summary = Some(summary);
        if !self.is_member() {
            return self.seek_entry(env);
        }
        if self.sync_wanted || self.stored.cursor < self.known_last {
            return self.sync(env);
        }
        if let Some(pending) = &self.stored.pending {
            if !pending.accepted {
                self.send_commit(env);
            }
            return;
        }
        if !self.start_commit(env) {
            self.send_receipt(env);
            if !self.busy {
                self.send_next(env);
            }
        }
    }

    pub(super) fn sync(&mut self, env: &mut Env<'_>) {
        self.sync_wanted = false;
        let after = if self.group.is_some() {
            self.stored.cursor
        } else {
            Seq(0)
        };
        let limit = protocol::limits::MAX_SYNC_ENTRIES;
        let request = Request::RoomSync(socket::RoomSync {
            room_id: self.id,
            after,
            limit,
        });
        self.ask(env, RoomAsk::Sync, request);
    }

    /// An answer for this room.
    pub(crate) fn on_answer(&mut self, env: &mut Env<'_>, ask: RoomAsk, answer: Answer) {
        if !matches!(
            ask,
            RoomAsk::Ack { .. }
                | RoomAsk::Report
                | RoomAsk::Sign
                | RoomAsk::Leave { .. }
                | RoomAsk::GuestLinkPut { .. }
                | RoomAsk::GuestLinkRevoke { .. }
        ) {
            self.busy = false;
        }
        match ask {
            RoomAsk::Found => self.on_founded(env, answer),
            RoomAsk::Commit => self.on_commit_answer(env, answer),
            RoomAsk::GroupInfo => self.on_group_info(env, answer),
            RoomAsk::ExternalCommit => self.on_external_answer(env, answer),
            RoomAsk::Send { message_id } => self.on_sent(env, message_id, answer),
            RoomAsk::Sync => self.on_entries(env, answer),
            // Of a sign that did not come through, the moment is over.
            RoomAsk::Ack { .. } | RoomAsk::Report | RoomAsk::Sign => {}
            RoomAsk::Leave { command } => self.on_left(env, command, answer),
            RoomAsk::GuestLinkPut { command, link_id } => {
                self.on_guest_link_put(env, command, link_id, &answer);
            }
            RoomAsk::GuestLinkRevoke { command, link_id } => {
                self.on_guest_link_revoked(env, command, link_id, &answer);
            }
            RoomAsk::ClaimForRefounding => self.on_refounding_packages(env, answer),
        }
        self.drive(env);
    }

    /// Waits before the next try.
    pub(super) fn retry_later(&mut self, env: &Env<'_>, refusal: &Refusal) {
        self.retry_at = Some(env.now().plus(wait_of(refusal)));
    }

    pub(crate) fn on_time(&mut self, env: &mut Env<'_>) {
        self.follow_ring(env);
        if self.wakes(env.now()).any(|at| at <= env.now()) {
            self.drive(env);
        }
    }

    /// When the room wants to be looked at again. A time of the past is of what could not be done yet.
    pub(crate) fn wakes(&self, now: Millis) -> impl Iterator<Item = Millis> {
        let stale_at = self.stale_at().filter(|at| *at > now);
        [
            self.retry_at,
            self.remove_at,
            stale_at,
            self.ring_ends_at(),
            self.receipt_at(),
            self.signs.next_end(),
        ]
        .into_iter()
        .flatten()
    }

    /// When the room is shown as stale, unless the server gives what it owes.
    pub(crate) fn stale_at(&self) -> Option<Millis> {
        let owed_since = [self.waiting_since, self.stuck_since].into_iter().flatten().min();
        owed_since.map(|since| since.plus(STALE_AFTER_MS))
    }

    pub(super) fn is_stale(&self, now: Millis) -> bool {
        self.suspect || self.stale_at().is_some_and(|at| at <= now)
    }

    /// Whether the server accepted something that the log has to show yet.
    pub(super) fn is_owed_entries(&self) -> bool {
        self.stored
            .pending
            .as_ref()
            .is_some_and(|pending| pending.accepted)
            || self.outbox.iter().any(|out| out.state == OutState::Accepted)
    }

    /// Ends a change: what is new is stored, and acknowledged after that.
    pub(crate) fn finish(&mut self, env: &mut Env<'_>) {
        if self.gone || self.end_if_over(env) {
            return;
        }
        if let Some(group) = &self.group
            && self.is_member()
        {
            let charter = Charter::of(group, self.stored.generation);
            if self.stored.charter.as_ref() != Some(&charter) {
                self.stored.charter = Some(charter);
                self.dirty = true;
            }
        }
        if env.online && self.is_member() && self.stored.cursor > self.stored.acked {
            self.stored.acked = self.stored.cursor;
            self.dirty = true;
            let seq = self.stored.cursor;
            let request = Request::RoomAck(socket::RoomAck {
                room_id: self.id,
                seq,
            });
            env.shell.request(
                Ask::Room {
                    room_id: self.id,
                    ask: RoomAsk::Ack { seq },
                },
                request,
            );
        }
        if env.online {
            self.plan_receipt(env);
        }
        self.forget_readings_behind();
        if std::mem::take(&mut self.dirty) {
            self.save(&mut env.shell.store);
        }
    }

    /// Commands that wait for this room; they wait no more.
    pub(crate) fn take_waiting_commands(&mut self) -> Vec<u32> {
        let pending = self.stored.pending.iter_mut();
        let pending = pending.flat_map(|pending| &mut pending.intents);
        let commands = self.intents.iter_mut().chain(pending);
        let commands = commands.filter_map(Intent::take_command);
        commands.chain(self.founding_for.take()).collect()
    }

    /// Forgets everything of the room. Where that is by the server's word alone, its charter stays: the room may come
    /// back, and is no other then.
    #[must_use]
    pub(crate) fn delete(mut self, env: &mut Env<'_>) -> Option<Charter> {
        self.drop_group(env);
        self.history.delete(&mut env.shell.store);
        for out in &self.outbox {
            env.shell.store.delete(out.record(self.id));
        }
        let wished = self.wishes_end();
        for command in self.take_waiting_commands() {
            let reply = match wished {
                true => crate::api::Reply::Done,
                false => crate::api::Reply::Failed(crate::failure::failure("room_gone")),
            };
            env.shell.reply(command, reply);
        }
        self.forget_lost(&mut env.shell.store);
        self.delete_seen(&mut env.shell.store);
        self.delete_aside(&mut env.shell.store);
        self.save_draft(&mut env.shell.store, String::new());
        env.shell.store.delete(face::record(self.id));
        env.shell.store.delete(format!("{RECORDS}{}", self.id));
        let charter = self.stored.charter.take().filter(|_| !self.over)?;
        env.shell.store.put(format!("past/{}", self.id), &charter);
        Some(charter)
    }

    /// This room was here before: it goes on from where it was.
    pub(crate) fn come_back(&mut self, env: &mut Env<'_>, charter: Charter) {
        env.shell.store.delete(format!("past/{}", self.id));
        self.stored.charter = Some(charter);
        self.dirty = true;
    }
}

/// How long to wait after a refusal before the next try.
pub(crate) fn wait_of(refusal: &Refusal) -> u64 {
    match refusal {
        Refusal::Problem(problem) => problem.retry_after_ms.unwrap_or(RETRY_MS),
        Refusal::Lost => RETRY_MS,
    }
}

fn users_of(group: &Group) -> Vec<UserId> {
    let users: SortedSet<UserId> = group
        .members()
        .values()
        .map(|member| member.body().user_id)
        .collect();
    users.into_iter().collect()
}

/// The protocol's form of a commit.
pub(super) fn bundle(commit: &Commit) -> CommitBundle {
    CommitBundle {
        epoch: commit.epoch,
        commit: Bytes(commit.commit.to_vec()),
        group_info: Bytes(commit.group_info.to_vec()),
        welcome: commit.welcome.as_ref().map(|welcome| Bytes(welcome.to_vec())),
        welcome_to: commit.welcome_to.clone(),
    }
}
