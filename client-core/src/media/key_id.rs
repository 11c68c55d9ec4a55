//! Our key ids (RFC 9605 §5.2 with fixed widths): epoch 8 bits ‖ leaf 12 ‖ kind 3 ‖ instance 8.

use protocol::{Epoch, LeafIndex, socket::TrackKind};

const LEAF_BITS: u32 = 12;
const KIND_BITS: u32 = 3;
const INSTANCE_BITS: u32 = 8;

/// Who sealed a frame, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId {
    /// Lowest eight bits of the epoch.
    pub epoch: u8,
    /// Leaf of the sender, below 4,096.
    leaf: u16,
    /// What the track is.
    pub kind: TrackKind,
    /// Which transform of the sender: a new one at each attach.
    pub instance: u8,
}

/// Why a number is none of our key ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyIdError {
    /// The leaf needs more than 12 bits.
    #[error("leaf {leaf} does not fit a key id")]
    LeafTooLarge {
        /// The leaf.
        leaf: LeafIndex,
    },
    /// A kind of track that this program does not know.
    #[error("unknown kind of track {kind}")]
    UnknownKind {
        /// The three bits.
        kind: u8,
    },
    /// More than 31 bits.
    #[error("key id {kid} is too large")]
    TooLarge {
        /// The number.
        kid: u64,
    },
}

impl KeyId {
    /// Fails for a leaf beyond 12 bits.
    pub fn new(epoch: Epoch, leaf: LeafIndex, kind: TrackKind, instance: u8) -> Result<Self, KeyIdError> {
        let narrow = u16::try_from(leaf.0).ok().filter(|leaf| leaf >> LEAF_BITS == 0);
        let narrow = narrow.ok_or(KeyIdError::LeafTooLarge { leaf })?;
        Ok(Self {
            epoch: low_bits(epoch),
            leaf: narrow,
            kind,
            instance,
        })
    }

    /// Leaf of the sender.
    pub fn leaf(self) -> LeafIndex {
        LeafIndex(u32::from(self.leaf))
    }

    /// The number in the SFrame header.
    pub fn to_kid(self) -> u64 {
        let kid = u64::from(self.epoch);
        let kid = (kid << LEAF_BITS) | u64::from(self.leaf);
        let kid = (kid << KIND_BITS) | u64::from(kind_bits(self.kind));
        (kid << INSTANCE_BITS) | u64::from(self.instance)
    }

    /// From the number in an SFrame header.
    pub fn from_kid(kid: u64) -> Result<Self, KeyIdError> {
        let instance = kid as u8;
        let rest = kid >> INSTANCE_BITS;
        let kind = kind_of((rest & ((1 << KIND_BITS) - 1)) as u8)?;
        let rest = rest >> KIND_BITS;
        let leaf = (rest & ((1 << LEAF_BITS) - 1)) as u16;
        let epoch = u8::try_from(rest >> LEAF_BITS).map_err(|_| KeyIdError::TooLarge { kid })?;
        Ok(Self {
            epoch,
            leaf,
            kind,
            instance,
        })
    }
}

/// What a key id tells of an epoch.
pub(super) fn low_bits(epoch: Epoch) -> u8 {
    epoch.0 as u8
}

fn kind_bits(kind: TrackKind) -> u8 {
    match kind {
        TrackKind::Microphone => 0,
        TrackKind::Camera => 1,
        TrackKind::Screen => 2,
    }
}

fn kind_of(kind: u8) -> Result<TrackKind, KeyIdError> {
    match kind {
        0 => Ok(TrackKind::Microphone),
        1 => Ok(TrackKind::Camera),
        2 => Ok(TrackKind::Screen),
        _ => Err(KeyIdError::UnknownKind { kind }),
    }
}
