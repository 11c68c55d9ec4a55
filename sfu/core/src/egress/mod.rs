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
mod rtcp;
mod sent;
mod srtp;
mod stream;
mod tap;

use std::time::{Duration, Instant};

use str0m::media::Mid;

use self::{
    estimate::{Estimator, Probe},
    header::{Fields, Header},
    pacer::Pacer,
    rtcp::{Feedback, SenderReport},
    sent::{ProbeId, Sent},
    srtp::{Srtp, TAG_LEN},
    stream::{Stream, low},
};
pub(crate) use self::{
    header::{ExtensionIds, Extensions},
    rtcp::is_media,
    stream::{Outgoing, StreamSetup},
    tap::{KeyTap, provider},
};
use crate::limits::{LEAST_RESEND_PAUSE, MOST_PAYLOAD, PACE_WAIT, REPORT_INTERVAL, REPORTS_PER_PACKET};

/// What the client said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The decoder of this slot needs a key frame.
    KeyFrameWanted(Mid),
    /// What the way carries, in bits a second.
    Estimate(u64),
}

/// Bytes of UDP and IPv4 around a datagram.
const DATAGRAM_OVERHEAD: usize = 28;

/// Bytes of an RTP packet that carry nothing, at most: their number takes one byte.
const PADDING: usize = 240;

/// Between 1900 and 1970, in seconds. The clock of the reports begins with the connection; only its differences count.
const NTP_BEGIN: u64 = 2_208_988_800;

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
    sent: Sent,
    pacer: Pacer<Job>,
    estimator: Estimator,
    told: Option<u64>,
    probe: Option<Burst>,
    began: Instant,
    reported: Option<Instant>,
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

    /// A new slot was agreed on.
    pub(crate) fn add(&mut self, setup: StreamSetup) {
        debug_assert!(
            self.streams.iter().all(|stream| stream.setup.mid != setup.mid),
            "one stream for each slot"
        );
        self.streams.push(Stream::new(setup));
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
    pub(crate) fn write(&mut self, now: Instant, mid: Mid, packet: Outgoing, out: &mut Vec<Vec<u8>>) {
        let Some(place) = self.streams.iter().position(|stream| stream.setup.mid == mid) else {
            return;
        };
        let video = self.streams.get(place).is_some_and(|stream| stream.setup.video);
        if packet.payload.len() > MOST_PAYLOAD {
            return;
        }
        let estimated = self.estimator.rate().is_some();
        if video && estimated {
            let size = wire_size(packet.payload.len());
            self.pacer.push(Job::First(place, packet), size);
            return;
        }
        let size = self.send_first(now, place, &packet, out);
        if estimated {
            self.pacer.note(size);
        }
    }

    /// What came of the client's RTCP.
    pub(crate) fn receive(&mut self, now: Instant, datagram: &[u8]) -> Vec<Said> {
        if !rtcp::is_rtcp(datagram) {
            return Vec::new();
        }
        let plain = self.srtp.as_mut().and_then(|srtp| srtp.open_rtcp(datagram));
        let mut said = Vec::new();
        for feedback in plain.iter().flat_map(|plain| rtcp::read(plain)) {
            match feedback {
                Feedback::KeyFrameWanted { ssrc } => {
                    let stream = self.streams.iter().find(|stream| stream.setup.ssrc == ssrc);
                    said.extend(stream.map(|stream| Said::KeyFrameWanted(stream.setup.mid)));
                }
                Feedback::Nack { ssrc, missing } => self.resend(now, ssrc, &missing),
                Feedback::Arrivals(arrivals) => {
                    let outcomes = self.sent.apply(&arrivals);
                    if !outcomes.is_empty() {
                        self.estimator.note(now, &outcomes);
                        said.extend(self.estimate());
                    }
                }
            }
        }
        said
    }

    /// The estimate, where it is another one than was told.
    fn estimate(&mut self) -> Option<Said> {
        let rate = self.estimator.rate()?;
        (self.told.replace(rate) != Some(rate)).then_some(Said::Estimate(rate))
    }

    fn resend(&mut self, now: Instant, ssrc: u32, missing: &[u16]) {
        let pause = self.estimator.rtt().max(LEAST_RESEND_PAUSE);
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
            self.pacer.push_first(Job::Again(place, packet), size);
        }
    }

    /// Sends what is due; returns when to come back.
    pub(crate) fn poll(
        &mut self,
        now: Instant,
        said: &mut Vec<Said>,
        out: &mut Vec<Vec<u8>>,
    ) -> Option<Instant> {
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

    fn send_first(&mut self, now: Instant, place: usize, packet: &Outgoing, out: &mut Vec<Vec<u8>>) -> usize {
        let Some(stream) = self.streams.get_mut(place) else {
            return 0;
        };
        let (fields, index) = stream.fields(packet);
        stream.note(now, packet, wire_size(packet.payload.len()));
        self.scratch.clear();
        self.scratch.extend_from_slice(&packet.payload);
        if let Some(patch) = packet.patch {
            patch.apply(&mut self.scratch);
        }
        self.seal(now, place, fields, index, packet.extensions, None, out)
    }

    fn send_again(&mut self, now: Instant, place: usize, packet: &Outgoing, out: &mut Vec<Vec<u8>>) -> usize {
        let stream = self.streams.get_mut(place);
        let Some((fields, index)) = stream.and_then(|stream| stream.rtx_fields(packet)) else {
            return 0;
        };
        self.scratch.clear();
        self.scratch.extend_from_slice(&low(packet.seq).to_be_bytes());
        self.scratch.extend_from_slice(&packet.payload);
        if let Some(patch) = packet.patch {
            patch.apply(self.scratch.get_mut(2..).unwrap_or_default());
        }
        self.seal(now, place, fields, index, packet.extensions, None, out)
    }

    /// Sends the payload that lies in `scratch`; returns its bytes on the wire.
    #[expect(clippy::too_many_arguments, reason = "all of one packet")]
    fn seal(
        &mut self,
        now: Instant,
        place: usize,
        fields: Fields,
        index: u64,
        extensions: Extensions,
        probe: Option<ProbeId>,
        out: &mut Vec<Vec<u8>>,
    ) -> usize {
        let (Some(srtp), Some(stream)) = (&mut self.srtp, self.streams.get(place)) else {
            return 0;
        };
        let ids = stream.setup.ids;
        let payload = self.scratch.as_slice();
        let bare = Header::new(fields, ids, extensions, ids.transport.map(|_| 0));
        let size = bare.bytes().len() + payload.len() + TAG_LEN + DATAGRAM_OVERHEAD;
        let number = ids.transport.map(|_| self.sent.push(now, size, probe));
        let header = Header::new(fields, ids, extensions, number);
        match srtp.seal_rtp(header.bytes(), fields.ssrc, index, payload) {
            Ok(packet) => out.push(packet),
            Err(error) => tracing::error!(%error, "a packet is not sent"),
        }
        if number.is_some() {
            self.estimator.sent(now, size);
        }
        size
    }

    /// Sends as much of a probe as is due.
    fn send_probe(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
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
        let Some(place) = self.streams.iter().position(can) else {
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

    fn send_padding(&mut self, now: Instant, place: usize, probe: ProbeId, out: &mut Vec<Vec<u8>>) -> usize {
        let stream = self.streams.get_mut(place);
        let Some((fields, index)) = stream.and_then(Stream::padding_fields) else {
            return 0;
        };
        self.scratch.clear();
        self.scratch.resize(PADDING - 1, 0);
        self.scratch.push(u8::try_from(PADDING).unwrap_or(0));
        self.seal(now, place, fields, index, Extensions::default(), Some(probe), out)
    }

    /// Tells the client what was sent, regularly; returns when next.
    fn report(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) -> Instant {
        let due = self.reported.map_or(now, |at| at + REPORT_INTERVAL);
        if now < due {
            return due;
        }
        self.reported = Some(now);
        let since = now.saturating_duration_since(self.began);
        let ntp = ntp(since);
        let active = self
            .streams
            .iter()
            .filter_map(|stream| Some((stream, stream.newest?)));
        let reports: Vec<SenderReport<'_>> = active
            .map(|(stream, (time, arrived))| SenderReport {
                ssrc: stream.setup.ssrc,
                ntp,
                time: time.wrapping_add(ticks(now.saturating_duration_since(arrived), stream.clock_rate())),
                packets: stream.packets,
                bytes: stream.bytes,
                cname: &stream.setup.cname,
            })
            .collect();
        for some in reports.chunks(REPORTS_PER_PACKET) {
            match self.srtp.as_mut().map(|srtp| srtp.seal_rtcp(&rtcp::write(some))) {
                Some(Ok(packet)) => out.push(packet),
                Some(Err(error)) => tracing::error!(%error, "a report is not sent"),
                None => {}
            }
        }
        now + REPORT_INTERVAL
    }
}

fn wire_size(payload: usize) -> usize {
    header::MAX_LEN + payload + TAG_LEN + DATAGRAM_OVERHEAD
}

fn ntp(since: Duration) -> u64 {
    let fraction = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    (NTP_BEGIN + since.as_secs()) << 32 | fraction
}

fn ticks(time: Duration, clock_rate: u32) -> u32 {
    let ticks = time.as_micros() * u128::from(clock_rate) / 1_000_000;
    // The lower 32 bits are what a timestamp counts.
    u32::try_from(ticks & u128::from(u32::MAX)).unwrap_or(0)
}
