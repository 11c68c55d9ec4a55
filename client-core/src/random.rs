//! The core's own generator: ChaCha20 from the seed that the shell drew, never the system's.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openmls_traits::random::OpenMlsRand;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};
use zeroize::Zeroizing;

/// A handle to the one generator of a core; clones draw from the same stream.
///
/// Everything draws from here: the device's keys, group secrets, encapsulations, OPAQUE, jitter.
#[derive(Clone)]
pub(crate) struct Random(Arc<Mutex<ChaCha20Rng>>);

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }

    pub(crate) fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.lock().fill_bytes(&mut bytes);
        bytes
    }

    /// Replaces the key by one from its own stream, and with it everything of the former that is in memory: whoever
    /// reads the memory later learns nothing of what was drawn before (fast key erasure).
    pub(crate) fn renew(&self) {
        let mut generator = self.lock();
        let mut seed = Zeroizing::new([0; 32]);
        generator.fill_bytes(seed.as_mut());
        *generator = ChaCha20Rng::from_seed(*seed);
    }

    fn lock(&self) -> MutexGuard<'_, ChaCha20Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn key(&self) -> [u8; 32] {
        self.lock().get_seed()
    }

    /// Evenly distributed in `0..bound`, for jitter (the bias of the remainder does not matter there).
    pub(crate) fn below(&self, bound: u64) -> u64 {
        u64::from_be_bytes(self.array()).checked_rem(bound).unwrap_or(0)
    }
}

impl OpenMlsRand for Random {
    type Error = Infallible;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], Self::Error> {
        Ok(self.array())
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, Self::Error> {
        let mut bytes = vec![0; len];
        self.lock().fill_bytes(&mut bytes);
        Ok(bytes)
    }
}

/// The same generator for encapsulation.
impl TryRng for Random {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.lock().next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.lock().next_u64())
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Infallible> {
        self.lock().fill_bytes(dest);
        Ok(())
    }
}

impl TryCryptoRng for Random {}

/// The same generator for OPAQUE, which speaks an older version of the traits.
impl opaque_ke::rand::RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        self.lock().next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.lock().next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.lock().fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), opaque_ke::rand::Error> {
        self.lock().fill_bytes(dest);
        Ok(())
    }
}

impl opaque_ke::rand::CryptoRng for Random {}

#[cfg(test)]
mod tests {
    use super::*;

    /// What memory holds after a renewal does not lead back to what was drawn before it.
    #[test]
    fn a_renewed_generator_forgets_what_was_drawn() {
        let random = Random::new([7; 32]);
        let first: [u8; 32] = random.array();
        let rewound = |random: &Random| {
            let mut snapshot = random.lock().clone();
            snapshot.set_word_pos(0);
            let mut bytes = [0; 32];
            snapshot.fill_bytes(&mut bytes);
            bytes
        };
        assert_eq!(rewound(&random), first, "the snapshot is one");
        random.renew();
        assert_ne!(rewound(&random), first);
        assert_ne!(random.key(), [7; 32]);
    }

    #[test]
    fn renewals_follow_from_the_seed() {
        let draw = |seed| {
            let random = Random::new([seed; 32]);
            let before: [u8; 16] = random.array();
            random.renew();
            (before, random.array::<16>())
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
