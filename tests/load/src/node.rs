//! Our SFU: a node of `sfu-node` in a process of its own, without signaling. Messages of the control link go in and
//! answers come out, one a line, as JSON.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{IpAddr, SocketAddr},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use protocol::{
    CallId, ParticipantId,
    sfu::{FromSfu, Place, SfuLink as _, ToSfu},
    socket::{Side, TrackKind, TrackOffer, VideoWish},
};

use crate::{client::Client, media::Kind, process::Process, scenario::Scenario};

/// Threads that forward, as many as the peer gets.
const SHARDS: usize = 2;
/// At which pictures are shown.
const HEIGHT: u16 = 720;

/// Runs a node until standard input ends.
pub fn serve(ip: IpAddr) -> Result<()> {
    let config = sfu_node::NodeConfig {
        media_listen: SocketAddr::new(ip, 0),
        advertise: Vec::new(),
        shards: SHARDS,
        tcp_beside: None,
    };
    let events = Arc::new(|message: FromSfu| {
        if matches!(message, FromSfu::Answer { .. })
            && let Ok(line) = serde_json::to_string(&message)
        {
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    });
    let node = sfu_node::start(&config, events)?;
    for line in std::io::stdin().lock().lines() {
        node.send(serde_json::from_str(&line?)?)?;
    }
    Ok(())
}

pub struct Node {
    pub process: Process,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    request: u64,
    /// Where media goes, known with the first answer: by UDP and by TCP.
    pub udp: Option<SocketAddr>,
    pub tcp: Option<SocketAddr>,
}

fn place(number: u32) -> Place {
    let id = u128::from(number) + 1;
    Place {
        call_id: CallId::from_random([1; 16]),
        participant_id: ParticipantId::from_random(id.to_be_bytes()),
    }
}

impl Node {
    pub fn start(ip: IpAddr) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["node", &ip.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let requests = process.child().stdin.take().context("standard input")?;
        let answers = process.child().stdout.take().context("standard output")?;
        Ok(Self {
            process,
            requests,
            answers: BufReader::new(answers),
            request: 0,
            udp: None,
            tcp: None,
        })
    }

    pub fn publish(&mut self, number: u32, client: &mut Client, kinds: &[Kind]) -> Result<()> {
        let (offer, pending, mids) = client.offer_sending(kinds)?;
        let track = |kind: &Kind| match kind {
            Kind::Voice => TrackKind::Microphone,
            Kind::Video(_) => TrackKind::Camera,
        };
        let offers = mids.iter().zip(kinds).map(|(mid, kind)| TrackOffer {
            mid: mid.to_string(),
            kind: track(kind),
        });
        let answer = self.offer(number, Side::Publish, offer.to_sdp_string(), offers.collect())?;
        client.take_answer(pending, &answer)?;
        self.tell(&ToSfu::Intent {
            place: place(number),
            video: Vec::new(),
            publishing: kinds.iter().map(track).collect(),
        })
    }

    /// `publishes` is what the participant publishes itself, which an intent says anew each time.
    pub fn subscribe(
        &mut self,
        number: u32,
        client: &mut Client,
        scenario: &Scenario,
        publishes: bool,
    ) -> Result<()> {
        let others: Vec<u32> = scenario.heard_by(number).collect();
        let publishing: &[TrackKind] = if publishes { &[TrackKind::Camera] } else { &[] };
        self.watch(number, client, scenario.slots(), &others, publishing)
    }

    /// A connection with so many slots for audio and video, which shows the cameras of these others as they fit.
    pub fn watch(
        &mut self,
        number: u32,
        client: &mut Client,
        (audio, video): (usize, usize),
        others: &[u32],
        publishing: &[TrackKind],
    ) -> Result<()> {
        let (offer, pending) = client.offer_receiving(audio, video)?;
        let answer = self.offer(number, Side::Subscribe, offer.to_sdp_string(), Vec::new())?;
        client.take_answer(pending, &answer)?;
        let wish = |number: &u32| VideoWish {
            participant_id: place(*number).participant_id,
            kind: TrackKind::Camera,
            height: HEIGHT,
        };
        self.tell(&ToSfu::Intent {
            place: place(number),
            video: others.iter().take(video).map(wish).collect(),
            publishing: publishing.to_vec(),
        })
    }

    /// Takes a participant out.
    pub fn leave(&mut self, number: u32) -> Result<()> {
        self.tell(&ToSfu::Leave { place: place(number) })
    }

    fn offer(&mut self, number: u32, side: Side, sdp: String, tracks: Vec<TrackOffer>) -> Result<String> {
        self.request += 1;
        self.tell(&ToSfu::Offer {
            request: self.request,
            place: place(number),
            side,
            fresh: true,
            sdp,
            tracks,
        })?;
        let mut line = String::new();
        while self.answers.read_line(&mut line)? > 0 {
            if let FromSfu::Answer { request, result } = serde_json::from_str(&line)?
                && request == self.request
            {
                let answer = result?;
                self.udp = candidate(&answer, "udp").or(self.udp);
                self.tcp = candidate(&answer, "tcp").or(self.tcp);
                return Ok(answer);
            }
            line.clear();
        }
        bail!("the node is gone")
    }

    fn tell(&mut self, message: &ToSfu) -> Result<()> {
        writeln!(self.requests, "{}", serde_json::to_string(message)?)?;
        Ok(self.requests.flush()?)
    }
}

/// The first candidate (RFC 8839 §5.1) of this protocol.
fn candidate(sdp: &str, protocol: &str) -> Option<SocketAddr> {
    let candidates = sdp.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    let mut words = candidates.map(|line| line.split(' ').collect::<Vec<_>>());
    words.find_map(|words| match words[..] {
        [_, _, spoken, _, ip, port, ..] if spoken.eq_ignore_ascii_case(protocol) => {
            Some(SocketAddr::new(ip.parse().ok()?, port.parse().ok()?))
        }
        _ => None,
    })
}
