//! What is on its way to the server, so that an answer finds who asked.

use crate::api::Secret;
use protocol::socket::ContactPut;
use protocol::{BlobId, CallId, GuestLinkId, RoomId, Seq};

/// Requests over the WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Hello,
    Ping,
    RoomsList,
    People,
    KeyPackagesAdd,
    OwnStateGet,
    OwnStatePut,
    Policies,
    ContactPut {
        contact: ContactPut,
    },
    PushPut,
    /// An ID video.
    IdVideoPut {
        blob_id: BlobId,
    },
    /// The person that a command wants to see.
    LookUp {
        command: u32,
    },
    /// A try of the network.
    MediaTrial {
        command: u32,
    },
    /// A step of a task.
    Task {
        task: u32,
    },
    SignOut {
        command: u32,
    },
    /// A device list, for a command.
    DeviceListPut {
        command: u32,
    },
    Room {
        room_id: RoomId,
        ask: RoomAsk,
    },
    Call {
        call_id: Option<CallId>,
        ask: CallAsk,
    },
}

/// Requests about one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoomAsk {
    Found,
    Commit,
    GroupInfo,
    ExternalCommit,
    Send {
        message_id: protocol::MessageId,
    },
    Sync,
    Ack {
        seq: Seq,
    },
    Report,
    Sign,
    Leave {
        command: u32,
    },
    GuestLinkPut {
        command: u32,
        link_id: GuestLinkId,
    },
    GuestLinkRevoke {
        command: u32,
        link_id: GuestLinkId,
    },
    /// Key packages to found the room anew.
    ClaimForRefounding,
}

/// Requests about the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CallAsk {
    Join { command: u32 },
    Found,
    Commit,
    GroupInfo,
    ExternalCommit,
    Send { message_id: protocol::MessageId },
    Sync,
    Leave,
    Offer { command: u32 },
    Intent { command: Option<u32> },
    Knock,
    Deny { command: Option<u32> },
}

impl Ask {
    /// The command that waits for the answer, if one does.
    pub(crate) fn command(&self) -> Option<u32> {
        match self {
            Self::LookUp { command }
            | Self::MediaTrial { command }
            | Self::SignOut { command }
            | Self::DeviceListPut { command } => Some(*command),
            Self::Room {
                ask:
                    RoomAsk::Leave { command }
                    | RoomAsk::GuestLinkPut { command, .. }
                    | RoomAsk::GuestLinkRevoke { command, .. },
                ..
            } => Some(*command),
            Self::Call { ask, .. } => match ask {
                CallAsk::Join { command } | CallAsk::Offer { command } => Some(*command),
                CallAsk::Intent { command } | CallAsk::Deny { command } => *command,
                _ => None,
            },
            _ => None,
        }
    }
}

/// Requests over HTTP.
#[derive(Debug)]
pub(crate) enum HttpAsk {
    Invitation {
        command: u32,
    },
    /// A step of the registration, sign-in or password check that is going on.
    Account,
    /// What a guest link leads to.
    GuestLink {
        command: u32,
    },
    /// A step of the pairing of this number.
    Pairing {
        number: u32,
        ask: PairingAsk,
    },
    Challenge,
    Open,
    /// For the account's word that the device is over.
    Revoked,
    /// The server is to delete a blob, asked with this token.
    DeleteBlob {
        blob_id: BlobId,
        token: Secret,
    },
}

/// Requests of a pairing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PairingAsk {
    Open {
        command: u32,
    },
    Enter {
        command: u32,
    },
    Turn {
        /// Whether something was said with it.
        says: bool,
    },
    Close,
}
