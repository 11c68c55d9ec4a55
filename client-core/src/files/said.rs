//! A file as a message of this device's history has it.

use std::fmt;

use protocol::{BlobId, Bytes};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::FileDescriptor;

/// A file of a message, and what was written with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SaidFile {
    #[serde(with = "as_cbor")]
    pub(crate) file: FileDescriptor,
    /// Empty where there is none.
    pub(crate) text: String,
    /// On the device that uploaded it alone: by this it has the server delete the blob.
    pub(crate) upload_secret: Option<UploadSecret>,
}

impl SaidFile {
    /// What this device uploaded, and may have deleted.
    pub(crate) fn own_blob(&self) -> Option<OwnBlob> {
        Some((self.file.blob_id, self.upload_secret.clone()?))
    }
}

/// A blob that this device uploaded, and its secret.
pub(crate) type OwnBlob = (BlobId, UploadSecret);

/// What the server wants to see of who adds to a blob or deletes it. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UploadSecret(Zeroizing<[u8; protocol::limits::UPLOAD_SECRET_LEN]>);

impl UploadSecret {
    /// From base64url, as the user interface has it.
    pub(crate) fn from_base64url(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(Bytes::from_base64url(text)?.0);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    /// As it stands in headers.
    pub(crate) fn to_base64url(&self) -> String {
        Bytes::from(self.0.as_slice()).to_base64url()
    }
}

impl fmt::Debug for UploadSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadSecret(…)")
    }
}

/// The form in which it travels, as bytes: it leaves fields out, which what is stored by positions alone cannot.
pub(crate) mod as_cbor {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use serde_bytes::ByteBuf;
    use zeroize::Zeroizing;

    use super::FileDescriptor;
    use crate::cbor;

    pub(crate) fn serialize<S: Serializer>(file: &FileDescriptor, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&cbor::to_vec(file))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<FileDescriptor, D::Error> {
        let bytes = Zeroizing::new(ByteBuf::deserialize(deserializer)?.into_vec());
        cbor::from_slice(&bytes).ok_or_else(|| D::Error::custom("no file"))
    }
}
