//! When packets leave: what waits goes out in short bursts, at a rate that the way carries.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::limits::{LONGEST_WAIT, PACE_BURST, PACE_FACTOR_PERCENT};

/// What waits, with the bytes that it takes on the wire.
#[derive(Debug)]
struct Waiting<T> {
    item: T,
    size: usize,
}

#[derive(Debug)]
pub(super) struct Pacer<T> {
    waiting: VecDeque<Waiting<T>>,
    bytes: usize,
    /// Bytes that went out and have no time yet.
    debt: f64,
    at: Option<Instant>,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            bytes: 0,
            debt: 0.0,
            at: None,
        }
    }
}

impl<T> Pacer<T> {
    pub(super) fn push(&mut self, item: T, size: usize) {
        self.bytes += size;
        self.waiting.push_back(Waiting { item, size });
    }

    /// Before all that waits: the client has asked for it.
    pub(super) fn push_first(&mut self, item: T, size: usize) {
        self.bytes += size;
        self.waiting.push_front(Waiting { item, size });
    }

    /// What went out without waiting takes its time as well.
    pub(super) fn note(&mut self, size: usize) {
        self.debt += bytes(size);
    }

    /// Bytes a second that go out at an estimate of so many bits: more than it, for pictures come in bursts; and so many
    /// that nothing waits too long.
    fn rate(&self, estimate: u64) -> f64 {
        let paced = estimate.saturating_mul(PACE_FACTOR_PERCENT) / 100 / 8;
        let paced = bytes(usize::try_from(paced).unwrap_or(usize::MAX));
        paced.max(bytes(self.bytes) / LONGEST_WAIT.as_secs_f64()).max(1.0)
    }

    /// The next that may go out now; everything may where nothing is estimated.
    pub(super) fn pop(&mut self, now: Instant, estimate: Option<u64>) -> Option<T> {
        if let Some(estimate) = estimate {
            let rate = self.rate(estimate);
            let before = self.at.replace(now).unwrap_or(now);
            let since = now.saturating_duration_since(before);
            self.debt = (self.debt - rate * since.as_secs_f64()).max(0.0);
            if self.debt > rate * PACE_BURST.as_secs_f64() {
                return None;
            }
        }
        let Waiting { item, size } = self.waiting.pop_front()?;
        self.bytes -= size;
        if estimate.is_some() {
            self.note(size);
        }
        Some(item)
    }

    /// When the next may go out; nothing where none waits.
    pub(super) fn next(&self, now: Instant, estimate: Option<u64>) -> Option<Instant> {
        let rate = self.rate(estimate?);
        if self.waiting.is_empty() {
            return None;
        }
        // Half of a burst is free by then, so that several go out together.
        let over = (self.debt - rate * PACE_BURST.as_secs_f64() / 2.0).max(0.0);
        Some(now + Duration::from_secs_f64(over / rate))
    }
}

fn bytes(size: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some megabytes")]
    let size = size as f64;
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        Instant::now()
    }

    /// Bits a second; at 150 % that is 150 bytes a millisecond, and 750 in a burst.
    const ESTIMATE: Option<u64> = Some(800_000);

    fn pop_all(pacer: &mut Pacer<u32>, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| pacer.pop(now, ESTIMATE)).collect()
    }

    #[test]
    fn what_waits_leaves_in_bursts_in_its_order() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..12 {
            pacer.push(item, 300);
        }
        pacer.push_first(99, 300);
        assert_eq!(pop_all(&mut pacer, now), [99, 0, 1]);
        let next = pacer.next(now, ESTIMATE).unwrap();
        assert!(next > now + PACE_BURST / 4 && next < now + PACE_BURST * 2);
        assert_eq!(pop_all(&mut pacer, next), [2, 3]);
        let mut at = next;
        let mut left = Vec::new();
        while let Some(next) = pacer.next(at, ESTIMATE) {
            at = next;
            left.extend(pop_all(&mut pacer, at));
        }
        assert_eq!(left, (4..12).collect::<Vec<_>>());
        // All 3,900 bytes took their time.
        assert!((at - now).as_millis() >= 18, "{:?}", at - now);
    }

    #[test]
    fn nothing_waits_longer_than_it_may() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..1_000 {
            pacer.push(item, 1_200);
        }
        let mut at = now;
        while let Some(next) = pacer.next(at, Some(100_000)) {
            at = next;
            while pacer.pop(at, Some(100_000)).is_some() {}
        }
        // What is left of a queue is sent ever slower, down to the estimate.
        assert!(at - now < LONGEST_WAIT * 8, "{:?}", at - now);
    }

    #[test]
    fn without_an_estimate_nothing_waits_and_what_did_not_wait_counts() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..100 {
            pacer.push(item, 1_200);
        }
        assert_eq!(std::iter::from_fn(|| pacer.pop(now, None)).count(), 100);
        let mut pacer = Pacer::default();
        pacer.push(1, 100);
        pacer.note(2_000);
        assert_eq!(pacer.pop(now, ESTIMATE), None);
        let next = pacer.next(now, ESTIMATE).unwrap();
        assert_eq!(pacer.pop(next, ESTIMATE), Some(1));
    }
}
