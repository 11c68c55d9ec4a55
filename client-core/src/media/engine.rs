//! One door for all of it.

use protocol::{Epoch, Generation, LeafIndex, Millis, socket::TrackKind};

use super::{
    key_ring::{KeyRing, NewEpoch, UpdateError},
    opener::{self, ExpectedSlots, OpenError, Opened},
    prefix::Codec,
    sealer::{AttachError, SealError, SealerId, Sealers},
};
use crate::api::MediaUpdate;

/// Seals and opens the media of one call after the other. After [`MediaUpdate::End`] it does nothing more until there
/// is a later epoch, or another call. An engine that was lost must not be followed by another one with the same call,
/// leaf and epoch, for it would count from zero again.
#[derive(Default)]
pub struct MediaEngine {
    ring: KeyRing,
    sealers: Sealers,
    expected: ExpectedSlots,
}

impl MediaEngine {
    /// Without keys: refuses every frame.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an update in; after an error everything is as before.
    pub fn apply(&mut self, now: Millis, update: &MediaUpdate) -> Result<(), UpdateError> {
        match update {
            MediaUpdate::Epoch {
                call_id,
                generation,
                epoch,
                own_leaf,
                members,
                base_key,
                retire_after_ms,
            } => {
                let new = NewEpoch {
                    call_id: *call_id,
                    generation: Generation(*generation),
                    epoch: Epoch(*epoch),
                    own_leaf: LeafIndex(*own_leaf),
                    members: members.iter().copied().map(LeafIndex).collect(),
                    base_key: &base_key.0,
                    retire_after_ms: u64::from(*retire_after_ms),
                };
                self.ring.add(now, new)
            }
            MediaUpdate::SendWith { epoch } => self.ring.send_with(Epoch(*epoch)),
            MediaUpdate::Expect { slots } => {
                self.expected = slots
                    .iter()
                    .map(|slot| (slot.mid.clone(), (LeafIndex(slot.leaf), slot.kind)))
                    .collect();
                Ok(())
            }
            MediaUpdate::Hold => {
                self.ring.hold();
                Ok(())
            }
            MediaUpdate::End => {
                self.ring.forget();
                self.sealers.forget_keys();
                self.expected.clear();
                Ok(())
            }
        }
    }

    /// Wipes keys whose time is over. Call it every second or so, even when no frames flow.
    pub fn expire(&mut self, now: Millis) {
        self.ring.expire(now);
    }

    /// A transform begins: before its first frame, and anew each time.
    pub fn attach(&mut self, kind: TrackKind) -> Result<SealerId, AttachError> {
        self.sealers.attach(self.ring.sending(), kind)
    }

    /// A transform ended.
    pub fn detach(&mut self, id: SealerId) {
        self.sealers.detach(id);
    }

    /// The frame as it goes on the wire. `key_frame` is the encoder's word. On an error the frame is dropped.
    pub fn seal(
        &mut self,
        now: Millis,
        id: SealerId,
        codec: Codec,
        key_frame: bool,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.ring.expire(now);
        self.sealers
            .seal(self.ring.sending(), id, codec, key_frame, frame)
    }

    /// The plain frame that came in the slot `mid`. On an error it is not played; see
    /// [`OpenError::may_open_later`].
    pub fn open(&mut self, now: Millis, mid: &str, codec: Codec, frame: &[u8]) -> Result<Opened, OpenError> {
        self.ring.expire(now);
        opener::open(&mut self.ring, &self.expected, mid, codec, frame)
    }
}
