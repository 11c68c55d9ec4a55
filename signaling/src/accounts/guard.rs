//! How often somebody may try to sign in: enough for who mistypes, little for who guesses, and nobody can use up what
//! belongs to somebody else.
//!
//! Everyone has an allowance for each account, and one for all accounts together. They are of the block of addresses that
//! the requests come from, so that a stranger cannot shut the owner out. Where many blocks try the same account, or all
//! blocks try more than the server is made for, nobody is refused for that: the allowances shrink.

use protocol::{
    Email, Millis,
    limits::{MAX_SIGN_INS_PER_WINDOW, SIGN_IN_WINDOW_MS},
};

use crate::{
    client::Block,
    failure::Failure,
    limits::{
        FEW_SIGN_INS_PER_BLOCK, FEW_SIGN_INS_PER_WINDOW, MANY_SIGN_INS, MANY_SIGN_INS_PER_ACCOUNT,
        MAX_SIGN_INS_PER_BLOCK,
    },
    rate::RateLimiter,
    tokens::{TokenHash, hash_token},
};

/// The allowances of sign-ins. Known and unknown accounts are counted alike, by the hash of the address.
pub struct SignInGuard {
    here: RateLimiter<(Block, TokenHash)>,
    block: RateLimiter<Block>,
    account: RateLimiter<TokenHash>,
    all: RateLimiter<()>,
}

impl SignInGuard {
    /// With nothing used.
    pub fn new() -> Self {
        Self {
            here: RateLimiter::new(MAX_SIGN_INS_PER_WINDOW, SIGN_IN_WINDOW_MS),
            block: RateLimiter::new(MAX_SIGN_INS_PER_BLOCK, SIGN_IN_WINDOW_MS),
            account: RateLimiter::new(MANY_SIGN_INS_PER_ACCOUNT, SIGN_IN_WINDOW_MS),
            all: RateLimiter::new(MANY_SIGN_INS, SIGN_IN_WINDOW_MS),
        }
    }

    /// A try; or when to come again.
    pub fn take(&self, block: Block, email: &Email, now: Millis) -> Result<(), Failure> {
        let account = hash_token(email.as_str().as_bytes());
        if block != Block::Unknown {
            let crowded = self.all.is_spent(&(), now);
            let most = if crowded {
                FEW_SIGN_INS_PER_BLOCK
            } else {
                MAX_SIGN_INS_PER_BLOCK
            };
            self.block.take_of(block, 1, most, now)?;
        }
        let besieged = block != Block::Unknown && self.account.is_spent(&account, now);
        let most = if besieged {
            FEW_SIGN_INS_PER_WINDOW
        } else {
            MAX_SIGN_INS_PER_WINDOW
        };
        self.here.take_of((block, account), 1, most, now)?;
        // These two refuse nobody; that they are used up is what shrinks the others.
        let _ = self.account.take(account, 1, now);
        let _ = self.all.take((), 1, now);
        Ok(())
    }

    /// The password was right: who mistyped before has the whole allowance again.
    pub fn succeeded(&self, block: Block, email: &Email) {
        self.here.forget(&(block, hash_token(email.as_str().as_bytes())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(n: u32) -> Block {
        let [_, a, b, c] = n.to_be_bytes();
        Block::V4([a, b, c])
    }

    fn email(n: u32) -> Email {
        Email::parse(&format!("user{n}@example.org")).unwrap()
    }

    /// Tries until refused.
    fn tries(guard: &SignInGuard, block: Block, email: &Email) -> u32 {
        let mut count = 0;
        while count < 10_000 && guard.take(block, email, Millis(0)).is_ok() {
            count += 1;
        }
        count
    }

    #[test]
    fn a_stranger_cannot_use_up_the_owners_tries() {
        let guard = SignInGuard::new();
        assert_eq!(tries(&guard, block(1), &email(1)), MAX_SIGN_INS_PER_WINDOW);
        assert_eq!(tries(&guard, block(2), &email(1)), MAX_SIGN_INS_PER_WINDOW);
        guard.succeeded(block(2), &email(1));
        assert_eq!(tries(&guard, block(2), &email(1)), MAX_SIGN_INS_PER_WINDOW);
        assert!(guard.take(block(1), &email(1), Millis(0)).is_err());
    }

    #[test]
    fn many_strangers_slow_each_other_down_and_the_owner_still_gets_in() {
        let guard = SignInGuard::new();
        let all: u32 = (1..=1_000).map(|n| tries(&guard, block(n), &email(1))).sum();
        assert!(
            all < 1_000 * FEW_SIGN_INS_PER_WINDOW + 2 * MANY_SIGN_INS_PER_ACCOUNT,
            "{all}"
        );
        assert_eq!(tries(&guard, block(5_000), &email(1)), FEW_SIGN_INS_PER_WINDOW);
        assert_eq!(tries(&guard, block(5_000), &email(2)), MAX_SIGN_INS_PER_WINDOW);
    }

    #[test]
    fn one_block_gets_so_many_tries_for_all_accounts_and_fewer_when_it_is_crowded() {
        let guard = SignInGuard::new();
        let of_block = |n| -> u32 {
            (0..1_000)
                .map(|account| u32::from(guard.take(block(n), &email(account), Millis(0)).is_ok()))
                .sum()
        };
        assert_eq!(of_block(1), MAX_SIGN_INS_PER_BLOCK);
        for n in 0..MANY_SIGN_INS {
            let _ = guard.take(block(1_000 + n / 8), &email(n), Millis(0));
        }
        assert_eq!(of_block(2), FEW_SIGN_INS_PER_BLOCK);
    }
}
