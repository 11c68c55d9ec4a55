//! One RTP packet on its way through a call.

use std::{sync::Arc, time::Instant};

use str0m::{
    format::Codec,
    rtp::{ExtensionValues, RtpPacket, Ssrc, Vp8Descriptor},
};

use super::track::LayerId;

/// Bytes around the payload on the wire: RTP with extensions, the tag of SRTP, UDP and IPv4.
const OVERHEAD: usize = 12 + 8 + 16 + 8 + 20;

/// Beginning of a VP8 key frame in clear (RFC 6386 §9.1): tag of three bytes, start code, width, height.
const KEY_FRAME_HEADER_LEN: usize = 10;

/// Of the two bytes of a height the upper two bits say how to scale it.
const SIZE_MASK: u16 = 0x3fff;

/// What of a received packet is passed on. The payload is shared by all subscribers.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    pub(super) layer: LayerId,
    pub(super) source: Ssrc,
    /// Extended by the number of roll-overs.
    pub(super) seq: u64,
    pub(super) time: u32,
    pub(super) marker: bool,
    pub(super) payload: Arc<[u8]>,
    pub(super) extensions: ExtensionValues,
    pub(super) codec: Codec,
    /// The VP8 payload descriptor, where there is one that can be read.
    pub(super) vp8: Option<Vp8Descriptor>,
    pub(super) arrived: Instant,
}

impl Packet {
    pub(super) fn new(packet: RtpPacket, codec: Codec, layer: LayerId) -> Self {
        let vp8 = match codec {
            Codec::Vp8 => Vp8Descriptor::parse(&packet.payload).ok(),
            _ => None,
        };
        Self {
            layer,
            source: packet.header.ssrc,
            seq: *packet.seq_no,
            time: packet.header.timestamp,
            marker: packet.header.marker,
            extensions: passed_on(&packet.header.ext_vals),
            codec,
            vp8,
            arrived: packet.timestamp,
            payload: packet.payload,
        }
    }

    /// Whether this is the first packet of a key frame, by the bit that SFrame leaves in clear.
    pub(super) fn starts_key_frame(&self) -> bool {
        self.vp8
            .is_some_and(|descriptor| descriptor.starts_keyframe(&self.payload))
    }

    /// Height in pixels, where this is the first packet of a key frame.
    pub(super) fn key_frame_height(&self) -> Option<u16> {
        if !self.starts_key_frame() {
            return None;
        }
        let frame = self.payload.get(descriptor_len(&self.payload)?..)?;
        match *frame.get(..KEY_FRAME_HEADER_LEN)? {
            [_, _, _, 0x9d, 0x01, 0x2a, _, _, low, high] => Some(u16::from_le_bytes([low, high]) & SIZE_MASK),
            _ => None,
        }
    }

    /// Bytes that it takes on the wire.
    pub(super) fn wire_len(&self) -> usize {
        self.payload.len() + OVERHEAD
    }

    /// Loudness in dB above silence (RFC 6464 counts 127), where the client says it.
    pub(super) fn loudness(&self) -> Option<f32> {
        self.extensions
            .audio_level
            .map(|level| 127.0 - f32::from(level).abs().min(127.0))
    }
}

/// Length in bytes of a VP8 payload descriptor (RFC 7741 §4.2).
fn descriptor_len(payload: &[u8]) -> Option<usize> {
    const EXTENDED: u8 = 0x80;
    const PICTURE_ID: u8 = 0x80;
    const TL0: u8 = 0x40;
    const TID_OR_KEY_INDEX: u8 = 0x30;
    const LONG_PICTURE_ID: u8 = 0x80;
    if payload.first()? & EXTENDED == 0 {
        return Some(1);
    }
    let present = payload.get(1)?;
    let picture_id = match payload.get(2)? & LONG_PICTURE_ID {
        _ if present & PICTURE_ID == 0 => 0,
        0 => 1,
        _ => 2,
    };
    let tl0 = usize::from(present & TL0 != 0);
    let rest = usize::from(present & TID_OR_KEY_INDEX != 0);
    Some(2 + picture_id + tl0 + rest)
}

/// Extension values that mean the same on the next hop. The rest (mid, rid, transport-wide sequence numbers)
/// belongs to the connection it came on.
fn passed_on(values: &ExtensionValues) -> ExtensionValues {
    ExtensionValues {
        audio_level: values.audio_level,
        voice_activity: values.voice_activity,
        video_orientation: values.video_orientation,
        ..ExtensionValues::default()
    }
}
