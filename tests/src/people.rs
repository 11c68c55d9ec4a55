//! Alice and the others as native devices: registering, meeting in a room, reading.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, bail};
use client_core::api::{BodyView, Command, ConnectionView, Event, MessageView, Reply, Secret, SessionView};
use protocol::{MessageId, RoomId};

use crate::{
    device::{Device, Disk},
    program::{Program, code_of},
};

/// Password of everyone in tests.
pub const PASSWORD: &str = "Correct horse 7 battery";

/// Registers the first administrator by the invitation of a first start, or anybody by a new one.
pub async fn register(program: &Program, data: &Path, name: &str, first: bool) -> Result<Device> {
    let device = Device::start(&program.url, Disk::default())?;
    register_on(device, program, data, name, first).await
}

/// [`register`] on a device that is there.
pub async fn register_on(
    mut device: Device,
    program: &Program,
    data: &Path,
    name: &str,
    first: bool,
) -> Result<Device> {
    let email = format!("{name}@example.org");
    let code = match (&program.invitation, first) {
        (Some(link), true) => code_of(link),
        _ => Program::invite(data, &email).await?,
    };
    device
        .ask(Command::Register {
            code,
            email,
            name: name.to_owned(),
            password: Secret(PASSWORD.to_owned()),
        })
        .await?;
    is_online(&mut device).await?;
    Ok(device)
}

/// Makes a room with the others.
pub async fn create_room(device: &Device, title: &str, people: &[&str]) -> Result<RoomId> {
    let people = people.iter().map(|name| format!("{name}@example.org")).collect();
    match device
        .ask(Command::CreateRoom {
            title: title.to_owned(),
            people,
        })
        .await?
    {
        Reply::Room { room_id } => Ok(room_id),
        other => bail!("not a room: {other:?}"),
    }
}

/// Waits until the device lists the room, ready for use.
pub async fn has_room(device: &mut Device, room_id: RoomId) -> Result<()> {
    device
        .wait("the room", |event| match event {
            Event::Rooms { rooms } => rooms
                .iter()
                .any(|room| room.room_id == room_id && room.keys == client_core::api::RoomKeys::Ready)
                .then_some(()),
            _ => None,
        })
        .await
}

/// Waits until the device is connected.
pub async fn is_online(device: &mut Device) -> Result<()> {
    device
        .wait("online", |event| match event {
            Event::Session {
                session:
                    SessionView::SignedIn {
                        connection: ConnectionView::Online,
                        ..
                    },
            } => Some(()),
            _ => None,
        })
        .await
}

/// Texts that an open room shows, kept up to date by its events.
#[derive(Default)]
pub struct Transcript {
    messages: BTreeMap<MessageId, MessageView>,
}

impl Transcript {
    /// Takes in an event of the room.
    pub fn take(&mut self, room_id: RoomId, event: &Event) {
        let Event::Messages {
            room_id: of,
            reset,
            messages,
            removed,
            ..
        } = event
        else {
            return;
        };
        if *of != room_id {
            return;
        }
        if *reset {
            self.messages.clear();
        }
        for message in messages {
            self.messages.insert(message.message_id, message.clone());
        }
        for id in removed {
            self.messages.remove(id);
        }
    }

    /// Number of texts; other entries, as who was added, do not count.
    pub fn count(&self) -> usize {
        let bodies = self.messages.values().map(|message| &message.body);
        bodies
            .filter(|body| matches!(body, BodyView::Text { .. }))
            .count()
    }

    /// The texts in order.
    pub fn texts(&self) -> Vec<String> {
        let mut messages: Vec<&MessageView> = self.messages.values().collect();
        messages.sort_by_key(|message| message.order);
        messages
            .into_iter()
            .filter_map(|message| match &message.body {
                BodyView::Text { text } => Some(text.clone()),
                _ => None,
            })
            .collect()
    }
}

/// Sends a text; it is in the outbox, durable, when this returns.
pub async fn send(device: &Device, room_id: RoomId, text: &str) -> Result<MessageId> {
    match device
        .ask(Command::SendText {
            room_id,
            text: text.to_owned(),
            reply_to: None,
            mentions: vec![],
            ttl_ms: None,
            burn_ms: None,
            message_id: None,
        })
        .await?
    {
        Reply::Message { message_id } => Ok(message_id),
        other => bail!("not a message: {other:?}"),
    }
}
