//! Files, as the user interface has them. What it takes to get and open one is in its hands, for it moves and opens them.

use protocol::{BlobId, Bytes, MessageId, Millis, RoomId, UserId};
use serde::{Deserialize, Serialize};

use super::Secret;

/// A file that is on the server, and all that is said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileCard {
    /// Which blob of the server.
    #[cfg_attr(test, ts(type = "string"))]
    pub blob_id: BlobId,
    /// What the file is called.
    pub name: String,
    /// `type/subtype`, as its sender says.
    pub media_type: String,
    /// Length in bytes, without padding.
    #[cfg_attr(test, ts(type = "number"))]
    pub size: u64,
    /// What opens it, base64url.
    pub key: Secret,
    /// The beginning of its nonces, base64url.
    #[cfg_attr(test, ts(type = "string"))]
    pub nonce_base: Bytes,
    /// SHA-256 of the blob, base64url.
    #[cfg_attr(test, ts(type = "string"))]
    pub hash: Bytes,
    /// Whether it may be kept outside.
    pub may_save: bool,
    /// Of pictures and videos, in pixels.
    pub width: Option<u32>,
    /// Likewise.
    pub height: Option<u32>,
    /// Of sounds and videos.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub duration_ms: Option<u64>,
    /// Of voice notes: loudness over time, base64url.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub waveform: Option<Bytes>,
    /// A small picture, WebP or JPEG, base64url.
    #[cfg_attr(test, ts(type = "string | null"))]
    pub thumbnail: Option<Bytes>,
}

/// A file that was uploaded, and what is said with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileMessage {
    /// The room.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// The file.
    pub file: FileCard,
    /// By this the blob is deleted when its message is, base64url.
    pub upload_secret: Secret,
    /// What is written with it; may be empty.
    pub text: String,
    /// The message that it answers.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub reply_to: Option<MessageId>,
    /// Members whom the text names.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "string[]"))]
    pub mentions: Vec<UserId>,
    /// When it ends, where it is to: the blob's end, which was settled as the upload began. Never later than the room allows.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub ends_at: Option<Millis>,
    /// How long it lives after its reader has read it.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "number"))]
    pub burn_ms: Option<u64>,
    /// It was said elsewhere before, and is said to be so.
    #[serde(default)]
    pub forwarded: bool,
    /// As of `send_text`.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, type = "string"))]
    pub message_id: Option<MessageId>,
}

/// A file in a word, for where it is not shown itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct FileHint {
    /// What it is.
    pub kind: FileKind,
    /// What it is called.
    pub name: String,
}

/// What a file is, as its sender says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// A picture.
    Picture,
    /// A video.
    Video,
    /// A sound that is no voice note.
    Sound,
    /// A voice note.
    VoiceNote,
    /// Anything else.
    Other,
}

/// An upload that is under way, or was interrupted: what it takes to go on with it, and to delete it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct UploadCard {
    /// The blob.
    #[cfg_attr(test, ts(type = "string"))]
    pub blob_id: BlobId,
    /// The room whose members may get it.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// What seals it, base64url.
    pub key: Secret,
    /// The beginning of its nonces, base64url.
    #[cfg_attr(test, ts(type = "string"))]
    pub nonce_base: Bytes,
    /// What the server wants to see of who goes on with it or deletes it, base64url.
    pub upload_secret: Secret,
    /// How much of it may have left; nothing before the first byte does.
    pub sealed: Option<SealedPart>,
    /// When the server forgets the blob.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_at: Millis,
    /// What the user interface wants to find again of what it is for; the core does not look into it.
    pub about: String,
}

/// The beginning of a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SealedPart {
    /// Its length in bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub len: u64,
    /// SHA-256 of it, base64url.
    #[cfg_attr(test, ts(type = "string"))]
    pub hash: Bytes,
}
