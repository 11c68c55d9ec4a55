//! Requests, each to what fulfils it.

use std::time::Duration;

use client_core::api::{Command, Delivery, Event, PersonCard, Reply, RoomKeys, RoomView, SessionView};
use conclave_client::{Client, ClientError, Waited};
use protocol::{MessageId, RoomId};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{
    answer::{Answer, Made, Me, Sent, Status},
    fault::Fault,
    find, print,
    request::{Request, SendText},
    session::Session,
    texts, transfers, verify,
};

/// Does what was asked, waits until it is settled, and prints it.
pub async fn and_wait(session: &Session, request: Request) -> Result<(), Fault> {
    let how = &session.how;
    match request {
        Request::Rooms | Request::Contacts | Request::Members { .. } | Request::Status => {
            // What is known here shows even where the server cannot be reached.
            let online = session.must_be_online().await;
            if online
                .as_ref()
                .is_err_and(|fault| fault.exit == super::fault::Exit::SignedOut)
            {
                return online;
            }
            print::answer(how, &perform(session, request).await?)?;
            online
        }
        Request::Send(_) | Request::SendFile(_) => {
            let mut events = session.client.listen();
            let answer = perform(session, request).await?;
            let Answer::Sent(sent) = answer else {
                return Err(ClientError::Confused.into());
            };
            let settled = until_sent(session, &mut events, sent.room_id, sent.message_id).await?;
            let delivery = settled.unwrap_or(Delivery::Sending);
            if delivery == Delivery::Failed {
                return Err(given_up(session, &sent).await?);
            }
            print::answer(how, &Answer::Sent(Sent { delivery, ..sent }))?;
            match delivery {
                Delivery::Sending => Err(Fault::unreachable(texts::WAITS)),
                _ => Ok(()),
            }
        }
        request => {
            let answer = perform(session, request).await?;
            // What goes with it goes out as well: the title of a room, say. It is stored, should that fail.
            session.client.until_settled(how.timeout).await?;
            print::answer(how, &answer)
        }
    }
}

/// Does what was asked.
pub async fn perform(session: &Session, request: Request) -> Result<Answer, Fault> {
    let client = &session.client;
    if needs_server(&request) {
        session.must_be_online().await?;
    }
    match request {
        Request::Whoami => me(client),
        Request::Status => status(client).await,
        Request::Rooms => Ok(Answer::Rooms {
            rooms: client.rooms().iter().map(Into::into).collect(),
        }),
        Request::Members { room } => {
            let room = find::room(session, &room).await?;
            Ok(people(&room.members))
        }
        Request::CreateRoom { title, people } => create_room(session, title, people).await,
        Request::Add { room, people } => {
            let room_id = find::room(session, &room).await?.room_id;
            done(client, Command::AddPeople { room_id, people }).await
        }
        Request::Remove { room, person } => remove(session, &room, &person).await,
        Request::Leave { room } => {
            let room_id = find::room(session, &room).await?.room_id;
            done(client, Command::LeaveRoom { room_id }).await
        }
        Request::DeleteRoom { room } => {
            let room_id = find::room(session, &room).await?.room_id;
            done(client, Command::DeleteRoom { room_id }).await
        }
        Request::Send(send) => send_text(session, send).await,
        Request::DeleteMessage { room, message_id } => {
            let room_id = find::room(session, &room).await?.room_id;
            done(client, Command::DeleteMessage { room_id, message_id }).await
        }
        Request::React {
            room,
            message_id,
            emoji,
            on,
        } => {
            let command = Command::ReactToMessage {
                room_id: find::room(session, &room).await?.room_id,
                message_id,
                emoji,
                on,
            };
            done(client, command).await
        }
        Request::SendFile(send) => transfers::send(session, send).await,
        Request::GetFile {
            room,
            message_id,
            output,
            overwrite,
        } => transfers::get(session, &room, message_id, output, overwrite).await,
        Request::Contacts => match client.ask(Command::ListContacts).await? {
            Reply::Contacts(contacts) => Ok(people(&contacts)),
            _ => Err(ClientError::Confused.into()),
        },
        Request::Verify {
            email,
            fingerprint,
            words,
        } => verify::verify(session, &email, fingerprint, words).await,
        Request::Stop => Ok(Answer::DONE),
    }
}

/// What is not done here alone, and does not wait in the outbox.
fn needs_server(request: &Request) -> bool {
    match request {
        Request::CreateRoom { .. }
        | Request::Add { .. }
        | Request::Remove { .. }
        | Request::Leave { .. }
        | Request::DeleteRoom { .. }
        | Request::GetFile { .. }
        | Request::Verify { .. } => true,
        Request::Whoami
        | Request::Status
        | Request::Rooms
        | Request::Members { .. }
        | Request::Send(_)
        | Request::DeleteMessage { .. }
        | Request::React { .. }
        | Request::SendFile(_)
        | Request::Contacts
        | Request::Stop => false,
    }
}

async fn done(client: &Client, command: Command) -> Result<Answer, Fault> {
    client.ask(command).await?;
    Ok(Answer::DONE)
}

fn people(cards: &[PersonCard]) -> Answer {
    Answer::People {
        people: cards.iter().map(Into::into).collect(),
    }
}

fn me(client: &Client) -> Result<Answer, Fault> {
    let Some(SessionView::SignedIn { me, device_id, .. }) = client.session() else {
        return Err(Fault::signed_out(None));
    };
    Ok(Answer::Me(Me {
        email: me.email,
        name: me.name,
        user_id: me.user_id,
        device_id,
        fingerprint: me.fingerprint,
        server: client.server().address.origin(),
    }))
}

async fn status(client: &Client) -> Result<Answer, Fault> {
    let Some(SessionView::SignedIn { connection, .. }) = client.session() else {
        return Err(Fault::signed_out(None));
    };
    let rooms = client.rooms();
    let Reply::Uploads(uploads) = client.ask(Command::ListUploads).await? else {
        return Err(ClientError::Confused.into());
    };
    Ok(Answer::Status(Status {
        connection,
        server: client.server().address.origin(),
        unread: rooms.iter().map(|room| room.unread).sum(),
        unsent: unsent(client, &rooms).await?,
        rooms: rooms.len(),
        uploads: uploads.len(),
    }))
}

/// Messages that wait in the outbox: they are the last of their rooms.
async fn unsent(client: &Client, rooms: &[RoomView]) -> Result<usize, Fault> {
    let mut events = client.listen();
    let mut waiting = 0;
    for RoomView { room_id, .. } in rooms {
        client.ask(Command::OpenRoom { room_id: *room_id }).await?;
        loop {
            match events.recv().await {
                Ok(Event::Messages {
                    room_id: of,
                    reset: true,
                    messages,
                    ..
                }) if of == *room_id => {
                    let sending = messages
                        .iter()
                        .filter(|message| message.delivery == Delivery::Sending);
                    waiting += sending.count();
                    break;
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return Err(ClientError::Stopped.into()),
            }
        }
    }
    Ok(waiting)
}

async fn create_room(session: &Session, title: String, people: Vec<String>) -> Result<Answer, Fault> {
    if title.trim().is_empty() {
        return Err(Fault::with_code("empty", texts::EMPTY_TITLE));
    }
    let Reply::Room { room_id } = session.client.ask(Command::CreateRoom { title, people }).await? else {
        return Err(ClientError::Confused.into());
    };
    let ready = |room: &RoomView| room.keys == RoomKeys::Ready;
    session
        .client
        .until_room(room_id, session.how.timeout, ready)
        .await?;
    Ok(Answer::Room(Made { room_id }))
}

async fn remove(session: &Session, room: &str, person: &str) -> Result<Answer, Fault> {
    let room = find::room(session, room).await?;
    let mut members = room.members.iter();
    let member = members.find(|member| member.email.eq_ignore_ascii_case(person));
    let member = member.ok_or_else(|| Fault::with_code("person_unknown", texts::not_a_member(person)))?;
    let command = Command::RemovePerson {
        room_id: room.room_id,
        user_id: member.user_id,
    };
    done(&session.client, command).await
}

async fn send_text(session: &Session, send: SendText) -> Result<Answer, Fault> {
    if send.text.trim().is_empty() {
        return Err(Fault::with_code("empty", texts::EMPTY_TEXT));
    }
    let room_id = find::room_to_write(session, &send.room).await?.room_id;
    let command = Command::SendText {
        room_id,
        text: send.text,
        reply_to: send.reply_to,
        mentions: vec![],
        ttl_ms: send.ttl.map(|seconds| seconds.saturating_mul(1000)),
        burn_ms: send.burn.map(|seconds| seconds.saturating_mul(1000)),
        message_id: None,
    };
    match session.client.ask(command).await? {
        Reply::Message { message_id } => Ok(Answer::Sent(Sent {
            room_id,
            message_id,
            delivery: Delivery::Sending,
            size: None,
            resumed: None,
        })),
        _ => Err(ClientError::Confused.into()),
    }
}

/// How long the reason of a refusal may take to come with the list of rooms, which is asked for at once.
const REASON_PATIENCE: Duration = Duration::from_secs(2);

/// Why the server did not take a message, as far as it is known. Nothing of it stays: no command could send it again, and its id
/// is nobody's.
async fn given_up(session: &Session, sent: &Sent) -> Result<Fault, Fault> {
    let Sent {
        room_id, message_id, ..
    } = *sent;
    let take_back = Command::DeleteMessage { room_id, message_id };
    session.client.ask(take_back).await?;
    let refused = |room: &RoomView| room.refusal.is_some();
    let room = session
        .client
        .until_room(room_id, REASON_PATIENCE, refused)
        .await?;
    Ok(match room.and_then(|room| room.refusal) {
        Some(code) => find::refused(&code),
        None => Fault::with_code("not_sent", texts::NOT_SENT),
    })
}

/// Waits until the server has a message, or it was given up; nothing where the server cannot be reached.
async fn until_sent(
    session: &Session,
    events: &mut Receiver<Event>,
    room_id: RoomId,
    message_id: MessageId,
) -> Result<Option<Delivery>, Fault> {
    let client = &session.client;
    let deadline = Instant::now() + session.how.timeout;
    client.ask(Command::OpenRoom { room_id }).await?;
    let settled = async {
        loop {
            match events.recv().await {
                Ok(Event::Messages { messages, .. }) => {
                    let mut mine = messages.iter().filter(|message| message.message_id == message_id);
                    let settled = mine.find(|message| message.delivery != Delivery::Sending);
                    if let Some(message) = settled {
                        return Ok(message.delivery);
                    }
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => {
                    client.ask(Command::OpenRoom { room_id }).await?;
                }
                Err(RecvError::Closed) => return Err(ClientError::Stopped),
            }
        }
    };
    tokio::pin!(settled);
    let offline = async {
        match client.until_online(session.how.timeout).await? {
            // Then it only takes its time.
            Waited::Online => std::future::pending().await,
            Waited::Offline => Ok::<_, Fault>(None),
            Waited::SignedOut(reason) => Err(Fault::signed_out(reason.as_deref())),
        }
    };
    let both = async {
        tokio::select! {
            delivery = &mut settled => Ok(Some(delivery?)),
            lost = offline => lost,
        }
    };
    timeout_at(deadline, both).await.unwrap_or(Ok(None))
}
