//! One RTP packet on its way through a call.

use std::{sync::Arc, time::Instant};

use str0m::{
    format::Codec,
    rtp::{ExtensionValues, RtpPacket, Ssrc},
};

use super::track::LayerId;
use crate::{egress::Extensions, vp8::Descriptor};

/// Bytes around the payload on the wire: RTP with extensions, the tag of SRTP, UDP and IPv4.
const OVERHEAD: usize = 12 + 8 + 16 + 8 + 20;

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
    pub(super) extensions: Extensions,
    pub(super) codec: Codec,
    /// The VP8 payload descriptor, where there is one that can be read.
    pub(super) vp8: Option<Descriptor>,
    pub(super) arrived: Instant,
}

impl Packet {
    pub(super) fn new(packet: RtpPacket, codec: Codec, layer: LayerId) -> Self {
        let vp8 = match codec {
            Codec::Vp8 => Descriptor::parse(&packet.payload),
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
            .is_some_and(|descriptor| descriptor.starts_key_frame(&self.payload))
    }

    /// Height in pixels, where this is the first packet of a key frame.
    pub(super) fn key_frame_height(&self) -> Option<u16> {
        self.vp8?.key_frame_height(&self.payload)
    }

    /// Bytes that it takes on the wire.
    pub(super) fn wire_len(&self) -> usize {
        self.payload.len() + OVERHEAD
    }

    /// Loudness in dB above silence (RFC 6464 counts 127), where the client says it.
    pub(super) fn loudness(&self) -> Option<f32> {
        let level = self.extensions.audio_level? & LEVEL;
        Some(f32::from(LEVEL - level))
    }
}

/// Of the byte of RFC 6464: whether it is a voice, and the dB below full scale.
const VOICE: u8 = 0x80;
const LEVEL: u8 = 0x7f;

/// Extension values that mean the same on the next hop. The rest (mid, rid, transport-wide sequence numbers)
/// belongs to the connection it came on.
fn passed_on(values: &ExtensionValues) -> Extensions {
    let voice = if values.voice_activity == Some(true) {
        VOICE
    } else {
        0
    };
    Extensions {
        audio_level: values
            .audio_level
            .map(|level| level.unsigned_abs().min(LEVEL) | voice),
        orientation: values.video_orientation.map(|orientation| orientation as u8),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A packet of redundant sound.
    pub(in crate::call) fn packet(seq: u64, time: u32, payload: &[u8]) -> Packet {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let arrived = Instant::now();
        Packet {
            layer: None,
            source: 1.into(),
            seq,
            time,
            marker: true,
            payload: payload.into(),
            extensions: Extensions {
                audio_level: Some(10),
                orientation: None,
            },
            codec: Codec::Red,
            vp8: None,
            arrived,
        }
    }
}
