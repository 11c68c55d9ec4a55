//! The one door of the device: [`Input`] in, [`Output`] out.
//!
//! ```text
//!            Command, answers, socket text, time
//!   shell ───────────────────────────────────────► Core::handle_input(now, Input)
//!         ◄─────────────────────────────────────── Core::poll_output() -> Option<Output>
//!            Persist, Http, Socket…, Event, Media
//! ```
//!
//! A shell (browser worker, native program, test) does what an [`Output`] says and hands in what comes of it;
//! it decides nothing. After each `handle_input` it polls until there is nothing more. *Persist, then send*:
//! outputs that depend on new state come only after [`Input::Persisted`] for the batch before them, so a shell
//! that does outputs in order, and waits for the store, cannot break the rule.
//!
//! [`Command`] and [`Event`] are JSON between the core's worker and the user interface; the TypeScript of them
//! is generated from here (`cargo test -p conclave-client-core` writes `web/src/core/generated/`).

mod call_views;
mod commands;
mod contacts;
mod files;
mod media;
mod message_views;
mod views;

pub use call_views::*;
pub use commands::*;
pub use contacts::*;
pub use files::*;
pub use media::*;
pub use message_views::*;
pub use views::*;

use protocol::Millis;
use serde::{Deserialize, Serialize};

/// What a shell hands in.
pub enum Input {
    /// A wish of the user interface; answered by [`Event::Reply`] with the same id.
    Command {
        /// Chosen by the user interface.
        id: u32,
        /// The wish.
        command: Command,
    },
    /// Answer to [`Output::Http`].
    HttpAnswer {
        /// From [`Output::Http`].
        id: u64,
        /// HTTP status.
        status: u16,
        /// JSON body.
        body: Vec<u8>,
    },
    /// [`Output::Http`] got no answer at all.
    HttpFailed {
        /// From [`Output::Http`].
        id: u64,
    },
    /// The WebSocket is open.
    SocketOpened,
    /// A text frame came.
    SocketText(String),
    /// The WebSocket is closed, or could not be opened.
    SocketClosed,
    /// The batch is durable.
    Persisted {
        /// From [`Output::Persist`].
        batch: u64,
    },
    /// The batch could not be stored: the core stops sending and says so.
    PersistFailed {
        /// From [`Output::Persist`].
        batch: u64,
    },
    /// The network came back, or the device woke up: try at once.
    Nudge,
    /// The program is about to end: what waits for a better moment goes out at once (see [`crate::Core::is_settled`]).
    Leaving,
    /// Time passed (see [`Output::WakeAt`]).
    Tick,
}

/// What a shell is to do.
pub enum Output {
    /// Store all of it in one durable transaction, then hand in [`Input::Persisted`].
    Persist(Batch),
    /// Send an HTTP request to the own origin, then hand in the answer.
    Http {
        /// For the answer.
        id: u64,
        /// `GET`, `POST`, `DELETE`.
        method: &'static str,
        /// Path with query, from `/api/`.
        path: String,
        /// Bearer token.
        token: Option<String>,
        /// Further headers.
        headers: Vec<(&'static str, String)>,
        /// JSON body; empty = none.
        body: Vec<u8>,
    },
    /// Open the WebSocket at this path.
    SocketOpen {
        /// Path with query.
        path: String,
    },
    /// Send a text frame.
    SocketSend(String),
    /// Close the WebSocket.
    SocketClose,
    /// Tell the user interface.
    Event(Event),
    /// Tell the frame-transform worker, and nobody else: it holds keys.
    Media(MediaUpdate),
    /// Hand in [`Input::Tick`] at this time; replaces the former wish.
    WakeAt(Millis),
}

/// Records to be stored in one transaction. Every value is sealed already.
pub struct Batch {
    /// Rises by one with each batch; stored with it under [`BATCH_RECORD`].
    pub number: u64,
    /// Forget every record before writing (sign-out, repair).
    pub wipe: bool,
    /// Records to write, or to delete where there is no value.
    pub records: Vec<(String, Option<Vec<u8>>)>,
}

/// Record that carries the number of the newest batch.
pub const BATCH_RECORD: &str = "batch";

/// How a core starts.
pub struct Start {
    /// Now.
    pub now: Millis,
    /// Fresh randomness from the system, for the core's own generator.
    pub seed: [u8; 32],
    /// Key that seals the local store; made by the shell when there was none, kept by it (see
    /// `docs/protocol.md`, "local store").
    pub storage_key: [u8; 32],
    /// All records of the store; empty on a new device.
    pub records: Vec<(String, Vec<u8>)>,
    /// What this device calls itself in device lists, for example "Chromium on Linux".
    pub device_name: String,
}

/// Answer to a command: a value, or an error for the message catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// Done.
    Done,
    /// To [`Command::LookUpInvitation`].
    Invitation(InvitationCard),
    /// To [`Command::LookUpPerson`].
    Person(PersonCard),
    /// A room was made, or was there already (direct rooms).
    Room {
        /// The room.
        #[cfg_attr(test, ts(type = "string"))]
        room_id: protocol::RoomId,
    },
    /// To [`Command::SendText`], [`Command::SendFile`] and [`Command::SayInCall`]: the message, which also shows in [`Event::Messages`] or
    /// [`Event::CallMessages`].
    Message {
        /// The message.
        #[cfg_attr(test, ts(type = "string"))]
        message_id: protocol::MessageId,
    },
    /// To [`Command::GetRoomPicture`].
    RoomPicture {
        /// WebP or JPEG, base64url; nothing where there is none.
        picture: Option<String>,
    },
    /// To [`Command::Search`].
    Found(Found),
    /// To [`Command::ListDevices`].
    Devices(Vec<DeviceCard>),
    /// To [`Command::MediaOffer`].
    SdpAnswer {
        /// SDP.
        sdp: String,
    },
    /// To [`Command::MakeGuestLink`]; the link shows in the room's.
    GuestLink {
        /// The link.
        #[cfg_attr(test, ts(type = "string"))]
        link_id: protocol::GuestLinkId,
    },
    /// To [`Command::TryNetwork`].
    NetworkTrial {
        /// SDP answer.
        sdp: String,
        /// TURN servers.
        ice_servers: Vec<IceServerCard>,
    },
    /// To [`Command::JoinCall`].
    CallEntered {
        /// TURN servers.
        ice_servers: Vec<IceServerCard>,
        /// See [`CallView::constant_bitrate`].
        constant_bitrate: bool,
    },
    /// To [`Command::GiveToken`].
    Token {
        /// The session's token, base64url.
        token: Secret,
    },
    /// To [`Command::ListUploads`].
    Uploads(Vec<UploadCard>),
    /// To [`Command::LookAtContact`].
    Contact(Box<ContactCard>),
    /// To [`Command::ListContacts`].
    Contacts(Vec<PersonCard>),
    /// To [`Command::ContactWords`].
    Words {
        /// The words.
        words: Vec<String>,
    },
    /// To [`Command::PlanIdVideo`].
    IdVideoPlan(IdVideoPlan),
    /// It did not work.
    Failed(Failure),
}

/// Why something did not work; the text is in the message catalogue under `error.<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Failure {
    /// Stable code in snake_case: those of `protocol::Code`, and `offline`, `password_too_weak`, `text_too_long`,
    /// `title_too_long`, `name_too_long`, `email_malformed`, `person_unknown`, `room_gone`, `call_gone`,
    /// `store_failed`, `not_ready`, `server_untrusted`, `identity_changed`, `email_differs`,
    /// `other_account`, `too_many_unsent`, `id_video_refused`, `id_video_old`.
    pub code: String,
    /// Values that the text names, for example the e-mail that is unknown.
    #[cfg_attr(test, ts(as = "std::collections::BTreeMap<String, String>"))]
    pub params: crate::sorted::SortedMap<String, String>,
}
