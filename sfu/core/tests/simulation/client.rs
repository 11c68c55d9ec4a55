//! A client of the SFU: two full-ICE `str0m` connections in RTP mode, with an encoder that makes labels.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    time::{Duration, Instant},
};

use conclave_sfu_core::{Protocol, Transport};
use protocol::{
    ParticipantId,
    socket::{Side, SlotBinding, TrackKind, TrackOffer, WatchedTrack},
};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    format::{Codec, FormatParams},
    media::{Direction, Frequency, MediaKind, Mid, Pt, Rid, Simulcast, SimulcastLayer},
    net::Receive,
    rtp::{RedDecoder, RtpPacket, RtpWrite},
};

use crate::{
    media::{Label, Published},
    sender::{Sender, Source},
};

/// How a browser numbers payload types.
#[derive(Clone, Copy, Debug)]
pub enum Browser {
    Chromium,
    Firefox,
}

impl Browser {
    /// Opus, VP8, RTX.
    fn payload_types(self) -> (Pt, Pt, Pt) {
        match self {
            Self::Chromium => (111.into(), 96.into(), 97.into()),
            Self::Firefox => (109.into(), 120.into(), 124.into()),
        }
    }

    /// Payload type of redundant Opus (RFC 2198), where there is one.
    fn red(self) -> Option<Pt> {
        match self {
            Self::Chromium => Some(63.into()),
            Self::Firefox => None,
        }
    }

    fn rtc(self, now: Instant) -> Rtc {
        let (opus, vp8, rtx) = self.payload_types();
        let mut config = Rtc::builder().set_rtp_mode(true).clear_codecs();
        let codecs = config.codec_config();
        let format = FormatParams::default();
        match self {
            Self::Chromium => codecs.enable_opus(true, true),
            Self::Firefox => codecs.add_config(
                opus,
                None,
                Codec::Opus,
                Frequency::FORTY_EIGHT_KHZ,
                Some(2),
                format,
            ),
        }
        codecs.add_config(vp8, Some(rtx), Codec::Vp8, Frequency::NINETY_KHZ, None, format);
        config.build(now)
    }
}

/// What sits in which slot (by its mid).
pub type Bound = BTreeMap<String, (ParticipantId, TrackKind)>;

/// A packet as it came out of a slot.
#[derive(Clone, Debug)]
pub struct Received {
    pub at: Instant,
    pub mid: Mid,
    pub ssrc: u32,
    pub seq: u64,
    pub time: u32,
    pub pt: Pt,
    pub picture: Option<u16>,
    pub label: Label,
    pub unchanged: bool,
}

pub struct Connection {
    pub rtc: Rtc,
    pub local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    pub connected: bool,
    wake: Instant,
}

pub struct Client {
    pub id: ParticipantId,
    pub call: u8,
    pub number: u8,
    pub browser: Browser,
    pub publish: Connection,
    pub subscribe: Connection,
    senders: Vec<Sender>,
    tracks: Vec<TrackOffer>,
    /// How often the person's page was loaded before.
    pub life: u16,
    /// RFC 6464 level that the microphone sends.
    pub level: i8,
    /// Whether it does: not where nobody is to know who speaks.
    pub says_level: bool,
    /// Encodings of the camera; one without rid where there is one.
    pub layers: u8,
    /// Encodings that are not sent for now, as by a browser without the bandwidth for them.
    pub stopped: Vec<u8>,
    pub on: Vec<TrackKind>,
    /// Time between two frames of each track, where it is not that of media.
    pub pace: Option<Duration>,
    pub gone: bool,
    /// Nothing of it runs any more.
    pub closed: bool,
    pub received: Vec<Received>,
    /// How many frames of sound each packet repeats, where the browser can.
    pub repeats: usize,
    /// Frames of sound that came, also repeated ones: of whom, and which.
    pub heard: HashSet<(u8, u32)>,
    pub key_frames_asked: usize,
    /// What the server said last, and when.
    pub bindings: Vec<SlotBinding>,
    pub live: usize,
    /// How large the others show its own videos.
    pub watched: Vec<WatchedTrack>,
    pub history: Vec<(Instant, Bound)>,
}

/// More than there are packets of a track while a page is loaded.
const LABELS_OF_A_LIFE: u32 = 1 << 24;

/// Names of the encodings, the smallest first.
const RIDS: [&str; 3] = ["q", "h", "f"];

impl Client {
    /// `life` counts how often the person's page was loaded before; each has addresses of its own.
    pub fn new(now: Instant, call: u8, number: u8, life: u16, browser: Browser) -> Self {
        let connection = |port: u16| {
            let port = port + 2 * life;
            let mut rtc = browser.rtc(now);
            let local = SocketAddr::from(([10, 0, call, number], port));
            rtc.add_local_candidate(Candidate::host(local, "udp").unwrap());
            Connection {
                rtc,
                local,
                pending: None,
                connected: false,
                wake: now,
            }
        };
        let mut id = [0; 16];
        id[0] = call;
        id[1] = number;
        Self {
            id: ParticipantId::from_random(id),
            call,
            number,
            browser,
            publish: connection(5000),
            subscribe: connection(5001),
            senders: Vec::new(),
            tracks: Vec::new(),
            life,
            level: -60,
            says_level: true,
            layers: 1,
            stopped: Vec::new(),
            on: vec![TrackKind::Microphone, TrackKind::Camera],
            pace: None,
            gone: false,
            closed: false,
            received: Vec::new(),
            repeats: 0,
            heard: HashSet::new(),
            key_frames_asked: 0,
            bindings: Vec::new(),
            live: 0,
            watched: Vec::new(),
            history: Vec::new(),
        }
    }

    /// A publish offer with a microphone, a camera and a screen.
    pub fn offer_publish(&mut self, now: Instant) -> (String, Vec<TrackOffer>) {
        let mut api = self.publish.rtc.sdp_api();
        let mut tracks = Vec::new();
        for kind in [TrackKind::Microphone, TrackKind::Camera, TrackKind::Screen] {
            let media = if kind == TrackKind::Microphone {
                MediaKind::Audio
            } else {
                MediaKind::Video
            };
            let several = kind == TrackKind::Camera && self.layers > 1;
            let rids: Vec<Option<Rid>> = if several {
                let names = RIDS.iter().take(usize::from(self.layers));
                names.map(|name| Some(Rid::from(*name))).collect()
            } else {
                vec![None]
            };
            let simulcast = several.then(|| Simulcast {
                send: RIDS
                    .iter()
                    .take(rids.len())
                    .map(|name| SimulcastLayer::new(name))
                    .collect(),
                recv: Vec::new(),
            });
            let mid = api.add_media(media, Direction::SendOnly, None, None, simulcast);
            tracks.push(TrackOffer {
                mid: mid.to_string(),
                kind,
            });
            for (layer, rid) in (0..).zip(rids) {
                let counted = u32::from(self.life) * LABELS_OF_A_LIFE;
                self.senders
                    .push(Sender::new(mid, kind, rid, layer, counted, now));
            }
        }
        let (offer, pending) = api.apply().unwrap();
        self.publish.pending = Some(pending);
        self.tracks.clone_from(&tracks);
        (offer.to_sdp_string(), tracks)
    }

    /// A subscribe offer with more slots.
    pub fn offer_subscribe(&mut self, audio: usize, video: usize) -> String {
        let mut api = self.subscribe.rtc.sdp_api();
        for _ in 0..audio {
            api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        }
        for _ in 0..video {
            api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = api.apply().unwrap();
        self.subscribe.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// An offer with new ICE credentials, as after a change of networks.
    pub fn offer_ice_restart(&mut self, side: Side) -> String {
        let connection = self.connection(side);
        let mut api = connection.rtc.sdp_api();
        api.ice_restart(true);
        let (offer, pending) = api.apply().unwrap();
        connection.pending = Some(pending);
        offer.to_sdp_string()
    }

    /// What it publishes, as it was offered.
    pub fn tracks(&self) -> Vec<TrackOffer> {
        self.tracks.clone()
    }

    /// Forgets what came, which was checked.
    pub fn forget(&mut self, before: Instant) {
        self.received.clear();
        self.heard.clear();
        let ended =
            |n: usize, history: &[(Instant, Bound)]| history.get(n + 1).is_some_and(|(at, _)| *at < before);
        while ended(0, &self.history) {
            self.history.remove(0);
        }
    }

    /// A subscribe offer in which one slot receives, or does not any more.
    pub fn offer_direction(&mut self, mid: Mid, receives: bool) -> String {
        let mut api = self.subscribe.rtc.sdp_api();
        let direction = if receives {
            Direction::RecvOnly
        } else {
            Direction::Inactive
        };
        api.set_direction(mid, direction);
        let (offer, pending) = api.apply().unwrap();
        self.subscribe.pending = Some(pending);
        offer.to_sdp_string()
    }

    pub fn answer(&mut self, side: Side, answer: &str) {
        let connection = self.connection(side);
        let answer = SdpAnswer::from_sdp_string(answer).unwrap();
        let pending = connection.pending.take().unwrap();
        connection.rtc.sdp_api().accept_answer(pending, answer).unwrap();
    }

    pub fn connection(&mut self, side: Side) -> &mut Connection {
        match side {
            Side::Publish => &mut self.publish,
            Side::Subscribe => &mut self.subscribe,
        }
    }

    pub fn bound(&mut self, now: Instant, slots: Vec<SlotBinding>, live: usize, watched: Vec<WatchedTrack>) {
        let map = slots
            .iter()
            .map(|slot| (slot.mid.clone(), (slot.participant_id, slot.kind)))
            .collect();
        self.history.push((now, map));
        self.bindings = slots;
        self.live = live;
        self.watched = watched;
    }

    /// Sends frames at another pace, from now on.
    pub fn set_pace(&mut self, now: Instant, pace: Option<Duration>) {
        self.pace = pace;
        for sender in &mut self.senders {
            sender.next = now;
        }
    }

    /// How many frames the microphone sent.
    pub fn audio_frames(&self) -> u32 {
        let microphone = self
            .senders
            .iter()
            .find(|sender| sender.kind == TrackKind::Microphone);
        microphone.map_or(0, |sender| sender.frame)
    }

    /// When it must be driven next.
    pub fn next(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        let frames = self
            .senders
            .iter()
            .filter(|_| self.publish.connected)
            .map(|sender| sender.next);
        frames.chain([self.publish.wake, self.subscribe.wake]).min()
    }

    pub fn receive(&mut self, now: Instant, transport: Transport, payload: &[u8]) {
        let side = if transport.remote == self.publish.local {
            Side::Publish
        } else {
            Side::Subscribe
        };
        let protocol = match transport.protocol {
            Protocol::Udp => str0m::net::Protocol::Udp,
            Protocol::Tcp => str0m::net::Protocol::Tcp,
        };
        if let Ok(receive) = Receive::new(protocol, transport.local, transport.remote, payload) {
            self.connection(side)
                .rtc
                .handle_input(Input::Receive(now, receive))
                .unwrap();
        }
    }

    /// Sends what is due, lets time pass; returns datagrams for the shard.
    pub fn drive(&mut self, now: Instant, published: &mut Published) -> Vec<(Transport, Vec<u8>)> {
        let mut sent = Vec::new();
        if self.publish.connected {
            self.encode(now, published, &mut sent);
        }
        self.drain(now, Side::Publish, published, &mut sent);
        self.drain(now, Side::Subscribe, published, &mut sent);
        sent
    }

    fn encode(&mut self, now: Instant, published: &mut Published, sent: &mut Vec<(Transport, Vec<u8>)>) {
        for place in 0..self.senders.len() {
            while self.senders[place].next <= now {
                let packets = self.frame(place, published);
                for packet in packets {
                    let Sender { mid, rid, .. } = self.senders[place];
                    let mut api = self.publish.rtc.direct_api();
                    let stream = api.stream_tx_by_mid(mid, rid).unwrap();
                    if !std::mem::replace(&mut self.senders[place].resends, true) {
                        // A browser sends again whatever is asked for.
                        stream.set_rtx_cache(1_024, Duration::from_secs(3), None);
                    }
                    stream.write_rtp(packet);
                    self.drain(now, Side::Publish, published, sent);
                }
            }
        }
    }

    /// The next frame of a sender, as packets; none while the track is off.
    fn frame(&mut self, place: usize, published: &mut Published) -> Vec<RtpWrite> {
        let (opus, vp8, _) = self.browser.payload_types();
        let source = Source {
            call: self.call,
            client: self.number,
            level: self.says_level.then_some(self.level),
            opus,
            vp8,
            red: self.browser.red(),
            repeats: self.repeats,
            pace: self.pace,
        };
        let sender = &mut self.senders[place];
        let stopped = sender.kind == TrackKind::Camera && self.stopped.contains(&sender.layer);
        let on = self.on.contains(&sender.kind) && !stopped;
        sender.frame(on, source, published)
    }

    /// The packet without what it repeats, of which it is noted that it came.
    fn without_repeats(&mut self, mut packet: RtpPacket) -> RtpPacket {
        if Some(packet.header.payload_type) == self.browser.red() {
            let blocks = RedDecoder::decode(&packet.payload).expect("what is repeated can be read");
            for block in &blocks {
                let label = Label::find(block.payload).expect("a block has a label");
                self.heard.insert((label.client, label.frame));
            }
            packet.payload = blocks.last().unwrap().payload.into();
        }
        packet
    }

    fn drain(
        &mut self,
        now: Instant,
        side: Side,
        published: &Published,
        sent: &mut Vec<(Transport, Vec<u8>)>,
    ) {
        let mut timed_out = false;
        loop {
            match self.connection(side).rtc.poll_output().unwrap() {
                Output::Transmit(t) => sent.push((
                    Transport {
                        protocol: Protocol::Udp,
                        local: t.destination,
                        remote: t.source,
                    },
                    t.contents.to_vec(),
                )),
                Output::Event(event) => self.note(now, side, event, published),
                Output::Timeout(at) if at <= now && !timed_out => {
                    timed_out = true;
                    self.connection(side)
                        .rtc
                        .handle_input(Input::Timeout(now))
                        .unwrap();
                }
                Output::Timeout(at) => {
                    self.connection(side).wake = at.max(now + Duration::from_millis(1));
                    return;
                }
            }
        }
    }

    fn note(&mut self, now: Instant, side: Side, event: Event, published: &Published) {
        match event {
            Event::Connected => self.connection(side).connected = true,
            Event::KeyframeRequest(request) => {
                self.key_frames_asked += 1;
                let asked = |sender: &&mut Sender| sender.mid == request.mid && sender.rid == request.rid;
                for sender in self.senders.iter_mut().filter(asked) {
                    sender.key_wanted = true;
                }
            }
            // What only fills the way, so that it can be measured.
            Event::RtpPacket(packet) if packet.payload.is_empty() => {}
            Event::RtpPacket(packet) => {
                let packet = self.without_repeats(packet);
                let ssrc = packet.header.ssrc;
                let mid = self.subscribe.rtc.direct_api().stream_rx(&ssrc).unwrap().mid();
                let label = Label::find(&packet.payload).expect("a forwarded packet has a label");
                if label.kind == TrackKind::Microphone {
                    self.heard.insert((label.client, label.frame));
                }
                let picture = (label.kind != TrackKind::Microphone)
                    .then(|| u16::from_be_bytes([packet.payload[2] & 0x7f, packet.payload[3]]));
                self.received.push(Received {
                    at: now,
                    mid,
                    ssrc: *ssrc,
                    seq: *packet.seq_no,
                    time: packet.header.timestamp,
                    pt: packet.header.payload_type,
                    picture,
                    label,
                    unchanged: published.is_unchanged(&label, &packet.payload),
                });
            }
            _ => {}
        }
    }
}
