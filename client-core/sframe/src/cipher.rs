//! Key schedule and cipher of one key id (RFC 9605 §4.4), suite AES_256_GCM_SHA512_128 (0x0005): Nk = 32,
//! Nn = 12, Nh = 64, Nt = 16.

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{AeadInOut, inout::InOutBuf},
};
use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::header::Header;

/// Number of the cipher suite (RFC 9605 §8.1).
const SUITE: u16 = 0x0005;
const KEY_LEN: usize = 32;
const NONCE_LEN: usize = 12;
const SECRET_LEN: usize = 64;
const TAG_LEN: usize = 16;

/// `sframe_secret` of an epoch: what is left of the base key after HKDF-Extract. Wiped when dropped, never
/// printed.
pub struct EpochSecret(Zeroizing<[u8; SECRET_LEN]>);

/// Cipher and salt of one key id. Wiped when dropped, never printed.
pub struct FrameKey {
    cipher: Aes256Gcm,
    salt: Zeroizing<[u8; NONCE_LEN]>,
}

/// The frame is too long for the cipher: beyond 64 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame is too long to be sealed")]
pub struct SealFailed;

/// The tag does not fit: another key, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame is not authentic")]
pub struct OpenFailed;

impl EpochSecret {
    /// From the base key (of any length, as RFC 9605 has it).
    pub fn extract(base_key: &[u8]) -> Self {
        let (mut prk, _) = Hkdf::<Sha512>::extract(Some(&[]), base_key);
        let mut secret = Zeroizing::new([0; SECRET_LEN]);
        secret.copy_from_slice(&prk);
        zeroize::Zeroize::zeroize(prk.as_mut_slice());
        Self(secret)
    }

    /// The key of a key id.
    pub fn frame_key(&self, kid: u64) -> FrameKey {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let mut salt = Zeroizing::new([0; NONCE_LEN]);
        self.expand(b"SFrame 1.0 Secret key ", kid, key.as_mut());
        self.expand(b"SFrame 1.0 Secret salt ", kid, salt.as_mut());
        FrameKey {
            cipher: Aes256Gcm::new((&*key).into()),
            salt,
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "HKDF-SHA512 takes a secret of 64 bytes and gives up to 16,320"
    )]
    fn expand(&self, label: &[u8], kid: u64, out: &mut [u8]) {
        let hkdf = Hkdf::<Sha512>::from_prk(self.0.as_slice()).expect("the secret has 64 bytes");
        let info: [&[u8]; 3] = [label, &kid.to_be_bytes(), &SUITE.to_be_bytes()];
        hkdf.expand_multi_info(&info, out)
            .expect("at most 32 bytes are asked for");
    }
}

impl FrameKey {
    /// `metadata ‖ header ‖ ciphertext ‖ tag`, where header and metadata are authenticated (RFC 9605 §4.4.4). The
    /// caller sees to it that a header is used once.
    pub fn seal(&self, header: Header, metadata: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealFailed> {
        let encoded = header.encode();
        let head = encoded.as_ref();
        let mut out = Vec::with_capacity(metadata.len() + head.len() + plain.len() + TAG_LEN);
        out.extend_from_slice(metadata);
        out.extend_from_slice(head);
        let body = out.len();
        out.extend_from_slice(plain);
        let aad = Aad::new(head, metadata);
        let buffer = InOutBuf::from(out.get_mut(body..).ok_or(SealFailed)?);
        let nonce = self.nonce(header.ctr).into();
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce, aad.as_ref(), buffer)
            .map_err(|_| SealFailed)?;
        out.extend_from_slice(&tag);
        Ok(out)
    }

    /// The plain frame behind `metadata`; `head` is the header as it stands on the wire, `sealed` is ciphertext
    /// and tag.
    pub fn open(
        &self,
        header: Header,
        head: &[u8],
        metadata: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, OpenFailed> {
        let cut = sealed.len().checked_sub(TAG_LEN).ok_or(OpenFailed)?;
        let (ciphertext, tag) = sealed.split_at_checked(cut).ok_or(OpenFailed)?;
        let tag = tag.try_into().map_err(|_| OpenFailed)?;
        let mut out = Vec::with_capacity(metadata.len() + cut);
        out.extend_from_slice(metadata);
        out.extend_from_slice(ciphertext);
        let aad = Aad::new(head, metadata);
        let buffer = InOutBuf::from(out.get_mut(metadata.len()..).ok_or(OpenFailed)?);
        let nonce = self.nonce(header.ctr).into();
        self.cipher
            .decrypt_inout_detached(&nonce, aad.as_ref(), buffer, &tag)
            .map_err(|_| OpenFailed)?;
        Ok(out)
    }

    /// Salt XOR counter, right-aligned (RFC 9605 §4.4.3).
    fn nonce(&self, ctr: u64) -> [u8; NONCE_LEN] {
        let mut nonce = *self.salt;
        for (byte, counter) in nonce.iter_mut().skip(NONCE_LEN - 8).zip(ctr.to_be_bytes()) {
            *byte ^= counter;
        }
        nonce
    }
}

/// `header ‖ metadata`; ours fit on the stack.
enum Aad {
    Short([u8; 32], usize),
    Long(Vec<u8>),
}

impl Aad {
    fn new(head: &[u8], metadata: &[u8]) -> Self {
        let len = head.len() + metadata.len();
        let mut short = [0; 32];
        if let Some(place) = short.get_mut(..len) {
            for (to, from) in place.iter_mut().zip(head.iter().chain(metadata)) {
                *to = *from;
            }
            return Self::Short(short, len);
        }
        Self::Long([head, metadata].concat())
    }
}

impl AsRef<[u8]> for Aad {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Short(bytes, len) => bytes.get(..*len).unwrap_or(bytes),
            Self::Long(bytes) => bytes,
        }
    }
}
