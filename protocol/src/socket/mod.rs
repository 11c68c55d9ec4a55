//! The WebSocket of a device: JSON text frames, requests with ids, answers, and events of the server.
//!
//! The first request of a connection is [`Request::Hello`]. A request is answered once; events come in
//! between. After a gap the client asks for what it lacks ([`Request::RoomSync`], [`Request::CallSync`]) from
//! its own cursors, so that a lost event is never lost content.

mod calls;
mod guests;
mod people;
mod rooms;
mod signs;

pub use calls::*;
pub use guests::*;
pub use people::*;
pub use rooms::*;
pub use signs::*;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Millis, Problem, RoomId, UserId, policies::Policies, push::PushPut};

/// What a client sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClientFrame {
    /// Chosen by the client; the answer carries it.
    pub id: u64,
    /// Counter of the batch of local state that was durable when this was sent. The server keeps the highest
    /// it saw of each device; a device that comes with less was rolled back or cloned.
    pub batch: u64,
    /// What is asked.
    pub request: Request,
}

/// What a server sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// Answer to a request.
    Answer {
        /// From [`ClientFrame::id`].
        id: u64,
        /// The reply that belongs to the request (see [`Request`]).
        reply: Box<Reply>,
    },
    /// A request that failed.
    Refusal {
        /// From [`ClientFrame::id`]; 0 where the frame could not be read at all.
        id: u64,
        /// Why.
        problem: Problem,
    },
    /// Something happened.
    Event(Box<Event>),
}

/// Requests. Each names its reply.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// First on every connection → [`Reply::Hello`].
    Hello(Hello),
    /// Liveness, where the transport's pings cannot be seen → [`Reply::Done`].
    Ping,

    /// The contact card of one ID → [`Reply::Person`], or `not_found`.
    PersonLookUp(PersonLookUp),
    /// Cards of users that share a room with the asker → [`Reply::People`].
    PeopleGet(PeopleGet),
    /// One key package of each live device of some users → [`Reply::KeyPackages`].
    KeyPackagesClaim(KeyPackagesClaim),
    /// More key packages → [`Reply::KeyPackagesLeft`].
    KeyPackagesAdd(KeyPackagesAdd),
    /// A new device list, which follows the current one; devices not in it are revoked → [`Reply::Done`].
    DeviceListPut(DeviceListPut),
    /// Own state → [`Reply::OwnState`].
    OwnStateGet,
    /// Own state, compare-and-swap → [`Reply::Done`], or `conflict`.
    OwnStatePut(OwnState),
    /// What the server has to know of how the user stands with a contact → [`Reply::Done`].
    ContactPut(ContactPut),
    /// The user's ID video is this blob of the own room from now on; the one before is deleted → [`Reply::Done`].
    IdVideoPut(IdVideoPut),
    /// How this device is woken while it is not connected → [`Reply::Done`]; `forbidden`, where the server knows no such push
    /// service.
    PushPut(PushPut),
    /// What the network asks of its users → [`Reply::Policies`].
    PoliciesGet,
    /// Ends this device: sessions, key packages, cursors; its leaves are to be removed → [`Reply::Done`].
    SignOut,

    /// Rooms of this user → [`Reply::Rooms`].
    RoomsList,
    /// Founds a room (or its next generation) → [`Reply::Accepted`].
    RoomFound(RoomFound),
    /// A commit → [`Reply::Accepted`], or `stale_epoch`.
    RoomCommit(RoomCommit),
    /// What an external commit needs → [`Reply::GroupInfo`].
    RoomGroupInfo(RoomRef),
    /// An application message → [`Reply::Accepted`], or `stale_epoch`.
    RoomSend(RoomSend),
    /// A sign for the devices of the other members that are connected now → [`Reply::Done`], or `stale_epoch`, or
    /// `rate_limited`. Nothing keeps it.
    RoomSign(RoomSign),
    /// Entries after a place → [`Reply::Entries`].
    RoomSync(RoomSync),
    /// Entries up to here are durable on this device → [`Reply::Done`].
    RoomAck(RoomAck),
    /// A commit that the server accepted cannot be processed here → [`Reply::Done`].
    RoomReport(RoomReport),
    /// The user leaves; the server asks the members to remove the leaves → [`Reply::Done`].
    RoomLeave(RoomRef),

    /// Enters the call of a room, or starts one → [`Reply::CallJoined`], or `call_locked`, `call_removed`, `call_ended`.
    CallJoin(CallJoin),
    /// Epoch 0 of the call's group → [`Reply::CallAccepted`], or `conflict`: someone was first.
    CallFound(CallFound),
    /// A commit in the call's group → [`Reply::CallAccepted`], or `stale_epoch`.
    CallCommit(CallCommit),
    /// An application message in the call's group → [`Reply::CallAccepted`].
    CallSend(CallSend),
    /// Entries after a place → [`Reply::CallEntries`], or `not_found`: join anew.
    CallSync(CallSync),
    /// What an external commit needs → [`Reply::GroupInfo`].
    CallGroupInfo(CallRef),
    /// Leaves at once → [`Reply::Done`].
    CallLeave(CallRef),
    /// The device was in the call, and has lost its keys: its program was started anew → [`Reply::Done`]. It is in no more
    /// from then on; where the call is locked, its leaf stays for [`crate::limits::CALL_RETURN_MS`].
    CallLost(CallRef),
    /// Ends the call for everybody, as a moderator of its room → [`Reply::Done`].
    CallEnd(CallRef),
    /// A link by which guests may ask to come in → [`Reply::Done`].
    GuestLinkPut(GuestLinkPut),
    /// Takes a link back: nobody knocks by it any more → [`Reply::Done`].
    GuestLinkRevoke(GuestLinkRef),
    /// Of guests alone: asks to come into the room's call → [`Reply::Done`]; [`Event::GuestDoor`] tells the rest.
    GuestKnock(GuestKnock),
    /// Of guests alone: does not wait any more → [`Reply::Done`].
    GuestLeave,
    /// Turns a guest away who waits → [`Reply::Done`].
    GuestDeny(GuestDeny),
    /// SDP offer of one of the two PeerConnections → [`Reply::MediaAnswer`].
    MediaOffer(MediaOffer),
    /// SDP offer of a connection that is made to try the network and thrown away → [`Reply::MediaTried`].
    MediaTrial(MediaTrial),
    /// What the client shows → [`Reply::Done`].
    MediaIntent(MediaIntent),
}

/// Replies.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done, and durable where that matters.
    Done,
    /// To [`Request::Hello`].
    Hello(HelloReply),
    /// One card.
    Person(Box<Person>),
    /// Several cards; who is unknown or shares no room is left out.
    People(Vec<Person>),
    /// To [`Request::KeyPackagesClaim`].
    KeyPackages(Vec<ClaimedUser>),
    /// How many single-use key packages this device has now.
    KeyPackagesLeft(u32),
    /// To [`Request::OwnStateGet`].
    OwnState(OwnState),
    /// To [`Request::PoliciesGet`].
    Policies(Policies),
    /// To [`Request::IdVideoPut`].
    IdVideo {
        /// When the server kept it, by its clock: what tells which of two devices was the last.
        kept_at: Millis,
    },
    /// To [`Request::RoomsList`].
    Rooms(Vec<RoomSummary>),
    /// Written to the log, durable.
    Accepted(Accepted),
    /// Newest GroupInfo and tree.
    GroupInfo(GroupInfoReply),
    /// To [`Request::RoomSync`].
    Entries(Entries),
    /// To [`Request::CallJoin`].
    CallJoined(Box<CallJoined>),
    /// Written to the call's log (memory).
    CallAccepted(Accepted),
    /// To [`Request::CallSync`].
    CallEntries(Entries),
    /// SDP answer.
    MediaAnswer(MediaAnswer),
    /// To [`Request::MediaTrial`].
    MediaTried(MediaTried),
}

/// What the server says of its own accord.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An entry of a room's log. A client that sees a gap in `seq` syncs.
    RoomEntry {
        /// The room.
        room_id: RoomId,
        /// The entry.
        entry: Entry,
    },
    /// A sign of another member of a room, as it was sent.
    RoomSign(RoomSign),
    /// This device was added to a room's group.
    RoomWelcome(Box<RoomWelcome>),
    /// A room came, went, or changed its members: fetch [`Request::RoomsList`].
    RoomsChanged,
    /// The device list (or card) of a user changed.
    PersonChanged {
        /// Who.
        user_id: UserId,
    },
    /// An administrator changed what a network asks of its users: fetch [`Request::PoliciesGet`].
    PoliciesChanged,
    /// Own state has a new version.
    OwnStateChanged {
        /// The version.
        version: u64,
    },
    /// A call in a room began, changed its participants, or ended.
    CallChanged {
        /// The room.
        room_id: RoomId,
        /// The call; nothing when it ended.
        call: Option<CallSummary>,
    },
    /// An entry of a call's log.
    CallEntry {
        /// The call.
        call_id: crate::CallId,
        /// The entry.
        entry: Entry,
    },
    /// This participant was added to a call's group.
    CallWelcome(Box<CallWelcome>),
    /// Someone waits to be added to the call's group.
    CallJoinRequest(CallJoinRequest),
    /// A participant left or was lost: remove its leaf.
    CallGone(CallGone),
    /// Who waits to be let in.
    GuestLobby(GuestLobby),
    /// To a guest: how its knocking stands.
    GuestDoor(GuestDoor),
    /// To a guest: somebody let it in, and [`Event::CallWelcome`] follows. Without the group, which only that opens.
    GuestAdmitted(Box<CallJoined>),
    /// Which track sits in which slot of the subscribe connection.
    MediaBindings(MediaBindings),
    /// Who speaks now.
    MediaSpeaker(MediaSpeaker),
    /// The media of this participant is gone (SFU restart): offer again.
    MediaLost(CallRef),
    /// The connection will be closed.
    Bye(ByeReason),
}

/// First words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`] of the client.
    pub version: u32,
}

/// Answer to [`Hello`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HelloReply {
    /// Highest [`ClientFrame::batch`] that the server ever saw of this device *before* this hello. Higher than
    /// the client's own: its state is a rollback or a clone and must not encrypt. The server remembers the
    /// batch of a hello only if it is not lower.
    pub highest_batch: u64,
    /// See [`crate::accounts::ServerInfo`].
    pub server_generation: Bytes,
    /// Version of own state.
    pub own_state_version: u64,
    /// Single-use key packages left of this device.
    pub key_packages_left: u32,
    /// Version of the user's device list.
    pub device_list_version: u64,
    /// Policies of the user's network.
    #[serde(default)]
    pub policies: Policies,
    /// What the server knows of how the user stands with contacts.
    #[serde(default)]
    pub contacts: Vec<ContactPut>,
}

/// Why a server closes a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The device was revoked or signed out.
    SignedOut,
    /// Another connection of the same device took over.
    Replaced,
    /// The client read too slowly: connect again and resume.
    TooSlow,
    /// The server stops: connect again.
    Restart,
}
