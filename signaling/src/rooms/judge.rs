//! What the groups module asks while it judges a commit, answered from records that were read before.

use std::collections::{HashMap, HashSet};

use protocol::{DeviceId, UserId};

use crate::{
    groups::{Judge, KnownUser},
    sessions::Caller,
};

/// Records read for one commit to a room.
pub struct RoomJudge {
    pub caller: Caller,
    /// Users of the room's network.
    pub users: HashMap<UserId, KnownUser>,
    /// Leaves that the server asked to remove.
    pub removals: HashSet<DeviceId>,
    /// Whether the caller's user is a member who did not leave.
    pub is_member: bool,
}

impl Judge for RoomJudge {
    fn user(&self, user: UserId) -> Option<KnownUser> {
        self.users.get(&user).cloned()
    }

    fn removal_wanted(&self, device: DeviceId) -> bool {
        self.removals.contains(&device)
    }

    fn may_join_external(&self, device: DeviceId, user: UserId) -> bool {
        self.is_member && device == self.caller.device_id && user == self.caller.user_id
    }

    fn sender(&self) -> DeviceId {
        self.caller.device_id
    }

    fn asked_to_join(&self, _device: DeviceId) -> bool {
        false
    }

    fn knocked(&self, _device: DeviceId) -> bool {
        false
    }

    fn admits_guests(&self, _user: UserId) -> bool {
        false
    }

    fn moderates_room(&self, _user: UserId) -> bool {
        false
    }
}
