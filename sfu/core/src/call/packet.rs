//! One RTP packet on its way through a call.

use std::{sync::Arc, time::Instant};

use str0m::{
    format::Codec,
    rtp::{ExtensionValues, RtpPacket, Ssrc, Vp8Descriptor},
};

/// What of a received packet is passed on. The payload is shared by all subscribers.
#[derive(Clone, Debug)]
pub(super) struct Packet {
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
    pub(super) fn new(packet: RtpPacket, codec: Codec) -> Self {
        let vp8 = match codec {
            Codec::Vp8 => Vp8Descriptor::parse(&packet.payload).ok(),
            _ => None,
        };
        Self {
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

    /// Loudness in dB above silence (RFC 6464 counts 127), where the client says it.
    pub(super) fn loudness(&self) -> Option<f32> {
        self.extensions
            .audio_level
            .map(|level| 127.0 - f32::from(level).abs().min(127.0))
    }
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
