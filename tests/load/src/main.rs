//! What our SFU costs under load, beside Janus, in one run on one machine; Linux, as root:
//!
//! ```text
//! cargo build --release -p conclave-load && target/release/conclave-load
//! ```
//!
//! ```text
//!   this process                                    a process of its own, whose time is measured
//! publishers ─► DTLS-SRTP ─► UDP ─────────────────► our node, or Janus ─────┐
//! subscribers ◄── whole feedback ─► UDP ◄───────────────────────────────────┘
//! ```
//!
//! Both servers run in one network namespace, which ends with this program, on one address that is not loopback: Janus
//! offers none of loopback. That is what root is needed for. The two take turns; what is told are medians.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing figures is what it is for"
)]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

mod client;
mod drive;
mod feedback;
mod floor;
mod janus;
mod media;
mod node;
mod process;
mod profile;
mod report;
mod scenario;
mod soak;
mod srtcp;
mod storm;
mod tally;

use std::{
    net::{IpAddr, Ipv4Addr, UdpSocket},
    os::unix::process::CommandExt as _,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde_json::json;

use crate::{
    client::Client,
    drive::Driver,
    janus::Janus,
    media::unix_nanos,
    node::Node,
    process::Process,
    report::Figures,
    scenario::{Form, Scenario},
    tally::{Tally, Window},
};

/// Measures the SFU under load, beside Janus. Needs Linux, root (for a network namespace) and the package `janus`.
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, value_enum, default_value = "fan-out")]
    scenario: Form,
    /// How many get what is sent (`everyone` is always 20).
    #[arg(long, default_value_t = 400)]
    subscribers: u32,
    /// How often each server is measured.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// How long a measurement takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long media flows before one: estimates settle, and probes end.
    #[arg(long, default_value_t = 10)]
    warm_up: u64,
    /// Only this server; the others are left out.
    #[arg(long, value_enum)]
    only: Option<Only>,
    /// Instead: floods our server with what is no media, and says what a call of ten voices loses by it.
    #[arg(long)]
    storm: bool,
    /// Only this kind of storm.
    #[arg(long, value_enum)]
    kind: Option<storm::Kind>,
    /// Instead: so many minutes of a call whose participants come and go, and how the server's memory grows with them.
    #[arg(long)]
    soak: Option<u32>,
    /// Datagrams a second of a storm.
    #[arg(long, default_value_t = 20_000)]
    rate: u32,
    /// Threads of subscribers.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Set by the program itself, which starts again inside its namespace.
    #[arg(long, hide = true)]
    inside: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Only {
    Ours,
    Peer,
    Floor,
}

/// The one address inside the namespace.
const IP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
/// For all connections to stand.
const PATIENCE: Duration = Duration::from_secs(90);
/// For what is under way to arrive.
const SETTLE: Duration = Duration::from_millis(1_500);
/// Subscribers that are being connected at a time: a crowd comes over seconds.
const JOINING: usize = 20;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["node", ip] => return node::serve(ip.parse()?),
        ["floor", ip, ref ports @ ..] => {
            let ports: Result<Vec<u16>, _> = ports.iter().map(|port| port.parse()).collect();
            return floor::send(ip.parse()?, &ports?);
        }
        _ => {}
    }
    let options = Options::parse();
    if !options.inside {
        let mut again = Command::new("unshare");
        again
            .arg("--net")
            .arg(std::env::current_exe()?)
            .args(arguments)
            .arg("--inside");
        // Returns only where it fails.
        return Err(again.exec()).context("cannot make a network namespace: run it as root, on Linux");
    }
    make_network()?;
    if options.storm {
        return storm::endure(&options);
    }
    if let Some(minutes) = options.soak {
        return soak::endure(minutes);
    }
    compare(&options)
}

fn make_network() -> Result<()> {
    let address = format!("{IP}/24");
    let commands: [&[&str]; 5] = [
        &["link", "set", "lo", "up"],
        &["link", "add", "load0", "type", "veth", "peer", "name", "load1"],
        &["addr", "add", &address, "dev", "load0"],
        &["link", "set", "load0", "up"],
        &["link", "set", "load1", "up"],
    ];
    for arguments in commands {
        let status = Command::new("ip")
            .args(arguments)
            .status()
            .context("`ip` is needed")?;
        if !status.success() {
            bail!("cannot set up the network: run it as root");
        }
    }
    Ok(())
}

fn compare(options: &Options) -> Result<()> {
    let scenario = Scenario::new(options.scenario, options.subscribers);
    let wanted = |which| options.only.is_none_or(|only| only == which);
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    let floor = match wanted(Only::Floor) {
        true => floor::measure(IP, options.subscribers, Duration::from_secs(options.seconds))?,
        false => Figures::default(),
    };
    println!("floor: {}", floor.line());
    for pair in 1..=options.pairs {
        if wanted(Only::Ours) {
            let figures = run(Server::Ours(Node::start(IP)?), &scenario, options)?;
            println!("{pair} ours ({}): {}", profile::take(), figures.line());
            ours.push(figures);
        }
        if wanted(Only::Peer) {
            let figures = run(Server::Peer(Janus::start(IP)?), &scenario, options)?;
            println!("{pair} peer ({}): {}", profile::take(), figures.line());
            peer.push(figures);
        }
    }
    let (ours, peer) = (Figures::median(&ours), Figures::median(&peer));
    println!(
        "\n{}",
        report::table(&[("ours", &ours), ("Janus", &peer), ("floor", &floor)])
    );
    println!(
        "{}",
        json!({"ours": ours.json(), "peer": peer.json(), "floor": floor.json()})
    );
    Ok(())
}

enum Server {
    Ours(Node),
    Peer(Janus),
}

impl Server {
    fn process(&self) -> &Process {
        match self {
            Self::Ours(node) => &node.process,
            Self::Peer(janus) => &janus.process,
        }
    }
}

/// Everybody of a scenario, connected.
struct Stage {
    window: Arc<Window>,
    senders: Driver,
    receivers: Vec<Driver>,
    joined: usize,
    /// Resident memory of the server before the subscribers came.
    resident_kb: f64,
    /// The sockets of the subscribers.
    sockets: Vec<UdpSocket>,
}

impl Stage {
    fn set(server: &mut Server, scenario: &Scenario, threads: usize) -> Result<Self> {
        let window = Arc::new(Window::default());
        let senders = Driver::start("publishers", window.clone())?;
        let mut receivers = Vec::new();
        for _ in 0..threads.max(1) {
            receivers.push(Driver::start("subscribers", window.clone())?);
        }
        for number in 0..scenario.publishers() {
            let mut client = Client::new(IP)?;
            match server {
                Server::Ours(node) => node.publish(number, &mut client, scenario.kinds())?,
                Server::Peer(janus) => janus.publish(number, &mut client, scenario.kinds())?,
            }
            senders.add(client)?;
        }
        reaches(
            &window.connected,
            scenario.publishers() as usize,
            "publishers are connected",
        )?;

        let resident_kb = server.process().resident_kb()?;
        let mut joined = 0;
        let mut sockets = Vec::new();
        for (number, receiver) in scenario.subscribers().zip(receivers.iter().cycle()) {
            let mut client = Client::new(IP)?;
            match server {
                Server::Ours(node) => {
                    node.subscribe(number, &mut client, scenario, scenario.publish_too())?;
                }
                Server::Peer(janus) => janus.subscribe(number, &mut client, scenario)?,
            }
            sockets.push(client.socket.as_ref().context("a socket")?.try_clone()?);
            receiver.add(client)?;
            joined += 1;
            reaches(
                &window.playing,
                joined.max(JOINING) - JOINING,
                "subscribers get something",
            )?;
        }
        reaches(&window.playing, joined, "subscribers get something")?;
        Ok(Self {
            window,
            senders,
            receivers,
            joined,
            resident_kb,
            sockets,
        })
    }

    /// What was sent and came, once all of it did.
    fn end(self) -> Result<Tally> {
        sleep(SETTLE);
        let mut tally = Tally::default();
        for driver in self.receivers {
            tally.add(driver.stop()?);
        }
        tally.sent = self.senders.stop()?.sent;
        Ok(tally)
    }
}

fn run(mut server: Server, scenario: &Scenario, options: &Options) -> Result<Figures> {
    let stage = Stage::set(&mut server, scenario, options.threads)?;
    sleep(Duration::from_secs(options.warm_up));
    let time = Duration::from_secs(options.seconds);
    let busy = server.process().cpu()?;
    let begun = Instant::now();
    stage.window.open(unix_nanos(), time);
    sleep(time.saturating_sub(begun.elapsed()));
    let busy = server.process().cpu()?.saturating_sub(busy);
    let rss = (server.process().resident_kb()? - stage.resident_kb) / stage.joined as f64;
    let tally = stage.end()?;
    let expected = tally.sent as f64 * scenario.copies(matches!(server, Server::Peer(_)));
    Ok(Figures::of(busy, &tally, expected, rss).over(time, busy, tally.received))
}

/// Waits until a count gets so far.
fn reaches(count: &AtomicUsize, wanted: usize, what: &str) -> Result<()> {
    let begun = Instant::now();
    while count.load(Relaxed) < wanted {
        if begun.elapsed() > PATIENCE {
            bail!("only {} of {wanted} {what}", count.load(Relaxed));
        }
        sleep(Duration::from_millis(1));
    }
    Ok(())
}
