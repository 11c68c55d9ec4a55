//! Errors as programs exchange them: RFC 9457 problem documents with a stable code.

use serde::{Deserialize, Serialize};

/// What went wrong; stable, for programs. The text for people is the client's, from its message catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Code {
    /// The body or a field of it is not what the endpoint takes.
    Malformed,
    /// Larger than the limit.
    TooLarge,
    /// No session, or one that has ended.
    Unauthenticated,
    /// Signed in, but not allowed.
    Forbidden,
    /// There is no such thing, or it is not yours to know.
    NotFound,
    /// Too many; `retry_after_ms` says when.
    RateLimited,
    /// E-mail and password do not fit (also: no such user; the two are never told apart).
    WrongPassword,
    /// The invitation is unknown or was used.
    InvitationUsed,
    /// The invitation has expired.
    InvitationExpired,
    /// Someone registered this address already.
    AlreadyRegistered,
    /// The commit or message is of an older epoch (or generation); sync, merge, try again.
    StaleEpoch,
    /// Someone else's value came first (compare-and-swap); fetch and try again.
    Conflict,
    /// The message id is known with other bytes.
    DuplicateId,
    /// The commit breaks a rule of the group (`detail` names it).
    CommitRefused,
    /// A certificate, list or signature does not hold.
    BadSignature,
    /// The user has the most devices allowed.
    TooManyDevices,
    /// The room or call is full.
    Full,
    /// The call is locked: nobody new comes in.
    CallLocked,
    /// A moderator removed this user from the call.
    CallRemoved,
    /// A moderator ended the call for everybody.
    CallEnded,
    /// The guest link lets nobody in any more: its time is over.
    LinkExpired,
    /// The guest link lets nobody in any more: somebody took it back.
    LinkRevoked,
    /// The part does not begin where the upload ends; ask how much is durable, and go on from there.
    WrongOffset,
    /// The files of the room fill the space that it has.
    QuotaExceeded,
    /// The server's disk is nearly full: it takes no files until there is room again.
    StorageFull,
    /// The file's time is over: the server has it no more.
    FileExpired,
    /// This user has not verified the contact, and the policy of the network asks for it.
    VerifyFirst,
    /// The contact has not verified this user: it was not yet, where the policy of the network asks for it, or does not
    /// want to. The two are never told apart.
    NotVerified,
    /// This user declined or blocked the contact.
    ContactDeclined,
    /// The network allows no contacts of other networks.
    OutsideContactsOff,
    /// The device's stored state is older than what the server has seen of it.
    Rollback,
    /// The client is too old or too new for this server.
    VersionMismatch,
    /// The server cannot do it now.
    Unavailable,
    /// A fault of the server; logged there.
    Internal,
}

/// A problem document. `type` is `about:blank` and therefore left out; `title` follows from the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?}: {detail}")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: Code,
    /// One sentence for who debugs; no personal data.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// When to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem of `code` with its usual status.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            status: code.status(),
            code,
            detail: detail.into(),
            retry_after_ms: None,
        }
    }
}

impl Code {
    /// The HTTP status that goes with the code.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::BadSignature | Self::VersionMismatch => 400,
            Self::Unauthenticated | Self::WrongPassword => 401,
            Self::Forbidden
            | Self::CallLocked
            | Self::CallRemoved
            | Self::VerifyFirst
            | Self::NotVerified
            | Self::ContactDeclined
            | Self::OutsideContactsOff => 403,
            Self::NotFound => 404,
            Self::AlreadyRegistered
            | Self::StaleEpoch
            | Self::Conflict
            | Self::DuplicateId
            | Self::TooManyDevices
            | Self::Full
            | Self::WrongOffset
            | Self::QuotaExceeded
            | Self::Rollback => 409,
            Self::InvitationUsed
            | Self::InvitationExpired
            | Self::CallEnded
            | Self::LinkExpired
            | Self::LinkRevoked
            | Self::FileExpired => 410,
            Self::TooLarge => 413,
            Self::CommitRefused => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::StorageFull => 507,
        }
    }
}
