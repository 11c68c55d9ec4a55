use std::fmt;

use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{Bytes, encoding::Writer};

/// An Ed25519 public key (RFC 8032): an AIK or a device key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub struct PublicKey([u8; 32]);

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub struct Signature(pub [u8; 64]);

/// Why a signed structure was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are not the structure.
    #[error("the structure cannot be read")]
    Malformed,
    /// The signature is by another key, or of other bytes.
    #[error("the signature does not fit")]
    WrongSignature,
    /// The key is no point of the curve, or one of small order.
    #[error("the key is not usable")]
    BadKey,
}

impl PublicKey {
    /// A key of 32 bytes; refused when it is no point of the curve or a weak one.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, SignatureError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SignatureError::Malformed)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| SignatureError::BadKey)?;
        if key.is_weak() {
            return Err(SignatureError::BadKey);
        }
        Ok(Self(bytes))
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of the key: what people compare.
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Checks `signature` over [`signed_bytes`] of `label` and `body`; strict (RFC 8032 cofactorless, no
    /// malleable encodings), so that two implementations never disagree.
    pub fn check_signature(
        &self,
        label: &str,
        body: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError::BadKey)?;
        key.verify_strict(
            &signed_bytes(label, body),
            &ed25519_dalek::Signature::from_bytes(&signature.0),
        )
        .map_err(|_| SignatureError::WrongSignature)
    }
}

/// What a signature of this project covers: `opaque label<0..2^16-1> ‖ body`. Only the label needs its length in
/// front, for the body is last.
pub fn signed_bytes(label: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = Writer::default().vec16(label.as_bytes()).finish();
    bytes.extend_from_slice(body);
    bytes
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey(…)")
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

impl TryFrom<Bytes> for PublicKey {
    type Error = SignatureError;
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        Self::from_slice(&bytes.0)
    }
}

impl From<PublicKey> for Bytes {
    fn from(key: PublicKey) -> Self {
        Self(key.0.to_vec())
    }
}

impl TryFrom<Bytes> for Signature {
    type Error = SignatureError;
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        bytes
            .0
            .try_into()
            .map(Self)
            .map_err(|_| SignatureError::Malformed)
    }
}

impl From<Signature> for Bytes {
    fn from(signature: Signature) -> Self {
        Self(signature.0.to_vec())
    }
}
