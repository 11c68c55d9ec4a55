use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::{Signer as _, SigningKey};
use hkdf::Hkdf;
use protocol::{NetworkId, UserId, encoding::Writer, identity::PublicKey};
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::random::Random;

const VERSION: u8 = 1;
const NONCE_LEN: usize = 12;

/// The account identity key with its secret. Wiped when dropped; keep it no longer than it signs.
pub(crate) struct Aik {
    key: SigningKey,
    public: PublicKey,
}

/// The sealed key does not open: another password made it, or the server changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed account key does not open")]
pub(crate) struct UnsealError;

impl Aik {
    pub(crate) fn generate(random: &Random) -> Self {
        loop {
            // A weak key comes with probability 2⁻²⁵²; drawing again is simpler than an error that nobody sees.
            if let Some(aik) = Self::from_secret(&Zeroizing::new(random.array())) {
                return aik;
            }
        }
    }

    fn from_secret(secret: &[u8; 32]) -> Option<Self> {
        let key = SigningKey::from_bytes(secret);
        let public = PublicKey::from_slice(key.verifying_key().as_bytes()).ok()?;
        Some(Self { key, public })
    }

    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.key.sign(bytes).to_bytes()
    }

    /// Seals the secret for the server to keep:
    /// `version ‖ nonce ‖ AES-256-GCM(HKDF-SHA-512(export key, "Conclave 1.0 AIK seal"), secret)`, bound to
    /// network, user and public key.
    pub(crate) fn seal(
        &self,
        random: &Random,
        export_key: &[u8],
        network_id: NetworkId,
        user_id: UserId,
    ) -> Vec<u8> {
        let nonce = random.array::<NONCE_LEN>();
        let aad = seal_aad(network_id, user_id);
        let mut secret = Zeroizing::new(self.key.as_bytes().to_vec());
        secret.extend_from_slice(self.public.as_bytes());
        let sealed = seal_cipher(export_key).encrypt(
            &nonce.into(),
            Payload {
                msg: &secret,
                aad: &aad,
            },
        );
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&nonce);
        // AES-GCM fails on input beyond 64 GiB alone.
        bytes.extend(sealed.unwrap_or_default());
        bytes
    }

    pub(crate) fn unseal(
        sealed: &[u8],
        export_key: &[u8],
        network_id: NetworkId,
        user_id: UserId,
    ) -> Result<Self, UnsealError> {
        let (version, rest) = sealed.split_first().ok_or(UnsealError)?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN).ok_or(UnsealError)?;
        let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| UnsealError)?;
        if *version != VERSION {
            return Err(UnsealError);
        }
        let aad = seal_aad(network_id, user_id);
        let opened = seal_cipher(export_key).decrypt(
            &nonce.into(),
            Payload {
                msg: sealed,
                aad: &aad,
            },
        );
        let opened = Zeroizing::new(opened.map_err(|_| UnsealError)?);
        let (secret, public) = opened.split_at_checked(32).ok_or(UnsealError)?;
        let secret = Zeroizing::new(<[u8; 32]>::try_from(secret).map_err(|_| UnsealError)?);
        let aik = Self::from_secret(&secret).ok_or(UnsealError)?;
        if aik.public.as_bytes().as_slice() == public {
            Ok(aik)
        } else {
            Err(UnsealError)
        }
    }

    /// The key under which the user's devices seal own state.
    pub(crate) fn own_state_key(&self) -> Zeroizing<[u8; 32]> {
        derive(self.key.as_bytes(), b"Conclave 1.0 own state")
    }
}

fn seal_cipher(export_key: &[u8]) -> Aes256Gcm {
    Aes256Gcm::new((&*derive(export_key, b"Conclave 1.0 AIK seal")).into())
}

fn seal_aad(network_id: NetworkId, user_id: UserId) -> Vec<u8> {
    Writer::default()
        .vec16(b"Conclave 1.0 AIK seal")
        .fixed(network_id.as_bytes())
        .fixed(user_id.as_bytes())
        .finish()
}

fn derive(secret: &[u8], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut okm = Zeroizing::new([0; 32]);
    // 32 bytes are below HKDF's limit, so this does not fail.
    let _ = Hkdf::<Sha512>::new(None, secret).expand(label, &mut *okm);
    okm
}
