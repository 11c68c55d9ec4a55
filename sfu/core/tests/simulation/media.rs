//! Fake media: sealed frames as the SFU sees them, with a label inside by which receivers recognise them.

use std::collections::HashMap;

use protocol::socket::TrackKind;

/// What is written into each fake payload behind what stays in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    pub call: u8,
    pub client: u8,
    pub kind: TrackKind,
    /// Counts frames; audio has one packet each.
    pub frame: u32,
    /// Place of the packet in its frame.
    pub part: u8,
    /// RTP sequence number that the publisher gave it.
    pub seq: u32,
    /// First packet of a key frame.
    pub key: bool,
    /// Which encoding, the smallest first.
    pub layer: u8,
}

/// Heights in pixels of the encodings that a camera sends.
pub const HEIGHTS: [u16; 3] = [180, 360, 720];

const MAGIC: [u8; 4] = *b"seal";
const LABEL_LEN: usize = 18;

impl Label {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&[self.call, self.client, kind_byte(self.kind)]);
        bytes.extend_from_slice(&self.frame.to_be_bytes());
        bytes.push(self.part);
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(&[u8::from(self.key), self.layer]);
        bytes
    }

    /// Reads the label of a payload, wherever it begins.
    pub fn find(payload: &[u8]) -> Option<Self> {
        let at = payload.windows(MAGIC.len()).position(|window| window == MAGIC)?;
        let b = payload.get(at..at + LABEL_LEN)?;
        Some(Self {
            call: b[4],
            client: b[5],
            kind: [TrackKind::Microphone, TrackKind::Camera, TrackKind::Screen][usize::from(b[6])],
            frame: u32::from_be_bytes([b[7], b[8], b[9], b[10]]),
            part: b[11],
            seq: u32::from_be_bytes([b[12], b[13], b[14], b[15]]),
            key: b[16] == 1,
            layer: b[17],
        })
    }
}

fn kind_byte(kind: TrackKind) -> u8 {
    match kind {
        TrackKind::Microphone => 0,
        TrackKind::Camera => 1,
        TrackKind::Screen => 2,
    }
}

/// Everything that was published: label → what follows the payload descriptor.
pub struct Published {
    bodies: HashMap<Label, Vec<u8>>,
    /// Those from before [`Published::turn`].
    former: HashMap<Label, Vec<u8>>,
    /// Bytes of a packet of a picture.
    pub picture_len: usize,
}

impl Default for Published {
    fn default() -> Self {
        Self {
            bodies: HashMap::new(),
            former: HashMap::new(),
            picture_len: 900,
        }
    }
}

/// Length of the VP8 payload descriptor that the fake encoder writes.
pub const DESCRIPTOR_LEN: usize = 6;

impl Published {
    /// An Opus packet: all of it sealed.
    pub fn audio(&mut self, label: Label, filler: u8) -> Vec<u8> {
        let mut payload = label.encode();
        payload.resize(80, filler);
        self.bodies.insert(label, payload.clone());
        payload
    }

    /// A VP8 packet: descriptor, what SFrame leaves in clear of a frame's first packet, sealed bytes.
    pub fn video(&mut self, label: Label, filler: u8) -> Vec<u8> {
        let start = if label.part == 0 { 0x10 } else { 0 };
        let picture = u16::try_from(label.frame % 0x8000).unwrap().to_be_bytes();
        let tl0 = u8::try_from(label.frame % 256).unwrap();
        let mut payload = vec![0x80 | start, 0xe0, 0x80 | picture[0], picture[1], tl0, 0x00];
        let mut body = Vec::new();
        if label.part == 0 && label.key {
            let [low, high] = HEIGHTS[usize::from(label.layer)].to_le_bytes();
            body.extend_from_slice(&[0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, low, high]);
        } else if label.part == 0 {
            body.push(0x11);
        }
        body.extend(label.encode());
        body.resize(self.picture_len, filler);
        self.bodies.insert(label, body.clone());
        payload.extend(body);
        payload
    }

    /// Forgets what was published before the last turn.
    pub fn turn(&mut self) {
        self.former = std::mem::take(&mut self.bodies);
    }

    /// Whether a received payload carries exactly the bytes that were published under its label.
    pub fn is_unchanged(&self, label: &Label, payload: &[u8]) -> bool {
        let body = match label.kind {
            TrackKind::Microphone => payload,
            _ => &payload[DESCRIPTOR_LEN..],
        };
        let known = self.bodies.get(label).or_else(|| self.former.get(label));
        known.is_some_and(|published| published == body)
    }
}
