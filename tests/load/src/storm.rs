//! What a call loses while its server is flooded.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpStream, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::{
    IP, Options, Server, Stage,
    client::Client,
    feedback::{Asker, Outcome},
    media::unix_nanos,
    node::Node,
    scenario::{Form, Scenario},
};

/// Who listens to the call of ten voices.
const LISTENERS: u32 = 5;
/// What a call may lose of its sound by it, and the server may grow, in percent.
const MOST_LOST: f64 = 1.0;
const MOST_GROWN: f64 = 5.0;
/// Of a storm, what does not count.
const FIRST: Duration = Duration::from_secs(3);
/// Datagrams that leave one right after the other: attackers do not pace.
const BURST: u32 = 20;
/// Frames that one TCP connection is given at most.
const FRAMES: usize = 200;
/// Payloads of frames on one.
const FRAME_LEN: usize = 300;
/// Whoever joins and leaves without end has these numbers.
const RESTLESS: u32 = 1_000;

/// What a server is flooded with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// For comparison.
    Calm,
    Stun,
    Dtls,
    Rtp,
    Rtcp,
    /// Frames of RFC 4571 on connections that name nobody.
    Tcp,
    /// Participants that join, and leave at once.
    Joins,
    /// A participant that asks for key frames and resends without end.
    Feedback,
}

const KINDS: [Kind; 8] = [
    Kind::Calm,
    Kind::Stun,
    Kind::Dtls,
    Kind::Rtp,
    Kind::Rtcp,
    Kind::Tcp,
    Kind::Joins,
    Kind::Feedback,
];

/// Goes through all kinds; fails where a call lost too much, the server grew, or it did what it was asked too often.
pub fn endure(options: &Options) -> Result<()> {
    let mut told = serde_json::Map::new();
    let mut broke = Vec::new();
    let kinds = KINDS
        .into_iter()
        .filter(|kind| options.kind.is_none_or(|only| only == *kind));
    for kind in kinds {
        let (figures, held) = trial(kind, options)?;
        told.insert(format!("{kind:?}").to_lowercase(), figures);
        if !held {
            broke.push(kind);
        }
    }
    println!("{}", serde_json::Value::Object(told));
    if !broke.is_empty() {
        bail!("more was lost or taken than may be: {broke:?}");
    }
    Ok(())
}

/// A call through one storm: its figures, and whether they are as they must be.
fn trial(kind: Kind, options: &Options) -> Result<(serde_json::Value, bool)> {
    let scenario = Scenario::new(Form::Speakers, LISTENERS);
    let mut server = Server::Ours(Node::start(IP)?);
    let stage = Stage::set(&mut server, &scenario, options.threads)?;
    let Server::Ours(mut node) = server else {
        bail!("it is ours");
    };
    let mut asker = match kind {
        Kind::Feedback => Some(Asker::join(&mut node, scenario.slots().0)?),
        _ => None,
    };
    thread::sleep(Duration::from_secs(options.warm_up));
    // What waits takes memory once, which the system does not get back.
    storm(kind, &mut node, &stage.sockets, &mut asker, options.rate, FIRST)?;
    let before = node.process.resident_kb()?;
    let time = Duration::from_secs(options.seconds);
    stage.window.open(unix_nanos(), time);
    if let Some(asker) = &asker {
        asker.open(unix_nanos(), time);
    }
    let busy = node.process.cpu()?;
    let sent = storm(kind, &mut node, &stage.sockets, &mut asker, options.rate, time)?;
    let busy = node.process.cpu()?.saturating_sub(busy);
    let grown = 100.0 * (node.process.resident_kb()? / before - 1.0);
    let tally = stage.end()?;
    let expected = tally.sent as f64 * scenario.copies(false);
    let lost = (100.0 * (1.0 - tally.received as f64 / expected.max(1.0))).max(0.0);
    let p99 = tally.latency_ms(0.99);
    let core = 100.0 * busy.as_secs_f64() / time.as_secs_f64();
    println!(
        "{kind:?}: {sent} sent, {lost:.3} % of the sound lost, p99 {p99:.1} ms, memory {grown:+.1} %, {core:.0} % of a core"
    );
    let mut figures = json!({
        "sent": sent, "loss_pct": lost, "latency_p99_ms": p99, "rss_growth_pct": grown, "core_pct": core,
    });
    let mut held = lost < MOST_LOST && grown < MOST_GROWN;
    if let Some(asker) = asker {
        let Outcome {
            key_frames_asked,
            most_key_frames,
            got,
            most_got,
        } = asker.end(time)?;
        println!(
            "  the publisher was asked for {key_frames_asked} key frames, of {most_key_frames} at most; the asker got \
             {got:.2} packets for each of its own, of {most_got:.2} at most"
        );
        if let Some(figures) = figures.as_object_mut() {
            figures.insert("key_frames_asked".to_owned(), json!(key_frames_asked));
            figures.insert("packets_for_each".to_owned(), json!(got));
        }
        held &= key_frames_asked <= most_key_frames && got <= most_got;
    }
    Ok((figures, held))
}

/// Floods the node for so long; returns how much was sent.
fn storm(
    kind: Kind,
    node: &mut Node,
    participants: &[UdpSocket],
    asker: &mut Option<Asker>,
    rate: u32,
    time: Duration,
) -> Result<u64> {
    let end = Instant::now() + time;
    let udp = node.udp.context("a candidate for UDP")?;
    let sent = match kind {
        Kind::Calm => 0,
        Kind::Feedback => asker.as_mut().context("who asks")?.ask(udp, rate, end)?,
        Kind::Tcp => frames(node.tcp.context("a candidate for TCP")?, rate, end),
        Kind::Joins => joins(node, end)?,
        _ => datagrams(kind, udp, participants, rate, end)?,
    };
    thread::sleep(end.saturating_duration_since(Instant::now()));
    Ok(sent)
}

/// Datagrams of a stranger and, in turn, from the addresses of participants.
fn datagrams(kind: Kind, to: SocketAddr, participants: &[UdpSocket], rate: u32, end: Instant) -> Result<u64> {
    let stranger = UdpSocket::bind((IP, 0))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut sent = 0;
    let mut sources = std::iter::once(&stranger).chain(participants).cycle();
    paced(rate, end, |_| {
        let datagram = malformed(kind, &mut random);
        if let Some(source) = sources.next()
            && source.send_to(&datagram, to).is_ok()
        {
            sent += 1;
        }
    });
    Ok(sent)
}

/// Runs so many times a second until then.
pub fn paced(rate: u32, end: Instant, mut act: impl FnMut(u64)) {
    let pause = Duration::from_secs(1) * BURST / rate.max(1);
    let mut next = Instant::now();
    let mut count = 0;
    while next < end {
        thread::sleep(next.saturating_duration_since(Instant::now()));
        for _ in 0..BURST {
            act(count);
            count += 1;
        }
        next += pause;
    }
}

/// Nearly a datagram of its kind (RFC 7983): what comes first is right, and the rest is anything.
fn malformed(kind: Kind, random: &mut ChaCha8Rng) -> Vec<u8> {
    const STUN: [u8; 8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    /// A handshake of DTLS 1.2 in its first epoch.
    const DTLS: [u8; 5] = [22, 0xfe, 0xfd, 0, 0];
    let len = random.random_range(4..400);
    let mut datagram = vec![0; len];
    random.fill_bytes(&mut datagram);
    let begin: &[u8] = match kind {
        Kind::Stun => &STUN,
        Kind::Dtls => &DTLS,
        Kind::Rtp => &[0x90, 111],
        _ => &[0x8f, 205],
    };
    for (byte, right) in datagram.iter_mut().zip(begin) {
        *byte = *right;
    }
    // As long as it says, most of the time.
    if kind == Kind::Stun && random.random_bool(0.8) {
        let body = u16::try_from(len.saturating_sub(20) & !3)
            .unwrap_or(0)
            .to_be_bytes();
        if let Some(field) = datagram.get_mut(2..4) {
            field.copy_from_slice(&body);
        }
    }
    datagram
}

/// Frames on connections, each of which is used until the server closes it.
fn frames(to: SocketAddr, rate: u32, end: Instant) -> u64 {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut sent = 0;
    let mut open: Option<(TcpStream, usize)> = None;
    paced(rate, end, |_| {
        if open.as_ref().is_none_or(|(_, left)| *left == 0) {
            open = TcpStream::connect(to).ok().map(|stream| (stream, FRAMES));
        }
        let Some((stream, left)) = &mut open else { return };
        let mut frame = vec![0; FRAME_LEN + 2];
        random.fill_bytes(&mut frame);
        let [high, low] = u16::try_from(FRAME_LEN).unwrap_or(0).to_be_bytes();
        for (byte, right) in frame.iter_mut().zip([high, low]) {
            *byte = right;
        }
        *left -= 1;
        if stream.write_all(&frame).is_ok() {
            sent += 1;
        } else {
            open = None;
        }
    });
    sent
}

/// Participants that come with an offer and leave at once.
fn joins(node: &mut Node, end: Instant) -> Result<u64> {
    let scenario = Scenario::new(Form::Speakers, LISTENERS);
    let mut sent = 0;
    while Instant::now() < end {
        let number = RESTLESS + u32::try_from(sent % 7)?;
        let mut client = Client::new(IP)?;
        node.subscribe(number, &mut client, &scenario, false)?;
        node.leave(number)?;
        sent += 1;
    }
    Ok(sent)
}
