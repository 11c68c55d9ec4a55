//! One connection of a client: `str0m` in RTP mode, whole, with all its feedback.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive},
};

use crate::{
    feedback::Seen,
    media::{Kind, Source, stamp_of, unix_nanos},
    profile,
    srtcp::Tap,
    tally::{Tally, Window},
};

/// A client, before and while a thread drives it.
pub struct Client {
    rtc: Rtc,
    /// Until a thread takes it.
    pub socket: Option<UdpSocket>,
    local: SocketAddr,
    pub sources: Vec<Source>,
    began: Instant,
    pub wake: Instant,
    /// How far time went for it.
    now: Instant,
    connected: bool,
    playing: bool,
    /// The keys of its handshake.
    pub tap: Tap,
    /// Where it is noted what comes.
    pub seen: Option<Seen>,
    /// When it is gone, without a word.
    pub leaves: Option<Instant>,
}

impl Client {
    pub fn new(ip: IpAddr) -> Result<Self> {
        let began = Instant::now();
        let mut rtc = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_crypto_provider(profile::provider())
            .build(began);
        let socket = UdpSocket::bind((ip, 0))?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        Ok(Self {
            rtc,
            socket: Some(socket),
            local,
            sources: Vec::new(),
            began,
            wake: began,
            now: began,
            connected: false,
            playing: false,
            tap: Tap::of_last(),
            seen: None,
            leaves: None,
        })
    }

    /// An offer that sends these.
    pub fn offer_sending(&mut self, kinds: &[Kind]) -> Result<(SdpOffer, SdpPendingOffer, Vec<Mid>)> {
        let mut api = self.rtc.sdp_api();
        let mut mids = Vec::new();
        for kind in kinds {
            let media = match kind {
                Kind::Voice => MediaKind::Audio,
                Kind::Video(_) => MediaKind::Video,
            };
            let name = || Some("load".to_owned());
            let mid = api.add_media(media, Direction::SendOnly, name(), None, None);
            mids.push(mid);
            self.sources.push(Source::new(mid, *kind, self.began));
        }
        let (offer, pending) = api.apply().context("something is offered")?;
        Ok((offer, pending, mids))
    }

    /// An offer that receives so many.
    pub fn offer_receiving(&mut self, audio: usize, video: usize) -> Result<(SdpOffer, SdpPendingOffer)> {
        let mut api = self.rtc.sdp_api();
        let kinds = std::iter::repeat_n(MediaKind::Audio, audio);
        for kind in kinds.chain(std::iter::repeat_n(MediaKind::Video, video)) {
            api.add_media(kind, Direction::RecvOnly, None, None, None);
        }
        api.apply().context("something is offered")
    }

    pub fn take_answer(&mut self, pending: SdpPendingOffer, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer)?;
        Ok(self.rtc.sdp_api().accept_answer(pending, answer)?)
    }

    pub fn answer(&mut self, offer: &str) -> Result<String> {
        let offer = SdpOffer::from_sdp_string(offer)?;
        Ok(self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string())
    }

    /// When the client must be driven next.
    pub fn next(&self) -> Instant {
        let frames = self.sources.iter().map(|source| source.next);
        let frames = frames.filter(|_| self.connected);
        let next = frames.chain(self.leaves).min();
        next.map_or(self.wake, |next| next.min(self.wake))
    }

    /// A datagram came, `at` by the kernel's clock.
    pub fn receive(
        &mut self,
        from: SocketAddr,
        datagram: &[u8],
        at: u64,
        window: &Window,
        tally: &mut Tally,
        send: &mut impl FnMut(SocketAddr, &[u8]),
    ) -> Result<()> {
        if let Some(seen) = &self.seen {
            seen.note(datagram);
        }
        let is_rtp = matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind));
        tally.packets += u64::from(is_rtp && window.holds(at));
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, datagram) else {
            return Ok(());
        };
        // As on a machine of its own, which would have been woken at once: what is told of arrivals is the kernel's time.
        let late = Duration::from_nanos(unix_nanos().saturating_sub(at));
        let now = Instant::now();
        self.now = now.checked_sub(late).unwrap_or(now).max(self.now);
        self.rtc.handle_input(Input::Receive(self.now, receive))?;
        self.drain(at, window, tally, send)
    }

    /// Lets time pass, and sends what is due.
    pub fn pass_time(
        &mut self,
        window: &Window,
        tally: &mut Tally,
        send: &mut impl FnMut(SocketAddr, &[u8]),
    ) -> Result<()> {
        let now = Instant::now();
        if self.wake <= now {
            // What came before is not older than this: sockets are read first.
            self.now = self.now.max(self.wake);
            self.rtc.handle_input(Input::Timeout(self.now))?;
            self.drain(0, window, tally, send)?;
        }
        for place in 0..self.sources.len() {
            let Some(source) = self.sources.get_mut(place).filter(|_| self.connected) else {
                continue;
            };
            // What was missed while the connection was made is not made up for.
            if source.next <= now && now - source.next > Duration::from_millis(200) {
                source.next = now;
            }
            if source.next > now {
                continue;
            }
            let mid = source.mid;
            let media = self.rtc.media(mid).context("an m-line of our own")?;
            let pt = *media.remote_pts().first().context("a codec was agreed on")?;
            for packet in source.frame(pt) {
                tally.sent += u64::from(window.holds(unix_nanos()));
                let mut api = self.rtc.direct_api();
                let stream = api.stream_tx_by_mid(mid, None).context("a stream of our own")?;
                stream.write_rtp(packet);
            }
            self.drain(0, window, tally, send)?;
        }
        Ok(())
    }

    fn drain(
        &mut self,
        at: u64,
        window: &Window,
        tally: &mut Tally,
        send: &mut impl FnMut(SocketAddr, &[u8]),
    ) -> Result<()> {
        use std::sync::atomic::Ordering::Relaxed;
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(wake) => {
                    self.wake = wake;
                    return Ok(());
                }
                Output::Transmit(transmit) => send(transmit.destination, &transmit.contents),
                Output::Event(Event::Connected) => {
                    self.connected = true;
                    window.connected.fetch_add(1, Relaxed);
                }
                Output::Event(Event::KeyframeRequest(request)) => {
                    tally.key_frames_asked += u64::from(window.holds(unix_nanos()));
                    for source in self.sources.iter_mut().filter(|source| source.mid == request.mid) {
                        source.key_wanted = true;
                    }
                }
                // Without a payload it only probes the way.
                Output::Event(Event::RtpPacket(packet)) if !packet.payload.is_empty() => {
                    if !self.playing {
                        self.playing = true;
                        tally.joins.push(self.began.elapsed());
                        window.playing.fetch_add(1, Relaxed);
                    }
                    let stamp = stamp_of(&packet.payload).unwrap_or(0);
                    if window.holds(stamp) {
                        tally.receive(at.saturating_sub(stamp));
                    }
                }
                Output::Event(_) => {}
            }
        }
    }
}
