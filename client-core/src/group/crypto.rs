//! The primitives of the one suite: what OpenMLS asks for, and nothing of the suites that no group of ours has. The
//! provider that OpenMLS brings knows them all, which is a tenth of what a browser has to load; it also draws from
//! the system's generator, where this one takes the core's. A test holds the two against each other.
//!
//! HPKE (RFC 9180) is `hpke-rs` over X-Wing, HKDF-SHA384 and AES-256-GCM; encapsulation is called here, so that it
//! gets its randomness from the core.

use std::convert::Infallible;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use hpke_rs::{Context, Hpke, HpkePrivateKey, Mode};
use hpke_rs_crypto::{
    HpkeCrypto, HpkeTestRng, TryCryptoRng, TryRng,
    error::Error as HpkeFailed,
    types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm},
};
use openmls::prelude::{Ciphersuite, OpenMlsCrypto, SignatureScheme, tls_codec::SecretVLBytes};
use openmls_traits::types::{
    AeadType, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKdfType,
    HpkeKemType, HpkeKeyPair, KemOutput,
};
use sha2::{Digest as _, Sha384};
use x_wing::{Decapsulate as _, Encapsulate as _, KeyExport as _, TryKeyInit as _};
use zeroize::{Zeroize, Zeroizing};

use super::provider::SUITE;
use crate::random::Random;

const NONCE_LEN: usize = 12;

/// The suite's primitives, for OpenMLS.
pub(crate) struct SuiteCrypto {
    random: Random,
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

fn hpke(config: &HpkeConfig) -> Result<Hpke<SuiteHpke>> {
    let HpkeConfig(HpkeKemType::XWingKemDraft6, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256) = config
    else {
        return Err(CryptoError::UnsupportedCiphersuite);
    };
    Ok(Hpke::new(
        Mode::Base,
        KemAlgorithm::XWingDraft06,
        KdfAlgorithm::HkdfSha384,
        AeadAlgorithm::Aes256Gcm,
    ))
}

/// What HPKE of the suite is made of. [`hpke`] lets no other algorithm come here.
#[derive(Debug)]
struct SuiteHpke;

impl HpkeCrypto for SuiteHpke {
    type HpkePrng = NoRandomness;

    fn name() -> String {
        String::new()
    }

    fn supports_kdf(_: KdfAlgorithm) -> std::result::Result<(), HpkeFailed> {
        Ok(())
    }

    fn supports_kem(_: KemAlgorithm) -> std::result::Result<(), HpkeFailed> {
        Ok(())
    }

    fn supports_aead(_: AeadAlgorithm) -> std::result::Result<(), HpkeFailed> {
        Ok(())
    }

    fn prng() -> NoRandomness {
        NoRandomness
    }

    fn kdf_extract(_: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> std::result::Result<Vec<u8>, HpkeFailed> {
        Ok(extract(salt, ikm))
    }

    fn kdf_expand(
        _: KdfAlgorithm,
        prk: &[u8],
        info: &[u8],
        len: usize,
    ) -> std::result::Result<Vec<u8>, HpkeFailed> {
        expand(prk, info, len).ok_or(HpkeFailed::HpkeInvalidOutputLength)
    }

    fn dh(_: KemAlgorithm, _: &[u8], _: &[u8]) -> std::result::Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn secret_to_public(_: KemAlgorithm, _: &[u8]) -> std::result::Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn dh_validate_sk(_: KemAlgorithm, _: &[u8]) -> std::result::Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn kem_key_gen(
        _: KemAlgorithm,
        _: &mut NoRandomness,
    ) -> std::result::Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        Err(HpkeFailed::UnsupportedKemOperation)
    }

    fn kem_key_gen_derand(
        _: KemAlgorithm,
        seed: &[u8],
    ) -> std::result::Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        let key = decapsulation_key(seed)?;
        let public = x_wing::Decapsulator::encapsulation_key(&key).to_bytes();
        Ok((public.as_slice().to_vec(), key.as_bytes().to_vec()))
    }

    fn kem_encaps(
        _: KemAlgorithm,
        _: &[u8],
        _: &mut NoRandomness,
    ) -> std::result::Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        Err(HpkeFailed::UnsupportedKemOperation)
    }

    fn kem_decaps(_: KemAlgorithm, ct: &[u8], sk_r: &[u8]) -> std::result::Result<Vec<u8>, HpkeFailed> {
        let ct = x_wing::Ciphertext::try_from(ct).map_err(|_| HpkeFailed::KemInvalidCiphertext)?;
        let secret = Zeroizing::new(decapsulation_key(sk_r)?.decapsulate(&ct));
        Ok(secret.as_slice().to_vec())
    }

    fn aead_seal(
        _: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        msg: &[u8],
    ) -> std::result::Result<Vec<u8>, HpkeFailed> {
        seal(key, nonce, aad, msg).ok_or(HpkeFailed::AeadInvalidNonce)
    }

    fn aead_open(
        _: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        msg: &[u8],
    ) -> std::result::Result<Vec<u8>, HpkeFailed> {
        open(key, nonce, aad, msg).ok_or(HpkeFailed::AeadOpenError)
    }
}

fn decapsulation_key(seed: &[u8]) -> std::result::Result<x_wing::DecapsulationKey, HpkeFailed> {
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| HpkeFailed::KemInvalidSecretKey)?);
    Ok(x_wing::DecapsulationKey::from(*seed))
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

/// `hpke-rs` makes a generator with everything, and would use it for what [`SuiteHpke`] refuses.
struct NoRandomness;

impl TryRng for NoRandomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> std::result::Result<u32, Infallible> {
        nothing_to_draw()
    }

    fn try_next_u64(&mut self) -> std::result::Result<u64, Infallible> {
        nothing_to_draw()
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> std::result::Result<(), Infallible> {
        nothing_to_draw()
    }
}

#[expect(
    clippy::panic,
    reason = "zeros in the place of randomness would be worse, and nothing that is supported draws here"
)]
fn nothing_to_draw() -> ! {
    panic!("randomness comes from the core")
}

impl TryCryptoRng for NoRandomness {}

impl Zeroize for NoRandomness {
    fn zeroize(&mut self) {}
}

impl HpkeTestRng for NoRandomness {
    type Error = Infallible;

    fn try_fill_test_bytes(&mut self, _: &mut [u8]) -> std::result::Result<(), Infallible> {
        nothing_to_draw()
    }

    fn seed(&mut self, _: &[u8]) {}
}

#[cfg(test)]
mod tests {
    use openmls_rust_crypto::RustCrypto;

    use super::*;

    fn config() -> HpkeConfig {
        SUITE.hpke_config()
    }

    /// What the provider that OpenMLS brings says of the same.
    fn theirs() -> RustCrypto {
        RustCrypto::default()
    }

    fn ours() -> SuiteCrypto {
        SuiteCrypto::new(Random::new([7; 32]))
    }

    fn secret(bytes: Result<SecretVLBytes>) -> Vec<u8> {
        bytes.unwrap().as_slice().to_vec()
    }

    #[test]
    fn hashes_and_derivations_are_those_of_the_other_provider() {
        let (ours, theirs, hash) = (ours(), theirs(), SUITE.hash_algorithm());
        assert_eq!(
            ours.hash(hash, b"data").unwrap(),
            theirs.hash(hash, b"data").unwrap()
        );
        let both = [
            [
                ours.hmac(hash, b"key", b"data"),
                theirs.hmac(hash, b"key", b"data"),
            ],
            [
                ours.hkdf_extract(hash, b"", b"ikm"),
                theirs.hkdf_extract(hash, b"", b"ikm"),
            ],
            [
                ours.hkdf_expand(hash, &[1; 48], b"info", 100),
                theirs.hkdf_expand(hash, &[1; 48], b"info", 100),
            ],
        ];
        for [ours, theirs] in both {
            assert_eq!(secret(ours), secret(theirs));
        }
        assert!(ours.hkdf_expand(hash, &[1; 48], b"info", 48 * 256).is_err());
        assert!(ours.hkdf_expand(hash, &[1; 10], b"info", 48).is_err());
    }

    #[test]
    fn ciphers_open_what_the_other_provider_sealed() {
        let (ours, theirs, aead) = (ours(), theirs(), SUITE.aead_algorithm());
        let (key, nonce) = ([3; 32], [4; 12]);
        let sealed = ours.aead_encrypt(aead, &key, b"text", &nonce, b"aad").unwrap();
        assert_eq!(
            sealed,
            theirs.aead_encrypt(aead, &key, b"text", &nonce, b"aad").unwrap()
        );
        assert_eq!(
            ours.aead_decrypt(aead, &key, &sealed, &nonce, b"aad").unwrap(),
            b"text"
        );
        let changed = ours.aead_decrypt(aead, &key, &sealed, &nonce, b"dad");
        assert_eq!(changed, Err(CryptoError::AeadDecryptionError));
    }

    #[test]
    fn hpke_is_that_of_the_other_provider() {
        let (ours, theirs) = (ours(), theirs());
        let pair = ours.derive_hpke_keypair(config(), &[5; 48]).unwrap();
        let same = theirs.derive_hpke_keypair(config(), &[5; 48]).unwrap();
        assert_eq!((&*pair.private, &pair.public), (&*same.private, &same.public));

        let sealed = [
            ours.hpke_seal(config(), &pair.public, b"info", b"aad", b"text")
                .unwrap(),
            theirs
                .hpke_seal(config(), &pair.public, b"info", b"aad", b"text")
                .unwrap(),
        ];
        for sealed in &sealed {
            let opened = [
                ours.hpke_open(config(), sealed, &pair.private, b"info", b"aad")
                    .unwrap(),
                theirs
                    .hpke_open(config(), sealed, &pair.private, b"info", b"aad")
                    .unwrap(),
            ];
            assert_eq!(opened, [b"text", b"text"]);
            let changed = ours.hpke_open(config(), sealed, &pair.private, b"other", b"aad");
            assert_eq!(changed, Err(CryptoError::HpkeDecryptionError));
        }

        let (enc, exported) = ours
            .hpke_setup_sender_and_export(config(), &pair.public, b"info", b"context", 48)
            .unwrap();
        let received = theirs
            .hpke_setup_receiver_and_export(config(), &enc, &pair.private, b"info", b"context", 48)
            .unwrap();
        let again = ours
            .hpke_setup_receiver_and_export(config(), &enc, &pair.private, b"info", b"context", 48)
            .unwrap();
        assert_eq!(&*exported, &*received);
        assert_eq!(&*exported, &*again);
    }

    /// Encapsulation, too, follows from the seed of the core, and never twice from the same place in its stream.
    #[test]
    fn encapsulation_draws_from_the_core() {
        let pair = ours().derive_hpke_keypair(config(), &[5; 48]).unwrap();
        let seal = |crypto: &SuiteCrypto| crypto.hpke_seal(config(), &pair.public, b"", b"", b"").unwrap();
        let (one, same) = (ours(), ours());
        let first = seal(&one).kem_output;
        assert_eq!(first.as_slice(), seal(&same).kem_output.as_slice());
        assert_ne!(first.as_slice(), seal(&one).kem_output.as_slice());
    }

    #[test]
    fn signatures_are_checked() {
        let theirs = theirs();
        let (private, public) = theirs.signature_key_gen(SignatureScheme::ED25519).unwrap();
        let signature = theirs.sign(SignatureScheme::ED25519, b"data", &private).unwrap();
        let check = |data: &[u8], scheme| ours().verify_signature(scheme, data, &public, &signature);
        assert_eq!(check(b"data", SignatureScheme::ED25519), Ok(()));
        assert_eq!(
            check(b"other", SignatureScheme::ED25519),
            Err(CryptoError::InvalidSignature)
        );
        let other = SignatureScheme::ECDSA_SECP256R1_SHA256;
        assert_eq!(
            check(b"data", other),
            Err(CryptoError::UnsupportedSignatureScheme)
        );
    }

    #[test]
    fn other_suites_are_refused() {
        let other = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;
        assert_eq!(ours().supports(SUITE), Ok(()));
        assert_eq!(ours().supports(other), Err(CryptoError::UnsupportedCiphersuite));
        assert!(ours().derive_hpke_keypair(other.hpke_config(), &[5; 32]).is_err());
        assert!(ours().hash(other.hash_algorithm(), b"").is_err());
        assert!(
            ours()
                .aead_encrypt(other.aead_algorithm(), &[0; 16], b"", &[0; 12], b"")
                .is_err()
        );
    }
}
