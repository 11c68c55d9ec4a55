//! Guests at the door, as those see them who may let them in.
//!
//! The server says who waits. That somebody waits who has a link of the room, the pass in the guest's key package proves:
//! one without is not shown. Letting a guest in is an Add which a person wants, and which goes alone like all that
//! moderators do; whoever commits it proves to the guest, by the link's secret, that it is a member of the room.

use protocol::{
    CallId, DeviceId,
    identity::{Certificate, GuestPass},
    limits::MAX_LOBBY,
    socket::{GuestDeny, GuestLobby, Request},
};

use sha2::{Digest as _, Sha256};

use super::{Call, CallEnv, moderating::Act};
use crate::{
    api::{self, Failure, KnockView},
    core::{asks::CallAsk, shell::Answer},
    failure::{failure, of_refusal},
    group::OthersKeyPackage,
    hex::hex,
    identity::Entered,
    messages::Content,
    rooms::{Lens, Room},
};

/// Names what a guest asks with: a guest who asks again, perhaps under another name, is not let in by what was shown before.
pub(super) type KnockId = [u8; 16];

/// A guest who waits.
pub(super) struct Knock {
    pub(super) id: KnockId,
    pub(super) device_id: DeviceId,
    pub(super) package: OthersKeyPackage,
}

impl Knock {
    fn parse(env: &CallEnv<'_>, device_id: DeviceId, key_package: &[u8]) -> Option<Self> {
        let package = OthersKeyPackage::parse(env.mls, key_package).ok()?;
        let body = package.certificate.body();
        let fits = package.certificate.guest().is_some()
            && body.device_id == device_id
            && body.network_id == env.account.network_id;
        let digest = Sha256::digest(key_package);
        let id = digest.first_chunk()?;
        fits.then_some(Self {
            id: *id,
            device_id,
            package,
        })
    }

    fn pass(&self) -> Option<&GuestPass> {
        self.package.certificate.guest()
    }

    /// Whether the pass is by the secret of its link; nothing where this device does not know the link.
    pub(super) fn vouched(&self, env: &CallEnv<'_>) -> Option<bool> {
        env.room.vouches(self.pass()?)
    }
}

impl Call {
    /// The server says who waits. It is the whole each time.
    pub(crate) fn on_lobby(&mut self, env: &mut CallEnv<'_>, lobby: &GuestLobby) {
        if self.call_id() != Some(lobby.call_id) || env.guest.is_some() {
            return;
        }
        let mut before = std::mem::take(&mut self.knocks);
        for guest in lobby.guests.iter().take(MAX_LOBBY) {
            // Looking at a key package costs more than comparing it.
            let at = before
                .iter()
                .position(|knock| knock.package.bytes == guest.key_package.0);
            let knock = match at {
                Some(at) => Some(before.swap_remove(at)),
                None => Knock::parse(env, guest.device_id, &guest.key_package.0),
            };
            let vouched = knock.as_ref().map(|knock| knock.vouched(env));
            match knock.filter(|_| vouched != Some(Some(false))) {
                Some(knock) => self.knocks.push(knock),
                None => {
                    tracing::warn!("a guest asks whose key package or pass does not hold");
                    // Nobody sees it who could turn it away, and its place is wanted by others.
                    if self.must_admit(env).is_ok() {
                        self.ask_to_deny(env, None, lobby.call_id, guest.device_id);
                    }
                }
            }
        }
    }

    pub(crate) fn admit(&mut self, env: &mut CallEnv<'_>, knocks: &[String]) -> Result<(), Failure> {
        self.must_admit(env)?;
        if self.group.as_ref().is_some_and(|group| group.settings().locked()) {
            return Err(failure("call_locked"));
        }
        let good: Vec<_> = self
            .knocks
            .iter()
            .filter(|knock| knocks.contains(&hex(&knock.id)) && knock.vouched(env) == Some(true))
            .map(|knock| Act::Admit(knock.id))
            .collect();
        if good.is_empty() {
            return Err(failure("guest_gone"));
        }
        for act in good {
            self.act(env, act);
        }
        Ok(())
    }

    pub(crate) fn deny(
        &mut self,
        env: &mut CallEnv<'_>,
        command: u32,
        device_id: DeviceId,
    ) -> Result<(), Failure> {
        self.must_admit(env)?;
        let call_id = self.call_id().ok_or_else(|| failure("call_gone"))?;
        self.ask_to_deny(env, Some(command), call_id, device_id);
        Ok(())
    }

    fn ask_to_deny(
        &mut self,
        env: &mut CallEnv<'_>,
        command: Option<u32>,
        call_id: CallId,
        device_id: DeviceId,
    ) {
        let request = Request::GuestDeny(GuestDeny { call_id, device_id });
        self.ask(env, CallAsk::Deny { command }, request);
    }

    pub(super) fn on_denied(env: &mut CallEnv<'_>, command: Option<u32>, answer: &Answer) {
        let Some(command) = command else { return };
        match answer {
            Ok(_) => env.shell.reply(command, api::Reply::Done),
            Err(refusal) => env.shell.fail(command, of_refusal(refusal)),
        }
    }

    fn must_admit(&self, env: &CallEnv<'_>) -> Result<(), Failure> {
        self.must_be_in(env)?;
        if env.guest.is_none() && env.room.may_admit(env.account.user_id) {
            Ok(())
        } else {
            Err(failure("forbidden"))
        }
    }

    /// What the guest asks with still, for the commit that lets it in.
    pub(super) fn knock_of(&self, id: KnockId) -> Option<&Knock> {
        self.knocks.iter().find(|knock| knock.id == id)
    }

    /// Guests came in by this device's commit: they are waiting for the proof.
    pub(super) fn welcome_guests(&mut self, env: &CallEnv<'_>, came: &[DeviceId]) {
        let Some(group) = &self.group else { return };
        let authenticator = group.epoch_authenticator();
        let mut welcomes = vec![];
        for pass in group.members().values().filter_map(Certificate::guest) {
            let Some(secret) = env.room.links.get(&pass.link_id) else {
                continue;
            };
            let to = pass.device_id();
            if !came.contains(&to) {
                continue;
            }
            let entered = Entered {
                key: &pass.key,
                group_id: group.id(),
                epoch: group.epoch(),
                authenticator: &authenticator,
            };
            welcomes.push(Content::GuestWelcome {
                to,
                mac: secret.welcome(&entered),
                title: env.title.clone(),
            });
        }
        for welcome in welcomes {
            if self.send(env, welcome).is_err() {
                tracing::warn!("no room to welcome a guest");
            }
        }
    }

    /// Guests get no cards of people: members tell them their names.
    pub(super) fn say_name(&mut self, env: &CallEnv<'_>) {
        let heard = self.group.as_ref().is_some_and(|group| group.has_guests());
        if heard && env.guest.is_none() && !env.identity.name.is_empty() {
            let name = env.identity.name.clone();
            // Where nothing more may wait, the guest sees the e-mail.
            let _ = self.send(env, Content::Name { name });
        }
    }

    pub(super) fn lobby_view(&self, lens: Lens<'_>, room: Option<&Room>) -> Vec<KnockView> {
        let Some(room) = room.filter(|room| room.may_admit(lens.me)) else {
            return vec![];
        };
        if self.knocks.is_empty() {
            return vec![];
        }
        let links = room.link_secrets();
        let view = |knock: &Knock| {
            let pass = knock.pass()?;
            let leaf = self
                .group
                .as_ref()
                .and_then(|group| group.leaf_of(knock.device_id));
            let good = leaf.is_none() && links.get(&pass.link_id)?.made(pass);
            good.then(|| KnockView {
                knock_id: hex(&knock.id),
                device_id: knock.device_id,
                name: pass.name.clone(),
                invited_by: room.link_maker(pass.link_id, lens).unwrap_or_default(),
            })
        };
        self.knocks.iter().filter_map(view).collect()
    }
}
