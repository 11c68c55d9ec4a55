use protocol::{Code, Problem};

use crate::groups::GroupError;

/// Why a request about a call was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no such call, or the caller is not in it.
    #[error("there is no such call, or the device is not in it")]
    NotInCall,
    /// The device has no leaf in the room's group.
    #[error("the device has no leaf in the room's group")]
    NotInRoom,
    /// The group or commit was not taken.
    #[error(transparent)]
    Group(#[from] GroupError),
}

impl CallError {
    /// The stable code for the client.
    pub fn code(&self) -> Code {
        match self {
            Self::NotInCall => Code::NotFound,
            Self::NotInRoom => Code::Forbidden,
            Self::Group(error) => error.code(),
        }
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
