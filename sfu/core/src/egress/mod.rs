//! What leaves on a subscribe connection: our own RTP engine beside `str0m`, which keeps SDP, ICE and DTLS.
//!
//! ```text
//! slot ─► Outgoing ─► (pacer) ─► header, patch, SRTP ─► datagram
//!                        ▲            │
//!            resends ────┘            └─► transport-wide number ─► Sent
//! RTCP ─► SRTCP ─► nack ─► Stream         arrivals ─► Sent ─► Estimator
//! ```

mod estimate;
mod header;
mod pacer;
mod report;
mod rtcp;
mod sent;
mod srtp;
mod stream;
mod tap;
mod train;

use std::{collections::BTreeSet, time::Instant};

use str0m::media::Mid;

pub(crate) use self::{
    estimate::Estimate,
    header::{ExtensionIds, Extensions, MAX_ID as MAX_EXTENSION_ID},
    rtcp::is_media,
    stream::{Outgoing, StreamSetup},
    tap::{KeyTap, provider},
    train::Trains,
};
use self::{
    estimate::{Estimator, Probe},
    header::{Fields, Header},
    pacer::Pacer,
    rtcp::Feedback,
    sent::{Outcome, Place, ProbeId, Sent},
    srtp::{Srtp, TAG_LEN},
    stream::{Stream, low},
};
use crate::limits::{LEAST_RESEND_PAUSE, MAX_RETIRED_SOURCES, MOST_PAYLOAD, PACE_WAIT};

/// What the client said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Said {
    /// The decoder of this slot needs a key frame.
    KeyFrameWanted(Mid),
    /// What the way carries and loses.
    Estimate(Estimate),
}

/// Bytes of UDP and IPv4 around a datagram.
const DATAGRAM_OVERHEAD: usize = 28;

/// Bytes of an RTP packet that carry nothing, at most: their number takes one byte.
const PADDING: usize = 240;

/// What waits for its time.
#[derive(Debug)]
enum Job {
    First(usize, Outgoing),
    Again(usize, Outgoing),
}

pub(crate) struct Egress {
    tap: KeyTap,
    srtp: Option<Srtp>,
    streams: Vec<Stream>,
    /// SSRCs that were used under these keys and whose numbers are forgotten.
    retired: BTreeSet<u32>,
    sent: Sent,
    pacer: Pacer<Job>,
    estimator: Estimator,
    told: Option<Estimate>,
    probe: Option<Burst>,
    began: Instant,
    reported: Option<Instant>,
    /// For a payload that is changed before it is sealed.
    scratch: Vec<u8>,
}

/// A probe that is being sent.
#[derive(Debug)]
struct Burst {
    probe: Probe,
    began: Instant,
    sent: usize,
}

impl Egress {
    pub(crate) fn new(now: Instant, tap: KeyTap) -> Self {
        Self {
            tap,
            srtp: None,
            streams: Vec::new(),
            retired: BTreeSet::new(),
            sent: Sent::default(),
            pacer: Pacer::default(),
            estimator: Estimator::new(),
            told: None,
            probe: None,
            began: now,
            reported: None,
            scratch: Vec::new(),
        }
    }

    /// A new slot was agreed on, in place of one of the same m-line. False where one of its SSRCs was used before: under
    /// the same keys no number may come twice.
    pub(crate) fn add(&mut self, setup: StreamSetup) -> bool {
        self.retire(|stream| stream.setup.mid == setup.mid);
        let sources = [Some(setup.ssrc), setup.rtx];
        let used = |ssrc: u32| {
            let in_use = |stream: &Stream| stream.setup.ssrc == ssrc || stream.setup.rtx == Some(ssrc);
            self.retired.contains(&ssrc) || self.streams.iter().any(in_use)
        };
        let twice = setup.rtx == Some(setup.ssrc) || sources.into_iter().flatten().any(used);
        if twice || self.retired.len() > MAX_RETIRED_SOURCES {
            tracing::warn!(mid = %setup.mid, "a slot is not taken: its source was used before");
            return false;
        }
        self.streams.push(Stream::new(setup));
        true
    }

    /// Whether this m-line sends under this SSRC.
    pub(crate) fn has(&self, mid: Mid, ssrc: u32) -> bool {
        self.streams
            .iter()
            .any(|stream| stream.setup.mid == mid && stream.setup.ssrc == ssrc)
    }

    /// Only these slots are there still; nothing is sent in the parked ones for now.
    pub(crate) fn keep(&mut self, active: &[Mid], parked: &[Mid]) {
        self.retire(|stream| !active.contains(&stream.setup.mid) && !parked.contains(&stream.setup.mid));
        for stream in self
            .streams
            .iter_mut()
            .filter(|stream| parked.contains(&stream.setup.mid))
        {
            stream.park();
        }
    }

    fn retire(&mut self, gone: impl Fn(&Stream) -> bool) {
        if !self.streams.iter().any(&gone) {
            return;
        }
        // What waits names streams by their places.
        self.pacer = Pacer::default();
        for stream in self.streams.extract_if(.., |stream| gone(stream)) {
            self.retired.insert(stream.setup.ssrc);
            self.retired.extend(stream.setup.rtx);
        }
    }

    /// The client cannot be reached: what waits would come too late.
    pub(crate) fn drop_waiting(&mut self) {
        self.pacer = Pacer::default();
        self.probe = None;
    }

    /// The handshake is done: packets may be sealed.
    pub(crate) fn secure(&mut self) {
        if let Some(keys) = self.tap.take() {
            self.srtp = Some(Srtp::new(&keys));
        }
    }

    /// Whether the handshake agreed on keys that fit.
    pub(crate) fn is_secure(&self) -> bool {
        self.srtp.is_some()
    }

    pub(crate) fn aim(&mut self, find: u64) {
        self.estimator.aim(find);
    }

    /// Sends a packet of a slot, or lets it wait for its time. Voices never wait.
    pub(crate) fn write(&mut self, now: Instant, mid: Mid, packet: Outgoing, out: &mut Trains) {
        let Some(place) = self.streams.iter().position(|stream| stream.setup.mid == mid) else {
            return;
        };
        let video = self.streams.get(place).is_some_and(|stream| stream.setup.video);
        debug_assert!(
            packet.payload.len() <= MOST_PAYLOAD,
            "judged before it got its number"
        );
        let estimated = self.estimator.rate().is_some();
        if video && estimated {
            let size = wire_size(packet.payload.len());
            self.pacer.push(now, Job::First(place, packet), size);
            return;
        }
        let size = self.send_first(now, place, &packet, out);
        if estimated {
            self.pacer.note(size);
        }
    }

    /// Takes the client's RTCP; false where it is none, or not authentic.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &[u8], said: &mut Vec<Said>) -> bool {
        if !rtcp::is_rtcp(datagram) {
            return false;
        }
        let Some(plain) = self.srtp.as_mut().and_then(|srtp| srtp.open_rtcp(datagram)) else {
            return false;
        };
        for feedback in rtcp::read(&plain) {
            match feedback {
                Feedback::KeyFrameWanted { ssrc } => {
                    let stream = self.streams.iter().find(|stream| stream.setup.ssrc == ssrc);
                    said.extend(stream.map(|stream| Said::KeyFrameWanted(stream.setup.mid)));
                }
                Feedback::Nack { ssrc, missing } => self.resend(now, ssrc, &missing),
                Feedback::Arrivals(arrivals) => {
                    let outcomes = self.sent.apply(&arrivals);
                    if !outcomes.is_empty() {
                        self.forget(&outcomes);
                        self.estimator.note(now, &outcomes);
                        said.extend(self.estimate());
                    }
                }
            }
        }
        true
    }

    /// What came need not be kept for being sent again.
    fn forget(&mut self, outcomes: &[Outcome]) {
        for Place { ssrc, seq } in outcomes
            .iter()
            .filter_map(|outcome| outcome.place.filter(|_| outcome.came.is_some()))
        {
            if let Some(stream) = self.streams.iter_mut().find(|stream| stream.setup.ssrc == ssrc) {
                stream.came(seq);
            }
        }
    }

    /// The estimate, where it is another one than was told.
    fn estimate(&mut self) -> Option<Said> {
        let estimate = Estimate {
            rate: self.estimator.rate()?,
            lost: self.estimator.lost(),
            lost_steadily: self.estimator.lost_steadily(),
        };
        (self.told.replace(estimate) != Some(estimate)).then_some(Said::Estimate(estimate))
    }

    fn resend(&mut self, now: Instant, ssrc: u32, missing: &[u16]) {
        // A client asks again only after the whole way there and back; what comes sooner is the same request twice.
        let pause = (self.estimator.rtt() / 2).max(LEAST_RESEND_PAUSE);
        let Some(place) = self.streams.iter().position(|stream| stream.setup.ssrc == ssrc) else {
            return;
        };
        let found = self
            .streams
            .get_mut(place)
            .map(|stream| stream.resend(now, missing, pause))
            .unwrap_or_default();
        for packet in found.into_iter().rev() {
            let size = wire_size(packet.payload.len());
            self.pacer.push_first(now, Job::Again(place, packet), size);
        }
    }

    /// Sends what is due; returns when to come back.
    pub(crate) fn poll(&mut self, now: Instant, said: &mut Vec<Said>, out: &mut Trains) -> Option<Instant> {
        self.srtp.as_ref()?;
        self.estimator.tick(now);
        said.extend(self.estimate());
        self.send_probe(now, out);
        let estimate = self.estimator.rate();
        while let Some(job) = self.pacer.pop(now, estimate) {
            match job {
                Job::First(place, packet) => self.send_first(now, place, &packet, out),
                Job::Again(place, packet) => self.send_again(now, place, &packet, out),
            };
        }
        let report = self.report(now, out);
        let paced = self.pacer.next(now, estimate).map(|at| at.max(now + PACE_WAIT));
        let probe = self.probe.is_some().then(|| now + PACE_WAIT);
        [Some(report), paced, probe].into_iter().flatten().min()
    }

    fn send_first(&mut self, now: Instant, place: usize, packet: &Outgoing, out: &mut Trains) -> usize {
        let Some(stream) = self.streams.get_mut(place) else {
            return 0;
        };
        let (fields, index) = stream.fields(packet);
        stream.note(now, packet, wire_size(packet.payload.len()));
        let Some(patch) = packet.patch else {
            return self.seal(
                now,
                place,
                (fields, index),
                packet.extensions,
                &packet.payload,
                None,
                out,
            );
        };
        let mut patched = std::mem::take(&mut self.scratch);
        patched.clear();
        patched.extend_from_slice(&packet.payload);
        patch.apply(&mut patched);
        let size = self.seal(
            now,
            place,
            (fields, index),
            packet.extensions,
            &patched,
            None,
            out,
        );
        self.scratch = patched;
        size
    }

    fn send_again(&mut self, now: Instant, place: usize, packet: &Outgoing, out: &mut Trains) -> usize {
        let stream = self.streams.get_mut(place);
        let Some((fields, index)) = stream.and_then(|stream| stream.rtx_fields(packet)) else {
            return 0;
        };
        let mut payload = low(packet.seq).to_be_bytes().to_vec();
        payload.extend_from_slice(&packet.payload);
        if let Some(patch) = packet.patch {
            patch.apply(payload.get_mut(2..).unwrap_or_default());
        }
        self.seal(
            now,
            place,
            (fields, index),
            packet.extensions,
            &payload,
            None,
            out,
        )
    }

    /// Sends a packet; returns its bytes on the wire.
    #[expect(clippy::too_many_arguments, reason = "all of one packet")]
    fn seal(
        &mut self,
        now: Instant,
        place: usize,
        (fields, index): (Fields, u64),
        extensions: Extensions,
        payload: &[u8],
        probe: Option<ProbeId>,
        out: &mut Trains,
    ) -> usize {
        let (Some(srtp), Some(stream)) = (&mut self.srtp, self.streams.get(place)) else {
            return 0;
        };
        let ids = stream.setup.ids;
        let header_len = header::len(ids, extensions);
        let size = header_len + payload.len() + TAG_LEN + DATAGRAM_OVERHEAD;
        let sent = Place {
            ssrc: fields.ssrc,
            seq: index,
        };
        let first = (fields.ssrc == stream.setup.ssrc).then_some(sent);
        let number = ids.transport.map(|_| self.sent.push(now, size, probe, first));
        let header = Header::new(fields, ids, extensions, number);
        let len = header.bytes().len() + payload.len() + TAG_LEN;
        let packet = out.add(len);
        if let Err(error) = srtp.seal_rtp(header.bytes(), fields.ssrc, index, payload, packet) {
            tracing::error!(%error, "a packet is not sent");
            out.take_back(len);
        }
        if number.is_some() {
            self.estimator.sent(now, size);
        }
        size
    }

    /// Sends as much of a probe as is due.
    fn send_probe(&mut self, now: Instant, out: &mut Trains) {
        let can = |stream: &Stream| stream.can_pad() && stream.setup.ids.transport.is_some();
        if self.probe.is_none()
            && self.streams.iter().any(can)
            && let Some(probe) = self.estimator.probe(now)
        {
            self.probe = Some(Burst {
                probe,
                began: now,
                sent: 0,
            });
        }
        let Some(Burst { probe, began, sent }) = self.probe.take() else {
            return;
        };
        // The one that sent last is there for sure.
        let newest = |(_, stream): &(usize, &Stream)| stream.newest.map(|(_, at)| at);
        let streams = self.streams.iter().enumerate().filter(|(_, stream)| can(stream));
        let Some((place, _)) = streams.max_by_key(newest) else {
            self.estimator.probe_failed(now);
            return;
        };
        let time = now.saturating_duration_since(began) + PACE_WAIT;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some kilobytes"
        )]
        let due = ((probe.rate / 8.0 * time.as_secs_f64()) as usize).min(probe.bytes);
        let mut sent = sent;
        while sent < due {
            let size = self.send_padding(now, place, probe.id, out);
            if size == 0 {
                return;
            }
            sent += size;
        }
        if sent < probe.bytes {
            self.probe = Some(Burst { probe, began, sent });
        }
    }

    fn send_padding(&mut self, now: Instant, place: usize, probe: ProbeId, out: &mut Trains) -> usize {
        let stream = self.streams.get_mut(place);
        let Some((fields, index)) = stream.and_then(Stream::padding_fields) else {
            return 0;
        };
        let mut padding = [0; PADDING];
        if let Some(last) = padding.last_mut() {
            *last = u8::try_from(PADDING).unwrap_or(0);
        }
        let (numbers, none) = ((fields, index), Extensions::default());
        self.seal(now, place, numbers, none, &padding, Some(probe), out)
    }
}

fn wire_size(payload: usize) -> usize {
    header::MAX_LEN + payload + TAG_LEN + DATAGRAM_OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(mid: &str, ssrc: u32) -> StreamSetup {
        StreamSetup {
            mid: mid.into(),
            video: true,
            ssrc,
            rtx: Some(ssrc + 1),
            resends: vec![(96, 97)],
            ids: ExtensionIds::default(),
            cname: String::new(),
        }
    }

    #[test]
    fn no_source_is_used_twice_under_the_same_keys() {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let mut egress = Egress::new(Instant::now(), KeyTap::default());
        assert!(egress.add(setup("a", 10)));
        assert!(!egress.add(setup("b", 10)), "of another slot");
        assert!(!egress.add(setup("b", 11)), "of its resends");
        assert!(!egress.add(setup("b", 9)), "resends under that of another slot");
        assert!(egress.add(setup("b", 20)));
        let (a, b) = (Mid::from("a"), Mid::from("b"));
        egress.keep(&[a], &[b]);
        assert!(egress.has(b, 20), "a parked one keeps its numbers");
        egress.keep(&[a], &[]);
        assert!(!egress.has(b, 20));
        assert!(
            !egress.add(setup("b", 20)) && !egress.add(setup("c", 21)),
            "its numbers are forgotten"
        );
        assert!(egress.add(setup("a", 30)), "in the place of the former one");
        assert!(egress.has(a, 30) && !egress.has(a, 10));
    }
}
