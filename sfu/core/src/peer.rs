//! One connection to a client, and the rule that it is always drained.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use protocol::socket::Side;
use str0m::{Event, IceConnectionState, Rtc, RtcError, media::Mid, net::Receive, rtp::RtpPacket};

use crate::{
    egress::{self, Egress, Estimate, KeyTap, Outgoing, Said, StreamSetup, Trains},
    io::{Output, Protocol, Transmit, Transport},
    limits::{MAX_DRAIN_STEPS, MAX_WAITING_OUTPUTS},
    setup::{PeerSetup, extensions, host_candidate},
    stun,
};

/// Names a peer for its life; a client that connects anew gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PeerId(u64);

/// What a peer said while it was drained.
#[derive(Debug)]
pub(crate) enum PeerEvent {
    /// An RTP packet arrived.
    Rtp(Box<RtpPacket>),
    /// The client needs a key frame in this slot.
    KeyFrameWanted(Mid),
    /// What the way to the client carries, in bits a second; of subscribing peers alone.
    Estimate(Estimate),
    /// Media can flow, for the first time or again.
    Connected,
    /// Media cannot flow for now, or any more.
    Disconnected,
}

/// Collects what peers give while they are drained.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    /// For the shell.
    pub(crate) outputs: VecDeque<Output>,
    /// For the call that the peers belong to; empty between two inputs.
    pub(crate) events: VecDeque<(PeerId, PeerEvent)>,
    /// Peers that want to be woken earlier than before.
    pub(crate) wakes: Vec<Wake>,
    /// Between two uses, so that each needs no memory of its own.
    pub(crate) trains: Trains,
    next_peer: u64,
}

/// A peer wants to be woken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wake {
    pub(crate) peer: PeerId,
    pub(crate) at: Instant,
    /// The timer that this one takes the place of.
    pub(crate) instead: Option<Instant>,
}

impl Outbox {
    fn transmit(&mut self, transmit: Transmit) {
        if self.outputs.len() < MAX_WAITING_OUTPUTS {
            self.outputs.push_back(Output::Transmit(transmit));
        }
    }

    fn new_peer(&mut self) -> PeerId {
        self.next_peer += 1;
        PeerId(self.next_peer)
    }
}

/// One `str0m` connection. `str0m` requires that it is polled until it is dry after each change and before
/// the next (its slot for a received packet holds one), and a bug in it panics. So there is only one way in,
/// [`Peer::with`], which drains and contains. Of a subscribing peer it has no SRTP keys: RTP and RTCP are the
/// [`Egress`]'s.
pub(crate) struct Peer {
    id: PeerId,
    /// Gone after a panic or an error that ended the connection.
    rtc: Option<Box<Rtc>>,
    /// Of a subscribing peer.
    egress: Option<Box<Egress>>,
    /// Where media goes: the way that the client nominated last.
    route: Option<Transport>,
    /// A nomination of which `str0m` has not said yet whether it is authentic.
    nomination: Option<(stun::TransactionId, Transport)>,
    rtc_wake: Option<Instant>,
    egress_wake: Option<Instant>,
    /// Keys are agreed; media may be written.
    secured: bool,
    reachable: bool,
    /// For when a timer is set. It may be earlier than both wakes, never later.
    timer: Option<Instant>,
}

impl Peer {
    pub(crate) fn new(now: Instant, side: Side, setup: &PeerSetup, out: &mut Outbox) -> Self {
        let config = Rtc::builder()
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, true)
            .enable_vp8(true)
            .set_extension_map(extensions());
        let (mut rtc, tap) = match side {
            Side::Publish => (config.build(now), None),
            Side::Subscribe => KeyTap::of(|| config.set_crypto_provider(egress::provider()).build(now)),
        };
        for candidate in setup.candidates.iter().filter_map(host_candidate) {
            rtc.add_local_candidate(candidate);
        }
        Self {
            id: out.new_peer(),
            rtc: Some(Box::new(rtc)),
            egress: tap.map(|tap| Box::new(Egress::new(now, tap))),
            route: None,
            nomination: None,
            rtc_wake: None,
            egress_wake: None,
            secured: false,
            reachable: false,
            timer: None,
        }
    }

    pub(crate) fn id(&self) -> PeerId {
        self.id
    }

    /// Whether media can flow.
    pub(crate) fn connected(&self) -> bool {
        self.secured && self.reachable && self.rtc.is_some()
    }

    /// Changes the connection and drains it into `out`. `None` when the connection is no more, or just ended
    /// by a panic.
    pub(crate) fn with<R>(
        &mut self,
        now: Instant,
        out: &mut Outbox,
        change: impl FnOnce(&mut Rtc) -> R,
    ) -> Option<R> {
        let mut rtc = self.rtc.take()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let result = change(&mut rtc);
            let wake = self.drain(now, &mut rtc, out);
            (rtc, result, wake)
        }));
        match outcome {
            Ok((rtc, result, Ok(wake))) => {
                if rtc.is_alive() && self.may_go_on() {
                    self.rtc = Some(rtc);
                    self.rtc_wake = Some(wake);
                    self.set_wake(out);
                } else {
                    self.end(out);
                }
                Some(result)
            }
            Ok((_, result, Err(error))) => {
                tracing::debug!(%error, "a media connection ended");
                self.end(out);
                Some(result)
            }
            Err(_) => {
                tracing::error!("a media connection panicked and was dropped");
                self.end(out);
                None
            }
        }
    }

    /// Hands a datagram over. Malformed ones are dropped.
    pub(crate) fn receive(&mut self, now: Instant, transport: Transport, payload: &[u8], out: &mut Outbox) {
        if self.egress.is_some() && egress::is_media(payload) {
            self.send(now, out, |egress, said, _| egress.receive(now, payload, said));
            return;
        }
        let Transport {
            protocol,
            local,
            remote,
        } = transport;
        let Ok(receive) = Receive::new(protocol.into(), remote, local, payload) else {
            return;
        };
        self.nomination = stun::nomination(payload).map(|transaction| (transaction, transport));
        let input = str0m::Input::Receive(now, receive);
        let outcome = self.with(now, out, |rtc| rtc.handle_input(input));
        if let Some(Err(error)) = outcome {
            tracing::debug!(%error, "a datagram was refused");
        }
    }

    /// Lets time pass, if it is due.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Outbox) {
        self.timer = None;
        if self.rtc_wake.is_some_and(|wake| wake <= now) {
            self.with(now, out, |_| ());
        }
        if self.egress_wake.is_some_and(|wake| wake <= now) {
            self.flush(now, out);
        }
        self.set_wake(out);
    }

    /// A slot that sends was agreed on; of a subscribing peer. False where it cannot be.
    pub(crate) fn add_stream(&mut self, setup: StreamSetup, out: &mut Outbox) -> bool {
        self.contain(out, |egress| egress.add(setup)).unwrap_or(false)
    }

    /// Whether a slot sends under this SSRC.
    pub(crate) fn has_stream(&self, mid: Mid, ssrc: u32) -> bool {
        self.egress.as_ref().is_some_and(|egress| egress.has(mid, ssrc))
    }

    /// Only these slots are there still; nothing is sent in the parked ones for now.
    pub(crate) fn keep_streams(&mut self, active: &[Mid], parked: &[Mid], out: &mut Outbox) {
        self.contain(out, |egress| egress.keep(active, parked));
    }

    /// Sends packets of a slot.
    pub(crate) fn write(&mut self, now: Instant, mid: Mid, packets: &mut Vec<Outgoing>, out: &mut Outbox) {
        self.send(now, out, |egress, _, trains| {
            for packet in packets.drain(..) {
                egress.write(now, mid, packet, trains);
            }
            true
        });
    }

    /// Sends what is due of the egress.
    fn flush(&mut self, now: Instant, out: &mut Outbox) {
        self.send(now, out, |_, _, _| true);
    }

    /// Sends what `act` gives, and then what is due of the egress, unless it says that nothing changed.
    fn send(
        &mut self,
        now: Instant,
        out: &mut Outbox,
        act: impl FnOnce(&mut Egress, &mut Vec<Said>, &mut Trains) -> bool,
    ) {
        let Some(transport) = self.route.filter(|_| self.connected()) else {
            self.egress_wake = None;
            return;
        };
        let mut trains = std::mem::take(&mut out.trains);
        let polled = self.contain(out, |egress| {
            let mut said = Vec::new();
            act(egress, &mut said, &mut trains).then(|| (egress.poll(now, &mut said, &mut trains), said))
        });
        if polled.is_none() {
            // It ended in the middle of a datagram.
            trains.drain().for_each(drop);
        }
        for train in trains.drain() {
            out.transmit(Transmit {
                transport,
                payload: train.bytes,
                segment: train.segment,
            });
        }
        out.trains = trains;
        let Some((wake, said)) = polled.flatten() else {
            return;
        };
        self.egress_wake = wake;
        self.tell(said, out);
        self.set_wake(out);
    }

    /// As [`Peer::with`] for the egress: a panic in it ends this connection alone.
    fn contain<R>(&mut self, out: &mut Outbox, act: impl FnOnce(&mut Egress) -> R) -> Option<R> {
        let mut egress = self.egress.take()?;
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let result = act(&mut egress);
            (egress, result)
        }));
        match outcome {
            Ok((egress, result)) => {
                self.egress = Some(egress);
                Some(result)
            }
            Err(_) => {
                tracing::error!("the sending of a media connection panicked, which was dropped");
                self.end(out);
                None
            }
        }
    }

    fn tell(&self, said: Vec<Said>, out: &mut Outbox) {
        for said in said {
            let event = match said {
                Said::KeyFrameWanted(mid) => PeerEvent::KeyFrameWanted(mid),
                Said::Estimate(estimate) => PeerEvent::Estimate(estimate),
            };
            out.events.push_back((self.id, event));
        }
    }

    /// A subscribing peer whose handshake agreed on keys that we cannot use is of no use.
    fn may_go_on(&self) -> bool {
        !self.secured || self.egress.as_ref().is_none_or(|egress| egress.is_secure())
    }

    /// Whether an authentic STUN request came on this way.
    pub(crate) fn accepts(&self, now: Instant, transport: Transport) -> bool {
        /// First byte of a DTLS record; for these `str0m` looks at the address alone.
        const DTLS: &[u8] = &[20];
        let Transport {
            protocol,
            local,
            remote,
        } = transport;
        match (&self.rtc, Receive::new(protocol.into(), remote, local, DTLS)) {
            (Some(rtc), Ok(receive)) => rtc.accepts(&str0m::Input::Receive(now, receive)),
            _ => false,
        }
    }

    /// Tells the estimator what to aim at, in bits a second.
    pub(crate) fn aim(&mut self, find: u64) {
        if let Some(egress) = &mut self.egress {
            egress.aim(find);
        }
    }

    /// The fragment that the client's STUN requests must name.
    pub(crate) fn ufrag(&mut self) -> Option<String> {
        let rtc = self.rtc.as_mut()?;
        Some(rtc.direct_api().local_ice_credentials().ufrag)
    }

    /// Says goodbye; the client sees the connection close at once instead of after a timeout.
    pub(crate) fn close(mut self, now: Instant, out: &mut Outbox) {
        self.with(now, out, |rtc| rtc.close());
    }

    /// Polls until there is nothing left that is due now; returns when to come back.
    fn drain(&mut self, now: Instant, rtc: &mut Rtc, out: &mut Outbox) -> Result<Instant, RtcError> {
        let mut due = now;
        for _ in 0..MAX_DRAIN_STEPS {
            match rtc.poll_output()? {
                str0m::Output::Transmit(transmit) => {
                    let transport = Transport {
                        protocol: Protocol::from(transmit.proto),
                        local: transmit.source,
                        remote: transmit.destination,
                    };
                    // The handshake goes the way that was nominated, as does the answer to an authentic nomination.
                    let answered = stun::success(&transmit.contents);
                    let nominated = answered.is_some_and(|id| self.nomination == Some((id, transport)));
                    if nominated || !stun::is_stun(&transmit.contents) {
                        self.route = Some(transport);
                        self.nomination = None;
                    }
                    let payload = Vec::from(transmit.contents);
                    out.transmit(Transmit {
                        transport,
                        segment: payload.len(),
                        payload,
                    });
                }
                str0m::Output::Event(event) => self.note(event, out),
                str0m::Output::Timeout(at) if at <= due => {
                    // The same time twice: it was told that it is due and has nothing to do.
                    due = at.checked_sub(std::time::Duration::from_nanos(1)).unwrap_or(at);
                    rtc.handle_input(str0m::Input::Timeout(now))?;
                }
                str0m::Output::Timeout(at) => return Ok(at.max(now + MIN_WAIT)),
            }
        }
        Ok(now + MIN_WAIT)
    }

    fn note(&mut self, event: Event, out: &mut Outbox) {
        let event = match event {
            Event::RtpPacket(packet) => PeerEvent::Rtp(Box::new(packet)),
            Event::Connected => {
                if let Some(egress) = &mut self.egress {
                    egress.secure();
                }
                self.secured = true;
                self.reachable = true;
                PeerEvent::Connected
            }
            Event::IceConnectionStateChange(state) => match (self.reachable, ice_works(state)) {
                (false, Some(true)) => {
                    self.reachable = true;
                    if !self.secured {
                        return;
                    }
                    PeerEvent::Connected
                }
                (true, Some(false)) => {
                    self.reachable = false;
                    if let Some(egress) = &mut self.egress {
                        egress.drop_waiting();
                    }
                    if !self.secured {
                        return;
                    }
                    PeerEvent::Disconnected
                }
                _ => return,
            },
            _ => return,
        };
        out.events.push_back((self.id, event));
    }

    fn set_wake(&mut self, out: &mut Outbox) {
        let Some(wake) = [self.rtc_wake, self.egress_wake].into_iter().flatten().min() else {
            return;
        };
        if self.timer.is_none_or(|timer| wake < timer) {
            let instead = self.timer.replace(wake);
            out.wakes.push(Wake {
                peer: self.id,
                at: wake,
                instead,
            });
        }
    }

    fn end(&mut self, out: &mut Outbox) {
        self.rtc = None;
        self.rtc_wake = None;
        self.egress_wake = None;
        if self.secured && self.reachable {
            out.events.push_back((self.id, PeerEvent::Disconnected));
        }
        self.reachable = false;
    }
}

/// `str0m` paces by about a millisecond; waking it more often finds nothing to do.
const MIN_WAIT: std::time::Duration = std::time::Duration::from_micros(500);

/// Whether the client can be reached. Checks alone say nothing: during an ICE restart the former way is used
/// until there is a new one (RFC 8445 §9).
fn ice_works(state: IceConnectionState) -> Option<bool> {
    match state {
        IceConnectionState::Connected | IceConnectionState::Completed => Some(true),
        IceConnectionState::Disconnected => Some(false),
        IceConnectionState::New | IceConnectionState::Checking => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_ends_that_peer_alone() {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let now = Instant::now();
        let mut out = Outbox::default();
        let mut broken = Peer::new(now, Side::Subscribe, &PeerSetup::default(), &mut out);
        let mut sound = Peer::new(now, Side::Subscribe, &PeerSetup::default(), &mut out);
        assert!(broken.with(now, &mut out, |_| panic!("a bug")).is_none());
        assert!(broken.with(now, &mut out, |_| ()).is_none());
        assert!(!broken.connected());
        assert_eq!(sound.with(now, &mut out, |_| 7), Some(7));
    }
}
