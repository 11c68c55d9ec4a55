//! postcard for what the device stores, and what its core tells the frame worker: half the bytes of CBOR, and a tenth less for a browser to load. Positions alone
//! say what is what: who changes a type that is stored, changes the name of its record too.

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// Encodes; the buffer is wiped when dropped, for most of what is encoded here is secret.
///
/// Writing to memory cannot fail; should a foreign type have a value that postcard cannot carry, the result is empty
/// and fails to decode.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Zeroizing<Vec<u8>> {
    postcard::to_extend(value, Wiped::default())
        .map(|wiped| wiped.0)
        .unwrap_or_default()
}

/// Bytes that leave no copy behind when they need more room.
#[derive(Default)]
struct Wiped(Zeroizing<Vec<u8>>);

impl Extend<u8> for Wiped {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, bytes: I) {
        for byte in bytes {
            if self.0.len() == self.0.capacity() {
                let mut larger = Vec::with_capacity((self.0.len() * 2).max(64));
                larger.extend_from_slice(&self.0);
                self.0 = Zeroizing::new(larger);
            }
            self.0.push(byte);
        }
    }
}

/// Decodes; nothing where the bytes are something else or have a tail.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}
