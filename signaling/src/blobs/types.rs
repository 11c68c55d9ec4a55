//! Rows of blobs.

use protocol::{BlobId, Millis, RoomId, limits::MAX_FILE_LEN};
use subtle::ConstantTimeEq as _;

use crate::{
    limits::{DISK_RESERVE, ROOM_QUOTA},
    tokens::TokenHash,
};

/// What the administrator decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLimits {
    /// Largest blob in bytes.
    pub max_len: u64,
    /// Bytes of all blobs of a room.
    pub room_quota: u64,
    /// Bytes that the disk keeps free beside blobs.
    pub disk_reserve: u64,
}

impl Default for BlobLimits {
    fn default() -> Self {
        Self {
            max_len: MAX_FILE_LEN,
            room_quota: ROOM_QUOTA,
            disk_reserve: DISK_RESERVE,
        }
    }
}

/// A blob's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    pub blob_id: BlobId,
    pub room_id: RoomId,
    pub size: u64,
    /// How much of it is durable.
    pub received: u64,
    pub secret_hash: TokenHash,
    pub expires_at: Millis,
    /// When it is given up; nothing where all of it is there.
    pub unfinished_until: Option<Millis>,
}

impl Blob {
    pub fn is_complete(&self) -> bool {
        self.unfinished_until.is_none()
    }

    pub fn is_made_with(&self, secret_hash: &TokenHash) -> bool {
        self.secret_hash.ct_eq(secret_hash).into()
    }
}
