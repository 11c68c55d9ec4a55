//! Content inside the encryption: CBOR, versioned, with room for kinds that are not known yet.
//!
//! ```text
//! envelope = { "v": 1, "id": message id, "at": milliseconds, "k": kind, "b": body, "dl": newest own list,
//!              "ttl": milliseconds, "burn": milliseconds }
//! ```

use ciborium::Value;
use protocol::{CallId, DeviceId, GuestLinkId, MessageId, Millis, RoomId, Seq, UserId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Timers;
use crate::{
    api::{ParticipantAsk, Reaction},
    cbor,
    files::FileDescriptor,
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
    /// In the own group alone: up to where one has read.
    Read {
        rooms: Vec<(RoomId, Seq)>,
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
        }
    }

    /// What a message answers, and whom it names.
    pub(crate) fn relations(&self) -> (Option<MessageId>, Vec<UserId>) {
        match self {
            Self::Text { re, mentions, .. } | Self::File { re, mentions, .. } => {
                (*re, mentions.iter().copied().take(MAX_MENTIONS).collect())
            }
            _ => (None, vec![]),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id_video() -> FileDescriptor {
        FileDescriptor {
            blob_id: protocol::BlobId::from_random([1; 16]),
            name: "ID video".to_owned(),
            media_type: "video/webm".to_owned(),
            size: 1_234_567,
            key: crate::files::FileKey::new([2; 32]),
            nonce_base: crate::files::NonceBase([3; 7]),
            hash: [4; 32],
            may_save: false,
            dimensions: None,
            duration_ms: Some(12_000),
            waveform: None,
            thumbnail: None,
        }
    }

    /// With all that a message has: what passes before anybody is verified has room for it.
    #[test]
    fn an_id_video_fits_into_an_introduction() {
        let mut video = id_video();
        video.name = "x".repeat(30);
        video.media_type = format!("video/{}", "x".repeat(60));
        let content = Content::IdVideo {
            video: Box::new(video),
            day: u32::MAX,
        };
        let padded = crate::group::pad(&envelope(content).encode()).len();
        assert!(padded <= 768, "{padded}");
        assert!(padded + 512 <= protocol::limits::MAX_INTRODUCTION_LEN);
    }

    fn envelope(content: Content) -> Envelope {
        let list = Some(ListHead {
            version: 3,
            hash: [4; 32],
        });
        Envelope {
            id: MessageId::from_random([1; 16]),
            at: Millis(5),
            content,
            list,
            timers: Timers {
                ttl: Some(60_000),
                burn: None,
            },
        }
    }

    #[test]
    fn every_kind_comes_back_and_unknown_ones_are_kept() {
        let call_id = CallId::from_random([2; 16]);
        for content in [
            Content::text("Hello"),
            Content::Text {
                text: "Hello @Bob".to_owned(),
                re: Some(MessageId::from_random([7; 16])),
                mentions: vec![UserId::from_random([8; 16])],
            },
            Content::File {
                file: Box::new(picture()),
                text: "Look @Bob".to_owned(),
                re: Some(MessageId::from_random([7; 16])),
                mentions: vec![UserId::from_random([8; 16])],
            },
            Content::File {
                file: Box::new(picture()),
                text: String::new(),
                re: None,
                mentions: vec![],
            },
            Content::BrokenFile,
            Content::Edit {
                of: MessageId::from_random([7; 16]),
                text: "Hello".to_owned(),
                mentions: vec![],
            },
            Content::React {
                of: MessageId::from_random([7; 16]),
                emoji: "\u{1F44D}".to_owned(),
                on: true,
            },
            Content::Delete {
                of: MessageId::from_random([7; 16]),
            },
            Content::RoomState {
                title: "Plans".to_owned(),
            },
            Content::IdVideo {
                video: Box::new(id_video()),
                day: 20_000,
            },
            Content::Read {
                rooms: vec![(RoomId::from_random([3; 16]), Seq(9))],
            },
            Content::CallStarted { call_id },
            Content::CallEnded { call_id },
            Content::CallDeclined { call_id },
            Content::CallMissed { call_id },
            Content::Presence {
                microphone: true,
                camera: false,
                screen: false,
                hand: true,
                spotlight: None,
            },
            Content::Presence {
                microphone: false,
                camera: false,
                screen: false,
                hand: false,
                spotlight: Some(Spotlight {
                    turn: 2,
                    on: Some(DeviceId::from_random([5; 16])),
                }),
            },
            Content::Presence {
                microphone: false,
                camera: false,
                screen: false,
                hand: false,
                spotlight: Some(Spotlight { turn: 3, on: None }),
            },
            Content::Reaction {
                reaction: Reaction::Celebrate,
            },
            Content::Ask {
                to: Some(DeviceId::from_random([4; 16])),
                ask: ParticipantAsk::Mute,
            },
            Content::Ask {
                to: None,
                ask: ParticipantAsk::LowerHand,
            },
            Content::GuestLink {
                link_id: GuestLinkId::from_random([5; 16]),
                secret: LinkSecret::from_slice(&[6; 32]).unwrap(),
                expires_at: Millis(7),
            },
            Content::GuestLinkRevoked {
                link_id: GuestLinkId::from_random([5; 16]),
            },
            Content::GuestWelcome {
                to: DeviceId::from_random([4; 16]),
                mac: [8; 32],
                title: "Plans".to_owned(),
            },
            Content::Name {
                name: "Alice".to_owned(),
            },
            // A reaction of a newer program.
            Content::Unknown {
                kind: "reaction".to_owned(),
                body: Value::Map(vec![(
                    Value::Text("reaction".to_owned()),
                    Value::Text("wave".to_owned()),
                )]),
            },
            Content::Unknown {
                kind: "poll".to_owned(),
                body: Value::Text("?".to_owned()),
            },
        ] {
            let envelope = envelope(content);
            assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
        }
    }

    fn picture() -> FileDescriptor {
        let file = FileDescriptor {
            blob_id: protocol::BlobId::from_random([1; 16]),
            name: "beach.png".to_owned(),
            media_type: "image/png".to_owned(),
            size: 12_345,
            key: crate::files::FileKey::new([2; 32]),
            nonce_base: crate::files::NonceBase([3; 7]),
            hash: [4; 32],
            may_save: true,
            dimensions: None,
            duration_ms: None,
            waveform: None,
            thumbnail: Some(vec![5; 100]),
        };
        file.checked().unwrap()
    }

    /// The bytes of an envelope with a file, of which a field of the descriptor is another.
    fn with_field(version: u8, key: &str, value: Value) -> Vec<u8> {
        let mut file = Value::serialized(&picture()).unwrap().into_map().unwrap();
        file.retain(|(name, _)| name.as_text() != Some(key));
        file.push((Value::from(key), value));
        cbor::to_vec(&Wire {
            v: version,
            id: MessageId::from_random([1; 16]),
            at: Millis(5),
            k: FILE.to_owned(),
            b: Value::Map(vec![
                (Value::from("file"), Value::Map(file)),
                (Value::from("of_later"), Value::from(true)),
            ]),
            dl: None,
            ttl: None,
            burn: None,
        })
        .to_vec()
    }

    /// What cannot be is no file, and says so; what a newer program may mean is for a newer program.
    #[test]
    fn a_file_that_is_described_badly_is_known_as_one() {
        let of = |bytes: &[u8]| Envelope::decode(bytes).unwrap().content;
        assert!(matches!(
            of(&with_field(1, "of_later", Value::from(1))),
            Content::File { .. }
        ));
        for (key, value) in [
            ("name", Value::from("a\u{202e}b")),
            ("key", Value::Bytes(vec![1; 31])),
            ("size", Value::from(u64::MAX)),
            ("hash", Value::from("text")),
        ] {
            assert_eq!(of(&with_field(1, key, value)), Content::BrokenFile, "{key}");
        }
        assert!(matches!(
            of(&with_field(2, "name", Value::from(""))),
            Content::Unknown { .. }
        ));
    }

    fn fields() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            prop::collection::vec(any::<u8>(), 0..80).prop_map(Value::Bytes),
            any::<bool>().prop_map(Value::from),
            Just(Value::Null),
        ]
    }

    const KEYS: [&str; 13] = [
        "blob_id",
        "name",
        "media_type",
        "size",
        "key",
        "nonce_base",
        "hash",
        "may_save",
        "width",
        "height",
        "duration_ms",
        "waveform",
        "thumbnail",
    ];

    proptest! {
        /// Whatever stands in a field: it is read as a file that would be taken as it is, or as none. What is read is
        /// written as what is read the same.
        #[test]
        fn whatever_is_said_of_a_file_is_a_file_or_a_broken_one(at in 0..KEYS.len(), value in fields()) {
            let envelope = Envelope::decode(&with_field(1, KEYS[at], value)).unwrap();
            match &envelope.content {
                Content::File { file, .. } => prop_assert!(file.as_ref().clone().checked().is_ok()),
                Content::BrokenFile => {}
                other => prop_assert!(false, "{other:?}"),
            }
            prop_assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
        }

        /// What was sent, with some bytes changed on the way, never breaks who reads it.
        #[test]
        fn a_changed_file_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
            let mut bytes = with_field(1, "width", Value::from(3));
            let len = bytes.len();
            bytes[at.index(len)] = to;
            let _ = Envelope::decode(&bytes);
            let _ = Envelope::decode(&bytes[..cut.index(len)]);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Envelope::decode(&bytes);
        }
    }
}
