//! A whole client: `client-core` over a real socket, its media sealed and opened by its own engine.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use client_core::{
    api::{CallPhase, CallView, Command, Event, MediaUpdate, Reply, VideoCard},
    media::{Codec, MediaEngine, SealerId},
};
use conclave_tests::device::{Device, now};
use protocol::{
    RoomId,
    socket::{Side, TrackKind},
};
use str0m::{
    format::Codec as Format,
    media::{Frequency, MediaTime},
};
use tokio::{
    sync::{broadcast, mpsc},
    time::{MissedTickBehavior, interval, sleep_until},
};

use crate::connection::Connection;

/// Slots for voices, and the most pictures that anybody shows.
const AUDIO: usize = 3;
pub const SHOWN: usize = 4;
/// Height at which they are shown, and their size in bytes: 160×90 with ten pictures a second, as 80 kbit/s have them.
const HEIGHT: u16 = 90;
const PICTURE: usize = 1_000;
const VOICE: usize = 80;
const PTIME: Duration = Duration::from_millis(20);
/// Frames of sound for each picture.
const PICTURE_EVERY: u32 = 5;
/// A frame whose key is on its way waits so long, as in a browser.
const PATIENCE: Duration = Duration::from_secs(1);
const MAX_DATAGRAM: usize = 2_000;

/// What a participant tells of itself.
#[derive(Clone, Copy, Debug)]
pub enum Told {
    /// It asks to come in.
    Began,
    /// It is a member of the call's group.
    Keyed,
    /// How many are in the group, by this epoch.
    Epoch {
        epoch: u64,
        people: usize,
    },
    /// Somebody else's first sound, and first picture.
    Heard,
    Seen,
}

pub struct Participant {
    pub place: usize,
    pub device: Device,
    pub updates: mpsc::UnboundedReceiver<MediaUpdate>,
    pub told: mpsc::UnboundedSender<(usize, Instant, Told)>,
}

impl Participant {
    /// Enters the room's call and stays.
    pub async fn run(self, room_id: RoomId, at: Instant) -> Result<()> {
        let events = self.device.listen();
        sleep_until(at.into()).await;
        self.tell(Told::Began);
        let mut inside = Inside {
            place: self.place,
            device: Arc::new(self.device),
            told: self.told,
            engine: MediaEngine::new(),
            events,
            epoch: None,
            shown: Vec::new(),
            waiting: Vec::new(),
            heard: false,
            seen: false,
        };
        inside.device.ask(Command::JoinCall { room_id }).await?;
        inside.enter().await?;
        let (publish, subscribe, tracks) = inside.connect().await?;
        inside.stay(publish, subscribe, &tracks, self.updates).await
    }

    fn tell(&self, told: Told) {
        // Who listens may have ended.
        let _ = self.told.send((self.place, Instant::now(), told));
    }
}

struct Inside {
    place: usize,
    device: Arc<Device>,
    told: mpsc::UnboundedSender<(usize, Instant, Told)>,
    engine: MediaEngine,
    events: broadcast::Receiver<Event>,
    epoch: Option<(u64, usize)>,
    /// Leaves whose pictures are shown.
    shown: Vec<u32>,
    /// Frames whose keys are on their way.
    waiting: Vec<(Instant, String, Codec, Vec<u8>)>,
    heard: bool,
    seen: bool,
}

impl Inside {
    fn tell(&self, told: Told) {
        // Who listens may have ended.
        let _ = self.told.send((self.place, Instant::now(), told));
    }

    /// Waits until it is a member.
    async fn enter(&mut self) -> Result<()> {
        loop {
            let event = self.events.recv().await?;
            if let Event::Call { call: Some(call) } = &event {
                self.see(call);
                if call.phase == CallPhase::Joined {
                    self.tell(Told::Keyed);
                    return Ok(());
                }
            }
        }
    }

    /// Takes in who is there: shows those that follow its own leaf, so that all are shown by somebody.
    fn see(&mut self, call: &CallView) {
        if call.phase != CallPhase::Joined {
            return;
        }
        let epoch = (call.epoch, call.participants.len());
        if self.epoch.replace(epoch) != Some(epoch) {
            let (epoch, people) = epoch;
            self.tell(Told::Epoch { epoch, people });
        }
        let own = call
            .participants
            .iter()
            .position(|person| person.this_device)
            .unwrap_or(0);
        let after = call.participants.iter().cycle().skip(own + 1);
        let most = SHOWN.min(call.participants.len().saturating_sub(1));
        let shown: Vec<u32> = after.map(|person| person.leaf).take(most).collect();
        if self.shown != shown {
            let card = |leaf: &u32| VideoCard {
                leaf: *leaf,
                kind: TrackKind::Camera,
                height: HEIGHT,
            };
            let video = shown.iter().map(card).collect();
            self.ask(Command::ShowVideo { video });
            self.shown = shown;
        }
    }

    /// Asks without waiting.
    fn ask(&self, command: Command) {
        let device = self.device.clone();
        tokio::spawn(async move {
            // Where it fails, nobody is seen, which is what is measured.
            let _ = device.ask(command).await;
        });
    }

    /// Offers both connections at once.
    async fn connect(&mut self) -> Result<(Connection, Connection, Vec<(TrackKind, String)>)> {
        self.ask(Command::SetMedia {
            microphone: true,
            camera: true,
            screen: false,
            hand: false,
        });
        let (mut publish, mut subscribe) = (Connection::open().await?, Connection::open().await?);
        let (sdp, tracks) = publish.offer_sending()?;
        let mids = tracks
            .iter()
            .map(|track| (track.kind, track.mid.clone()))
            .collect();
        let offer = |side, sdp, tracks| {
            let fresh = true;
            self.device.ask(Command::MediaOffer {
                side,
                fresh,
                sdp,
                tracks,
            })
        };
        let receiving = subscribe.offer_receiving(AUDIO, SHOWN)?;
        let (sent, received) = tokio::try_join!(
            offer(Side::Publish, sdp, tracks),
            offer(Side::Subscribe, receiving, Vec::new())
        )?;
        for (connection, reply) in [(&mut publish, sent), (&mut subscribe, received)] {
            let Reply::SdpAnswer { sdp } = reply else {
                bail!("no answer: {reply:?}");
            };
            connection.take_answer(&sdp)?;
        }
        Ok((publish, subscribe, mids))
    }

    async fn stay(
        &mut self,
        mut publish: Connection,
        mut subscribe: Connection,
        tracks: &[(TrackKind, String)],
        mut updates: mpsc::UnboundedReceiver<MediaUpdate>,
    ) -> Result<()> {
        let mut encoder = Encoder::new(&mut self.engine, tracks)?;
        let mut ticks = interval(PTIME);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut from_publish, mut from_subscribe) = (vec![0; MAX_DATAGRAM], vec![0; MAX_DATAGRAM]);
        loop {
            for event in publish.drain()? {
                encoder.key_wanted |= matches!(event, str0m::Event::KeyframeRequest(_));
            }
            for event in subscribe.drain()? {
                if let str0m::Event::MediaData(data) = event {
                    let codec = match data.params.spec().codec {
                        Format::Opus => Codec::Opus,
                        _ => Codec::Vp8,
                    };
                    self.open(Instant::now(), data.mid.to_string(), codec, data.data.to_vec());
                }
            }
            tokio::select! {
                biased;
                update = updates.recv() => {
                    self.engine.apply(now(), &update.context("the device stopped")?)?;
                    self.open_waiting();
                }
                event = self.events.recv() => match event {
                    Ok(Event::Call { call: Some(call) }) => self.see(&call),
                    Ok(_) => {}
                    Err(error) => bail!(error),
                },
                received = publish.socket.recv_from(&mut from_publish) => {
                    let (len, from) = received?;
                    publish.receive(from, from_publish.get(..len).unwrap_or_default())?;
                }
                received = subscribe.socket.recv_from(&mut from_subscribe) => {
                    let (len, from) = received?;
                    subscribe.receive(from, from_subscribe.get(..len).unwrap_or_default())?;
                }
                () = sleep_until(publish.wake.into()) => publish.pass_time()?,
                () = sleep_until(subscribe.wake.into()) => subscribe.pass_time()?,
                _ = ticks.tick(), if publish.connected => encoder.encode(&mut self.engine, &mut publish)?,
            }
        }
    }

    fn open(&mut self, came: Instant, mid: String, codec: Codec, frame: Vec<u8>) {
        match self.engine.open(now(), &mid, codec, &frame) {
            Ok(opened) if codec == Codec::Opus && !self.heard => {
                self.heard = opened.kind == TrackKind::Microphone;
                self.tell(Told::Heard);
            }
            // A decoder begins with a key frame.
            Ok(opened)
                if codec == Codec::Vp8 && !self.seen && opened.frame.first().is_some_and(|b| b & 1 == 0) =>
            {
                self.seen = true;
                self.tell(Told::Seen);
            }
            Err(error) if error.may_open_later() && came.elapsed() < PATIENCE => {
                self.waiting.push((came, mid, codec, frame));
            }
            _ => {}
        }
    }

    fn open_waiting(&mut self) {
        for (came, mid, codec, frame) in std::mem::take(&mut self.waiting) {
            self.open(came, mid, codec, frame);
        }
    }
}

/// Makes frames of a microphone and a camera, and seals them.
struct Encoder {
    sealers: Vec<(TrackKind, String, SealerId)>,
    frame: u32,
    key_wanted: bool,
}

impl Encoder {
    fn new(engine: &mut MediaEngine, tracks: &[(TrackKind, String)]) -> Result<Self> {
        let sealers = tracks
            .iter()
            .map(|(kind, mid)| Ok((*kind, mid.clone(), engine.attach(*kind)?)));
        Ok(Self {
            sealers: sealers.collect::<Result<_>>()?,
            frame: 0,
            key_wanted: true,
        })
    }

    fn encode(&mut self, engine: &mut MediaEngine, publish: &mut Connection) -> Result<()> {
        self.frame += 1;
        for (kind, mid, sealer) in &self.sealers {
            let picture = *kind == TrackKind::Camera;
            if picture && !self.frame.is_multiple_of(PICTURE_EVERY) {
                continue;
            }
            let key = picture && std::mem::take(&mut self.key_wanted);
            let (codec, format, plain) = match picture {
                true => (Codec::Vp8, Format::Vp8, painted(key)),
                false => (Codec::Opus, Format::Opus, vec![0x5a; VOICE]),
            };
            // Without a key nothing leaves.
            let Ok(sealed) = engine.seal(now(), *sealer, codec, key, &plain) else {
                self.key_wanted |= key;
                continue;
            };
            let rate = if picture {
                Frequency::NINETY_KHZ
            } else {
                Frequency::FORTY_EIGHT_KHZ
            };
            let ticks = u64::from(self.frame) * u64::from(rate.get()) * PTIME.as_millis() as u64 / 1_000;
            publish.write(mid, format, MediaTime::new(ticks, rate), sealed)?;
            let asked = |event: &str0m::Event| matches!(event, str0m::Event::KeyframeRequest(_));
            self.key_wanted |= publish.drain()?.iter().any(asked);
        }
        Ok(())
    }
}

/// A frame of VP8 (RFC 6386 §9.1) of 160×90, as far as anybody but a decoder sees.
fn painted(key: bool) -> Vec<u8> {
    let mut frame = match key {
        true => vec![0x10, 0, 0, 0x9d, 0x01, 0x2a, 160, 0, 90, 0],
        false => vec![0x11],
    };
    frame.resize(PICTURE, 0x5a);
    frame
}
