//! What seals the storage key, and each record once more.
//!
//! ```text
//! password key = client_core::password_key(password, salt)
//! sealed       = AES-256-GCM(password key, storage key), AAD = all of the header before it
//! cells key    = HKDF-SHA-256(storage key, "Conclave 1.0 store cells")
//! record       = AES-256-GCM(HKDF-SHA-256(cells key, cell), value), AAD = stored name
//! ```
//!
//! Each key seals once (the salt is drawn with each sealing, the cell with each record), so that nonces are zeros.

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::CELL_LEN;

const NONCE: [u8; 12] = [0; 12];

/// Length of a sealed storage key.
pub(super) const SEALED_KEY_LEN: usize = 32 + 16;

/// Most memory that a header may ask for, in KiB: four times what is usual. Beyond: the file is not ours.
pub(super) const MAX_MEMORY_KIB: u32 = 256 * 1024;

/// Most passes likewise.
pub(super) const MAX_PASSES: u32 = 16;

/// A key of 32 bytes. Wiped when dropped, never printed.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// Seals the storage key.
pub(super) fn seal_key(password_key: &Key, header: &[u8], storage_key: &Key) -> Vec<u8> {
    seal(password_key, header, &**storage_key)
}

/// Opens it; nothing where the password is another one, or the header was changed.
pub(super) fn open_key(password_key: &Key, header: &[u8], sealed: &[u8]) -> Option<Key> {
    let opened = Zeroizing::new(open(password_key, header, sealed)?);
    let mut key = Zeroizing::new([0; 32]);
    if opened.len() != key.len() {
        return None;
    }
    key.copy_from_slice(&opened);
    Some(key)
}

/// Seals records by their cells.
pub(super) struct Cells(Hkdf<Sha256>);

impl Cells {
    pub(super) fn new(storage_key: &[u8; 32]) -> Self {
        let key = expand(storage_key, b"Conclave 1.0 store cells");
        Self(Hkdf::new(None, &*key))
    }

    pub(super) fn seal(&self, cell: &[u8; CELL_LEN], name: &str, value: &[u8]) -> Vec<u8> {
        seal(&self.key(cell), name.as_bytes(), value)
    }

    pub(super) fn open(&self, cell: &[u8; CELL_LEN], name: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        open(&self.key(cell), name.as_bytes(), sealed)
    }

    fn key(&self, cell: &[u8; CELL_LEN]) -> Key {
        let mut key = Zeroizing::new([0; 32]);
        // 32 bytes are below HKDF's limit, so this does not fail; zeros would make nothing open.
        let _ = self.0.expand(cell, &mut *key);
        key
    }
}

fn seal(key: &Key, aad: &[u8], value: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: value, aad };
    // AES-GCM fails on input beyond 64 GiB alone; what has no ciphertext does not open.
    Aes256Gcm::new((&**key).into())
        .encrypt(&NONCE.into(), payload)
        .unwrap_or_default()
}

fn open(key: &Key, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let payload = Payload { msg: sealed, aad };
    Aes256Gcm::new((&**key).into())
        .decrypt(&NONCE.into(), payload)
        .ok()
}

fn expand(key: &[u8; 32], label: &[u8]) -> Key {
    let mut okm = Zeroizing::new([0; 32]);
    // As above.
    let _ = Hkdf::<Sha256>::new(None, key).expand(label, &mut *okm);
    okm
}
