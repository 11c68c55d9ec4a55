//! Real sockets on loopback: two clients, over UDP and over TCP, through a node.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a failure is the test's"
)]

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use conclave_sfu_node::{NodeConfig, NodeHandle, StartError, start};
use protocol::{
    CallId, ParticipantId,
    sfu::{FromSfu, Place, SfuLink, ToSfu},
    socket::{Side, TrackKind, TrackOffer},
};
use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::{SdpAnswer, SdpPendingOffer},
    media::{Direction, MediaKind, Mid},
    net::{Protocol, Receive, TcpType},
    rtp::RtpWrite,
};

/// Long enough for a machine that is busy with other things; nothing waits for it when all goes well.
const PATIENCE: Duration = Duration::from_secs(30);

fn node(shards: usize) -> (NodeHandle, mpsc::Receiver<FromSfu>) {
    node_beside(shards, None)
}

fn node_beside(shards: usize, tcp_beside: Option<SocketAddr>) -> (NodeHandle, mpsc::Receiver<FromSfu>) {
    let (sender, said) = mpsc::channel();
    let media_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let config = NodeConfig {
        media_listen,
        advertise: Vec::new(),
        tcp_beside,
        shards,
    };
    let events = Arc::new(move |message| drop(sender.send(message)));
    (start(&config, events).unwrap(), said)
}

enum Socket {
    Udp(UdpSocket),
    Tcp(TcpStream, Vec<u8>),
}

struct Client {
    rtc: Rtc,
    socket: Socket,
    local: SocketAddr,
    server: SocketAddr,
    mid: Mid,
    pending: Option<SdpPendingOffer>,
    connected: bool,
    received: Vec<Vec<u8>>,
    wake: Instant,
}

impl Client {
    fn new(server: SocketAddr, protocol: Protocol, place: Place, side: Side) -> (Self, ToSfu) {
        let mut rtc = Rtc::builder().set_rtp_mode(true).build(Instant::now());
        let (socket, local) = match protocol {
            Protocol::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
                let local = socket.local_addr().unwrap();
                rtc.add_local_candidate(Candidate::host(local, "udp").unwrap());
                (Socket::Udp(socket), local)
            }
            _ => {
                let socket = TcpStream::connect(server).unwrap();
                socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
                socket.set_nodelay(true).unwrap();
                let local = socket.local_addr().unwrap();
                let candidate = Candidate::builder()
                    .tcp()
                    .host(local)
                    .tcptype(TcpType::Active)
                    .build();
                rtc.add_local_candidate(candidate.unwrap());
                (Socket::Tcp(socket, Vec::new()), local)
            }
        };
        let direction = if side == Side::Publish {
            Direction::SendOnly
        } else {
            Direction::RecvOnly
        };
        let mut api = rtc.sdp_api();
        let mid = api.add_media(MediaKind::Audio, direction, None, None, None);
        let (offer, pending) = api.apply().unwrap();
        let tracks = match side {
            Side::Publish => vec![TrackOffer {
                mid: mid.to_string(),
                kind: TrackKind::Microphone,
            }],
            Side::Subscribe => Vec::new(),
        };
        let sdp = offer.to_sdp_string();
        let offer = ToSfu::Offer {
            request: 1,
            place,
            side,
            fresh: true,
            sdp,
            tracks,
        };
        let client = Self {
            rtc,
            socket,
            local,
            server,
            mid,
            pending: Some(pending),
            connected: false,
            received: Vec::new(),
            wake: Instant::now(),
        };
        (client, offer)
    }

    fn answer(&mut self, sdp: &str) {
        let answer = SdpAnswer::from_sdp_string(sdp).unwrap();
        self.rtc
            .sdp_api()
            .accept_answer(self.pending.take().unwrap(), answer)
            .unwrap();
    }

    /// Receives for at most a millisecond, lets time pass, sends.
    fn drive(&mut self) {
        let mut buffer = [0; 4096];
        let read = match &mut self.socket {
            Socket::Udp(socket) => socket.recv(&mut buffer),
            Socket::Tcp(stream, _) => stream.read(&mut buffer),
        };
        let now = Instant::now();
        match read {
            Ok(len) => self.take(now, &buffer[..len]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => panic!("{error}"),
        }
        if self.wake <= now {
            self.rtc.handle_input(Input::Timeout(now)).unwrap();
        }
        self.drain();
    }

    fn take(&mut self, now: Instant, bytes: &[u8]) {
        let (local, server) = (self.local, self.server);
        let mut datagrams = Vec::new();
        let protocol = match &mut self.socket {
            Socket::Udp(_) => {
                datagrams.push(bytes.to_vec());
                Protocol::Udp
            }
            Socket::Tcp(_, waiting) => {
                waiting.extend_from_slice(bytes);
                while let Some((datagram, taken)) = sfu_core::framing::split_frame(waiting).unwrap() {
                    datagrams.push(datagram.to_vec());
                    waiting.drain(..taken);
                }
                Protocol::Tcp
            }
        };
        for datagram in datagrams {
            let receive = Receive::new(protocol, server, local, &datagram).unwrap();
            self.rtc.handle_input(Input::Receive(now, receive)).unwrap();
            self.drain();
        }
    }

    fn drain(&mut self) {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => {
                    self.wake = at;
                    return;
                }
                Output::Transmit(transmit) => match &mut self.socket {
                    Socket::Udp(socket) => {
                        socket.send_to(&transmit.contents, transmit.destination).unwrap();
                    }
                    Socket::Tcp(stream, _) => {
                        let mut frame = Vec::new();
                        sfu_core::framing::push_frame(&mut frame, &transmit.contents);
                        stream.write_all(&frame).unwrap();
                    }
                },
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.received.push(packet.payload.to_vec()),
                Output::Event(_) => {}
            }
        }
    }

    fn say(&mut self, n: u32) {
        let pt = self.rtc.media(self.mid).unwrap().remote_pts()[0];
        let payload = format!("sealed {n}").into_bytes();
        let packet = RtpWrite::new(pt, u64::from(n).into(), n * 960, Instant::now(), payload);
        self.rtc
            .direct_api()
            .stream_tx_by_mid(self.mid, None)
            .unwrap()
            .write_rtp(packet);
        self.drain();
    }
}

/// Signs a client up and hands it the answer.
fn join(
    node: &NodeHandle,
    said: &mpsc::Receiver<FromSfu>,
    protocol: Protocol,
    place: Place,
    side: Side,
) -> Client {
    join_at(node.udp_addr(), node, said, protocol, place, side)
}

fn join_at(
    server: SocketAddr,
    node: &NodeHandle,
    said: &mpsc::Receiver<FromSfu>,
    protocol: Protocol,
    place: Place,
    side: Side,
) -> Client {
    let (mut client, offer) = Client::new(server, protocol, place, side);
    node.send(offer).unwrap();
    let answer = loop {
        if let FromSfu::Answer { result, .. } = said.recv_timeout(PATIENCE).unwrap() {
            break result.unwrap();
        }
    };
    let candidate = |port: u16, kind: &str| {
        let port = format!(" {port} ");
        answer
            .lines()
            .any(|l| l.starts_with("a=candidate") && l.contains(kind) && l.contains(&port))
    };
    assert!(candidate(node.udp_addr().port(), "udp"), "{answer}");
    assert!(candidate(node.tcp_addr().port(), "tcptype passive"), "{answer}");
    assert!(
        protocol == Protocol::Udp || candidate(server.port(), "tcptype passive"),
        "{answer}"
    );
    client.answer(&answer);
    client
}

/// Alice speaks, bob hears, however each of them is connected.
fn alice_speaks_and_bob_hears(alice_by: Protocol, bob_by: Protocol, shards: usize, call: u8) {
    let (node, said) = node(shards);
    let alice = join(&node, &said, alice_by, place(call, 1), Side::Publish);
    let bob = join(&node, &said, bob_by, place(call, 2), Side::Subscribe);
    one_hears_the_other(&node, &said, place(call, 1), alice, bob);
}

fn place(call: u8, n: u8) -> Place {
    let mut id = [7; 16];
    id[15] = call;
    Place {
        call_id: CallId::from_random(id),
        participant_id: ParticipantId::from_random([n; 16]),
    }
}

fn one_hears_the_other(
    node: &NodeHandle,
    said: &mpsc::Receiver<FromSfu>,
    alices: Place,
    mut alice: Client,
    mut bob: Client,
) {
    let publishing = vec![TrackKind::Microphone];
    node.send(ToSfu::Intent {
        place: alices,
        video: Vec::new(),
        publishing,
    })
    .unwrap();
    let started = Instant::now();
    let mut spoken = 0;
    let mut next = started;
    while bob.received.len() < 20 {
        assert!(
            started.elapsed() < PATIENCE,
            "{} of {spoken} packets arrived",
            bob.received.len()
        );
        alice.drive();
        bob.drive();
        if alice.connected && bob.connected && next <= Instant::now() {
            next = Instant::now() + Duration::from_millis(5);
            spoken += 1;
            alice.say(spoken);
        }
    }
    assert!(bob.received.iter().all(|payload| payload.starts_with(b"sealed ")));
    let connected = said
        .try_iter()
        .filter(|m| matches!(m, FromSfu::Connection { connected: true, .. }))
        .count();
    assert_eq!(connected, 2);
}

#[test]
fn media_flow_over_udp() {
    alice_speaks_and_bob_hears(Protocol::Udp, Protocol::Udp, 1, 0);
}

#[test]
fn media_flow_over_tcp() {
    alice_speaks_and_bob_hears(Protocol::Tcp, Protocol::Tcp, 1, 0);
}

#[test]
fn media_flow_from_udp_to_tcp_on_any_shard() {
    for call in 0..3 {
        alice_speaks_and_bob_hears(Protocol::Udp, Protocol::Tcp, 3, call);
    }
}

#[test]
fn media_flow_over_connections_of_a_listener_beside() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let beside = listener.local_addr().unwrap();
    let (node, said) = node_beside(1, Some(beside));
    let enter = |n: u8, side: Side| {
        let client = join_at(beside, &node, &said, Protocol::Tcp, place(0, n), side);
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        node.take_tcp(stream);
        client
    };
    let (alice, bob) = (enter(1, Side::Publish), enter(2, Side::Subscribe));
    one_hears_the_other(&node, &said, place(0, 1), alice, bob);
}

/// A Binding request that names nobody, with room for the answer.
fn question() -> Vec<u8> {
    let head = [
        0, 1, 0, 28, 0x21, 0x12, 0xa4, 0x42, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    ];
    [&head[..], &[0x80, 0x22, 0, 24], &[b' '; 24]].concat()
}

#[test]
fn who_asks_whether_media_get_here_is_answered_over_udp_and_tcp() {
    let (node, _said) = node(1);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(&question(), node.udp_addr()).unwrap();
    let mut answer = [0; 64];
    let (len, from) = socket.recv_from(&mut answer).unwrap();
    assert_eq!((from, len), (node.udp_addr(), 32));
    assert_eq!(answer[..2], [1, 1]);

    let mut stream = TcpStream::connect(node.tcp_addr()).unwrap();
    let mut frame = Vec::new();
    sfu_core::framing::push_frame(&mut frame, &question());
    stream.write_all(&frame).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer[..4], [0, 32, 1, 1]);
}

#[test]
fn a_port_in_use_is_said_for_what_it_is() {
    let (node, _said) = node(1);
    let config = NodeConfig {
        media_listen: node.udp_addr(),
        advertise: Vec::new(),
        tcp_beside: None,
        shards: 1,
    };
    let refused = start(&config, Arc::new(|_| ()))
        .err()
        .expect("the port is in use");
    assert!(
        matches!(refused, StartError::PortInUse { protocol: "UDP", .. }),
        "{refused}"
    );
}

#[test]
fn a_tcp_connection_that_names_nobody_is_closed() {
    let (node, _said) = node(1);
    let mut stream = TcpStream::connect(node.tcp_addr()).unwrap();
    stream.write_all(b"\x00\x04\x16\x03\x01\x00").unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(stream.read(&mut [0; 16]).unwrap(), 0);
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    /// More than have a place.
    const MANY: usize = 300;
    /// Shorter than the time in which one has to say whose it is.
    const SOON: Duration = Duration::from_secs(8);
    let (node, said) = node(1);
    let silent = || TcpStream::connect(node.tcp_addr()).unwrap();
    let mut oldest = silent();
    let _others: Vec<TcpStream> = std::iter::repeat_with(silent).take(MANY).collect();
    oldest.set_read_timeout(Some(SOON)).unwrap();
    assert_eq!(oldest.read(&mut [0; 16]).unwrap(), 0, "the oldest is let go");
    let enter = |n, side| join(&node, &said, Protocol::Tcp, place(0, n), side);
    let (alice, bob) = (enter(1, Side::Publish), enter(2, Side::Subscribe));
    one_hears_the_other(&node, &said, place(0, 1), alice, bob);
}

#[test]
fn a_stopped_node_is_gone_and_frees_its_port() {
    let (node, _said) = node(2);
    let address = node.udp_addr();
    node.stop();
    assert!(
        node.send(ToSfu::Close {
            call_id: CallId::from_random([1; 16])
        })
        .is_err()
    );
    drop(node);
    assert!(
        start(
            &NodeConfig {
                media_listen: address,
                advertise: Vec::new(),
                tcp_beside: None,
                shards: 1
            },
            Arc::new(|_| ())
        )
        .is_ok()
    );
}
