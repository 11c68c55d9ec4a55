use proptest::prelude::*;
use protocol::{Bytes, Millis, NetworkId, UserId};
use serde_json::json;

use super::*;
use crate::{
    group::DeviceKey,
    hex::hex,
    identity::{Aik, Person, certify},
    vectors::{array, bytes, check},
};

const NOW: Millis = Millis(1_000);

fn host() -> Host {
    Host {
        email: Email::parse("alice@example.org").unwrap(),
        name: "Alice Adams".to_owned(),
    }
}

fn newcomer(key: &DeviceKey) -> Newcomer {
    Newcomer {
        device_id: DeviceId::from_random([5; 16]),
        device_key: key.public().unwrap(),
        name: "Phone".to_owned(),
    }
}

struct Pair {
    random: Random,
    known: KnownSide,
    new: NewSide,
    device: Newcomer,
}

fn pair(seed: u8) -> Pair {
    let random = Random::new([seed; 32]);
    let device = newcomer(&DeviceKey::generate(&random));
    Pair {
        known: KnownSide::new(&random),
        new: NewSide::new(&random, &device),
        device,
        random,
    }
}

fn bundle(random: &Random, device: &Newcomer) -> Bundle {
    let aik = Aik::generate(random);
    let person = Person {
        network_id: NetworkId::from_random([1; 16]),
        user_id: UserId::from_random([2; 16]),
        email: host().email,
        name: host().name,
    };
    let keys = (device.device_id, device.device_key);
    let (certificate, device_list) = certify(&person, &aik, keys, &device.name, None, NOW).unwrap();
    Bundle {
        grant: Bytes(vec![7; 32]),
        certificate,
        device_list,
        own_state_key: aik.own_state_key(),
    }
}

#[test]
fn two_devices_meet_and_see_the_same_words() {
    let Pair {
        random,
        known,
        new,
        device,
    } = pair(1);
    let (newcomer, second, of_known) = known.meet(&random, new.first(), &host()).unwrap();
    let (shown, of_new) = new.meet(&known.first(), &second).unwrap();
    assert_eq!((newcomer, shown), (device.clone(), host()));
    assert_eq!(of_known.words, of_new.words);
    assert_eq!(of_known.words.len(), WORDS);

    let given = bundle(&random, &device);
    let sealed = of_known.seal(&given);
    let got = of_new.open(&sealed).unwrap();
    assert_eq!(got.write(), given.write());
    let check = |device: &Newcomer, email: &str, now| {
        let email = Email::parse(email).unwrap();
        got.check(device.device_id, device.device_key, &email, now)
    };
    assert!(check(&device, "alice@example.org", NOW).is_ok());
    // For another address than was shown, another device, another key, or too late.
    assert!(check(&device, "mallory@example.org", NOW).is_err());
    let other_id = Newcomer {
        device_id: DeviceId::from_random([6; 16]),
        ..device.clone()
    };
    assert!(check(&other_id, "alice@example.org", NOW).is_err());
    let other_key = super::tests::newcomer(&DeviceKey::generate(&random));
    assert!(check(&other_key, "alice@example.org", NOW).is_err());
    assert!(check(&device, "alice@example.org", got.certificate.body().not_after).is_err());
}

/// A list of another account, or one that does not name the device, comes with no certificate.
#[test]
fn certificate_and_list_belong_together() {
    let Pair { random, device, .. } = pair(1);
    let (one, other) = (bundle(&random, &device), bundle(&random, &device));
    let elsewhere = Newcomer {
        device_id: DeviceId::from_random([9; 16]),
        ..device.clone()
    };
    for device_list in [other.device_list, bundle(&random, &elsewhere).device_list] {
        let mixed = Bundle {
            grant: one.grant.clone(),
            certificate: one.certificate.clone(),
            device_list,
            own_state_key: one.own_state_key.clone(),
        };
        let checked = mixed.check(device.device_id, device.device_key, &host().email, NOW);
        assert_eq!(checked, Err(BadMessage));
    }
}

/// Who stands in between has to be one side to each: the words are not the same, and nothing opens.
#[test]
fn who_stands_in_between_is_seen() {
    let (honest, between) = (pair(1), pair(2));
    let (_, second, of_known) = honest
        .known
        .meet(&honest.random, between.new.first(), &host())
        .unwrap();
    let (_, forged, _) = between
        .known
        .meet(&between.random, honest.new.first(), &host())
        .unwrap();
    let (_, of_new) = honest.new.meet(&between.known.first(), &forged).unwrap();
    assert_ne!(of_known.words, of_new.words);
    let sealed = of_known.seal(&bundle(&honest.random, &honest.device));
    assert!(of_new.open(&sealed).is_err());
    // What was committed to is what comes.
    assert!(honest.new.meet(&honest.known.first(), &forged).is_err());
    assert!(honest.new.meet(&between.known.first(), &second).is_err());
}

/// The address that is shown is proven with the rest.
#[test]
fn another_name_or_address_opens_nothing() {
    let Pair {
        random,
        known,
        new,
        device,
    } = pair(1);
    let (_, second, of_known) = known.meet(&random, new.first(), &host()).unwrap();
    let at = second.len() - host().name.len() - 5;
    let mut changed = second.clone();
    changed[at] ^= 1;
    let (shown, of_new) = new.meet(&known.first(), &changed).unwrap();
    assert_ne!(shown, host());
    assert_eq!(of_new.words, of_known.words);
    assert!(of_new.open(&of_known.seal(&bundle(&random, &device))).is_err());
}

#[test]
fn keys_that_make_no_secret_are_refused() {
    let Pair {
        random, known, new, ..
    } = pair(1);
    let mut first = new.first().to_vec();
    first[..32].fill(0);
    assert!(known.meet(&random, &first, &host()).is_err());
    // Coefficients of ML-KEM that are not reduced (FIPS 203 §7.2).
    let mut first = new.first().to_vec();
    first[32..40].fill(0xff);
    assert!(known.meet(&random, &first, &host()).is_err());
}

#[test]
fn a_pairing_is_that_of_the_document() {
    check("pairing", |takes| {
        let newcomer = Newcomer {
            device_id: DeviceId::from_slice(&bytes(&takes["device_id"])).unwrap(),
            device_key: PublicKey::from_slice(&bytes(&takes["device_key"])).unwrap(),
            name: takes["device_name"].as_str().unwrap().to_owned(),
        };
        let known = KnownSide {
            secret: StaticSecret::from(array::<32>(&takes["known_secret"])),
        };
        let new = NewSide::from_secrets(array(&takes["new_secret"]), array(&takes["kem_seed"]), &newcomer);
        let second = bytes(&takes["known_second"]);
        let (host, met) = new.meet(&known.first(), &second).unwrap();
        json!({
            "known_first": hex(&known.first()),
            "new_first": hex(new.first()),
            "email": host.email.as_str(),
            "name": host.name,
            "words": met.words,
            "key": hex(&*met.key),
        })
    });
}

proptest! {
    #[test]
    fn what_strangers_say_is_refused_and_breaks_nothing(bytes in prop::collection::vec(any::<u8>(), 0..2_600)) {
        let Pair { random, known, new, .. } = pair(1);
        prop_assert!(new.meet(&known.first(), &bytes).is_err());
        let _ = known.meet(&random, &bytes, &host());
        prop_assert!(Bundle::read(&bytes).is_none());
    }

    #[test]
    fn a_message_that_was_changed_never_opens(at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let Pair { random, known, new, device } = pair(1);
        let (_, second, of_known) = known.meet(&random, new.first(), &host()).unwrap();
        let sealed = of_known.seal(&bundle(&random, &device));
        let mut changed = second;
        let at = at.index(changed.len());
        changed[at] ^= change;
        let opens = new.meet(&known.first(), &changed).is_ok_and(|(_, met)| met.open(&sealed).is_ok());
        prop_assert!(!opens);
    }
}
