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
    /// A part belongs to another group, or to another generation of this one.
    #[error("the {what} belongs to another group")]
    OtherGroup {
        /// Which of the parts.
        what: &'static str,
    },
    /// A rule of the group speaks against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// MLS itself speaks against it (RFC 9420 §12): a signature, the tree, or a forbidden combination.
    #[error("MLS does not allow the {what}: {reason}")]
    Mls {
        /// Which of the parts.
        what: &'static str,
        /// OpenMLS's name of the reason; it holds no content.
        reason: String,
    },
    /// The MLS library gave up on these bytes.
    #[error("the {what} could not be processed")]
    Library {
        /// Which of the parts.
        what: &'static str,
    },
    /// What the database holds of the group cannot be read.
    #[error("the stored group cannot be read")]
    Stored,
}

/// Rules of a group, each named by how it was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A message of a sender who is neither a member nor coming in by it.
    #[error("only members, and who joins by it, may commit")]
    ForbiddenSender,
    /// A proposal or an application message where a commit belongs.
    #[error("the message is no commit")]
    NoCommit,
    /// Proposals stand in the commit, never outside of it.
    #[error("proposals by reference are not taken")]
    ProposalByReference,
    /// A PSK, ReInit, Update or unknown proposal.
    #[error("proposals of type {proposal_type} are not taken")]
    ForbiddenProposal {
        /// RFC 9420 §17.4.
        proposal_type: u16,
    },
    /// The commit came over the connection of another device than its committer's.
    #[error("the commit is by another device than the one that sends it")]
    OtherSender,
    /// The committing leaf is blank.
    #[error("there is no leaf of the committer")]
    NoCommitter,
    /// A leaf's credential is not a device certificate.
    #[error("a leaf has no device certificate")]
    NoCertificate,
    /// A certificate is not signed by the AIK that it names.
    #[error("a certificate's signature does not hold")]
    CertificateSignature,
    /// A leaf's signature key is not the device key of its certificate.
    #[error("a leaf has another key than its certificate")]
    CertificateKey,
    /// An encryption key that nobody can encrypt to: whoever commits next would fail at it, and the group with them.
    #[error("an encryption key is none of the suite")]
    UnusableKey,
    /// No such user.
    #[error("a certificate names an unknown user")]
    UnknownUser,
    /// A certificate names another AIK, e-mail or network than the user's record.
    #[error("a certificate does not fit its user")]
    CertificateUser,
    /// A device is not in its user's current list, or is there with another key.
    #[error("a device is not in its user's device list")]
    DeviceNotListed,
    /// A certificate has run out.
    #[error("a certificate has expired")]
    CertificateExpired,
    /// The group's network is another one.
    #[error("a certificate is of another network than the group")]
    OtherNetwork,
    /// A device would have two leaves.
    #[error("a device would have two leaves")]
    DeviceTwice,
    /// An update changes whose leaf it is.
    #[error("an update may not change whose leaf it is")]
    IdentityChanged,
    /// Only moderators may add here.
    #[error("only moderators may add people")]
    AddByNonModerator,
    /// Nobody is ever added to a direct room after its founding, and never a third user.
    #[error("nobody is added to a direct room")]
    AddToDirect,
    /// A user's own group holds only that user's devices.
    #[error("only own devices belong to an own group")]
    AddToOwn,
    /// A moderator locked the call: who has no leaf in it does not come in.
    #[error("the call is locked")]
    CallLocked,
    /// A moderator removed the user from the call.
    #[error("the user was removed from the call")]
    CallRemoved,
    /// Guests come into calls alone, by an Add, and commit nothing.
    #[error("a guest may only be added to a call, and commits nothing")]
    Guest,
    /// A guest is let in by who may let people into the room.
    #[error("the committer may not let guests in")]
    AdmitByOther,
    /// Guests cannot tell who is of the room: while they are in, members bring newcomers in.
    #[error("while guests are in a call, nobody new joins it by an external commit")]
    ExternalBesideGuests,
    /// The device did not ask to join the call.
    #[error("the device did not ask to join the call")]
    AddUnasked,
    /// Someone else's leaf, whose removal neither the server wants nor a moderator commits.
    #[error("only moderators may remove others")]
    RemoveByNonModerator,
    /// The leaf to be removed is blank, or named twice.
    #[error("there is no leaf to remove")]
    NoSuchLeaf,
    /// Only moderators may change settings.
    #[error("only moderators may change settings")]
    SettingsByNonModerator,
    /// The settings are missing, cannot be read, or come with extensions that no group of ours has.
    #[error("the group's extensions are not settings alone")]
    BadSettings,
    /// Room and kind never change, and belong to the group.
    #[error("the settings belong to another room or kind of group")]
    SettingsOfOther,
    /// A room without a moderator could never be repaired; who founds one is one.
    #[error("a room needs a moderator, and its founder is one")]
    NoModerator,
    /// A joiner by external commit has no place in the group.
    #[error("the device may not join by an external commit")]
    ExternalUninvited,
    /// An external commit may hold ExternalInit and one Remove of a leaf of the same user.
    #[error("an external commit may only replace a leaf of the same user")]
    ExternalProposals,
    /// A member's commit holds an ExternalInit.
    #[error("only an external commit holds an ExternalInit")]
    UnexpectedExternalInit,
    /// The group would be larger than the limit.
    #[error("the group is full")]
    Full,
    /// The group is founded with one leaf, the founder's, at epoch 0.
    #[error("a group is founded at epoch 0 by one leaf")]
    BadFounding,
    /// The suite of the group is not the one in use.
    #[error("the group has another cipher suite")]
    OtherSuite,
    /// The GroupInfo is not of the epoch that the commit opens.
    #[error("the group info is not of the epoch that the commit opens")]
    GroupInfoContext,
    /// The GroupInfo holds a tree, has no external public key, or has other extensions.
    #[error("the group info must have the external public key and nothing else")]
    GroupInfoExtensions,
    /// The GroupInfo is not signed by the committer.
    #[error("the group info is not signed by the committer")]
    GroupInfoSignature,
    /// The welcome is not for exactly the added devices.
    #[error("the welcome is not for exactly the added devices")]
    WelcomeTo,
}

impl GroupError {
    /// The stable code for the client.
    pub fn code(&self) -> Code {
        match self {
            Self::Malformed { .. } | Self::OtherGroup { .. } => Code::Malformed,
            Self::TooLarge { .. } => Code::TooLarge,
            Self::StaleEpoch { .. } => Code::StaleEpoch,
            Self::Refused(refusal) => refusal.code(),
            Self::Mls { .. } | Self::Library { .. } => Code::CommitRefused,
            Self::Stored => Code::Internal,
        }
    }
}

impl Refusal {
    /// The stable code for the client.
    pub fn code(self) -> Code {
        match self {
            Self::CertificateSignature | Self::GroupInfoSignature => Code::BadSignature,
            Self::Full => Code::Full,
            Self::CallLocked => Code::CallLocked,
            Self::CallRemoved => Code::CallRemoved,
            _ => Code::CommitRefused,
        }
    }
}

impl From<GroupError> for Problem {
    fn from(error: GroupError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
