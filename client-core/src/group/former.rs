//! What a group has to be to go on with the one that this device was in. Whoever comes in again is shown a group by the
//! server, which could make one up, or show one of the past.

use crate::sorted::SortedMap;
use protocol::{
    Epoch, Generation, LeafIndex, UserId,
    identity::PublicKey,
    room_settings::{RoomKind, RoomSettings},
};

use super::rules::{Members, RuleError};

/// The group as this device last knew it.
pub(crate) struct Former<'a> {
    pub(crate) generation: Generation,
    /// The newest epoch of that generation that this device was in.
    pub(crate) epoch: Epoch,
    pub(crate) settings: &'a RoomSettings,
    /// Members with their account keys.
    pub(crate) users: &'a SortedMap<UserId, PublicKey>,
}

/// The group that a device is about to come in to.
pub(crate) struct Entering<'a> {
    pub(crate) generation: Generation,
    pub(crate) way: Way,
    pub(crate) settings: &'a RoomSettings,
    pub(crate) members: &'a Members,
    /// Who signed what leads in. A leaf that is not there any more was one of this user, which the own commit removed.
    pub(crate) voucher: LeafIndex,
    /// The user of this device.
    pub(crate) me: UserId,
}

/// How it comes in.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// Into this epoch, by a welcome.
    Welcome(Epoch),
    /// Out of this epoch, by an external commit.
    Outside(Epoch),
}

impl Former<'_> {
    /// Judges the group: not older than the former one, vouched for by a member of it, and with its settings unless a
    /// moderator vouches for others, or they are those that both people of a direct room may set. A later generation is founded by a moderator, with the same settings, for the same
    /// members or fewer. Account keys are compared with the rest of the tree.
    pub(crate) fn check(&self, entering: &Entering<'_>) -> Result<(), RuleError> {
        let anew = entering.generation > self.generation;
        let outdated = match entering.way {
            // An epoch that the device was in is never entered twice by a welcome: its keys would be used again.
            Way::Welcome(epoch) => epoch <= self.epoch,
            // Its own commit makes the next epoch.
            Way::Outside(epoch) => epoch < self.epoch,
        };
        if entering.generation < self.generation || outdated && !anew {
            return Err(RuleError::Outdated);
        }
        if entering.settings.kind != self.settings.kind {
            return Err(RuleError::BadSettings);
        }
        let voucher = entering.members.get(&entering.voucher);
        let voucher = voucher.map_or(entering.me, |leaf| leaf.body().user_id);
        if !self.users.contains_key(&voucher) {
            return Err(RuleError::UnknownSigner);
        }
        let moderator = self.settings.moderators.contains(&voucher);
        let same = entering.settings == self.settings;
        // What both people of a direct room may set, either may have set meanwhile.
        let allowed = same || !anew && self.settings.may_become_in_direct(entering.settings);
        if anew && moderator && !same {
            return Err(RuleError::BadSettings);
        }
        if (anew || !allowed) && !moderator {
            return Err(RuleError::NoModerator);
        }
        let mut users = entering.members.values().map(|leaf| leaf.body().user_id);
        let closed = anew || self.settings.kind != RoomKind::Room;
        match users.find(|user| closed && !self.users.contains_key(user)) {
            Some(user_id) => Err(RuleError::NotAllowedIn { user_id }),
            None => Ok(()),
        }
    }
}
