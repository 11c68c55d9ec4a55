//! The network between clients and the shard.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, HashSet},
    net::IpAddr,
    time::{Duration, Instant},
};

use conclave_sfu_core::Transport;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How bad it is.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// Lost datagrams per thousand.
    pub loss: u32,
    /// One way.
    pub delay: Duration,
    /// Bits a second that one client can receive; what waits longer than [`QUEUE`] is lost.
    pub rate: Option<u64>,
    /// Added at random; more than the time between two packets reorders them.
    pub jitter: Duration,
}

impl Conditions {
    pub const PERFECT: Self = Self {
        loss: 0,
        rate: None,
        delay: Duration::from_millis(5),
        jitter: Duration::ZERO,
    };
    pub const REORDERING: Self = Self {
        loss: 0,
        rate: None,
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(15),
    };
    pub const BAD: Self = Self {
        loss: 50,
        rate: None,
        delay: Duration::from_millis(30),
        jitter: Duration::from_millis(20),
    };
}

/// How long a datagram waits at most before a narrow way, as in a common home router.
pub const QUEUE: Duration = Duration::from_millis(250);

/// Bytes of UDP and IPv4 around a datagram.
const DATAGRAM_OVERHEAD: usize = 28;

/// Where a datagram goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hop {
    ToShard,
    ToClient,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Datagram {
    at: Instant,
    /// Keeps the order of what arrives at the same time.
    count: u64,
    pub hop: Hop,
    /// Seen from the shard.
    pub transport: Transport,
    pub payload: Vec<u8>,
}

pub struct Network {
    pub conditions: Conditions,
    /// A datagram waited before a narrow way.
    pub was_narrow: bool,
    /// Clients without any network.
    pub cut: HashSet<IpAddr>,
    random: ChaCha8Rng,
    waiting: BinaryHeap<Reverse<Datagram>>,
    count: u64,
    /// Until when the way to each client is taken.
    taken: HashMap<IpAddr, Instant>,
}

impl Network {
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        Self {
            conditions,
            was_narrow: false,
            cut: HashSet::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            waiting: BinaryHeap::new(),
            count: 0,
            taken: HashMap::new(),
        }
    }

    pub fn send(&mut self, now: Instant, hop: Hop, transport: Transport, payload: Vec<u8>) {
        let Conditions {
            loss,
            delay,
            jitter,
            rate,
        } = self.conditions;
        if self.random.random_range(0..1000) < loss || self.cut.contains(&transport.remote.ip()) {
            return;
        }
        let mut sent = now;
        if let Some(rate) = rate.filter(|_| hop == Hop::ToClient) {
            let taken = self.taken.entry(transport.remote.ip()).or_insert(now);
            let bits = (payload.len() + DATAGRAM_OVERHEAD) * 8;
            let done = (*taken).max(now) + Duration::from_secs_f64(bits as f64 / rate as f64);
            if done > now + QUEUE {
                return;
            }
            *taken = done;
            self.was_narrow = true;
            sent = done;
        }
        let jitter = jitter.mul_f64(self.random.random_range(0.0..1.0));
        self.count += 1;
        let datagram = Datagram {
            at: sent + delay + jitter,
            count: self.count,
            hop,
            transport,
            payload,
        };
        self.waiting.push(Reverse(datagram));
    }

    pub fn next(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse(datagram)| datagram.at)
    }

    pub fn arrived(&mut self, now: Instant) -> Option<Datagram> {
        if self.next()? > now {
            return None;
        }
        self.waiting.pop().map(|Reverse(datagram)| datagram)
    }
}
