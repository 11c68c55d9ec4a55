//! How much of a frame stays clear. The packetizer of the sender, the SFU and the depacketizer of the receiver
//! read a few bytes of VP8: the frame tag's first byte (its lowest bit says whether it is a key frame, RFC 6386
//! §9.1), and on key frames start code and size. They are authenticated with the frame.

/// Codec of a track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// Audio.
    Opus,
    /// Video.
    Vp8,
    /// Video.
    Vp9,
}

/// The frame ends before its clear prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {len} bytes is too short")]
pub struct FrameTooShort {
    /// Its length.
    pub len: usize,
}

const VP8_KEY: usize = 10;
const VP8_DELTA: usize = 1;

impl Codec {
    /// Splits a plain frame into what stays clear and what is sealed. `key_frame` is the sender's word, from its
    /// encoder.
    pub(super) fn split_plain(self, frame: &[u8], key_frame: bool) -> Result<(&[u8], &[u8]), FrameTooShort> {
        split(frame, self.clear_len(key_frame))
    }

    /// Splits a frame from the wire into clear prefix and SFrame. Only the bytes themselves are believed: what the
    /// receiving browser says of a frame comes from the server.
    pub(super) fn split_sealed(self, frame: &[u8]) -> Result<(&[u8], &[u8]), FrameTooShort> {
        let first = frame.first().copied().ok_or(FrameTooShort { len: 0 })?;
        split(frame, self.clear_len(first & 1 == 0))
    }

    fn clear_len(self, key_frame: bool) -> usize {
        match (self, key_frame) {
            (Self::Vp8, true) => VP8_KEY,
            (Self::Vp8, false) => VP8_DELTA,
            (Self::Opus | Self::Vp9, _) => 0,
        }
    }
}

fn split(frame: &[u8], at: usize) -> Result<(&[u8], &[u8]), FrameTooShort> {
    frame
        .split_at_checked(at)
        .ok_or(FrameTooShort { len: frame.len() })
}
