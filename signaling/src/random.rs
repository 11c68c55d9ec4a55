//! Randomness, from the system.

/// `N` random bytes. A system that has no randomness cannot run this service; it is left at once rather than
/// handing out keys that can be guessed.
#[expect(
    clippy::expect_used,
    reason = "going on without randomness would be worse than stopping"
)]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    bytes
}
