//! The primitives of the one suite: what OpenMLS asks for, and nothing of the suites that no group of ours has. The
//! provider that OpenMLS brings knows them all, which is a tenth of what a browser has to load; it also draws from
//! the system's generator, where this one takes the core's. A test holds the two against each other.
//!
//! HPKE (RFC 9180) is `hpke-rs` over X-Wing, HKDF-SHA384 and AES-256-GCM; encapsulation is called here, so that it
//! gets its randomness from the core.

mod hpke;
#[cfg(test)]
mod tests;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use hpke_rs::{Context, HpkePrivateKey};
use openmls::prelude::{Ciphersuite, OpenMlsCrypto, SignatureScheme, tls_codec::SecretVLBytes};
use openmls_traits::types::{
    AeadType, CryptoError, ExporterSecret, HashType, HpkeCiphertext, HpkeConfig, HpkeKeyPair, KemOutput,
};
use sha2::{Digest as _, Sha384};
use x_wing::{Encapsulate as _, TryKeyInit as _};
use zeroize::Zeroizing;

use hpke::{SuiteHpke, hpke};

use super::provider::SUITE;
use crate::random::Random;

const NONCE_LEN: usize = 12;

/// The suite's primitives, for OpenMLS.
pub(crate) struct SuiteCrypto {
    random: Random,
}

/// Whether others can encrypt to a public key of the suite: its length, and an ML-KEM part whose coefficients are
/// reduced (FIPS 203 §7.2). OpenMLS finds out only when somebody does.
pub(super) fn is_usable_key(key: &[u8]) -> bool {
    x_wing::EncapsulationKey::new_from_slice(key).is_ok()
}

type Result<T> = std::result::Result<T, CryptoError>;

impl SuiteCrypto {
    pub(crate) fn new(random: Random) -> Self {
        Self { random }
    }

    fn sender(&self, config: &HpkeConfig, pk_r: &[u8], info: &[u8]) -> Result<(Vec<u8>, Context<SuiteHpke>)> {
        let hpke = hpke(config)?;
        let key = x_wing::EncapsulationKey::new_from_slice(pk_r).map_err(|_| CryptoError::InvalidLength)?;
        let (enc, secret) = key.encapsulate_with_rng(&mut self.random.clone());
        let secret = Zeroizing::new(secret);
        let context = hpke
            .key_schedule(&secret, info, &[], &[])
            .map_err(|_| CryptoError::SenderSetupError)?;
        Ok((enc.as_slice().to_vec(), context))
    }

    fn receiver(
        &self,
        config: &HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
    ) -> Result<Context<SuiteHpke>> {
        hpke(config)?
            .setup_receiver(enc, &HpkePrivateKey::from(sk_r), info, None, None, None)
            .map_err(|_| CryptoError::ReceiverSetupError)
    }
}

impl OpenMlsCrypto for SuiteCrypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<()> {
        if ciphersuite == SUITE {
            Ok(())
        } else {
            Err(CryptoError::UnsupportedCiphersuite)
        }
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        vec![SUITE]
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes> {
        sha_384(hash)?;
        Ok(extract(salt, ikm).into())
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes> {
        sha_384(hash)?;
        let mut mac =
            <Hmac<Sha384> as hmac::KeyInit>::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec().into())
    }

    fn hkdf_expand(&self, hash: HashType, prk: &[u8], info: &[u8], len: usize) -> Result<SecretVLBytes> {
        sha_384(hash)?;
        let out = expand(prk, info, len).ok_or(CryptoError::HkdfOutputLengthInvalid)?;
        Ok(out.into())
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>> {
        sha_384(hash)?;
        Ok(Sha384::digest(data).to_vec())
    }

    fn aead_encrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>> {
        aes_256_gcm(aead)?;
        seal(key, nonce, aad, data).ok_or(CryptoError::CryptoLibraryError)
    }

    fn aead_decrypt(
        &self,
        aead: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>> {
        aes_256_gcm(aead)?;
        open(key, nonce, aad, data).ok_or(CryptoError::AeadDecryptionError)
    }

    /// Devices make and use their keys themselves.
    fn signature_key_gen(&self, _: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>)> {
        Err(CryptoError::UnsupportedSignatureScheme)
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &[u8]) -> Result<Vec<u8>> {
        Err(CryptoError::UnsupportedSignatureScheme)
    }

    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        pk: &[u8],
        signature: &[u8],
    ) -> Result<()> {
        if scheme != SignatureScheme::ED25519 {
            return Err(CryptoError::UnsupportedSignatureScheme);
        }
        // Not the stricter check that certificates get: the server judges commits by this one, and members who
        // refuse what it takes would have to found their room anew.
        let key = VerifyingKey::try_from(pk).map_err(|_| CryptoError::InvalidPublicKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify(data, &signature)
            .map_err(|_| CryptoError::InvalidSignature)
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        aad: &[u8],
        ptxt: &[u8],
    ) -> Result<HpkeCiphertext> {
        let (enc, mut context) = self.sender(&config, pk_r, info)?;
        let ciphertext = context
            .seal(aad, ptxt)
            .map_err(|_| CryptoError::HpkeEncryptionError)?;
        Ok(HpkeCiphertext {
            kem_output: enc.into(),
            ciphertext: ciphertext.into(),
        })
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        sk_r: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>> {
        self.receiver(&config, input.kem_output.as_slice(), sk_r, info)
            .and_then(|mut context| {
                context
                    .open(aad, input.ciphertext.as_slice())
                    .map_err(|_| CryptoError::HpkeDecryptionError)
            })
            .map_err(|_| CryptoError::HpkeDecryptionError)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        pk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(KemOutput, ExporterSecret)> {
        let (enc, context) = self.sender(&config, pk_r, info)?;
        let secret = context
            .export(exporter_context, exporter_length)
            .map_err(|_| CryptoError::ExporterError)?;
        Ok((enc, secret.into()))
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        enc: &[u8],
        sk_r: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret> {
        let secret = self
            .receiver(&config, enc, sk_r, info)?
            .export(exporter_context, exporter_length)
            .map_err(|_| CryptoError::ExporterError)?;
        Ok(secret.into())
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair> {
        let (private, public) = hpke(&config)?
            .derive_key_pair(ikm)
            .map_err(|_| CryptoError::InvalidLength)?
            .into_keys();
        Ok(HpkeKeyPair {
            private: private.as_slice().into(),
            public: public.as_slice().into(),
        })
    }
}

fn sha_384(hash: HashType) -> Result<()> {
    if hash == HashType::Sha2_384 {
        Ok(())
    } else {
        Err(CryptoError::UnsupportedHashAlgorithm)
    }
}

fn aes_256_gcm(aead: AeadType) -> Result<()> {
    if aead == AeadType::Aes256Gcm {
        Ok(())
    } else {
        Err(CryptoError::UnsupportedAeadAlgorithm)
    }
}

fn extract(salt: &[u8], ikm: &[u8]) -> Vec<u8> {
    let prk = Zeroizing::new(Hkdf::<Sha384>::extract(Some(salt), ikm).0);
    prk.to_vec()
}

fn expand(prk: &[u8], info: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out = vec![0; len];
    Hkdf::<Sha384>::from_prk(prk).ok()?.expand(info, &mut out).ok()?;
    Some(out)
}

fn seal(key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    let nonce = <[u8; NONCE_LEN]>::try_from(nonce).ok()?;
    let cipher = Aes256Gcm::new_from_slice(key).ok()?;
    cipher.encrypt(&nonce.into(), Payload { msg, aad }).ok()
}

fn open(key: &[u8], nonce: &[u8], aad: &[u8], msg: &[u8]) -> Option<Vec<u8>> {
    let nonce = <[u8; NONCE_LEN]>::try_from(nonce).ok()?;
    let cipher = Aes256Gcm::new_from_slice(key).ok()?;
    cipher.decrypt(&nonce.into(), Payload { msg, aad }).ok()
}
