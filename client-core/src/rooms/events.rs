//! What a change of the group means to people: who came, who went, what the room is called.

use protocol::{
    LeafIndex, Millis, Seq, UserId,
    identity::Certificate,
    room_settings::RoomSettings,
    socket::{Accepted, Entry, RemovalReason, RoomKindTag, RoomWelcome},
};

use super::{
    aside::Place,
    env::Env,
    state::Room,
    stored::{Intent, PendingCommit, Standing},
};
use crate::{
    api::Delivery,
    group::{
        Group,
        rules::{Change, Committer, Members},
    },
    messages::{Acts, Body, Content, History, Life, Message},
    sorted::{SortedMap, SortedSet},
};

impl Room {
    /// Remembers the account keys of the members, as first seen.
    pub(super) fn see_members(&self, env: &mut Env<'_>, group: &Group) {
        let now = env.now();
        for member in group.members().values().map(Certificate::body) {
            if member.user_id != env.account.user_id {
                env.own.see(&mut env.shell.store, now, member.user_id, member.aik);
            }
        }
        env.people
            .want_unknown(group.members().values().map(|member| member.body().user_id));
    }

    pub(super) fn tell_founded(&mut self, env: &mut Env<'_>, accepted: Accepted, anew: bool) {
        let Some(group) = self.group.take() else { return };
        self.see_members(env, &group);
        self.group = Some(group);
        if self.stored.kind == RoomKindTag::Own {
            return;
        }
        let code = if anew { "founded_anew" } else { "created" };
        self.tell(
            env,
            accepted.seq,
            accepted.sent_at,
            0,
            code,
            &[("by", env.account.user_id)],
        );
    }

    pub(super) fn tell_welcomed(
        &mut self,
        env: &mut Env<'_>,
        welcome: &RoomWelcome,
        inviter: LeafIndex,
        anew: bool,
    ) {
        let group = self.group.as_ref();
        let Some(by) = group
            .and_then(|group| group.members().get(&inviter))
            .map(|m| m.body().user_id)
        else {
            return;
        };
        let now = env.now();
        let me = env.me();
        if anew {
            self.tell(env, welcome.seq, now, 0, "founded_anew", &[("by", by)]);
        } else if by != me {
            self.tell(env, welcome.seq, now, 0, "added_you", &[("by", by)]);
        }
    }

    pub(super) fn after_own_commit(&mut self, env: &mut Env<'_>, entry: &Entry) {
        let Some(PendingCommit { intents, .. }) = self.stored.pending.take() else {
            return;
        };
        self.stored.own_since_update = 0;
        self.stored.updated_at = env.now();
        self.stored.resyncs = 0;
        self.races = 0;
        self.stuck_since = None;
        self.suspect = false;
        self.dirty = true;
        self.settled();
        let before = self
            .stored
            .charter
            .as_ref()
            .map(|charter| charter.users.keys().copied().collect())
            .unwrap_or_default();
        let me = env.me();
        self.after_change(env, entry, &before, Some(me));
        if intents.iter().any(|intent| matches!(intent, Intent::Add { .. }))
            && let Some((_, title)) = self.title_known(env)
        {
            self.send_content(env, Content::RoomState { title }, None);
            self.tell_face(env);
            self.tell_guest_links(env);
        }
        Self::intents_done(env, &intents);
    }

    pub(super) fn after_others_commit(
        &mut self,
        env: &mut Env<'_>,
        entry: &Entry,
        before: &Members,
        change: &Change,
        removed: &[(LeafIndex, Certificate)],
    ) {
        // What of ours was pending lost against this commit.
        self.requeue_pending();
        self.stored.resyncs = 0;
        self.races = 0;
        self.stuck_since = None;
        self.suspect = false;
        self.dirty = true;
        self.settled();
        let by = match &change.committer {
            Committer::Member(leaf) => before.get(leaf).map(|member| member.body().user_id),
            Committer::External(certificate) => Some(certificate.body().user_id),
        };
        let users: SortedSet<UserId> = before.values().map(|member| member.body().user_id).collect();
        self.after_change(env, entry, &users, by);
        self.tell_new_device(env, entry, change, &users, removed);
    }

    /// Tells who came and who went.
    fn after_change(
        &mut self,
        env: &mut Env<'_>,
        entry: &Entry,
        before: &SortedSet<UserId>,
        by: Option<UserId>,
    ) {
        let Some(group) = self.group.take() else { return };
        self.see_members(env, &group);
        let after: SortedSet<UserId> = group
            .members()
            .values()
            .map(|member| member.body().user_id)
            .collect();
        let moderators = group.settings().moderators.clone();
        self.group = Some(group);
        env.notes.members_changed.push(self.id);
        self.forget_seen(&mut env.shell.store);
        self.plan_removals(env);
        if self.stored.kind == RoomKindTag::Own {
            return;
        }
        let mut nth = 0;
        let by = by.unwrap_or(env.account.user_id);
        for who in after.difference(before) {
            self.tell(
                env,
                entry.seq,
                entry.sent_at,
                nth,
                "added",
                &[("by", by), ("who", *who)],
            );
            nth += 1;
        }
        for who in before.difference(&after) {
            let code = self.how_removed(*who, by, &moderators);
            self.tell(
                env,
                entry.seq,
                entry.sent_at,
                nth,
                code,
                &[("by", by), ("who", *who)],
            );
            nth += 1;
        }
    }

    /// Tells what a commit changed in the settings.
    pub(super) fn tell_settings(
        &mut self,
        env: &mut Env<'_>,
        entry: &Entry,
        before: &RoomSettings,
        by: UserId,
    ) {
        let Some(now) = self.settings().cloned() else {
            return;
        };
        if let Some(end) = self.see_end(env, before, by) {
            let code = if end > Millis(0) { "end_set" } else { "end_off" };
            let texts = [("ends_at".to_owned(), end.0.to_string())].into();
            self.tell_with(env, entry.seq, entry.sent_at, 902, code, &[("by", by)], texts);
        }
        if now.constant_bitrate != before.constant_bitrate {
            let code = if now.constant_bitrate {
                "constant_bitrate_on"
            } else {
                "constant_bitrate_off"
            };
            self.tell(env, entry.seq, entry.sent_at, 900, code, &[("by", by)]);
        }
        let (ttl, burn) = (now.ttl_cap_ms, now.burn_cap_ms);
        if (ttl, burn) != (before.ttl_cap_ms, before.burn_cap_ms) {
            let code = match (ttl, burn) {
                (0, 0) => "timers_off",
                (_, 0) => "ttl_set",
                (0, _) => "burn_set",
                _ => "timers_set",
            };
            let texts = [("ttl_ms", ttl), ("burn_ms", burn)];
            let texts = texts.map(|(key, ms)| (key.to_owned(), ms.to_string())).into();
            self.tell_with(env, entry.seq, entry.sent_at, 901, code, &[("by", by)], texts);
        }
    }

    /// Whether a moderator removed somebody, or the server had it done.
    fn how_removed(&self, who: UserId, by: UserId, moderators: &[UserId]) -> &'static str {
        let left = self.summary.as_ref().is_some_and(|summary| {
            summary
                .removals
                .iter()
                .any(|removal| removal.reason == RemovalReason::Left)
        });
        if moderators.contains(&by) && !left && who != by {
            "removed"
        } else if left {
            "left"
        } else {
            "removed_by_server"
        }
    }

    fn tell_new_device(
        &mut self,
        env: &mut Env<'_>,
        entry: &Entry,
        change: &Change,
        before: &SortedSet<UserId>,
        removed: &[(LeafIndex, Certificate)],
    ) {
        let external = match &change.committer {
            Committer::External(certificate) => Some(&**certificate),
            Committer::Member(_) => None,
        };
        let resynced = |certificate: &Certificate| {
            removed
                .iter()
                .any(|(_, old)| old.body().device_id == certificate.body().device_id)
        };
        let new: Vec<UserId> = change
            .adds
            .iter()
            .chain(external)
            .filter(|certificate| before.contains(&certificate.body().user_id) && !resynced(certificate))
            .map(|certificate| certificate.body().user_id)
            .collect();
        // It knows the title from own state, which has no place for the rest.
        if new.contains(&env.me()) {
            self.tell_face(env);
        }
        for (nth, who) in new.into_iter().enumerate() {
            env.people.want(who);
            if self.stored.kind != RoomKindTag::Own {
                let nth = 500 + u64::try_from(nth).unwrap_or(0);
                self.tell(
                    env,
                    entry.seq,
                    entry.sent_at,
                    nth,
                    "device_added",
                    &[("who", who)],
                );
            }
        }
    }

    /// A commit removed this device's leaf. Where the user still has another one, the device may come in again by
    /// itself (its leaf was replaced by a clone, or it was removed by mistake); else the room is over for it.
    pub(super) fn removed_from_group(
        &mut self,
        env: &mut Env<'_>,
        before: &Members,
        removed: &[(LeafIndex, Certificate)],
    ) {
        self.drop_group(env);
        env.notes.want_rooms = true;
        env.notes.members_changed.push(self.id);
        let me = env.me();
        let still = before.iter().any(|(leaf, member)| {
            member.body().user_id == me && !removed.iter().any(|(gone, _)| gone == leaf)
        });
        if still {
            self.stored.standing = Standing::ExpectWelcome;
            self.asked_for_welcome = true;
            self.dirty = true;
            return;
        }
        self.notice(env, "removed_from_room", None);
        self.gone = true;
        self.over = true;
    }

    /// This device began a call here.
    pub(crate) fn tell_call_started(&mut self, env: &mut Env<'_>, call_id: protocol::CallId) {
        let me = env.me();
        let body = Body::Happened {
            code: "call_started".to_owned(),
            users: [("by".to_owned(), me)].into(),
            texts: SortedMap::new(),
        };
        self.send_content(env, Content::CallStarted { call_id }, Some(body));
        self.begin_ring(env, call_id, me, true);
    }

    pub(super) fn title_known(&self, env: &Env<'_>) -> Option<(Seq, String)> {
        if self.stored.kind != RoomKindTag::Room {
            return None;
        }
        let stored = self.stored.title.clone();
        stored.into_iter().chain(env.own.title(self.id).cloned()).max()
    }

    pub(super) fn set_title(&mut self, env: &mut Env<'_>, seq: Seq, title: &str) {
        if self.stored.title.as_ref().is_none_or(|(known, _)| *known <= seq) {
            self.stored.title = Some((seq, title.to_owned()));
            self.dirty = true;
        }
        let now = env.now();
        env.own.set_title(&mut env.shell.store, now, self.id, seq, title);
    }

    pub(super) fn set_title_by(&mut self, env: &mut Env<'_>, place: Place, by: UserId, title: &str) {
        if title.len() > protocol::limits::MAX_TITLE_LEN {
            return;
        }
        let before = self.title_known(env);
        self.set_title(env, place.seq, title);
        if before.is_some_and(|(_, before)| before != title) {
            let texts = [("title".to_owned(), title.to_owned())].into();
            self.tell_with(env, place.seq, place.sent_at, 0, "renamed", &[("by", by)], texts);
        }
    }

    pub(super) fn tell(
        &mut self,
        env: &mut Env<'_>,
        seq: Seq,
        at: Millis,
        nth: u64,
        code: &str,
        users: &[(&str, UserId)],
    ) {
        self.tell_with(env, seq, at, nth, code, users, SortedMap::new());
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "one place where a line of history is put together"
    )]
    fn tell_with(
        &mut self,
        env: &mut Env<'_>,
        seq: Seq,
        at: Millis,
        nth: u64,
        code: &str,
        users: &[(&str, UserId)],
        texts: SortedMap<String, String>,
    ) {
        let author = users.first().map_or(env.account.user_id, |(_, user)| *user);
        let users = users
            .iter()
            .map(|(key, user)| ((*key).to_owned(), *user))
            .collect();
        let message = Message {
            id: env.message_id(),
            order: History::place(seq, nth),
            author,
            device: env.identity.device_id,
            sent_at: at,
            body: Body::Happened {
                code: code.to_owned(),
                users,
                texts,
            },
            delivery: Delivery::Received,
            re: None,
            mentions: vec![],
            forwarded: false,
            acts: Acts::default(),
            life: Life::default(),
        };
        self.history.put(&mut env.shell.store, message);
    }
}
