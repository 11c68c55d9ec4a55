//! A device outside a browser: the shell that does what `client-core` says.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, anyhow, bail};
use client_core::{
    api::{Batch, Command, Event, Input, MediaUpdate, Output, Reply, Start},
    core::Core,
};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::{Millis, socket::ClientFrame};
use tokio::{
    sync::{broadcast, mpsc, oneshot},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};

/// Longest wait for one answer or event before a test gives up: far above anything but a fault.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Events kept for a slow listener; a test that falls behind more has lost its way.
const EVENT_QUEUE: usize = 4096;

/// A device's records as they survive it: what a disk would hold.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Disk {
    fn records(&self) -> Vec<(String, Vec<u8>)> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    fn write(&self, batch: Batch) {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if batch.wipe {
            records.clear();
        }
        for (name, value) in batch.records {
            match value {
                Some(value) => records.insert(name, value),
                None => records.remove(&name),
            };
        }
    }

    /// An independent copy, as a backup would be.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        )))
    }
}

/// Changes a frame on its way to the server, as a client that cheats could; nothing leaves it as it is.
pub type Cheat = Box<dyn FnMut(ClientFrame) -> Option<ClientFrame> + Send>;

/// A running device.
pub struct Device {
    commands: mpsc::UnboundedSender<(Command, oneshot::Sender<Reply>)>,
    nudges: mpsc::UnboundedSender<(u64, Input)>,
    events: broadcast::Receiver<Event>,
    task: tokio::task::JoinHandle<()>,
    /// What survives it.
    pub disk: Disk,
}

impl Device {
    /// Starts a device on its disk, against the server at `url`. All disks of tests are sealed by one key.
    pub fn start(url: &str, disk: Disk) -> Result<Self> {
        Self::launch(url, disk, None, None)
    }

    /// [`Self::start`] with what its frame worker is told.
    pub fn start_with_media(url: &str, disk: Disk) -> Result<(Self, mpsc::UnboundedReceiver<MediaUpdate>)> {
        let (media, updates) = mpsc::unbounded_channel();
        Ok((Self::launch(url, disk, None, Some(media))?, updates))
    }

    /// [`Self::start`] with a client that cheats.
    pub fn start_cheating(url: &str, disk: Disk, cheat: Cheat) -> Result<Self> {
        Self::launch(url, disk, Some(cheat), None)
    }

    fn launch(
        url: &str,
        disk: Disk,
        cheat: Option<Cheat>,
        media: Option<mpsc::UnboundedSender<MediaUpdate>>,
    ) -> Result<Self> {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (events_out, events) = broadcast::channel(EVENT_QUEUE);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow!("no randomness: {error}"))?;
        let core = Core::new(Start {
            now: now(),
            seed,
            storage_key: [7; 32],
            records: disk.records(),
            device_name: "Test device".to_owned(),
        })?;
        let shell = Shell::new(
            core,
            url.trim_end_matches('/').to_owned(),
            disk.clone(),
            events_out,
            cheat,
            media,
        );
        let nudges = shell.inputs_out.clone();
        let task = tokio::spawn(shell.run(inbox));
        Ok(Self {
            commands,
            nudges,
            events,
            task,
            disk,
        })
    }

    /// Sends a command and waits for its reply.
    pub async fn ask(&self, command: Command) -> Result<Reply> {
        let (answer, reply) = oneshot::channel();
        self.commands
            .send((command, answer))
            .map_err(|_| anyhow!("the device stopped"))?;
        match timeout(PATIENCE, reply).await.context("no reply in time")?? {
            Reply::Failed(failure) => bail!("{failure:?}"),
            reply => Ok(reply),
        }
    }

    /// Waits for an event that `pick` takes.
    pub async fn wait<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> Result<T> {
        timeout(PATIENCE, async {
            loop {
                match self.events.recv().await {
                    Ok(event) => {
                        if let Some(picked) = pick(&event) {
                            return Ok(picked);
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(count)) => bail!("{count} events were lost"),
                    Err(broadcast::error::RecvError::Closed) => bail!("the device stopped"),
                }
            }
        })
        .await
        .with_context(|| format!("not in time: {what}"))?
    }

    /// The events from now on.
    pub fn listen(&self) -> broadcast::Receiver<Event> {
        self.events.resubscribe()
    }

    /// Hands over the events that have come, without waiting.
    pub fn drain(&mut self, mut take: impl FnMut(&Event)) -> Result<()> {
        loop {
            match self.events.try_recv() {
                Ok(event) => take(&event),
                Err(broadcast::error::TryRecvError::Empty) => return Ok(()),
                Err(broadcast::error::TryRecvError::Lagged(count)) => bail!("{count} events were lost"),
                Err(broadcast::error::TryRecvError::Closed) => bail!("the device stopped"),
            }
        }
    }

    /// Says that the network is back.
    pub fn nudge(&self) {
        // A stopped device needs none.
        let _ = self.nudges.send((0, Input::Nudge));
    }

    /// Stops at once, as a killed process would: what is not on the disk is lost.
    pub fn kill(self) -> Disk {
        self.disk.clone()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Shell {
    core: Core,
    url: String,
    disk: Disk,
    events: broadcast::Sender<Event>,
    http: reqwest::Client,
    inputs_out: mpsc::UnboundedSender<(u64, Input)>,
    inputs: mpsc::UnboundedReceiver<(u64, Input)>,
    socket: Option<mpsc::UnboundedSender<String>>,
    // Inputs of a former socket must not be taken for the new one's.
    socket_number: u64,
    replies: BTreeMap<u32, oneshot::Sender<Reply>>,
    next_command: u32,
    wake_at: Option<Instant>,
    cheat: Option<Cheat>,
    media: Option<mpsc::UnboundedSender<MediaUpdate>>,
}

impl Shell {
    fn new(
        core: Core,
        url: String,
        disk: Disk,
        events: broadcast::Sender<Event>,
        cheat: Option<Cheat>,
        media: Option<mpsc::UnboundedSender<MediaUpdate>>,
    ) -> Self {
        let (inputs_out, inputs) = mpsc::unbounded_channel();
        Self {
            core,
            url,
            disk,
            events,
            http: reqwest::Client::new(),
            inputs_out,
            inputs,
            socket: None,
            socket_number: 0,
            replies: BTreeMap::new(),
            next_command: 0,
            wake_at: None,
            cheat,
            media,
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<(Command, oneshot::Sender<Reply>)>) {
        self.hand_in(Input::Tick);
        loop {
            let wake_at = self
                .wake_at
                .unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
            let input = tokio::select! {
                command = commands.recv() => match command {
                    Some((command, answer)) => {
                        self.next_command += 1;
                        self.replies.insert(self.next_command, answer);
                        Input::Command { id: self.next_command, command }
                    }
                    None => return,
                },
                Some((socket, input)) = self.inputs.recv() => {
                    if socket != 0 && socket != self.socket_number {
                        continue;
                    }
                    input
                }
                () = sleep_until(wake_at) => {
                    self.wake_at = None;
                    Input::Tick
                }
            };
            self.hand_in(input);
        }
    }

    fn hand_in(&mut self, input: Input) {
        self.core.handle_input(now(), input);
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Persist(batch) => {
                    let number = batch.number;
                    self.disk.write(batch);
                    self.core.handle_input(now(), Input::Persisted { batch: number });
                }
                Output::Http {
                    id,
                    method,
                    path,
                    token,
                    headers,
                    body,
                } => {
                    let request = self.prepare(method, &path, token, &headers, body);
                    self.request(id, request);
                }
                Output::SocketOpen { path } => self.connect(&path),
                Output::SocketSend(text) => {
                    let text = self.spoil(text);
                    if let Some(socket) = &self.socket {
                        // A closed socket reports itself.
                        let _ = socket.send(text);
                    }
                }
                Output::SocketClose => {
                    self.socket = None;
                    self.socket_number += 1;
                }
                Output::Event(event) => self.tell(event),
                Output::Media(update) => {
                    if let Some(media) = &self.media {
                        // Who took them may have ended.
                        let _ = media.send(update);
                    }
                }
                Output::WakeAt(at) => {
                    self.wake_at = Some(Instant::now() + Duration::from_millis(at.since(now())));
                }
            }
        }
    }

    fn spoil(&mut self, text: String) -> String {
        let spoilt = self.cheat.as_mut().and_then(|cheat| {
            let frame = cheat(serde_json::from_str(&text).ok()?)?;
            serde_json::to_string(&frame).ok()
        });
        spoilt.unwrap_or(text)
    }

    fn tell(&mut self, event: Event) {
        if let Event::Reply { id, reply } = event {
            if let Some(answer) = self.replies.remove(&id) {
                // Who asked may have gone.
                let _ = answer.send(reply);
            }
        } else {
            // Without a listener nobody needs it.
            let _ = self.events.send(event);
        }
    }

    fn prepare(
        &self,
        method: &'static str,
        path: &str,
        token: Option<String>,
        headers: &[(&'static str, String)],
        body: Vec<u8>,
    ) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body);
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request
    }

    fn request(&self, id: u64, request: reqwest::RequestBuilder) {
        let out = self.inputs_out.clone();
        tokio::spawn(async move {
            let answer = async {
                let response = request.send().await?;
                let status = response.status().as_u16();
                Ok::<_, reqwest::Error>((status, response.bytes().await?.to_vec()))
            };
            let input = match answer.await {
                Ok((status, body)) => Input::HttpAnswer { id, status, body },
                Err(_) => Input::HttpFailed { id },
            };
            // The shell may have stopped.
            let _ = out.send((0, input));
        });
    }

    fn connect(&mut self, path: &str) {
        let (sender, mut outbox) = mpsc::unbounded_channel::<String>();
        self.socket = Some(sender);
        self.socket_number += 1;
        let number = self.socket_number;
        let out = self.inputs_out.clone();
        let origin = self.url.clone();
        let address = format!("{}{path}", self.url.replacen("http", "ws", 1));
        tokio::spawn(async move {
            let conversation = async {
                let mut request = address.into_client_request()?;
                request.headers_mut().insert("origin", origin.parse()?);
                let (socket, _) = tokio_tungstenite::connect_async(request).await?;
                let (mut to, mut from) = socket.split();
                out.send((number, Input::SocketOpened))?;
                loop {
                    tokio::select! {
                        text = outbox.recv() => match text {
                            Some(text) => to.send(Message::text(text)).await?,
                            None => return Ok(()),
                        },
                        message = from.next() => match message {
                            Some(Ok(Message::Text(text))) => out.send((number, Input::SocketText(text.to_string())))?,
                            Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                            Some(Ok(_)) => {}
                        },
                    }
                }
            };
            let result: Result<()> = conversation.await;
            drop(result);
            // The shell may have stopped.
            let _ = out.send((number, Input::SocketClosed));
        });
    }
}

/// The time of devices.
pub fn now() -> Millis {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}
