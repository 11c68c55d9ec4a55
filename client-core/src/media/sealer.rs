//! Sealing: one sealer per attached transform. No nonce is used twice: a key id names a kind and an instance, an
//! instance belongs to one sealer within an epoch, a sealer counts upwards, and epochs only go forward.

use protocol::{Epoch, socket::TrackKind};

use sframe::{FrameKey, Header, SealFailed};

use super::{
    key_id::{KeyId, KeyIdError},
    key_ring::EpochKeys,
    limits::{MAX_FRAME_LEN, MAX_FRAMES_PER_KEY, MAX_INSTANCES, MAX_SEALERS},
    prefix::{Codec, FrameTooShort},
};
use crate::sorted::SortedMap;

/// Names an attached transform within an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SealerId(pub u32);

/// Why a transform cannot be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// All instances of the kind were used in this epoch: the group has to commit an update.
    #[error("all instances of {kind:?} were used in this epoch")]
    InstancesExhausted {
        /// The kind.
        kind: TrackKind,
    },
    /// Too many transforms at a time.
    #[error("too many transforms are attached")]
    TooMany,
}

/// Why a frame was not sealed. It must be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no epoch to send with yet, or any more.
    #[error("there is no key to send with")]
    NoKey,
    /// The transform was detached.
    #[error("the transform is not attached")]
    NotAttached,
    /// The key has sealed as many frames as it may.
    #[error("the key is used up in epoch {epoch}")]
    KeyUsedUp {
        /// The epoch.
        epoch: Epoch,
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
    /// Own leaf does not fit a key id.
    #[error(transparent)]
    KeyId(#[from] KeyIdError),
    /// The cipher refused.
    #[error(transparent)]
    Cipher(#[from] SealFailed),
}

/// The attached transforms.
#[derive(Default)]
pub struct Sealers {
    /// Boxed, for a key that moved would leave a copy behind.
    attached: SortedMap<SealerId, Box<Sealer>>,
    /// Instances used in the epoch with this serial.
    used: SortedMap<TrackKind, [bool; MAX_INSTANCES]>,
    used_in: Option<u64>,
    next_id: u32,
    next_instance: u8,
}

struct Sealer {
    kind: TrackKind,
    instance: u8,
    key: Option<SealKey>,
}

struct SealKey {
    serial: u64,
    kid: u64,
    cipher: FrameKey,
    next_ctr: u64,
}

impl Sealers {
    /// A new transform for a kind, with an instance that was not used in this epoch.
    pub fn attach(&mut self, sending: Option<&EpochKeys>, kind: TrackKind) -> Result<SealerId, AttachError> {
        if self.attached.len() >= MAX_SEALERS {
            return Err(AttachError::TooMany);
        }
        self.follow(sending);
        let instance = self
            .take_instance(kind)
            .ok_or(AttachError::InstancesExhausted { kind })?;
        let id = SealerId(self.next_id);
        self.next_id += 1;
        self.attached.insert(
            id,
            Box::new(Sealer {
                kind,
                instance,
                key: None,
            }),
        );
        Ok(id)
    }

    /// Forgets a transform and its key.
    pub fn detach(&mut self, id: SealerId) {
        self.attached.remove(&id);
    }

    /// Forgets all keys; the transforms seal again once there is a new one.
    pub fn forget_keys(&mut self) {
        for sealer in self.attached.values_mut() {
            sealer.key = None;
        }
    }

    /// Seals a frame with the epoch that is to be sent with.
    pub fn seal(
        &mut self,
        sending: Option<&EpochKeys>,
        id: SealerId,
        codec: Codec,
        key_frame: bool,
        frame: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if frame.len() > MAX_FRAME_LEN {
            return Err(SealError::FrameTooLong { len: frame.len() });
        }
        let (prefix, plain) = codec.split_plain(frame, key_frame)?;
        self.follow(sending);
        let sealer = self.attached.get_mut(&id).ok_or(SealError::NotAttached)?;
        let Some(epoch) = sending else {
            sealer.key = None;
            return Err(SealError::NoKey);
        };
        let key = sealer.key_for(epoch)?;
        if key.next_ctr >= MAX_FRAMES_PER_KEY {
            return Err(SealError::KeyUsedUp { epoch: epoch.epoch });
        }
        let header = Header {
            kid: key.kid,
            ctr: key.next_ctr,
        };
        key.next_ctr += 1;
        Ok(key.cipher.seal(header, prefix, plain)?)
    }

    /// In a new epoch, only what is attached has used an instance.
    fn follow(&mut self, sending: Option<&EpochKeys>) {
        let serial = sending.map(|keys| keys.serial);
        if serial.is_none() || serial == self.used_in {
            return;
        }
        self.used_in = serial;
        self.used.clear();
        for sealer in self.attached.values() {
            let used = self
                .used
                .get_or_insert_with(sealer.kind, || [false; MAX_INSTANCES]);
            if let Some(used) = used.get_mut(usize::from(sealer.instance)) {
                *used = true;
            }
        }
    }

    fn take_instance(&mut self, kind: TrackKind) -> Option<u8> {
        let used = self.used.get_or_insert_with(kind, || [false; MAX_INSTANCES]);
        for step in 0..=u8::MAX {
            let instance = self.next_instance.wrapping_add(step);
            if let Some(used @ false) = used.get_mut(usize::from(instance)) {
                *used = true;
                self.next_instance = instance.wrapping_add(1);
                return Some(instance);
            }
        }
        None
    }
}

impl Sealer {
    fn key_for(&mut self, epoch: &EpochKeys) -> Result<&mut SealKey, KeyIdError> {
        self.key.take_if(|key| key.serial != epoch.serial);
        let kid = KeyId::new(epoch.epoch, epoch.own_leaf, self.kind, self.instance)?.to_kid();
        Ok(self.key.get_or_insert_with(|| SealKey {
            serial: epoch.serial,
            kid,
            cipher: epoch.secret.frame_key(kid),
            next_ctr: 0,
        }))
    }
}
