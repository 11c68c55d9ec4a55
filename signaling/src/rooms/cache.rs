//! Who hears what is said in a room, kept in memory so that a message costs no query for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::{DeviceId, Epoch, Generation, RoomId, UserId, room_settings::RoomKind};

use super::types::Leaf;
use crate::limits::MAX_ROOMS_IN_MEMORY;

/// The live leaves of a group at one epoch.
pub struct Audience {
    pub generation: Generation,
    pub epoch: Epoch,
    pub leaves: Vec<Leaf>,
    /// In a direct room it matters who the other is.
    pub kind: RoomKind,
}

impl Audience {
    /// Whether the device has a leaf that takes part.
    pub fn has(&self, device_id: DeviceId) -> bool {
        self.leaves.iter().any(|leaf| leaf.device_id == device_id)
    }

    /// Whether it is one of two people.
    pub fn is_direct(&self) -> bool {
        self.kind == RoomKind::Direct
    }

    /// The other user of a direct room, if there is still one.
    pub fn other(&self, user_id: UserId) -> Option<UserId> {
        let mut others = self.leaves.iter().map(|leaf| leaf.user_id);
        others.find(|other| self.is_direct() && *other != user_id)
    }

    /// The devices.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> {
        self.leaves.iter().map(|leaf| leaf.device_id)
    }

    /// The devices of all other users.
    pub fn others(&self, user_id: UserId) -> impl Iterator<Item = DeviceId> {
        let others = self.leaves.iter().filter(move |leaf| leaf.user_id != user_id);
        others.map(|leaf| leaf.device_id)
    }
}

/// Audiences by room. An audience is remembered only once the transaction that it was read in is durable, and
/// forgotten when a leaf is asked to go; a new epoch makes it useless by itself.
#[derive(Default)]
pub struct RoomCache(Mutex<HashMap<RoomId, Arc<Audience>>>);

impl RoomCache {
    /// The audience at exactly this epoch.
    pub fn get(&self, room_id: RoomId, generation: Generation, epoch: Epoch) -> Option<Arc<Audience>> {
        let audiences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let audience = audiences.get(&room_id)?;
        (audience.generation == generation && audience.epoch == epoch).then(|| Arc::clone(audience))
    }

    /// Remembers an audience.
    pub fn put(&self, room_id: RoomId, audience: Arc<Audience>) {
        let mut audiences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if audiences.len() >= MAX_ROOMS_IN_MEMORY {
            audiences.clear();
        }
        audiences.insert(room_id, audience);
    }

    /// Forgets a room.
    pub fn forget(&self, room_id: RoomId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&room_id);
    }
}
