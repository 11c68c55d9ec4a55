//! The sealing of files for the browser's files worker: [`file_sealing`] with JavaScript at both ends. A module of its
//! own, so that neither the core's module grows nor its worker is kept busy. Lengths are JavaScript numbers, which are
//! exact far beyond the longest file. What is thrown has a stable code for its message.

use file_sealing::{BASE_LEN, FileDigest, FileKey, Layout, NonceBase, OpenError, Opener, SealError, Sealer};
use wasm_bindgen::prelude::*;
use zeroize::Zeroize as _;

/// Length of the blob of a file of `len` bytes. Throws `too_long`.
#[wasm_bindgen]
pub fn sealed_len(len: f64) -> Result<f64, JsError> {
    let layout = Layout::new(bytes(len)?).map_err(|_| JsError::new("too_long"))?;
    Ok(layout.sealed_len() as f64)
}

/// Seals a file from its beginning to its end, and hashes the blob on the way.
#[wasm_bindgen]
pub struct FileSealer {
    sealer: Sealer,
    digest: FileDigest,
    next: u32,
}

#[wasm_bindgen]
impl FileSealer {
    /// For a file of `len` bytes. The key is wiped here; the caller wipes its own. Throws `too_long` or `secret_length`.
    #[wasm_bindgen(constructor)]
    pub fn new(mut key: Vec<u8>, nonce_base: &[u8], len: f64) -> Result<Self, JsError> {
        let secret = secret(&mut key, nonce_base);
        let (key, base) = secret?;
        let sealer = Sealer::new(&key, base, bytes(len)?).map_err(|_| JsError::new("too_long"))?;
        Ok(Self {
            sealer,
            digest: FileDigest::new(),
            next: 0,
        })
    }

    /// Seals the next chunk, of which these must be all bytes of the file. Throws `no_such_chunk` behind the last one, and
    /// `wrong_length`.
    pub fn seal_next(&mut self, plain: &[u8]) -> Result<Vec<u8>, JsError> {
        let mut sealed = Vec::new();
        self.sealer
            .seal_into(self.next, plain, &mut sealed)
            .map_err(|error| JsError::new(seal_code(&error)))?;
        self.digest.update(&sealed);
        self.next += 1;
        Ok(sealed)
    }

    /// SHA-256 of what was sealed so far.
    pub fn hash(&self) -> Vec<u8> {
        self.digest.so_far().to_vec()
    }
}

/// Opens the chunks of a file.
#[wasm_bindgen]
pub struct FileOpener {
    opener: Opener,
    digest: FileDigest,
    next: u32,
}

#[wasm_bindgen]
impl FileOpener {
    /// For a file of `len` bytes. The key is wiped here; the caller wipes its own. Throws `too_long` or `secret_length`.
    #[wasm_bindgen(constructor)]
    pub fn new(mut key: Vec<u8>, nonce_base: &[u8], len: f64) -> Result<Self, JsError> {
        let secret = secret(&mut key, nonce_base);
        let (key, base) = secret?;
        let opener = Opener::new(&key, base, bytes(len)?).map_err(|_| JsError::new("too_long"))?;
        Ok(Self {
            opener,
            digest: FileDigest::new(),
            next: 0,
        })
    }

    /// Opens the next chunk of a file that is read as a whole, and hashes it. Throws as [`Self::open`] does.
    pub fn open_next(&mut self, sealed: &[u8]) -> Result<Vec<u8>, JsError> {
        let plain = self.open(self.next, sealed)?;
        self.digest.update(sealed);
        self.next += 1;
        Ok(plain)
    }

    /// Opens one chunk. Throws `no_such_chunk`, `wrong_length`, `not_authentic` or `padding`.
    pub fn open(&self, index: u32, sealed: &[u8]) -> Result<Vec<u8>, JsError> {
        self.opener
            .open(index, sealed)
            .map_err(|error| JsError::new(open_code(&error)))
    }

    /// SHA-256 of what [`Self::open_next`] took so far.
    pub fn hash(&self) -> Vec<u8> {
        self.digest.so_far().to_vec()
    }
}

fn secret(key: &mut Vec<u8>, nonce_base: &[u8]) -> Result<(FileKey, NonceBase), JsError> {
    let made = FileKey::from_slice(key);
    key.zeroize();
    let base: Option<[u8; BASE_LEN]> = nonce_base.try_into().ok();
    made.zip(base.map(NonceBase))
        .ok_or_else(|| JsError::new("secret_length"))
}

fn bytes(len: f64) -> Result<u64, JsError> {
    let whole = len >= 0.0 && len.fract() == 0.0;
    whole
        .then_some(len as u64)
        .ok_or_else(|| JsError::new("too_long"))
}

fn seal_code(error: &SealError) -> &'static str {
    match error {
        SealError::NoSuchChunk { .. } => "no_such_chunk",
        SealError::WrongLength { .. } => "wrong_length",
        SealError::Cipher => "cipher",
    }
}

fn open_code(error: &OpenError) -> &'static str {
    match error {
        OpenError::NoSuchChunk { .. } => "no_such_chunk",
        OpenError::WrongLength { .. } => "wrong_length",
        OpenError::NotAuthentic { .. } => "not_authentic",
        OpenError::Padding { .. } => "padding",
    }
}
