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
    since: Instant,
}

#[derive(Debug)]
pub(super) struct Pacer<T> {
    waiting: VecDeque<Waiting<T>>,
    /// Bytes that went out and have no time yet.
    debt: f64,
    at: Option<Instant>,
}

impl<T> Default for Pacer<T> {
    fn default() -> Self {
        Self {
            waiting: VecDeque::new(),
            debt: 0.0,
            at: None,
        }
    }
}

impl<T> Pacer<T> {
    pub(super) fn push(&mut self, since: Instant, item: T, size: usize) {
        self.waiting.push_back(Waiting { item, size, since });
    }

    /// Before all that waits: the client has asked for it.
    pub(super) fn push_first(&mut self, since: Instant, item: T, size: usize) {
        self.waiting.push_front(Waiting { item, size, since });
    }

    /// What went out without waiting takes its time as well.
    pub(super) fn note(&mut self, size: usize) {
        self.debt += bytes(size);
    }

    /// The next that may go out now; everything may where nothing is estimated, and what has waited too long.
    pub(super) fn pop(&mut self, now: Instant, estimate: Option<u64>) -> Option<T> {
        if let Some(rate) = estimate.map(rate) {
            let before = self.at.replace(now).unwrap_or(now);
            let since = now.saturating_duration_since(before);
            self.debt = (self.debt - rate * since.as_secs_f64()).max(0.0);
            let waits = self.debt > rate * PACE_BURST.as_secs_f64();
            if waits && self.oldest().is_none_or(|since| now < since + LONGEST_WAIT) {
                return None;
            }
        }
        let Waiting { item, size, .. } = self.waiting.pop_front()?;
        if let Some(rate) = estimate.map(rate) {
            // What had to go out does not keep back what follows for longer than that.
            self.debt = (self.debt + bytes(size)).min(rate * LONGEST_WAIT.as_secs_f64());
        }
        Some(item)
    }

    /// When the next may go out; nothing where none waits.
    pub(super) fn next(&self, now: Instant, estimate: Option<u64>) -> Option<Instant> {
        let rate = rate(estimate?);
        let oldest = self.oldest()?;
        // Half of a burst is free by then, so that several go out together.
        let over = (self.debt - rate * PACE_BURST.as_secs_f64() / 2.0).max(0.0);
        let paced = now + Duration::from_secs_f64(over / rate);
        Some(paced.min((oldest + LONGEST_WAIT).max(now)))
    }

    /// Since when the oldest waits: what was asked for again stands before it.
    fn oldest(&self) -> Option<Instant> {
        self.waiting.iter().map(|waiting| waiting.since).min()
    }
}

/// Bytes a second that go out at an estimate of so many bits: more than it, for pictures come in bursts.
fn rate(estimate: u64) -> f64 {
    let paced = estimate.saturating_mul(PACE_FACTOR_PERCENT) / 100 / 8;
    bytes(usize::try_from(paced).unwrap_or(usize::MAX)).max(1.0)
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

    /// Bits a second; at 150 % that is 37.5 bytes a millisecond, and 750 in a burst.
    const ESTIMATE: Option<u64> = Some(200_000);

    fn pop_all(pacer: &mut Pacer<u32>, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| pacer.pop(now, ESTIMATE)).collect()
    }

    #[test]
    fn what_waits_leaves_in_bursts_in_its_order() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..12 {
            pacer.push(now, item, 300);
        }
        pacer.push_first(now, 99, 300);
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
        assert!((at - now).as_millis() >= 72, "{:?}", at - now);
    }

    #[test]
    fn nothing_waits_longer_than_it_may() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..1_000 {
            pacer.push(now, item, 1_200);
        }
        let mut at = now;
        while let Some(next) = pacer.next(at, Some(100_000)) {
            at = next;
            while pacer.pop(at, Some(100_000)).is_some() {}
        }
        assert_eq!(at - now, LONGEST_WAIT);
    }

    #[test]
    fn what_is_asked_for_again_keeps_nothing_back_for_longer() {
        let now = start();
        let mut pacer = Pacer::default();
        pacer.note(1_000_000);
        pacer.push(now, 0, 300);
        let mut at = now;
        for item in 1.. {
            at += LONGEST_WAIT / 5;
            pacer.push_first(at, item, 300);
            let left: Vec<u32> = std::iter::from_fn(|| pacer.pop(at, Some(100_000))).collect();
            if left.contains(&0) {
                break;
            }
        }
        assert_eq!(at - now, LONGEST_WAIT);
    }

    #[test]
    fn without_an_estimate_nothing_waits_and_what_did_not_wait_counts() {
        let now = start();
        let mut pacer = Pacer::default();
        for item in 0..100 {
            pacer.push(now, item, 1_200);
        }
        assert_eq!(std::iter::from_fn(|| pacer.pop(now, None)).count(), 100);
        let mut pacer = Pacer::default();
        pacer.push(now, 1, 100);
        pacer.note(2_000);
        assert_eq!(pacer.pop(now, ESTIMATE), None);
        let next = pacer.next(now, ESTIMATE).unwrap();
        assert_eq!(pacer.pop(next, ESTIMATE), Some(1));
    }
}
