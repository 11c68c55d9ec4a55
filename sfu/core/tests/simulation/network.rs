//! The network between clients and the shard.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
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
    /// Added at random; more than the time between two packets reorders them.
    pub jitter: Duration,
}

impl Conditions {
    pub const PERFECT: Self = Self {
        loss: 0,
        delay: Duration::from_millis(5),
        jitter: Duration::ZERO,
    };
    pub const REORDERING: Self = Self {
        loss: 0,
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(15),
    };
    pub const BAD: Self = Self {
        loss: 50,
        delay: Duration::from_millis(30),
        jitter: Duration::from_millis(20),
    };
}

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
    random: ChaCha8Rng,
    waiting: BinaryHeap<Reverse<Datagram>>,
    count: u64,
}

impl Network {
    pub fn new(seed: u64, conditions: Conditions) -> Self {
        Self {
            conditions,
            random: ChaCha8Rng::seed_from_u64(seed),
            waiting: BinaryHeap::new(),
            count: 0,
        }
    }

    pub fn send(&mut self, now: Instant, hop: Hop, transport: Transport, payload: Vec<u8>) {
        let Conditions { loss, delay, jitter } = self.conditions;
        if self.random.random_range(0..1000) < loss {
            return;
        }
        let jitter = jitter.mul_f64(self.random.random_range(0.0..1.0));
        self.count += 1;
        let datagram = Datagram {
            at: now + delay + jitter,
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
