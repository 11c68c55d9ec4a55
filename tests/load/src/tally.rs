//! What clients counted.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

/// Which packets count: those that left within it, by their stamps.
#[derive(Debug)]
pub struct Window {
    from: AtomicU64,
    to: AtomicU64,
    /// Clients whose connection stands.
    pub connected: AtomicUsize,
    /// Subscribers that got a packet.
    pub playing: AtomicUsize,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            from: AtomicU64::new(u64::MAX),
            to: AtomicU64::new(u64::MAX),
            connected: AtomicUsize::new(0),
            playing: AtomicUsize::new(0),
        }
    }
}

impl Window {
    pub fn open(&self, from: u64, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.to.store(from.saturating_add(time), Ordering::Relaxed);
        self.from.store(from, Ordering::Relaxed);
    }

    pub fn holds(&self, stamp: u64) -> bool {
        (self.from.load(Ordering::Relaxed)..self.to.load(Ordering::Relaxed)).contains(&stamp)
    }
}

/// Latencies are counted in steps of this many nanoseconds, up to [`STEPS`] of them.
const STEP: u64 = 10_000;
const STEPS: usize = 100_000;

/// Of one thread.
#[derive(Debug)]
pub struct Tally {
    pub sent: u64,
    pub received: u64,
    /// Packets of RTP of any kind that came.
    pub packets: u64,
    pub key_frames_asked: u64,
    latencies: Vec<u32>,
    /// From the first word of signaling to the first packet.
    pub joins: Vec<Duration>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            sent: 0,
            received: 0,
            packets: 0,
            key_frames_asked: 0,
            latencies: vec![0; STEPS],
            joins: Vec::new(),
        }
    }
}

impl Tally {
    pub fn receive(&mut self, latency: u64) {
        self.received += 1;
        let step = usize::try_from(latency / STEP).unwrap_or(STEPS);
        if let Some(count) = self.latencies.get_mut(step.min(STEPS - 1)) {
            *count += 1;
        }
    }

    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.packets += other.packets;
        self.key_frames_asked += other.key_frames_asked;
        self.joins.extend(other.joins);
        for (mine, theirs) in self.latencies.iter_mut().zip(other.latencies) {
            *mine += theirs;
        }
    }

    /// Milliseconds that this share of the packets took at most.
    pub fn latency_ms(&self, share: f64) -> f64 {
        let wanted = self.received as f64 * share;
        let mut seen = 0.0;
        for (step, count) in self.latencies.iter().enumerate() {
            seen += f64::from(*count);
            if seen >= wanted {
                return (step + 1) as f64 * STEP as f64 / 1e6;
            }
        }
        0.0
    }
}
