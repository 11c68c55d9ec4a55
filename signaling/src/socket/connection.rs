//! One connection: a loop between the socket and the rest.

use std::{
    pin::Pin,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::extract::ws::{Message, WebSocket};
use protocol::{
    Code, PROTOCOL_VERSION, Problem,
    limits::{HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS},
    socket::{ByeReason, ClientFrame, Event, Hello, HelloReply, Reply, Request, ServerFrame},
};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{
    dispatch::dispatch,
    hub::frame,
    outbound::{Next, Outbound},
};
use crate::{
    app::App,
    calls::Guest,
    contacts,
    failure::{Failure, refuse},
    guests,
    limits::{GOODBYE_TIME, SOCKET_SEND_TIMEOUT},
    own_state, people, policies,
    sessions::{Caller, Visitor},
    store::Written,
};

/// A place in the hub, given back when the connection ends, however it ends.
pub struct Guard {
    app: Arc<App>,
    visitor: Visitor,
    outbound: Arc<Outbound>,
}

impl Guard {
    pub fn new(app: Arc<App>, visitor: Visitor, outbound: Arc<Outbound>) -> Self {
        Self {
            app,
            visitor,
            outbound,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let device_id = self.visitor.device_id();
        if self.app.hub.disconnect(device_id, &self.outbound) {
            let now = self.app.clock.now();
            let mut calls = self.app.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.disconnected(device_id, now);
        }
    }
}

/// A request in the works: at most one a connection, so that what a device sends keeps its order.
type Work = Pin<Box<dyn Future<Output = Option<ServerFrame>> + Send>>;

/// Serves the connection until one side ends it.
pub async fn run(mut socket: WebSocket, guard: Guard) {
    let mut heard = Instant::now();
    let beat = Duration::from_millis(HEARTBEAT_MS);
    let mut heartbeat = interval_at(Instant::now() + beat, beat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut greeted = false;
    let mut work: Option<Work> = None;

    loop {
        tokio::select! {
            next = guard.outbound.next() => match next {
                Next::Frame(text) => {
                    if !send(&mut socket, Message::Text(text)).await {
                        return;
                    }
                }
                Next::Bye(reason) => return goodbye(socket, work, reason).await,
            },
            answer = poll_work(&mut work), if work.is_some() => {
                work = None;
                if let Some(text) = answer.as_ref().and_then(frame)
                    && !send(&mut socket, Message::Text(text)).await
                {
                    return;
                }
            }
            message = socket.recv(), if work.is_none() => {
                heard = Instant::now();
                match message {
                    Some(Ok(Message::Text(text))) => work = Some(begin(&guard, &text, &mut greeted)),
                    Some(Ok(Message::Binary(_))) => work = Some(unreadable()),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                }
            }
            _ = heartbeat.tick() => {
                let dead = heard.elapsed() > Duration::from_millis(HEARTBEAT_TIMEOUT_MS) && work.is_none();
                if dead || !send(&mut socket, Message::Ping(Default::default())).await {
                    return;
                }
            }
        }
    }
}

async fn poll_work(work: &mut Option<Work>) -> Option<ServerFrame> {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

async fn send(socket: &mut WebSocket, message: Message) -> bool {
    matches!(
        timeout(SOCKET_SEND_TIMEOUT, socket.send(message)).await,
        Ok(Ok(()))
    )
}

/// Gives a request that is done its answer (a sign-out ends the very connection it came by), then says why the
/// connection ends.
async fn goodbye(mut socket: WebSocket, work: Option<Work>, reason: ByeReason) {
    let farewell = async move {
        if let Some(work) = work
            && let Some(text) = work.await.as_ref().and_then(frame)
        {
            let _ = socket.send(Message::Text(text)).await;
        }
        if let Some(text) = frame(&ServerFrame::Event(Box::new(Event::Bye(reason)))) {
            let _ = socket.send(Message::Text(text)).await;
        }
        let _ = socket.send(Message::Close(None)).await;
    };
    let _ = timeout(GOODBYE_TIME, farewell).await;
}

fn begin(guard: &Guard, text: &str, greeted: &mut bool) -> Work {
    let Ok(ClientFrame { id, batch, request }) = serde_json::from_str(text) else {
        return unreadable();
    };
    let (app, outbound) = (Arc::clone(&guard.app), Arc::clone(&guard.outbound));
    let caller = match guard.visitor {
        Visitor::Device(caller) => caller,
        Visitor::Guest(guest) => return begin_for_guest(app, guest, outbound, id, request, greeted),
    };
    match request {
        Request::Hello(hello) => {
            let version = hello.version;
            *greeted |= version == PROTOCOL_VERSION;
            Box::pin(async move {
                let reply = greet(&app, caller, batch, hello, &outbound).await;
                Some(answer(id, reply.map(Reply::Hello)))
            })
        }
        _ if !*greeted => Box::pin(async move {
            Some(answer(
                id,
                Err(refuse(
                    Code::Malformed,
                    "the first request of a connection is hello",
                )),
            ))
        }),
        Request::MediaOffer(offer) => Box::pin(async move {
            // The SFU may take its time: the answer comes later, and other requests go on.
            tokio::spawn(async move {
                let reply = super::calls::offer(&app, super::calls::who(caller), offer).await;
                if let Some(text) = frame(&answer(id, reply)) {
                    outbound.push(text);
                }
            });
            None
        }),
        Request::MediaTrial(trial) => Box::pin(async move {
            tokio::spawn(async move {
                let reply = super::calls::try_network(&app, caller, trial).await;
                if let Some(text) = frame(&answer(id, reply)) {
                    outbound.push(text);
                }
            });
            None
        }),
        request => Box::pin(async move { Some(answer(id, dispatch(&app, caller, batch, request).await)) }),
    }
}

/// Likewise for a guest, who may do little.
fn begin_for_guest(
    app: Arc<App>,
    guest: Guest,
    outbound: Arc<Outbound>,
    id: u64,
    request: Request,
    greeted: &mut bool,
) -> Work {
    match request {
        Request::Hello(hello) => {
            *greeted |= hello.version == PROTOCOL_VERSION;
            let reply = guests::greet(&app, guest, &hello, &outbound).map(Reply::Hello);
            Box::pin(std::future::ready(Some(answer(id, reply))))
        }
        _ if !*greeted => unreadable(),
        Request::MediaOffer(offer) => Box::pin(async move {
            tokio::spawn(async move {
                let reply = super::calls::offer(&app, super::calls::who_is(guest), offer).await;
                if let Some(text) = frame(&answer(id, reply)) {
                    outbound.push(text);
                }
            });
            None
        }),
        request => Box::pin(async move {
            let reply = guests::serve(&app, guest, request).await;
            Some(answer(id, reply))
        }),
    }
}

fn answer(id: u64, result: Result<Reply, Failure>) -> ServerFrame {
    match result {
        Ok(reply) => ServerFrame::Answer {
            id,
            reply: Box::new(reply),
        },
        Err(failure) => ServerFrame::Refusal {
            id,
            problem: failure.into(),
        },
    }
}

fn unreadable() -> Work {
    let problem = Problem::new(Code::Malformed, "the frame is no request");
    Box::pin(std::future::ready(Some(ServerFrame::Refusal { id: 0, problem })))
}

async fn greet(
    app: &App,
    caller: Caller,
    batch: u64,
    hello: Hello,
    outbound: &Outbound,
) -> Result<HelloReply, Failure> {
    if hello.version != PROTOCOL_VERSION {
        return Err(refuse(Code::VersionMismatch, "the server speaks another version"));
    }
    let server_generation = app.server_generation.clone();
    // Events from here on: what the client asks for after this reply is complete together with them.
    outbound.open();
    app.calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .connected(caller.device_id);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let gone = || refuse(Code::Unauthenticated, "the device is gone");
                let highest_batch = people::raise_batch(connection, caller.device_id, batch)
                    .await?
                    .ok_or_else(gone)?;
                let (_, list) = people::owner(connection, caller.user_id)
                    .await?
                    .ok_or_else(gone)?;
                Ok(Written::answer(HelloReply {
                    highest_batch,
                    server_generation,
                    own_state_version: own_state::version(connection, caller.user_id).await?,
                    key_packages_left: people::key_packages_left(connection, caller.device_id).await?,
                    device_list_version: list.body().version,
                    policies: policies::policies(connection, caller.network_id)
                        .await?
                        .unwrap_or_default(),
                    contacts: contacts::known_of(connection, caller.user_id).await?,
                }))
            })
        })
        .await
}
