//! How often someone may do something: counters in memory, in fixed windows.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use protocol::Millis;

use crate::{
    client::Block,
    failure::{Failure, refuse_for_now},
    limits::MAX_RATE_KEYS,
};

/// Counts per key. Nothing of it is stored.
pub struct RateLimiter<K> {
    most: u32,
    window_ms: u64,
    counts: Mutex<HashMap<K, Count>>,
}

struct Count {
    since: Millis,
    used: u32,
}

impl<K: Eq + Hash> RateLimiter<K> {
    /// At most `most` in each window of `window_ms`.
    pub fn new(most: u32, window_ms: u64) -> Self {
        Self {
            most,
            window_ms,
            counts: Mutex::default(),
        }
    }

    /// Takes `amount` from the key's allowance, or says when to come again.
    pub fn take(&self, key: K, amount: u32, now: Millis) -> Result<(), Failure> {
        self.take_of(key, amount, self.most, now)
    }

    /// Likewise from a smaller allowance, `most`.
    pub fn take_of(&self, key: K, amount: u32, most: u32, now: Millis) -> Result<(), Failure> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MAX_RATE_KEYS && !counts.contains_key(&key) {
            self.make_room(&mut counts, now);
        }
        let count = counts.entry(key).or_insert(Count { since: now, used: 0 });
        if now.since(count.since) >= self.window_ms {
            *count = Count { since: now, used: 0 };
        }
        if most.saturating_sub(count.used) < amount {
            return Err(refuse_for_now(
                self.window_ms.saturating_sub(now.since(count.since)).max(1),
            ));
        }
        count.used = count.used.saturating_add(amount);
        Ok(())
    }

    /// Whether the key's allowance is used up.
    pub fn is_spent(&self, key: &K, now: Millis) -> bool {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .get(key)
            .is_some_and(|count| count.used >= self.most && now.since(count.since) < self.window_ms)
    }

    fn make_room(&self, counts: &mut HashMap<K, Count>, now: Millis) {
        counts.retain(|_, count| now.since(count.since) < self.window_ms);
        if counts.len() >= MAX_RATE_KEYS {
            counts.retain(|_, count| count.used > self.most / 2);
        }
        if counts.len() >= MAX_RATE_KEYS {
            counts.clear();
        }
    }

    /// Gives the allowance back, where what was limited went well.
    pub fn forget(&self, key: &K) {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key);
    }
}

impl RateLimiter<Block> {
    /// As [`Self::take`] of one; who cannot be told apart is not counted.
    pub fn take_from(&self, block: Block, now: Millis) -> Result<(), Failure> {
        match block {
            Block::Unknown => Ok(()),
            block => self.take(block, 1, now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_limit_one_waits_until_the_window_ends() {
        let limiter = RateLimiter::new(2, 1_000);
        assert!(limiter.take("alice", 1, Millis(0)).is_ok());
        assert!(limiter.take("alice", 1, Millis(400)).is_ok());
        let Err(Failure::Refused(problem)) = limiter.take("alice", 1, Millis(400)) else {
            panic!()
        };
        assert_eq!(problem.retry_after_ms, Some(600));
        assert!(limiter.take("bob", 1, Millis(400)).is_ok());
        assert!(limiter.take("alice", 1, Millis(1_000)).is_ok());
    }

    #[test]
    fn the_map_is_bounded_and_a_flood_of_keys_shuts_nobody_out() {
        let limiter = RateLimiter::new(1, 1_000);
        for key in 0..MAX_RATE_KEYS {
            assert!(limiter.take(key, 1, Millis(0)).is_ok());
        }
        assert!(limiter.take(0, 1, Millis(1)).is_err());
        assert!(limiter.take(usize::MAX, 1, Millis(1)).is_ok());
        assert!(limiter.counts.lock().unwrap().len() < MAX_RATE_KEYS);
    }

    #[test]
    fn a_flood_of_keys_frees_nobody_who_is_at_the_limit() {
        let limiter = RateLimiter::new(4, 1_000);
        assert!(limiter.take(usize::MAX, 4, Millis(0)).is_ok());
        for key in 0..MAX_RATE_KEYS + 10 {
            assert!(limiter.take(key, 1, Millis(0)).is_ok());
        }
        assert!(limiter.take(usize::MAX, 1, Millis(1)).is_err());
    }
}
