//! Links by which guests may ask to come into a room's calls. The server is told of the link without its secret; the room is
//! told of both, so that every member can judge who comes by it.
//!
//! Who comes into the room later is told of the links that are good still by whoever adds it. A device that joins from
//! outside, and hears of a link never, lets nobody in by it.

use protocol::{
    GuestLinkId, Millis, UserId,
    identity::GuestLink,
    limits::{MAX_GUEST_LINK_LIFE_MS, MAX_GUEST_LINKS},
    room_settings::RoomKind,
    socket::{GuestLinkPut, GuestLinkRef, Request},
};

use super::{Lens, env::Env, send::happened, state::Room};
use crate::{
    api::{self, Failure, GuestLinkView},
    core::{
        asks::{Ask, RoomAsk},
        shell::Answer,
    },
    failure::{failure, of_refusal},
    group::Group,
    identity::LinkSecret,
    messages::{Body, Content, Message},
    sorted::SortedMap,
};

/// A link on its way to the server.
pub(crate) struct NewLink {
    link_id: GuestLinkId,
    secret: LinkSecret,
    expires_at: Millis,
}

impl Room {
    /// Whether a user may make guest links here, and let guests in.
    pub(crate) fn may_admit(&self, user_id: UserId) -> bool {
        let kind = self.group().map(|group| group.settings().kind);
        kind == Some(RoomKind::Room) && self.may_add(user_id)
    }

    pub(crate) fn make_guest_link(
        &mut self,
        env: &mut Env<'_>,
        command: u32,
        life_ms: u64,
    ) -> Result<(), Failure> {
        if !self.may_admit(env.me()) {
            return Err(failure("forbidden"));
        }
        if self.live_links(env.now()).count() >= MAX_GUEST_LINKS {
            return Err(failure("full"));
        }
        let new = NewLink {
            link_id: GuestLinkId::from_random(env.shell.random.array()),
            secret: LinkSecret::generate(&env.shell.random),
            expires_at: env.now().plus(life_ms.min(MAX_GUEST_LINK_LIFE_MS)),
        };
        let link_id = new.link_id;
        let link = GuestLink {
            link_id,
            room_id: self.id,
            device_id: env.identity.device_id,
            expires_at: new.expires_at,
        };
        let put = GuestLinkPut {
            link_id,
            room_id: self.id,
            expires_at: new.expires_at,
            signature: env.key.sign_bytes(&link.to_be_signed()),
        };
        self.new_links.push(new);
        self.ask_aside(
            env,
            RoomAsk::GuestLinkPut { command, link_id },
            Request::GuestLinkPut(put),
        );
        Ok(())
    }

    pub(super) fn on_guest_link_put(
        &mut self,
        env: &mut Env<'_>,
        command: u32,
        link_id: GuestLinkId,
        answer: &Answer,
    ) {
        let at = self.new_links.iter().position(|new| new.link_id == link_id);
        let new = at.map(|at| self.new_links.swap_remove(at));
        match (answer, new) {
            (Ok(_), Some(new)) => {
                let content = Content::GuestLink {
                    link_id,
                    secret: new.secret.clone(),
                    expires_at: new.expires_at,
                };
                let body = Body::GuestLink {
                    link_id,
                    secret: new.secret,
                    expires_at: new.expires_at,
                    revoked: false,
                };
                self.send_content(env, content, Some(body));
                env.notes.members_changed.push(self.id);
                env.shell.reply(command, api::Reply::GuestLink { link_id });
            }
            (Err(refusal), _) => env.shell.fail(command, of_refusal(refusal)),
            (Ok(_), None) => env.shell.fail(command, failure("internal")),
        }
    }

    pub(crate) fn withdraw_guest_link(
        &mut self,
        env: &mut Env<'_>,
        command: u32,
        link_id: GuestLinkId,
    ) -> Result<(), Failure> {
        if !self.may_admit(env.me()) {
            return Err(failure("forbidden"));
        }
        self.guest_link(link_id).ok_or_else(|| failure("not_found"))?;
        let request = Request::GuestLinkRevoke(GuestLinkRef {
            room_id: self.id,
            link_id,
        });
        self.ask_aside(env, RoomAsk::GuestLinkRevoke { command, link_id }, request);
        Ok(())
    }

    pub(super) fn on_guest_link_revoked(
        &mut self,
        env: &mut Env<'_>,
        command: u32,
        link_id: GuestLinkId,
        answer: &Answer,
    ) {
        match answer {
            Ok(_) => {
                self.revoke_guest_link(env, link_id);
                let body = happened("guest_link_revoked", env.me());
                self.send_content(env, Content::GuestLinkRevoked { link_id }, Some(body));
                env.shell.reply(command, api::Reply::Done);
            }
            Err(refusal) => env.shell.fail(command, of_refusal(refusal)),
        }
    }

    /// Whether there was such a link, and it was good.
    pub(super) fn revoke_guest_link(&mut self, env: &mut Env<'_>, link_id: GuestLinkId) -> bool {
        let Some(id) = self.guest_link(link_id).map(|message| message.id) else {
            return false;
        };
        let mut was_good = false;
        self.history.change(&mut env.shell.store, id, |message| {
            if let Body::GuestLink { revoked, .. } = &mut message.body {
                was_good = !std::mem::replace(revoked, true);
            }
        });
        env.notes.members_changed.push(self.id);
        was_good
    }

    /// For who was added just now, and saw nothing of before.
    pub(super) fn tell_guest_links(&mut self, env: &mut Env<'_>) {
        let links: Vec<Content> = self
            .live_links(env.now())
            .filter_map(|message| match &message.body {
                Body::GuestLink {
                    link_id,
                    secret,
                    expires_at,
                    ..
                } => Some(Content::GuestLink {
                    link_id: *link_id,
                    secret: secret.clone(),
                    expires_at: *expires_at,
                }),
                _ => None,
            })
            .collect();
        for link in links {
            self.send_content(env, link, None);
        }
    }

    pub(super) fn guest_link(&self, wanted: GuestLinkId) -> Option<&Message> {
        let mut links = self.history.guest_links();
        links.find(|message| matches!(&message.body, Body::GuestLink { link_id, .. } if *link_id == wanted))
    }

    fn live_links(&self, now: Millis) -> impl Iterator<Item = &Message> {
        let is_live = move |message: &&Message| matches!(&message.body, Body::GuestLink { expires_at, revoked: false, .. } if *expires_at > now);
        self.history.guest_links().filter(is_live)
    }

    /// Links that the room's members go by, with their secrets. One whose time is over is among them: whether it lets
    /// anybody ask is judged by the server's clock, and by who lets in.
    pub(crate) fn link_secrets(&self) -> SortedMap<GuestLinkId, LinkSecret> {
        let links = self.history.guest_links();
        let good = links.filter_map(|message| match &message.body {
            Body::GuestLink {
                link_id,
                secret,
                revoked: false,
                ..
            } => Some((*link_id, secret.clone())),
            _ => None,
        });
        good.collect()
    }

    /// Who made a link.
    pub(crate) fn link_maker(&self, link_id: GuestLinkId, lens: Lens<'_>) -> Option<String> {
        let author = self.guest_link(link_id)?.author;
        Some(lens.people.name(author, self.certificate_of(author)))
    }

    /// What is to be shown of the links that are good, the newest first.
    pub(super) fn guest_link_views(&self, lens: Lens<'_>) -> Vec<GuestLinkView> {
        let view = |message: &Message| match &message.body {
            Body::GuestLink {
                link_id,
                secret,
                expires_at,
                ..
            } => Some(GuestLinkView {
                link_id: *link_id,
                secret: protocol::Bytes::from(secret.as_bytes().as_slice()).to_base64url(),
                expires_at: *expires_at,
                by: lens
                    .people
                    .name(message.author, self.certificate_of(message.author)),
                mine: message.author == lens.me,
            }),
            _ => None,
        };
        let mut views: Vec<_> = self.live_links(lens.now).filter_map(view).collect();
        views.sort_by_key(|view| std::cmp::Reverse(view.expires_at));
        views
    }

    /// A request beside what the room does in order.
    fn ask_aside(&self, env: &mut Env<'_>, ask: RoomAsk, request: Request) {
        let ask = Ask::Room {
            room_id: self.id,
            ask,
        };
        env.shell.request(ask, request);
    }

    pub(crate) fn settings(&self) -> Option<&protocol::room_settings::RoomSettings> {
        self.group().map(Group::settings)
    }
}
