//! Random tokens that wait in memory to be used once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use protocol::{Bytes, Code, Millis};
use sha2::{Digest as _, Sha256};

use crate::{
    failure::{Failure, refuse},
    limits::MAX_TOKENS_WAITING,
    random::random,
};

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

    /// Makes a token for `value`.
    pub fn issue(&self, value: V, now: Millis) -> Result<Bytes, Failure> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MAX_TOKENS_WAITING {
            waiting.retain(|_, (ends, _)| *ends > now);
            if waiting.len() >= MAX_TOKENS_WAITING {
                return Err(refuse(Code::Unavailable, "too many are signing in at once"));
            }
        }
        let token = random::<32>();
        waiting.insert(hash_token(&token), (now.plus(self.life_ms), value));
        Ok(token.to_vec().into())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_works_once_and_only_in_its_time() {
        let tokens = Tokens::new(1_000);
        let first = tokens.issue("alice", Millis(0)).unwrap();
        let second = tokens.issue("bob", Millis(0)).unwrap();
        assert_eq!(tokens.redeem(&first.0, Millis(999)), Some("alice"));
        assert_eq!(tokens.redeem(&first.0, Millis(999)), None);
        assert_eq!(tokens.redeem(&second.0, Millis(1_000)), None);
    }
}
