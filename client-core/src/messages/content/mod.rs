//! Content inside the encryption: CBOR, versioned, with room for kinds that are not known yet.
//!
//! ```text
//! envelope = { "v": 1, "id": message id, "at": milliseconds, "k": kind, "b": body, "dl": newest own list,
//!              "ttl": milliseconds, "burn": milliseconds }
//! ```

#[cfg(test)]
mod tests;

use ciborium::Value;
use protocol::{CallId, DeviceId, GuestLinkId, MessageId, Millis, RoomId, Seq, UserId};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use zeroize::Zeroizing;

use super::Timers;
use crate::{
    api::{ParticipantAsk, Reaction},
    cbor,
    files::{FileDescriptor, UploadSecret},
    identity::LinkSecret,
    limits::MAX_MENTIONS,
};

const VERSION: u8 = 1;

/// Name of [`Content::File`].
const FILE: &str = "file";

/// One message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    /// The same id under which the server carries it, so that the server cannot pass one off as another.
    pub(crate) id: MessageId,
    /// When the sender made it, by its clock.
    pub(crate) at: Millis,
    pub(crate) content: Content,
    /// Newest device list of its own user that the sender knows, so that a list that the server holds back shows.
    pub(crate) list: Option<ListHead>,
    /// How long it is to live.
    pub(crate) timers: Timers,
}

/// Version and hash of a device list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListHead {
    pub(crate) version: u64,
    pub(crate) hash: [u8; 32],
}

/// A moderator's word on whom everybody is to see large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spotlight {
    /// Of several words the one with the highest turn holds.
    pub(crate) turn: u32,
    /// Nobody, where it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) on: Option<DeviceId>,
}

/// What is said. On the wire the kind is the variant's name, and the body a map of its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    Text {
        text: String,
        /// What it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        re: Option<MessageId>,
        /// Whom it names.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// It was said elsewhere before, by whom is not told.
        #[serde(default, skip_serializing_if = "is_false")]
        fwd: bool,
    },
    /// In direct rooms: the ID video of who says it, with the day whose words are said in it.
    IdVideo {
        video: Box<FileDescriptor>,
        day: u32,
    },
    /// A file, which the server keeps for as long as this message lives.
    File {
        file: Box<FileDescriptor>,
        /// What is written with it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        re: Option<MessageId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
        /// In direct rooms, where it burns: by this the device of who read it has the server delete the blob.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<UploadSecret>,
        #[serde(default, skip_serializing_if = "is_false")]
        fwd: bool,
    },
    /// Another text in place of the earlier one, or of what stands with a file; by its author.
    Edit {
        of: MessageId,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        mentions: Vec<UserId>,
    },
    /// A reaction to a message, or that it is taken back.
    React {
        of: MessageId,
        emoji: String,
        on: bool,
    },
    /// A message is to be gone for everybody; by its author, or a moderator.
    Delete {
        of: MessageId,
    },
    /// What a room is called; by who may add people.
    RoomState {
        title: String,
    },
    /// What a room shows of itself beside its title, each part where it is said, and empty where there is to be none; by who may
    /// add people.
    RoomFace(FaceChange),
    /// In the own group alone: up to where one has read.
    Read {
        rooms: Vec<(RoomId, Seq)>,
    },
    /// In rooms: up to where the sender's devices have the log, and up to where it has read.
    Receipt {
        got: Seq,
        read: Seq,
    },
    CallStarted {
        call_id: CallId,
    },
    /// In the group of a call alone: over for everybody.
    CallEnded {
        call_id: CallId,
    },
    /// In direct rooms: who was called does not answer.
    CallDeclined {
        call_id: CallId,
    },
    /// In direct rooms: nobody answered who called.
    CallMissed {
        call_id: CallId,
    },
    /// In the group of a call alone: what a participant publishes and signals.
    Presence {
        microphone: bool,
        camera: bool,
        screen: bool,
        hand: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        spotlight: Option<Spotlight>,
    },
    /// In the group of a call alone: a sign that shows for some seconds.
    Reaction {
        reaction: Reaction,
    },
    /// In the group of a call alone: what a participant asks of a device, or of all others.
    Ask {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<DeviceId>,
        ask: ParticipantAsk,
    },
    /// A link by which guests may ask to come in; by who may let them in.
    GuestLink {
        link_id: GuestLinkId,
        secret: LinkSecret,
        expires_at: Millis,
    },
    /// A guest link is good no more; by who may let guests in.
    GuestLinkRevoked {
        link_id: GuestLinkId,
    },
    /// In the group of a call alone: the proof for a guest that who let it in knows the link, and the room's title.
    GuestWelcome {
        to: DeviceId,
        mac: [u8; 32],
        title: String,
    },
    /// In the group of a call alone: what a member is called, for guests, who cannot ask the server.
    Name {
        name: String,
    },
    /// A file of this version, of which what is said cannot be.
    #[serde(skip)]
    BrokenFile,
    /// Made by a newer program; kept as it came.
    #[serde(skip)]
    Unknown {
        kind: String,
        body: Value,
    },
}

/// What one word changes of what a room shows of itself beside its title.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FaceChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<String>,
    /// A small picture, WebP or JPEG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) picture: Option<ByteBuf>,
    /// It was so before, and is said for somebody new.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) again: bool,
}

/// What a message has to do with others, and with members.
#[derive(Default)]
pub(crate) struct Relations {
    /// What it answers.
    pub(crate) re: Option<MessageId>,
    /// Whom it names.
    pub(crate) mentions: Vec<UserId>,
    /// It was said elsewhere before.
    pub(crate) forwarded: bool,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    v: u8,
    id: MessageId,
    at: Millis,
    k: String,
    b: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dl: Option<ListHead>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    burn: Option<u64>,
}

impl Envelope {
    pub(crate) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (k, b) = self.content.to_wire();
        cbor::to_vec(&Wire {
            v: VERSION,
            id: self.id,
            at: self.at,
            k,
            b,
            dl: self.list,
            ttl: self.timers.ttl,
            burn: self.timers.burn,
        })
    }

    /// Nothing where the bytes are no envelope. A newer version or kind is kept as [`Content::Unknown`].
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let wire: Wire = cbor::from_slice(bytes)?;
        let content = Content::from_wire(wire.v, wire.k, wire.b);
        Some(Self {
            id: wire.id,
            at: wire.at,
            content,
            list: wire.dl,
            timers: Timers {
                ttl: wire.ttl,
                burn: wire.burn,
            },
        })
    }
}

impl Content {
    /// A text that neither answers nor names anybody.
    #[cfg(test)]
    pub(crate) fn text(text: &str) -> Self {
        Self::Text {
            text: text.to_owned(),
            re: None,
            mentions: vec![],
            fwd: false,
        }
    }

    /// What a message answers, whom it names, and whether it was said before.
    pub(crate) fn relations(&self) -> Relations {
        match self {
            Self::Text {
                re, mentions, fwd, ..
            }
            | Self::File {
                re, mentions, fwd, ..
            } => Relations {
                re: *re,
                mentions: mentions.iter().copied().take(MAX_MENTIONS).collect(),
                forwarded: *fwd,
            },
            _ => Relations::default(),
        }
    }

    fn to_wire(&self) -> (String, Value) {
        if *self == Self::BrokenFile {
            return (FILE.to_owned(), Value::Null);
        }
        if let Self::Unknown { kind, body } = self {
            return (kind.clone(), body.clone());
        }
        // Our own structures have no value that CBOR cannot carry.
        let named = Value::serialized(self)
            .ok()
            .and_then(|named| named.into_map().ok());
        match named.and_then(|mut kinds| kinds.pop()) {
            Some((Value::Text(kind), body)) => (kind, body),
            _ => (String::new(), Value::Null),
        }
    }

    fn from_wire(version: u8, kind: String, body: Value) -> Self {
        let named = Value::Map(vec![(Value::Text(kind.clone()), body.clone())]);
        let known = named.deserialized().ok().filter(|_| version == VERSION);
        match known {
            Some(known) => known,
            None if version == VERSION && kind == FILE => Self::BrokenFile,
            None => Self::Unknown { kind, body },
        }
    }
}

fn is_false(is: &bool) -> bool {
    !is
}
