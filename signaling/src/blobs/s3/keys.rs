//! Keys of objects: `PREFIX/3f/3f0c…/0000000000000000-0000000000400000-9b1d0c6f2a7e4813`, by the first byte of the blob's id,
//! so that the sweep lists no more than a part at a time.

use object_store::path::Path;
use protocol::BlobId;

use super::extents::{Object, digits};
use crate::{blobs::mark::MARK_NAME, random::random};

/// Beside the shelves, whose names have two digits.
const TRIAL: &str = "trial";

/// What all keys of a deployment have in common.
pub struct Keys {
    /// Empty, or with a slash at its end.
    prefix: String,
}

impl Keys {
    pub fn new(prefix: &str) -> Self {
        let prefix = prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        Self {
            prefix: format!("{prefix}{slash}"),
        }
    }

    /// What all of them begin with.
    pub fn all(&self) -> String {
        self.prefix.clone()
    }

    /// The key of the mark.
    pub fn mark(&self) -> Path {
        Path::from(format!("{}{MARK_NAME}", self.prefix))
    }

    /// What the keys of all blobs begin with whose id begins with a byte.
    pub fn shelf(&self, first: u8) -> String {
        format!("{}{first:02x}/", self.prefix)
    }

    /// What the keys of a blob begin with.
    pub fn blob(&self, blob_id: BlobId) -> String {
        let [first, ..] = *blob_id.as_bytes();
        format!("{}{blob_id}/", self.shelf(first))
    }

    /// What sorts before the keys of all objects of a blob that begin at `at` or behind it, and after all others.
    pub fn before(&self, blob_id: BlobId, at: u64) -> String {
        format!("{}{}", self.blob(blob_id), digits(at))
    }

    pub fn object(&self, blob_id: BlobId, object: Object) -> Path {
        Path::from(format!("{}{object}", self.blob(blob_id)))
    }

    /// A key that nobody else uses, to try whether the service can be used.
    pub fn trial(&self) -> Path {
        let name: String = random::<8>().iter().map(|byte| format!("{byte:02x}")).collect();
        Path::from(format!("{}{TRIAL}/{name}", self.prefix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blobs::s3::extents::Extent;

    #[test]
    fn a_key_has_shelf_blob_and_extent() {
        let blob_id = BlobId::from_random([0x3f; 16]);
        let object = Object::new(Extent::new(16, 16).unwrap());
        for (prefix, begin) in [("", ""), ("files", "files/"), ("/a/b/", "a/b/")] {
            let keys = Keys::new(prefix);
            let key = keys.object(blob_id, object).to_string();
            let named = format!("{begin}3f/{blob_id}/0000000000000010-0000000000000020-");
            assert!(key.starts_with(&named) && key.len() == named.len() + 16, "{key}");
            let again = Object::new(Extent::new(16, 16).unwrap());
            assert_ne!(
                keys.object(blob_id, again).to_string(),
                key,
                "each put has its own"
            );
            assert!(key.starts_with(&keys.shelf(0x3f)) && key.starts_with(&keys.blob(blob_id)));
            assert!(key > keys.before(blob_id, 16) && key < keys.before(blob_id, 17));
            assert_eq!(keys.mark().to_string(), format!("{begin}deployment"));
            assert!(keys.trial().as_ref().starts_with(&format!("{begin}trial/")));
        }
    }
}
