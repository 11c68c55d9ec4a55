//! What every part of a device works with: time, randomness, the store, and the way out.

use std::collections::VecDeque;

use protocol::{
    Millis, Problem,
    socket::{ClientFrame, Reply, Request},
};
use serde::Serialize;

use super::asks::{Ask, HttpAsk};
use crate::{
    api::{self, Event, Failure, MediaUpdate, Output, Secret, SessionView},
    failure::failure,
    random::Random,
    sorted::{SortedMap, SortedSet},
    store::Store,
};

/// The way out. *Persist, then send* holds by construction: what is said during an input leaves only after the
/// batch of that input, and all batches before it, are durable.
///
/// ```text
/// event, request, … ─► said ──end of input──► held (needs batch n) ──Persisted n──► ready ─► poll_output
///            store ──────────end of input──► Persist(batch n) ─────────────────────► ready
/// ```
pub(crate) struct Shell {
    pub(crate) now: Millis,
    pub(crate) random: Random,
    pub(crate) store: Store,
    said: Vec<Said>,
    held: VecDeque<(u64, Said)>,
    ready: VecDeque<Output>,
    durable: u64,
    /// The batch that the newest hello told.
    hello_batch: u64,
    store_failed: bool,
    /// Commands without a reply.
    unanswered: SortedSet<u32>,
    wake_at: Option<Millis>,
    connection: Connection,
    next_http: u64,
    http: SortedMap<u64, HttpAsk>,
}

enum Said {
    Output(Output),
    /// Written out when it leaves, because it tells the number of the newest durable batch.
    Frame {
        connection: u64,
        id: u64,
        request: Request,
    },
}

/// The WebSocket, as far as requests and answers go.
#[derive(Default)]
struct Connection {
    /// Counts connections: a frame that was held for a former one is dropped.
    number: u64,
    open: bool,
    next_id: u64,
    asks: SortedMap<u64, Ask>,
}

/// Why a request got no reply.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// The server said no.
    Problem(Problem),
    /// The connection ended before the answer came; what was asked may have happened or not.
    Lost,
}

/// What became of a request.
pub(crate) type Answer = Result<Reply, Refusal>;

impl Shell {
    pub(crate) fn new(now: Millis, random: Random, store: Store) -> Self {
        let durable = store.batch();
        Self {
            now,
            random,
            store,
            said: vec![],
            held: VecDeque::new(),
            ready: VecDeque::new(),
            durable,
            hello_batch: durable,
            store_failed: false,
            unanswered: SortedSet::new(),
            wake_at: None,
            connection: Connection::default(),
            next_http: 0,
            http: SortedMap::new(),
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.said.push(Said::Output(Output::Event(event)));
    }

    /// A command came, and is to be replied to once.
    pub(crate) fn began(&mut self, command: u32) {
        self.unanswered.insert(command);
    }

    pub(crate) fn reply(&mut self, command: u32, reply: api::Reply) {
        // What was waiting when the store failed was answered then.
        if !self.unanswered.remove(&command) && self.store_failed {
            return;
        }
        self.event(Event::Reply { id: command, reply });
    }

    pub(crate) fn fail(&mut self, command: u32, failure: Failure) {
        self.reply(command, api::Reply::Failed(failure));
    }

    pub(crate) fn notice(&mut self, notice: Failure) {
        self.event(Event::Notice { notice });
    }

    pub(crate) fn media(&mut self, update: MediaUpdate) {
        self.said.push(Said::Output(Output::Media(update)));
    }

    /// Sends a request over HTTP. A value that cannot be written as JSON does not exist among ours.
    pub(crate) fn post(&mut self, ask: HttpAsk, path: &str, token: Option<String>, body: &impl Serialize) {
        let body = serde_json::to_vec(body).unwrap_or_default();
        let id = self.next_http(ask);
        self.said.push(Said::Output(Output::Http {
            id,
            method: "POST",
            path: path.to_owned(),
            token,
            headers: vec![],
            body,
        }));
    }

    /// Has something deleted over HTTP.
    pub(crate) fn delete(
        &mut self,
        ask: HttpAsk,
        path: String,
        token: &Secret,
        headers: Vec<(&'static str, String)>,
    ) {
        let id = self.next_http(ask);
        self.said.push(Said::Output(Output::Http {
            id,
            method: "DELETE",
            path,
            token: Some(token.0.clone()),
            headers,
            body: vec![],
        }));
    }

    fn next_http(&mut self, ask: HttpAsk) -> u64 {
        let id = self.next_http;
        self.next_http = self.next_http.wrapping_add(1);
        self.http.insert(id, ask);
        id
    }

    pub(crate) fn take_http(&mut self, id: u64) -> Option<HttpAsk> {
        self.http.remove(&id)
    }

    pub(crate) fn open_socket(&mut self, path: String) {
        self.said.push(Said::Output(Output::SocketOpen { path }));
    }

    pub(crate) fn close_socket(&mut self) {
        self.said.push(Said::Output(Output::SocketClose));
    }

    pub(crate) fn socket_opened(&mut self) {
        self.connection.number = self.connection.number.wrapping_add(1);
        self.connection.open = true;
    }

    /// Everything that was asked and not answered, in the order in which it was asked.
    pub(crate) fn socket_closed(&mut self) -> Vec<Ask> {
        self.connection.open = false;
        std::mem::take(&mut self.connection.asks).into_values().collect()
    }

    /// Sends a request; its answer comes back with `ask`. Without a connection it is lost at once, which the
    /// caller avoids by asking while online only.
    pub(crate) fn request(&mut self, ask: Ask, request: Request) {
        if !self.connection.open {
            return;
        }
        let id = self.connection.next_id.wrapping_add(1);
        self.connection.next_id = id;
        self.connection.asks.insert(id, ask);
        self.said.push(Said::Frame {
            connection: self.connection.number,
            id,
            request,
        });
    }

    pub(crate) fn take_ask(&mut self, id: u64) -> Option<Ask> {
        self.connection.asks.remove(&id)
    }

    pub(crate) fn persisted(&mut self, batch: u64) {
        self.durable = self.durable.max(batch);
        self.release();
    }

    /// Nothing that depends on the store leaves any more; events still do, so that people are told. What was waiting to be
    /// told as done has failed.
    pub(crate) fn persist_failed(&mut self) {
        self.store_failed = true;
        for (_, said) in std::mem::take(&mut self.held) {
            self.tell_without_store(said);
        }
        // What they wait for was held too, or would change what is not stored any more.
        for id in std::mem::take(&mut self.unanswered) {
            let reply = api::Reply::Failed(failure("store_failed"));
            self.ready.push_back(Output::Event(Event::Reply { id, reply }));
        }
    }

    fn tell_without_store(&mut self, said: Said) {
        let Said::Output(Output::Event(event)) = said else {
            return;
        };
        let event = match event {
            // Whatever was done is not kept: it must not be taken for done.
            Event::Reply { id, reply } if !matches!(reply, api::Reply::Failed(_)) => Event::Reply {
                id,
                reply: api::Reply::Failed(failure("store_failed")),
            },
            // Nothing was erased: the device is signed in when it starts anew.
            Event::Session {
                session: SessionView::SignedOut { .. },
            } => return,
            Event::Rooms { rooms } if rooms.is_empty() => return,
            event => event,
        };
        self.ready.push_back(Output::Event(event));
    }

    pub(crate) fn hello_batch(&self) -> u64 {
        self.hello_batch
    }

    pub(crate) fn store_failed(&self) -> bool {
        self.store_failed
    }

    /// Ends an input: its changes become one batch, and what was said waits for it.
    pub(crate) fn end_input(&mut self, wake_at: Option<Millis>) {
        let batch = if self.store_failed {
            Ok(None)
        } else {
            self.store.take_batch()
        };
        let batch = batch.unwrap_or_else(|error| {
            tracing::error!(%error, "the local store failed");
            self.persist_failed();
            self.notice(failure("store_failed"));
            None
        });
        if self.store_failed {
            for said in std::mem::take(&mut self.said) {
                self.tell_without_store(said);
            }
            return;
        }
        if let Some(batch) = batch {
            self.ready.push_back(Output::Persist(batch));
        }
        let needs = self.store.batch();
        let said = std::mem::take(&mut self.said);
        self.held.extend(said.into_iter().map(|said| (needs, said)));
        self.release();
        if wake_at != self.wake_at {
            self.wake_at = wake_at;
            if let Some(at) = wake_at {
                self.ready.push_back(Output::WakeAt(at));
            }
        }
    }

    /// A tick came: the wish for it is used up.
    pub(crate) fn woke(&mut self) {
        self.wake_at = None;
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.ready.pop_front()
    }

    fn release(&mut self) {
        while let Some((needs, _)) = self.held.front() {
            if *needs > self.durable {
                return;
            }
            match self.held.pop_front() {
                Some((_, Said::Output(output))) => self.ready.push_back(output),
                Some((
                    _,
                    Said::Frame {
                        connection,
                        id,
                        request,
                    },
                )) => self.release_frame(connection, id, request),
                None => return,
            }
        }
    }

    fn release_frame(&mut self, connection: u64, id: u64, request: Request) {
        if !self.connection.open || connection != self.connection.number {
            return;
        }
        if matches!(request, Request::Hello(_)) {
            self.hello_batch = self.durable;
        }
        let frame = ClientFrame {
            id,
            batch: self.durable,
            request,
        };
        if let Ok(text) = serde_json::to_string(&frame) {
            self.ready.push_back(Output::SocketSend(text));
        }
    }
}
