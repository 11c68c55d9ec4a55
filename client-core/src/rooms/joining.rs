use std::collections::BTreeMap;

use protocol::{
    Code, Generation, LeafIndex, UserId,
    identity::PublicKey,
    room_settings::RoomKind,
    socket::{Reply, Request, RoomCommit, RoomKindTag, RoomRef, RoomWelcome},
};

use super::{
    env::Env,
    founding::is_passing,
    state::{Room, bundle},
    stored::Standing,
};
use crate::{
    core::{
        asks::RoomAsk,
        shell::{Answer, Refusal},
    },
    group::{
        Group, GroupError, GroupName, Joined,
        rules::{Circumstances, RuleError},
    },
    limits::{MAX_JOIN_RACES, MAX_RESYNCS},
};

impl Room {
    /// Without a group: first a welcome that waits in the log, then an external commit.
    pub(super) fn seek_entry(&mut self, env: &mut Env<'_>) {
        let Some(summary) = &self.summary else { return };
        if summary.has_leaf && !self.asked_for_welcome {
            self.asked_for_welcome = true;
            return self.sync(env);
        }
        self.ask(
            env,
            RoomAsk::GroupInfo,
            Request::RoomGroupInfo(RoomRef { room_id: self.id }),
        );
    }

    /// A welcome, as an event or in the answer to a sync.
    pub(crate) fn on_welcome(&mut self, env: &mut Env<'_>, welcome: &RoomWelcome) {
        let newer = welcome.generation > self.stored.generation;
        let same = welcome.generation == self.stored.generation;
        let wanted = matches!(
            self.stored.standing,
            Standing::ExpectWelcome | Standing::JoiningFromOutside { .. } | Standing::Broken
        );
        if !(newer || same && wanted) {
            return;
        }
        let name = GroupName {
            room_id: self.id,
            call_id: None,
            generation: welcome.generation,
        };
        let circumstances = Circumstances {
            known: self.known(),
            ..env.circumstances()
        };
        let (bytes, tree) = (&welcome.welcome.0, &welcome.tree.0);
        let joined = Group::join_by_welcome(env.mls, name, bytes, tree, circumstances);
        match joined {
            Ok(joined) => self.enter_by_welcome(env, welcome, joined),
            Err(error) => {
                tracing::warn!(room.id = %self.id, group.epoch = welcome.epoch.0, %error, "welcome refused");
                self.asked_for_welcome = true;
            }
        }
        self.drive(env);
    }

    fn enter_by_welcome(&mut self, env: &mut Env<'_>, welcome: &RoomWelcome, joined: Joined) {
        let Joined {
            group,
            last_resort,
            inviter,
        } = joined;
        env.notes.last_resort_used |= last_resort;
        let anew = self.is_anew(welcome.generation);
        if anew && !self.may_have_founded(&group, Some(inviter)) {
            tracing::warn!(room.id = %self.id, "the room was founded anew by somebody who may not");
            group.delete(env.mls);
            return;
        }
        // The former group, if it is still there; a joining one has the same name and was replaced.
        if welcome.generation != self.stored.generation {
            self.drop_group(env);
        }
        self.stored.generation = welcome.generation;
        self.stored.cursor = welcome.seq;
        self.enter(env, group);
        self.tell_welcomed(env, welcome, inviter, anew);
    }

    /// Members of the room with their account keys, as they were last known.
    fn known(&self) -> Option<&BTreeMap<UserId, PublicKey>> {
        self.stored.charter.as_ref().map(|charter| &charter.users)
    }

    /// Whether a group is a later generation of one that this device was in.
    fn is_anew(&self, generation: Generation) -> bool {
        let known = self.stored.charter.as_ref().map(|charter| charter.generation);
        known.is_some_and(|known| known < generation)
    }

    /// A later generation is founded by a moderator of the one before (who adds everybody with the first commit), for
    /// the same members or fewer.
    fn may_have_founded(&self, group: &Group, inviter: Option<LeafIndex>) -> bool {
        let Some(charter) = &self.stored.charter else {
            return true;
        };
        let Some(before) = charter.settings() else {
            return false;
        };
        let now = group.settings();
        let by_moderator = inviter.is_none_or(|leaf| {
            let inviter = group.members().get(&leaf).map(|member| member.body().user_id);
            before.kind != RoomKind::Room || inviter.is_some_and(|user| before.moderators.contains(&user))
        });
        let mut users = group.members().values().map(|member| member.body().user_id);
        by_moderator
            && before.kind == now.kind
            && before.moderators == now.moderators
            && users.all(|user| charter.users.contains_key(&user))
    }

    fn enter(&mut self, env: &mut Env<'_>, group: Group) {
        self.stored.kind = match group.settings().kind {
            RoomKind::Direct => RoomKindTag::Direct,
            RoomKind::Own => RoomKindTag::Own,
            RoomKind::Room | RoomKind::Call => RoomKindTag::Room,
        };
        self.stored.standing = Standing::Member;
        self.stored.pending = None;
        self.stored.own_since_update = 0;
        self.stored.updated_at = env.now();
        self.known_last = self.known_last.max(self.stored.cursor);
        self.races = 0;
        self.stuck_since = None;
        self.suspect = false;
        self.sync_wanted = true;
        self.dirty = true;
        self.settled();
        self.see_members(env, &group);
        self.group = Some(group);
        env.notes.members_changed.push(self.id);
    }

    pub(super) fn on_group_info(&mut self, env: &mut Env<'_>, answer: Answer) {
        let info = match answer {
            Ok(Reply::GroupInfo(info)) => info,
            Ok(_) => return,
            Err(refusal) => {
                env.notes.want_rooms = true;
                return self.retry_later(env, &refusal);
            }
        };
        if !matches!(self.stored.standing, Standing::ExpectWelcome) {
            return;
        }
        if let Some(group) = self.group.take() {
            group.delete(env.mls);
        }
        let name = GroupName {
            room_id: self.id,
            call_id: None,
            generation: info.generation,
        };
        let circumstances = Circumstances {
            known: self.known(),
            ..env.circumstances()
        };
        let joined = Group::join_externally(
            env.mls,
            env.key,
            &env.identity.certificate,
            name,
            &info.group_info.0,
            &info.tree.0,
            circumstances,
        );
        let anew = self.is_anew(info.generation);
        match joined {
            Ok((group, commit)) if !anew || self.may_have_founded(&group, None) => {
                self.stored.generation = info.generation;
                self.stored.standing = Standing::JoiningFromOutside {
                    message_id: env.message_id(),
                    commit: Box::new(commit),
                };
                self.group = Some(group);
            }
            Ok((group, _)) => {
                group.delete(env.mls);
                self.stored.standing = Standing::Broken;
            }
            Err(error) => {
                tracing::warn!(room.id = %self.id, group.epoch = info.epoch.0, %error, "the group was refused");
                // The next commit of somebody known vouches for it.
                if error == GroupError::Rule(RuleError::UnknownSigner) {
                    self.retry_later(env, &Refusal::Lost);
                } else {
                    self.stored.standing = Standing::Broken;
                }
            }
        }
        self.dirty = true;
    }

    pub(super) fn send_external_commit(&mut self, env: &mut Env<'_>) {
        let Standing::JoiningFromOutside { message_id, commit } = &self.stored.standing else {
            return;
        };
        let request = Request::RoomCommit(RoomCommit {
            room_id: self.id,
            generation: self.stored.generation,
            message_id: *message_id,
            bundle: bundle(commit),
        });
        self.ask(env, RoomAsk::ExternalCommit, request);
    }

    pub(super) fn on_external_answer(&mut self, env: &mut Env<'_>, answer: Answer) {
        if !matches!(self.stored.standing, Standing::JoiningFromOutside { .. }) {
            return;
        }
        match answer {
            Ok(Reply::Accepted(accepted)) => {
                let Some(group) = self.group.take() else { return };
                self.stored.cursor = self.stored.cursor.max(accepted.seq);
                self.enter(env, group);
            }
            Err(Refusal::Problem(problem)) if problem.code == Code::StaleEpoch => {
                self.drop_group(env);
                self.stored.standing = Standing::ExpectWelcome;
                self.races = self.races.saturating_add(1);
                if self.races >= MAX_JOIN_RACES {
                    self.races = 0;
                    self.retry_later(env, &Refusal::Lost);
                }
            }
            Err(refusal) if is_passing(&refusal) => {
                if !matches!(refusal, Refusal::Lost) {
                    self.retry_later(env, &refusal);
                }
            }
            refused => {
                let error = refused.err();
                tracing::warn!(room.id = %self.id, ?error, "the external commit was refused");
                self.drop_group(env);
                self.stored.standing = Standing::Broken;
                env.notes.want_rooms = true;
                self.dirty = true;
            }
        }
    }

    /// The log cannot be followed from here: once by an external commit, then only a moderator helps.
    pub(super) fn resync(&mut self, env: &mut Env<'_>) {
        self.drop_group(env);
        self.stored.resyncs = self.stored.resyncs.saturating_add(1);
        self.stored.standing = if self.stored.resyncs > MAX_RESYNCS {
            Standing::Broken
        } else {
            Standing::ExpectWelcome
        };
        self.asked_for_welcome = true;
        env.notes.want_rooms = true;
        self.dirty = true;
    }
}
