//! One media connection of a native client: `str0m` whole, with a socket of its own on loopback.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Instant,
};

use anyhow::{Context as _, Result};
use client_core::api::TrackCard;
use protocol::socket::TrackKind;
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    format::Codec,
    media::{Direction, MediaKind, MediaTime, Mid},
    net::{Protocol, Receive},
};
use tokio::net::UdpSocket;

pub struct Connection {
    rtc: Rtc,
    pub socket: UdpSocket,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    /// When time must pass for it.
    pub wake: Instant,
    pub connected: bool,
}

impl Connection {
    pub async fn open() -> Result<Self> {
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .build(now);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let local = socket.local_addr()?;
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        Ok(Self {
            rtc,
            socket,
            local,
            pending: None,
            wake: now,
            connected: false,
        })
    }

    /// An offer that sends a microphone and a camera.
    pub fn offer_sending(&mut self) -> Result<(String, Vec<TrackCard>)> {
        let mut api = self.rtc.sdp_api();
        let kinds = [
            (TrackKind::Microphone, MediaKind::Audio),
            (TrackKind::Camera, MediaKind::Video),
        ];
        let tracks = kinds.map(|(kind, media)| TrackCard {
            mid: api
                .add_media(media, Direction::SendOnly, None, None, None)
                .to_string(),
            kind,
        });
        let (offer, pending) = api.apply().context("something is offered")?;
        self.pending = Some(pending);
        Ok((offer.to_sdp_string(), tracks.into()))
    }

    /// An offer that receives so many.
    pub fn offer_receiving(&mut self, audio: usize, video: usize) -> Result<String> {
        let mut api = self.rtc.sdp_api();
        let kinds = std::iter::repeat_n(MediaKind::Audio, audio);
        for kind in kinds.chain(std::iter::repeat_n(MediaKind::Video, video)) {
            api.add_media(kind, Direction::RecvOnly, None, None, None);
        }
        let (offer, pending) = api.apply().context("something is offered")?;
        self.pending = Some(pending);
        Ok(offer.to_sdp_string())
    }

    pub fn take_answer(&mut self, sdp: &str) -> Result<()> {
        let pending = self.pending.take().context("something was offered")?;
        let answer = SdpAnswer::from_sdp_string(sdp)?;
        Ok(self.rtc.sdp_api().accept_answer(pending, answer)?)
    }

    /// Sends a frame of a track.
    pub fn write(&mut self, mid: &str, codec: Codec, time: MediaTime, frame: Vec<u8>) -> Result<()> {
        let mid = Mid::from(mid);
        let writer = self.rtc.writer(mid).context("a track of our own")?;
        let pt = writer
            .payload_params()
            .find(|params| params.spec().codec == codec);
        let pt = pt.context("the codec was agreed on")?.pt();
        let writer = if codec == Codec::Opus {
            writer.audio_level(-30, true)
        } else {
            writer
        };
        Ok(writer.write(pt, Instant::now(), time, frame)?)
    }

    pub fn receive(&mut self, from: SocketAddr, datagram: &[u8]) -> Result<()> {
        if let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, datagram) {
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
        }
        Ok(())
    }

    pub fn pass_time(&mut self) -> Result<()> {
        Ok(self.rtc.handle_input(Input::Timeout(Instant::now()))?)
    }

    /// Sends what is due; gives what happened.
    pub fn drain(&mut self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.wake = at;
                    return Ok(events);
                }
                // As on any network: what cannot be sent is lost.
                Output::Transmit(transmit) => {
                    let _ = self.socket.try_send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(event) => events.push(event),
            }
        }
    }
}
