//! What a client sends of a track: frames with labels, as packets.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use conclave_sfu_core::limits::MOST_REDUNDANCY;
use protocol::socket::TrackKind;
use str0m::{
    media::{Mid, Pt, Rid},
    rtp::{ExtensionValues, RedEncoder, RedundantBlock, RtpWrite},
};

use crate::media::{Label, Published};

/// Between two pictures.
pub const FRAME: Duration = Duration::from_millis(33);
const PTIME: Duration = Duration::from_millis(20);

/// Units of the clock between two frames of sound, and between two pictures.
const SOUND_TICKS: u32 = 960;
const PICTURE_TICKS: u32 = 2_970;

/// Whose frames these are, and in which form the client's browser sends them.
pub struct Source {
    pub call: u8,
    pub client: u8,
    /// RFC 6464 level of the microphone.
    pub level: Option<i8>,
    pub opus: Pt,
    pub vp8: Pt,
    /// Payload type of redundant Opus, where there is one.
    pub red: Option<Pt>,
    /// How many frames of sound each packet repeats.
    pub repeats: usize,
    /// Time between two frames, where it is not that of media.
    pub pace: Option<Duration>,
}

/// One encoding of a track that the client sends.
pub struct Sender {
    pub mid: Mid,
    pub kind: TrackKind,
    pub rid: Option<Rid>,
    pub layer: u8,
    pub frame: u32,
    seq: u32,
    /// What labels count beyond `seq`: a page that was loaded anew begins with the same numbers on the wire.
    counted: u32,
    pub key_wanted: bool,
    /// When the next frame is due.
    pub next: Instant,
    /// Frames of sound that were sent last, to be repeated.
    said: VecDeque<(u32, Vec<u8>)>,
    /// Whether it was set up what it sends again.
    pub resends: bool,
}

impl Sender {
    pub fn new(mid: Mid, kind: TrackKind, rid: Option<Rid>, layer: u8, counted: u32, now: Instant) -> Self {
        Self {
            mid,
            kind,
            rid,
            layer,
            frame: 0,
            seq: 100,
            counted,
            key_wanted: true,
            next: now,
            said: VecDeque::new(),
            resends: false,
        }
    }

    /// The next frame as packets; none while the track is off.
    pub fn frame(&mut self, on: bool, source: Source, published: &mut Published) -> Vec<RtpWrite> {
        let audio = self.kind == TrackKind::Microphone;
        let at = self.next;
        self.next += source.pace.unwrap_or(if audio { PTIME } else { FRAME });
        if !on {
            // An encoder that starts again starts with a key frame.
            self.key_wanted = true;
            return Vec::new();
        }
        self.frame += 1;
        let key = !audio && std::mem::take(&mut self.key_wanted);
        let parts = if audio {
            1
        } else {
            parts(self.frame, self.layer, key)
        };
        let mut packets = Vec::new();
        for part in 0..parts {
            self.seq += 1;
            let part = u8::try_from(part).unwrap();
            let label = Label {
                call: source.call,
                client: source.client,
                kind: self.kind,
                frame: self.frame,
                part,
                seq: self.counted + self.seq,
                key,
                layer: self.layer,
            };
            let (pt, payload, ticks) = if audio {
                let payload = published.audio(label, source.client);
                match source.red {
                    Some(red) => (
                        red,
                        self.repeat(*source.opus, payload, source.repeats),
                        SOUND_TICKS,
                    ),
                    None => (source.opus, payload, SOUND_TICKS),
                }
            } else {
                (source.vp8, published.video(label, source.client), PICTURE_TICKS)
            };
            let extensions = ExtensionValues {
                audio_level: source.level.filter(|_| audio),
                voice_activity: source.level.filter(|_| audio).map(|_| true),
                ..Default::default()
            };
            let last = usize::from(part) + 1 == parts;
            let number = u64::from(self.seq).into();
            let packet = RtpWrite::new(pt, number, self.frame * ticks, at, payload);
            packets.push(
                packet
                    .marker(!audio && last)
                    .ext_vals(extensions)
                    .nackable(!audio),
            );
        }
        packets
    }

    /// A frame of sound behind those that are repeated with it.
    fn repeat(&mut self, opus: u8, frame: Vec<u8>, repeats: usize) -> Vec<u8> {
        let time = self.frame * SOUND_TICKS;
        let blocks: Vec<RedundantBlock> = self
            .said
            .range(self.said.len().saturating_sub(repeats)..)
            .map(|(said, payload)| RedundantBlock {
                pt: opus,
                timestamp_offset: time - said,
                payload: payload.clone(),
            })
            .collect();
        let payload = RedEncoder::encode(opus, &frame, &blocks);
        self.said.push_back((time, frame));
        if self.said.len() > MOST_REDUNDANCY {
            self.said.pop_front();
        }
        payload
    }
}

/// Packets of a picture: as many as this one, in this encoding, has.
pub fn parts(frame: u32, layer: u8, key: bool) -> usize {
    if key { 4 } else { (1 + frame as usize % 2) << layer }
}
