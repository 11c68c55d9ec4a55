//! A store as somebody reads it who has its file and the storage key: opened by what docs/protocol.md says of it.

use std::collections::BTreeMap;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use conclave_client_core::api::BATCH_RECORD;
use hkdf::Hkdf;
use sha2::Sha256;

/// Version, nonce, wrapped record key.
const NONCE: std::ops::Range<usize> = 1..13;
const WRAPPED: std::ops::Range<usize> = 13..61;

/// Clear names and values of all records.
pub fn open_all(store: &BTreeMap<String, Vec<u8>>, storage_key: [u8; 32]) -> BTreeMap<String, Vec<u8>> {
    let mut wrap_key = [0; 32];
    Hkdf::<Sha256>::new(None, &storage_key)
        .expand(b"Conclave 1.0 record keys", &mut wrap_key)
        .unwrap();
    let wrap = Aes256Gcm::new(&wrap_key.into());
    let sealed = store.iter().filter(|(name, _)| *name != BATCH_RECORD);
    sealed.map(|(name, sealed)| open(&wrap, name, sealed)).collect()
}

fn open(wrap: &Aes256Gcm, stored_name: &str, sealed: &[u8]) -> (String, Vec<u8>) {
    let aad = stored_name.as_bytes();
    let nonce: [u8; 12] = sealed[NONCE].try_into().unwrap();
    let msg = &sealed[WRAPPED];
    let record_key = wrap.decrypt(&nonce.into(), Payload { msg, aad }).unwrap();
    let record_key: [u8; 32] = record_key.try_into().unwrap();
    let msg = &sealed[WRAPPED.end..];
    let body = Aes256Gcm::new(&record_key.into())
        .decrypt(&[0; 12].into(), Payload { msg, aad })
        .unwrap();
    let (len, rest) = body.split_at(2);
    let (name, value) = rest.split_at(usize::from(u16::from_be_bytes([len[0], len[1]])));
    (String::from_utf8(name.to_vec()).unwrap(), value.to_vec())
}
