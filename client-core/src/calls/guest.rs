//! The way in of a guest.
//!
//! ```text
//! knock ─► AtDoor ──admitted──► ExpectWelcome ──welcome──► Member, not vouched for ──proof──► Member
//!             └─ denied, link over ─► over                          └─ none in time ─► over
//! ```
//!
//! A guest sees nothing of the room, and so cannot tell the call's group from one that the server made up. It seals, shows
//! and says nothing before a member of the group proves, by the secret of the link, to be of the room: over the epoch that
//! the guest came into, and so over everybody who is in it. From there on the members judge who comes in.

use protocol::{
    Epoch, Millis,
    socket::{CallJoined, GuestDoor, GuestKnock, Request},
};

use super::{Call, CallEnv, Out, Place, State};
use crate::{
    core::{
        asks::CallAsk,
        shell::{Answer, Refusal},
    },
    failure::failure,
    group::FreshKeyPackage,
    identity::{Entered, LinkSecret},
    limits::GUEST_VOUCH_MS,
};

/// What a guest's call works with.
#[derive(Clone, Copy)]
pub(crate) struct GuestEnv<'a> {
    pub(crate) secret: &'a LinkSecret,
}

/// The group that a guest came into, until somebody vouches for it.
pub(super) struct Unvouched {
    group_id: Vec<u8>,
    epoch: Epoch,
    authenticator: Vec<u8>,
    pub(super) until: Millis,
}

impl Call {
    pub(super) fn knock(&mut self, env: &mut CallEnv<'_>) {
        match FreshKeyPackage::make(env.mls, env.key, &env.identity.certificate, false) {
            Ok(fresh) => {
                self.state = State::AtDoor;
                let key_package = fresh.bytes.into();
                let request = Request::GuestKnock(GuestKnock { key_package });
                self.ask(env, CallAsk::Knock, request);
            }
            Err(error) => {
                tracing::error!(%error, "cannot make a key package");
                self.end(env);
            }
        }
    }

    pub(super) fn on_knocked(&mut self, env: &mut CallEnv<'_>, answer: &Answer) {
        if let (State::AtDoor, Err(refusal @ Refusal::Problem(_))) = (&self.state, answer) {
            self.join_refused(env, refusal);
        }
    }

    /// How the knocking stands.
    pub(crate) fn on_door(&mut self, env: &mut CallEnv<'_>, door: GuestDoor) {
        let code = match door {
            GuestDoor::NoCall | GuestDoor::Waiting => return,
            GuestDoor::Denied => "guest_denied",
            GuestDoor::LinkExpired => "link_expired",
            GuestDoor::LinkRevoked => "link_revoked",
        };
        if matches!(self.state, State::AtDoor) {
            self.give_up(env, code);
        }
    }

    /// Somebody let this guest in; the welcome follows.
    pub(crate) fn on_admitted(&mut self, env: &mut CallEnv<'_>, joined: CallJoined) {
        if !matches!(self.state, State::AtDoor) {
            return;
        }
        self.begin_to_listen(env, joined.call.call_id);
        self.place = Some(Place {
            call_id: joined.call.call_id,
            generation: joined.generation,
            started_at: joined.call.started_at,
        });
        self.participants = joined.call.participants;
        self.ice_servers = joined.ice_servers.into_iter().map(Into::into).collect();
        // Nobody else lets a guest in: it waits for as long as the call is there.
        self.state = State::ExpectWelcome {
            until: Millis(u64::MAX),
        };
    }

    /// In the group; nothing is to be said there yet.
    pub(super) fn await_proof(&mut self, env: &CallEnv<'_>) {
        self.unvouched = self.group.as_ref().map(|group| Unvouched {
            group_id: group.id().to_vec(),
            epoch: group.epoch(),
            authenticator: group.epoch_authenticator(),
            until: env.now().plus(GUEST_VOUCH_MS),
        });
    }

    /// A member says that it is of the room.
    pub(super) fn take_proof(&mut self, env: &mut CallEnv<'_>, mac: &[u8; 32], title: String) {
        let (Some(unvouched), Some(guest)) = (&self.unvouched, env.guest) else {
            return;
        };
        let entered = Entered {
            key: &env.identity.certificate.body().device_key,
            group_id: &unvouched.group_id,
            epoch: unvouched.epoch,
            authenticator: &unvouched.authenticator,
        };
        if !guest.secret.welcomes(&entered, mac) {
            tracing::warn!("who let this guest in does not know the link");
            return;
        }
        self.unvouched = None;
        self.told_title = Some(title);
        self.begin(env);
    }

    /// Nobody vouched for the group in time.
    pub(super) fn doubt(&mut self, env: &mut CallEnv<'_>) {
        let over = self
            .unvouched
            .as_ref()
            .is_some_and(|group| group.until <= env.now());
        if over {
            tracing::warn!("nobody vouched for the call's group");
            self.give_up(env, "server_untrusted");
        }
    }

    /// The call of this guest is over, or is not one.
    pub(super) fn over_for_guest(&mut self, env: &mut CallEnv<'_>) {
        if self.unvouched.is_none() && self.is_member() {
            let out = Out {
                ended: true,
                by: None,
            };
            self.put_out(env, out);
        } else if self.place.is_some() {
            self.give_up(env, "call_gone");
        }
    }

    pub(super) fn give_up(&mut self, env: &mut CallEnv<'_>, code: &str) {
        if let Some(command) = self.entering_for.take() {
            env.shell.fail(command, failure(code));
        }
        self.leave(env);
    }

    /// What the room is called, as a guest was told.
    pub(crate) fn take_told_title(&mut self) -> Option<String> {
        self.told_title.take()
    }

    /// What members are called, by their own word.
    pub(crate) fn take_names(&mut self) -> Vec<(protocol::UserId, String)> {
        if self.unvouched.is_some() {
            return vec![];
        }
        std::mem::take(&mut self.names)
    }
}
