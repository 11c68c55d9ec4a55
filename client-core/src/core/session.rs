//! The connection to the server: challenge, ticket, socket, hello; and again when it is lost.
//!
//! ```text
//! Resting ──► ExpectChallenge ──► ExpectTicket ──► ExpectSocket ──► ExpectHello ──► CatchingUp ──► Online
//!    ▲                                                                                              │
//!    └───────────────────────────── any failure, with a growing wait ◄──────────────────────────────┘
//! ```
//!
//! A device that is refused twice asks for the account's device list (`ExpectRevocation`). Only that list, signed by the
//! account key, makes it erase what it has: a server that plays false, or that was restored from an old copy, does not.

use protocol::{
    Code, Millis, PROTOCOL_VERSION,
    accounts::{
        ChallengeReply, ChallengeRequest, RevocationAsk, RevocationReply, Session as Opened, SessionOpen,
    },
    limits::{HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS},
    socket::{Hello, HelloReply, Reply, Request, ServerFrame},
};

use super::{
    Core, Surroundings,
    asks::{Ask, CallAsk, HttpAsk},
    calls::on_media_tried,
    device::{Device, Ended, REVOKED},
    entering::{HttpResult, parse},
    shell::{Answer, Refusal, Shell},
    token::Token,
};
use crate::{
    api::ConnectionView,
    calls::Call,
    failure::failure,
    limits::{NUDGE_PATIENCE_MS, OVERDUE_MS, RECONNECT_FIRST_MS, RECONNECT_MAX_MS},
};

/// How far the connection is.
pub(crate) struct Session {
    state: State,
    failures: u32,
    /// Times in a row that the server did not know the device.
    refused: u8,
    heard_at: Millis,
    pinged: bool,
    /// When it was last begun to connect.
    tried_at: Millis,
    /// The network may have changed: a connection of which nothing is heard by then leads nowhere.
    pub(super) doubted_until: Option<Millis>,
    told_version: bool,
    pub(super) token: Option<Token>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing happens until somebody begins.
    Held,
    Resting {
        until: Millis,
    },
    ExpectChallenge,
    ExpectTicket,
    /// The account's device list is to say whether it is over.
    ExpectRevocation,
    ExpectSocket,
    ExpectHello,
    CatchingUp {
        listed: bool,
    },
    Online,
}

impl Session {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            state: State::Resting { until: now },
            failures: 0,
            refused: 0,
            heard_at: now,
            pinged: false,
            tried_at: now,
            doubted_until: None,
            told_version: false,
            token: None,
        }
    }

    pub(super) fn hold(&mut self) {
        self.state = State::Held;
    }

    /// Requests may go.
    pub(super) fn may_ask(&self) -> bool {
        matches!(self.state, State::CatchingUp { .. } | State::Online)
    }

    pub(super) fn listed(&mut self) {
        if let State::CatchingUp { listed } = &mut self.state {
            *listed = true;
        }
    }

    /// The list of rooms came over this connection.
    pub(super) fn knows_rooms(&self) -> bool {
        matches!(self.state, State::CatchingUp { listed: true } | State::Online)
    }

    pub(super) fn has_socket(&self) -> bool {
        matches!(
            self.state,
            State::ExpectHello | State::CatchingUp { .. } | State::Online
        )
    }

    fn rest(&mut self, shell: &Shell, least: u64) {
        let doubled = RECONNECT_FIRST_MS.saturating_mul(1 << self.failures.min(16));
        let wait = doubled.min(RECONNECT_MAX_MS).max(least);
        self.failures = self.failures.saturating_add(1);
        self.state = State::Resting {
            until: shell.now.plus(wait + shell.random.below(wait)),
        };
    }

    pub(super) fn view(&self) -> ConnectionView {
        match self.state {
            State::Online => ConnectionView::Online,
            State::Held | State::Resting { .. } if self.failures > 1 => ConnectionView::Offline,
            _ if self.failures > 2 => ConnectionView::Offline,
            _ => ConnectionView::Connecting,
        }
    }
}

impl Device {
    /// Connects now.
    pub(super) fn begin(&mut self, core: &mut Surroundings<'_>) {
        self.session.state = State::ExpectChallenge;
        self.session.tried_at = core.shell.now;
        self.session.doubted_until = None;
        let request = ChallengeRequest {
            device_id: self.identity.device_id,
        };
        core.shell
            .post(HttpAsk::Challenge, "/api/v1/session/challenge", None, &request);
    }

    pub(super) fn on_challenge(&mut self, core: &mut Surroundings<'_>, result: HttpResult) {
        if self.session.state != State::ExpectChallenge {
            return;
        }
        let reply = parse::<ChallengeReply>(result).ok();
        let nonce: Option<[u8; 32]> = reply.and_then(|reply| reply.nonce.0.try_into().ok());
        let Some(nonce) = nonce else {
            return self.session.rest(core.shell, 0);
        };
        if self.session.refused >= 2 {
            self.session.state = State::ExpectRevocation;
            let ask = RevocationAsk {
                certificate: self.identity.certificate.clone(),
                nonce: nonce.to_vec().into(),
                signature: self.identity.sign_challenge(nonce),
            };
            return core
                .shell
                .post(HttpAsk::Revoked, "/api/v1/session/revoked", None, &ask);
        }
        self.session.state = State::ExpectTicket;
        if self.visit.is_some() {
            return self.open_as_guest(core.shell, nonce);
        }
        let open = SessionOpen {
            device_id: self.identity.device_id,
            nonce: nonce.to_vec().into(),
            signature: self.identity.sign_challenge(nonce),
        };
        core.shell
            .post(HttpAsk::Open, "/api/v1/session/open", None, &open);
    }

    pub(super) fn on_ticket(&mut self, core: &mut Surroundings<'_>, result: HttpResult) {
        if self.session.state != State::ExpectTicket {
            return;
        }
        if self.visit.is_some() {
            return match self.on_guest_session(core.shell, result) {
                Some(Ok(ticket)) => {
                    self.session.state = State::ExpectSocket;
                    core.shell.open_socket(format!("/api/v1/ws?ticket={ticket}"));
                }
                Some(Err(())) => self.session.rest(core.shell, 0),
                None => self.session.hold(),
            };
        }
        match parse::<Opened>(result) {
            Ok(opened) => {
                self.session.refused = 0;
                self.session.token = Some(Token::new(opened.token.to_base64url(), core.shell.now));
                self.confirmed(core.shell);
                self.session.state = State::ExpectSocket;
                core.shell
                    .open_socket(format!("/api/v1/ws?ticket={}", opened.ticket.to_base64url()));
            }
            // A nonce may have expired on the way; a device that is refused twice is none any more.
            Err(refused) if refused.code == "unauthenticated" => {
                self.session.refused = self.session.refused.saturating_add(1);
                if self.session.refused >= 2 && !self.identity.enrolled {
                    self.never_was();
                } else {
                    self.begin(core);
                }
            }
            Err(_) => self.session.rest(core.shell, 0),
        }
    }

    /// The enrolment did not reach the server.
    fn never_was(&mut self) {
        // One that was to go on with an earlier device's store leaves that as it is.
        self.end(if self.is_shut_out() {
            Ended::ShutOut
        } else {
            Ended::Erase { reason: None }
        });
    }

    pub(super) fn on_revocation(&mut self, core: &mut Surroundings<'_>, result: HttpResult) {
        if self.session.state != State::ExpectRevocation {
            return;
        }
        match parse::<RevocationReply>(result) {
            Ok(reply) if self.identity.is_revoked_by(&reply.device_list) => self.end(Ended::Erase {
                reason: Some(REVOKED),
            }),
            Err(refused) if matches!(refused.code.as_str(), "offline" | "unavailable" | "rate_limited") => {
                self.session.rest(core.shell, 0);
            }
            _ => self.end(Ended::ShutOut),
        }
    }

    pub(super) fn on_socket_opened(&mut self, core: &mut Surroundings<'_>) {
        if self.session.state != State::ExpectSocket {
            core.shell.close_socket();
            return;
        }
        core.shell.socket_opened();
        self.session.state = State::ExpectHello;
        self.session.heard_at = core.shell.now;
        self.session.pinged = false;
        self.session.doubted_until = None;
        core.shell.request(
            Ask::Hello,
            Request::Hello(Hello {
                version: PROTOCOL_VERSION,
            }),
        );
    }

    pub(super) fn on_socket_closed(&mut self, core: &mut Surroundings<'_>) {
        let waited = self.session.has_socket() || self.session.state == State::ExpectSocket;
        if waited {
            self.session.rest(core.shell, 0);
            self.lose_connection(core);
        }
    }

    /// Everything that was asked is lost; who asked is told.
    fn lose_connection(&mut self, core: &mut Surroundings<'_>) {
        let asks = core.shell.socket_closed();
        self.disconnect_parts(core.shell);
        for ask in asks {
            self.on_answer(core, ask, Err(Refusal::Lost));
        }
    }

    /// Drops the connection from this side, and rests.
    pub(super) fn hang_up(&mut self, core: &mut Surroundings<'_>, least: u64) {
        core.shell.close_socket();
        self.session.rest(core.shell, least);
        self.lose_connection(core);
    }

    /// The network may have changed, or the device slept: a connection of before may lead nowhere, and say so only after
    /// minutes.
    pub(super) fn on_nudge(&mut self, core: &mut Surroundings<'_>) {
        let patience_ends = core.shell.now.plus(NUDGE_PATIENCE_MS);
        match self.session.state {
            State::Resting { .. } => {
                self.session.failures = 0;
                self.begin(core);
            }
            State::Online | State::CatchingUp { .. } => {
                self.ping(core);
                self.session.doubted_until.get_or_insert(patience_ends);
            }
            State::ExpectHello => {
                self.session.doubted_until.get_or_insert(patience_ends);
            }
            State::ExpectChallenge | State::ExpectTicket | State::ExpectSocket
                if core.shell.now.since(self.session.tried_at) >= NUDGE_PATIENCE_MS =>
            {
                core.shell.close_socket();
                self.begin(core);
            }
            _ => {}
        }
    }

    /// What was doubted said nothing: connects anew, at once.
    fn give_up_doubted(&mut self, core: &mut Surroundings<'_>) {
        self.hang_up(core, 0);
        self.session.failures = 0;
        self.begin(core);
    }

    fn ping(&mut self, core: &mut Surroundings<'_>) {
        if !self.session.pinged {
            self.session.pinged = true;
            core.shell.request(Ask::Ping, Request::Ping);
        }
    }

    pub(super) fn on_frame(&mut self, core: &mut Surroundings<'_>, frame: ServerFrame) {
        self.session.heard_at = core.shell.now;
        self.session.pinged = false;
        self.session.doubted_until = None;
        match frame {
            ServerFrame::Answer { id, reply } => {
                if let Some(ask) = core.shell.take_ask(id) {
                    self.on_answer(core, ask, Ok(*reply));
                }
            }
            ServerFrame::Refusal { id, problem } => {
                if let Some(ask) = core.shell.take_ask(id) {
                    self.on_answer(core, ask, Err(Refusal::Problem(problem)));
                } else {
                    tracing::warn!(code = ?problem.code, "the server refused what was not asked");
                }
            }
            ServerFrame::Event(event) => self.on_event(core, *event),
        }
    }

    fn on_answer(&mut self, core: &mut Surroundings<'_>, ask: Ask, answer: Answer) {
        match ask {
            Ask::Hello => self.on_hello(core, answer),
            Ask::Ping => {}
            Ask::RoomsList => self.on_rooms(core.shell, answer),
            Ask::People => {
                self.people.asking = false;
                if let Ok(Reply::People(people)) = answer {
                    self.on_people(core.shell, people);
                }
            }
            Ask::KeyPackagesAdd => self.key_packages_sent(),
            Ask::OwnStateGet => self.on_own_state(core.shell, answer),
            Ask::OwnStatePut => self.on_own_state_put(core.shell, answer),
            Ask::Policies => self.on_policies(core.shell, answer),
            Ask::ContactPut { contact } => self.on_contact_put(core.shell.now, contact, &answer),
            Ask::PushPut => self.on_push_put(core.shell, &answer),
            Ask::IdVideoPut { blob_id } => self.on_id_video_put(core.shell, blob_id, answer),
            Ask::LookUp { command } => self.on_looked_up(core.shell, command, answer),
            Ask::MediaTrial { command } => on_media_tried(core.shell, command, answer),
            Ask::Task { task } => self.on_task_answer(core.shell, task, answer),
            Ask::SignOut { command } => self.on_signed_out(core.shell, command),
            Ask::DeviceListPut { command } => self.on_list_put(core.shell, command, answer),
            Ask::Room { room_id, ask } => self.on_room_answer(core.shell, room_id, ask, answer),
            Ask::Call {
                ask: CallAsk::Offer { command },
                ..
            } if self.call.is_none() => {
                core.shell.fail(command, failure("call_gone"));
            }
            Ask::Call { call_id, ask } => {
                self.with_call(core.shell, |call, env| {
                    // An answer about a former call is of no use to the present one.
                    if call_id.is_none() || call.call_id() == call_id {
                        call.on_answer(env, ask, answer);
                    }
                });
            }
        }
    }

    fn on_hello(&mut self, core: &mut Surroundings<'_>, answer: Answer) {
        let hello: HelloReply = match answer {
            Ok(Reply::Hello(hello)) => hello,
            Err(Refusal::Problem(problem)) if problem.code == Code::VersionMismatch => {
                if !std::mem::replace(&mut self.session.told_version, true) {
                    core.shell.notice(failure("version_mismatch"));
                }
                return self.hang_up(core, RECONNECT_MAX_MS);
            }
            // The connection is gone already.
            Err(Refusal::Lost) => return,
            _ => return self.hang_up(core, 0),
        };
        if self.visit.is_some() {
            self.session.state = State::Online;
            self.session.failures = 0;
            self.with_call(core.shell, Call::on_online);
            return;
        }
        if !core.shell.store.can_have_written(hello.highest_batch) {
            tracing::warn!(
                batch = hello.highest_batch,
                "the server tells of a state that no device reaches"
            );
            core.shell.notice(failure("server_untrusted"));
            return self.hang_up(core, RECONNECT_MAX_MS);
        }
        if hello.highest_batch > core.shell.hello_batch() {
            self.roll_forward(core.shell, hello.highest_batch);
            self.session.failures = 0;
            self.hang_up(core, 0);
            return;
        }
        self.session.state = State::CatchingUp { listed: false };
        self.session.failures = 0;
        self.meet_server(core.shell, hello.server_generation);
        if hello.own_state_version > self.own.version() {
            self.get_own_state(core.shell);
        }
        self.meet_contacts(core.shell, hello.policies, hello.contacts);
        if hello.device_list_version > self.identity.device_list.body().version {
            self.people.want(self.identity.user_id());
        }
        self.refill_key_packages(core, hello.key_packages_left);
        self.list_rooms(core.shell);
        self.with_call(core.shell, Call::on_online);
    }

    /// Is it the server that this device knows, or one that was restored from a copy?
    fn meet_server(&mut self, shell: &mut Shell, generation: protocol::Bytes) {
        match &self.identity.server_generation {
            None => {
                self.identity.server_generation = Some(generation);
                self.save_identity(shell);
            }
            Some(known) if *known != generation => {
                tracing::warn!("the server was restored from a copy");
                self.restored = Some(generation);
            }
            Some(_) => {}
        }
    }

    /// What is due by now.
    pub(super) fn on_time(&mut self, core: &mut Surroundings<'_>) {
        self.purge(core.shell);
        self.hear_aside(core.shell);
        let now = core.shell.now;
        match self.session.state {
            State::Resting { until } if until <= now => self.begin(core),
            _ if self.session.has_socket() => {
                if self.session.doubted_until.is_some_and(|until| until <= now) {
                    self.give_up_doubted(core);
                } else if now.since(self.session.heard_at) >= HEARTBEAT_TIMEOUT_MS {
                    self.hang_up(core, 0);
                } else if now.since(self.session.heard_at) >= HEARTBEAT_MS && self.may_ask() {
                    self.ping(core);
                }
            }
            _ => {}
        }
        // That time passed is news too, where nothing else happens.
        let before = std::mem::replace(&mut self.looked_at, now);
        let mut turning = self.rooms.values().filter_map(|room| room.stale_at());
        self.changed |= turning.any(|at| before < at && at <= now);
        let due = |at: Millis| at <= now;
        if self.rooms.values().any(|room| room.wakes(now).any(due)) {
            let (mut env, parts) = self.split(core.shell);
            for room in parts.rooms.values_mut() {
                room.on_time(&mut env);
            }
            self.after_rooms(core.shell);
        }
        let online = self.may_ask();
        if self.call.as_ref().is_some_and(|call| call.wakes(online).any(due)) {
            self.with_call(core.shell, Call::on_time);
        }
        self.ask_for_missing(core.shell);
        self.tell_contacts(core);
        self.drive_id_video(core.shell);
        self.drive_push(core.shell);
        self.delete_blobs(core.shell);
        let idle = !self.listing && self.rooms.values().all(|room| room.is_caught_up());
        if self.session.state == (State::CatchingUp { listed: true }) && idle {
            self.session.state = State::Online;
        }
    }

    /// See [`super::Core::is_settled`].
    pub(super) fn is_settled(&self, now: Millis) -> bool {
        let cards = !self.people.asking && !self.people.has_wanted();
        let mut rooms = self.rooms.values();
        self.session.state == State::Online
            && !self.listing
            && cards
            && rooms.all(|room| room.is_settled(now))
    }

    /// When something is to be done. What is due and was not done just now waits for an answer or the connection, which
    /// comes as an input; the device is not kept awake for it.
    pub(super) fn next_wake(&self, now: Millis) -> Option<Millis> {
        if self.session.state == State::Held {
            return None;
        }
        let session = match self.session.state {
            State::Resting { until } => Some(until),
            _ if self.session.has_socket() => {
                let wait = if self.session.pinged {
                    HEARTBEAT_TIMEOUT_MS
                } else {
                    HEARTBEAT_MS
                };
                let beat = self.session.heard_at.plus(wait);
                Some(self.session.doubted_until.map_or(beat, |until| beat.min(until)))
            }
            _ => None,
        };
        let own = self.own.put_due().filter(|_| self.session.knows_rooms());
        let online = self.may_ask();
        let rooms = self.rooms.values().filter(|_| online);
        let rooms = rooms.flat_map(|room| room.wakes(now));
        let call = self.call.iter().flat_map(|call| call.wakes(online));
        let blobs = self.files.wakes().filter(|_| online);
        let ends = self
            .rooms
            .values()
            .filter_map(|room| room.next_end())
            .chain(self.files.next_end());
        let wakes = [session, own, blobs, self.id_video_wakes(), self.push_wakes()]
            .into_iter()
            .flatten()
            .chain(rooms)
            .chain(call)
            .chain(ends);
        wakes
            .map(|at| if at > now { at } else { now.plus(OVERDUE_MS) })
            .min()
    }
}

impl Core {
    pub(super) fn on_text(&mut self, text: &str) {
        match serde_json::from_str::<ServerFrame>(text) {
            Ok(frame) => self.with_device(|device, core| device.on_frame(core, frame)),
            Err(error) => tracing::warn!(%error, "a frame of the server cannot be read"),
        }
    }

    pub(super) fn on_http(&mut self, id: u64, result: HttpResult) {
        match self.shell.take_http(id) {
            Some(HttpAsk::Invitation { command }) => self.on_invitation(command, result),
            Some(HttpAsk::GuestLink { command }) => self.on_guest_link(command, result),
            Some(HttpAsk::Pairing { number, ask }) => self.on_pairing(number, ask, result),
            Some(HttpAsk::Account) => self.on_account(result),
            Some(HttpAsk::Challenge) => self.with_device(|device, core| device.on_challenge(core, result)),
            Some(HttpAsk::Revoked) => self.with_device(|device, core| device.on_revocation(core, result)),
            Some(HttpAsk::Open) => self.with_device(|device, core| device.on_ticket(core, result)),
            Some(HttpAsk::DeleteBlob { blob_id, token }) => {
                self.with_device(|device, core| device.on_blob_deleted(core.shell, blob_id, &token, result));
            }
            None => {}
        }
    }
}
