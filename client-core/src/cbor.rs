//! CBOR (RFC 8949) for what devices say to each other inside the encryption: of whatever version they are, they read
//! what they know of it.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Encodes; the buffer is wiped when dropped, for most of what is encoded here is secret.
///
/// Writing to memory cannot fail, and our own types have no value that CBOR cannot carry; should a foreign one
/// have, the result is empty and fails to decode.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::new());
    if ciborium::into_writer(value, &mut *bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// Decodes; nothing where the bytes are something else or have a tail.
pub(crate) fn from_slice<T: DeserializeOwned>(mut bytes: &[u8]) -> Option<T> {
    let value = ciborium::from_reader(&mut bytes).ok()?;
    bytes.is_empty().then_some(value)
}
