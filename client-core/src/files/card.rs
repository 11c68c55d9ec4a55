//! Files between the user interface and messages: text in, checked types out.

use file_sealing::{FileKey, NonceBase};
use protocol::Bytes;
use zeroize::Zeroizing;

use super::{BadDescriptor, Dimensions, FileDescriptor, descriptor::array};
use crate::api::{FileCard, FileHint, FileKind, Secret};

impl TryFrom<FileCard> for FileDescriptor {
    type Error = BadDescriptor;

    fn try_from(card: FileCard) -> Result<Self, BadDescriptor> {
        let key = Bytes::from_base64url(&card.key.0).map(|bytes| Zeroizing::new(bytes.0));
        let dimensions = match (card.width, card.height) {
            (Some(width), Some(height)) => Some(Dimensions { width, height }),
            (None, None) => None,
            _ => return Err(BadDescriptor::Dimensions),
        };
        Self {
            blob_id: card.blob_id,
            key: key
                .and_then(|bytes| FileKey::from_slice(&bytes))
                .ok_or(BadDescriptor::Secret)?,
            nonce_base: NonceBase(array(&card.nonce_base.0)?),
            hash: array(&card.hash.0)?,
            name: card.name,
            media_type: card.media_type,
            size: card.size,
            may_save: card.may_save,
            dimensions,
            duration_ms: card.duration_ms,
            waveform: card.waveform.map(|bytes| bytes.0),
            thumbnail: card.thumbnail.map(|bytes| bytes.0),
        }
        .checked()
    }
}

impl From<&FileDescriptor> for FileCard {
    fn from(file: &FileDescriptor) -> Self {
        Self {
            blob_id: file.blob_id,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            key: Secret(Bytes::from(file.key.as_bytes().as_slice()).to_base64url()),
            nonce_base: Bytes::from(file.nonce_base.0.as_slice()),
            hash: Bytes::from(file.hash.as_slice()),
            may_save: file.may_save,
            width: file.dimensions.map(|size| size.width),
            height: file.dimensions.map(|size| size.height),
            duration_ms: file.duration_ms,
            waveform: file.waveform.clone().map(Bytes),
            thumbnail: file.thumbnail.clone().map(Bytes),
        }
    }
}

impl FileDescriptor {
    /// What it is in a word.
    pub(crate) fn hint(&self) -> FileHint {
        let of = |kind: &str| {
            let main = self.media_type.split_once('/');
            main.is_some_and(|(main, _)| main == kind)
        };
        let kind = if self.waveform.is_some() {
            FileKind::VoiceNote
        } else if of("image") {
            FileKind::Picture
        } else if of("video") {
            FileKind::Video
        } else if of("audio") {
            FileKind::Sound
        } else {
            FileKind::Other
        };
        FileHint {
            kind,
            name: self.name.clone(),
        }
    }
}
