//! A device that stays: commands come in, events go out, each a line of JSON.
//!
//! Commands are done one after the other, in the order of their lines; files move beside them. What is said on standard
//! input while too much is going on waits there.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::Pin,
};

use client_core::api::{Delivery, Event, MessageView, SessionView};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use protocol::{MessageId, RoomId};
use serde_json::{Value, json};

use conclave_client::reader::Reader;

use super::{
    answer::{Answer, Me, Room},
    fault::Fault,
    input::{Line, Lines},
    lines, perform,
    receive::{self, Taste},
    request::{self, Request},
    session::Session,
    texts,
};

/// Files that move at a time: more only share the line.
const MAX_TRANSFERS: usize = 2;

/// What was asked, on its way to its answer.
type Work<'a> = Pin<Box<dyn Future<Output = (Value, Result<Answer, Fault>)> + 'a>>;

/// Runs until the input ends, `stop` comes, or a signal.
pub async fn run(session: &Session) -> Result<(), Fault> {
    let client = &session.client;
    let mut events = client.listen();
    let mut reader = Reader::new();
    receive::open(client, &mut reader, None).await?;
    let mut told = Told::default();
    ready(session).await?;
    told.session(session)?;
    told.rooms(session)?;

    let mut input = Lines::of_standard_input();
    let mut open = true;
    let mut current: Option<Work<'_>> = None;
    let mut transfers: FuturesUnordered<Work<'_>> = FuturesUnordered::new();
    let ended = interrupted()?;
    tokio::pin!(ended);
    while open || current.is_some() || !transfers.is_empty() {
        let free = current.is_none() && transfers.len() < MAX_TRANSFERS;
        tokio::select! {
            line = input.next(), if open && free => match line {
                Line::End => open = false,
                Line::TooLong => reply(Value::Null, Err(Fault::with_code("too_large", texts::LINE_TOO_LONG)))?,
                Line::Text(line) if line.trim().is_empty() => {}
                Line::Text(line) => match request::parse(&line) {
                    (id, Ok(Request::Stop)) => {
                        reply(id, Ok(Answer::DONE))?;
                        open = false;
                    }
                    (id, Ok(request)) => {
                        let moves = matches!(request, Request::SendFile(_) | Request::GetFile { .. });
                        let work: Work<'_> = Box::pin(async move { (id, perform::perform(session, request).await) });
                        if moves { transfers.push(work) } else { current = Some(work) }
                    }
                    (id, Err(why)) => reply(id, Err(Fault::with_code("malformed", texts::bad_line(&why))))?,
                },
            },
            (id, answer) = current_done(&mut current), if current.is_some() => {
                current = None;
                reply(id, answer)?;
            }
            Some((id, answer)) = transfers.next(), if !transfers.is_empty() => reply(id, answer)?,
            event = events.recv() => {
                if let Some(event) = receive::heard(client, &mut reader, event).await? {
                    told.event(session, &mut reader, &event).await?;
                }
            }
            () = &mut ended => return Ok(()),
        }
    }
    Ok(())
}

async fn current_done(current: &mut Option<Work<'_>>) -> (Value, Result<Answer, Fault>) {
    match current {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// The first line, by which a script knows that it may begin.
async fn ready(session: &Session) -> Result<(), Fault> {
    let me: Answer = perform::perform(session, Request::Whoami).await?;
    let Answer::Me(Me { email, user_id, .. }) = me else {
        return Ok(());
    };
    lines::put(&json!({ "type": "ready", "email": email, "user_id": user_id }))
}

fn reply(id: Value, answer: Result<Answer, Fault>) -> Result<(), Fault> {
    lines::put(&match answer {
        Ok(value) => json!({ "type": "reply", "id": id, "ok": true, "value": value }),
        Err(fault) => json!({
            "type": "reply", "id": id, "ok": false, "code": fault.code, "text": fault.text,
        }),
    })
}

/// What was told already.
#[derive(Default)]
struct Told {
    connection: Option<Value>,
    rooms: BTreeSet<RoomId>,
    deliveries: BTreeMap<MessageId, Delivery>,
}

/// Own messages whose way is remembered, so that each step is told once. Beyond: the oldest ids may be told again.
const MAX_DELIVERIES: usize = 4096;

impl Told {
    async fn event(&mut self, session: &Session, reader: &mut Reader, event: &Event) -> Result<(), Fault> {
        match event {
            Event::Session { .. } => {
                receive::signed_in(&session.client)?;
                self.session(session)
            }
            Event::Rooms { .. } => {
                receive::open(&session.client, reader, None).await?;
                self.rooms(session)
            }
            Event::Messages {
                room_id, messages, ..
            } => {
                for message in messages.iter().filter(|message| message.mine) {
                    self.delivery(*room_id, message)?;
                }
                let taste = Taste {
                    mine: false,
                    reads: true,
                };
                receive::print(&session.client, reader, event, taste).await
            }
            Event::Notice { notice } => lines::put(&json!({
                "type": "notice", "code": notice.code, "text": texts::notice(notice),
            })),
            _ => Ok(()),
        }
    }

    fn session(&mut self, session: &Session) -> Result<(), Fault> {
        let Some(SessionView::SignedIn { connection, .. }) = session.client.session() else {
            return Ok(());
        };
        let connection = json!(connection);
        if self.connection.as_ref() == Some(&connection) {
            return Ok(());
        }
        self.connection = Some(connection.clone());
        lines::put(&json!({ "type": "connection", "state": connection }))
    }

    fn rooms(&mut self, session: &Session) -> Result<(), Fault> {
        let rooms = session.client.rooms();
        for room in rooms.iter().filter(|room| !self.rooms.contains(&room.room_id)) {
            lines::put(&json!({ "type": "room_added", "room": Room::from(room) }))?;
        }
        let now: BTreeSet<RoomId> = rooms.iter().map(|room| room.room_id).collect();
        for room_id in self.rooms.difference(&now) {
            lines::put(&json!({ "type": "room_removed", "room_id": room_id }))?;
        }
        self.rooms = now;
        Ok(())
    }

    fn delivery(&mut self, room_id: RoomId, message: &MessageView) -> Result<(), Fault> {
        let known = self.deliveries.insert(message.message_id, message.delivery);
        // What was sent before this began is no news.
        let is_news = known.is_some_and(|known| known != message.delivery)
            || known.is_none() && matches!(message.delivery, Delivery::Sending | Delivery::Failed);
        while self.deliveries.len() > MAX_DELIVERIES {
            self.deliveries.pop_first();
        }
        if !is_news {
            return Ok(());
        }
        lines::put(&json!({
            "type": "delivery", "room_id": room_id, "message_id": message.message_id, "state": message.delivery,
        }))
    }
}

/// Somebody wants it to end: Ctrl-C, or the system.
#[cfg(unix)]
pub fn interrupted() -> Result<impl Future<Output = ()>, Fault> {
    use tokio::signal::unix::{SignalKind, signal};
    let wanted = |kind| signal(kind).map_err(|error| Fault::system(&error));
    let (mut interrupt, mut terminate) = (wanted(SignalKind::interrupt())?, wanted(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Likewise.
#[cfg(not(unix))]
pub fn interrupted() -> Result<impl Future<Output = ()>, Fault> {
    Ok(async {
        // Where it cannot be heard, it ends with its input.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
