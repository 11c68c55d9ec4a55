//! A participant that asks without end, and in due form: for key frames, and for packets to be sent again.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use sfu_core::limits::{KEY_FRAME_INTERVAL, RESEND_PACKETS, RESEND_SHARE};

use crate::{
    IP,
    client::Client,
    drive::Driver,
    media::Kind,
    node::Node,
    reaches,
    srtcp::Sealer,
    storm::paced,
    tally::{Tally, Window},
};

/// Numbers of who sends the picture, and of who asks for it.
const PAINTER: u32 = 900;
const ASKER: u32 = 901;
/// Of the picture, in bits a second.
const PICTURE: usize = 500_000;
/// Under which it sends what it asks.
const SENDER: u32 = 0x5eed_0001;
/// Missing packets that one entry of a NACK names: the first, and 16 bits (RFC 4585 §6.2.1).
const NAMED: u16 = 17;

/// The newest sequence number of each source that came.
#[derive(Clone, Debug, Default)]
pub struct Seen(Arc<Mutex<BTreeMap<u32, u16>>>);

impl Seen {
    /// Reads the header of a datagram, where it is RTP.
    pub fn note(&self, datagram: &[u8]) {
        let [128..=191, kind, high, low, _, _, _, _, a, b, c, d, ..] = *datagram else {
            return;
        };
        if (192..=223).contains(&kind) {
            return;
        }
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([high, low]));
    }

    fn all(&self) -> Vec<(u32, u16)> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().map(|(ssrc, seq)| (*ssrc, *seq)).collect()
    }
}

/// Who asks, and whose picture it sees, in the call that is there.
pub struct Asker {
    window: Arc<Window>,
    painter: Driver,
    asker: Driver,
    socket: UdpSocket,
    sealer: Sealer,
    seen: Seen,
}

/// What came of it.
pub struct Outcome {
    pub key_frames_asked: u64,
    pub most_key_frames: u64,
    /// Datagrams that the asker got for each packet that was meant for it.
    pub got: f64,
    pub most_got: f64,
}

impl Asker {
    pub fn join(node: &mut Node, voices: usize) -> Result<Self> {
        let window = Arc::new(Window::default());
        let painter = Driver::start("painter", window.clone())?;
        let asker = Driver::start("asker", window.clone())?;
        let mut client = Client::new(IP)?;
        node.publish(PAINTER, &mut client, &[Kind::Video(PICTURE)])?;
        painter.add(client)?;
        let mut client = Client::new(IP)?;
        node.watch(ASKER, &mut client, (voices, 1), &[PAINTER], &[])?;
        let seen = Seen::default();
        client.seen = Some(seen.clone());
        let socket = client.socket.as_ref().context("a socket")?.try_clone()?;
        let tap = client.tap.clone();
        asker.add(client)?;
        reaches(&window.connected, 2, "of the painter and the asker are connected")?;
        reaches(&window.playing, 1, "askers get something")?;
        Ok(Self {
            window,
            painter,
            asker,
            socket,
            sealer: tap.sealer(SENDER)?,
            seen,
        })
    }

    pub fn open(&self, from: u64, time: Duration) {
        self.window.open(from, time);
    }

    /// Asks so often a second until then, each time for all.
    pub fn ask(&mut self, to: SocketAddr, rate: u32, end: Instant) -> Result<u64> {
        let (mut sent, mut failed) = (0, None);
        let (mut sources, mut read) = (self.seen.all(), Instant::now());
        paced(rate, end, |count| {
            if read.elapsed() > Duration::from_millis(20) {
                (sources, read) = (self.seen.all(), Instant::now());
            }
            match self.sealer.seal(&asking(SENDER, &sources, count)) {
                Ok(packet) => sent += u64::from(self.socket.send_to(&packet, to).is_ok()),
                Err(error) => failed = Some(error),
            }
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(sent),
        }
    }

    /// Ends it; `time` is for how long it was counted.
    pub fn end(self, time: Duration) -> Result<Outcome> {
        let painted: Tally = self.painter.stop()?;
        let got: Tally = self.asker.stop()?;
        let most = time.as_millis() / KEY_FRAME_INTERVAL.as_millis() + 1;
        let (share, of) = RESEND_SHARE;
        if got.received == 0 {
            bail!("the asker got nothing of the call");
        }
        Ok(Outcome {
            key_frames_asked: painted.key_frames_asked,
            most_key_frames: u64::try_from(most)?,
            got: got.packets as f64 / got.received as f64,
            // And a tenth for what probes the way.
            most_got: 1.1 + share as f64 / of as f64,
        })
    }
}

/// A receiver report that reports nothing, and for each source PLI, FIR (RFC 5104 §4.3.1) and NACKs of all that may be kept
/// of it.
fn asking(sender: u32, sources: &[(u32, u16)], count: u64) -> Vec<u8> {
    let mut packet = vec![0x80, 201, 0, 1];
    let sender = sender.to_be_bytes();
    packet.extend_from_slice(&sender);
    let [.., turn] = count.to_be_bytes();
    for (ssrc, _) in sources {
        let ssrc = ssrc.to_be_bytes();
        packet.extend_from_slice(&[&[0x81, 206, 0, 2], &sender[..], &ssrc].concat());
        let fir = [&[0x84, 206, 0, 4], &sender[..], &[0; 4], &ssrc, &[turn, 0, 0, 0]];
        packet.extend_from_slice(&fir.concat());
    }
    // In turn, so that it fits into a datagram.
    let place = usize::try_from(count).unwrap_or(0) % sources.len().max(1);
    if let Some((ssrc, newest)) = sources.get(place) {
        let entries = u16::try_from(RESEND_PACKETS).unwrap_or(u16::MAX) / NAMED;
        packet.extend_from_slice(&[0x81, 205]);
        packet.extend_from_slice(&(2 + entries).to_be_bytes());
        packet.extend_from_slice(&[sender, ssrc.to_be_bytes()].concat());
        for entry in 0..entries {
            let first = newest.wrapping_sub(NAMED * (entry + 1)).wrapping_add(1);
            packet.extend_from_slice(&first.to_be_bytes());
            packet.extend_from_slice(&u16::MAX.to_be_bytes());
        }
    }
    packet
}
