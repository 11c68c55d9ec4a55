//! The outbox: what is written leaves in order, once, whatever happens in between.

use protocol::{
    Bytes, Code, MessageId, Millis, Seq, UserId,
    identity::Certificate,
    policies::Verify,
    push::Wake,
    socket::{Accepted, Entry, Reply, Request, RoomKindTag, RoomRef, RoomSend},
};

use super::{
    acts::act_in,
    aside::Place,
    contacts::is_id_video,
    env::Env,
    founding::is_passing,
    receipts::Seen,
    state::Room,
    stored::{OutState, Outgoing, Sealed},
};
use crate::{
    api::{self, Delivery},
    core::{
        asks::{Ask, RoomAsk},
        shell::{Answer, Refusal},
    },
    failure::{failure, of_refusal},
    files::SaidFile,
    messages::{Act, Acts, Body, Content, Envelope, History, Life, ListHead, Message, Timers},
};

impl Room {
    /// Puts content into the outbox; `body` is what the own history shows of it, if anything.
    pub(crate) fn send_content(
        &mut self,
        env: &mut Env<'_>,
        content: Content,
        body: Option<Body>,
    ) -> MessageId {
        self.send_content_as(env, None, content, Timers::default(), body)
    }

    /// [`Self::send_content`] under an id that was drawn elsewhere. One that somebody's message has is replaced.
    pub(crate) fn send_content_as(
        &mut self,
        env: &mut Env<'_>,
        message_id: Option<MessageId>,
        content: Content,
        timers: Timers,
        body: Option<Body>,
    ) -> MessageId {
        let message_id = message_id.filter(|id| self.history.get(*id).is_none());
        let message_id = message_id.unwrap_or_else(|| env.message_id());
        let list = &env.identity.device_list;
        let relations = content.relations();
        let envelope = Envelope {
            id: message_id,
            at: env.now(),
            content,
            list: Some(ListHead {
                version: list.body().version,
                hash: list.hash(),
            }),
            timers,
        };
        let out = Outgoing {
            number: self.next_out,
            message_id,
            content: envelope.encode().to_vec().into(),
            sealed: None,
            state: OutState::Waiting,
        };
        self.next_out = self.next_out.saturating_add(1);
        out.save(&mut env.shell.store, self.id);
        self.outbox.push_back(out);
        if let Some(body) = body {
            let message = Message {
                id: message_id,
                order: self.history.next_unsent(),
                author: env.me(),
                device: env.identity.device_id,
                sent_at: env.now(),
                body,
                delivery: Delivery::Sending,
                re: relations.re,
                mentions: relations.mentions,
                forwarded: relations.forwarded,
                acts: Acts::default(),
                life: Life::new(timers),
            };
            self.history.put(&mut env.shell.store, message);
        }
        self.drive(env);
        message_id
    }

    /// Timers, no longer than the room's caps.
    pub(crate) fn clamp(&self, timers: Timers) -> Timers {
        match self.settings() {
            Some(settings) => timers.clamped(settings),
            None => timers,
        }
    }

    /// Whether this device has written a message under this id.
    pub(crate) fn has_own(&self, env: &Env<'_>, id: MessageId) -> bool {
        let message = self.history.get(id);
        message.is_some_and(|message| message.device == env.identity.device_id)
    }

    pub(crate) fn restore_outgoing(&mut self, out: Outgoing) {
        self.next_out = self.next_out.max(out.number.saturating_add(1));
        self.outbox.push_back(out);
    }

    /// Tries a message again that was given up. Answers whether there is one.
    pub(crate) fn retry(&mut self, env: &mut Env<'_>, message_id: MessageId) -> bool {
        let Some(out) = self.outbox.iter_mut().find(|out| out.message_id == message_id) else {
            return false;
        };
        out.state = OutState::Waiting;
        out.save(&mut env.shell.store, self.id);
        self.show_delivery(env, message_id, Delivery::Sending);
        self.drive(env);
        true
    }

    /// Sends the first message that waits, encrypted for the epoch as it is now.
    pub(super) fn send_next(&mut self, env: &mut Env<'_>) {
        let (generation, kind) = (self.stored.generation, self.stored.kind);
        let Some(group) = &mut self.group else { return };
        let epoch = group.epoch();
        let Some(out) = self.outbox.iter_mut().find(|out| out.state == OutState::Waiting) else {
            return;
        };
        let fits = |sealed: &Sealed| sealed.generation == generation && sealed.epoch == epoch;
        if !out.sealed.as_ref().is_some_and(fits) {
            match group.encrypt(env.mls, env.key, &out.content) {
                Ok(payload) => {
                    out.sealed = Some(Sealed {
                        generation,
                        epoch,
                        payload: payload.into(),
                    })
                }
                Err(error) => {
                    tracing::warn!(room.id = %self.id, %error, "cannot encrypt");
                    return;
                }
            }
            out.save(&mut env.shell.store, self.id);
        }
        let Some(sealed) = &out.sealed else { return };
        let message_id = out.message_id;
        let envelope = Envelope::decode(&out.content);
        let expires_at = envelope
            .as_ref()
            .and_then(|envelope| Some(envelope.at.plus(envelope.timers.ttl?)));
        let content = envelope.map(|envelope| envelope.content);
        let request = Request::RoomSend(RoomSend {
            room_id: self.id,
            generation,
            epoch,
            message_id,
            payload: Bytes(sealed.payload.to_vec()),
            expires_at,
            // The server need not know it where it makes no difference.
            introduces: env.people.verify() == Verify::Required
                && matches!(content, Some(Content::IdVideo { .. })),
            wakes: content.map_or(Wake::Nobody, |content| wake_for(&content, kind)),
        });
        self.ask(env, RoomAsk::Send { message_id }, request);
    }

    pub(super) fn on_sent(&mut self, env: &mut Env<'_>, message_id: MessageId, answer: Answer) {
        match answer {
            Ok(Reply::Accepted(Accepted { seq, sent_at })) => {
                self.races = 0;
                self.stuck_since = None;
                self.at_least(seq);
                // Already gone from the outbox where the log was faster than the answer.
                if let Some(out) = self.outbox.iter_mut().find(|out| out.message_id == message_id) {
                    out.state = OutState::Accepted;
                    out.save(&mut env.shell.store, self.id);
                    let content = out.content.clone();
                    self.place_own(env, message_id, &content, seq, sent_at);
                }
                self.settled();
                if self.is_owed_entries() {
                    self.waiting_since = Some(env.now());
                }
            }
            Err(Refusal::Lost) => {}
            Err(Refusal::Problem(problem)) if problem.code == Code::StaleEpoch => self.stale_epoch(env),
            // Under this id it is in the log already, as after a rollback: it arrived.
            Err(Refusal::Problem(problem)) if problem.code == Code::DuplicateId => {
                self.arrived_before(env, message_id);
            }
            Err(refusal) if is_passing(&refusal) => self.retry_later(env, &refusal),
            Ok(_) => self.retry_later(env, &Refusal::Lost),
            Err(refusal) => {
                tracing::warn!(room.id = %self.id, ?refusal, "message given up");
                self.give_up(env, message_id);
                self.settled();
                env.notes.want_rooms = true;
            }
        }
    }

    /// A message stays, to be tried again by hand; an act is undone, and the person told.
    fn give_up(&mut self, env: &mut Env<'_>, message_id: MessageId) {
        let Some(place) = self.outbox.iter().position(|out| out.message_id == message_id) else {
            return;
        };
        let Some(out) = self.outbox.get_mut(place) else {
            return;
        };
        if is_id_video(&out.content) {
            let out = self.outbox.remove(place);
            env.shell
                .store
                .delete(out.map(|out| out.record(self.id)).unwrap_or_default());
            self.history.remove(&mut env.shell.store, message_id);
            return self.id_video_refused(env);
        }
        if let Some((of, _)) = act_in(&out.content) {
            env.shell.store.delete(out.record(self.id));
            self.outbox.remove(place);
            self.history
                .change(&mut env.shell.store, of, |message| message.end_await(message_id));
            return env.shell.notice(failure("act_refused"));
        }
        if self.history.get(message_id).is_none() {
            // Nobody could try it again.
            env.shell.store.delete(out.record(self.id));
            self.outbox.remove(place);
            return;
        }
        out.state = OutState::Failed;
        out.save(&mut env.shell.store, self.id);
        self.show_delivery(env, message_id, Delivery::Failed);
        self.drop_acts_on(&mut env.shell.store, message_id);
    }

    fn arrived_before(&mut self, env: &mut Env<'_>, message_id: MessageId) {
        let place = self.outbox.iter().position(|out| out.message_id == message_id);
        if let Some(out) = place.and_then(|place| self.outbox.remove(place)) {
            env.shell.store.delete(out.record(self.id));
            let (seq, now) = (self.known_last, env.now());
            self.place_own(env, message_id, &out.content, seq, now);
        }
        self.settled();
    }

    /// The log shows a message of ours.
    pub(super) fn settle_own(&mut self, env: &mut Env<'_>, out: &Outgoing, entry: &Entry) {
        self.place_own(env, out.message_id, &out.content, entry.seq, entry.sent_at);
        let content = Envelope::decode(&out.content).map(|envelope| envelope.content);
        match content {
            Some(Content::RoomState { title }) => self.set_title(env, entry.seq, &title),
            Some(Content::RoomFace(change)) => {
                let me = env.me();
                self.settle_face(&mut env.shell.store, me, entry.seq, &change);
            }
            _ => {}
        }
    }

    /// What this device sent has its place in the log now.
    fn place_own(
        &mut self,
        env: &mut Env<'_>,
        message_id: MessageId,
        content: &[u8],
        seq: Seq,
        sent_at: Millis,
    ) {
        if let Some((of, act)) = act_in(content) {
            return self.take_act(env, message_id, seq, of, &act, env.me());
        }
        let settings = self.settings().cloned();
        self.history.change(&mut env.shell.store, message_id, |message| {
            message.order = History::place(seq, 0);
            message.sent_at = message.sent_at.min(sent_at);
            message.delivery = Delivery::Sent;
            // Who wrote it has read it; what did not leave yet does not burn.
            message.life.read(message.sent_at);
            if let Some(settings) = settings.filter(|_| !message.body.is_event()) {
                message.life.cap(&settings);
            }
        });
    }

    fn show_delivery(&mut self, env: &mut Env<'_>, message_id: MessageId, delivery: Delivery) {
        self.history.change(&mut env.shell.store, message_id, |message| {
            message.delivery = delivery
        });
    }

    /// A message of somebody else (or of another own device) was opened.
    pub(super) fn take_content(
        &mut self,
        env: &mut Env<'_>,
        place: Place,
        certificate: &Certificate,
        envelope: Envelope,
    ) {
        let author = certificate.body().user_id;
        let mut life = Life::new(self.clamp(envelope.timers));
        // Neither a sender's clock nor the server's may move a message into the future of the other.
        let sent_at = envelope.at.min(place.sent_at).min(env.now());
        let read_at = if author == env.me() {
            Some(sent_at)
        } else {
            self.was_read(place.seq, sent_at)
        };
        if let Some(at) = read_at {
            life.read(at);
        }
        match self.hears(env, certificate, &envelope.content) {
            true => self.take_heard(env, place, certificate, envelope, life),
            false => self.put_aside(env, place, certificate, &envelope, life),
        }
    }

    /// What was opened, and may be heard, is taken.
    pub(super) fn take_heard(
        &mut self,
        env: &mut Env<'_>,
        place: Place,
        certificate: &Certificate,
        envelope: Envelope,
        life: Life,
    ) {
        let author = certificate.body();
        if let Some(head) = envelope.list
            && env.people.heard_of_list(author.user_id, head)
        {
            env.shell.notice(failure("server_untrusted"));
        }
        let content = match Act::of(envelope.content) {
            Ok((of, act)) => {
                return self.take_act(env, envelope.id, place.seq, of, &act, author.user_id);
            }
            Err(content) => content,
        };
        let relations = content.relations();
        let body = match content {
            Content::Text { text, .. } => Body::Text(text),
            Content::File {
                file, text, secret, ..
            } => Body::File(Box::new(SaidFile {
                file: *file,
                text,
                upload_secret: secret.filter(|_| self.kind() == RoomKindTag::Direct),
            })),
            Content::BrokenFile => Body::BrokenFile,
            Content::RoomState { title } => {
                if self.may_add(author.user_id) {
                    self.set_title_by(env, place, author.user_id, &title);
                }
                return;
            }
            Content::RoomFace(change) => return self.take_face(env, place, author.user_id, &change),
            Content::IdVideo { video, day } => {
                let at = envelope.at.min(place.sent_at).min(env.now());
                if !self.take_id_video(env, certificate, at, *video, day) {
                    return;
                }
                happened("id_video", author.user_id)
            }
            Content::Read { rooms } => {
                if author.user_id == env.me() {
                    // By the own device's word: the server's would let it burn what it cannot take back.
                    let at = envelope.at.min(env.now());
                    let read = rooms.into_iter().map(|(room_id, seq)| (room_id, seq, at));
                    env.notes.read_elsewhere.extend(read);
                }
                return;
            }
            Content::Receipt { got, read } => {
                let seen = Seen { got, read };
                return self.take_receipt(&mut env.shell.store, author.user_id, seen, place.seq);
            }
            Content::CallStarted { call_id } => {
                self.begin_ring(env, call_id, author.user_id, false);
                happened("call_started", author.user_id)
            }
            Content::CallDeclined { call_id } => {
                if !self.end_ring(call_id, author.user_id, true) {
                    return;
                }
                happened("call_declined", author.user_id)
            }
            Content::CallMissed { call_id } => {
                if !self.end_ring(call_id, author.user_id, false) {
                    return;
                }
                happened("call_missed", author.user_id)
            }
            Content::GuestLink {
                link_id,
                secret,
                expires_at,
            } => {
                if !self.may_admit(author.user_id) || self.guest_link(link_id).is_some() {
                    return;
                }
                env.notes.members_changed.push(self.id);
                Body::GuestLink {
                    link_id,
                    secret,
                    expires_at,
                    revoked: false,
                }
            }
            Content::GuestLinkRevoked { link_id } => {
                if !self.may_admit(author.user_id) || !self.revoke_guest_link(env, link_id) {
                    return;
                }
                happened("guest_link_revoked", author.user_id)
            }
            // Of calls; they have no meaning in a room.
            Content::Edit { .. }
            | Content::React { .. }
            | Content::Delete { .. }
            | Content::GuestWelcome { .. }
            | Content::Name { .. }
            | Content::CallEnded { .. }
            | Content::Presence { .. }
            | Content::Reaction { .. }
            | Content::Ask { .. } => return,
            unknown @ Content::Unknown { .. } => {
                let kept = Envelope {
                    id: envelope.id,
                    at: envelope.at,
                    content: unknown,
                    list: envelope.list,
                    timers: envelope.timers,
                };
                Body::Unknown(kept.encode().to_vec().into())
            }
        };
        let own = author.user_id == env.me();
        let sent_at = envelope.at.min(place.sent_at).min(env.now());
        // What happened has no life of its own, only a time at which the user saw it.
        let life = match body.is_event() {
            true => life.endless(),
            false => life,
        };
        if life.ends_at(sent_at).is_some_and(|at| at <= env.now()) {
            return;
        }
        let message = Message {
            id: envelope.id,
            order: History::place(place.seq, 0),
            author: author.user_id,
            device: author.device_id,
            sent_at,
            body,
            delivery: if own { Delivery::Sent } else { Delivery::Received },
            re: relations.re,
            mentions: relations.mentions,
            forwarded: relations.forwarded,
            acts: Acts::default(),
            life,
        };
        self.signs.said(message.author);
        if self.history.get(message.id).is_none() {
            self.history.put(&mut env.shell.store, message);
        }
    }

    /// Leaves the room; the members are asked to remove the leaves.
    pub(crate) fn leave(&mut self, env: &mut Env<'_>, command: u32) {
        let ask = Ask::Room {
            room_id: self.id,
            ask: RoomAsk::Leave { command },
        };
        env.shell
            .request(ask, Request::RoomLeave(RoomRef { room_id: self.id }));
    }

    pub(super) fn on_left(&mut self, env: &mut Env<'_>, command: u32, answer: Answer) {
        match answer {
            Ok(_) => {
                self.gone = true;
                self.over = true;
                env.shell.reply(command, api::Reply::Done);
            }
            Err(refusal) => env.shell.fail(command, of_refusal(&refusal)),
        }
    }
}

/// Whether it is worth waking the others' devices.
fn wake_for(content: &Content, kind: RoomKindTag) -> Wake {
    match content {
        Content::CallStarted { .. } if kind == RoomKindTag::Direct => Wake::Call,
        Content::CallStarted { .. }
        | Content::Text { .. }
        | Content::File { .. }
        | Content::IdVideo { .. } => Wake::Message,
        _ => Wake::Nobody,
    }
}

pub(super) fn happened(code: &str, by: UserId) -> Body {
    Body::Happened {
        code: code.to_owned(),
        users: [("by".to_owned(), by)].into(),
        texts: Default::default(),
    }
}
