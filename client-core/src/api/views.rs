//! What the user interface is told: whole snapshots of what it shows, never differences that it would have to
//! add up (messages alone come as changes, for there are many).

use protocol::{DeviceId, GuestLinkId, MessageId, Millis, RoomId, UserId, socket::RoomKindTag};
use serde::{Deserialize, Serialize};

use super::{
    CallMessageView, CallView, ContactsView, Failure, FileHint, MessageView, ParticipantAsk, Reaction, Reply,
    SlotView, WatchedView,
};

/// What is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// Answer to a command.
    Reply {
        /// The command's id.
        id: u32,
        /// The answer.
        reply: Reply,
    },
    /// Who is signed in, and how the connection is.
    Session {
        /// The state.
        session: SessionView,
    },
    /// All rooms, the most recently active first.
    Rooms {
        /// The rooms.
        rooms: Vec<RoomView>,
    },
    /// Messages of an open room that are new or changed, in order.
    Messages {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Forget the messages shown so far: this is a fresh start.
        reset: bool,
        /// New and changed messages. Place each by `order`; the id is the key.
        messages: Vec<MessageView>,
        /// Messages that are gone.
        #[cfg_attr(test, ts(type = "string[]"))]
        removed: Vec<MessageId>,
        /// Whether there are older ones to load.
        has_older: bool,
    },
    /// Who is typing in an open room, or in one that was: all of them, as they began.
    Typing {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Names; nobody when it is over.
        names: Vec<String>,
    },
    /// The call that this device is in.
    Call {
        /// The call; nothing when it is over.
        call: Option<CallView>,
    },
    /// What the server makes of the media: which slot of the subscribe connection carries whose track, and what the
    /// others show of one's own.
    Slots {
        /// The slots in use.
        slots: Vec<SlotView>,
        /// The own videos that are on.
        watched: Vec<WatchedView>,
    },
    /// What was said in the call, new or changed, in order. Nothing of before one's own entering is among it, and nothing
    /// of it is ever stored.
    CallMessages {
        /// Forget the messages shown so far.
        reset: bool,
        /// New and changed messages. Place each by `order`; the id is the key.
        messages: Vec<CallMessageView>,
    },
    /// A participant gives a sign, which shows for some seconds.
    CallReaction {
        /// Who.
        leaf: u32,
        /// Which.
        reaction: Reaction,
    },
    /// Somebody who may asks something of this device.
    CallAsk {
        /// Who.
        name: String,
        /// What.
        ask: ParticipantAsk,
    },
    /// What a moderator did to the call, text under `call_event.<code>`: `locked`, `unlocked`, `removed`.
    CallModerated {
        /// What, by whom (`name`), to whom (`whom`).
        event: Failure,
    },
    /// Something about contacts is other than before: what is shown of them is to be asked for again.
    ContactsChanged,
    /// Whether the store has a lock: said by the shell, which alone knows.
    StoreLock {
        /// It has.
        on: bool,
    },
    /// How the pairing of this device with another stands.
    Pairing {
        /// The state; nothing where there is none (any more).
        pairing: Option<PairingView>,
    },
    /// Something to tell the person, text under `notice.<code>`.
    Notice {
        /// What.
        notice: Failure,
    },
}

/// A pairing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PairingView {
    /// To be entered on the new device.
    Code {
        /// The code.
        code: String,
        /// When it ends.
        #[cfg_attr(test, ts(type = "number"))]
        expires_at: Millis,
    },
    /// Both devices are to show these words.
    Compare {
        /// The words.
        words: Vec<String>,
        /// What the new device is called; on that, whose account the other one is of.
        name: String,
        /// Address of that account, on the new device.
        email: Option<String>,
    },
    /// It is the other device's turn.
    Working,
    /// The new device is one of the account.
    Done {
        /// What it is called.
        name: String,
    },
    /// It came to nothing.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// The session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SessionView {
    /// Nobody; why, if it was not one's own wish: `device_revoked`, `store_lost`, and `signed_out_by_server`, where
    /// what the device has stays until the person signs in again, or erases it with [`super::Command::SignOut`].
    SignedOut {
        /// Reason, text under `signed_out.<reason>`.
        reason: Option<String>,
    },
    /// Somebody, whose store is locked: said by the shell, for there is no core before it is opened.
    Locked,
    /// Someone.
    SignedIn {
        /// The user.
        me: PersonCard,
        /// This device.
        #[cfg_attr(test, ts(type = "string"))]
        device_id: DeviceId,
        /// The connection.
        connection: ConnectionView,
        /// What the network asks in dealing with contacts.
        contacts: ContactsView,
        /// Set where this is no device of an account, but a guest of one call.
        guest: Option<GuestView>,
        /// Whether others learn what one has received and read, and one of them.
        receipts: bool,
        /// One's own short answers; none: those that the user interface has by itself.
        quick_replies: Vec<String>,
        /// How many saved messages are on this device.
        saved: u32,
        /// Whether others see that one is typing, and one that they are.
        typing: bool,
    },
}

/// A guest's visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct GuestView {
    /// The room whose call it is.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// Who made the link, by the server's word.
    pub invited_by: String,
    /// How far one is.
    pub door: DoorView,
}

/// How far a guest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum DoorView {
    /// It did not ask yet.
    Outside,
    /// It asks; nobody was told yet.
    Knocking,
    /// There is no call to come into yet.
    NoCall,
    /// Those in the call see it.
    Waiting,
    /// It was let in.
    Admitted,
    /// It was turned away.
    Denied,
    /// The link's time is over.
    LinkExpired,
    /// Somebody took the link back.
    LinkRevoked,
}

/// How the connection to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionView {
    /// All that happened is known.
    Online,
    /// On the way, or catching up.
    Connecting,
    /// Trying again later.
    Offline,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct PersonCard {
    /// The user.
    #[cfg_attr(test, ts(type = "string"))]
    pub user_id: UserId,
    /// Name.
    pub name: String,
    /// The ID.
    pub email: String,
    /// SHA-256 of the account identity key, in hexadecimal.
    pub fingerprint: String,
    /// What one knows of the key.
    pub trust: Trust,
    /// A guest of the call, with the name that it gave. There is no account behind it.
    pub guest: bool,
}

/// What one knows of a person's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Oneself.
    Own,
    /// Encrypted, not verified.
    Unverified,
    /// Accepted by the user.
    Verified,
    /// Another key than the one seen first; or another key, e-mail or name than was accepted.
    Changed,
    /// Declined by the user: neither messages nor calls.
    Declined,
    /// Blocked by the user: likewise.
    Blocked,
}

/// What the invitation page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct InvitationCard {
    /// Name of the network.
    pub network_name: String,
    /// The ID that the account will have.
    pub email: String,
    /// Whether the ID is settled; else `email` is a suggestion that the person may change (first start only).
    pub email_fixed: bool,
    /// Name, if the administrator gave one.
    pub name: Option<String>,
}

/// One device of one's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct DeviceCard {
    /// The device.
    #[cfg_attr(test, ts(type = "string"))]
    pub device_id: DeviceId,
    /// Its name.
    pub name: String,
    /// When it was added.
    #[cfg_attr(test, ts(type = "number"))]
    pub added_at: Millis,
    /// The one that shows this.
    pub this_device: bool,
}

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RoomView {
    /// The room.
    #[cfg_attr(test, ts(type = "string"))]
    pub room_id: RoomId,
    /// Its kind ("own" is never shown).
    #[cfg_attr(test, ts(type = "\"room\" | \"direct\" | \"own\""))]
    pub kind: RoomKindTag,
    /// Title; for a direct room the other's name. Empty while it is not known yet.
    pub title: String,
    /// What the room is for; empty where nobody said so.
    pub about: String,
    /// It has a picture, to be had by [`super::Command::GetRoomPicture`]; another number is another picture.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub picture: Option<u64>,
    /// The members.
    pub members: Vec<PersonCard>,
    /// Whether one may add and remove people, and rename.
    pub may_add: bool,
    /// Whether one is a moderator.
    pub moderator: bool,
    /// Whether one may make guest links, and let guests into its calls.
    pub may_admit: bool,
    /// Voices in its calls go out at a constant bitrate.
    pub constant_bitrate: bool,
    /// Longest life of its messages from their sending on, in milliseconds; 0 = without end.
    #[cfg_attr(test, ts(type = "number"))]
    pub ttl_ms: u64,
    /// Likewise from their reading on.
    #[cfg_attr(test, ts(type = "number"))]
    pub burn_ms: u64,
    /// Whether one may change these.
    pub may_set_timers: bool,
    /// When the room ends, with everything in it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub ends_at: Option<Millis>,
    /// Links that let guests ask to come in, the one that is good longest first.
    pub guest_links: Vec<GuestLinkView>,
    /// How the keys stand.
    pub keys: RoomKeys,
    /// Whether one wants to hear nothing of it.
    pub muted: bool,
    /// What one began to write.
    pub draft: String,
    /// Of a direct room: why neither messages nor calls pass, if so; text under `refusal.<code>`: `verify_first`,
    /// `not_verified`, `contact_declined`, `identity_changed`.
    pub refusal: Option<String>,
    /// Of a direct room: what the other said that waits, unseen, until it may be heard.
    pub aside: u32,
    /// The place at which the first of these will stand; none where there are none.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub aside_from: Option<u64>,
    /// Messages not seen yet.
    pub unread: u32,
    /// Whether one of them names oneself.
    pub named: bool,
    /// Beginning of the newest message that somebody wrote.
    pub preview: String,
    /// The file of that message.
    pub preview_file: Option<FileHint>,
    /// Time of the newest message.
    #[cfg_attr(test, ts(type = "number"))]
    pub active_at: Millis,
    /// The call in progress.
    pub call: Option<RoomCallView>,
    /// Epoch of the room's group.
    #[cfg_attr(test, ts(type = "number"))]
    pub epoch: u64,
    /// Name of the cipher suite.
    pub suite: String,
}

/// A link by which guests may ask to come into a room's calls: the page's address, `/guest/`, the id, `#`, the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct GuestLinkView {
    /// The link.
    #[cfg_attr(test, ts(type = "string"))]
    pub link_id: GuestLinkId,
    /// Its secret, base64url. Whoever has it may ask.
    pub secret: String,
    /// Until when.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_at: Millis,
    /// Name of who made it.
    pub by: String,
    /// Made by oneself.
    pub mine: bool,
}

/// How a room's keys stand on this device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum RoomKeys {
    /// All well.
    Ready,
    /// This device is on its way in.
    Joining,
    /// Nothing came although it should have: the server withholds, or is slow.
    Stale,
    /// The group cannot be followed any more; a moderator has to found it anew.
    Broken,
}

/// A call, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct RoomCallView {
    /// When it began.
    #[cfg_attr(test, ts(type = "number"))]
    pub started_at: Millis,
    /// Names of who is in.
    pub names: Vec<String>,
    /// Whether this device is in.
    pub joined: bool,
    /// Whether another device of one's own is in, and this one is not.
    pub elsewhere: bool,
    /// Of a direct room: whether the call rings, or what came of that.
    pub ring: Option<RingView>,
}

/// How a call in a direct room rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum RingView {
    /// The other calls.
    Incoming,
    /// The other's devices ring.
    Outgoing,
    /// The other declined.
    Declined,
    /// Nobody answered.
    Unanswered,
}
