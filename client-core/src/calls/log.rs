//! The call's log: entries in order, each taken once.

use protocol::{
    ParticipantId, Seq,
    socket::{CallSync, Entry, EntryKind, Reply, Request},
};

use sha2::{Digest as _, Sha256};

use super::{Call, CallEnv, Out, Pending};
use crate::{
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    group::{
        GroupError, Incoming, StagedChange,
        rules::{Committer, RuleError},
    },
    limits::{CALL_CATCH_UP_MS, CALL_PRESENCE_SPREAD_MS},
};

/// What became of an entry.
enum Taken {
    Yes,
    /// Not now: somebody in it may still come into the room as this device sees it.
    Held,
    /// Never: the group cannot be followed.
    Lost,
}

impl Call {
    pub(crate) fn on_entry(&mut self, env: &mut CallEnv<'_>, entry: Entry) {
        let Some(place) = self.place else { return };
        if entry.generation != place.generation || self.is_member() && entry.seq <= self.cursor {
            return;
        }
        let at = self
            .inbox
            .iter()
            .position(|waiting| waiting.seq >= entry.seq)
            .unwrap_or(self.inbox.len());
        if self.inbox.get(at).is_none_or(|waiting| waiting.seq != entry.seq) {
            self.inbox.insert(at, entry);
        }
        self.take_inbox(env);
    }

    pub(super) fn sync(&mut self, env: &mut CallEnv<'_>) {
        let Some(place) = self.place else { return };
        if !self.syncing && env.online {
            self.syncing = true;
            let request = Request::CallSync(CallSync {
                call_id: place.call_id,
                after: self.cursor,
            });
            self.ask(env, CallAsk::Sync, request);
        }
    }

    pub(super) fn on_synced(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        self.syncing = false;
        if !self.is_member() {
            return;
        }
        match answer {
            Ok(Reply::CallEntries(entries)) => {
                let more = entries.more;
                for entry in entries.entries {
                    self.on_entry(env, entry);
                }
                if more {
                    self.sync(env);
                } else {
                    self.give_up_pending(env);
                }
            }
            Err(Refusal::Problem(_)) => self.enter_anew(env),
            _ => {}
        }
    }

    /// Takes what waits, as far as it is the next in order.
    pub(super) fn take_inbox(&mut self, env: &mut CallEnv<'_>) {
        while self.is_member() {
            let Some(entry) = self.inbox.front() else { return };
            if entry.seq <= self.cursor {
                self.inbox.pop_front();
                continue;
            }
            if entry.seq != self.cursor.next() {
                return self.sync(env);
            }
            let Some(entry) = self.inbox.pop_front() else {
                return;
            };
            match self.take(env, &entry) {
                Taken::Yes => {
                    self.hold_until = None;
                    self.cursor = entry.seq;
                }
                Taken::Held => {
                    self.inbox.push_front(entry);
                    return;
                }
                Taken::Lost => return self.enter_anew(env),
            }
        }
    }

    fn take(&mut self, env: &mut CallEnv<'_>, entry: &Entry) -> Taken {
        if entry.kind == EntryKind::Founded {
            return Taken::Yes;
        }
        if self.pending.as_ref().is_some_and(|pending| {
            pending.message_id == entry.message_id
                && pending.hash == <[u8; 32]>::from(Sha256::digest(&entry.payload.0))
        }) {
            return self.take_own(env);
        }
        let room = env.room.clone();
        let Some(group) = &mut self.group else {
            return Taken::Lost;
        };
        let circumstances = super::Circumstances {
            me: env.account,
            now: env.shell.now,
            room: Some(&room),
            former: None,
            seen: None,
        };
        match group.process(env.mls, &entry.payload.0, circumstances) {
            Ok(Incoming::Message { certificate, content }) => {
                self.take_message(env, entry, certificate, &content);
                Taken::Yes
            }
            Ok(Incoming::Commit(change)) => self.take_commit(env, *change),
            Ok(Incoming::OwnMessage) => {
                self.take_own_message(env, entry);
                Taken::Yes
            }
            // The own commit under another id than it was sent with.
            Ok(Incoming::OwnCommit) => Taken::Lost,
            // The room may show in a moment who is in it, and who moderates it.
            Err(GroupError::Rule(
                RuleError::NotAllowedIn { .. }
                | RuleError::MayNotSet
                | RuleError::MayNotAdd
                | RuleError::CallLocked,
            )) => self.hold(env),
            // A message that does not open is lost; a commit that cannot be taken leaves no group to follow.
            Err(error) => {
                tracing::warn!(seq = entry.seq.0, %error, "an entry of the call was refused");
                if entry.kind == EntryKind::Commit {
                    Taken::Lost
                } else {
                    Taken::Yes
                }
            }
        }
    }

    /// Waits until the room shows who the newcomer is; not for long, for else nobody could be removed meanwhile.
    fn hold(&mut self, env: &CallEnv<'_>) -> Taken {
        let until = *self.hold_until.get_or_insert(env.now().plus(CALL_CATCH_UP_MS));
        if until > env.now() {
            return Taken::Held;
        }
        tracing::warn!("somebody came into the call's group, or changed it, who may not as the room shows");
        self.hold_until = None;
        Taken::Lost
    }

    fn take_commit(&mut self, env: &mut CallEnv<'_>, staged: StagedChange) -> Taken {
        let removal = !staged.removed.is_empty();
        let mut came: Vec<_> = staged
            .change
            .adds
            .iter()
            .map(|add| add.body().device_id)
            .collect();
        if let Committer::External(certificate) = &staged.change.committer {
            came.push(certificate.body().device_id);
        }
        let went: Vec<_> = staged
            .removed
            .iter()
            .map(|(_, certificate)| certificate.body().device_id)
            .collect();
        let removes_me = staged.removes_me;
        let by = self.remover(env, &staged);
        // Whom it removes is told so by the end of the call.
        if !removes_me {
            self.note_acts(&staged);
        }
        // What of ours was pending lost against this commit.
        self.pending = None;
        let Some(group) = &mut self.group else {
            return Taken::Lost;
        };
        if let Err(error) = group.accept(env.mls, staged) {
            tracing::warn!(%error, "cannot take a commit of the call");
            return Taken::Lost;
        }
        if removes_me {
            self.put_out(env, Out { ended: false, by });
            return Taken::Yes;
        }
        self.settle(&came, &went);
        if !came.is_empty() {
            let spread = env.shell.random.below(CALL_PRESENCE_SPREAD_MS);
            self.speaking.outbox.tell_presence(env.now().plus(spread));
        }
        if self.any_guest(&came) {
            self.say_name(env);
        }
        self.after_epoch(env, removal, false);
        Taken::Yes
    }

    fn take_own(&mut self, env: &mut CallEnv<'_>) -> Taken {
        let (
            Some(Pending {
                came,
                went,
                answers,
                acts,
                ..
            }),
            Some(group),
        ) = (self.pending.take(), &mut self.group)
        else {
            return Taken::Lost;
        };
        if let Err(error) = group.merge_own(env.mls) {
            tracing::warn!(%error, "cannot merge the own commit");
            return Taken::Lost;
        }
        self.forget_acts(acts);
        let newer = |id: &ParticipantId| !answers.contains(id);
        let requests: Vec<_> = self
            .requests
            .iter()
            .filter(|(id, _)| newer(id))
            .map(|(id, r)| (*id, r.clone()))
            .collect();
        let gone: Vec<_> = self
            .gone
            .values()
            .filter(|gone| newer(&gone.participant_id))
            .copied()
            .collect();
        self.settle(&came, &went);
        for (id, request) in requests {
            self.requests.insert(id, request);
        }
        for participant in gone {
            self.gone.insert(participant.device_id, participant);
        }
        if !came.is_empty() {
            self.speaking.outbox.tell_presence(env.now());
        }
        if self.any_guest(&came) {
            self.welcome_guests(env, &came);
            self.say_name(env);
        }
        self.after_epoch(env, !went.is_empty(), false);
        Taken::Yes
    }

    fn any_guest(&self, devices: &[protocol::DeviceId]) -> bool {
        let members = self.group.iter().flat_map(|group| group.members().values());
        let mut guests = members.filter(|member| member.guest().is_some());
        guests.any(|member| devices.contains(&member.body().device_id))
    }

    /// Requests that a commit answered, and removals that it made.
    fn settle(&mut self, came: &[protocol::DeviceId], went: &[protocol::DeviceId]) {
        for device in went.iter().chain(came) {
            self.gone.remove(device);
            self.presence.remove(device);
            self.speaking.forget(*device);
        }
        self.requests
            .retain(|_, request| !came.contains(&request.participant.device_id));
    }

    /// A number that is at least this one was written: what is before it is on its way, or is to be asked for.
    pub(super) fn expect(&mut self, env: &mut CallEnv<'_>, seq: Seq) {
        if self.cursor < seq
            && self
                .inbox
                .front()
                .is_none_or(|entry| entry.seq != self.cursor.next())
        {
            self.sync(env);
        }
    }
}
