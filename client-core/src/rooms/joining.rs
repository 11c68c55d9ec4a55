use protocol::{
    Code,
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
        Former, Group, GroupError, GroupName, Joined,
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
        if std::mem::take(&mut self.overtaken) {
            env.shell.notice(crate::failure::failure("rolled_back"));
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
        let joined = self.with_former(|former| {
            let circumstances = Circumstances {
                former,
                ..env.circumstances()
            };
            let (bytes, tree) = (&welcome.welcome.0, &welcome.tree.0);
            Group::join_by_welcome(env.mls, name, bytes, tree, circumstances)
        });
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
        let known = self.stored.charter.as_ref().map(|charter| charter.generation);
        let anew = known.is_some_and(|known| known < welcome.generation);
        // The former group, if it is still there; a joining one has the same name and was replaced.
        if welcome.generation != self.stored.generation {
            self.drop_group(env);
        }
        self.stored.generation = welcome.generation;
        self.stored.cursor = welcome.seq;
        self.enter(env, group);
        self.tell_welcomed(env, welcome, inviter, anew);
    }

    /// Enters a group that is judged by what the room was, if this device was in it.
    fn with_former<T>(
        &self,
        enter: impl FnOnce(Option<&Former<'_>>) -> Result<T, GroupError>,
    ) -> Result<T, GroupError> {
        let Some(charter) = &self.stored.charter else {
            return enter(None);
        };
        let settings = charter.settings().ok_or(RuleError::BadSettings)?;
        enter(Some(&charter.as_former(&settings)))
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
        self.overtaken = false;
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
        let joined = self.with_former(|former| {
            let circumstances = Circumstances {
                former,
                ..env.circumstances()
            };
            let (group_info, tree) = (&info.group_info.0, &info.tree.0);
            let certificate = &env.identity.certificate;
            Group::join_externally(
                env.mls,
                env.key,
                certificate,
                name,
                group_info,
                tree,
                circumstances,
            )
        });
        match joined {
            Ok((group, commit)) => {
                self.stored.generation = info.generation;
                self.stored.standing = Standing::JoiningFromOutside {
                    message_id: env.message_id(),
                    commit: Box::new(commit),
                };
                self.group = Some(group);
            }
            Err(error) => {
                tracing::warn!(room.id = %self.id, group.epoch = info.epoch.0, %error, "the group was refused");
                match error {
                    // The next commit of somebody known, or of a moderator, vouches for it.
                    GroupError::Rule(RuleError::UnknownSigner | RuleError::NoModerator) => {
                        self.retry_later(env, &Refusal::Lost);
                    }
                    _ => self.stored.standing = Standing::Broken,
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
