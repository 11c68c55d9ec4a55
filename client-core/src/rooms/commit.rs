//! Own commits: what is wished becomes one, and is done again when it lost.

use protocol::{
    Code, DeviceId, LeafIndex,
    socket::{Reply, Request, RoomCommit},
};

use super::{
    env::Env,
    founding::is_passing,
    state::{Room, bundle},
    stored::{Intent, OutState, PendingCommit},
};
use crate::{
    api,
    core::{
        asks::RoomAsk,
        shell::{Answer, Refusal},
    },
    failure::{failure, of_refusal},
    group::{GroupError, OthersKeyPackage, Wish},
    limits::{ROOM_COMMITTER_STEP_MS, UPDATE_AFTER_MESSAGES, UPDATE_AFTER_MS},
};

impl Room {
    /// A wish of a command, or of the device.
    pub(crate) fn wish(&mut self, env: &mut Env<'_>, intent: Intent) {
        self.intents.push_back(intent);
        self.drive(env);
    }

    /// The server wants leaves removed: when is it this device's turn?
    pub(super) fn plan_removals(&mut self, env: &Env<'_>) {
        if self.wanted_removals(env).is_empty() {
            self.remove_at = None;
        } else if self.remove_at.is_none() {
            let rank = self.rank();
            let jitter = env.shell.random.below(ROOM_COMMITTER_STEP_MS / 2);
            self.remove_at = Some(
                env.now()
                    .plus(rank.saturating_mul(ROOM_COMMITTER_STEP_MS) + jitter),
            );
        }
    }

    /// How many leaves are before the own one.
    fn rank(&self) -> u64 {
        let Some(group) = &self.group else { return 0 };
        let before = group
            .members()
            .keys()
            .filter(|leaf| **leaf < group.own_leaf())
            .count();
        u64::try_from(before).unwrap_or(0)
    }

    fn wanted_removals(&self, env: &Env<'_>) -> Vec<DeviceId> {
        let (Some(summary), Some(group)) = (&self.summary, &self.group) else {
            return vec![];
        };
        let wanted = summary.removals.iter().map(|removal| removal.device_id);
        wanted
            .filter(|device| *device != env.identity.device_id && group.leaf_of(*device).is_some())
            .collect()
    }

    /// Starts a commit, if there is one to make; answers whether the room is busy with one now.
    pub(super) fn start_commit(&mut self, env: &mut Env<'_>) -> bool {
        let intents = self.next_intents(env);
        if intents.is_empty() {
            return false;
        }
        let wish = self.resolve(env, &intents);
        let commit = match &mut self.group {
            Some(group) => {
                let circumstances = crate::group::rules::Circumstances {
                    me: env.account,
                    now: env.shell.now,
                    room: None,
                    former: None,
                    seen: Some(env.own.pins()),
                };
                group.commit(env.mls, env.key, wish, circumstances)
            }
            None => Err(GroupError::OtherEpoch),
        };
        match commit {
            Ok(commit) => {
                self.stored.pending = Some(PendingCommit {
                    message_id: env.message_id(),
                    commit,
                    intents,
                    accepted: false,
                });
                self.dirty = true;
                self.send_commit(env);
                true
            }
            Err(error) => {
                tracing::warn!(room.id = %self.id, %error, "cannot commit");
                let code = if matches!(error, GroupError::Rule(_)) {
                    "forbidden"
                } else {
                    "internal"
                };
                for command in intents.iter().filter_map(Intent::command) {
                    env.shell.fail(command, failure(code));
                }
                false
            }
        }
    }

    /// What the next commit is for: removals that the server wants go before everything else.
    fn next_intents(&mut self, env: &Env<'_>) -> Vec<Intent> {
        let wants_to_send = self.outbox.iter().any(|out| out.state == OutState::Waiting);
        let mut intents: Vec<Intent> = self.intents.drain(..).collect();
        let due = self.remove_at.is_some_and(|at| at <= env.now());
        let devices = self.wanted_removals(env);
        if devices.is_empty() {
            // Somebody else was faster.
            self.remove_at = None;
        } else if due || wants_to_send || !intents.is_empty() {
            self.remove_at = None;
            intents.insert(0, Intent::RemoveDevices { devices });
        }
        let many = self.stored.own_since_update >= UPDATE_AFTER_MESSAGES;
        let long = wants_to_send && env.now().since(self.stored.updated_at) >= UPDATE_AFTER_MS;
        if intents.is_empty() && (many || long) {
            intents.push(Intent::Update);
        }
        intents
    }

    /// Intents in terms of the group as it is now. Who is in already is not added; who is out is not removed.
    fn resolve(&self, env: &Env<'_>, intents: &[Intent]) -> Wish {
        let mut wish = Wish::default();
        let Some(group) = &self.group else { return wish };
        let own = group.own_leaf();
        for intent in intents {
            match intent {
                Intent::Add { packages, .. } => {
                    let parsed = packages
                        .iter()
                        .filter_map(|bytes| OthersKeyPackage::parse(env.mls, bytes).ok());
                    wish.add.extend(parsed.filter(|package| {
                        let device_id = package.certificate.body().device_id;
                        group.leaf_of(device_id).is_none()
                    }));
                }
                Intent::RemoveUser { user_id, .. } => {
                    let of_user = group
                        .members()
                        .iter()
                        .filter(|(_, m)| m.body().user_id == *user_id);
                    wish.remove.extend(of_user.map(|(leaf, _)| *leaf));
                }
                Intent::RemoveDevices { devices } => {
                    wish.remove
                        .extend(devices.iter().filter_map(|device| group.leaf_of(*device)));
                }
                Intent::Update => {}
                Intent::Set { setting, .. } => {
                    let settings = wish.settings.get_or_insert_with(|| group.settings().clone());
                    setting.apply(settings);
                }
            }
        }
        wish.settings = wish.settings.filter(|settings| settings != group.settings());
        wish.remove.retain(|leaf: &LeafIndex| *leaf != own);
        wish.remove.sort_unstable();
        wish.remove.dedup();
        wish
    }

    pub(super) fn send_commit(&mut self, env: &mut Env<'_>) {
        let Some(pending) = &self.stored.pending else {
            return;
        };
        let request = Request::RoomCommit(RoomCommit {
            room_id: self.id,
            generation: self.stored.generation,
            message_id: pending.message_id,
            bundle: bundle(&pending.commit),
        });
        self.ask(env, RoomAsk::Commit, request);
    }

    pub(super) fn on_commit_answer(&mut self, env: &mut Env<'_>, answer: Answer) {
        match answer {
            Ok(Reply::Accepted(accepted)) => {
                // Merged when the log shows it: what was sent in the epoch before comes first.
                if let Some(pending) = &mut self.stored.pending {
                    pending.accepted = true;
                }
                self.at_least(accepted.seq);
            }
            Err(Refusal::Lost) => {}
            Err(Refusal::Problem(problem)) if problem.code == Code::StaleEpoch => {
                self.drop_pending(env);
                self.requeue_pending();
                self.stale_epoch(env);
            }
            Err(refusal) if is_passing(&refusal) => self.retry_later(env, &refusal),
            Err(refusal) => {
                self.drop_pending(env);
                let intents = self
                    .stored
                    .pending
                    .take()
                    .map(|pending| pending.intents)
                    .unwrap_or_default();
                for command in intents.iter().filter_map(Intent::command) {
                    env.shell.fail(command, of_refusal(&refusal));
                }
                self.dirty = true;
                self.sync_wanted = true;
                env.notes.want_rooms = true;
            }
            Ok(_) => self.retry_later(env, &Refusal::Lost),
        }
    }

    fn drop_pending(&mut self, env: &Env<'_>) {
        if let Some(group) = &mut self.group
            && group.has_own_pending()
            && let Err(error) = group.drop_own(env.mls)
        {
            tracing::warn!(room.id = %self.id, %error, "cannot drop the pending commit");
        }
    }

    /// Somebody's commit was first, or the server says so: the log tells. Where it tells nothing, wait a little.
    pub(super) fn stale_epoch(&mut self, env: &mut Env<'_>) {
        self.sync_wanted = true;
        self.stuck_since.get_or_insert(env.now());
        self.races = self.races.saturating_add(1);
        if self.races > crate::limits::MAX_JOIN_RACES {
            self.races = 0;
            self.retry_later(env, &Refusal::Lost);
            env.notes.want_rooms = true;
        }
    }

    /// Answers the commands whose wishes a commit fulfilled.
    pub(super) fn intents_done(env: &mut Env<'_>, intents: &[Intent]) {
        for command in intents.iter().filter_map(Intent::command) {
            env.shell.reply(command, api::Reply::Done);
        }
    }
}
