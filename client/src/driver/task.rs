use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use client_core::{
    Core,
    api::{Command, Event, Input, Output, Reply, RoomView, SessionView, Start},
};
use protocol::Millis;
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::{Instant, sleep_until},
};

use super::client::{ClientError, SETTINGS};
use crate::{
    clock::Clock,
    limits::{EVENT_QUEUE, INPUT_QUEUE, SLEPT_MS},
    server::{CoreRequest, Server, open_socket},
    store::{Records, Settings, Store, StoreError},
};

/// What the handle wants.
pub(super) enum Order {
    /// To the core.
    Command {
        command: Box<Command>,
        answer: oneshot::Sender<Reply>,
    },
    /// Store the client's own settings.
    Keep {
        settings: Settings,
        done: oneshot::Sender<()>,
    },
    /// Let go out what waits for a better moment.
    Leave { begun: oneshot::Sender<()> },
    /// Stop.
    Stop { erase: bool },
}

/// Where the core's words go.
pub(super) struct Told {
    pub(super) events: broadcast::Sender<Event>,
    session: watch::Sender<Option<SessionView>>,
    rooms: watch::Sender<Option<Vec<RoomView>>>,
    settled: watch::Sender<bool>,
}

/// The other ends.
pub(super) struct Heard {
    pub(super) session: watch::Receiver<Option<SessionView>>,
    pub(super) rooms: watch::Receiver<Option<Vec<RoomView>>>,
    pub(super) settled: watch::Receiver<bool>,
}

impl Told {
    pub(super) fn new() -> (Self, Heard) {
        let (events, _) = broadcast::channel(EVENT_QUEUE);
        let (session, session_heard) = watch::channel(None);
        let (rooms, rooms_heard) = watch::channel(None);
        let (settled, settled_heard) = watch::channel(false);
        let told = Self {
            events,
            session,
            rooms,
            settled,
        };
        let heard = Heard {
            session: session_heard,
            rooms: rooms_heard,
            settled: settled_heard,
        };
        (told, heard)
    }

    fn settle(&self, settled: bool) {
        self.settled
            .send_if_modified(|told| std::mem::replace(told, settled) != settled);
    }

    fn tell(&self, event: Event) {
        match &event {
            Event::Session { session } => {
                self.session.send_replace(Some(session.clone()));
            }
            Event::Rooms { rooms } => {
                self.rooms.send_replace(Some(rooms.clone()));
            }
            _ => {}
        }
        // Without a listener nobody needs it.
        let _ = self.events.send(event);
    }
}

/// See the module.
pub(super) struct Driver {
    core: Core,
    clock: Clock,
    server: Server,
    told: Told,
    /// What the store said; goes before what comes from outside.
    stored: VecDeque<Input>,
    inputs_out: mpsc::Sender<(u64, Input)>,
    inputs: mpsc::Receiver<(u64, Input)>,
    socket: Option<mpsc::Sender<String>>,
    /// Inputs of a former socket say nothing about the new one.
    socket_number: u64,
    replies: BTreeMap<u32, oneshot::Sender<Reply>>,
    next_command: u32,
    wake: Option<(Millis, Instant)>,
}

/// What comes next from outside.
enum Next {
    Input(Input),
    Keep(Settings, oneshot::Sender<()>),
    Leave(oneshot::Sender<()>),
    Stop { erase: bool },
}

impl Driver {
    pub(super) fn new(
        store: &mut Store,
        records: Records,
        server: Server,
        told: Told,
    ) -> Result<Self, ClientError> {
        let mut clock = Clock::start();
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| StoreError::NoRandomness)?;
        let core = Core::new(Start {
            now: clock.now(),
            seed,
            storage_key: *store.storage_key(),
            records,
            device_name: device_name(),
        })?;
        let (inputs_out, inputs) = mpsc::channel(INPUT_QUEUE);
        Ok(Self {
            core,
            clock,
            server,
            told,
            stored: VecDeque::new(),
            inputs_out,
            inputs,
            socket: None,
            socket_number: 0,
            replies: BTreeMap::new(),
            next_command: 0,
            wake: None,
        })
    }

    pub(super) async fn run(
        mut self,
        mut store: Store,
        mut orders: mpsc::Receiver<Order>,
    ) -> Result<(), StoreError> {
        let mut input = Input::Tick;
        loop {
            self.core.handle_input(self.clock.now(), input);
            // Before anybody hears what came of it: who then waits must not take an older word for the newest.
            let settled = self.core.is_settled();
            if !settled {
                self.told.settle(false);
            }
            while let Some(output) = self.core.poll_output() {
                self.obey(&mut store, output).await;
            }
            if self.stored.is_empty() {
                self.told.settle(settled);
            }
            input = match self.stored.pop_front() {
                Some(stored) => stored,
                None => match self.next(&mut orders).await {
                    Next::Input(input) => input,
                    Next::Keep(settings, done) => {
                        store.put_own(SETTINGS, &settings).await?;
                        // Who waited for it may have gone.
                        let _ = done.send(());
                        Input::Tick
                    }
                    Next::Leave(begun) => {
                        // Before who waits for it goes on: the word of before is old.
                        self.told.settle(false);
                        let _ = begun.send(());
                        Input::Leaving
                    }
                    Next::Stop { erase: true } => return store.erase().await,
                    Next::Stop { erase: false } => return store.close().await,
                },
            };
        }
    }

    async fn next(&mut self, orders: &mut mpsc::Receiver<Order>) -> Next {
        loop {
            let wake = self.wake;
            let waking = async {
                match wake {
                    Some((_, instant)) => sleep_until(instant).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                order = orders.recv() => return match order {
                    Some(Order::Command { command, answer }) => Next::Input(self.begin(*command, answer)),
                    Some(Order::Keep { settings, done }) => Next::Keep(settings, done),
                    Some(Order::Leave { begun }) => Next::Leave(begun),
                    Some(Order::Stop { erase }) => Next::Stop { erase },
                    None => Next::Stop { erase: false },
                },
                Some((socket, input)) = self.inputs.recv() => {
                    if socket == 0 || socket == self.socket_number {
                        return Next::Input(input);
                    }
                }
                () = waking => return Next::Input(self.woke()),
            }
        }
    }

    fn begin(&mut self, command: Command, answer: oneshot::Sender<Reply>) -> Input {
        self.next_command = self.next_command.wrapping_add(1);
        self.replies.insert(self.next_command, answer);
        Input::Command {
            id: self.next_command,
            command,
        }
    }

    fn woke(&mut self) -> Input {
        let wanted = self.wake.take().map(|(at, _)| at);
        let late = wanted.is_some_and(|at| self.clock.now().since(at) > SLEPT_MS);
        if late {
            self.stored.push_back(Input::Tick);
            return Input::Nudge;
        }
        Input::Tick
    }

    /// Waits for the store alone: what follows a batch comes after it is durable.
    async fn obey(&mut self, store: &mut Store, output: Output) {
        match output {
            Output::Persist(batch) => {
                let number = batch.number;
                let input = match store.write(batch).await {
                    Ok(()) => Input::Persisted { batch: number },
                    Err(error) => {
                        tracing::error!(%error, "the store refused a batch");
                        Input::PersistFailed { batch: number }
                    }
                };
                self.stored.push_back(input);
            }
            Output::Http {
                id,
                method,
                path,
                token,
                headers,
                body,
            } => self.request(CoreRequest {
                id,
                method,
                path,
                token,
                headers,
                body,
            }),
            Output::SocketOpen { path } => {
                self.socket_number += 1;
                let (server, inputs) = (self.server.clone(), self.inputs_out.clone());
                self.socket = Some(open_socket(server, &path, self.socket_number, inputs));
            }
            Output::SocketSend(text) => self.send(text),
            Output::SocketClose => self.close_socket(),
            Output::Event(Event::Reply { id, reply }) => {
                if let Some(answer) = self.replies.remove(&id) {
                    // Who asked may have gone.
                    let _ = answer.send(reply);
                }
            }
            Output::Event(event) => self.told.tell(event),
            // Calls need the bridge's media; nothing enters one here yet.
            Output::Media(_) => {}
            Output::WakeAt(at) => {
                let wait = Duration::from_millis(at.since(self.clock.now()));
                self.wake = Some((at, Instant::now() + wait));
            }
        }
    }

    fn request(&self, request: CoreRequest) {
        let (server, inputs) = (self.server.clone(), self.inputs_out.clone());
        tokio::spawn(async move {
            let input = server.answer(request).await;
            // The driver may have stopped.
            let _ = inputs.send((0, input)).await;
        });
    }

    /// A socket that takes no more is of no use: waiting for it here would keep it from being read.
    fn send(&mut self, text: String) {
        let taken = self.socket.as_ref().map(|socket| socket.try_send(text));
        if matches!(taken, Some(Err(mpsc::error::TrySendError::Full(_)))) {
            self.close_socket();
            self.stored.push_back(Input::SocketClosed);
        }
    }

    fn close_socket(&mut self) {
        self.socket = None;
        self.socket_number += 1;
    }
}

/// What this device is called in lists of devices. Nothing finer than the system, for it is stored.
fn device_name() -> String {
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "macOS",
        "windows" => "Windows",
        other => other,
    };
    format!("conclave-cli on {system}")
}
