//! postcard for what the device stores: half the bytes of CBOR, and a tenth less for a browser to load. Positions alone
//! say what is what: who changes a type that is stored, changes the name of its record too.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Encodes; the buffer is wiped when dropped, for most of what is encoded here is secret.
///
/// Writing to memory cannot fail; should a foreign type have a value that postcard cannot carry, the result is empty
/// and fails to decode.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(postcard::to_extend(value, Vec::new()).unwrap_or_default())
}

/// Decodes; nothing where the bytes are something else or have a tail.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}
