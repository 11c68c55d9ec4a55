//! A shard: calls, the way from a datagram to its call, and their timers.

use std::{
    collections::{BTreeSet, HashMap},
    net::SocketAddr,
    time::Instant,
};

use protocol::{
    CallId,
    sfu::{FromSfu, OfferRefused, ToSfu},
};

use crate::{
    call::{Call, Offer},
    demux::{Demux, Found},
    io::{Input, Output, Protocol, Transmit, Transport},
    limits::{MAX_CALLS, MAX_DATAGRAM_LEN},
    peer::{Outbox, PeerId, Wake},
    setup::PeerSetup,
};

/// What a shard must know of the node.
#[derive(Clone, Debug, Default)]
pub struct ShardConfig {
    /// UDP addresses at which clients reach the node.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses at which clients reach the node (ICE-TCP passive).
    pub tcp: Vec<SocketAddr>,
}

/// Owns calls; see the crate's documentation.
pub struct Shard {
    setup: PeerSetup,
    calls: HashMap<CallId, Call>,
    /// Which call a peer belongs to.
    homes: HashMap<PeerId, CallId>,
    demux: Demux,
    timers: BTreeSet<(Instant, Timer)>,
    out: Outbox,
}

/// What is due at some time: one timer for each peer and two for each call. Those of peers and calls that are no
/// more find nothing of their own and are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Timer {
    Peer(PeerId),
    Call(CallId),
    /// Pictures of the call wait for the rest of theirs.
    Gather(CallId),
}

impl Shard {
    /// A shard without calls.
    pub fn new(config: &ShardConfig) -> Self {
        let transport = |protocol| {
            // A candidate has one end only; the other stays as it is.
            move |local: &SocketAddr| Transport {
                protocol,
                local: *local,
                remote: *local,
            }
        };
        let udp = config.udp.iter().map(transport(Protocol::Udp));
        let tcp = config.tcp.iter().map(transport(Protocol::Tcp));
        Self {
            setup: PeerSetup {
                candidates: udp.chain(tcp).collect(),
            },
            calls: HashMap::new(),
            homes: HashMap::new(),
            demux: Demux::default(),
            timers: BTreeSet::new(),
            out: Outbox::default(),
        }
    }

    /// The one way in. `now` must not go backwards.
    pub fn handle_input(&mut self, now: Instant, input: Input<'_>) {
        match input {
            Input::Timeout => self.pass_time(now),
            Input::Datagram { transport, payload } => self.receive(now, transport, payload),
            Input::Control(message) => self.obey(now, message),
        }
        self.set_timers();
    }

    /// The one way out: call it until it returns nothing.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.outputs.pop_front()
    }

    /// How many outputs wait.
    pub fn waiting_outputs(&self) -> usize {
        self.out.outputs.len()
    }

    /// Takes the memory of a [`Transmit`] back once it was sent; so the next one needs none.
    pub fn reuse(&mut self, transmit: Transmit) {
        self.out.trains.reuse(transmit.payload);
    }

    /// When [`Input::Timeout`] is due; nothing while there is no call.
    pub fn next_wake(&self) -> Option<Instant> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// How many timers wait.
    pub fn timers(&self) -> usize {
        self.timers.len()
    }

    fn set_timers(&mut self) {
        for Wake { peer, at, instead } in self.out.wakes.drain(..) {
            if let Some(former) = instead {
                self.timers.remove(&(former, Timer::Peer(peer)));
            }
            self.timers.insert((at, Timer::Peer(peer)));
        }
    }

    fn pass_time(&mut self, now: Instant) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > now {
                return;
            }
            self.timers.pop_first();
            match timer {
                Timer::Peer(peer) => {
                    let Some(home) = self.homes.get(&peer) else {
                        continue;
                    };
                    let Some(call) = self.calls.get_mut(home) else {
                        continue;
                    };
                    let before = call.gathers_until();
                    call.wake_peer(now, peer, &mut self.out);
                    set_gather_timer(&mut self.timers, *home, call, before);
                }
                Timer::Call(call_id) => {
                    // A call that was closed and opened again has a timer of its own.
                    if let Some(call) = self.calls.get_mut(&call_id).filter(|call| call.next_tick() == at) {
                        self.timers.insert((call.tick(now, &mut self.out), timer));
                    }
                }
                Timer::Gather(call_id) => {
                    if let Some(call) = self.calls.get_mut(&call_id) {
                        call.pass_on_due(now, &mut self.out);
                        let next = call.gathers_until().map(|next| (next, timer));
                        self.timers.extend(next);
                    }
                }
            }
            self.set_timers();
        }
    }

    fn receive(&mut self, now: Instant, transport: Transport, payload: &[u8]) {
        if payload.len() > MAX_DATAGRAM_LEN {
            return;
        }
        let (peer, claimed) = match self.demux.find(transport, payload) {
            Found::Known(peer) => (peer, false),
            Found::Claimed(peer) => (peer, true),
            Found::Nobody => return,
        };
        let Some(home) = self.homes.get(&peer) else {
            return;
        };
        let Some(call) = self.calls.get_mut(home) else {
            return;
        };
        let before = call.gathers_until();
        call.receive(now, peer, transport, payload, &mut self.out);
        set_gather_timer(&mut self.timers, *home, call, before);
        if claimed && call.accepts(now, peer, transport) {
            self.demux.learn(peer, transport, &mut self.out);
        }
    }

    fn obey(&mut self, now: Instant, message: ToSfu) {
        match message {
            ToSfu::Offer {
                request,
                place,
                side,
                fresh,
                sdp,
                tracks,
            } => {
                let offer = Offer {
                    participant: place.participant_id,
                    side,
                    fresh,
                    sdp,
                    tracks,
                };
                let result = self.offer(now, place.call_id, offer);
                self.out
                    .outputs
                    .push_back(Output::Control(FromSfu::Answer { request, result }));
                if let Some(call) = self.calls.get_mut(&place.call_id) {
                    call.settle(now, &mut self.out);
                }
            }
            ToSfu::Intent {
                place,
                video,
                publishing,
            } => {
                if let Some(call) = self.calls.get_mut(&place.call_id) {
                    call.intend(now, place.participant_id, video, &publishing, &mut self.out);
                }
            }
            ToSfu::Leave { place } => {
                let Some(call) = self.calls.get_mut(&place.call_id) else {
                    return;
                };
                let gone = call.leave(now, place.participant_id, &mut self.out);
                let empty = call.is_empty();
                self.forget(gone);
                if empty {
                    self.calls.remove(&place.call_id);
                }
            }
            ToSfu::Close { call_id } => {
                if let Some(call) = self.calls.remove(&call_id) {
                    let gone = call.close(now, &mut self.out);
                    self.forget(gone);
                }
            }
        }
    }

    fn offer(&mut self, now: Instant, call_id: CallId, offer: Offer) -> Result<String, OfferRefused> {
        if !self.calls.contains_key(&call_id) {
            if !offer.fresh {
                return Err(OfferRefused::NoConnection);
            }
            if self.calls.len() >= MAX_CALLS {
                return Err(OfferRefused::Unfit(
                    "the server has no room for another call".to_owned(),
                ));
            }
        }
        let is_new = !self.calls.contains_key(&call_id);
        let call = self
            .calls
            .entry(call_id)
            .or_insert_with(|| Call::new(now, call_id));
        let accepted = call.accept(now, &self.setup, offer, &mut self.out);
        let empty = call.is_empty();
        let accepted = match accepted {
            Ok(accepted) => accepted,
            Err(refused) => {
                if empty {
                    self.calls.remove(&call_id);
                }
                return Err(refused);
            }
        };
        if is_new {
            self.timers.insert((now, Timer::Call(call_id)));
        }
        self.forget(accepted.replaced);
        self.homes.insert(accepted.peer, call_id);
        self.demux.set_ufrag(accepted.peer, accepted.ufrag, &mut self.out);
        Ok(accepted.answer)
    }

    fn forget(&mut self, peers: impl IntoIterator<Item = PeerId>) {
        for peer in peers {
            self.homes.remove(&peer);
            self.demux.forget(peer, &mut self.out);
        }
    }
}

/// Sets the timer of the pictures that wait, where another is the next that is due.
fn set_gather_timer(
    timers: &mut BTreeSet<(Instant, Timer)>,
    home: CallId,
    call: &Call,
    before: Option<Instant>,
) {
    let after = call.gathers_until();
    if before == after {
        return;
    }
    let timer = |at| (at, Timer::Gather(home));
    if let Some(before) = before.map(timer) {
        timers.remove(&before);
    }
    timers.extend(after.map(timer));
}
