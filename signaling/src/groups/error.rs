use protocol::{Code, Epoch, Problem};

/// Why a group or a commit was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// The bytes are not the MLS structure that they should be.
    #[error("the {what} cannot be read")]
    Malformed {
        /// Which of the parts.
        what: &'static str,
    },
    /// A part is larger than its limit.
    #[error("the {what} is too large")]
    TooLarge {
        /// Which of the parts.
        what: &'static str,
    },
    /// The commit leaves another epoch than the current one.
    #[error("the commit is of epoch {got}, the group is at {current}")]
    StaleEpoch {
        /// The group's.
        current: Epoch,
        /// The commit's.
        got: Epoch,
    },
}

impl GroupError {
    /// The stable code for the client.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed { .. } => Code::Malformed,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::StaleEpoch { .. } => Code::StaleEpoch,
        }
    }
}

impl From<GroupError> for Problem {
    fn from(error: GroupError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
