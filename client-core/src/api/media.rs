//! What the frame-transform worker is told.

use protocol::{CallId, socket::TrackKind};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::compact;

/// Key of an epoch, from the MLS exporter; 32 bytes. Never printed, wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BaseKey(pub [u8; 32]);

impl std::fmt::Debug for BaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BaseKey(…)")
    }
}

/// What changes in the sealing of media.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum MediaUpdate {
    /// A new epoch: receive with it from now on (as well).
    Epoch {
        /// The call. Another one than before starts generations and epochs anew, with keys that have nothing in common
        /// with those of the former, which are dropped at once.
        call_id: CallId,
        /// Counts groups of this call (a re-founded group restarts epochs): keys of an older generation are
        /// dropped at once.
        generation: u64,
        /// The epoch.
        epoch: u64,
        /// Own leaf in the key tree.
        own_leaf: u32,
        /// Leaves that are members in this epoch; frames of others are refused.
        members: Vec<u32>,
        /// The key.
        base_key: BaseKey,
        /// How long keys of earlier epochs still open frames.
        retire_after_ms: u32,
    },
    /// Send with this epoch from now on.
    SendWith {
        /// The epoch; its key was given before.
        epoch: u64,
    },
    /// Which (leaf, kind) each slot may carry; frames of anybody else in it are dropped. Complete each time.
    Expect {
        /// The slots.
        slots: Vec<ExpectedSlot>,
    },
    /// The group is lost, or the call is over: forget all keys, seal and open nothing until there is a later epoch, as
    /// there is when the call is entered anew, or another call.
    End,
    /// Seal nothing until it is said with which epoch.
    Hold,
}

impl MediaUpdate {
    /// Whoever changes this type changes the number too: a tab that was loaded before the server was brought up to date
    /// may lead one that was loaded after, and fields say by their places alone what they are.
    const FORMAT: u8 = 2;

    /// For [`Self::decode`] in the worker's module. Bytes and not JSON, for text cannot be wiped in a browser, and the
    /// worker's module need not read text.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        compact::to_vec(&(Self::FORMAT, self))
    }

    /// What [`Self::encode`] of the same format gave; nothing where the bytes are something else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (format, update) = bytes.split_first()?;
        compact::from_slice(update).filter(|_| *format == Self::FORMAT)
    }
}

/// Who may be heard or seen in a slot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpectedSlot {
    /// `a=mid`.
    pub mid: String,
    /// Leaf.
    pub leaf: u32,
    /// Kind.
    pub kind: TrackKind,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::hex::{hex, unhex};

    /// Updates and their bytes; the page's own encoder is tested with them too.
    const VECTORS: &str = include_str!("vectors/media-updates.json");

    fn small(value: &Value) -> u32 {
        u32::try_from(value.as_u64().unwrap()).unwrap()
    }

    fn update(of: &Value) -> MediaUpdate {
        let number = |field: &str| of[field].as_u64().unwrap();
        match of["update"].as_str().unwrap() {
            "epoch" => MediaUpdate::Epoch {
                call_id: of["call_id"].as_str().unwrap().parse().unwrap(),
                generation: number("generation"),
                epoch: number("epoch"),
                own_leaf: small(&of["own_leaf"]),
                members: of["members"].as_array().unwrap().iter().map(small).collect(),
                base_key: BaseKey(
                    unhex(of["base_key"].as_str().unwrap())
                        .unwrap()
                        .try_into()
                        .unwrap(),
                ),
                retire_after_ms: small(&of["retire_after_ms"]),
            },
            "send_with" => MediaUpdate::SendWith {
                epoch: number("epoch"),
            },
            "expect" => MediaUpdate::Expect {
                slots: of["slots"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|slot| ExpectedSlot {
                        mid: slot["mid"].as_str().unwrap().to_owned(),
                        leaf: small(&slot["leaf"]),
                        kind: serde_json::from_value(slot["kind"].clone()).unwrap(),
                    })
                    .collect(),
            },
            "end" => MediaUpdate::End,
            "hold" => MediaUpdate::Hold,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn updates_are_these_bytes_and_nothing_shorter_or_longer() {
        let vectors: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
        assert_eq!(vectors.len(), 5);
        for vector in vectors {
            let bytes = unhex(vector["bytes"].as_str().unwrap()).unwrap();
            assert_eq!(hex(&update(&vector).encode()), hex(&bytes), "{vector}");
            let decoded = MediaUpdate::decode(&bytes).unwrap();
            assert_eq!(*decoded.encode(), bytes);
            for short in 0..bytes.len() {
                assert!(
                    MediaUpdate::decode(&bytes[..short]).is_none(),
                    "{short} bytes of {vector}"
                );
            }
            assert!(
                MediaUpdate::decode(&[&bytes[..], &[0]].concat()).is_none(),
                "{vector}"
            );
            let other_format = [&[MediaUpdate::FORMAT + 1], &bytes[1..]].concat();
            assert!(MediaUpdate::decode(&other_format).is_none(), "{vector}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let bytes = [&[MediaUpdate::FORMAT], &bytes[..]].concat();
            if let Some(update) = MediaUpdate::decode(&bytes) {
                // Numbers may be longer than they need to be; what was read is the same when it is read again.
                let again = MediaUpdate::decode(&update.encode()).unwrap();
                prop_assert_eq!(format!("{update:?}"), format!("{again:?}"));
            }
        }
    }
}
