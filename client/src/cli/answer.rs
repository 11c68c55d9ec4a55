//! What is answered. The names of the fields are promised (`docs/cli.md`); new ones may come.

use client_core::api::{ConnectionView, Delivery, MessageView, PersonCard, RoomKeys, RoomView, Trust};
use protocol::{MessageId, Millis, RoomId, UserId, socket::RoomKindTag};
use serde::Serialize;

/// An answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Done { done: bool },
    Me(Me),
    Status(Status),
    Rooms { rooms: Vec<Room> },
    People { people: Vec<Person> },
    Room(Made),
    Sent(Sent),
    Saved(Saved),
    Check(Check),
}

impl Answer {
    pub const DONE: Self = Self::Done { done: true };
}

/// The account and this device.
#[derive(Debug, Serialize)]
pub struct Me {
    pub email: String,
    pub name: String,
    pub user_id: UserId,
    pub device_id: protocol::DeviceId,
    pub fingerprint: String,
    pub server: String,
}

/// How it stands.
#[derive(Debug, Serialize)]
pub struct Status {
    pub connection: ConnectionView,
    pub server: String,
    pub rooms: usize,
    pub unread: u32,
    /// Messages that the server does not have yet.
    pub unsent: usize,
    /// Uploads that were interrupted.
    pub uploads: usize,
}

/// A room.
#[derive(Debug, Serialize)]
pub struct Room {
    pub room_id: RoomId,
    pub kind: RoomKindTag,
    pub title: String,
    pub members: usize,
    pub unread: u32,
    pub active_at: Millis,
    pub moderator: bool,
    pub keys: RoomKeys,
    pub ends_at: Option<Millis>,
}

impl From<&RoomView> for Room {
    fn from(room: &RoomView) -> Self {
        Self {
            room_id: room.room_id,
            kind: room.kind,
            title: room.title.clone(),
            members: room.members.len(),
            unread: room.unread,
            active_at: room.active_at,
            moderator: room.moderator,
            keys: room.keys,
            ends_at: room.ends_at,
        }
    }
}

/// A person.
#[derive(Debug, Serialize)]
pub struct Person {
    pub email: String,
    pub name: String,
    pub user_id: UserId,
    pub fingerprint: String,
    pub trust: Trust,
}

impl From<&PersonCard> for Person {
    fn from(person: &PersonCard) -> Self {
        Self {
            email: person.email.clone(),
            name: person.name.clone(),
            user_id: person.user_id,
            fingerprint: person.fingerprint.clone(),
            trust: person.trust,
        }
    }
}

/// A room that was made.
#[derive(Debug, Serialize)]
pub struct Made {
    pub room_id: RoomId,
}

/// A message of one's own.
#[derive(Debug, Serialize)]
pub struct Sent {
    pub room_id: RoomId,
    pub message_id: MessageId,
    pub delivery: Delivery,
    /// Of a file: its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Of a file: whether an interrupted upload was gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resumed: Option<bool>,
}

/// A file that was saved.
#[derive(Debug, Serialize)]
pub struct Saved {
    pub path: String,
    pub size: u64,
}

/// What to compare with what a person says, or what came of it.
#[derive(Debug, Serialize)]
pub struct Check {
    pub email: String,
    pub name: String,
    pub fingerprint: String,
    pub words: Vec<String>,
    pub trust: Trust,
}

/// A message, as it is printed.
#[derive(Debug, Serialize)]
pub struct Message<'a> {
    #[serde(rename = "type")]
    pub kind_of_line: &'static str,
    pub room_id: RoomId,
    pub room: &'a str,
    pub message_id: MessageId,
    pub author_id: UserId,
    pub author: &'a str,
    pub author_email: Option<&'a str>,
    pub author_trust: Option<Trust>,
    pub mine: bool,
    pub sent_at: Millis,
    pub kind: &'static str,
    pub text: &'a str,
    pub file: Option<File<'a>>,
    pub reply_to: Option<MessageId>,
    /// Whether it names this account's user.
    pub mentions_me: bool,
    pub ends_at: Option<Millis>,
    /// Of one's own: how far it is, as it is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// A file that a message has.
#[derive(Debug, Serialize)]
pub struct File<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    pub size: u64,
    pub may_save: bool,
}

impl<'a> Message<'a> {
    pub fn new(room: &'a RoomView, message: &'a MessageView, me: Option<UserId>) -> Self {
        use client_core::api::BodyView;
        let author = room
            .members
            .iter()
            .find(|member| member.user_id == message.author);
        let (kind, text, file) = match &message.body {
            BodyView::Text { text } => ("text", text.as_str(), None),
            BodyView::File { file, text } => {
                let file = File {
                    name: &file.name,
                    media_type: &file.media_type,
                    size: file.size,
                    may_save: file.may_save,
                };
                ("file", text.as_str(), Some(file))
            }
            BodyView::BrokenFile => ("broken_file", "", None),
            BodyView::RoomEvent { .. } | BodyView::Unknown | BodyView::Deleted => ("unknown", "", None),
        };
        Self {
            kind_of_line: "message",
            room_id: room.room_id,
            room: &room.title,
            message_id: message.message_id,
            author_id: message.author,
            author: &message.author_name,
            author_email: author.map(|author| author.email.as_str()),
            author_trust: author.map(|author| author.trust),
            mine: message.mine,
            sent_at: message.sent_at,
            kind,
            text,
            file,
            reply_to: message.reply_to.as_ref().map(|quote| quote.message_id),
            mentions_me: me.is_some_and(|me| message.mentions.iter().any(|mention| mention.user_id == me)),
            ends_at: message.ends_at,
            delivery: message.mine.then_some(message.delivery),
        }
    }
}
