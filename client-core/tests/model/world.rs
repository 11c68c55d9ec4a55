//! Devices, their stores, and the time that passes for all of them.

use std::collections::{BTreeMap, VecDeque};

use conclave_client_core::{
    Core, Options, PasswordCost,
    api::{
        BodyView, CallMessageView, CallView, Command, ConnectionView, Delivery, Event, Input, MediaUpdate,
        MessageView, Output, PairingView, ParticipantAsk, Reaction, Reply, RoomView, Secret, SessionView,
        Start,
    },
};
use protocol::{DeviceId, MessageId, Millis, RoomId};

use super::{Conduct, Honest, Server, raw};

pub const PASSWORD: &str = "correct horse battery";

/// One installation: what survives a crash, and what does not.
pub struct Installation {
    pub email: String,
    pub core: Option<Core>,
    pub store: BTreeMap<String, Vec<u8>>,
    key: [u8; 32],
    inbox: VecDeque<Input>,
    pub device: Option<DeviceId>,
    connected: bool,
    wake_at: Option<Millis>,
    /// No network.
    pub offline: bool,
    pub replies: BTreeMap<u32, Reply>,
    pub session: Option<SessionView>,
    pub rooms: Vec<RoomView>,
    /// Since the start.
    pub rooms_told: bool,
    pub messages: BTreeMap<RoomId, BTreeMap<MessageId, MessageView>>,
    /// Who is typing, by what was told last of each room.
    pub typing: BTreeMap<RoomId, Vec<String>>,
    pub notices: Vec<String>,
    pub pairing: Option<PairingView>,
    pub media: Vec<MediaUpdate>,
    pub call: Option<CallView>,
    /// What was said in the call, as this installation shows it.
    pub said: BTreeMap<MessageId, CallMessageView>,
    pub reactions: Vec<(u32, Reaction)>,
    pub asks: Vec<(String, ParticipantAsk)>,
    /// What moderators did, by whom, to whom.
    pub moderated: Vec<(String, String, Option<String>)>,
    next_command: u32,
    pub batches: u64,
    /// Crash when this many batches were written (the last one before or after it was durable).
    pub crash_at: Option<(u64, bool)>,
    /// No room on the disk: nothing is written any more.
    pub full: bool,
    pub starts: u64,
    /// How often it was woken by its own wish.
    pub ticks: u64,
}

pub struct World {
    pub server: Server,
    pub installations: BTreeMap<String, Installation>,
    pub now: Millis,
    pub seed: u64,
    random: u64,
    /// Answers to this path are held back.
    pub hold: Option<&'static str>,
    held: Vec<(String, Input)>,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self::with(seed, Box::new(Honest))
    }

    pub fn with(seed: u64, conduct: Box<dyn Conduct>) -> Self {
        Self {
            server: Server::new(conduct),
            installations: BTreeMap::new(),
            now: Millis(1_800_000_000_000),
            seed,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            hold: None,
            held: vec![],
        }
    }

    /// Draws from now on as a new world with this seed would.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    }

    /// xorshift64*: enough to choose who is next.
    pub fn draw(&mut self, bound: u64) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) % bound
    }

    /// An installation without anybody, for example `"alice"` or `"alice's phone"`.
    pub fn install(&mut self, name: &str) {
        let person = name.split('\'').next().unwrap();
        // Each has a key of its own, also one that takes the place of another.
        let newest = self.installations.values().map(|one| one.key[0]).max();
        let number = newest.unwrap_or(0) + 1;
        let installation = Installation {
            email: format!("{person}@example.org"),
            core: None,
            store: BTreeMap::new(),
            key: [number; 32],
            inbox: VecDeque::new(),
            device: None,
            connected: false,
            wake_at: None,
            offline: false,
            replies: BTreeMap::new(),
            session: None,
            rooms: vec![],
            rooms_told: false,
            messages: BTreeMap::new(),
            typing: BTreeMap::new(),
            notices: vec![],
            pairing: None,
            media: vec![],
            call: None,
            said: BTreeMap::new(),
            reactions: vec![],
            asks: vec![],
            moderated: vec![],
            next_command: 0,
            batches: 0,
            crash_at: None,
            full: false,
            starts: 0,
            ticks: 0,
        };
        self.installations.insert(name.to_owned(), installation);
        self.start(name);
    }

    /// Starts the program from its store.
    pub fn start(&mut self, name: &str) {
        let (now, seed) = (self.now, self.seed);
        let installation = self.installations.get_mut(name).unwrap();
        installation.starts += 1;
        let mut random = [0; 32];
        random[..8].copy_from_slice(&seed.to_be_bytes());
        random[8..16].copy_from_slice(&installation.starts.to_be_bytes());
        random[16] = installation.key[0];
        let start = Start {
            now,
            seed: random,
            storage_key: installation.key,
            records: installation.store.clone().into_iter().collect(),
            device_name: name.to_owned(),
        };
        let options = Options {
            password_cost: PasswordCost::FOR_TESTS,
            words_cost: PasswordCost::FOR_TESTS,
            key_packages: 6,
        };
        installation.core = Some(Core::with_options(start, options).unwrap());
        installation.session = None;
        installation.rooms = vec![];
        installation.rooms_told = false;
        installation.call = None;
        installation.messages.clear();
        installation.typing.clear();
        self.drain(name);
    }

    /// The program is killed.
    pub fn kill(&mut self, name: &str) {
        self.disconnect(name);
        let installation = self.installations.get_mut(name).unwrap();
        installation.core = None;
        installation.inbox.clear();
        installation.wake_at = None;
        installation.crash_at = None;
    }

    pub fn get(&self, name: &str) -> &Installation {
        &self.installations[name]
    }

    /// All that an installation has stored, by clear names.
    pub fn records(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let installation = self.get(name);
        raw::open_all(&installation.store, installation.key)
    }

    pub fn go_offline(&mut self, name: &str) {
        self.installations.get_mut(name).unwrap().offline = true;
        let was = self.disconnect(name);
        if was {
            self.input(name, Input::SocketClosed);
        }
    }

    pub fn go_online(&mut self, name: &str) {
        self.begin_to_go_online(name);
        self.run();
    }

    pub fn begin_to_go_online(&mut self, name: &str) {
        self.installations.get_mut(name).unwrap().offline = false;
        self.input(name, Input::Nudge);
    }

    fn disconnect(&mut self, name: &str) -> bool {
        let installation = self.installations.get_mut(name).unwrap();
        let was = std::mem::take(&mut installation.connected);
        installation
            .inbox
            .retain(|input| !matches!(input, Input::SocketText(_)));
        if let Some(device) = installation.device {
            self.server.online.remove(&device);
            self.server.outbound.retain(|(to, _)| *to != device);
        }
        was
    }

    pub fn input(&mut self, name: &str, input: Input) {
        let now = self.now;
        if let Some(core) = &mut self.installations.get_mut(name).unwrap().core {
            core.handle_input(now, input);
            self.drain(name);
        }
    }

    /// Does what the device says.
    fn drain(&mut self, name: &str) {
        loop {
            let installation = self.installations.get_mut(name).unwrap();
            let Some(output) = installation.core.as_mut().and_then(Core::poll_output) else {
                return;
            };
            match output {
                Output::Persist(batch) if installation.full => {
                    let failed = Input::PersistFailed { batch: batch.number };
                    installation.inbox.push_front(failed);
                }
                Output::Persist(batch) => {
                    installation.batches += 1;
                    let crash = installation
                        .crash_at
                        .filter(|(at, _)| *at == installation.batches);
                    if !matches!(crash, Some((_, false))) {
                        installation.write(&batch);
                    }
                    if crash.is_some() {
                        self.kill(name);
                        return;
                    }
                    installation
                        .inbox
                        .push_front(Input::Persisted { batch: batch.number });
                }
                Output::Http {
                    id,
                    path,
                    method,
                    token,
                    headers,
                    body,
                } => {
                    if installation.offline {
                        installation.inbox.push_back(Input::HttpFailed { id });
                        continue;
                    }
                    let now = self.now;
                    let accounts = &mut self.server.accounts;
                    let (status, body) = match path.strip_prefix("/api/v1/blobs/") {
                        Some(blob_id) => accounts.blob(method, blob_id, token.as_deref(), &headers),
                        None => accounts.http(&path, token.as_deref(), &body, now),
                    };
                    let answer = Input::HttpAnswer { id, status, body };
                    if self.hold == Some(path.as_str()) {
                        self.held.push((name.to_owned(), answer));
                        continue;
                    }
                    let installation = self.installations.get_mut(name).unwrap();
                    installation.inbox.push_back(answer);
                }
                Output::SocketOpen { path } => {
                    let ticket = path.split("ticket=").nth(1).unwrap();
                    let device = self.server.accounts.tickets.remove(ticket);
                    if installation.offline || device.is_none() {
                        installation.inbox.push_back(Input::SocketClosed);
                    } else {
                        installation.device = device;
                        installation.connected = true;
                        installation.inbox.push_back(Input::SocketOpened);
                    }
                }
                Output::SocketSend(text) => {
                    if let (true, Some(device)) = (installation.connected, installation.device) {
                        self.server.now = self.now;
                        self.server.frame(device, &text);
                        self.deliver();
                    }
                }
                Output::SocketClose => {
                    self.disconnect(name);
                }
                Output::Event(event) => installation.on_event(event),
                Output::Media(update) => installation.media.push(update),
                Output::WakeAt(at) => installation.wake_at = Some(at),
            }
        }
    }

    /// What was held back comes now.
    pub fn release(&mut self) {
        self.hold = None;
        for (name, answer) in std::mem::take(&mut self.held) {
            let installation = self.installations.get_mut(&name).unwrap();
            installation.inbox.push_back(answer);
        }
    }

    /// Hands the server's frames to their devices.
    pub fn deliver(&mut self) {
        for (to, frame) in std::mem::take(&mut self.server.outbound) {
            let text = serde_json::to_string(&frame).unwrap();
            let of_device =
                |installation: &&mut Installation| installation.connected && installation.device == Some(to);
            if let Some(installation) = self.installations.values_mut().find(of_device) {
                installation.inbox.push_back(Input::SocketText(text));
            }
        }
    }

    /// One step: some installation takes the next input. Answers whether there was one.
    pub fn step(&mut self) -> bool {
        let busy: Vec<String> = self
            .installations
            .iter()
            .filter(|(_, installation)| installation.core.is_some() && !installation.inbox.is_empty())
            .map(|(name, _)| name.clone())
            .collect();
        if busy.is_empty() {
            return false;
        }
        let chosen = self.draw(u64::try_from(busy.len()).unwrap());
        let name = &busy[usize::try_from(chosen).unwrap()];
        if let Some(input) = self.installations.get_mut(name).unwrap().inbox.pop_front() {
            self.input(name, input);
        }
        true
    }

    /// Runs until nothing is on its way, then lets short timers (a few seconds) pass, until all is quiet.
    pub fn run(&mut self) {
        self.run_for(4_000);
    }

    /// Lets this much time pass.
    pub fn run_for(&mut self, ms: u64) {
        let until = self.now.plus(ms);
        let mut steps = 0_u64;
        loop {
            while self.step() {
                steps += 1;
                assert!(
                    steps < 200_000,
                    "seed {}: the world does not come to rest",
                    self.seed
                );
            }
            let next = self
                .installations
                .values()
                .filter(|installation| installation.core.is_some())
                .filter_map(|installation| installation.wake_at)
                .min();
            match next {
                Some(at) if at <= until => {
                    self.now = self.now.max(at);
                    let due: Vec<String> = self
                        .installations
                        .iter()
                        .filter(|(_, installation)| installation.wake_at.is_some_and(|wake| wake <= at))
                        .map(|(name, _)| name.clone())
                        .collect();
                    for name in due {
                        let installation = self.installations.get_mut(&name).unwrap();
                        installation.wake_at = None;
                        installation.ticks += 1;
                        self.input(&name, Input::Tick);
                    }
                    steps += 1;
                }
                _ => {
                    self.now = until;
                    return;
                }
            }
        }
    }

    /// Gives a command and runs; the reply must come.
    pub fn command(&mut self, name: &str, command: Command) -> Reply {
        let id = self.begin(name, command);
        self.run();
        let installation = self.installations.get_mut(name).unwrap();
        installation
            .replies
            .remove(&id)
            .unwrap_or_else(|| panic!("seed {}: no reply", self.seed))
    }

    /// Gives a command and does not wait.
    pub fn begin(&mut self, name: &str, command: Command) -> u32 {
        let installation = self.installations.get_mut(name).unwrap();
        let id = installation.next_command;
        installation.next_command += 1;
        self.input(name, Input::Command { id, command });
        id
    }

    pub fn register(&mut self, name: &str) {
        self.install(name);
        let email = self.get(name).email.clone();
        let code = self.server.accounts.invite(&email);
        let reply = self.command(
            name,
            Command::Register {
                code,
                email,
                name: capital(name),
                password: Secret(PASSWORD.to_owned()),
            },
        );
        assert!(matches!(reply, Reply::Done), "{reply:?}");
        self.assert_online(name);
    }

    pub fn sign_in(&mut self, name: &str) {
        self.install(name);
        let email = self.get(name).email.clone();
        let reply = self.command(
            name,
            Command::SignIn {
                email,
                password: Secret(PASSWORD.to_owned()),
            },
        );
        assert!(matches!(reply, Reply::Done), "{reply:?}");
        self.assert_online(name);
    }

    pub fn assert_online(&self, name: &str) {
        let session = self.get(name).session.as_ref().unwrap();
        let online = matches!(
            session,
            SessionView::SignedIn {
                connection: ConnectionView::Online,
                ..
            }
        );
        assert!(online, "seed {}: {name}: {session:?}", self.seed);
    }

    pub fn create_room(&mut self, name: &str, title: &str, people: &[&str]) -> RoomId {
        let people = people
            .iter()
            .map(|person| format!("{person}@example.org"))
            .collect();
        match self.command(
            name,
            Command::CreateRoom {
                title: title.to_owned(),
                people,
            },
        ) {
            Reply::Room { room_id } => room_id,
            reply => panic!("seed {}: {reply:?}", self.seed),
        }
    }

    pub fn send(&mut self, name: &str, room_id: RoomId, text: &str) -> MessageId {
        let id = self.begin(
            name,
            Command::SendText {
                room_id,
                text: text.to_owned(),
                reply_to: None,
                mentions: vec![],
                ttl_ms: None,
                burn_ms: None,
                message_id: None,
            },
        );
        self.run();
        match self.installations.get_mut(name).unwrap().replies.remove(&id) {
            Some(Reply::Message { message_id }) => message_id,
            reply => panic!("seed {}: {reply:?}", self.seed),
        }
    }

    /// Texts of a room in order, as this installation shows them.
    pub fn texts(&mut self, name: &str, room_id: RoomId) -> Vec<String> {
        self.messages(name, room_id)
            .into_iter()
            .filter_map(|message| match message.body {
                BodyView::Text { text } => Some(text),
                _ => None,
            })
            .collect()
    }

    /// Codes of what happened in a room, in order.
    pub fn happened(&mut self, name: &str, room_id: RoomId) -> Vec<String> {
        self.messages(name, room_id)
            .into_iter()
            .filter_map(|message| match message.body {
                BodyView::RoomEvent { event } => Some(event.code),
                _ => None,
            })
            .collect()
    }

    pub fn messages(&mut self, name: &str, room_id: RoomId) -> Vec<MessageView> {
        let reply = self.command(name, Command::OpenRoom { room_id });
        if !matches!(reply, Reply::Done) {
            return vec![];
        }
        let messages = self.get(name).messages.get(&room_id);
        let mut messages: Vec<MessageView> = messages.into_iter().flat_map(|m| m.values().cloned()).collect();
        messages.sort_by_key(|message| message.order);
        messages
    }

    pub fn undelivered(&mut self, name: &str, room_id: RoomId) -> usize {
        let messages = self.messages(name, room_id);
        let sending =
            |message: &&MessageView| matches!(message.delivery, Delivery::Sending | Delivery::Failed);
        messages.iter().filter(sending).count()
    }

    pub fn room(&self, name: &str, room_id: RoomId) -> Option<&RoomView> {
        self.get(name).rooms.iter().find(|room| room.room_id == room_id)
    }
}

impl Installation {
    fn write(&mut self, batch: &conclave_client_core::api::Batch) {
        if batch.wipe {
            self.store.clear();
        }
        for (name, value) in &batch.records {
            match value {
                Some(value) => self.store.insert(name.clone(), value.clone()),
                None => self.store.remove(name),
            };
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::ContactsChanged | Event::StoreLock { .. } => {}
            Event::Reply { id, reply } => {
                let before = self.replies.insert(id, reply);
                assert!(before.is_none(), "a command is answered once");
            }
            Event::Session { session } => self.session = Some(session),
            Event::Rooms { rooms } => {
                self.rooms = rooms;
                self.rooms_told = true;
            }
            Event::Messages {
                room_id,
                reset,
                messages,
                removed,
                ..
            } => {
                let shown = self.messages.entry(room_id).or_default();
                if reset {
                    shown.clear();
                }
                for message in messages {
                    shown.insert(message.message_id, message);
                }
                for id in removed {
                    shown.remove(&id);
                }
            }
            Event::Typing { room_id, names } => {
                let before = self.typing.insert(room_id, names.clone());
                // Told again where the room was opened again, and nobody else has it.
                assert!(before.as_ref() != Some(&names) || !names.is_empty());
            }
            Event::Pairing { pairing } => self.pairing = pairing,
            Event::Call { call } => self.call = call,
            Event::CallMessages { reset, messages } => {
                if reset {
                    self.said.clear();
                }
                self.said
                    .extend(messages.into_iter().map(|message| (message.message_id, message)));
            }
            Event::CallReaction { leaf, reaction } => self.reactions.push((leaf, reaction)),
            Event::CallAsk { name, ask } => self.asks.push((name, ask)),
            Event::CallModerated { event } => {
                let of = |key: &str| event.params.get(&key.to_owned()).cloned();
                self.moderated
                    .push((event.code.clone(), of("name").unwrap_or_default(), of("whom")));
            }
            Event::Slots { .. } => {}
            Event::Notice { notice } => self.notices.push(notice.code),
        }
    }
}

pub fn text(room_id: RoomId, text: &str) -> Command {
    Command::SendText {
        room_id,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ttl_ms: None,
        burn_ms: None,
        message_id: None,
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
