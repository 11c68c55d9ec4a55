use ed25519_dalek::{Signer as _, SigningKey};
use proptest::prelude::*;

use super::*;
use crate::{DeviceId, Email, Millis, NetworkId, UserId};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_slice(key.verifying_key().as_bytes()).unwrap()
}

fn certificate(aik_in_body: &SigningKey, signer: &SigningKey) -> Certificate {
    let body = CertificateBody {
        network_id: NetworkId::from_random([1; 16]),
        email: Email::parse("alice@example.org").unwrap(),
        user_id: UserId::from_random([2; 16]),
        device_id: DeviceId::from_random([3; 16]),
        device_key: public(&key(9)),
        aik: public(aik_in_body),
        not_after: Millis(1_800_000_000_000),
    };
    Certificate::issue(body, |bytes| signer.sign(bytes).to_bytes())
}

fn list(version: u64, previous: [u8; 32]) -> DeviceList {
    let body = DeviceListBody {
        user_id: UserId::from_random([2; 16]),
        aik: public(&key(7)),
        version,
        previous,
        signed_at: Millis(5),
        devices: vec![ListedDevice {
            device_id: DeviceId::from_random([3; 16]),
            device_key: public(&key(9)),
            name: "Alice’s laptop".to_owned(),
            added_at: Millis(4),
        }],
    };
    DeviceList::issue(body, |bytes| key(7).sign(bytes).to_bytes())
}

#[test]
fn certificate_survives_encoding() {
    let certificate = certificate(&key(7), &key(7));
    assert_eq!(Certificate::decode(&certificate.encode()).unwrap(), certificate);
}

#[test]
fn certificate_by_another_key_is_refused() {
    let forged = certificate(&key(7), &key(8)).encode();
    assert_eq!(
        Certificate::decode(&forged).unwrap_err(),
        SignatureError::WrongSignature
    );
}

#[test]
fn every_changed_bit_of_a_certificate_is_refused() {
    let good = certificate(&key(7), &key(7)).encode();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Certificate::decode(&bad).is_err(), "bit {bit}");
    }
}

#[test]
fn a_list_that_skips_goes_back_or_forks_does_not_follow() {
    let first = list(1, [0; 32]);
    assert!(list(2, first.hash()).follows(&first));
    assert!(!list(3, first.hash()).follows(&first));
    assert!(!list(1, first.hash()).follows(&first));
    assert!(!list(2, [9; 32]).follows(&first));
}

#[test]
fn a_challenge_signed_for_one_device_does_not_serve_another() {
    let sign = |challenge: &SessionChallenge| Signature(key(9).sign(&challenge.to_be_signed()).to_bytes());
    let one = SessionChallenge {
        device_id: DeviceId::from_random([3; 16]),
        nonce: [1; 32],
    };
    let other = SessionChallenge {
        device_id: DeviceId::from_random([4; 16]),
        nonce: [1; 32],
    };
    assert!(one.check_signature(&public(&key(9)), &sign(&one)).is_ok());
    assert!(other.check_signature(&public(&key(9)), &sign(&one)).is_err());
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_never_pass(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Certificate::decode(&bytes).is_err());
        prop_assert!(DeviceList::decode(&bytes).is_err());
    }
}
