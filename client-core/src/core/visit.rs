//! A guest's visit to the call of one room: what the link leads to, the session by it, and how far the guest is.

use protocol::{
    GuestLinkId, RoomId,
    accounts::{GuestLinkLookUp, GuestLinkView, GuestSession, GuestSessionOpen},
    identity::guest_name,
    socket::{CallSummary, GuestDoor, RoomKindTag},
};

use super::{
    Core,
    asks::HttpAsk,
    device::Device,
    entering::{Entering, HttpResult, parse},
    shell::Shell,
};
use crate::{
    api::{Command, DoorView, Failure, GuestView, Reply, RoomKeys, RoomView, Secret},
    calls::GuestEnv,
    failure::{failure, failure_with},
    group::{DeviceKey, SUITE_NAME},
    identity::{Identity, LinkSecret},
};

/// The visit.
pub(crate) struct Visit {
    secret: LinkSecret,
    room_id: RoomId,
    invited_by: String,
    /// What the room is called, once a member of it has said so.
    pub(super) title: String,
    pub(super) door: DoorView,
}

impl Visit {
    pub(super) fn env(&self) -> GuestEnv<'_> {
        GuestEnv { secret: &self.secret }
    }

    pub(super) fn view(&self) -> GuestView {
        GuestView {
            room_id: self.room_id,
            invited_by: self.invited_by.clone(),
            door: self.door,
        }
    }

    /// The one room that a guest has, as far as it sees it.
    pub(super) fn room_view(&self) -> RoomView {
        RoomView {
            room_id: self.room_id,
            kind: RoomKindTag::Room,
            title: self.title.clone(),
            about: String::new(),
            picture: None,
            members: vec![],
            may_add: false,
            moderator: false,
            may_admit: false,
            // Of its call, that says so.
            ttl_ms: 0,
            burn_ms: 0,
            may_set_timers: false,
            ends_at: None,
            constant_bitrate: false,
            guest_links: vec![],
            refusal: None,
            aside: 0,
            aside_from: None,
            keys: RoomKeys::Ready,
            muted: false,
            draft: String::new(),
            unread: 0,
            named: false,
            preview: String::new(),
            preview_file: None,
            active_at: protocol::Millis(0),
            call: None,
            epoch: 0,
            suite: SUITE_NAME.to_owned(),
        }
    }
}

/// What a guest may wish for; the rest belongs to accounts.
pub(super) fn is_for_guests(command: &Command) -> bool {
    matches!(
        command,
        Command::SignOut
            | Command::JoinCall { .. }
            | Command::LeaveCall
            | Command::MediaOffer { .. }
            | Command::ShowVideo { .. }
            | Command::SetMedia { .. }
            | Command::SayInCall { .. }
            | Command::React { .. }
    )
}

impl Core {
    pub(super) fn become_guest(&mut self, command: u32, link_id: &str, secret: &Secret, name: &str) {
        let secret =
            protocol::Bytes::from_base64url(&secret.0).and_then(|bytes| LinkSecret::from_slice(&bytes.0));
        let name = guest_name(name);
        match (link_id.parse::<GuestLinkId>(), secret, name) {
            _ if !matches!(self.entering, Entering::Idle) || self.device.is_some() => {
                self.shell.fail(command, failure("not_ready"));
            }
            (Ok(link_id), Some(secret), Some(name)) => {
                self.entering = Entering::ExpectGuestLink {
                    link_id,
                    secret,
                    name,
                };
                let ask = HttpAsk::GuestLink { command };
                self.shell
                    .post(ask, "/api/v1/guest/link", None, &GuestLinkLookUp { link_id });
            }
            (Ok(_), Some(_), None) => {
                let most = protocol::limits::MAX_GUEST_NAME_LEN.to_string();
                self.shell.fail(command, failure_with("guest_name", "max", most));
            }
            // A link that was cut short, most likely.
            _ => self.shell.fail(command, failure("link_malformed")),
        }
    }

    pub(super) fn on_guest_link(&mut self, command: u32, result: HttpResult) {
        let Entering::ExpectGuestLink {
            link_id,
            secret,
            name,
        } = std::mem::take(&mut self.entering)
        else {
            return;
        };
        let made =
            parse::<GuestLinkView>(result).and_then(|link| self.make_guest(link_id, secret, name, link));
        match made {
            Ok((device, room_id)) => {
                self.device = Some(Box::new(device));
                self.reply(command, Reply::Room { room_id });
            }
            Err(failed) if failed.code == "not_found" => self.shell.fail(command, failure("link_unknown")),
            Err(failed) => self.shell.fail(command, failed),
        }
    }

    fn make_guest(
        &self,
        link_id: GuestLinkId,
        secret: LinkSecret,
        name: String,
        link: GuestLinkView,
    ) -> Result<(Device, RoomId), Failure> {
        let random = &self.shell.random;
        let key = DeviceKey::generate(random);
        let public = key.public().ok_or_else(|| failure("internal"))?;
        let pass = secret.pass(link.network_id, link_id, public, name);
        let identity = Identity::of_guest(pass, &key, random, self.shell.now);
        let identity = identity.map_err(|_| failure("internal"))?;
        let visit = Visit {
            secret,
            room_id: link.room_id,
            invited_by: link.by,
            title: String::new(),
            door: DoorView::Outside,
        };
        let device = Device::guest(identity, visit, random.clone(), self.shell.now);
        Ok((device, link.room_id))
    }
}

impl Device {
    /// Asks for a session by the pass.
    pub(super) fn open_as_guest(&self, shell: &mut Shell, nonce: [u8; 32]) {
        let open = GuestSessionOpen {
            pass: self.identity.certificate.encode().into(),
            nonce: nonce.to_vec().into(),
            signature: self.identity.sign_challenge(nonce),
        };
        shell.post(HttpAsk::Open, "/api/v1/guest/session", None, &open);
    }

    /// The answer to it: the path of the WebSocket, or nothing where there will be none.
    pub(super) fn on_guest_session(
        &mut self,
        shell: &mut Shell,
        result: HttpResult,
    ) -> Option<Result<String, ()>> {
        let refused = match parse::<GuestSession>(result) {
            Ok(session) => return Some(Ok(session.ticket.to_base64url())),
            Err(refused) => refused,
        };
        let door = match refused.code.as_str() {
            "link_expired" => GuestDoor::LinkExpired,
            "link_revoked" | "not_found" => GuestDoor::LinkRevoked,
            _ => return Some(Err(())),
        };
        self.on_guest_door(shell, door);
        None
    }

    /// How the knocking stands.
    pub(super) fn on_guest_door(&mut self, shell: &mut Shell, door: GuestDoor) {
        if let Some(visit) = &mut self.visit {
            visit.door = match door {
                GuestDoor::NoCall => DoorView::NoCall,
                GuestDoor::Waiting => DoorView::Waiting,
                GuestDoor::Denied => DoorView::Denied,
                GuestDoor::LinkExpired => DoorView::LinkExpired,
                GuestDoor::LinkRevoked => DoorView::LinkRevoked,
            };
            self.changed = true;
        }
        self.with_call(shell, |call, env| call.on_door(env, door));
    }

    /// A guest asks to come into the call.
    pub(super) fn begin_to_knock(&mut self) {
        if let Some(visit) = &mut self.visit {
            visit.door = DoorView::Knocking;
        }
    }

    pub(super) fn note_call_ended(&mut self, room_id: RoomId, call: Option<&CallSummary>) {
        if let Some(visit) = self.visit.as_mut().filter(|visit| visit.room_id == room_id)
            && call.is_none()
            && visit.door == DoorView::Admitted
        {
            visit.door = DoorView::Outside;
        }
    }
}
