//! Opening: who a frame is from is read from its key id and must be whom its slot is for.

use protocol::{LeafIndex, socket::TrackKind};

use sframe::{Header, HeaderError, OpenFailed};

use super::{
    key_id::{KeyId, KeyIdError},
    key_ring::{KeyRing, Sender},
    limits::MAX_FRAME_LEN,
    prefix::{Codec, FrameTooShort},
    replay::ReplayWindow,
};
use crate::sorted::SortedMap;

/// Whom each slot is for, by `a=mid`.
pub type ExpectedSlots = SortedMap<String, (LeafIndex, TrackKind)>;

/// A frame that is authentic, fresh, and in its slot.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened {
    /// Who sent it.
    pub leaf: LeafIndex,
    /// What it is.
    pub kind: TrackKind,
    /// The plain frame.
    pub frame: Vec<u8>,
}

/// Why a frame was not opened. It must not be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No key of this epoch: it may be on its way (see [`OpenError::may_open_later`]).
    #[error("there is no key of epoch …{epoch} (low 8 bits)")]
    UnknownEpoch {
        /// Low bits of the epoch.
        epoch: u8,
    },
    /// The slot is not for this sender and kind; the word that it is may be on its way.
    #[error("the slot is not for {kind:?} of leaf {leaf}")]
    NotExpected {
        /// Leaf that the frame names.
        leaf: LeafIndex,
        /// Kind that the frame names.
        kind: TrackKind,
    },
    /// The sender is no member, or has left since.
    #[error("leaf {leaf} is no member")]
    NotMember {
        /// Leaf that the frame names.
        leaf: LeafIndex,
    },
    /// A frame of one's own that came back.
    #[error("the frame names the own leaf")]
    OwnFrame,
    /// Seen before, or too old to tell.
    #[error("frame {ctr} was seen before, or is too old to tell")]
    Replayed {
        /// Its counter.
        ctr: u64,
    },
    /// Beyond [`MAX_FRAME_LEN`].
    #[error("a frame of {len} bytes is too long")]
    FrameTooLong {
        /// Its length.
        len: usize,
    },
    /// No room for the clear prefix.
    #[error(transparent)]
    FrameTooShort(#[from] FrameTooShort),
    /// No SFrame header.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// No key id of ours.
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    /// The tag does not fit.
    #[error(transparent)]
    NotAuthentic(#[from] OpenFailed),
}

impl OpenError {
    /// Whether the frame may open after the next [`crate::api::MediaUpdate`]: worth keeping for a second.
    pub fn may_open_later(self) -> bool {
        matches!(self, Self::UnknownEpoch { .. } | Self::NotExpected { .. })
    }
}

/// Opens a frame that came in the slot `mid`.
pub fn open(
    ring: &mut KeyRing,
    expected: &ExpectedSlots,
    mid: &str,
    codec: Codec,
    frame: &[u8],
) -> Result<Opened, OpenError> {
    if frame.len() > MAX_FRAME_LEN {
        return Err(OpenError::FrameTooLong { len: frame.len() });
    }
    let (prefix, sframe) = codec.split_sealed(frame)?;
    let (header, head_len) = Header::parse(sframe)?;
    let (head, sealed) = sframe.split_at_checked(head_len).ok_or(OpenFailed)?;
    let id = KeyId::from_kid(header.kid)?;
    let (leaf, kind) = (id.leaf(), id.kind);
    if expected.get(mid) != Some(&(leaf, kind)) {
        return Err(OpenError::NotExpected { leaf, kind });
    }
    let keys = ring
        .opening(id.epoch)
        .ok_or(OpenError::UnknownEpoch { epoch: id.epoch })?;
    if leaf == keys.own_leaf {
        return Err(OpenError::OwnFrame);
    }
    if !keys.is_member(leaf) {
        return Err(OpenError::NotMember { leaf });
    }
    // A key is kept only once a frame has opened, so that made-up key ids take no memory.
    let frame = if let Some(sender) = keys.senders.get_mut(&header.kid) {
        if !sender.replays.admits(header.ctr) {
            return Err(OpenError::Replayed { ctr: header.ctr });
        }
        let frame = sender.key.open(header, head, prefix, sealed)?;
        sender.replays.record(header.ctr);
        frame
    } else {
        let key = keys.secret.frame_key(header.kid);
        let frame = key.open(header, head, prefix, sealed)?;
        let mut replays = ReplayWindow::default();
        replays.record(header.ctr);
        keys.senders.insert(header.kid, Box::new(Sender { key, replays }));
        frame
    };
    Ok(Opened { leaf, kind, frame })
}
