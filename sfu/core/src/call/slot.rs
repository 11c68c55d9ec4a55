//! A slot: one m-line of a subscribe connection, in which tracks take turns.

use std::time::Instant;

use str0m::{
    Rtc,
    format::Codec,
    media::{MediaKind, Mid, Pt},
    rtp::{RtpWrite, Vp8Patch},
};

use super::{
    packet::Packet,
    rewrite::{Numbers, Rewriter},
    track::TrackId,
};

pub(super) struct Slot {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    /// The client's payload types.
    pub(super) payload_types: Vec<(Codec, Pt)>,
    bound: Option<TrackId>,
    /// Since when the slot waits for a key frame, or when it asked last.
    waiting: Option<Instant>,
    rewriter: Rewriter,
}

impl Slot {
    pub(super) fn new(mid: Mid, kind: MediaKind, payload_types: Vec<(Codec, Pt)>) -> Self {
        let clock_rate = if kind == MediaKind::Audio { 48_000 } else { 90_000 };
        Self {
            mid,
            kind,
            payload_types,
            bound: None,
            waiting: None,
            rewriter: Rewriter::new(clock_rate),
        }
    }

    pub(super) fn bound(&self) -> Option<TrackId> {
        self.bound
    }

    /// Puts another track in. Returns whether it must be asked for a key frame.
    pub(super) fn bind(&mut self, now: Instant, track: Option<TrackId>) -> bool {
        self.bound = track;
        self.rewriter.stop();
        let asks = track.is_some() && self.kind == MediaKind::Video;
        self.waiting = asks.then_some(now);
        asks
    }

    /// Since when the slot has been waiting for a key frame.
    pub(super) fn waiting(&self) -> Option<Instant> {
        self.waiting
    }

    /// A key frame was asked for once more.
    pub(super) fn asked_again(&mut self, now: Instant) {
        self.waiting = Some(now);
    }

    /// Whether the packet begins a piece of the slot's stream, after which the track's packets follow.
    pub(super) fn begins_with(&self, packet: &Packet) -> bool {
        !self.rewriter.follows(packet.source) && (self.kind == MediaKind::Audio || packet.starts_key_frame())
    }

    /// Whether the packet neither follows nor begins a piece, so that a key frame is needed.
    pub(super) fn misses_key_frame(&self, packet: &Packet) -> bool {
        self.waiting.is_none() && !self.rewriter.follows(packet.source) && !self.begins_with(packet)
    }

    pub(super) fn begin(&mut self, now: Instant, packet: &Packet) {
        self.waiting = None;
        self.rewriter.start(now, packet.source, numbers(packet));
    }

    /// The packet as it goes out in this slot; nothing where it does not belong to the piece, or where the
    /// client has no payload type for it.
    pub(super) fn rewrite(&mut self, now: Instant, packet: &Packet, first: bool) -> Option<RtpWrite> {
        if !self.rewriter.follows(packet.source) {
            return None;
        }
        let (_, pt) = self
            .payload_types
            .iter()
            .find(|(codec, _)| *codec == packet.codec)?;
        let before = numbers(packet);
        let after = self.rewriter.rewrite(now, before)?;
        let is_video = self.kind == MediaKind::Video;
        let write = RtpWrite::new(
            *pt,
            after.seq.into(),
            after.time,
            packet.arrived,
            packet.payload.clone(),
        )
        // RFC 3551 §4.1: on audio the marker begins a talkspurt, so that the receiver adapts its delay.
        .marker(packet.marker || (first && !is_video))
        .ext_vals(packet.extensions.clone())
        .nackable(is_video);
        Some(match patch(packet, before, after) {
            Some(patch) => write.vp8_patch(patch),
            None => write,
        })
    }
}

/// Writes packets into the connection of a slot.
pub(super) fn write(rtc: &mut Rtc, mid: Mid, packets: Vec<RtpWrite>) {
    let mut api = rtc.direct_api();
    if let Some(stream) = api.stream_tx_by_mid(mid, None) {
        for packet in packets {
            stream.write_rtp(packet);
        }
    }
}

fn numbers(packet: &Packet) -> Numbers {
    Numbers {
        seq: packet.seq,
        time: packet.time,
        picture: packet.vp8.and_then(|descriptor| descriptor.picture_id()),
        tl0: packet.vp8.and_then(|descriptor| descriptor.tl0_pic_idx()),
    }
}

/// Changes the counters of a VP8 payload descriptor where they differ. A picture id of 7 bits counts on in 7.
fn patch(packet: &Packet, before: Numbers, after: Numbers) -> Option<Vp8Patch> {
    const SHORT: u16 = 0x7f;
    if (before.picture, before.tl0) == (after.picture, after.tl0) {
        return None;
    }
    let descriptor = packet.vp8?;
    let with = |picture: Option<u16>| {
        let mut patch = descriptor.patch();
        if let Some(id) = picture {
            patch = patch.picture_id(id);
        }
        if let Some(id) = after.tl0 {
            patch = patch.tl0_pic_idx(id);
        }
        patch.build().ok()
    };
    with(after.picture).or_else(|| with(after.picture.map(|id| id & SHORT)))
}
