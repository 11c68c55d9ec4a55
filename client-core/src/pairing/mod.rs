//! Pairing: how a device that is signed in makes a new one a device of the same account, past a server that may lie.
//!
//! ```text
//! known device                                                     new device
//!   first   SHA-256(label ‖ its X25519 key)          ──────────►
//!           ◄──────────   first   X25519 key, X-Wing key, device id, device key, name
//!   second  X25519 key, X-Wing ciphertext, e-mail, name  ──────►
//!                 both show words of what was said: people compare them
//!   third   grant, certificate, device list, key of own state, sealed  ──────►
//!           ◄──────────   second  it is enrolled
//! ```
//!
//! Both sides' X25519 keys authenticate each other by the words: who stands in between has to choose its keys before it sees
//! the last one that goes into them, for that was committed to, and so is found but with the chance of a guess at 64 bits.
//! X-Wing, which has ML-KEM in it, keeps what was recorded closed to who breaks X25519 one day.

mod bundle;
#[cfg(test)]
mod tests;

pub(crate) use bundle::Bundle;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use protocol::{
    DeviceId, Email,
    encoding::{Reader, Writer},
    identity::{PublicKey, clean_name},
    limits::{MAX_DEVICE_NAME_LEN, MAX_NAME_LEN},
};
use sha2::{Digest as _, Sha256, Sha512};
use subtle::ConstantTimeEq as _;
use x_wing::{
    CIPHERTEXT_SIZE, Decapsulate as _, DecapsulationKey, Decapsulator as _, ENCAPSULATION_KEY_SIZE,
    Encapsulate as _, EncapsulationKey, KeyExport as _,
};
use x25519_dalek::{PublicKey as DhKey, StaticSecret};
use zeroize::Zeroizing;

use crate::{random::Random, words::word};

const COMMITMENT_LABEL: &[u8] = b"Conclave 1.0 pairing commitment";
const WORDS_LABEL: &[u8] = b"Conclave 1.0 pairing words";
const KEY_LABEL: &[u8] = b"Conclave 1.0 pairing key";

/// Words of 16 bits: few enough to be compared by everybody, and a guess at 64 bits is hopeless.
const WORDS: usize = 4;

/// What the other side said is not what it should be, or was changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side of the pairing is not who it seems")]
pub(crate) struct BadMessage;

/// What a new device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Newcomer {
    pub(crate) device_id: DeviceId,
    pub(crate) device_key: PublicKey,
    pub(crate) name: String,
}

/// The account, as the known device tells it; proven by the third message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) email: Email,
    pub(crate) name: String,
}

/// What both sides know once they have met.
pub(crate) struct Met {
    /// For people to compare.
    pub(crate) words: Vec<String>,
    key: Zeroizing<[u8; 32]>,
}

/// The device that is signed in, until it meets the new one.
pub(crate) struct KnownSide {
    secret: StaticSecret,
}

impl KnownSide {
    pub(crate) fn new(random: &Random) -> Self {
        let secret = StaticSecret::from(random.array::<32>());
        Self { secret }
    }

    /// Its first message.
    pub(crate) fn first(&self) -> Vec<u8> {
        commitment(&DhKey::from(&self.secret)).to_vec()
    }

    /// Takes the new device's first message; the answer is the second one.
    pub(crate) fn meet(
        &self,
        random: &Random,
        theirs: &[u8],
        host: &Host,
    ) -> Result<(Newcomer, Vec<u8>, Met), BadMessage> {
        let mut reader = Reader::new(theirs);
        let key: [u8; 32] = reader.fixed().ok_or(BadMessage)?;
        let kem: [u8; ENCAPSULATION_KEY_SIZE] = reader.fixed().ok_or(BadMessage)?;
        let kem = EncapsulationKey::try_from(kem.as_slice()).map_err(|_| BadMessage)?;
        let newcomer = Newcomer::read(&mut reader).ok_or(BadMessage)?;
        reader.end().ok_or(BadMessage)?;
        let (ciphertext, kem_secret) = kem.encapsulate_with_rng(&mut random.clone());
        let kem_secret = Zeroizing::new(kem_secret);
        let public = DhKey::from(&self.secret);
        let second = Writer::default()
            .fixed(public.as_bytes())
            .fixed(&<[u8; CIPHERTEXT_SIZE]>::try_from(ciphertext.as_slice()).map_err(|_| BadMessage)?)
            .vec16(host.email.as_str().as_bytes())
            .vec16(host.name.as_bytes())
            .finish();
        let said = Said {
            commitment: &self.first(),
            newcomer: theirs,
            public: &public,
            second: &second,
        };
        let met = said.met(&self.secret, &key, kem_secret.as_slice())?;
        Ok((newcomer, second, met))
    }
}

/// The new device, until it meets the known one.
pub(crate) struct NewSide {
    secret: StaticSecret,
    kem: DecapsulationKey,
    first: Vec<u8>,
}

impl NewSide {
    pub(crate) fn new(random: &Random, newcomer: &Newcomer) -> Self {
        Self::from_secrets(random.array(), random.array(), newcomer)
    }

    fn from_secrets(secret: [u8; 32], kem_seed: [u8; 32], newcomer: &Newcomer) -> Self {
        let secret = StaticSecret::from(secret);
        let kem = DecapsulationKey::from(kem_seed);
        let mut first = DhKey::from(&secret).as_bytes().to_vec();
        first.extend_from_slice(&kem.encapsulation_key().to_bytes());
        newcomer.write(&mut first);
        Self { secret, kem, first }
    }

    /// Its first message.
    pub(crate) fn first(&self) -> &[u8] {
        &self.first
    }

    /// Takes the known device's first two messages.
    pub(crate) fn meet(&self, commitment_of: &[u8], second: &[u8]) -> Result<(Host, Met), BadMessage> {
        let mut reader = Reader::new(second);
        let key: [u8; 32] = reader.fixed().ok_or(BadMessage)?;
        let ciphertext: [u8; CIPHERTEXT_SIZE] = reader.fixed().ok_or(BadMessage)?;
        let host = Host::read(&mut reader).ok_or(BadMessage)?;
        reader.end().ok_or(BadMessage)?;
        let public = DhKey::from(key);
        if !bool::from(commitment(&public).ct_eq(commitment_of)) {
            return Err(BadMessage);
        }
        let kem_secret = Zeroizing::new(self.kem.decapsulate(&ciphertext.into()));
        let said = Said {
            commitment: commitment_of,
            newcomer: &self.first,
            public: &public,
            second,
        };
        let met = said.met(&self.secret, &key, kem_secret.as_slice())?;
        Ok((host, met))
    }
}

impl Met {
    /// The third message. Under this key nothing else is ever sealed.
    pub(crate) fn seal(&self, bundle: &Bundle) -> Vec<u8> {
        let bytes = bundle.write();
        let payload = Payload {
            msg: &bytes,
            aad: KEY_LABEL,
        };
        // AES-GCM fails on input beyond 64 GiB alone.
        self.cipher()
            .encrypt(&[0; 12].into(), payload)
            .unwrap_or_default()
    }

    /// Opens the third message.
    pub(crate) fn open(&self, sealed: &[u8]) -> Result<Bundle, BadMessage> {
        let payload = Payload {
            msg: sealed,
            aad: KEY_LABEL,
        };
        let opened = self.cipher().decrypt(&[0; 12].into(), payload);
        Bundle::read(&Zeroizing::new(opened.map_err(|_| BadMessage)?)).ok_or(BadMessage)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }
}

impl Newcomer {
    fn write(&self, out: &mut Vec<u8>) {
        let bytes = Writer::default()
            .fixed(self.device_id.as_bytes())
            .fixed(self.device_key.as_bytes())
            .vec16(self.name.as_bytes())
            .finish();
        out.extend_from_slice(&bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let device_id = DeviceId::from_slice(&reader.fixed::<16>()?)?;
        let device_key = PublicKey::from_slice(&reader.fixed::<32>()?).ok()?;
        let name = std::str::from_utf8(reader.vec16()?).ok()?;
        Some(Self {
            device_id,
            device_key,
            name: clean_name(name, MAX_DEVICE_NAME_LEN).unwrap_or_default(),
        })
    }
}

impl Host {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let email = std::str::from_utf8(reader.vec16()?).ok()?;
        let name = std::str::from_utf8(reader.vec16()?).ok()?;
        Some(Self {
            email: Email::parse(email).ok()?,
            name: clean_name(name, MAX_NAME_LEN).unwrap_or_default(),
        })
    }
}

fn commitment(key: &DhKey) -> [u8; 32] {
    Sha256::new()
        .chain_update(COMMITMENT_LABEL)
        .chain_update(key.as_bytes())
        .finalize()
        .into()
}

/// All that was said before the third message.
struct Said<'a> {
    commitment: &'a [u8],
    newcomer: &'a [u8],
    public: &'a DhKey,
    second: &'a [u8],
}

impl Said<'_> {
    fn met(&self, secret: &StaticSecret, theirs: &[u8; 32], kem_secret: &[u8]) -> Result<Met, BadMessage> {
        let shared = secret.diffie_hellman(&DhKey::from(*theirs));
        if !shared.was_contributory() {
            return Err(BadMessage);
        }
        let transcript = Writer::default()
            .vec16(self.commitment)
            .vec16(self.newcomer)
            .vec16(self.second)
            .finish();
        let mut secrets = Zeroizing::new(shared.as_bytes().to_vec());
        secrets.extend_from_slice(kem_secret);
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are below HKDF's limit, so this does not fail.
        let _ =
            Hkdf::<Sha512>::new(Some(&Sha512::digest(&transcript)), &secrets).expand(KEY_LABEL, &mut *key);
        Ok(Met {
            words: self.words(),
            key,
        })
    }

    /// Of what nobody could choose to fit: neither the ciphertext nor the names, which come when all keys are known.
    fn words(&self) -> Vec<String> {
        let said = Writer::default()
            .vec16(self.commitment)
            .vec16(self.newcomer)
            .fixed(self.public.as_bytes())
            .finish();
        let hash = Sha512::new()
            .chain_update(WORDS_LABEL)
            .chain_update(said)
            .finalize();
        let pairs = hash.chunks_exact(2).take(WORDS);
        let number = |pair: &[u8]| pair.iter().fold(0, |number, byte| number << 8 | u16::from(*byte));
        pairs.map(|pair| word(number(pair))).collect()
    }
}
