//! A slot: one m-line of a subscribe connection, in which tracks take turns.

use std::time::Instant;

use str0m::{
    format::Codec,
    media::{MediaKind, Mid, Pt},
    rtp::Ssrc,
};

use super::{
    packet::Packet,
    participant::Budget,
    redundancy::Repeats,
    rewrite::{Numbers, Rewriter},
    track::{LayerId, TrackId},
};

use crate::{
    egress::Outgoing,
    limits::{BEGIN_INTERVAL, LAST_SOURCES},
    vp8::Patch,
};

/// Which encoding of its track a video slot shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Choice {
    /// The first that comes: it is not known yet what there is.
    #[default]
    Any,
    /// This one, from its next key frame on. Until then the former one goes on.
    Layer(LayerId),
    /// None, for the way to the subscriber does not carry it.
    Paused,
}

impl Choice {
    pub(super) fn allows(self, layer: LayerId) -> bool {
        match self {
            Self::Any => true,
            Self::Layer(chosen) => chosen == layer,
            Self::Paused => false,
        }
    }
}

pub(super) struct Slot {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    /// The client's payload types.
    pub(super) payload_types: Vec<(Codec, Pt)>,
    bound: Option<TrackId>,
    choice: Choice,
    /// The encoding of the piece that is being forwarded.
    shown: Option<LayerId>,
    /// Since when the slot waits for a key frame, or when it asked last.
    waiting: Option<Instant>,
    /// Voices that were passed on last, the newest last, each with the number of its newest packet.
    sent: Vec<(Ssrc, u64)>,
    unasked: bool,
    /// When the piece began, and whether another track or encoding was put in since.
    began: Option<Instant>,
    changed: bool,
    pub(super) key_frames: Budget,
    rewriter: Rewriter,
    repeats: Repeats,
}

impl Slot {
    pub(super) fn new(mid: Mid, kind: MediaKind, payload_types: Vec<(Codec, Pt)>) -> Self {
        let clock_rate = if kind == MediaKind::Audio { 48_000 } else { 90_000 };
        Self {
            mid,
            kind,
            payload_types,
            bound: None,
            choice: Choice::Any,
            shown: None,
            waiting: None,
            sent: Vec::new(),
            unasked: false,
            began: None,
            changed: false,
            key_frames: Budget::default(),
            rewriter: Rewriter::new(clock_rate),
            repeats: Repeats::default(),
        }
    }

    pub(super) fn bound(&self) -> Option<TrackId> {
        self.bound
    }

    /// Puts another track in.
    pub(super) fn bind(&mut self, now: Instant, track: Option<TrackId>) {
        self.bound = track;
        self.choice = Choice::Any;
        self.changed = true;
        self.stop();
        self.wait(now, track.is_some() && self.kind == MediaKind::Video);
    }

    pub(super) fn choice(&self) -> Choice {
        self.choice
    }

    /// Chooses the encoding.
    pub(super) fn choose(&mut self, now: Instant, choice: Choice) {
        if self.choice == choice {
            return;
        }
        self.choice = choice;
        self.changed = true;
        let runs = self.shown.is_some_and(|shown| choice.allows(shown));
        if choice == Choice::Paused {
            self.stop();
        }
        self.wait(now, !runs && choice != Choice::Paused);
    }

    fn wait(&mut self, now: Instant, waits: bool) {
        self.waiting = waits.then_some(now);
        self.unasked = waits;
    }

    /// Whether a key frame is needed for which nobody was asked yet; says it once.
    pub(super) fn take_unasked(&mut self) -> bool {
        std::mem::take(&mut self.unasked)
    }

    fn stop(&mut self) {
        self.rewriter.stop();
        self.shown = None;
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
    pub(super) fn begins_with(&self, now: Instant, packet: &Packet) -> bool {
        let starts = self.kind == MediaKind::Audio || packet.starts_key_frame();
        // While nothing is seen, any encoding is better than none; the chosen one follows.
        let fits =
            self.choice.allows(packet.layer) || (self.shown.is_none() && self.choice != Choice::Paused);
        let asked = self.changed || self.waiting.is_some();
        let due = asked || self.began.is_none_or(|began| now >= began + BEGIN_INTERVAL);
        starts && fits && due && !self.rewriter.follows(packet.source)
    }

    /// Whether the packet neither follows nor begins a piece, so that a key frame is needed.
    pub(super) fn misses_key_frame(&self, now: Instant, packet: &Packet) -> bool {
        let follows = self.rewriter.follows(packet.source);
        let wanted = self.choice.allows(packet.layer) && self.shown.is_none_or(|shown| shown == packet.layer);
        self.waiting.is_none() && wanted && !follows && !self.begins_with(now, packet)
    }

    /// Whether a voice that begins here may begin with what was said just before: not where nothing was heard yet, for
    /// nobody waits for that, and not with what was heard already.
    pub(super) fn takes_lead(&self, packet: &Packet) -> bool {
        let heard = |(source, seq): &(Ssrc, u64)| *source == packet.source && *seq >= packet.seq;
        self.kind == MediaKind::Audio && self.changed && !self.sent.is_empty() && !self.sent.iter().any(heard)
    }

    pub(super) fn begin(&mut self, now: Instant, packet: &Packet) {
        if self.choice.allows(packet.layer) {
            self.waiting = None;
        }
        self.shown = Some(packet.layer);
        self.began = Some(now);
        self.changed = false;
        self.repeats.clear();
        self.rewriter.start(now, packet.source, numbers(packet));
    }

    /// The packet as it goes out in this slot; nothing where it does not belong to the piece, or where the
    /// client has no payload type for it. Sound repeats up to `redundancy` blocks of what was sent before.
    pub(super) fn rewrite(
        &mut self,
        now: Instant,
        packet: &Packet,
        first: bool,
        redundancy: usize,
    ) -> Option<Outgoing> {
        if !self.rewriter.follows(packet.source) {
            return None;
        }
        let payload_type = self.payload_type(packet.codec)?;
        let before = numbers(packet);
        let after = self.rewriter.rewrite(now, before)?;
        let is_video = self.kind == MediaKind::Video;
        if !is_video {
            self.note_sent(packet);
        }
        let mut outgoing = Outgoing {
            payload_type,
            seq: after.seq,
            time: after.time,
            // RFC 3551 §4.1: on audio the marker begins a talkspurt, so that the receiver adapts its delay.
            marker: packet.marker || (first && !is_video),
            extensions: packet.extensions,
            payload: packet.payload.clone(),
            patch: patch(packet, before, after),
            arrived: packet.arrived,
        };
        if let Some(red) = self.payload_type(Codec::Red).filter(|_| !is_video) {
            self.repeats.wrap(&mut outgoing, red, redundancy);
        }
        Some(outgoing)
    }

    fn payload_type(&self, codec: Codec) -> Option<u8> {
        let mut types = self.payload_types.iter();
        types.find(|(known, _)| *known == codec).map(|(_, pt)| **pt)
    }

    fn note_sent(&mut self, packet: &Packet) {
        let newest = match self.sent.iter().position(|(source, _)| *source == packet.source) {
            Some(place) => self.sent.remove(place).1.max(packet.seq),
            None => packet.seq,
        };
        if self.sent.len() >= LAST_SOURCES {
            self.sent.remove(0);
        }
        self.sent.push((packet.source, newest));
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

/// Changes the counters of a VP8 payload descriptor where they differ.
fn patch(packet: &Packet, before: Numbers, after: Numbers) -> Option<Patch> {
    if (before.picture, before.tl0) == (after.picture, after.tl0) {
        return None;
    }
    Some(packet.vp8?.patch(after.picture, after.tl0))
}
