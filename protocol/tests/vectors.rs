//! The vectors of `docs/vectors/identity.json`: what `docs/protocol.md` says of signed structures and settings.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not in the file is a failed test"
)]
use conclave_protocol::{
    DeviceId, Email, Millis, NetworkId, RoomId, UserId,
    identity::{
        Certificate, CertificateBody, DeviceList, DeviceListBody, ListedDevice, PublicKey, SessionChallenge,
        Signature, signed_bytes,
    },
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

#[test]
fn a_signature_covers_the_label_with_its_length_and_the_body() {
    check("signed_bytes", |takes| {
        let label = takes["label"].as_str().unwrap();
        json!({ "bytes": hex(&signed_bytes(label, &bytes(&takes["body"]))) })
    });
}

#[test]
fn certificates_are_those_of_the_document() {
    check("certificate", |takes| {
        let (device, aik) = (key(&takes["device_secret"]), key(&takes["aik_secret"]));
        let body = CertificateBody {
            network_id: NetworkId::from_slice(&bytes(&takes["network_id"])).unwrap(),
            email: Email::parse(takes["email"].as_str().unwrap()).unwrap(),
            user_id: UserId::from_slice(&bytes(&takes["user_id"])).unwrap(),
            device_id: DeviceId::from_slice(&bytes(&takes["device_id"])).unwrap(),
            device_key: public(&device),
            aik: public(&aik),
            not_after: Millis(takes["not_after"].as_u64().unwrap()),
        };
        let certificate = Certificate::issue(body, |bytes| aik.sign(bytes).to_bytes());
        let encoded = certificate.encode();
        assert_eq!(Certificate::decode(&encoded).unwrap(), certificate);
        json!({
            "device_key": hex(public(&device).as_bytes()),
            "aik": hex(public(&aik).as_bytes()),
            "fingerprint": hex(&public(&aik).fingerprint()),
            "certificate": hex(&encoded),
        })
    });
}

#[test]
fn device_lists_are_those_of_the_document() {
    check("device_list", |takes| {
        let (device, aik) = (key(&takes["device_secret"]), key(&takes["aik_secret"]));
        let issue = |version, previous, devices| {
            let body = DeviceListBody {
                user_id: UserId::from_slice(&bytes(&takes["user_id"])).unwrap(),
                aik: public(&aik),
                version,
                previous,
                signed_at: Millis(takes["signed_at"].as_u64().unwrap()),
                devices,
            };
            DeviceList::issue(body, |bytes| aik.sign(bytes).to_bytes())
        };
        let listed = ListedDevice {
            device_id: DeviceId::from_slice(&bytes(&takes["device_id"])).unwrap(),
            device_key: public(&device),
            name: takes["name"].as_str().unwrap().to_owned(),
            added_at: Millis(takes["added_at"].as_u64().unwrap()),
        };
        let first = issue(1, [0; 32], vec![listed]);
        let second = issue(2, first.hash(), vec![]);
        assert_eq!(DeviceList::decode(&first.encode()).unwrap(), first);
        assert!(second.follows(&first));
        json!({
            "first": hex(&first.encode()),
            "hash_of_first": hex(&first.hash()),
            "second": hex(&second.encode()),
        })
    });
}

#[test]
fn answers_to_challenges_are_those_of_the_document() {
    check("session_challenge", |takes| {
        let device = key(&takes["device_secret"]);
        let challenge = SessionChallenge {
            device_id: DeviceId::from_slice(&bytes(&takes["device_id"])).unwrap(),
            nonce: bytes(&takes["nonce"]).try_into().unwrap(),
        };
        let signature = Signature(device.sign(&challenge.to_be_signed()).to_bytes());
        challenge.check_signature(&public(&device), &signature).unwrap();
        json!({ "signed": hex(&challenge.to_be_signed()), "signature": hex(&signature.0) })
    });
}

#[test]
fn room_settings_are_those_of_the_document() {
    for section in ["room_settings", "room_settings_with_options"] {
        check_room_settings(section);
    }
}

fn check_room_settings(section: &str) {
    check(section, |takes| {
        let moderators = takes["moderators"].as_array().unwrap();
        let settings = RoomSettings {
            room_id: RoomId::from_slice(&bytes(&takes["room_id"])).unwrap(),
            kind: match takes["kind"].as_str().unwrap() {
                "room" => RoomKind::Room,
                kind => unreachable!("no vector has a {kind}"),
            },
            moderators: moderators
                .iter()
                .map(|user| UserId::from_slice(&bytes(user)).unwrap())
                .collect(),
            who_may_add: match takes["who_may_add"].as_str().unwrap() {
                "moderators" => WhoMayAdd::Moderators,
                who => unreachable!("no vector has {who}"),
            },
            ttl_cap_ms: takes["ttl_cap_ms"].as_u64().unwrap(),
            burn_cap_ms: takes["burn_cap_ms"].as_u64().unwrap(),
            removed: vec![],
            ends_at: Millis(takes["ends_at"].as_u64().unwrap()),
            constant_bitrate: takes["constant_bitrate"] == true,
        };
        let encoded = settings.encode();
        assert_eq!(RoomSettings::decode(&encoded), Some(settings));
        json!({ "settings": hex(&encoded) })
    });
}

/// Compares what the code makes of a section's inputs with what the file says.
fn check(section: &str, compute: impl FnOnce(&Value) -> Value) {
    let file: Value = serde_json::from_str(include_str!("../../docs/vectors/identity.json")).unwrap();
    let section = &file[section];
    let gives = compute(&section["takes"]);
    assert_eq!(section["gives"], gives, "the code gives {gives}");
}

fn key(secret: &Value) -> SigningKey {
    SigningKey::from_bytes(&bytes(secret).try_into().unwrap())
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_slice(key.verifying_key().as_bytes()).unwrap()
}

fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
