//! State of half-done handshakes that the client carries for the server, sealed, so that nobody who has proved
//! nothing yet can fill the server's memory. The keys live as long as the process: a restart ends what was
//! half done.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use aes_gcm::{
    Aes256Gcm, Key, KeyInit as _, Nonce,
    aead::{Aead as _, Payload},
};
use hmac::{Hmac, Mac as _};
use protocol::{Bytes, DeviceId, Millis};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    limits::MAX_TOKENS_WAITING,
    random::random,
    tokens::{TokenHash, hash_token, median},
};

const NONCE_LEN: usize = 12;
const TIME_LEN: usize = 8;

/// Seals and opens such state, and remembers what was used up.
pub struct Sealer {
    cipher: Aes256Gcm,
    mac_key: Zeroizing<[u8; 32]>,
    life_ms: u64,
    used: Mutex<Used>,
}

/// What was used up, by its hash, with the time when it was made.
#[derive(Default)]
struct Used {
    made: HashMap<TokenHash, Millis>,
    /// Whatever was made by then is void: what was used of it is not remembered any more.
    void_until: Option<Millis>,
}

impl Sealer {
    /// Fresh keys; what is sealed can be opened for `life_ms`.
    pub fn new(life_ms: u64) -> Self {
        let key = Zeroizing::new(random::<32>());
        Self {
            cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)),
            mac_key: Zeroizing::new(random()),
            life_ms,
            used: Mutex::default(),
        }
    }

    /// Seals `state`: nonce ‖ AES-256-GCM(time ‖ state). Nothing only if the cipher fails, which it does not for
    /// states of this size.
    pub fn seal(&self, state: &[u8], now: Millis) -> Option<Bytes> {
        let nonce = random::<NONCE_LEN>();
        let plain = Zeroizing::new([now.0.to_be_bytes().as_slice(), state].concat());
        let payload = Payload {
            msg: &plain,
            aad: b"conclave handshake",
        };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).ok()?;
        Some([nonce.as_slice(), &sealed].concat().into())
    }

    /// Opens what [`Sealer::seal`] sealed, in its time.
    pub fn open(&self, sealed: &[u8], now: Millis) -> Option<Opened> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let payload = Payload {
            msg: sealed,
            aad: b"conclave handshake",
        };
        let plain = Zeroizing::new(self.cipher.decrypt(&Nonce::from(*nonce), payload).ok()?);
        let (time, state) = plain.split_first_chunk::<TIME_LEN>()?;
        let made = Millis(u64::from_be_bytes(*time));
        self.in_time(made, now).then(|| Opened {
            state: Zeroizing::new(state.to_vec()),
            made,
        })
    }

    /// A nonce for a device to sign: time ‖ 8 random bytes ‖ 16 bytes of a MAC that binds it to the device.
    pub fn challenge(&self, device: DeviceId, now: Millis) -> [u8; 32] {
        let mut nonce = [0; 32];
        let (head, mac) = nonce.split_at_mut(16);
        head.copy_from_slice(&[now.0.to_be_bytes(), random::<8>()].concat());
        let code = self.mac(device, head);
        mac.copy_from_slice(&code);
        nonce
    }

    /// When the nonce was made, if it is one of ours for this device, in its time.
    pub fn challenge_made(&self, device: DeviceId, nonce: &[u8; 32], now: Millis) -> Option<Millis> {
        let (head, mac) = nonce.split_at(16);
        let made = Millis(u64::from_be_bytes(*head.first_chunk::<TIME_LEN>()?));
        (bool::from(self.mac(device, head).ct_eq(mac)) && self.in_time(made, now)).then_some(made)
    }

    /// Marks something as used that was made then; false if it was already, or is void. Call only for who has proved
    /// something, for this is remembered. Where that is too much, the older half is void, used or not: who waited with
    /// it begins again, and nothing is ever used twice.
    pub fn use_up(&self, token: &[u8], made: Millis, now: Millis) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.made.len() >= MAX_TOKENS_WAITING {
            used.made.retain(|_, made| now.since(*made) < self.life_ms);
            if used.made.len() >= MAX_TOKENS_WAITING {
                let middle = median(used.made.values().copied());
                used.made.retain(|_, made| *made > middle);
                used.void_until = Some(middle);
            }
        }
        if used.void_until.is_some_and(|until| made <= until) {
            return false;
        }
        used.made.insert(hash_token(token), made).is_none()
    }

    fn in_time(&self, made: Millis, now: Millis) -> bool {
        now.since(made) < self.life_ms
    }

    fn mac(&self, device: DeviceId, head: &[u8]) -> [u8; 16] {
        hmac(&self.mac_key, &[device.as_bytes(), head])
    }
}

/// What [`Sealer::open`] gives.
pub struct Opened {
    /// As it was sealed.
    pub state: Zeroizing<Vec<u8>>,
    /// When it was sealed.
    pub made: Millis,
}

/// The first 16 bytes of HMAC-SHA256 over parts of fixed lengths.
pub fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 16] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104)")]
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key of 32 bytes");
    for part in parts {
        mac.update(part);
    }
    let code: [u8; 32] = mac.finalize().into_bytes().into();
    let mut first = [0; 16];
    first.iter_mut().zip(code).for_each(|(to, from)| *to = from);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: u64 = 1_000;

    #[test]
    fn sealed_state_opens_in_its_time_and_by_its_sealer_only() {
        let sealer = Sealer::new(LIFE);
        let sealed = sealer.seal(b"state", Millis(5)).unwrap();
        let opened = sealer.open(&sealed.0, Millis(5)).unwrap();
        assert_eq!((opened.state.as_slice(), opened.made), (&b"state"[..], Millis(5)));
        assert!(sealer.open(&sealed.0, Millis(5 + LIFE)).is_none());
        assert!(Sealer::new(LIFE).open(&sealed.0, Millis(5)).is_none());
        for at in 0..sealed.0.len() {
            let mut bent = sealed.0.clone();
            bent[at] ^= 1;
            assert!(sealer.open(&bent, Millis(5)).is_none(), "byte {at}");
        }
        assert!(sealer.open(&[], Millis(5)).is_none());
    }

    #[test]
    fn a_challenge_is_for_one_device_and_a_short_time() {
        let sealer = Sealer::new(LIFE);
        let (alice, bob) = (DeviceId::from_random([1; 16]), DeviceId::from_random([2; 16]));
        let nonce = sealer.challenge(alice, Millis(5));
        assert_eq!(sealer.challenge_made(alice, &nonce, Millis(6)), Some(Millis(5)));
        assert_eq!(sealer.challenge_made(bob, &nonce, Millis(5)), None);
        assert_eq!(sealer.challenge_made(alice, &nonce, Millis(5 + LIFE)), None);
        assert_eq!(sealer.challenge_made(alice, &[0; 32], Millis(5)), None);
        assert!(sealer.use_up(&nonce, Millis(5), Millis(5)));
        assert!(!sealer.use_up(&nonce, Millis(5), Millis(6)));
    }

    #[test]
    fn a_flood_of_proofs_shuts_nobody_out_and_nothing_is_used_twice() {
        let sealer = Sealer::new(u64::MAX);
        let nonce = |n: usize| u64::try_from(n).unwrap().to_be_bytes();
        let made = |n: usize| Millis(u64::try_from(n).unwrap());
        for n in 0..MAX_TOKENS_WAITING + 10 {
            assert!(sealer.use_up(&nonce(n), made(n), made(n)), "{n}");
        }
        let now = made(MAX_TOKENS_WAITING + 10);
        assert!(sealer.used.lock().unwrap().made.len() < MAX_TOKENS_WAITING);
        for n in [
            0,
            1,
            MAX_TOKENS_WAITING / 2,
            MAX_TOKENS_WAITING,
            MAX_TOKENS_WAITING + 9,
        ] {
            assert!(!sealer.use_up(&nonce(n), made(n), now), "{n}");
        }
        assert!(!sealer.use_up(b"made early, and never used", made(5), now));
        assert!(sealer.use_up(b"made now", now, now));
    }
}
