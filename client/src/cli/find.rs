//! Rooms and people by what was typed.

use client_core::api::{BodyView, Command, Event, Failure, FileCard, PersonCard, Reply, RoomView};
use conclave_client::{Client, ClientError};
use protocol::{MessageId, RoomId, socket::RoomKindTag};
use tokio::sync::broadcast::error::RecvError;

use super::{fault::Fault, session::Session, texts};

/// A room by its id, its exact title, or (whatever has an `@`) the e-mail address of the other person of a direct room, which
/// is opened where there is none. What is known here is enough; else the server is asked.
pub async fn room(session: &Session, typed: &str) -> Result<RoomView, Fault> {
    if let Some(found) = known(&session.client, typed)? {
        return Ok(found);
    }
    session.must_be_online().await?;
    if let Some(found) = known(&session.client, typed)? {
        return Ok(found);
    }
    if typed.contains('@') {
        let email = typed.to_owned();
        let Reply::Room { room_id } = session.client.ask(Command::OpenDirect { email }).await? else {
            return Err(ClientError::Confused.into());
        };
        return until_there(session, room_id).await;
    }
    Err(Fault::with_code("room_unknown", texts::room_unknown(typed)))
}

/// A room in which something is to be said; a fault where nothing may be, as far as it is known here.
pub async fn room_to_write(session: &Session, typed: &str) -> Result<RoomView, Fault> {
    let room = room(session, typed).await?;
    match &room.refusal {
        None => Ok(room),
        Some(code) => Err(refused(code)),
    }
}

/// Why nothing passes in a room.
pub fn refused(code: &str) -> Fault {
    Fault::from(Failure {
        code: code.to_owned(),
        params: Default::default(),
    })
}

/// A room that is known to come.
async fn until_there(session: &Session, room_id: RoomId) -> Result<RoomView, Fault> {
    let found = session
        .client
        .until_room(room_id, session.how.timeout, |_| true)
        .await?;
    found.ok_or_else(|| Fault::with_code("room_unknown", texts::room_unknown(&room_id.to_string())))
}

fn known(client: &Client, typed: &str) -> Result<Option<RoomView>, Fault> {
    let rooms = client.rooms();
    if let Ok(room_id) = typed.parse::<RoomId>() {
        return Ok(rooms.into_iter().find(|room| room.room_id == room_id));
    }
    let me = client.me().map(|me| me.user_id);
    let is_direct_with = |room: &RoomView| {
        let mut others = room.members.iter().filter(|member| Some(member.user_id) != me);
        room.kind == RoomKindTag::Direct && others.any(|other| other.email.eq_ignore_ascii_case(typed))
    };
    // Others choose titles and names: none of them may stand for a person's address.
    let is_address = typed.contains('@');
    let is_called = |room: &RoomView| room.kind == RoomKindTag::Room && room.title == typed;
    let mut found: Vec<RoomView> = rooms
        .into_iter()
        .filter(|room| {
            if is_address {
                is_direct_with(room)
            } else {
                is_called(room)
            }
        })
        .collect();
    match found.len() {
        0 | 1 => Ok(found.pop()),
        _ => Err(Fault::with_code("room_ambiguous", texts::room_ambiguous(typed))),
    }
}

/// A person by the exact e-mail address.
pub async fn person(session: &Session, email: &str) -> Result<PersonCard, Fault> {
    let email = email.to_owned();
    match session.client.ask(Command::LookUpPerson { email }).await? {
        Reply::Person(person) => Ok(person),
        _ => Err(ClientError::Confused.into()),
    }
}

/// The file of a message of a room.
pub async fn file(session: &Session, room_id: RoomId, message_id: MessageId) -> Result<FileCard, Fault> {
    let client = &session.client;
    let missing = || Fault::with_code("not_found", texts::NO_SUCH_MESSAGE);
    let mut events = client.listen();
    client.ask(Command::OpenRoom { room_id }).await?;
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => {
                client.ask(Command::OpenRoom { room_id }).await?;
                continue;
            }
            Err(RecvError::Closed) => return Err(ClientError::Stopped.into()),
        };
        let Event::Messages {
            room_id: of,
            messages,
            has_older,
            ..
        } = event
        else {
            continue;
        };
        if of != room_id {
            continue;
        }
        if let Some(message) = messages
            .into_iter()
            .find(|message| message.message_id == message_id)
        {
            return match message.body {
                BodyView::File { file, .. } => Ok(*file),
                _ => Err(Fault::with_code("no_file", texts::NO_FILE)),
            };
        }
        if !has_older {
            return Err(missing());
        }
        client.ask(Command::LoadOlder { room_id }).await?;
    }
}
