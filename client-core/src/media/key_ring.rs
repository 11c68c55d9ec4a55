//! The epochs of a call whose keys are at hand.
//!
//! ```text
//!             Epoch                 SendWith                next Epoch            retire_after_ms
//!   (nothing) ─────► opens frames ──────────► opens, seals ───────────► opens only ────────────► wiped
//! ```
//!
//! Another call or a newer generation wipes all older keys at once, and so does losing the group. Who enters it again
//! goes on with a later epoch: one that was there before is never taken again, for its counters would start anew. Another
//! call may begin with any epoch, as its group shares no secret with the former one's.

use std::collections::VecDeque;

use protocol::{CallId, Epoch, Generation, LeafIndex, Millis};

use sframe::{EpochSecret, FrameKey};

use super::{key_id::low_bits, limits::MAX_EPOCHS, replay::ReplayWindow};
use crate::sorted::{SortedMap, SortedSet};

/// Why a [`crate::api::MediaUpdate`] was not taken; the keys are as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpdateError {
    /// The epoch does not follow the newest one. Taking it would start its counters again.
    #[error("epoch {epoch} of generation {generation} is not newer than epoch {newest}")]
    EpochNotNew {
        /// Generation of the update.
        generation: Generation,
        /// Epoch of the update.
        epoch: Epoch,
        /// The newest epoch that was taken.
        newest: Epoch,
    },
    /// The generation is older than the one at hand.
    #[error("generation {generation} is older than {current}")]
    OldGeneration {
        /// Generation of the update.
        generation: Generation,
        /// The one at hand.
        current: Generation,
    },
    /// To send with an epoch whose key is not at hand, or that is older than the one in use.
    #[error("epoch {epoch} cannot be sent with")]
    CannotSendWith {
        /// The epoch.
        epoch: Epoch,
    },
}

/// Keys of one epoch.
pub struct EpochKeys {
    /// Names this entry in this ring for good, so that no counter is ever taken up again.
    pub serial: u64,
    /// The epoch.
    pub epoch: Epoch,
    /// Own leaf.
    pub own_leaf: LeafIndex,
    /// Members that have not left since.
    members: SortedSet<LeafIndex>,
    /// What the keys come from.
    pub secret: EpochSecret,
    /// Keys of senders from whom an authentic frame came, by key id. The key id bounds it: 768 for each member. Boxed,
    /// for a key that moved would leave a copy behind.
    pub senders: SortedMap<u64, Box<Sender>>,
    retire_at: Option<Millis>,
}

impl EpochKeys {
    /// Whether the leaf was a member then and has not left since.
    pub fn is_member(&self, leaf: LeafIndex) -> bool {
        self.members.contains(&leaf)
    }
}

/// What is kept of a sender.
pub struct Sender {
    /// Its key.
    pub key: FrameKey,
    /// Its counters.
    pub replays: ReplayWindow,
}

/// All epochs at hand, oldest first.
#[derive(Default)]
pub struct KeyRing {
    call_id: Option<CallId>,
    generation: Generation,
    /// Boxed, for keys that moved would leave copies behind.
    epochs: VecDeque<Box<EpochKeys>>,
    /// Newest epoch of the call's generation that was ever taken; outlives its keys.
    newest: Option<Epoch>,
    sending: Option<u64>,
    /// Nothing is sealed, though it is known with what.
    held: bool,
    next_serial: u64,
}

/// Fields of [`crate::api::MediaUpdate::Epoch`], checked.
pub struct NewEpoch<'a> {
    pub call_id: CallId,
    pub generation: Generation,
    pub epoch: Epoch,
    pub own_leaf: LeafIndex,
    pub members: SortedSet<LeafIndex>,
    pub base_key: &'a [u8],
    pub retire_after_ms: u64,
}

impl KeyRing {
    /// Takes a new epoch in and sets the end of the earlier ones. Who is no member any more is not opened from
    /// now on, not even with an earlier key.
    pub fn add(&mut self, now: Millis, new: NewEpoch<'_>) -> Result<(), UpdateError> {
        if self.call_id != Some(new.call_id) {
            self.forget();
            self.newest = None;
            self.generation = new.generation;
            self.call_id = Some(new.call_id);
        }
        if new.generation < self.generation {
            return Err(UpdateError::OldGeneration {
                generation: new.generation,
                current: self.generation,
            });
        }
        if new.generation > self.generation {
            self.forget();
            self.newest = None;
            self.generation = new.generation;
        }
        if let Some(newest) = self.newest.filter(|newest| *newest >= new.epoch) {
            let (generation, epoch) = (new.generation, new.epoch);
            return Err(UpdateError::EpochNotNew {
                generation,
                epoch,
                newest,
            });
        }
        self.newest = Some(new.epoch);
        let end = now.plus(new.retire_after_ms);
        for old in &mut self.epochs {
            old.retire_at = Some(old.retire_at.map_or(end, |at| at.min(end)));
            old.members.retain(|leaf| new.members.contains(leaf));
        }
        self.epochs
            .retain(|old| low_bits(old.epoch) != low_bits(new.epoch));
        if self.epochs.len() >= MAX_EPOCHS {
            self.epochs.pop_front();
        }
        self.epochs.push_back(Box::new(EpochKeys {
            serial: self.next_serial,
            epoch: new.epoch,
            own_leaf: new.own_leaf,
            members: new.members,
            secret: EpochSecret::extract(new.base_key),
            senders: SortedMap::new(),
            retire_at: None,
        }));
        self.next_serial += 1;
        self.expire(now);
        Ok(())
    }

    /// Seals with this epoch from now on. Only forward: going back would start counters again.
    pub fn send_with(&mut self, epoch: Epoch) -> Result<(), UpdateError> {
        let found = self
            .epochs
            .iter()
            .find(|keys| keys.epoch == epoch)
            .map(|keys| keys.serial);
        let serial = found.filter(|serial| Some(*serial) >= self.sending);
        self.sending = Some(serial.ok_or(UpdateError::CannotSendWith { epoch })?);
        self.held = false;
        Ok(())
    }

    /// Seals nothing until it is said with which epoch. Which one was in use stays known: there is no going back.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Forgets all keys.
    pub fn forget(&mut self) {
        self.epochs.clear();
        self.sending = None;
    }

    /// Wipes keys whose time is over.
    pub fn expire(&mut self, now: Millis) {
        self.epochs
            .retain(|keys| keys.retire_at.is_none_or(|at| now < at));
    }

    /// The epoch to seal with; nothing while there is none, or when its keys are gone.
    pub fn sending(&self) -> Option<&EpochKeys> {
        let sending = self.sending.filter(|_| !self.held)?;
        let mut epochs = self.epochs.iter().map(Box::as_ref);
        epochs.find(|keys| keys.serial == sending)
    }

    /// The epoch with these low bits.
    pub fn opening(&mut self, low: u8) -> Option<&mut EpochKeys> {
        let mut epochs = self.epochs.iter_mut().map(Box::as_mut);
        epochs.find(|keys| low_bits(keys.epoch) == low)
    }
}
