use protocol::{
    Bytes, Code, Generation, Millis, RoomId, UserId,
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
    socket::{ClaimedUser, KeyPackagesClaim, Reply, Request, RoomFound, RoomKindTag, RoomSummary},
};

use super::{
    env::Env,
    state::{Room, bundle},
    stored::{FoundingSent, OutState, Standing},
};
use crate::{
    api,
    core::{
        asks::RoomAsk,
        shell::{Answer, Refusal},
    },
    failure::of_refusal,
    group::{Group, GroupError, GroupName, OthersKeyPackage, Wish},
    messages::Content,
    tasks::check_claimed,
};

/// What a new room is made from.
pub(crate) struct NewRoom {
    pub(crate) room_id: RoomId,
    pub(crate) kind: RoomKind,
    pub(crate) title: Option<String>,
    pub(crate) packages: Vec<OthersKeyPackage>,
    pub(crate) command: Option<u32>,
}

/// Settings of a new room: its founder is its moderator.
pub(crate) fn room_settings(room_id: RoomId, kind: RoomKind, founder: UserId) -> RoomSettings {
    let moderators = match kind {
        RoomKind::Room | RoomKind::Own => vec![founder],
        RoomKind::Direct | RoomKind::Call => vec![],
    };
    RoomSettings {
        room_id,
        kind,
        moderators,
        who_may_add: WhoMayAdd::Members,
        ttl_cap_ms: 0,
        burn_cap_ms: 0,
        removed: vec![],
        ends_at: Millis(0),
        constant_bitrate: false,
    }
}

impl Room {
    /// Founds a new room; nobody knows of it until the server accepted it.
    pub(crate) fn found(env: &mut Env<'_>, new: NewRoom) -> Result<Self, GroupError> {
        let kind = match new.kind {
            RoomKind::Direct => RoomKindTag::Direct,
            RoomKind::Own => RoomKindTag::Own,
            RoomKind::Room | RoomKind::Call => RoomKindTag::Room,
        };
        let settings = room_settings(new.room_id, new.kind, env.me());
        let mut room = Self::new(
            new.room_id,
            kind,
            Generation(1),
            Standing::ExpectWelcome,
            env.now(),
        );
        room.found_group(env, Generation(1), &settings, new.packages)?;
        room.founding_for = new.command;
        if let Some(title) = new.title {
            room.stored.title = Some((protocol::Seq(0), title));
        }
        room.drive(env);
        Ok(room)
    }

    fn found_group(
        &mut self,
        env: &mut Env<'_>,
        generation: Generation,
        settings: &RoomSettings,
        packages: Vec<OthersKeyPackage>,
    ) -> Result<(), GroupError> {
        let name = GroupName {
            room_id: self.id,
            call_id: None,
            generation,
        };
        let (mut group, founding) =
            Group::found(env.mls, env.key, &env.identity.certificate, name, settings)?;
        let wish = Wish {
            add: packages,
            ..Wish::default()
        };
        let commit = if wish.add.is_empty() {
            None
        } else {
            Some(group.commit(env.mls, env.key, wish, env.circumstances())?)
        };
        self.stored.generation = generation;
        self.stored.standing = Standing::Founding(Box::new(FoundingSent {
            message_id: env.message_id(),
            group_info: founding.group_info.into(),
            tree: founding.tree.into(),
            commit,
        }));
        self.group = Some(group);
        self.dirty = true;
        Ok(())
    }

    pub(super) fn send_founding(&mut self, env: &mut Env<'_>) {
        let Standing::Founding(founding) = &self.stored.standing else {
            return;
        };
        let request = Request::RoomFound(RoomFound {
            room_id: self.id,
            generation: self.stored.generation,
            message_id: founding.message_id,
            group_info: Bytes(founding.group_info.to_vec()),
            tree: Bytes(founding.tree.to_vec()),
            commit: founding.commit.as_ref().map(bundle),
        });
        self.ask(env, RoomAsk::Found, request);
    }

    pub(super) fn on_founded(&mut self, env: &mut Env<'_>, answer: Answer) {
        match answer {
            Ok(Reply::Accepted(accepted)) => {
                let Standing::Founding(founding) = &self.stored.standing else {
                    return;
                };
                // The server had lost a generation that members know: they take none again that they have been in, so
                // this one is a step to the next.
                let known = self.stored.charter.as_ref().map(|charter| charter.generation);
                if known >= Some(self.stored.generation) {
                    self.drop_group(env);
                    self.settled();
                    self.stored.standing = Standing::Broken;
                    return;
                }
                let has_commit = founding.commit.is_some();
                let anew = self.stored.generation > Generation(1);
                if let Some(group) = &mut self.group
                    && has_commit
                    && group.merge_own(env.mls).is_err()
                {
                    return self.give_up_founding(env, crate::failure::failure("internal"));
                }
                self.settled();
                self.stored.standing = Standing::Member;
                self.stored.cursor = accepted.seq;
                self.known_last = self.known_last.max(accepted.seq);
                self.stored.updated_at = env.now();
                self.stored.resyncs = 0;
                self.suspect = false;
                self.dirty = true;
                self.tell_founded(env, accepted, anew);
                if let Some((_, title)) = self.stored.title.clone()
                    && self.stored.kind == RoomKindTag::Room
                {
                    let at = env.now();
                    env.own
                        .set_title(&mut env.shell.store, at, self.id, protocol::Seq(0), &title);
                    self.send_content(env, Content::RoomState { title }, None);
                }
                env.notes.members_changed.push(self.id);
                if let Some(command) = self.founding_for.take() {
                    env.shell.reply(command, api::Reply::Room { room_id: self.id });
                }
            }
            Err(Refusal::Lost) => {}
            Err(refusal @ Refusal::Problem(_)) if is_passing(&refusal) => self.retry_later(env, &refusal),
            Err(refusal) => self.give_up_founding(env, of_refusal(&refusal)),
            Ok(_) => self.give_up_founding(env, crate::failure::failure("internal")),
        }
    }

    /// A founding that the server does not take. A new room was never there; an existing one waits to be let in by
    /// who was first.
    fn give_up_founding(&mut self, env: &mut Env<'_>, failure: api::Failure) {
        self.drop_group(env);
        env.notes.want_rooms = true;
        if let Some(command) = self.founding_for.take() {
            env.shell.fail(command, failure);
        }
        if self.stored.generation > Generation(1) {
            self.stored.standing = Standing::ExpectWelcome;
            self.asked_for_welcome = false;
        } else {
            self.gone = true;
        }
        self.dirty = true;
    }

    /// The server was restored from a copy: what it lost of the log is written again. A group of which it lost commits
    /// cannot go on: nobody could tell it what it has missed, so the room is founded anew.
    pub(crate) fn after_restore(&mut self, env: &mut Env<'_>, summary: &RoomSummary) {
        self.known_last = summary.last_seq;
        self.stored.cursor = self.stored.cursor.min(summary.last_seq);
        self.stored.acked = self.stored.acked.min(summary.last_seq);
        self.stored.read_ahead.clear();
        if let Some(pending) = &mut self.stored.pending {
            pending.accepted = false;
        }
        for out in self
            .outbox
            .iter_mut()
            .filter(|out| out.state == OutState::Accepted)
        {
            out.state = OutState::Waiting;
            out.save(&mut env.shell.store, self.id);
        }
        self.dirty = true;
        let epoch = self.group.as_ref().map(Group::epoch);
        let lost = self.is_member()
            && (summary.generation < self.stored.generation
                || summary.generation == self.stored.generation && epoch > Some(summary.epoch));
        if lost {
            tracing::warn!(room.id = %self.id, group.epoch = summary.epoch.0, "the server lost commits of the room");
            self.drop_group(env);
            // The next founding counts from there. The charter stays: it is not the server's to take back.
            self.stored.generation = summary.generation;
            self.stored.standing = Standing::Broken;
        }
    }

    /// A moderator whose group is broken founds it anew; others wait for that.
    pub(super) fn drive_broken(&mut self, env: &mut Env<'_>) {
        let Some(charter) = &self.stored.charter else {
            return;
        };
        let Some(summary) = &self.summary else { return };
        if !charter
            .settings()
            .is_some_and(|settings| settings.moderators.contains(&env.me()))
        {
            return;
        }
        // The members must be the same or fewer.
        let users = charter
            .users
            .keys()
            .copied()
            .filter(|user| summary.members.contains(user))
            .collect();
        self.ask(
            env,
            RoomAsk::ClaimForRefounding,
            Request::KeyPackagesClaim(KeyPackagesClaim { users }),
        );
    }

    pub(super) fn on_refounding_packages(&mut self, env: &mut Env<'_>, answer: Answer) {
        let (Standing::Broken, Ok(Reply::KeyPackages(claimed))) = (&self.stored.standing, &answer) else {
            if let Err(refusal) = &answer {
                self.retry_later(env, refusal);
            }
            return;
        };
        let settings = self
            .stored
            .charter
            .as_ref()
            .and_then(super::stored::Charter::settings);
        let Some(settings) = settings else { return };
        // A member whose keys do not fit is left out rather than keeping all others out.
        let packages = claimed
            .iter()
            .flat_map(|user: &ClaimedUser| check_claimed(env, user).unwrap_or_default());
        let packages = packages.collect();
        let generation = self.stored.generation.next();
        if let Err(error) = self.found_group(env, generation, &settings, packages) {
            tracing::warn!(room.id = %self.id, %error, "cannot found the room anew");
            self.retry_at = Some(env.now().plus(crate::limits::RECONNECT_MAX_MS));
        }
    }
}

/// Whether the same request may succeed later.
pub(crate) fn is_passing(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::Lost => true,
        Refusal::Problem(problem) => {
            matches!(
                problem.code,
                Code::RateLimited | Code::Unavailable | Code::Internal | Code::Unauthenticated
            )
        }
    }
}
