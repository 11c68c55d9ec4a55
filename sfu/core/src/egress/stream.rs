//! One outgoing RTP stream: what a slot sends, and what of it can be sent again (RFC 4588).

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use str0m::media::Mid;

use super::{
    header::{ExtensionIds, Extensions, Fields},
    sent::extend,
};
use crate::{
    limits::{RESEND_AGE, RESEND_PACKETS, RESEND_SHARE, RESEND_WINDOW},
    vp8::Patch,
};

/// What an m-line of the answer says of the stream.
#[derive(Clone, Debug)]
pub(crate) struct StreamSetup {
    pub(crate) mid: Mid,
    pub(crate) video: bool,
    pub(crate) ssrc: u32,
    /// SSRC of what is sent again; nothing where the client cannot take it.
    pub(crate) rtx: Option<u32>,
    /// Payload types, each with that of its resends.
    pub(crate) resends: Vec<(u8, u8)>,
    pub(crate) ids: ExtensionIds,
    pub(crate) cname: String,
}

/// A packet as a slot gives it.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) payload_type: u8,
    /// With the roll-overs; none comes twice.
    pub(crate) seq: u64,
    pub(crate) time: u32,
    pub(crate) marker: bool,
    pub(crate) extensions: Extensions,
    pub(crate) payload: Arc<[u8]>,
    /// Changes of the payload's descriptor.
    pub(crate) patch: Option<Patch>,
    /// When the SFU got it.
    pub(crate) arrived: Instant,
}

/// A packet that was sent and may be asked for.
#[derive(Debug)]
struct Kept {
    packet: Outgoing,
    /// Bytes on the wire.
    size: usize,
    sent: Instant,
    resent: Option<Instant>,
    /// The client said that it has it.
    came: bool,
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) setup: StreamSetup,
    kept: VecDeque<Kept>,
    /// Number of the last resend, with the roll-overs.
    rtx_seq: u64,
    /// Packets and bytes that were sent, for the reports.
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
    /// Time of the newest packet by the stream's clock, and when the SFU got it.
    pub(crate) newest: Option<(u32, Instant)>,
    budget: ResendBudget,
}

impl Stream {
    pub(crate) fn new(setup: StreamSetup) -> Self {
        Self {
            setup,
            kept: VecDeque::new(),
            rtx_seq: 0,
            packets: 0,
            bytes: 0,
            newest: None,
            budget: ResendBudget::default(),
        }
    }

    /// Units of the stream's clock in a second.
    pub(crate) fn clock_rate(&self) -> u32 {
        if self.setup.video { 90_000 } else { 48_000 }
    }

    /// Whether what probes the way can be sent in this stream: as resends, and not before there was anything.
    pub(crate) fn can_pad(&self) -> bool {
        self.setup.rtx.is_some() && !self.setup.resends.is_empty() && self.newest.is_some()
    }

    /// Nothing is sent in it for now: what it keeps is of no use any more.
    pub(crate) fn park(&mut self) {
        self.kept.clear();
        self.newest = None;
    }

    /// Notes a packet that goes out, and keeps it where it may be asked for.
    pub(crate) fn note(&mut self, now: Instant, packet: &Outgoing, size: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.bytes = self
            .bytes
            .wrapping_add(u32::try_from(packet.payload.len()).unwrap_or(u32::MAX));
        self.newest = Some((packet.time, packet.arrived));
        self.budget.sent(now, size);
        if self.rtx_type(packet.payload_type).is_none() {
            return;
        }
        while let Some(oldest) = self.kept.front() {
            let old = now.saturating_duration_since(oldest.sent) > RESEND_AGE;
            if !old && self.kept.len() < RESEND_PACKETS {
                break;
            }
            self.kept.pop_front();
        }
        let kept = Kept {
            packet: packet.clone(),
            size,
            sent: now,
            resent: None,
            came: false,
        };
        if self
            .kept
            .back()
            .is_none_or(|newest| newest.packet.seq < packet.seq)
        {
            self.kept.push_back(kept);
            return;
        }
        let place = self.kept.partition_point(|other| other.packet.seq < packet.seq);
        self.kept.insert(place, kept);
    }

    /// The client has this one, and will not ask for it.
    pub(crate) fn came(&mut self, seq: u64) {
        if let Ok(place) = self.kept.binary_search_by_key(&seq, |kept| kept.packet.seq)
            && let Some(kept) = self.kept.get_mut(place)
        {
            kept.came = true;
        }
        while self.kept.pop_front_if(|kept| kept.came).is_some() {}
    }

    /// The packets of these that are sent again. One that was sent again a moment ago is on its way; `pause` is how long
    /// that takes.
    pub(crate) fn resend(&mut self, now: Instant, missing: &[u16], pause: Duration) -> Vec<Outgoing> {
        let Some(next) = self.kept.back().map(|kept| kept.packet.seq + 1) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for low in missing {
            let seq = extend(*low, next);
            let Ok(place) = self.kept.binary_search_by_key(&seq, |kept| kept.packet.seq) else {
                continue;
            };
            let Some(kept) = self.kept.get_mut(place) else {
                continue;
            };
            if kept.came {
                continue;
            }
            let waits = kept.resent.is_some_and(|at| now < at + pause);
            if waits || !self.budget.resend(now, kept.size) {
                continue;
            }
            kept.resent = Some(now);
            found.push(kept.packet.clone());
        }
        found
    }

    fn rtx_type(&self, payload_type: u8) -> Option<u8> {
        self.setup.rtx?;
        let mut resends = self.setup.resends.iter();
        resends.find(|(of, _)| *of == payload_type).map(|(_, rtx)| *rtx)
    }

    /// Header fields of a first transmission, and the index under which it is sealed.
    pub(crate) fn fields(&self, packet: &Outgoing) -> (Fields, u64) {
        let fields = Fields {
            padded: false,
            marker: packet.marker,
            payload_type: packet.payload_type,
            seq: low(packet.seq),
            time: packet.time,
            ssrc: self.setup.ssrc,
        };
        (fields, packet.seq)
    }

    /// The same of a resend, which has a number of its own.
    pub(crate) fn rtx_fields(&mut self, packet: &Outgoing) -> Option<(Fields, u64)> {
        let (ssrc, payload_type) = (self.setup.rtx?, self.rtx_type(packet.payload_type)?);
        self.rtx_seq += 1;
        let fields = Fields {
            padded: false,
            marker: packet.marker,
            payload_type,
            seq: low(self.rtx_seq),
            time: packet.time,
            ssrc,
        };
        Some((fields, self.rtx_seq))
    }

    /// The same of a packet that carries nothing.
    pub(crate) fn padding_fields(&mut self) -> Option<(Fields, u64)> {
        let (ssrc, (_, payload_type)) = (self.setup.rtx?, *self.setup.resends.first()?);
        let (time, _) = self.newest?;
        self.rtx_seq += 1;
        let fields = Fields {
            padded: true,
            marker: false,
            payload_type,
            seq: low(self.rtx_seq),
            time,
            ssrc,
        };
        Some((fields, self.rtx_seq))
    }
}

pub(crate) fn low(seq: u64) -> u16 {
    u16::try_from(seq & 0xffff).unwrap_or(0)
}

/// Keeps resends to their share of what is sent.
#[derive(Debug, Default)]
struct ResendBudget {
    window: Option<Instant>,
    sent: usize,
    before: usize,
    resent: usize,
}

impl ResendBudget {
    fn roll(&mut self, now: Instant) {
        let began = *self.window.get_or_insert(now);
        if now.saturating_duration_since(began) >= RESEND_WINDOW {
            self.window = Some(now);
            self.before = std::mem::take(&mut self.sent);
            self.resent = 0;
        }
    }

    fn sent(&mut self, now: Instant, size: usize) {
        self.roll(now);
        self.sent += size;
    }

    fn resend(&mut self, now: Instant, size: usize) -> bool {
        self.roll(now);
        let (share, of) = RESEND_SHARE;
        let may = (self.resent + size) * of <= self.sent.max(self.before) * share;
        if may {
            self.resent += size;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(rtx: Option<u32>) -> (Stream, Instant) {
        let stream = Stream::new(StreamSetup {
            mid: "0".into(),
            video: true,
            ssrc: 1,
            rtx,
            resends: vec![(96, 97)],
            ids: ExtensionIds::default(),
            cname: String::new(),
        });
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        (stream, Instant::now())
    }

    fn packet(seq: u64, now: Instant) -> Outgoing {
        Outgoing {
            payload_type: 96,
            seq,
            time: 0,
            marker: false,
            extensions: Extensions::default(),
            payload: vec![0; 100].into(),
            patch: None,
            arrived: now,
        }
    }

    fn seqs(packets: &[Outgoing]) -> Vec<u64> {
        packets.iter().map(|packet| packet.seq).collect()
    }

    const PAUSE: Duration = Duration::from_millis(50);

    #[test]
    fn what_is_missing_is_sent_again_once_in_a_while() {
        let (mut stream, now) = stream(Some(2));
        for seq in [65_530, 65_531, 65_533, 65_532, 65_536, 65_537] {
            stream.note(now, &packet(seq, now), 140);
        }
        assert_eq!(
            seqs(&stream.resend(now, &[0xfffb, 0, 0xfffe, 7], PAUSE)),
            [65_531, 65_536]
        );
        assert!(stream.resend(now + PAUSE / 2, &[0], PAUSE).is_empty());
        assert_eq!(seqs(&stream.resend(now + PAUSE, &[0], PAUSE)), [65_536]);
        let half = seqs(&stream.resend(now, &[0xfffa, 0xfffd], PAUSE));
        assert!(half.is_empty(), "the share of resends is used up");
    }

    #[test]
    fn what_came_is_not_kept() {
        let (mut stream, now) = stream(Some(2));
        for seq in 1..=4 {
            stream.note(now, &packet(seq, now), 140);
        }
        for seq in [2, 4, 9] {
            stream.came(seq);
        }
        assert_eq!(stream.kept.len(), 4, "the first one may be asked for");
        stream.came(1);
        assert_eq!(stream.kept.len(), 2);
        assert_eq!(seqs(&stream.resend(now, &[1, 2, 3, 4], PAUSE)), [3]);
    }

    #[test]
    fn nothing_is_kept_of_what_nobody_can_ask_for() {
        let (mut stream, now) = stream(None);
        stream.note(now, &packet(1, now), 140);
        assert!(stream.kept.is_empty() && !stream.can_pad());
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_age() {
        let (mut stream, now) = stream(Some(2));
        for seq in 0..2_000 {
            stream.note(now, &packet(seq, now), 140);
        }
        assert_eq!(stream.kept.len(), RESEND_PACKETS);
        stream.note(now + RESEND_AGE + PAUSE, &packet(2_000, now), 140);
        assert_eq!(stream.kept.len(), 1);
    }

    #[test]
    fn resends_and_padding_never_use_a_number_twice() {
        let (mut stream, now) = stream(Some(2));
        stream.note(now, &packet(1, now), 140);
        let numbers = [
            stream.rtx_fields(&packet(1, now)).unwrap().1,
            stream.padding_fields().unwrap().1,
            stream.rtx_fields(&packet(1, now)).unwrap().1,
        ];
        assert_eq!(numbers, [1, 2, 3]);
    }
}
