//! Content inside the encryption: CBOR, versioned, with room for kinds that are not known yet.
//!
//! ```text
//! envelope = { "v": 1, "id": message id, "at": milliseconds, "k": kind, "b": body, "dl": newest own list }
//! ```

use ciborium::Value;
use protocol::{CallId, DeviceId, GuestLinkId, MessageId, Millis, RoomId, Seq};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    api::{ParticipantAsk, Reaction},
    cbor,
    identity::LinkSecret,
};

const VERSION: u8 = 1;

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

/// What is said.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    Text {
        text: String,
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
        spotlight: Option<Spotlight>,
    },
    /// In the group of a call alone: a sign that shows for some seconds.
    Reaction {
        reaction: Reaction,
    },
    /// In the group of a call alone: what a participant asks of a device, or of all others.
    Ask {
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
    /// Made by a newer program; kept as it came.
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
}

#[derive(Serialize, Deserialize)]
struct Text {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct RoomState {
    title: String,
}

#[derive(Serialize, Deserialize)]
struct Read {
    rooms: Vec<(RoomId, Seq)>,
}

#[derive(Serialize, Deserialize)]
struct Call {
    call_id: CallId,
}

#[derive(Serialize, Deserialize)]
struct Presence {
    microphone: bool,
    camera: bool,
    screen: bool,
    hand: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spotlight: Option<Spotlight>,
}

#[derive(Serialize, Deserialize)]
struct React {
    reaction: Reaction,
}

#[derive(Serialize, Deserialize)]
struct Ask {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<DeviceId>,
    ask: ParticipantAsk,
}

#[derive(Serialize, Deserialize)]
struct GuestLink {
    link_id: GuestLinkId,
    secret: LinkSecret,
    expires_at: Millis,
}

#[derive(Serialize, Deserialize)]
struct GuestLinkRevoked {
    link_id: GuestLinkId,
}

#[derive(Serialize, Deserialize)]
struct GuestWelcome {
    to: DeviceId,
    mac: [u8; 32],
    title: String,
}

#[derive(Serialize, Deserialize)]
struct Name {
    name: String,
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
        })
    }
}

impl Content {
    fn to_wire(&self) -> (String, Value) {
        match self {
            Self::Text { text } => ("text".to_owned(), value(&Text { text: text.clone() })),
            Self::RoomState { title } => (
                "room_state".to_owned(),
                value(&RoomState { title: title.clone() }),
            ),
            Self::Read { rooms } => ("read".to_owned(), value(&Read { rooms: rooms.clone() })),
            Self::CallStarted { call_id } => ("call_started".to_owned(), value(&Call { call_id: *call_id })),
            Self::CallEnded { call_id } => ("call_ended".to_owned(), value(&Call { call_id: *call_id })),
            Self::CallDeclined { call_id } => {
                ("call_declined".to_owned(), value(&Call { call_id: *call_id }))
            }
            Self::CallMissed { call_id } => ("call_missed".to_owned(), value(&Call { call_id: *call_id })),
            Self::Presence {
                microphone,
                camera,
                screen,
                hand,
                spotlight,
            } => {
                let presence = Presence {
                    microphone: *microphone,
                    camera: *camera,
                    screen: *screen,
                    hand: *hand,
                    spotlight: *spotlight,
                };
                ("presence".to_owned(), value(&presence))
            }
            Self::Reaction { reaction } => ("reaction".to_owned(), value(&React { reaction: *reaction })),
            Self::Ask { to, ask } => ("ask".to_owned(), value(&Ask { to: *to, ask: *ask })),
            Self::GuestLink {
                link_id,
                secret,
                expires_at,
            } => {
                let link = GuestLink {
                    link_id: *link_id,
                    secret: secret.clone(),
                    expires_at: *expires_at,
                };
                ("guest_link".to_owned(), value(&link))
            }
            Self::GuestLinkRevoked { link_id } => (
                "guest_link_revoked".to_owned(),
                value(&GuestLinkRevoked { link_id: *link_id }),
            ),
            Self::GuestWelcome { to, mac, title } => {
                let welcome = GuestWelcome {
                    to: *to,
                    mac: *mac,
                    title: title.clone(),
                };
                ("guest_welcome".to_owned(), value(&welcome))
            }
            Self::Name { name } => ("name".to_owned(), value(&Name { name: name.clone() })),
            Self::Unknown { kind, body } => (kind.clone(), body.clone()),
        }
    }

    fn from_wire(version: u8, kind: String, body: Value) -> Self {
        let known = if version == VERSION {
            Self::known(&kind, &body)
        } else {
            None
        };
        known.unwrap_or(Self::Unknown { kind, body })
    }

    fn known(kind: &str, body: &Value) -> Option<Self> {
        Some(match kind {
            "text" => Self::Text {
                text: read::<Text>(body)?.text,
            },
            "room_state" => Self::RoomState {
                title: read::<RoomState>(body)?.title,
            },
            "read" => Self::Read {
                rooms: read::<Read>(body)?.rooms,
            },
            "call_started" => Self::CallStarted {
                call_id: read::<Call>(body)?.call_id,
            },
            "call_ended" => Self::CallEnded {
                call_id: read::<Call>(body)?.call_id,
            },
            "call_declined" => Self::CallDeclined {
                call_id: read::<Call>(body)?.call_id,
            },
            "call_missed" => Self::CallMissed {
                call_id: read::<Call>(body)?.call_id,
            },
            "presence" => {
                let Presence {
                    microphone,
                    camera,
                    screen,
                    hand,
                    spotlight,
                } = read(body)?;
                Self::Presence {
                    microphone,
                    camera,
                    screen,
                    hand,
                    spotlight,
                }
            }
            "reaction" => Self::Reaction {
                reaction: read::<React>(body)?.reaction,
            },
            "ask" => {
                let Ask { to, ask } = read(body)?;
                Self::Ask { to, ask }
            }
            "guest_link" => {
                let GuestLink {
                    link_id,
                    secret,
                    expires_at,
                } = read(body)?;
                Self::GuestLink {
                    link_id,
                    secret,
                    expires_at,
                }
            }
            "guest_link_revoked" => Self::GuestLinkRevoked {
                link_id: read::<GuestLinkRevoked>(body)?.link_id,
            },
            "guest_welcome" => {
                let GuestWelcome { to, mac, title } = read(body)?;
                Self::GuestWelcome { to, mac, title }
            }
            "name" => Self::Name {
                name: read::<Name>(body)?.name,
            },
            _ => return None,
        })
    }
}

/// Our own structures have no value that CBOR cannot carry.
fn value(body: &impl Serialize) -> Value {
    Value::serialized(body).unwrap_or(Value::Null)
}

fn read<T: DeserializeOwned>(body: &Value) -> Option<T> {
    body.deserialized().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sorted::SortedMap;

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
        }
    }

    #[test]
    fn every_kind_comes_back_and_unknown_ones_are_kept() {
        let call_id = CallId::from_random([2; 16]);
        for content in [
            Content::Text {
                text: "Hello".to_owned(),
            },
            Content::RoomState {
                title: "Plans".to_owned(),
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
                body: value(&SortedMap::from([("reaction".to_owned(), "wave".to_owned())])),
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

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Envelope::decode(&bytes);
        }
    }
}
