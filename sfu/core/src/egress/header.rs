//! RTP headers as we write them (RFC 3550 §5.1, RFC 8285 §4.2).

/// What the extensions of an m-line are called by the client; those that it did not offer are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExtensionIds {
    /// RFC 6464.
    pub(crate) audio_level: Option<u8>,
    /// 3GPP TS 26.114 §7.4.5.
    pub(crate) orientation: Option<u8>,
    /// draft-holmer-rmcat-transport-wide-cc-extensions-01.
    pub(crate) transport: Option<u8>,
}

/// Values of extensions that mean the same on every hop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Extensions {
    /// As on the wire: bit 7 says voice, the others dB below full scale.
    pub(crate) audio_level: Option<u8>,
    /// As on the wire.
    pub(crate) orientation: Option<u8>,
}

/// The fixed part of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) padded: bool,
    pub(crate) marker: bool,
    pub(crate) payload_type: u8,
    pub(crate) seq: u16,
    pub(crate) time: u32,
    pub(crate) ssrc: u32,
}

/// The longest that there is: twelve bytes, four before the extensions, and two, two and three of these.
pub(crate) const MAX_LEN: usize = 12 + 4 + 8;

/// Length of a header with these, every transport-wide number among them.
pub(crate) fn len(ids: ExtensionIds, values: Extensions) -> usize {
    let there = |id: Option<u8>, value: bool, len| {
        if value && matches!(id, Some(1..=MAX_ID)) {
            len
        } else {
            0
        }
    };
    let used = there(ids.audio_level, values.audio_level.is_some(), 2)
        + there(ids.orientation, values.orientation.is_some(), 2)
        + there(ids.transport, true, 3);
    12 + if used == 0 {
        0
    } else {
        4 + usize::next_multiple_of(used, 4)
    }
}

/// Highest id of an extension in the form with one byte; those beyond are left out.
pub(crate) const MAX_ID: u8 = 14;

const VERSION: u8 = 2 << 6;
const PADDING: u8 = 1 << 5;
const EXTENSION: u8 = 1 << 4;
const MARKER: u8 = 1 << 7;
const ONE_BYTE_FORM: [u8; 2] = [0xbe, 0xde];

/// A header in a buffer of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl Header {
    /// Writes a header. `transport` is the packet's transport-wide number.
    pub(crate) fn new(fields: Fields, ids: ExtensionIds, values: Extensions, transport: Option<u16>) -> Self {
        let mut header = Self {
            bytes: [0; MAX_LEN],
            len: 0,
        };
        let padding = if fields.padded { PADDING } else { 0 };
        let marker = if fields.marker { MARKER } else { 0 };
        header.push(&[VERSION | padding, fields.payload_type & !MARKER | marker]);
        header.push(&fields.seq.to_be_bytes());
        header.push(&fields.time.to_be_bytes());
        header.push(&fields.ssrc.to_be_bytes());
        header.push(&ONE_BYTE_FORM);
        header.push(&[0, 0]);
        let before = header.len;
        header.extend(ids.audio_level, values.audio_level.map(|v| [v]));
        header.extend(ids.orientation, values.orientation.map(|v| [v]));
        header.extend(ids.transport, transport.map(u16::to_be_bytes));
        let used = header.len - before;
        if used == 0 {
            header.len = before - 4;
            return header;
        }
        header.len = before + used.next_multiple_of(4);
        if let Some(first) = header.bytes.first_mut() {
            *first |= EXTENSION;
        }
        if let Some(words) = header.bytes.get_mut(before - 1) {
            *words = u8::try_from(used.div_ceil(4)).unwrap_or(0);
        }
        header
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn extend<const N: usize>(&mut self, id: Option<u8>, value: Option<[u8; N]>) {
        if let (Some(id @ 1..=MAX_ID), Some(value)) = (id, value) {
            let len = u8::try_from(N - 1).unwrap_or(0);
            self.push(&[id << 4 | len]);
            self.push(&value);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: Fields = Fields {
        padded: false,
        marker: true,
        payload_type: 96,
        seq: 0x0102,
        time: 0x0304_0506,
        ssrc: 0x0708_090a,
    };
    const BARE: [u8; 12] = [0x80, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

    #[test]
    fn a_header_without_extensions_is_bare() {
        let values = Extensions {
            audio_level: Some(1),
            orientation: Some(2),
        };
        let header = Header::new(FIELDS, ExtensionIds::default(), values, Some(7));
        assert_eq!(header.bytes(), BARE);
        let too_high = ExtensionIds {
            audio_level: Some(15),
            ..ExtensionIds::default()
        };
        assert_eq!(Header::new(FIELDS, too_high, values, None).bytes(), BARE);
    }

    #[test]
    fn extensions_have_the_ids_of_the_client_and_fill_words() {
        let ids = ExtensionIds {
            audio_level: Some(1),
            orientation: Some(13),
            transport: Some(3),
        };
        let values = Extensions {
            audio_level: Some(0xaa),
            orientation: None,
        };
        let header = Header::new(FIELDS, ids, values, Some(0x1234));
        let mut expected = BARE.to_vec();
        expected[0] = 0x90;
        expected.extend([0xbe, 0xde, 0, 2, 0x10, 0xaa, 0x31, 0x12, 0x34, 0, 0, 0]);
        assert_eq!(header.bytes(), expected);
        assert_eq!(len(ids, values), expected.len());
        assert_eq!(len(ExtensionIds::default(), values), BARE.len());
        let all = Extensions {
            orientation: Some(1),
            ..values
        };
        assert_eq!(Header::new(FIELDS, ids, all, Some(1)).bytes().len(), MAX_LEN);
    }
}
