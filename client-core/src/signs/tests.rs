//! Signs as a member, the server and a former member may forge them.

use proptest::prelude::*;
use protocol::{
    DeviceId, Email, Epoch, Generation, LeafIndex, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody, Signature, signed_bytes},
    limits::SEALED_SIGN_LEN,
    socket::SealedSign,
};
use zeroize::Zeroizing;

use super::{Sign, SignPlace, Typing};
use crate::{
    group::{DeviceKey, rules::Members},
    random::Random,
};

const ALICE: LeafIndex = LeafIndex(0);
const BOB: LeafIndex = LeafIndex(3);

fn key(leaf: LeafIndex) -> DeviceKey {
    DeviceKey::from_secret(&[u8::try_from(leaf.0).unwrap() + 1; 32])
}

fn certificate(leaf: LeafIndex) -> Certificate {
    let number = u8::try_from(leaf.0).unwrap() + 1;
    let aik = DeviceKey::from_secret(&[100 + number; 32]);
    let body = CertificateBody {
        network_id: NetworkId::from_random([1; 16]),
        email: Email::parse("someone@example.org").unwrap(),
        user_id: UserId::from_random([number; 16]),
        device_id: DeviceId::from_random([number; 16]),
        device_key: key(leaf).public().unwrap(),
        aik: aik.public().unwrap(),
        not_after: Millis(u64::MAX),
    };
    Certificate::issue(body, |bytes| aik.sign_bytes(bytes).0)
}

fn members() -> Members {
    [ALICE, BOB]
        .map(|leaf| (leaf, certificate(leaf)))
        .into_iter()
        .collect()
}

/// What makes a place another one.
#[derive(Clone)]
struct Where {
    room: u8,
    generation: u64,
    epoch: u64,
    key: u8,
    authenticator: u8,
}

const HERE: Where = Where {
    room: 4,
    generation: 2,
    epoch: 9,
    key: 7,
    authenticator: 8,
};

impl Where {
    fn place(&self) -> SignPlace {
        SignPlace::new(
            RoomId::from_random([self.room; 16]),
            Generation(self.generation),
            Epoch(self.epoch),
            Zeroizing::new([self.key; 32]),
            vec![self.authenticator; 48],
        )
    }
}

fn typing_of(leaf: LeafIndex) -> Sign {
    Sign {
        leaf,
        typing: Typing::On,
        at: Millis(1_800_000_000_000),
    }
}

fn sealed(sign: Sign) -> SealedSign {
    let random = Random::new([5; 32]);
    HERE.place().seal(&random, &key(sign.leaf), sign).unwrap()
}

fn opened(sealed: &SealedSign) -> Option<Sign> {
    HERE.place().open(&members(), sealed)
}

#[test]
fn a_member_opens_what_another_sealed() {
    for typing in [Typing::On, Typing::Off] {
        let sign = Sign {
            typing,
            ..typing_of(BOB)
        };
        assert_eq!(opened(&sealed(sign)), Some(sign));
    }
}

#[test]
fn the_same_sign_looks_like_another_each_time() {
    let random = Random::new([5; 32]);
    let seal = || HERE.place().seal(&random, &key(ALICE), typing_of(ALICE)).unwrap();
    let (one, other) = (seal(), seal());
    let same = one.0.iter().zip(&other.0[..]).filter(|(a, b)| a == b).count();
    assert!(same < SEALED_SIGN_LEN / 4, "{same} bytes are the same");
}

/// A sign of another room, generation, epoch, or of a forked group with the same numbers opens nowhere else, also under
/// the same key.
#[test]
fn a_sign_opens_in_its_own_place_alone() {
    let sign = sealed(typing_of(BOB));
    let others = [
        Where { room: 5, ..HERE },
        Where {
            generation: 3,
            ..HERE
        },
        Where { epoch: 8, ..HERE },
        Where { epoch: 10, ..HERE },
        Where { key: 8, ..HERE },
        Where {
            authenticator: 9,
            ..HERE
        },
    ];
    for (n, other) in others.iter().enumerate() {
        assert_eq!(other.place().open(&members(), &sign), None, "{n}");
    }
    assert!(opened(&sign).is_some());
}

/// Every member has the key, and no other member's device key.
#[test]
fn a_member_gives_no_sign_in_the_name_of_another() {
    let random = Random::new([5; 32]);
    let forged = HERE.place().seal(&random, &key(ALICE), typing_of(BOB)).unwrap();
    assert_eq!(opened(&forged), None);
    // Nor by a signature that the other gave elsewhere, or for something else.
    let later = Sign {
        at: Millis(1_800_000_000_001),
        ..typing_of(BOB)
    };
    let off = Sign {
        typing: Typing::Off,
        ..typing_of(BOB)
    };
    let plain = HERE.place();
    let honest = signature(&sealed(typing_of(BOB)));
    for sign in [later, off, typing_of(ALICE)] {
        let forged = plain.seal_as(&[1; 12], sign, &honest).unwrap();
        assert_eq!(opened(&forged), None);
    }
    let elsewhere = key(BOB).sign_bytes(&signed_bytes("Conclave 1.0 session challenge", b"any"));
    let forged = plain.seal_as(&[1; 12], typing_of(BOB), &elsewhere).unwrap();
    assert_eq!(opened(&forged), None);
    // With the true one it opens, under whatever nonce: a replay shows by its time.
    let again = plain.seal_as(&[1; 12], typing_of(BOB), &honest).unwrap();
    assert_eq!(opened(&again), Some(typing_of(BOB)));
}

#[test]
fn who_has_no_leaf_gives_no_sign() {
    let stranger = typing_of(LeafIndex(1));
    assert_eq!(opened(&sealed(stranger)), None);
    let random = Random::new([5; 32]);
    let removed = HERE.place().seal(&random, &key(BOB), typing_of(BOB)).unwrap();
    let without: Members = [(ALICE, certificate(ALICE))].into_iter().collect();
    assert_eq!(HERE.place().open(&without, &removed), None);
}

/// What a member can take out of a sign that it opened.
fn signature(sealed: &SealedSign) -> Signature {
    use aes_gcm::{
        Aes256Gcm, KeyInit as _,
        aead::{Aead as _, Payload},
    };
    let aad = protocol::encoding::Writer::default()
        .vec16(b"Conclave 1.0 room sign")
        .fixed(RoomId::from_random([HERE.room; 16]).as_bytes())
        .u64(HERE.generation)
        .u64(HERE.epoch)
        .finish();
    let nonce: [u8; 12] = sealed.0[..12].try_into().unwrap();
    let payload = Payload {
        msg: &sealed.0[12..],
        aad: &aad,
    };
    let plain = Aes256Gcm::new(&[HERE.key; 32].into())
        .decrypt(&nonce.into(), payload)
        .unwrap();
    assert_eq!(plain.len(), 77);
    Signature(plain[13..].try_into().unwrap())
}

proptest! {
    #[test]
    fn a_sign_in_which_a_bit_is_another_does_not_open(byte in 0..SEALED_SIGN_LEN, bit in 0..8) {
        let mut sign = sealed(typing_of(BOB));
        sign.0[byte] ^= 1_u8 << bit;
        prop_assert_eq!(opened(&sign), None);
    }

    /// The server has no key; whatever it makes up opens nowhere.
    #[test]
    fn what_somebody_without_the_key_makes_does_not_open(bytes in prop::collection::vec(any::<u8>(), SEALED_SIGN_LEN)) {
        let bytes: [u8; SEALED_SIGN_LEN] = bytes.try_into().unwrap();
        prop_assert_eq!(opened(&SealedSign(Box::new(bytes))), None);
    }

    #[test]
    fn every_sign_opens_as_what_it_was(leaf in 0..2_usize, on in any::<bool>(), at in any::<u64>()) {
        let sign = Sign {
            leaf: [ALICE, BOB][leaf],
            typing: if on { Typing::On } else { Typing::Off },
            at: Millis(at),
        };
        prop_assert_eq!(opened(&sealed(sign)), Some(sign));
    }
}
