//! The VP8 payload descriptor (RFC 7741 §4.2), which stands in clear before what is sealed, and the beginning of a key
//! frame (RFC 6386 §9.1), which is left in clear.

/// What is read of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    len: usize,
    starts_frame: bool,
    picture: Option<Picture>,
    tl0: Option<(usize, u8)>,
}

/// A picture id: where it is, and whether it has 15 bits or 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Picture {
    at: usize,
    long: bool,
    id: u16,
}

/// Beginning of a key frame in clear: tag of three bytes, start code, width, height.
const KEY_FRAME_HEADER_LEN: usize = 10;

/// Of the two bytes of a height the upper two bits say how to scale it.
const SIZE_MASK: u16 = 0x3fff;

const SHORT_ID: u16 = 0x7f;
const LONG_ID: u16 = 0x7fff;
/// Says that a picture id has 15 bits.
const LONG: u8 = 0x80;

impl Descriptor {
    /// Reads the descriptor of a payload; nothing where it is cut off or nothing follows.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        const EXTENDED: u8 = 0x80;
        const START: u8 = 0x10;
        const PARTITION: u8 = 0x07;
        const PICTURE_ID: u8 = 0x80;
        const TL0: u8 = 0x40;
        const TID_OR_KEY_INDEX: u8 = 0x30;
        let first = payload.first()?;
        let mut descriptor = Self {
            len: 1,
            starts_frame: first & START != 0 && first & PARTITION == 0,
            picture: None,
            tl0: None,
        };
        if first & EXTENDED != 0 {
            let present = payload.get(1)?;
            descriptor.len = 2;
            if present & PICTURE_ID != 0 {
                let at = descriptor.len;
                let byte = *payload.get(at)?;
                let long = byte & LONG != 0;
                let id = if long {
                    u16::from_be_bytes([byte, *payload.get(at + 1)?]) & LONG_ID
                } else {
                    u16::from(byte)
                };
                descriptor.picture = Some(Picture { at, long, id });
                descriptor.len += if long { 2 } else { 1 };
            }
            if present & TL0 != 0 {
                descriptor.tl0 = Some((descriptor.len, *payload.get(descriptor.len)?));
                descriptor.len += 1;
            }
            if present & TID_OR_KEY_INDEX != 0 {
                descriptor.len += 1;
            }
        }
        (descriptor.len < payload.len()).then_some(descriptor)
    }

    pub(crate) fn picture_id(&self) -> Option<u16> {
        self.picture.map(|picture| picture.id)
    }

    pub(crate) fn tl0_pic_idx(&self) -> Option<u8> {
        self.tl0.map(|(_, value)| value)
    }

    /// Whether a key frame begins with this payload, whose descriptor this is.
    pub(crate) fn starts_key_frame(&self, payload: &[u8]) -> bool {
        self.starts_frame && payload.get(self.len).is_some_and(|tag| tag & 1 == 0)
    }

    /// Height in pixels, where a key frame begins.
    pub(crate) fn key_frame_height(&self, payload: &[u8]) -> Option<u16> {
        if !self.starts_key_frame(payload) {
            return None;
        }
        match *payload.get(self.len..self.len + KEY_FRAME_HEADER_LEN)? {
            [_, _, _, 0x9d, 0x01, 0x2a, _, _, low, high] => Some(u16::from_le_bytes([low, high]) & SIZE_MASK),
            _ => None,
        }
    }

    /// Puts other counters in. Of a picture id of 7 bits the lower ones are taken, as it counts on in 7.
    pub(crate) fn patch(&self, picture: Option<u16>, tl0: Option<u8>) -> Patch {
        Patch {
            picture: self.picture.zip(picture).map(|(old, id)| Picture { id, ..old }),
            tl0: self.tl0.zip(tl0).map(|((at, _), value)| (at, value)),
        }
    }
}

/// Changes of a descriptor; its length stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patch {
    picture: Option<Picture>,
    tl0: Option<(usize, u8)>,
}

impl Patch {
    /// Changes the payload that the descriptor was read from.
    pub(crate) fn apply(&self, payload: &mut [u8]) {
        if let Some(Picture { at, long, id }) = self.picture {
            let [high, low] = (id & LONG_ID).to_be_bytes();
            if long {
                if let Some([first, second]) = payload.get_mut(at..at + 2) {
                    (*first, *second) = (high | LONG, low);
                }
            } else if let Some(byte) = payload.get_mut(at) {
                *byte = u8::try_from(id & SHORT_ID).unwrap_or(0);
            }
        }
        if let Some((at, value)) = self.tl0
            && let Some(byte) = payload.get_mut(at)
        {
            *byte = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Extended, first partition of a frame; picture id of 15 bits, TL0PICIDX, TID; a key frame of 640×360.
    const KEY_FRAME: [u8; 16] = [
        0x90, 0xe0, 0x81, 0x02, 0x07, 0x00, 0x10, 0x00, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x41,
    ];

    #[test]
    fn counters_key_frame_and_height_are_read() {
        let descriptor = Descriptor::parse(&KEY_FRAME).unwrap();
        assert_eq!(descriptor.picture_id(), Some(0x0102));
        assert_eq!(descriptor.tl0_pic_idx(), Some(7));
        assert!(descriptor.starts_key_frame(&KEY_FRAME));
        assert_eq!(descriptor.key_frame_height(&KEY_FRAME), Some(360));
        let mut delta = KEY_FRAME;
        delta[6] |= 1;
        assert!(!Descriptor::parse(&delta).unwrap().starts_key_frame(&delta));
        let mut later = KEY_FRAME;
        later[0] &= !0x10;
        assert!(!Descriptor::parse(&later).unwrap().starts_key_frame(&later));
        assert_eq!(Descriptor::parse(&KEY_FRAME[..6]), None);
    }

    #[test]
    fn a_patch_changes_the_counters_and_nothing_else() {
        let mut payload = KEY_FRAME;
        Descriptor::parse(&payload)
            .unwrap()
            .patch(Some(0x7fff), Some(9))
            .apply(&mut payload);
        let mut expected = KEY_FRAME;
        expected[2..5].copy_from_slice(&[0xff, 0xff, 9]);
        assert_eq!(payload, expected);
        let mut short = [0x90, 0x80, 0x05, 0x00, 0x01];
        Descriptor::parse(&short)
            .unwrap()
            .patch(Some(0x0181), Some(9))
            .apply(&mut short);
        assert_eq!(short, [0x90, 0x80, 0x01, 0x00, 0x01]);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_and_patched_without_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..20), picture: u16, tl0: u8,
        ) {
            if let Some(descriptor) = Descriptor::parse(&bytes) {
                let mut patched = bytes.clone();
                descriptor.patch(Some(picture), Some(tl0)).apply(&mut patched);
                prop_assert_eq!(patched.len(), bytes.len());
                let after = Descriptor::parse(&patched).unwrap();
                let mask = descriptor.picture.map_or(0, |p| if p.long { LONG_ID } else { SHORT_ID });
                prop_assert_eq!(after.picture_id(), descriptor.picture_id().map(|_| picture & mask));
                prop_assert_eq!(after.tl0_pic_idx(), descriptor.tl0_pic_idx().map(|_| tl0));
                prop_assert_eq!(&patched[descriptor.len..], &bytes[descriptor.len..]);
            }
        }
    }
}
