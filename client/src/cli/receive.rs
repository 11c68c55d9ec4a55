//! Messages as lines of JSON.

use client_core::api::{Command, Event, MessageView};
use conclave_client::{Client, ClientError, Waited, reader::Reader};
use protocol::RoomId;
use tokio::sync::broadcast::error::RecvError;

use super::{
    answer::Message, fault::Fault, find, lines, options::ReceiveOptions, run::interrupted, session::Session,
    texts,
};

/// Which messages are printed, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub struct Taste {
    /// Also one's own.
    pub mine: bool,
    /// What is printed counts as read.
    pub reads: bool,
}

/// Prints what was not printed yet.
pub async fn receive(session: &Session, options: &ReceiveOptions) -> Result<(), Fault> {
    let client = &session.client;
    let taste = Taste {
        mine: options.mine,
        reads: !options.keep_unread,
    };
    let mut events = client.listen();
    // Where the server cannot be reached, what is here is printed all the same.
    let online = match client.until_settled(session.how.timeout).await? {
        Waited::Online => true,
        Waited::Offline => false,
        Waited::SignedOut(reason) => return Err(Fault::signed_out(reason.as_deref())),
    };
    let only = match &options.room {
        Some(room) => Some(find::room(session, room).await?.room_id),
        None => None,
    };
    let mut reader = Reader::new();
    open(client, &mut reader, only).await?;
    let ended = interrupted()?;
    tokio::pin!(ended);
    while options.follow || !reader.is_caught_up() {
        let event = tokio::select! {
            event = events.recv() => event,
            () = &mut ended => return Ok(()),
        };
        match heard(client, &mut reader, event).await? {
            Some(Event::Rooms { .. }) if only.is_none() => open(client, &mut reader, None).await?,
            Some(Event::Session { .. }) => signed_in(client)?,
            Some(event) => print(client, &mut reader, &event, taste).await?,
            None => {}
        }
    }
    if online {
        return Ok(());
    }
    Err(Fault::unreachable(&texts::unreachable(&client.server().address)))
}

/// What was heard; after some events were lost, reading begins anew. To be awaited to its end, for half of a new beginning
/// leaves rooms out.
pub async fn heard(
    client: &Client,
    reader: &mut Reader,
    event: Result<Event, RecvError>,
) -> Result<Option<Event>, Fault> {
    match event {
        Ok(event) => Ok(Some(event)),
        Err(RecvError::Lagged(_)) => {
            reader.open_again(client).await?;
            Ok(None)
        }
        Err(RecvError::Closed) => Err(ClientError::Stopped.into()),
    }
}

/// Begins to read the room, or all.
pub async fn open(client: &Client, reader: &mut Reader, only: Option<RoomId>) -> Result<(), Fault> {
    let rooms: Vec<RoomId> = match only {
        Some(room_id) => vec![room_id],
        None => client.rooms().iter().map(|room| room.room_id).collect(),
    };
    Ok(reader.open(client, rooms).await?)
}

/// Fails where nobody is signed in any more.
pub fn signed_in(client: &Client) -> Result<(), Fault> {
    match client.session() {
        Some(client_core::api::SessionView::SignedOut { reason }) => {
            Err(Fault::signed_out(reason.as_deref()))
        }
        _ => Ok(()),
    }
}

/// Prints what an event brings, then stores that it was printed.
pub async fn print(client: &Client, reader: &mut Reader, event: &Event, taste: Taste) -> Result<(), Fault> {
    let messages: Vec<MessageView> = reader.take(client, event).await?;
    let Event::Messages { room_id, .. } = event else {
        return Ok(());
    };
    let (Some(mark), Some(room)) = (reader.mark(*room_id), client.room(*room_id)) else {
        return Ok(());
    };
    if messages.is_empty() {
        return Ok(());
    }
    let me = client.me().map(|me| me.user_id);
    for message in messages.iter().filter(|message| taste.mine || !message.mine) {
        lines::put(&Message::new(&room, message, me))?;
    }
    client.hand_out(*room_id, mark).await?;
    if taste.reads && messages.iter().any(|message| !message.mine) {
        client.ask(Command::MarkRead { room_id: *room_id }).await?;
    }
    Ok(())
}
