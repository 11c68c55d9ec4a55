//! What publishers send: packets of one size, as sealed media looks to an SFU, each with the time at which it left.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use str0m::{
    media::{Mid, Pt},
    rtp::{ExtensionValues, RtpWrite},
};

/// Bytes of a video packet's RTP payload.
pub const VIDEO_PAYLOAD: usize = 1_150;
/// Bytes of a voice's: Opus at 32 kbit/s.
const VOICE_PAYLOAD: usize = 80;

const FRAME: Duration = Duration::from_nanos(33_333_333);
const FRAMES_PER_SECOND: usize = 30;
const PTIME: Duration = Duration::from_millis(20);
/// Loud enough to be heard, as RFC 6464 counts.
const LEVEL: i8 = -20;

/// Time since 1970 in nanoseconds: the clock of the kernel's own receive stamps.
pub fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// The stamp at the end of a payload, where no SFU changes anything.
pub fn stamp_of(payload: &[u8]) -> Option<u64> {
    payload.last_chunk().map(|bytes| u64::from_be_bytes(*bytes))
}

/// What a publisher sends.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Bits of payload in a second.
    Video(usize),
    Voice,
}

/// An encoder of one track.
pub struct Source {
    pub mid: Mid,
    kind: Kind,
    pub key_wanted: bool,
    pub next: Instant,
    frame: u32,
    seq: u64,
    /// Bytes that the rate allows and that are not sent yet.
    owed: usize,
}

impl Source {
    pub fn new(mid: Mid, kind: Kind, begins: Instant) -> Self {
        Self {
            mid,
            kind,
            key_wanted: true,
            next: begins,
            frame: 0,
            seq: 0,
            owed: 0,
        }
    }

    /// The next frame, all of it at once: browsers send a whole frame in a burst.
    pub fn frame(&mut self, pt: Pt) -> Vec<RtpWrite> {
        self.frame += 1;
        match self.kind {
            Kind::Voice => {
                self.next += PTIME;
                let extensions = ExtensionValues {
                    audio_level: Some(LEVEL),
                    voice_activity: Some(true),
                    ..Default::default()
                };
                let write = self.packet(pt, 960, vec![0x5a; VOICE_PAYLOAD]);
                vec![write.ext_vals(extensions)]
            }
            Kind::Video(rate) => {
                self.next += FRAME;
                self.owed += rate / 8 / FRAMES_PER_SECOND;
                let parts = (self.owed / VIDEO_PAYLOAD).max(1);
                self.owed = self.owed.saturating_sub(parts * VIDEO_PAYLOAD);
                let key = std::mem::take(&mut self.key_wanted);
                let part = |part: usize| (part, part + 1 == parts);
                (0..parts)
                    .map(part)
                    .map(|(part, last)| {
                        let payload = video_payload(self.frame, part == 0, key);
                        self.packet(pt, 3_000, payload).marker(last).nackable(true)
                    })
                    .collect()
            }
        }
    }

    fn packet(&mut self, pt: Pt, ticks: u32, mut payload: Vec<u8>) -> RtpWrite {
        self.seq += 1;
        if let Some(stamp) = payload.last_chunk_mut() {
            *stamp = unix_nanos().to_be_bytes();
        }
        let time = self.frame.wrapping_mul(ticks);
        RtpWrite::new(pt, self.seq.into(), time, Instant::now(), payload)
    }
}

/// A VP8 payload descriptor (RFC 7741 §4.2) as browsers write it, what SFrame leaves in clear of a frame, and filling.
fn video_payload(frame: u32, first: bool, key: bool) -> Vec<u8> {
    let [_, tl0, high, low] = frame.to_be_bytes();
    let mut payload = vec![
        if first { 0x90 } else { 0x80 },
        0xe0,
        0x80 | (high & 0x7f),
        low,
        tl0.wrapping_add(low),
        0,
    ];
    if first && key {
        // A key frame of 1280×720 (RFC 6386 §9.1).
        payload.extend_from_slice(&[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
    } else if first {
        payload.push(0x11);
    }
    payload.resize(VIDEO_PAYLOAD, 0x5a);
    payload
}
