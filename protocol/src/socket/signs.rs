//! Signs: what the members of a room show each other for a moment. They are no entries: nobody keeps one.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Epoch, Generation, RoomId, limits::SEALED_SIGN_LEN};

/// A sign for the other members of a room. The server hands it to their devices that are connected now, and forgets it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoomSign {
    /// The room.
    pub room_id: RoomId,
    /// Generation of the group.
    pub generation: Generation,
    /// Epoch whose key it is sealed with; only the current one is taken.
    pub epoch: Epoch,
    /// The sign.
    pub sealed: SealedSign,
}

/// A sealed sign, exactly [`SEALED_SIGN_LEN`] bytes long: its length tells nothing of what it says. `Debug` prints nothing
/// of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub struct SealedSign(pub Box<[u8; SEALED_SIGN_LEN]>);

/// The bytes are not as many as a sealed sign has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sealed sign has {SEALED_SIGN_LEN} bytes, not {len}")]
pub struct WrongSignLen {
    /// How many there are.
    pub len: usize,
}

impl fmt::Debug for SealedSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSign(…)")
    }
}

impl TryFrom<Bytes> for SealedSign {
    type Error = WrongSignLen;

    fn try_from(bytes: Bytes) -> Result<Self, WrongSignLen> {
        let sealed = <[u8; SEALED_SIGN_LEN]>::try_from(bytes.0);
        let sealed = sealed.map_err(|bytes| WrongSignLen { len: bytes.len() })?;
        Ok(Self(Box::new(sealed)))
    }
}

impl From<SealedSign> for Bytes {
    fn from(sealed: SealedSign) -> Self {
        Self(sealed.0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::socket::{ClientFrame, Request};

    fn frame(sealed: &[u8]) -> String {
        let room_id = RoomId::from_random([1; 16]);
        let sealed = Bytes(sealed.to_vec());
        let sign = json!({ "room_id": room_id, "generation": 1, "epoch": 2, "sealed": sealed });
        json!({ "id": 7, "batch": 1, "request": { "room_sign": sign } }).to_string()
    }

    #[test]
    fn a_sign_is_printed_without_what_is_in_it() {
        let sealed = SealedSign(Box::new([42; SEALED_SIGN_LEN]));
        assert_eq!(format!("{sealed:?}"), "SealedSign(…)");
    }

    proptest! {
        #[test]
        fn a_sign_of_another_length_is_no_request(sealed in prop::collection::vec(any::<u8>(), 0..2 * SEALED_SIGN_LEN)) {
            let read = serde_json::from_str::<ClientFrame>(&frame(&sealed));
            prop_assert_eq!(read.is_ok(), sealed.len() == SEALED_SIGN_LEN);
        }

        #[test]
        fn a_sign_comes_as_it_was_sent(sealed in prop::collection::vec(any::<u8>(), SEALED_SIGN_LEN)) {
            let text = frame(&sealed);
            let read: ClientFrame = serde_json::from_str(&text).unwrap();
            let Request::RoomSign(sign) = &read.request else {
                return Err(TestCaseError::fail("another request"));
            };
            prop_assert_eq!(&sign.sealed.0[..], &sealed[..]);
            let again = serde_json::to_value(&read).unwrap();
            prop_assert_eq!(again, serde_json::from_str::<serde_json::Value>(&text).unwrap());
        }
    }
}
