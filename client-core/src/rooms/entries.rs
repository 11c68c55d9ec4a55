//! Taking the log, entry by entry.

use protocol::{
    Seq,
    socket::{self, Entries, Entry, EntryKind, Reply, Request},
};
use sha2::{Digest as _, Sha256};

use super::{
    env::Env,
    state::Room,
    stored::{OutState, Standing},
};
use crate::{
    api::Delivery,
    core::{
        asks::{Ask, RoomAsk},
        shell::Answer,
    },
    group::{GroupError, Incoming, rules::Committer},
    messages::Envelope,
};

/// Whether the log can be followed after an entry.
#[derive(PartialEq, Eq)]
enum Onward {
    Yes,
    /// The group was dropped, or something is missing: no further entry may be taken.
    Stop,
}

impl Room {
    /// An entry came as an event.
    pub(crate) fn on_entry(&mut self, env: &mut Env<'_>, entry: &Entry) {
        self.known_last = self.known_last.max(entry.seq);
        // What is not the very next entry is fetched with what lies between; while a sync is on its way, its answer
        // comes first.
        if self.is_member() && entry.seq == self.stored.cursor.next() && !self.sync_wanted {
            self.take_entry(env, entry);
        } else if !self.is_member() && entry.kind == EntryKind::Founded {
            self.on_founded_entry(env, entry);
        }
        self.drive(env);
    }

    pub(super) fn on_entries(&mut self, env: &mut Env<'_>, answer: Answer) {
        let entries: Entries = match answer {
            Ok(Reply::Entries(entries)) => entries,
            Ok(_) => return,
            Err(refusal) => {
                self.sync_wanted = true;
                return self.retry_later(env, &refusal);
            }
        };
        if let Some(welcome) = &entries.welcome {
            self.on_welcome(env, welcome);
        }
        if !self.is_member() {
            return;
        }
        let before = self.stored.cursor;
        for entry in &entries.entries {
            self.known_last = self.known_last.max(entry.seq);
            if entry.seq > self.stored.cursor && self.take_entry(env, entry) == Onward::Stop {
                return;
            }
        }
        if entries.more {
            // A server that says "more" and gives nothing is asked again only after a while.
            if self.stored.cursor == before {
                self.retry_at = Some(env.now().plus(crate::limits::RETRY_MS));
            }
            self.sync_wanted = true;
            return;
        }
        self.caught_up(env);
    }

    /// The server has given all that it has.
    fn caught_up(&mut self, env: &mut Env<'_>) {
        let behind = match (&self.summary, &self.group) {
            (Some(summary), Some(group)) => {
                summary.generation == self.stored.generation && summary.epoch > group.epoch()
            }
            _ => false,
        };
        if behind {
            tracing::warn!(room.id = %self.id, "the log lacks a commit");
            self.resync(env);
        } else if self.is_owed_entries() {
            // Nobody trims what this device has not acknowledged: the server is slow, or withholds.
            if self.stored.cursor < self.known_last {
                self.retry_at = Some(env.now().plus(crate::limits::RETRY_MS));
            }
        } else {
            // What is known to have been there and is not given was trimmed.
            if self.stored.cursor < self.known_last {
                self.stored.cursor = self.known_last;
                self.dirty = true;
            }
            self.settled();
        }
    }

    fn take_entry(&mut self, env: &mut Env<'_>, entry: &Entry) -> Onward {
        let onward = self.judge_entry(env, entry);
        if self.is_member() && onward == Onward::Yes {
            self.stored.cursor = entry.seq;
            self.dirty = true;
        }
        onward
    }

    fn judge_entry(&mut self, env: &mut Env<'_>, entry: &Entry) -> Onward {
        if entry.generation < self.stored.generation {
            return Onward::Yes;
        }
        if entry.generation > self.stored.generation {
            return self.on_founded_entry(env, entry);
        }
        let Some(epoch) = self.group.as_ref().map(crate::group::Group::epoch) else {
            return Onward::Stop;
        };
        if entry.kind == EntryKind::Founded {
            return Onward::Yes;
        }
        if entry.epoch < epoch {
            // Past: a replay, or what lies before this device's own entry.
            self.forget_if_own(env, entry);
            return Onward::Yes;
        }
        if entry.epoch > epoch {
            tracing::warn!(room.id = %self.id, group.epoch = epoch.0, seq = entry.seq.0, "a commit is missing");
            self.resync(env);
            return Onward::Stop;
        }
        match entry.kind {
            EntryKind::Commit => self.take_commit(env, entry),
            EntryKind::Application => self.take_message(env, entry),
            EntryKind::Founded => Onward::Yes,
        }
    }

    /// The room was founded anew. Who founded it knows already.
    fn on_founded_entry(&mut self, env: &mut Env<'_>, entry: &Entry) -> Onward {
        let founding = matches!(self.stored.standing, Standing::Founding(_));
        if entry.generation > self.stored.generation && !founding {
            self.superseded(env, entry.generation);
        }
        Onward::Stop
    }

    /// A message of ours that the log shows in a past epoch arrived after all.
    fn forget_if_own(&mut self, env: &mut Env<'_>, entry: &Entry) {
        if entry.kind == EntryKind::Application {
            self.take_own_message(env, entry);
        }
    }

    fn take_commit(&mut self, env: &mut Env<'_>, entry: &Entry) -> Onward {
        let own = self.stored.pending.as_ref().is_some_and(|pending| {
            pending.message_id == entry.message_id && pending.commit.commit.as_slice() == entry.payload.0
        });
        let Some(group) = &mut self.group else {
            return Onward::Stop;
        };
        let settings = group.settings().clone();
        if own {
            return match group.merge_own(env.mls) {
                Ok(()) => {
                    self.after_own_commit(env, entry);
                    self.tell_settings(env, entry, &settings, env.me());
                    Onward::Yes
                }
                Err(error) => self.cannot_follow(env, entry, &error),
            };
        }
        let circumstances = crate::group::rules::Circumstances {
            me: env.account,
            now: env.shell.now,
            room: None,
            former: None,
            seen: Some(env.own.pins()),
        };
        let staged = match group.process(env.mls, &entry.payload.0, circumstances) {
            Ok(Incoming::Commit(staged)) => staged,
            Ok(_) => return self.cannot_follow(env, entry, &GroupError::Malformed),
            Err(error) => return self.cannot_follow(env, entry, &error),
        };
        let before = group.members().clone();
        let (change, removed) = (staged.change.clone(), staged.removed.clone());
        let removes_me = staged.removes_me;
        if let Err(error) = group.accept(env.mls, *staged) {
            return self.cannot_follow(env, entry, &error);
        }
        if removes_me {
            self.removed_from_group(env, &before, &removed);
            return Onward::Stop;
        }
        self.after_others_commit(env, entry, &before, &change, &removed);
        if let Committer::Member(leaf) = &change.committer
            && let Some(by) = before.get(leaf)
        {
            self.tell_settings(env, entry, &settings, by.body().user_id);
        }
        Onward::Yes
    }

    /// A commit that the server accepted cannot be processed here: say so, and come in again.
    fn cannot_follow(&mut self, env: &mut Env<'_>, entry: &Entry, error: &GroupError) -> Onward {
        tracing::warn!(room.id = %self.id, group.epoch = entry.epoch.0, seq = entry.seq.0, %error, "commit refused");
        let report = socket::RoomReport {
            room_id: self.id,
            seq: entry.seq,
            payload_hash: Sha256::digest(&entry.payload.0).to_vec().into(),
        };
        let ask = Ask::Room {
            room_id: self.id,
            ask: RoomAsk::Report,
        };
        env.shell.request(ask, Request::RoomReport(report));
        self.resync(env);
        Onward::Stop
    }

    fn take_message(&mut self, env: &mut Env<'_>, entry: &Entry) -> Onward {
        if self.take_own_message(env, entry) {
            return Onward::Yes;
        }
        let Some(group) = &mut self.group else {
            return Onward::Stop;
        };
        let circumstances = crate::group::rules::Circumstances {
            me: env.account,
            now: env.shell.now,
            room: None,
            former: None,
            seen: Some(env.own.pins()),
        };
        match group.process(env.mls, &entry.payload.0, circumstances) {
            Ok(Incoming::Message {
                certificate, content, ..
            }) => match Envelope::decode(&content) {
                Some(envelope) if envelope.id == entry.message_id => {
                    self.suspect = false;
                    self.take_content(env, entry.into(), &certificate, envelope);
                }
                _ => self.refuse_message(entry, &GroupError::Malformed),
            },
            Ok(Incoming::OwnMessage) if !self.is_known_as_sent(env, entry) => {
                self.sent_by_later_state(env, entry);
                return Onward::Stop;
            }
            Ok(_) => self.refuse_message(entry, &GroupError::Malformed),
            Err(error) => self.refuse_message(entry, &error),
        }
        Onward::Yes
    }

    fn is_known_as_sent(&self, env: &Env<'_>, entry: &Entry) -> bool {
        let message = self.history.get(entry.message_id);
        message.is_some_and(|message| {
            message.device == env.identity.device_id && message.delivery == Delivery::Sent
        })
    }

    /// By this leaf, in this epoch, and yet not sent by this state: it is an old copy of the device's, whose next
    /// message would be encrypted with keys that are used already. A member can feign it, so it counts as a resync.
    fn sent_by_later_state(&mut self, env: &mut Env<'_>, entry: &Entry) {
        tracing::warn!(room.id = %self.id, group.epoch = entry.epoch.0, seq = entry.seq.0, "an own message is not known");
        env.shell.notice(crate::failure::failure("rolled_back"));
        self.resync(env);
    }

    fn refuse_message(&mut self, entry: &Entry, error: &GroupError) {
        tracing::warn!(room.id = %self.id, group.epoch = entry.epoch.0, seq = entry.seq.0, %error, "message refused");
        // A replay shows as a used key; anything else in the right epoch means that the group is not the same for
        // all, or that the server made the message up.
        if *error != GroupError::Replayed {
            self.suspect = true;
        }
    }

    /// Whether the entry is a message of this device, which it cannot open and need not.
    fn take_own_message(&mut self, env: &mut Env<'_>, entry: &Entry) -> bool {
        let place = self.outbox.iter().position(|out| {
            let sealed = out.sealed.as_ref();
            out.message_id == entry.message_id
                && sealed.is_some_and(|sealed| sealed.payload.as_slice() == entry.payload.0)
        });
        let Some(mut out) = place.and_then(|place| self.outbox.remove(place)) else {
            return false;
        };
        out.state = OutState::Accepted;
        env.shell.store.delete(out.record(self.id));
        self.stored.own_since_update = self.stored.own_since_update.saturating_add(1);
        self.dirty = true;
        self.settle_own(env, &out, entry);
        if !self.busy && !self.is_owed_entries() {
            self.waiting_since = None;
        }
        true
    }

    pub(super) fn at_least(&mut self, seq: Seq) {
        self.known_last = self.known_last.max(seq);
    }
}
