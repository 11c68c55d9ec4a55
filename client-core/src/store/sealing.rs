//! Seals one record.
//!
//! ```text
//! sealed   = version(1) ‖ nonce(12) ‖ AES-256-GCM(wrap key, record key) ‖ AES-256-GCM(record key, body)
//! body     = length of name (u16) ‖ name ‖ value
//! AAD      = stored name, both times
//! wrap key = HKDF-SHA-256(storage key, "Conclave 1.0 record keys")
//! stored name = hex(HKDF-SHA-256(HKDF(storage key, "Conclave 1.0 record names"), name)[..16])
//! ```

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{api::BATCH_RECORD, random::Random};

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;
const WRAPPED_LEN: usize = 32 + 16;

pub(super) struct StorageKey {
    wrap: Aes256Gcm,
    names: Hkdf<Sha256>,
}

impl StorageKey {
    pub(super) fn new(mut storage_key: [u8; 32]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, &storage_key);
        let wrap = Aes256Gcm::new((&*expand(&hkdf, b"Conclave 1.0 record keys")).into());
        let names = Hkdf::<Sha256>::new(None, &*expand(&hkdf, b"Conclave 1.0 record names"));
        storage_key.zeroize();
        Self { wrap, names }
    }

    /// The name under which a record is stored. The batch counter alone keeps its own.
    pub(super) fn stored_name(&self, name: &str) -> String {
        if name == BATCH_RECORD {
            return name.to_owned();
        }
        let bytes = expand(&self.names, name.as_bytes());
        bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn seal(&self, random: &Random, stored_name: &str, name: &str, value: &[u8]) -> Vec<u8> {
        let record_key = Zeroizing::new(random.array::<32>());
        let nonce = random.array::<NONCE_LEN>();
        let aad = stored_name.as_bytes();
        let mut body = Zeroizing::new(Vec::with_capacity(2 + name.len() + value.len()));
        body.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(value);
        let wrapped = self.wrap.encrypt(
            &nonce.into(),
            Payload {
                msg: &*record_key,
                aad,
            },
        );
        // The key seals this one value and no other, so that a constant nonce does not repeat.
        let sealed = Aes256Gcm::new((&*record_key).into())
            .encrypt(&[0; NONCE_LEN].into(), Payload { msg: &body, aad });
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        // AES-GCM fails on input beyond 64 GiB alone; a record without ciphertext does not open.
        bytes.extend(wrapped.unwrap_or_default());
        bytes.extend(sealed.unwrap_or_default());
        bytes
    }

    /// The clear name and the value; nothing if anything does not fit.
    pub(super) fn open(&self, stored_name: &str, sealed: &[u8]) -> Option<(String, Zeroizing<Vec<u8>>)> {
        let aad = stored_name.as_bytes();
        let (version, rest) = sealed.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (nonce, rest) = rest.split_at_checked(NONCE_LEN)?;
        let (wrapped, sealed) = rest.split_at_checked(WRAPPED_LEN)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
        let record_key = Zeroizing::new(
            self.wrap
                .decrypt(&nonce.into(), Payload { msg: wrapped, aad })
                .ok()?,
        );
        let cipher = Aes256Gcm::new_from_slice(&record_key).ok()?;
        let body = Zeroizing::new(
            cipher
                .decrypt(&[0; NONCE_LEN].into(), Payload { msg: sealed, aad })
                .ok()?,
        );
        let (len, rest) = body.split_at_checked(2)?;
        let len = usize::from(u16::from_be_bytes(len.try_into().ok()?));
        let (name, value) = rest.split_at_checked(len)?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        (self.stored_name(&name) == stored_name).then(|| (name, Zeroizing::new(value.to_vec())))
    }
}

fn expand(hkdf: &Hkdf<Sha256>, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut okm = Zeroizing::new([0; 32]);
    // 32 bytes are below HKDF's limit, so this does not fail; zeros would make nothing open.
    let _ = hkdf.expand(info, &mut *okm);
    okm
}
