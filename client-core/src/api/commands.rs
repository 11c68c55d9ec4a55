//! Wishes of the user interface.

use protocol::{
    BlobId, DeviceId, GuestLinkId, MessageId, RoomId, UserId,
    socket::{Side, TrackKind},
};
use serde::{Deserialize, Serialize};

use super::{FileCard, FileMessage, Judged, Judgement, UploadCard};

/// A wish. Each names the [`super::Reply`] that it gets; any may get `failed`.
///
/// In JSON the name stands around the rest, which is read in one pass by a fraction of the code that a `type` among the
/// fields needs; the user interface has the `type`, and its core worker turns one into the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export, tag = "type"))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// → `invitation`.
    LookUpInvitation {
        /// The last part of the link.
        code: String,
    },
    /// Makes the account and this device → `done` once signed in.
    Register {
        /// The last part of the link.
        code: String,
        /// The ID as the page of the invitation shows it, or as typed where that leaves it open. Another one is
        /// never certified, whatever the server answers (`email_differs`).
        email: String,
        /// Full name.
        name: String,
        /// Password; never leaves the device.
        password: Secret,
    },
    /// Makes this a device of the account → `done` once signed in.
    SignIn {
        /// The ID.
        email: String,
        /// Password; never leaves the device.
        password: Secret,
    },
    /// Revokes this device and wipes the store → `done`. Where the server signed it out: wipes the store.
    SignOut,

    /// The exact ID → `person`.
    LookUpPerson {
        /// As typed.
        email: String,
    },
    /// → `room`.
    CreateRoom {
        /// Title.
        title: String,
        /// E-mails of the other members, as typed.
        people: Vec<String>,
    },
    /// Opens (or finds) the direct room with a person → `room`.
    OpenDirect {
        /// As typed.
        email: String,
    },
    /// → `done`.
    AddPeople {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// E-mails, as typed.
        people: Vec<String>,
    },
    /// Removes all devices of a member → `done`.
    RemovePerson {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Whom.
        #[cfg_attr(test, ts(type = "string"))]
        user_id: UserId,
    },
    /// → `done`.
    LeaveRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// → `done`.
    RenameRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// New title.
        title: String,
    },
    /// Says what a room is for, to its members; by who may add people → `done`. Fails with `text_too_long`.
    DescribeRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// What it is for; empty: nothing is said.
        about: String,
    },
    /// Gives a room a small picture, or takes it away → `done`. Fails with `too_large` beyond 8 KiB.
    SetRoomPicture {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// WebP or JPEG, base64url; nothing: it has none any more.
        picture: Option<String>,
    },
    /// → `room_picture`; one that [`super::RoomView::picture`] tells of.
    GetRoomPicture {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// Whether voices in the room's calls go out at a constant bitrate; for moderators of the room → `done`.
    SetConstantBitrate {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Whether they do.
        on: bool,
    },
    /// How long messages of the room live at most, which also holds for those that nobody set a time for; for moderators,
    /// and for both people of a direct room → `done`.
    SetTimers {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// From their sending on; 0 = without end.
        #[cfg_attr(test, ts(type = "number"))]
        ttl_ms: u64,
        /// From their reading on; 0 = without end.
        #[cfg_attr(test, ts(type = "number"))]
        burn_ms: u64,
    },
    /// When the room ends, with everything in it, for everybody; for moderators of a room that is not direct → `done`.
    SetRoomEnd {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// From now on; 0 = never.
        #[cfg_attr(test, ts(type = "number"))]
        life_ms: u64,
    },
    /// Ends the room at once, with everything in it, for everybody; for moderators of a room that is not direct → `done`.
    DeleteRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// Whether one wants to hear nothing of the room, on all own devices → `done`.
    SetMuted {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Whether it is so.
        on: bool,
    },
    /// Whether others learn what one has received and read, and one of them; on all own devices → `done`.
    SetReceipts {
        /// Whether it is so.
        on: bool,
    },
    /// Whether others see that one is typing, and one that they are; on all own devices → `done`.
    SetTypingSigns {
        /// Whether it is so.
        on: bool,
    },
    /// One is typing in a room, to be said at each key, or is not any more → `done`, whether somebody learns of it or not.
    /// What is sent ends it by itself.
    SetTyping {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// Whether it is so.
        on: bool,
    },
    /// Where this device is woken while it is not connected, to be said at each start → `done` once the server knows;
    /// `push_refused`, if it knows no push service there.
    SetPush {
        /// Address that the browser got from its push service; none: it is not woken.
        endpoint: Option<String>,
    },
    /// Keeps what one began to write in a room on this device; empty = nothing → `done`.
    SaveDraft {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// As typed.
        draft: String,
    },
    /// Looks for words in what was said → `found`.
    Search {
        /// The words, all of which are to be there.
        query: String,
        /// Where; nothing: everywhere.
        #[serde(default)]
        #[cfg_attr(test, ts(type = "string", optional))]
        room_id: Option<RoomId>,
    },
    /// → `message` as soon as it is durable in the outbox.
    SendText {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The text.
        text: String,
        /// The message that it answers.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "string"))]
        reply_to: Option<MessageId>,
        /// Members whom it names; their names stand in the text behind an `@`.
        #[serde(default)]
        #[cfg_attr(test, ts(type = "string[]"))]
        mentions: Vec<UserId>,
        /// How long it lives from now on; never longer than the room allows.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "number"))]
        ttl_ms: Option<u64>,
        /// How long it lives after its reader has read it.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "number"))]
        burn_ms: Option<u64>,
        /// Drawn at random by whoever may have to ask again: the same id is the same message, which is taken once.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "string"))]
        message_id: Option<MessageId>,
    },
    /// Says in another room what a message says; a file is uploaded anew, and sent as `forwarded`. The copy lives no longer than
    /// what it is of, and nothing that burns is copied → `message`. Fails with `forbidden` where it may not be.
    ForwardMessage {
        /// Where it is.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
        /// Where it is said again.
        #[cfg_attr(test, ts(type = "string"))]
        to: RoomId,
        /// As `message_id` of `send_text`.
        #[serde(default)]
        #[cfg_attr(test, ts(optional, type = "string"))]
        copy_id: Option<MessageId>,
    },
    /// Puts a message among the saved ones of all own devices, or takes it out again → `done`. It lives no longer for it.
    SaveMessage {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
        /// Whether it is among them.
        on: bool,
    },
    /// The saved messages that are on this device, the last saved first → `found`.
    ListSaved,
    /// Replaces the short answers on all own devices → `done`.
    SetQuickReplies {
        /// In their order; none: those that the user interface has by itself.
        replies: Vec<String>,
    },
    /// Sends a file that was uploaded, with or without a text; what was noted of the upload goes → `message` as soon as it is
    /// durable in the outbox. Fails with `file_expired` where its end is over already.
    SendFile(Box<FileMessage>),
    /// All that is known of a person with whom one shares a room, or whom one has looked up → `contact`.
    LookAtContact {
        /// Who.
        #[cfg_attr(test, ts(type = "string"))]
        user_id: UserId,
    },
    /// Everybody of whom the user said something that holds: verified, declined, blocked → `contacts`.
    ListContacts,
    /// The words of a contact's key, for the day of its ID video, or for today; they take a second → `words`.
    ContactWords {
        /// Who.
        #[cfg_attr(test, ts(type = "string"))]
        user_id: UserId,
    },
    /// Says something of a contact → `done`. Fails with `identity_changed` where the key is another than the person saw, or
    /// than the video came by.
    JudgeContact {
        /// Whom.
        contact: Judged,
        /// What.
        judgement: Judgement,
    },
    /// What it takes to record an ID video → `id_video_plan`.
    PlanIdVideo,
    /// Shows this ID video from now on, which was uploaded into the room of the plan → `done`. The one before is deleted.
    ShowIdVideo {
        /// The file.
        file: Box<FileCard>,
        /// The day of the plan.
        day: u32,
    },
    /// The session's token, for requests about blobs → `token`, or `offline` while there is none. A token that the server does
    /// not take is named: the device then looks for another, and until it has one gives the same again.
    GiveToken {
        /// What was refused; nothing where none was.
        stale: Option<Secret>,
    },
    /// Stores what it takes to go on with an upload, in the place of what was noted of it before → `done` once it is durable.
    /// Fails with `not_found` where the upload was dropped.
    NoteUpload {
        /// The upload.
        upload: Box<UploadCard>,
    },
    /// What was noted of uploads that were neither sent nor dropped → `uploads`.
    ListUploads,
    /// An upload is not gone on with: what was noted of it goes, and the server deletes the blob, now or when it can be
    /// reached → `done`.
    DropUpload {
        /// The blob.
        #[cfg_attr(test, ts(type = "string"))]
        blob_id: BlobId,
    },
    /// Puts another text in place of one's own → `done` as soon as it is durable in the outbox.
    EditMessage {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
        /// The new text.
        text: String,
        /// Members whom it names.
        #[serde(default)]
        #[cfg_attr(test, ts(type = "string[]"))]
        mentions: Vec<UserId>,
    },
    /// Reacts to a message, or takes that back → `done`.
    ReactToMessage {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
        /// An emoji.
        emoji: String,
        /// Whether it is put there.
        on: bool,
    },
    /// Deletes a message for everybody: one's own, or anybody's as a moderator → `done`. What did not leave yet is gone
    /// without a trace.
    DeleteMessage {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
    },
    /// Sends a failed message again → `done`.
    RetryMessage {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: MessageId,
    },
    /// Wants [`super::Event::Messages`] of a room: the newest now, and each change until closed → `done`.
    OpenRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// Older messages than the oldest shown, in an [`super::Event::Messages`] → `done`.
    LoadOlder {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// The room is no longer shown → `done`.
    CloseRoom {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// Everything up to the newest message was seen → `done`.
    MarkRead {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },

    /// → `devices`.
    ListDevices,
    /// Revokes another device of one's own; asks for the password, for the AIK has to sign → `done`.
    RevokeDevice {
        /// Which.
        #[cfg_attr(test, ts(type = "string"))]
        device_id: DeviceId,
        /// Password.
        password: Secret,
    },

    /// Wants to be paired with a new device → `done`; [`super::Event::Pairing`] tells the code and all that follows. An
    /// earlier pairing ends.
    OpenPairing,
    /// Of a device that nobody is signed in on: enters the code that another device shows → `done`. Fails with
    /// `pairing_code_malformed`, `pairing_unknown` or `pairing_taken`.
    EnterPairing {
        /// As typed.
        code: String,
    },
    /// The words are the same: the new device becomes one of the account; asks for the password, for the AIK has to sign →
    /// `done`.
    AdmitPaired {
        /// Password.
        password: Secret,
    },
    /// Of the new device: the words are the same → `done` once signed in.
    JoinPaired,
    /// Ends the pairing, on both devices → `done`.
    EndPairing,

    /// Checks the password of the account → `done`. The shell around the core then keeps the storage key under it, or no more;
    /// the core has nothing of it.
    SetLock {
        /// Whether the store is locked while it is not used.
        on: bool,
        /// Password.
        password: Secret,
    },
    /// Opens a locked store → `done`, `wrong_password`. Of the shell alone, for there is no core before.
    Unlock {
        /// Password.
        password: Secret,
    },

    /// Enters the room's call, or starts one → `call_entered`; [`super::Event::Call`] tells the rest.
    JoinCall {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// → `done`.
    LeaveCall,
    /// Does not answer the call that rings in a direct room, and says so → `done`, or `call_gone`.
    DeclineCall {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
    },
    /// SDP offer of one of the PeerConnections → `sdp_answer`.
    MediaOffer {
        /// Which.
        #[cfg_attr(test, ts(type = "\"publish\" | \"subscribe\""))]
        side: Side,
        /// A new PeerConnection, or a renegotiation.
        fresh: bool,
        /// SDP.
        sdp: String,
        /// What each published m-line is.
        tracks: Vec<TrackCard>,
    },
    /// SDP offer of a PeerConnection that tries the network and is thrown away → `network_trial`.
    TryNetwork {
        /// SDP.
        sdp: String,
    },
    /// What is shown, most important first → `done`.
    ShowVideo {
        /// The videos wanted.
        video: Vec<VideoCard>,
    },
    /// What one publishes and signals; others are told → `done`.
    SetMedia {
        /// The microphone is on.
        microphone: bool,
        /// The camera is on.
        camera: bool,
        /// A screen is shared.
        screen: bool,
        /// The hand is up.
        hand: bool,
    },
    /// Says something to everybody who is in the call now → `message`; [`super::Event::CallMessages`] tells the rest.
    SayInCall {
        /// The text.
        text: String,
    },
    /// A sign on one's own tile, for everybody, for some seconds → `done`, or `rate_limited`.
    React {
        /// Which.
        reaction: Reaction,
    },
    /// Asks something of a participant → `done`.
    AskParticipant {
        /// Whom; all others where there is none.
        leaf: Option<u32>,
        /// What.
        ask: ParticipantAsk,
    },
    /// Removes a person with all devices from the call, for as long as it lasts; for moderators of the room → `done`.
    RemoveParticipant {
        /// Leaf of one of the devices.
        leaf: u32,
    },
    /// Lets nobody new into the call, or everybody of the room again; for moderators of the room → `done`.
    LockCall {
        /// Whether nobody new comes in.
        locked: bool,
    },
    /// Goes on though somebody is in the call who has no place in the room any more → `done`.
    KeepStranger {
        /// Leaf of the device.
        leaf: u32,
    },
    /// Puts somebody in the spotlight for everybody, or takes whoever is in it out; for moderators of the room → `done`.
    Spotlight {
        /// Whom; nobody any more where there is none.
        leaf: Option<u32>,
    },
    /// Ends the call for everybody; for moderators of the room → `done`.
    EndCall,

    /// Makes a link by which guests may ask to come into the room's calls → `guest_link`.
    MakeGuestLink {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// How long it is good, at most a week.
        #[cfg_attr(test, ts(type = "number"))]
        life_ms: u64,
    },
    /// Takes a guest link back → `done`. Who came in by it stays.
    RevokeGuestLink {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: RoomId,
        /// The link.
        #[cfg_attr(test, ts(type = "string"))]
        link_id: GuestLinkId,
    },
    /// Lets guests in who wait → `done`.
    AdmitGuests {
        /// Whom, by `knock_id`: who asks anew, perhaps under another name, has another one.
        knocks: Vec<String>,
    },
    /// Turns a guest away who waits → `done`.
    DenyGuest {
        /// Whom.
        #[cfg_attr(test, ts(type = "string"))]
        device_id: DeviceId,
    },
    /// Of a core without an account: makes this a guest by a link → `room`, whose call is joined by `join_call`. Fails with
    /// `link_expired`, `link_revoked`, or `not_found`.
    BecomeGuest {
        /// The last part of the link's path.
        link_id: String,
        /// What stands behind its `#`.
        secret: Secret,
        /// What the guest calls itself, as typed.
        name: String,
    },
}

/// A sign that a participant gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Thumbs up.
    Like,
    /// A party popper.
    Celebrate,
    /// A heart.
    Love,
    /// A laughing face.
    Laugh,
    /// A surprised face.
    Surprised,
}

/// What a participant asks of another. Nobody can be unmuted by others, or heard or seen against their wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "snake_case")]
pub enum ParticipantAsk {
    /// The microphone is turned off at once.
    Mute,
    /// The person is asked to turn the microphone on.
    Unmute,
    /// The hand is lowered at once.
    LowerHand,
}

/// A text that is never printed and is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What a published m-line carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct TrackCard {
    /// `a=mid`.
    pub mid: String,
    /// What.
    #[cfg_attr(test, ts(type = "\"microphone\" | \"camera\" | \"screen\""))]
    pub kind: TrackKind,
}

/// A video that is shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct VideoCard {
    /// Leaf of the participant in the call's key tree.
    pub leaf: u32,
    /// Camera or screen.
    #[cfg_attr(test, ts(type = "\"microphone\" | \"camera\" | \"screen\""))]
    pub kind: TrackKind,
    /// Height in pixels at which it is shown.
    pub height: u16,
}
