//! Own commits: letting in who waits, removing who is gone, renewing the keys.

use protocol::{
    Code, LeafIndex,
    limits::{CALL_COMMITTER_STEP_MS, CALL_JOIN_GATHER_MS},
    socket::{CallCommit, CallGone, CallJoinRequest, Reply, Request},
};

use sha2::{Digest as _, Sha256};

use super::{Call, CallEnv, Pending, bundle, moderating::may_enter};
use crate::{
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    group::{OthersKeyPackage, Wish},
    sorted::SortedSet,
};

impl Call {
    pub(crate) fn on_join_request(&mut self, env: &mut CallEnv<'_>, request: CallJoinRequest) {
        let device = request.participant.device_id;
        // Nobody lets oneself in, whatever the server asks: a commit that removes one's own leaf cannot be made.
        if self.call_id() == Some(request.call_id) && device != env.identity.device_id {
            self.requests
                .retain(|_, other| other.participant.device_id != device);
            self.requests.insert(request.participant.participant_id, request);
            self.plan_commit(env);
        }
    }

    pub(crate) fn on_gone(&mut self, env: &mut CallEnv<'_>, gone: &CallGone) {
        if self.call_id() == Some(gone.call_id) {
            self.requests.remove(&gone.participant.participant_id);
            self.gone.insert(gone.participant.device_id, gone.participant);
            self.plan_commit(env);
        }
    }

    /// When is it this device's turn? The k-th live leaf waits k steps; joins are gathered, removals are not.
    pub(super) fn plan_commit(&mut self, env: &CallEnv<'_>) {
        // A guest commits nothing.
        if env.guest.is_some() {
            self.commit_at = None;
            return;
        }
        let removals = !self.leaves_to_remove().is_empty();
        if !self.acts.is_empty() && self.is_member() && self.pending.is_none() {
            // Nobody else does it.
            self.commit_at = Some(env.now());
            return;
        }
        if !self.is_member() || self.pending.is_some() || !removals && self.requests.is_empty() {
            self.commit_at = None;
            return;
        }
        let gather = if removals { 0 } else { CALL_JOIN_GATHER_MS };
        let rank = self.rank().saturating_mul(CALL_COMMITTER_STEP_MS);
        let jitter = if rank == 0 {
            0
        } else {
            env.shell.random.below(CALL_COMMITTER_STEP_MS / 3)
        };
        let at = env.now().plus(gather + rank + jitter);
        // Another request does not put off the first one.
        self.commit_at = Some(self.commit_at.map_or(at, |before| before.min(at)));
    }

    /// How many live leaves are before the own one: of who is gone or away, nobody waits for a commit.
    fn rank(&self) -> u64 {
        let Some(group) = &self.group else { return 0 };
        let here = |device| self.participants.iter().any(|one| one.device_id == device);
        let live = group.members().iter().filter(|(leaf, member)| {
            let device = member.body().device_id;
            **leaf < group.own_leaf()
                && member.guest().is_none()
                && here(device)
                && !self.gone.contains_key(&device)
        });
        u64::try_from(live.count()).unwrap_or(0)
    }

    fn leaves_to_remove(&self) -> Vec<LeafIndex> {
        let Some(group) = &self.group else { return vec![] };
        let own = group.own_leaf();
        self.gone
            .keys()
            .filter_map(|device| group.leaf_of(*device))
            .chain(self.strange_leaves())
            .filter(|leaf| *leaf != own)
            .collect::<SortedSet<_>>()
            .into_iter()
            .collect()
    }

    pub(super) fn commit_if_due(&mut self, env: &mut CallEnv<'_>) {
        if env.guest.is_some() {
            return;
        }
        let now = env.now();
        let due = self.commit_at.is_some_and(|at| at <= now);
        let renew = self.renew_at <= now && self.rank() == 0;
        // One commit at a time, and none while a held one, or what is being asked for, decides what the next epoch is.
        if self.pending.is_some() || self.hold_until.is_some() || self.syncing || !(due || renew) {
            return;
        }
        self.commit_at = None;
        if renew {
            self.renew_at = now.plus(crate::limits::CALL_RENEW_MS);
        }
        let wish = self.wish(env);
        if !renew && wish.add.is_empty() && wish.remove.is_empty() && wish.settings.is_none() {
            // What a moderator wanted is so already.
            self.forget_acts(self.acts_now());
            if !self.acts.is_empty() {
                self.plan_commit(env);
            }
            return;
        }
        let came: Vec<_> = wish
            .add
            .iter()
            .map(|package| package.certificate.body().device_id)
            .collect();
        let leaves = self.group.as_ref().map(|group| group.members());
        let went: Vec<_> = wish
            .remove
            .iter()
            .filter_map(|leaf| Some(leaves?.get(leaf)?.body().device_id))
            .collect();
        let requests = self.requests.values().map(|request| request.participant);
        let answers = requests.filter(|who| came.contains(&who.device_id));
        let departures = self
            .gone
            .values()
            .filter(|who| went.contains(&who.device_id))
            .copied();
        let answers = answers.chain(departures).map(|who| who.participant_id).collect();
        let room = env.room.clone();
        let (Some(group), Some(place)) = (&mut self.group, self.place) else {
            return;
        };
        let circumstances = super::Circumstances {
            me: env.account,
            now,
            room: Some(&room),
            former: None,
            seen: None,
        };
        match group.commit(env.mls, env.key, wish, circumstances) {
            Ok(commit) => {
                let message_id = env.message_id();
                self.pending = Some(Pending {
                    message_id,
                    hash: Sha256::digest(&commit.commit).into(),
                    came,
                    went,
                    answers,
                    acts: self.acts_now(),
                });
                let request = Request::CallCommit(CallCommit {
                    call_id: place.call_id,
                    generation: place.generation,
                    message_id,
                    bundle: bundle(commit),
                });
                self.ask(env, CallAsk::Commit, request);
            }
            Err(error) => {
                tracing::warn!(call.id = %place.call_id, %error, "cannot commit");
                self.give_up_acts(env, self.acts_now());
            }
        }
    }

    fn wish(&mut self, env: &CallEnv<'_>) -> Wish {
        let mut wish = Wish {
            remove: self.leaves_to_remove(),
            ..Wish::default()
        };
        let Some(group) = &self.group else { return wish };
        self.add_acts(env, group, &mut wish);
        // Who asks to come in must not be able to spoil what a moderator does: they come in with the next commit.
        if !self.acts.is_empty() {
            return wish;
        }
        let mut refused = vec![];
        for (participant_id, request) in &self.requests {
            let participant = &request.participant;
            let parsed = OthersKeyPackage::parse(env.mls, &request.key_package.0);
            let fits = parsed.ok().filter(|package| {
                let body = package.certificate.body();
                body.device_id == participant.device_id
                    && body.user_id == participant.user_id
                    && body.not_after > env.now()
            });
            let Some(package) = fits else {
                refused.push(*participant_id);
                continue;
            };
            // Only who has a leaf in the room; who is on the way there is let in once it shows.
            let device = (participant.user_id, participant.device_id);
            let Some(key) = env.room.devices.get(&device) else {
                continue;
            };
            // A commit with it would be refused by everybody, and with it all else that is in the commit.
            if *key != package.certificate.body().device_key {
                refused.push(*participant_id);
                continue;
            }
            if !may_enter(group, &env.room, participant.user_id) {
                continue;
            }
            // A leaf of the same device is a former one.
            if let Some(former) = group.leaf_of(participant.device_id)
                && !wish.remove.contains(&former)
            {
                wish.remove.push(former);
            }
            wish.add.push(package);
        }
        for participant_id in refused {
            tracing::warn!(participant.id = %participant_id, "a key package was refused");
            self.requests.remove(&participant_id);
        }
        wish
    }

    pub(super) fn on_committed(&mut self, env: &mut CallEnv<'_>, answer: Answer) {
        match answer {
            // The log shows it, with all that came before.
            Ok(Reply::CallAccepted(accepted)) => self.expect(env, accepted.seq),
            Err(Refusal::Lost) => {}
            refused => {
                let stale =
                    matches!(&refused, Err(Refusal::Problem(problem)) if problem.code == Code::StaleEpoch);
                if !stale {
                    self.leave_strangers_be();
                    let acts = self.pending.as_ref().map_or(0, |pending| pending.acts);
                    self.give_up_acts(env, acts);
                    tracing::warn!(answer = ?refused, "a commit of the call was refused");
                }
                self.give_up_pending(env);
                self.sync(env);
            }
        }
    }

    /// The own commit did not make it: what it was for is planned again.
    pub(super) fn give_up_pending(&mut self, env: &mut CallEnv<'_>) {
        if self.pending.take().is_some()
            && let Some(group) = &mut self.group
            && group.has_own_pending()
            && let Err(error) = group.drop_own(env.mls)
        {
            tracing::warn!(%error, "cannot drop the pending commit");
        }
        self.plan_commit(env);
    }
}
