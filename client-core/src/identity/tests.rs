use super::*;
use crate::random::Random;

fn person() -> Person {
    Person {
        network_id: NetworkId::from_random([1; 16]),
        user_id: UserId::from_random([2; 16]),
        email: Email::parse("alice@example.org").unwrap(),
        name: "Alice".to_owned(),
    }
}

fn identity(aik: &Aik, random: &Random, current: Option<&DeviceList>) -> Identity {
    let key = DeviceKey::generate(random);
    let device_id = DeviceId::from_random(random.array());
    Identity::make(person(), aik, device_id, &key, "Laptop", current, Millis(1_000)).unwrap()
}

#[test]
fn the_account_key_opens_with_the_same_password_and_for_the_same_user_only() {
    let random = Random::new([1; 32]);
    let aik = Aik::generate(&random);
    let Person {
        network_id, user_id, ..
    } = person();
    let sealed = aik.seal(&random, b"export key", network_id, user_id);
    let opened = Aik::unseal(&sealed, b"export key", network_id, user_id).unwrap();
    assert_eq!(opened.public(), aik.public());
    assert!(Aik::unseal(&sealed, b"other", network_id, user_id).is_err());
    assert!(Aik::unseal(&sealed, b"export key", network_id, UserId::from_random([9; 16])).is_err());
    for place in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[place] ^= 1;
        assert!(Aik::unseal(&changed, b"export key", network_id, user_id).is_err());
    }
}

#[test]
fn lists_grow_in_a_chain_and_never_go_back() {
    let random = Random::new([1; 32]);
    let aik = Aik::generate(&random);
    let first = identity(&aik, &random, None).device_list;
    let laptop = first.body().devices[0].device_id;
    let second = identity(&aik, &random, Some(&first)).device_list;
    let third = without_device(&aik, &second, laptop, Millis(2_000)).unwrap();
    assert!(second.follows(&first));
    assert!(third.follows(&second));
    assert!(check_newer(&first, &third).is_ok());
    assert_eq!(
        check_newer(&third, &second),
        Err(ListError::Backwards { known: 3 })
    );
    let fork = identity(&aik, &random, Some(&first)).device_list;
    assert_eq!(check_newer(&second, &fork), Err(ListError::Fork { version: 2 }));
    let foreign = identity(&Aik::generate(&random), &random, None).device_list;
    assert_eq!(check_newer(&first, &foreign), Err(ListError::OtherAik));
    assert_eq!(
        without_device(&aik, &third, laptop, Millis(1)).unwrap_err(),
        ListError::NoSuchDevice
    );
}
