use protocol::{Code, Epoch, Problem};

use crate::groups::GroupError;

/// Why a request about a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no such call, or the device is not in it: it may join anew.
    #[error("there is no such call, or the device is not in it")]
    NotInCall,
    /// The device has no leaf in the room's group.
    #[error("the device has no leaf in the room's group")]
    NotInRoom,
    /// The participant's leaf is not in the call's group yet.
    #[error("the participant is not in the call's group yet")]
    NotAdded,
    /// Nobody has founded the call's group yet.
    #[error("the call's group is not founded yet")]
    NoGroup,
    /// Someone else founded the call's group first.
    #[error("the call's group is founded already")]
    AlreadyFounded,
    /// The request is of another generation of the call's group.
    #[error("the request is of another generation of the call's group")]
    StaleGeneration,
    /// The message is of another epoch than the current one.
    #[error("the message is of epoch {got}, the group is at {current}")]
    StaleEpoch {
        /// The group's.
        current: Epoch,
        /// The message's.
        got: Epoch,
    },
    /// The message id is in the log with other bytes.
    #[error("the message id is in use")]
    DuplicateId,
    /// The commit adds a device with a key package that it did not ask with, or not last.
    #[error("the commit adds a device with another key package than it asked with")]
    OtherKeyPackage,
    /// Entries after that place are gone: join anew.
    #[error("entries after that place are gone")]
    LogTrimmed,
    /// A part is larger than its limit.
    #[error("the {what} is too large")]
    TooLarge {
        /// Which part.
        what: &'static str,
    },
    /// A part is not what it should be.
    #[error("the {what} is malformed")]
    Malformed {
        /// Which part.
        what: &'static str,
    },
    /// Too many requests.
    #[error("too many requests")]
    RateLimited {
        /// When to try again.
        retry_after_ms: u64,
    },
    /// The call has as many participants as it can have.
    #[error("the call is full")]
    Full,
    /// A moderator locked the call.
    #[error("the call is locked")]
    Locked,
    /// A moderator removed the user from the call.
    #[error("the user was removed from the call")]
    Removed,
    /// A moderator ended the call that the device wants to come back to.
    #[error("the call was ended")]
    Ended,
    /// Only a moderator of the room may do that.
    #[error("the user is no moderator of the room")]
    NoModerator,
    /// The guest does not wait any more.
    #[error("the guest does not wait")]
    NoGuest,
    /// The SFU does not answer.
    #[error("the SFU does not answer")]
    NoSfu,
    /// The group or commit was not taken.
    #[error(transparent)]
    Group(#[from] GroupError),
}

impl CallError {
    /// The stable code for the client.
    pub fn code(&self) -> Code {
        match self {
            Self::NotInCall | Self::NoGroup | Self::LogTrimmed | Self::NoGuest => Code::NotFound,
            Self::NotInRoom | Self::NotAdded | Self::NoModerator => Code::Forbidden,
            Self::AlreadyFounded => Code::Conflict,
            Self::StaleGeneration | Self::StaleEpoch { .. } => Code::StaleEpoch,
            Self::DuplicateId => Code::DuplicateId,
            Self::OtherKeyPackage => Code::CommitRefused,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::Malformed { .. } => Code::Malformed,
            Self::RateLimited { .. } => Code::RateLimited,
            Self::Full => Code::Full,
            Self::Locked => Code::CallLocked,
            Self::Removed => Code::CallRemoved,
            Self::Ended => Code::CallEnded,
            Self::NoSfu => Code::Unavailable,
            Self::Group(error) => error.code(),
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let retry_after_ms = match error {
            CallError::RateLimited { retry_after_ms } => Some(retry_after_ms),
            _ => None,
        };
        Self {
            retry_after_ms,
            ..Self::new(error.code(), error.to_string())
        }
    }
}
