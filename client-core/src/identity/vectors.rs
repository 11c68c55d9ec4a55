use protocol::{DeviceId, Epoch, GuestLinkId, Millis, NetworkId, RoomId, UserId, identity::GuestLink};
use serde_json::json;

use super::{Aik, Entered, LinkSecret};
use crate::{
    group::DeviceKey,
    hex::hex,
    random::Random,
    vectors::{array, bytes, check},
};

#[test]
fn passes_and_welcomes_of_guests_are_those_of_the_document() {
    let secret = |takes: &serde_json::Value| LinkSecret::from_slice(&bytes(&takes["secret"])).unwrap();
    let key = |takes: &serde_json::Value| {
        let key = DeviceKey::from_secret(&array(&takes["guest_secret_key"]));
        (key.public().unwrap(), key)
    };
    check("guest_pass", |takes| {
        let (public, key) = key(takes);
        let link_id = GuestLinkId::from_slice(&bytes(&takes["link_id"])).unwrap();
        let pass = secret(takes).pass(
            NetworkId::from_slice(&bytes(&takes["network_id"])).unwrap(),
            link_id,
            public,
            takes["name"].as_str().unwrap().to_owned(),
        );
        assert!(secret(takes).made(&pass));
        let link = GuestLink {
            link_id,
            room_id: RoomId::from_slice(&bytes(&takes["room_id"])).unwrap(),
            device_id: DeviceId::from_slice(&bytes(&takes["device_id"])).unwrap(),
            expires_at: Millis(takes["expires_at"].as_u64().unwrap()),
        };
        json!({
            "pass": hex(&pass.encode()),
            "user_id": hex(pass.user_id().as_bytes()),
            "device_id": hex(pass.device_id().as_bytes()),
            // As if the guest's key was that of the device which makes the link.
            "link_signature": hex(&key.sign_bytes(&link.to_be_signed()).0),
        })
    });
    check("guest_welcome", |takes| {
        let (public, _) = key(takes);
        let entered = Entered {
            key: &public,
            group_id: &bytes(&takes["group_id"]),
            epoch: Epoch(takes["epoch"].as_u64().unwrap()),
            authenticator: &bytes(&takes["authenticator"]),
        };
        json!({ "mac": hex(&secret(takes).welcome(&entered)) })
    });
}

#[test]
fn the_sealed_account_key_is_that_of_the_document() {
    check("aik_seal", |takes| {
        let random = Random::new(array(&takes["seed"]));
        let network_id = NetworkId::from_slice(&bytes(&takes["network_id"])).unwrap();
        let user_id = UserId::from_slice(&bytes(&takes["user_id"])).unwrap();
        let export_key = bytes(&takes["export_key"]);
        let aik = Aik::generate(&random);
        let sealed = aik.seal(&random, &export_key, network_id, user_id);
        let opened = Aik::unseal(&sealed, &export_key, network_id, user_id).unwrap();
        assert_eq!(opened.public(), aik.public());
        json!({
            "aik": hex(aik.public().as_bytes()),
            "sealed_aik": hex(&sealed),
            "own_state_key": hex(&*aik.own_state_key()),
        })
    });
}
