//! Probes: short bursts at a higher rate, to learn whether the way carries it.

use std::time::{Duration, Instant};

use super::super::sent::{Outcome, ProbeId};

/// How long a burst takes.
const SPAN: Duration = Duration::from_millis(20);

/// Bytes of a burst at least: what comes of fewer packets says too little.
const LEAST_BYTES: usize = 1_500;

/// A burst of which nothing more is heard by then has failed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Packets of a burst that must have come, and the share of those that were sent.
const LEAST_CAME: u32 = 4;
const LEAST_SHARE: f64 = 0.8;

/// A burst that came slower than this share of its rate found the end of the way, of which this share is taken.
const FULL: f64 = 0.9;
const BELOW: f64 = 0.95;

/// A burst that came with this share of its rate was carried: the next may ask for more at once.
const CARRIED: f64 = 0.7;

/// Pauses between probes: after one that was carried, and after ones that were not, which doubles up to the longest.
const NEXT: Duration = Duration::from_millis(200);
const FIRST_PAUSE: Duration = Duration::from_millis(1_500);
const LONGEST_PAUSE: Duration = Duration::from_millis(3_000);

/// How much more than the estimate a probe asks for.
const STEP: f64 = 2.0;

/// What is aimed at is probed with some room, as less is taken from what a burst finds.
const ROOM: f64 = 1.15;

/// A burst to send: so many bytes at so many bits a second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Probe {
    pub(crate) id: ProbeId,
    pub(crate) rate: f64,
    pub(crate) bytes: usize,
}

#[derive(Debug, Default)]
pub(super) struct Probes {
    last: u32,
    running: Option<Running>,
    next: Option<Instant>,
    failures: u32,
}

#[derive(Debug)]
struct Running {
    probe: Probe,
    began: Instant,
    told: u32,
    came: u32,
    /// Bytes of which it is known whether they came, and of those that did.
    told_bytes: usize,
    came_bytes: usize,
    /// When the first and the last were sent and came; the size of the last that was sent and of the first that came are
    /// outside of these spans.
    sent: Option<(Instant, Instant)>,
    arrived: Option<(i64, i64)>,
    last_size: usize,
    first_size: usize,
}

impl Probes {
    /// The next burst, where one is due.
    pub(super) fn due(&mut self, now: Instant, estimate: f64, find: f64) -> Option<Probe> {
        if let Some(running) = &self.running {
            if now < running.began + PATIENCE {
                return None;
            }
            self.running = None;
            self.fail(now);
        }
        if estimate >= find || self.next.is_some_and(|next| now < next) {
            return None;
        }
        self.last += 1;
        let rate = (estimate * STEP).min(find * ROOM).max(estimate);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive and small"
        )]
        let bytes = (rate / 8.0 * SPAN.as_secs_f64()) as usize;
        let probe = Probe {
            id: ProbeId(self.last),
            rate,
            bytes: bytes.max(LEAST_BYTES),
        };
        self.running = Some(Running::new(probe, now));
        Some(probe)
    }

    /// The way is too full for what there is: no probe for a while.
    pub(super) fn wait(&mut self, now: Instant) {
        self.next = Some(now + FIRST_PAUSE);
    }

    /// The burst could not be sent.
    pub(super) fn cancel(&mut self, now: Instant) {
        self.running = None;
        self.next = Some(now + FIRST_PAUSE);
    }

    /// Takes outcomes; returns the rate that a burst found, once all of it is told. `inherent` is the share of packets that
    /// the way always loses.
    pub(super) fn note(&mut self, now: Instant, outcomes: &[Outcome], inherent: f64) -> Option<f64> {
        let running = self.running.as_mut()?;
        let id = running.probe.id;
        for outcome in outcomes.iter().filter(|outcome| outcome.probe == Some(id)) {
            running.take(outcome);
        }
        if running.told_bytes < running.probe.bytes {
            return None;
        }
        let (rate, found) = (running.probe.rate, running.found(inherent));
        self.running = None;
        match found {
            Some(found) if found >= rate * CARRIED => {
                self.failures = 0;
                self.next = Some(now + NEXT);
            }
            _ => self.fail(now),
        }
        found
    }

    fn fail(&mut self, now: Instant) {
        let pause = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(8));
        self.next = Some(now + pause.min(LONGEST_PAUSE));
        self.failures += 1;
    }
}

impl Running {
    fn new(probe: Probe, began: Instant) -> Self {
        Self {
            probe,
            began,
            told: 0,
            came: 0,
            told_bytes: 0,
            came_bytes: 0,
            sent: None,
            arrived: None,
            last_size: 0,
            first_size: 0,
        }
    }

    fn take(&mut self, outcome: &Outcome) {
        if !outcome.was_lost {
            self.told += 1;
            self.told_bytes += outcome.size;
        }
        let Some(came) = outcome.came else { return };
        self.came += 1;
        self.came_bytes += outcome.size;
        let (first, last) = self.sent.get_or_insert((outcome.sent, outcome.sent));
        if outcome.sent >= *last {
            *last = outcome.sent;
            self.last_size = outcome.size;
        }
        *first = (*first).min(outcome.sent);
        let (first, last) = self.arrived.get_or_insert((came, came));
        if came <= *first {
            *first = came;
            self.first_size = outcome.size;
        }
        *last = (*last).max(came);
    }

    /// The rate that the way carried, in bits a second; nothing where too little came to tell.
    fn found(&self, inherent: f64) -> Option<f64> {
        let least = f64::from(self.told) * LEAST_SHARE * (1.0 - inherent);
        if self.came < LEAST_CAME || f64::from(self.came) < least {
            return None;
        }
        let ((first_sent, last_sent), (first_came, last_came)) = (self.sent?, self.arrived?);
        let whole = f64::from(self.told) / f64::from(self.came);
        let rate = |outside: usize, micros: i64| {
            #[expect(clippy::cast_precision_loss, reason = "some kilobytes in some milliseconds")]
            let (bits, micros) = ((self.came_bytes - outside) as f64 * 8.0, micros as f64);
            (micros > 0.0).then(|| bits * whole * 1_000_000.0 / micros)
        };
        let span = last_sent.saturating_duration_since(first_sent).as_micros();
        let sent = rate(self.last_size, i64::try_from(span).ok()?)?;
        // All at once: faster than can be told.
        let came = rate(self.first_size, last_came - first_came).unwrap_or(f64::INFINITY);
        Some(if came < sent * FULL {
            came * BELOW
        } else {
            sent.min(came)
        })
    }
}
