//! What is stored of uploads that are not sent yet, and of blobs that the server is to delete.

use file_sealing::BASE_LEN;
use protocol::{BlobId, Bytes, Millis, RoomId};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{UploadSecret, descriptor::array};
use crate::api::{SealedPart, Secret, UploadCard};

/// An upload that may be gone on with.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) room_id: RoomId,
    key: Zeroizing<[u8; 32]>,
    nonce_base: [u8; BASE_LEN],
    pub(crate) upload_secret: UploadSecret,
    /// How much may have left, and its hash.
    sealed: Option<(u64, [u8; 32])>,
    pub(crate) expires_at: Millis,
    about: String,
}

/// A blob that the server is to delete.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Doomed {
    pub(crate) upload_secret: UploadSecret,
}

impl Noted {
    /// Nothing where a part of the card has another length than it must.
    pub(crate) fn of_card(card: &UploadCard) -> Option<Self> {
        let key = Zeroizing::new(Bytes::from_base64url(&card.key.0)?.0);
        let sealed = match &card.sealed {
            Some(part) => Some((part.len, array(&part.hash.0).ok()?)),
            None => None,
        };
        Some(Self {
            room_id: card.room_id,
            key: Zeroizing::new(key.as_slice().try_into().ok()?),
            nonce_base: array(&card.nonce_base.0).ok()?,
            upload_secret: UploadSecret::from_base64url(&card.upload_secret.0)?,
            sealed,
            expires_at: card.expires_at,
            about: card.about.clone(),
        })
    }

    pub(crate) fn card(&self, blob_id: BlobId) -> UploadCard {
        UploadCard {
            blob_id,
            room_id: self.room_id,
            key: Secret(Bytes::from(self.key.as_slice()).to_base64url()),
            nonce_base: Bytes::from(self.nonce_base.as_slice()),
            upload_secret: Secret(self.upload_secret.to_base64url()),
            sealed: self.sealed.map(|(len, hash)| SealedPart {
                len,
                hash: Bytes::from(hash.as_slice()),
            }),
            expires_at: self.expires_at,
            about: self.about.clone(),
        }
    }
}
