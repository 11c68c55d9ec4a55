//! A shard, its clients and the network, driven in virtual time.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use allocation_counter::measure;
use conclave_sfu_core::{Input, Output, Shard, ShardConfig};
use protocol::{
    CallId, ParticipantId,
    sfu::{FromSfu, OfferRefused, Place, ToSfu},
    socket::{Side, TrackKind, VideoWish},
};

use crate::{
    client::{Browser, Client},
    media::Published,
    network::{Conditions, Hop, Network},
};

/// Longest time until everybody is connected. DTLS sends a flight again after 1, 2, 4, 8 and 16 s (RFC 6347
/// §4.2.4): with lost datagrams three such waits in a row happen once in some hundred connections, five never.
const CONNECT_PATIENCE: Duration = Duration::from_secs(40);

pub struct World {
    pub now: Instant,
    pub shard: Shard,
    pub clients: Vec<Client>,
    pub network: Network,
    pub published: Published,
    pub said: Vec<FromSfu>,
    /// How often the shard took memory while it took RTP.
    pub allocations: u64,
    /// Bytes that the shard took and did not give back.
    pub kept: i64,
    /// Whether it gets the memory of datagrams back, as from a node.
    pub reuses: bool,
    /// Addresses that nobody listens at any more.
    retired: Vec<SocketAddr>,
    request: u64,
}

pub fn call_id(call: u8) -> CallId {
    CallId::from_random([call; 16])
}

impl World {
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let now = Instant::now();
        let config = ShardConfig {
            udp: vec![([10, 9, 9, 9], 10_000).into()],
            tcp: Vec::new(),
        };
        Self {
            now,
            shard: Shard::new(&config),
            clients: Vec::new(),
            network: Network::new(seed, conditions),
            published: Published::default(),
            said: Vec::new(),
            allocations: 0,
            kept: 0,
            reuses: true,
            retired: Vec::new(),
            request: 0,
        }
    }

    /// A client that publishes, subscribes with so many slots, and connects.
    pub fn join(&mut self, call: u8, number: u8, browser: Browser, audio: usize, video: usize) -> usize {
        self.join_with_layers(call, number, browser, audio, video, 1)
    }

    /// The same with a camera that sends so many encodings.
    pub fn join_with_layers(
        &mut self,
        call: u8,
        number: u8,
        browser: Browser,
        audio: usize,
        video: usize,
        layers: u8,
    ) -> usize {
        self.clients.push(Client::new(self.now, call, number, 0, browser));
        let me = self.clients.len() - 1;
        self.clients[me].layers = layers;
        self.start(me, audio, video);
        me
    }

    /// The person's page is loaded anew: another client with the same id.
    pub fn rejoin(&mut self, me: usize, audio: usize, video: usize) {
        let Client {
            call,
            number,
            browser,
            layers,
            life,
            pace,
            ..
        } = self.clients[me];
        let former = std::mem::replace(
            &mut self.clients[me],
            Client::new(self.now, call, number, life + 1, browser),
        );
        self.clients[me].layers = layers;
        self.clients[me].pace = pace;
        self.retired
            .extend([former.publish.local, former.subscribe.local]);
        self.start(me, audio, video);
    }

    fn start(&mut self, me: usize, audio: usize, video: usize) {
        let client = &mut self.clients[me];
        let (publish, tracks) = client.offer_publish(self.now);
        let subscribe = client.offer_subscribe(audio, video);
        let place = Place {
            call_id: call_id(client.call),
            participant_id: client.id,
        };
        let answer = self.offer(place, Side::Publish, true, publish, tracks).unwrap();
        self.clients[me].answer(Side::Publish, &answer);
        let answer = self
            .offer(place, Side::Subscribe, true, subscribe, Vec::new())
            .unwrap();
        self.clients[me].answer(Side::Subscribe, &answer);
        self.intend(me, &[]);
    }

    pub fn offer(
        &mut self,
        place: Place,
        side: Side,
        fresh: bool,
        sdp: String,
        tracks: Vec<protocol::socket::TrackOffer>,
    ) -> Result<String, OfferRefused> {
        self.request += 1;
        let request = self.request;
        self.control(ToSfu::Offer {
            request,
            place,
            side,
            fresh,
            sdp,
            tracks,
        });
        let answer = self.said.iter().rev().find_map(|said| match said {
            FromSfu::Answer { request: r, result } if *r == request => Some(result.clone()),
            _ => None,
        });
        answer.expect("every offer is answered")
    }

    /// Another offer of a client's subscribe connection, which is accepted.
    pub fn subscribe_anew(&mut self, me: usize, sdp: String) {
        self.offer_anew(me, Side::Subscribe, sdp).unwrap();
    }

    /// Another offer of one of a client's connections.
    pub fn offer_anew(&mut self, me: usize, side: Side, sdp: String) -> Result<(), OfferRefused> {
        let client = &self.clients[me];
        let place = Place {
            call_id: call_id(client.call),
            participant_id: client.id,
        };
        let tracks = match side {
            Side::Publish => client.tracks(),
            Side::Subscribe => Vec::new(),
        };
        let answer = self.offer(place, side, false, sdp, tracks)?;
        self.clients[me].answer(side, &answer);
        Ok(())
    }

    /// Forgets what was sent and came, which was checked.
    pub fn forget(&mut self) {
        /// Longer than anything is on its way.
        const ON_THE_WAY: Duration = Duration::from_secs(5);
        let before = self.now - ON_THE_WAY;
        for client in &mut self.clients {
            client.forget(before);
        }
        self.published.turn();
        self.said.clear();
    }

    /// What a client shows: others' cameras or screens, by their index.
    pub fn intend(&mut self, me: usize, wishes: &[(usize, TrackKind)]) {
        let wishes: Vec<_> = wishes.iter().map(|(other, kind)| (*other, *kind, 360)).collect();
        self.intend_at(me, &wishes);
    }

    /// The same with the heights at which they are shown.
    pub fn intend_at(&mut self, me: usize, wishes: &[(usize, TrackKind, u16)]) {
        let client = &self.clients[me];
        let place = Place {
            call_id: call_id(client.call),
            participant_id: client.id,
        };
        let publishing = client.on.clone();
        let wish = |(other, kind, height): &(usize, TrackKind, u16)| VideoWish {
            participant_id: self.clients[*other].id,
            kind: *kind,
            height: *height,
        };
        let video = wishes.iter().map(wish).collect();
        self.control(ToSfu::Intent {
            place,
            video,
            publishing,
        });
    }

    pub fn leave(&mut self, me: usize) {
        let client = &mut self.clients[me];
        client.gone = true;
        let place = Place {
            call_id: call_id(client.call),
            participant_id: client.id,
        };
        self.control(ToSfu::Leave { place });
    }

    pub fn control(&mut self, message: ToSfu) {
        // The shard gives its memory back, which it must have taken then.
        let mut own = None;
        self.kept += measure(|| own = Some(message.clone())).bytes_current;
        if let Some(own) = own {
            self.feed(Input::Control(own));
        }
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let clients = self.clients.iter().filter_map(Client::next);
            let next = clients
                .chain(self.network.next())
                .chain(self.shard.next_wake())
                .min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.step();
        }
    }

    /// Runs until a client's media flow both ways.
    pub fn connect(&mut self) {
        let end = self.now + CONNECT_PATIENCE;
        while self.now < end {
            if self
                .clients
                .iter()
                .all(|client| client.publish.connected && client.subscribe.connected)
            {
                return;
            }
            self.run(Duration::from_millis(20));
        }
        panic!("not everybody connected in {CONNECT_PATIENCE:?}");
    }

    fn step(&mut self) {
        while let Some(datagram) = self.network.arrived(self.now) {
            match datagram.hop {
                Hop::ToShard => {
                    let (transport, payload) = (datagram.transport, &datagram.payload);
                    self.feed(Input::Datagram { transport, payload });
                }
                Hop::ToClient => {
                    let remote = datagram.transport.remote;
                    let mut clients = self.clients.iter_mut();
                    let to = clients.find(|c| c.publish.local == remote || c.subscribe.local == remote);
                    let Some(client) = to else {
                        assert!(self.retired.contains(&remote), "the shard sends only to clients");
                        continue;
                    };
                    if client.closed {
                        continue;
                    }
                    client.receive(self.now, datagram.transport, &datagram.payload);
                    for (transport, payload) in client.drive(self.now, &mut self.published) {
                        self.network.send(self.now, Hop::ToShard, transport, payload);
                    }
                }
            }
        }
        let due = |client: &&mut Client| client.next().is_some_and(|next| next <= self.now);
        for client in self.clients.iter_mut().filter(due) {
            for (transport, payload) in client.drive(self.now, &mut self.published) {
                self.network.send(self.now, Hop::ToShard, transport, payload);
            }
        }
        if self.shard.next_wake().is_some_and(|wake| wake <= self.now) {
            self.feed(Input::Timeout);
        }
    }

    fn feed(&mut self, input: Input<'_>) {
        // RTP, and no RTCP (RFC 5761 §4), DTLS or STUN (RFC 7983).
        let is_rtp = matches!(input, Input::Datagram { payload: [128..=191, kind, ..], .. } if !(192..=223).contains(kind));
        let (now, shard) = (self.now, &mut self.shard);
        let taken = measure(|| shard.handle_input(now, input));
        self.kept += taken.bytes_current;
        if is_rtp {
            self.allocations += taken.count_total;
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.shard.poll_output() {
            match output {
                Output::Transmit(transmit) => {
                    for datagram in transmit.datagrams() {
                        self.network
                            .send(self.now, Hop::ToClient, transmit.transport, datagram.to_vec());
                    }
                    let (shard, reuses) = (&mut self.shard, self.reuses);
                    let reuse = move || match reuses {
                        true => shard.reuse(transmit),
                        false => drop(transmit),
                    };
                    self.kept += measure(reuse).bytes_current;
                }
                Output::Control(said) => {
                    if let FromSfu::Bindings {
                        place,
                        slots,
                        live,
                        watched,
                    } = &said
                    {
                        let client = self.by_id(place.participant_id);
                        let now = self.now;
                        self.clients[client].bound(now, slots.clone(), live.len(), watched.clone());
                    }
                    self.said.push(said.clone());
                    self.kept += measure(move || drop(said)).bytes_current;
                }
                Output::Route(route) => self.kept += measure(move || drop(route)).bytes_current,
            }
        }
    }

    pub fn by_id(&self, id: ParticipantId) -> usize {
        self.clients
            .iter()
            .position(|client| client.id == id)
            .expect("a known participant")
    }
}
