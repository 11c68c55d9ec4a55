use protocol::{Epoch, Millis, UserId, room_settings::RoomSettings, socket::CommitBundle};

use super::{CommitEffect, GroupError, GroupLeaf, GroupName, Judge};

/// The public half of one group, with the newest GroupInfo.
pub struct PublicGroupState {
    epoch: Epoch,
    settings: RoomSettings,
    group_info: Vec<u8>,
}

impl PublicGroupState {
    /// Starts to track a group at its epoch 0, where the sender's leaf is alone in it.
    pub fn found(
        _group: GroupName,
        _group_info: &[u8],
        _tree: &[u8],
        _judge: &dyn Judge,
        _now: Millis,
    ) -> Result<Self, GroupError> {
        Err(GroupError::Malformed { what: "group" })
    }

    /// Reads what [`Self::save`] wrote.
    pub fn load(_bytes: &[u8]) -> Result<Self, GroupError> {
        Err(GroupError::Malformed { what: "stored group" })
    }

    /// The state as bytes, for the database.
    pub fn save(&self) -> Result<Vec<u8>, GroupError> {
        Err(GroupError::Malformed { what: "stored group" })
    }

    /// The current epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The room's settings in the group context.
    pub fn settings(&self) -> &RoomSettings {
        &self.settings
    }

    /// All leaves, from left to right.
    pub fn leaves(&self) -> Vec<GroupLeaf> {
        Vec::new()
    }

    /// The ratchet tree, TLS-encoded (RFC 9420 §12.4.3.3).
    pub fn tree(&self) -> Result<Vec<u8>, GroupError> {
        Err(GroupError::Malformed { what: "tree" })
    }

    /// MLSMessage(GroupInfo) of the current epoch, without the tree.
    pub fn group_info(&self) -> &[u8] {
        &self.group_info
    }

    /// The users named in the leaves that the commit brings, so that their records can be loaded before
    /// [`Self::apply`] judges it.
    pub fn users_in(_bundle: &CommitBundle) -> Result<Vec<UserId>, GroupError> {
        Err(GroupError::Malformed { what: "commit" })
    }

    /// Judges and takes a commit; on error nothing has changed.
    pub fn apply(
        &mut self,
        _bundle: &CommitBundle,
        _judge: &dyn Judge,
        _now: Millis,
    ) -> Result<CommitEffect, GroupError> {
        Err(GroupError::Malformed { what: "commit" })
    }
}
