//! What the frame-transform worker is told.

use protocol::{CallId, socket::TrackKind};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::compact;

/// Key of an epoch, from the MLS exporter; 32 bytes. Never printed, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BaseKey(pub [u8; 32]);

impl std::fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BaseKey(…)")
    }
}

/// What changes in the sealing of media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum MediaUpdate {
    /// A new epoch: receive with it from now on (as well).
    Epoch {
        /// The call. Another one than before starts generations and epochs anew, with keys that have nothing in common
        /// with those of the former, which are dropped at once.
        call_id: CallId,
        /// Counts groups of this call (a re-founded group restarts epochs): keys of an older generation are
        /// dropped at once.
        generation: u64,
        /// The epoch.
        epoch: u64,
        /// Own leaf in the key tree.
        own_leaf: u32,
        /// Leaves that are members in this epoch; frames of others are refused.
        members: Vec<u32>,
        /// The key.
        base_key: BaseKey,
        /// How long keys of earlier epochs still open frames.
        retire_after_ms: u32,
    },
    /// Send with this epoch from now on.
    SendWith {
        /// The epoch; its key was given before.
        epoch: u64,
    },
    /// Which (leaf, kind) each slot may carry; frames of anybody else in it are dropped. Complete each time.
    Expect {
        /// The slots.
        slots: Vec<ExpectedSlot>,
    },
    /// The group is lost, or the call is over: forget all keys, seal and open nothing until there is a later epoch, as
    /// there is when the call is entered anew, or another call.
    End,
}

impl MediaUpdate {
    /// For [`Self::decode`] in the worker's module, which is of the same build. Bytes and not JSON, for text cannot be
    /// wiped in a browser, and the worker's module need not read text.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        compact::to_vec(self)
    }

    /// What [`Self::encode`] gave; nothing where the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        compact::from_slice(bytes)
    }
}

/// Who may be heard or seen in a slot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpectedSlot {
    /// `a=mid`.
    pub mid: String,
    /// Leaf.
    pub leaf: u32,
    /// Kind.
    pub kind: TrackKind,
}
