//! Random tokens that wait in memory to be used once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use protocol::{Bytes, Millis};
use sha2::{Digest as _, Sha256};

use crate::{limits::MAX_TOKENS_WAITING, random::random};

/// SHA-256 of a token: what is kept of it, so that a look-up tells nothing by its time.
pub type TokenHash = [u8; 32];

/// The hash of a token.
pub fn hash_token(token: &[u8]) -> TokenHash {
    Sha256::digest(token).into()
}

/// Tokens of 32 random bytes, each for one value, single use.
pub struct Tokens<V> {
    life_ms: u64,
    waiting: Mutex<HashMap<TokenHash, (Millis, V)>>,
}

impl<V> Tokens<V> {
    /// Tokens that live for `life_ms`.
    pub fn new(life_ms: u64) -> Self {
        Self {
            life_ms,
            waiting: Mutex::default(),
        }
    }

    /// Makes a token for `value`. Where too many wait, the older half of them is void.
    pub fn issue(&self, value: V, now: Millis) -> Bytes {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MAX_TOKENS_WAITING {
            waiting.retain(|_, (ends, _)| *ends > now);
            if waiting.len() >= MAX_TOKENS_WAITING {
                let middle = median(waiting.values().map(|(ends, _)| *ends));
                waiting.retain(|_, (ends, _)| *ends > middle);
            }
        }
        let token = random::<32>();
        waiting.insert(hash_token(&token), (now.plus(self.life_ms), value));
        token.to_vec().into()
    }

    /// What a token is for; it stays as it is.
    pub fn peek(&self, token: &[u8], now: Millis) -> Option<V>
    where
        V: Copy,
    {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (ends, value) = waiting.get(&hash_token(token))?;
        (*ends > now).then_some(*value)
    }

    /// Uses a token up.
    pub fn redeem(&self, token: &[u8], now: Millis) -> Option<V> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (ends, value) = waiting.remove(&hash_token(token))?;
        (ends > now).then_some(value)
    }

    /// Drops the tokens whose value is of no use any more.
    pub fn retain(&self, keep: impl Fn(&V) -> bool) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, (_, value)| keep(value));
    }
}

/// The time that at least half of these times are not later than.
pub fn median(times: impl Iterator<Item = Millis>) -> Millis {
    let mut times: Vec<Millis> = times.collect();
    let middle = times.len() / 2;
    if middle == 0 {
        return times.first().copied().unwrap_or_default();
    }
    *times.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_once_and_only_in_its_time() {
        let tokens = Tokens::new(1_000);
        let first = tokens.issue("alice", Millis(0));
        let second = tokens.issue("bob", Millis(0));
        assert_eq!(tokens.redeem(&first.0, Millis(999)), Some("alice"));
        assert_eq!(tokens.redeem(&first.0, Millis(999)), None);
        assert_eq!(tokens.redeem(&second.0, Millis(1_000)), None);
    }

    #[test]
    fn a_flood_of_tokens_costs_the_oldest_and_shuts_nobody_out() {
        let tokens = Tokens::new(u64::MAX / 2);
        let first = tokens.issue(0, Millis(0));
        for n in 1..=MAX_TOKENS_WAITING {
            tokens.issue(n, Millis(u64::try_from(n).unwrap()));
        }
        assert_eq!(tokens.redeem(&first.0, Millis(1)), None);
        let last = tokens.issue(7, Millis(100_000));
        assert_eq!(tokens.redeem(&last.0, Millis(100_000)), Some(7));
        assert!(tokens.waiting.lock().unwrap().len() <= MAX_TOKENS_WAITING);
    }
}
