//! What a moderator of the room does to a call: removing somebody, locking it, ending it for everybody.
//!
//! Whom nobody lets in again, and whether the call is locked, stands in the settings of the call's group: who comes later
//! knows it with the group, and the server keeps to it too. So removing and locking are commits, which every member judges
//! by the moderators of the *room* as it sees them. That the call ends is said in a message, for then there is no group
//! whose settings could say it; whoever hears it leaves, and the moderator has the server close the call.

use protocol::{
    LeafIndex, UserId,
    identity::Certificate,
    limits::MAX_ROOM_MEMBERS,
    room_settings::{RoomSettings, WhoMayAdd},
    socket::{CallRef, Request},
};

use super::{Call, CallEnv, Place, State, hearing::News, lobby::KnockId};
use crate::{
    api::Failure,
    core::asks::CallAsk,
    failure::{failure, failure_with},
    group::{
        Group, StagedChange, Wish,
        rules::{CallRoom, Committer, check_admission},
    },
    messages::Content,
};

/// What a moderator wants, until a commit has done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// All leaves of the user go, and it does not come in again.
    Remove(UserId),
    Lock(bool),
    /// Voices go out at a constant bitrate from now on, those of guests too.
    ConstantBitrate,
    /// A guest comes in.
    Admit(KnockId),
}

impl Act {
    fn admits(self) -> bool {
        matches!(self, Self::Admit(_))
    }
}

/// Not in the call any more, by the doing of others.
pub(super) struct Out {
    pub(super) ended: bool,
    /// The moderator who did it, where that is proven.
    pub(super) by: Option<Box<Certificate>>,
}

/// Who may remove others from a room's call, lock it and end it.
pub(crate) fn may_moderate(room: Option<&RoomSettings>, user_id: UserId) -> bool {
    room.is_some_and(|settings| settings.moderators.contains(&user_id))
}

impl Call {
    pub(crate) fn remove_participant(&mut self, env: &mut CallEnv<'_>, leaf: u32) -> Result<(), Failure> {
        self.must_moderate(env)?;
        let member = self.member(LeafIndex(leaf)).ok_or_else(|| failure("not_found"))?;
        let user_id = member.body().user_id;
        // Nobody keeps oneself out; leaving is there for that.
        if user_id == env.account.user_id {
            return Err(failure("forbidden"));
        }
        self.act(env, Act::Remove(user_id));
        Ok(())
    }

    pub(crate) fn lock(&mut self, env: &mut CallEnv<'_>, locked: bool) -> Result<(), Failure> {
        self.must_moderate(env)?;
        self.act(env, Act::Lock(locked));
        Ok(())
    }

    pub(crate) fn end_for_all(&mut self, env: &mut CallEnv<'_>) -> Result<(), Failure> {
        self.must_moderate(env)?;
        let Some(Place { call_id, .. }) = self.place else {
            return Err(failure("call_gone"));
        };
        self.send(env, Content::CallEnded { call_id })?;
        self.on_time(env);
        Ok(())
    }

    pub(super) fn must_moderate(&self, env: &CallEnv<'_>) -> Result<(), Failure> {
        self.must_be_in(env)?;
        if may_moderate(env.settings, env.account.user_id) {
            Ok(())
        } else {
            Err(failure("forbidden"))
        }
    }

    pub(super) fn act(&mut self, env: &mut CallEnv<'_>, act: Act) {
        // Who waits at the door keeps back nothing that is done to those inside.
        let under_way = self.pending.as_ref().map_or(0, |pending| pending.acts);
        let behind = self.acts.iter().skip(under_way);
        let doing = behind.take_while(|waiting| !waiting.admits()).count();
        let at = if act.admits() {
            self.acts.len()
        } else {
            under_way + doing
        };
        self.acts.insert(at.min(self.acts.len()), act);
        self.plan_commit(env);
        self.on_time(env);
    }

    /// How many of the acts go into the next commit: each guest comes in by its own, for it may be gone by then, and the
    /// server then refuses the whole.
    pub(super) fn acts_now(&self) -> usize {
        match self.acts.first() {
            Some(first) if first.admits() => 1,
            _ => self.acts.iter().take_while(|act| !act.admits()).count(),
        }
    }

    /// Puts into a commit what the moderator at this device wants.
    pub(super) fn add_acts(&self, env: &CallEnv<'_>, group: &Group, wish: &mut Wish) {
        let mut settings = group.settings().clone();
        for act in self.acts.iter().take(self.acts_now()) {
            match *act {
                Act::Remove(user_id) => {
                    if !settings.removed.contains(&user_id) && settings.removed.len() < MAX_ROOM_MEMBERS {
                        settings.removed.push(user_id);
                    }
                    let leaves = group.members().iter();
                    let of_user = leaves.filter(|(_, member)| member.body().user_id == user_id);
                    for (leaf, _) in of_user {
                        if !wish.remove.contains(leaf) {
                            wish.remove.push(*leaf);
                        }
                    }
                }
                Act::Lock(locked) => settings.who_may_add = who_may_add(locked),
                Act::ConstantBitrate => settings.constant_bitrate = true,
                // Its link may have been taken back by now.
                Act::Admit(id) => {
                    let knock = self.knock_of(id).filter(|knock| {
                        group.leaf_of(knock.device_id).is_none() && knock.vouched(env) == Some(true)
                    });
                    wish.add.extend(knock.map(|knock| knock.package.clone()));
                }
            }
        }
        if settings != *group.settings() {
            wish.settings = Some(settings);
        }
    }

    /// The moderators heard that the call is over for everybody: the server closes it, for those too who did not hear.
    pub(super) fn close_for_all(&mut self, env: &mut CallEnv<'_>) {
        if let Some(Place { call_id, .. }) = self.place {
            self.ask(env, CallAsk::Leave, Request::CallEnd(CallRef { call_id }));
        }
        self.end(env);
    }

    /// Somebody says that the call is over for everybody.
    pub(super) fn take_end(&mut self, env: &mut CallEnv<'_>, by: Box<Certificate>) {
        if !may_moderate(env.settings, by.body().user_id) {
            tracing::warn!("who is no moderator wanted to end the call");
            return;
        }
        if let Some(Place { call_id, .. }) = self.place {
            self.ask(env, CallAsk::Leave, Request::CallLeave(CallRef { call_id }));
        }
        self.put_out(
            env,
            Out {
                ended: true,
                by: Some(by),
            },
        );
    }

    pub(super) fn put_out(&mut self, env: &mut CallEnv<'_>, mut out: Out) {
        if self.unvouched.is_some() {
            out.by = None;
        }
        self.drop_group(env);
        self.state = State::Out(out);
    }

    /// The moderator whose commit keeps this device's user out, as against one that the server wanted.
    pub(super) fn remover(&self, env: &CallEnv<'_>, staged: &StagedChange) -> Option<Box<Certificate>> {
        let settings = staged.change.settings.as_ref()?.as_ref()?;
        let Committer::Member(leaf) = staged.change.committer else {
            return None;
        };
        let by = self.member(leaf)?;
        settings
            .removed
            .contains(&env.account.user_id)
            .then(|| Box::new(by.clone()))
    }

    /// What another moderator did by a commit, for the user interface.
    pub(super) fn note_acts(&mut self, staged: &StagedChange) {
        let (Some(group), Some(Some(new)), Committer::Member(leaf)) =
            (&self.group, &staged.change.settings, &staged.change.committer)
        else {
            return;
        };
        let (before, Some(by)) = (group.settings(), group.members().get(leaf)) else {
            return;
        };
        let mut news = vec![];
        if before.locked() != new.locked() {
            let code = if new.locked() { "locked" } else { "unlocked" };
            news.push((code, None));
        }
        for (_, certificate) in &staged.removed {
            let user_id = certificate.body().user_id;
            let whom = Some(Box::new(certificate.clone()));
            let told = news.iter().any(|(_, other): &(_, Option<Box<Certificate>>)| {
                other
                    .as_ref()
                    .is_some_and(|other| other.body().user_id == user_id)
            });
            if new.removed.contains(&user_id) && !before.removed.contains(&user_id) && !told {
                news.push(("removed", whom));
            }
        }
        let by = Box::new(by.clone());
        for (code, whom) in news {
            let by = by.clone();
            self.speaking.news.push(News::Moderated { by, code, whom });
        }
    }

    /// The server refused what the moderator wanted: that does not become better by trying again.
    pub(super) fn give_up_acts(&mut self, env: &mut CallEnv<'_>, count: usize) {
        if count > 0 {
            self.forget_acts(count);
            env.shell.notice(failure("moderation_refused"));
        }
    }

    pub(super) fn forget_acts(&mut self, count: usize) {
        self.acts.drain(..count.min(self.acts.len()));
    }
}

/// Whether somebody may come in, as the call is now.
pub(super) fn may_enter(group: &Group, room: &CallRoom, user_id: UserId) -> bool {
    check_admission(group.members(), group.settings(), room, user_id).is_ok()
}

fn who_may_add(locked: bool) -> WhoMayAdd {
    if locked {
        WhoMayAdd::Moderators
    } else {
        WhoMayAdd::Members
    }
}

/// What a moderator did, as the user interface shows it.
pub(super) fn event(code: &str, by: String, whom: Option<String>) -> Failure {
    let mut event = failure_with(code, "name", by);
    if let Some(whom) = whom {
        event.params.insert("whom".to_owned(), whom);
    }
    event
}
