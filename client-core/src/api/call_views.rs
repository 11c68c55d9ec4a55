//! What the user interface is told of the call that this device is in.

use protocol::{
    CallId, DeviceId, MessageId, Millis, RoomId,
    socket::{IceServer, TrackKind},
};
use serde::{Deserialize, Serialize};

use super::{Delivery, PersonCard};

/// The call that this device is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CallView {
    /// The call.
    #[cfg_attr(test, ts(type = "string"))]
    pub call_id: CallId,
    /// Its room.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// How far one is.
    pub phase: CallPhase,
    /// When it began.
    #[cfg_attr(test, ts(type = "number"))]
    pub started_at: Millis,
    /// Who is in, drawn from the key tree, in order of leaf.
    pub participants: Vec<ParticipantView>,
    /// Leaf of who speaks.
    pub speaker: Option<u32>,
    /// Leaf of whom a moderator put in the spotlight for everybody.
    pub spotlight: Option<u32>,
    /// Leaves of devices that have no place in the room any more. Nothing is sent until they are out, or a person goes on
    /// with each.
    pub strangers: Vec<u32>,
    /// Whether one may mute others, ask them to unmute, and lower their hands. Of one's own other devices one always
    /// may.
    pub may_ask: bool,
    /// Whether one may remove others from the call, put them in the spotlight, lock the call, and end it for all.
    pub may_moderate: bool,
    /// Whether one may let guests in, and turn them away.
    pub may_admit: bool,
    /// Guests who wait to be let in, in the order in which they came; for who may let them in.
    pub lobby: Vec<KnockView>,
    /// Nobody new comes in but moderators.
    pub locked: bool,
    /// Voices go out at a constant bitrate, silence too, and nothing says how loud they are: a browser has to send so, and
    /// to see by itself who speaks.
    pub constant_bitrate: bool,
    /// Where one was removed, or the call was ended: who did it, if that is proven.
    pub by: Option<String>,
    /// Epoch of the call's group.
    #[cfg_attr(test, ts(type = "number"))]
    pub epoch: u64,
    /// The epoch code: groups of five digits, at least 30 digits.
    pub code_digits: Vec<String>,
    /// The same as words.
    pub code_words: Vec<String>,
    /// Name of the cipher suite of the keys.
    pub suite: String,
    /// Name of the cipher suite of the media.
    pub media_suite: String,
}

/// A guest who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct KnockView {
    /// What it asks with, for [`super::Command::AdmitGuests`].
    pub knock_id: String,
    /// The guest, for [`super::Command::DenyGuest`].
    #[cfg_attr(test, ts(type = "string"))]
    pub device_id: DeviceId,
    /// What it calls itself.
    pub name: String,
    /// Name of who made the link.
    pub invited_by: String,
}

/// How far one is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum CallPhase {
    /// Waiting for keys.
    Joining,
    /// In.
    Joined,
    /// The connection is lost; media may still flow.
    Reconnecting,
    /// Removed from the call by a member.
    Removed,
    /// Ended for everybody by a moderator.
    Ended,
}

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct ParticipantView {
    /// Leaf in the key tree.
    pub leaf: u32,
    /// The person.
    pub person: PersonCard,
    /// This device.
    pub this_device: bool,
    /// Another device of oneself.
    pub own_other_device: bool,
    /// By its own word, inside the encryption.
    pub microphone: bool,
    /// Likewise.
    pub camera: bool,
    /// Likewise.
    pub screen: bool,
    /// Likewise.
    pub hand: bool,
    /// Place among the raised hands, from 1, in the order in which this device saw them go up.
    pub hand_place: Option<u32>,
    /// The server does not list it as connected.
    pub away: bool,
}

/// Something said in the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct CallMessageView {
    /// The message.
    #[cfg_attr(test, ts(type = "string"))]
    pub message_id: MessageId,
    /// Sorts the messages (below 2^53); what is not sent yet comes last, and moves once when it is.
    #[cfg_attr(test, ts(type = "number"))]
    pub order: u64,
    /// Leaf of who said it, at that time.
    pub leaf: u32,
    /// Who said it.
    pub person: PersonCard,
    /// Said by oneself, on any device.
    pub mine: bool,
    /// When.
    #[cfg_attr(test, ts(type = "number"))]
    pub sent_at: Millis,
    /// As typed.
    pub text: String,
    /// How far it is.
    pub delivery: Delivery,
}

/// A slot of the subscribe connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct SlotView {
    /// `a=mid`.
    pub mid: String,
    /// Leaf of whose track it is, checked against the key tree.
    pub leaf: u32,
    /// What.
    #[cfg_attr(test, ts(type = "\"microphone\" | \"camera\" | \"screen\""))]
    pub kind: TrackKind,
    /// The server holds it back: the way to this device does not carry it.
    pub paused: bool,
}

/// How large the others show a video of this device. What is larger, or what nobody shows, need not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct WatchedView {
    /// Which.
    #[cfg_attr(test, ts(type = "\"microphone\" | \"camera\" | \"screen\""))]
    pub kind: TrackKind,
    /// The largest height in pixels at which anybody shows it; 0 where nobody does.
    pub height: u16,
    /// What its smallest encoding may take at most, in kbit a second with all headers.
    pub most: Option<u16>,
}

/// A TURN server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct IceServerCard {
    /// Addresses.
    pub urls: Vec<String>,
    /// User name.
    pub username: String,
    /// Password.
    pub credential: String,
}

impl From<IceServer> for IceServerCard {
    fn from(server: IceServer) -> Self {
        let IceServer {
            urls,
            username,
            credential,
        } = server;
        Self {
            urls,
            username,
            credential,
        }
    }
}
