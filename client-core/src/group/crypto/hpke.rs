//! HPKE of the suite (RFC 9180), from `hpke-rs`.

use std::convert::Infallible;

use hpke_rs::{Hpke, Mode};
use hpke_rs_crypto::{
    HpkeCrypto, HpkeTestRng, TryCryptoRng, TryRng,
    error::Error as HpkeFailed,
    types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm},
};
use openmls_traits::types::{CryptoError, HpkeAeadType, HpkeConfig, HpkeKdfType, HpkeKemType};
use x_wing::{Decapsulate as _, KeyExport as _};
use zeroize::{Zeroize, Zeroizing};

use super::{expand, extract, open, seal};

pub(super) fn hpke(config: &HpkeConfig) -> Result<Hpke<SuiteHpke>, CryptoError> {
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
pub(super) struct SuiteHpke;

impl HpkeCrypto for SuiteHpke {
    type HpkePrng = NoRandomness;

    fn name() -> String {
        String::new()
    }

    fn supports_kdf(_: KdfAlgorithm) -> Result<(), HpkeFailed> {
        Ok(())
    }

    fn supports_kem(_: KemAlgorithm) -> Result<(), HpkeFailed> {
        Ok(())
    }

    fn supports_aead(_: AeadAlgorithm) -> Result<(), HpkeFailed> {
        Ok(())
    }

    fn prng() -> NoRandomness {
        NoRandomness
    }

    fn kdf_extract(_: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, HpkeFailed> {
        Ok(extract(salt, ikm))
    }

    fn kdf_expand(_: KdfAlgorithm, prk: &[u8], info: &[u8], len: usize) -> Result<Vec<u8>, HpkeFailed> {
        expand(prk, info, len).ok_or(HpkeFailed::HpkeInvalidOutputLength)
    }

    fn dh(_: KemAlgorithm, _: &[u8], _: &[u8]) -> Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn secret_to_public(_: KemAlgorithm, _: &[u8]) -> Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn dh_validate_sk(_: KemAlgorithm, _: &[u8]) -> Result<Vec<u8>, HpkeFailed> {
        Err(HpkeFailed::UnknownKemAlgorithm)
    }

    fn kem_key_gen(_: KemAlgorithm, _: &mut NoRandomness) -> Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        Err(HpkeFailed::UnsupportedKemOperation)
    }

    fn kem_key_gen_derand(_: KemAlgorithm, seed: &[u8]) -> Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        let key = decapsulation_key(seed)?;
        let public = x_wing::Decapsulator::encapsulation_key(&key).to_bytes();
        Ok((public.as_slice().to_vec(), key.as_bytes().to_vec()))
    }

    fn kem_encaps(_: KemAlgorithm, _: &[u8], _: &mut NoRandomness) -> Result<(Vec<u8>, Vec<u8>), HpkeFailed> {
        Err(HpkeFailed::UnsupportedKemOperation)
    }

    fn kem_decaps(_: KemAlgorithm, ct: &[u8], sk_r: &[u8]) -> Result<Vec<u8>, HpkeFailed> {
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
    ) -> Result<Vec<u8>, HpkeFailed> {
        seal(key, nonce, aad, msg).ok_or(HpkeFailed::AeadInvalidNonce)
    }

    fn aead_open(
        _: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        msg: &[u8],
    ) -> Result<Vec<u8>, HpkeFailed> {
        open(key, nonce, aad, msg).ok_or(HpkeFailed::AeadOpenError)
    }
}

fn decapsulation_key(seed: &[u8]) -> Result<x_wing::DecapsulationKey, HpkeFailed> {
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).map_err(|_| HpkeFailed::KemInvalidSecretKey)?);
    Ok(x_wing::DecapsulationKey::from(*seed))
}

/// `hpke-rs` makes a generator with everything, and would use it for what [`SuiteHpke`] refuses.
pub(super) struct NoRandomness;

impl TryRng for NoRandomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        nothing_to_draw()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        nothing_to_draw()
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
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

    fn try_fill_test_bytes(&mut self, _: &mut [u8]) -> Result<(), Infallible> {
        nothing_to_draw()
    }

    fn seed(&mut self, _: &[u8]) {}
}
