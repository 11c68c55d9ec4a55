//! The SFrame header (RFC 9605 §4.3).
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! +-+-+-+-+-+-+-+-+------------+------------+
//! |X|  K  |Y|  C  |   KID...   |   CTR...   |
//! +-+-+-+-+-+-+-+-+------------+------------+
//! ```
//!
//! X (Y) = 0: K (C) is the key id (counter) itself; 1: K + 1 (C + 1) is the length of the field that follows.

/// Longest header: configuration byte and two fields of eight bytes.
const MAX_LEN: usize = 17;

/// Key id and counter of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Names the key.
    pub kid: u64,
    /// Makes the nonce.
    pub ctr: u64,
}

/// Why bytes are no SFrame header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// It ends too early.
    #[error("the header needs {needed} bytes, there are {available}")]
    Truncated {
        /// Bytes that the configuration byte asks for.
        needed: usize,
        /// Bytes there.
        available: usize,
    },
    /// A field is longer than its value needs. RFC 9605 senders write the shortest form; taking others would give
    /// one counter many spellings.
    #[error("a field of the header is longer than its value needs")]
    NotMinimal,
}

/// An encoded header, without an allocation.
#[derive(Clone, Copy)]
pub struct Encoded {
    bytes: [u8; MAX_LEN],
    len: usize,
}

impl AsRef<[u8]> for Encoded {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&self.bytes)
    }
}

impl Header {
    /// The bytes of this header.
    pub fn encode(self) -> Encoded {
        let mut out = Encoded {
            bytes: [0; MAX_LEN],
            len: 1,
        };
        let config = (out.push_field(self.kid) << 4) | out.push_field(self.ctr);
        if let Some(first) = out.bytes.first_mut() {
            *first = config;
        }
        out
    }

    /// Reads the header at the beginning of `frame`; also gives its length in bytes.
    pub fn parse(frame: &[u8]) -> Result<(Self, usize), HeaderError> {
        let Some((&config, fields)) = frame.split_first() else {
            return Err(HeaderError::Truncated {
                needed: 1,
                available: 0,
            });
        };
        let (kid_config, ctr_config) = (config >> 4, config & 0x0f);
        let (kid_len, ctr_len) = (field_len(kid_config), field_len(ctr_config));
        let len = 1 + kid_len + ctr_len;
        let (Some(kid), Some(ctr)) = (fields.get(..kid_len), fields.get(kid_len..kid_len + ctr_len)) else {
            return Err(HeaderError::Truncated {
                needed: len,
                available: frame.len(),
            });
        };
        let header = Self {
            kid: read_field(kid_config, kid)?,
            ctr: read_field(ctr_config, ctr)?,
        };
        Ok((header, len))
    }
}

impl Encoded {
    /// Appends a value where it does not fit the configuration byte; gives its four bits of that byte.
    fn push_field(&mut self, value: u64) -> u8 {
        if value < 8 {
            return value as u8;
        }
        let zeros = value.leading_zeros() as usize / 8;
        for byte in value.to_be_bytes().into_iter().skip(zeros) {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        0x08 | (7 - zeros) as u8
    }
}

fn field_len(config: u8) -> usize {
    if config & 0x08 == 0 {
        0
    } else {
        usize::from(config & 0x07) + 1
    }
}

fn read_field(config: u8, bytes: &[u8]) -> Result<u64, HeaderError> {
    let Some(&first) = bytes.first() else {
        return Ok(u64::from(config));
    };
    let value = bytes
        .iter()
        .fold(0u64, |value, &byte| (value << 8) | u64::from(byte));
    if first == 0 || value < 8 {
        return Err(HeaderError::NotMinimal);
    }
    Ok(value)
}
