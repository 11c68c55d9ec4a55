//! Messages of rooms as the user interface is told of them, and what a search found.

use protocol::{MessageId, Millis, RoomId, UserId};
use serde::{Deserialize, Serialize};

use super::{Failure, FileCard, FileHint};

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MessageView {
    /// The message.
    #[cfg_attr(test, ts(type = "string"))]
    pub message_id: MessageId,
    /// Sorts the messages of a room (below 2^53); what is not sent yet comes last, and moves once when it is.
    #[cfg_attr(test, ts(type = "number"))]
    pub order: u64,
    /// Who wrote it.
    #[cfg_attr(test, ts(type = "string"))]
    pub author: UserId,
    /// Name of who wrote it.
    pub author_name: String,
    /// Written by oneself, on any device.
    pub mine: bool,
    /// When.
    #[cfg_attr(test, ts(type = "number"))]
    pub sent_at: Millis,
    /// What.
    pub body: BodyView,
    /// How far it is.
    pub delivery: Delivery,
    /// Names of the members who have read it, by their word; of what one sent oneself.
    pub read_by: Vec<String>,
    /// The message that it answers.
    pub reply_to: Option<QuoteView>,
    /// Members whom it names.
    pub mentions: Vec<MentionView>,
    /// Its author changed the text.
    pub edited: bool,
    /// Reactions to it, in the order of their coming.
    pub reactions: Vec<ReactionView>,
    /// When it is gone.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ends_at: Option<Millis>,
    /// How long it lives after its reading, while that did not begin.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub burn_ms: Option<u64>,
    /// Whether one may change the text.
    pub may_edit: bool,
    /// Whether one may delete it for everybody.
    pub may_delete: bool,
    /// Whether it may be said again in another room.
    pub may_forward: bool,
    /// It was said elsewhere before.
    pub forwarded: bool,
    /// It is among the saved ones.
    pub saved: bool,
}

/// A message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct QuoteView {
    /// The message.
    #[cfg_attr(test, ts(type = "string"))]
    pub message_id: MessageId,
    /// Name of who wrote it; empty where the message is not here, as it was deleted, or is of before one came.
    pub author_name: String,
    /// Beginning of its text.
    pub preview: String,
    /// Its file.
    pub file: Option<FileHint>,
}

/// A member whom a message names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct MentionView {
    /// Who.
    #[cfg_attr(test, ts(type = "string"))]
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// Oneself.
    pub me: bool,
}

/// A reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ReactionView {
    /// An emoji.
    pub emoji: String,
    /// Names of who gave it.
    pub names: Vec<String>,
    /// Whether oneself is among them.
    pub mine: bool,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Found {
    /// The newest first.
    pub messages: Vec<FoundMessage>,
    /// There are more than these.
    pub more: bool,
}

/// A message that has what was looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FoundMessage {
    /// Where.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// Which.
    #[cfg_attr(test, ts(type = "string"))]
    pub message_id: MessageId,
    /// By whom.
    pub author_name: String,
    /// By oneself.
    pub mine: bool,
    /// When.
    #[cfg_attr(test, ts(type = "number"))]
    pub sent_at: Millis,
    /// The part of it where it was found, with `…` where something was left out.
    pub excerpt: String,
}

/// Content of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BodyView {
    /// Text.
    Text {
        /// As typed.
        text: String,
    },
    /// Something that happened in the room, text under `room_event.<code>`.
    RoomEvent {
        /// What: `created`, `added`, `added_you`, `removed`, `removed_by_server`, `left`, `renamed`, `device_added`,
        /// `call_started`, `call_declined`, `call_missed`, `founded_anew`, `constant_bitrate_on`, `constant_bitrate_off`,
        /// `about_set`, `about_removed`, `picture_set`, `picture_removed`, `ttl_set`, `burn_set`, `timers_set` (with `ttl_ms`, `burn_ms`), `timers_off`, `end_set` (with `ends_at`), `end_off`.
        event: Failure,
    },
    /// A file.
    File {
        /// The file.
        file: Box<FileCard>,
        /// What was written with it; may be empty.
        text: String,
    },
    /// A file of which its sender's program said what cannot be: it is neither fetched nor opened.
    BrokenFile,
    /// Made by a newer program.
    Unknown,
    /// It was here, and was deleted.
    Deleted,
}

/// How far a message of one's own is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// In the outbox.
    Sending,
    /// The server has it.
    Sent,
    /// Given up; may be tried again.
    Failed,
    /// Somebody else's.
    Received,
    /// All other members have it, by their word.
    Delivered,
    /// All other members have read it, by their word.
    Read,
}

impl Delivery {
    /// Whether the server has it, at least.
    pub fn is_sent(self) -> bool {
        matches!(self, Self::Sent | Self::Delivered | Self::Read)
    }
}
