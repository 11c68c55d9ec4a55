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

#[test]
fn usable_keys_are_those_of_the_suite_alone() {
    let key = ours().derive_hpke_keypair(config(), &[5; 48]).unwrap().public;
    assert!(is_usable_key(&key));
    assert!(!is_usable_key(&key[1..]));
    let mut spoilt = key;
    spoilt[..3].fill(0xff);
    assert!(!is_usable_key(&spoilt));
    let sealed = ours().hpke_seal(config(), &spoilt, b"", b"", b"");
    assert!(sealed.is_err(), "what the check keeps out");
}
