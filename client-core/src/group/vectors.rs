use protocol::{
    CallId, DeviceId, Email, Generation, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody},
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};
use serde_json::json;

use super::{DeviceKey, Group, GroupName, Mls, pad, unpad};
use crate::{
    hex::hex,
    random::Random,
    vectors::{bytes, check},
};

#[test]
fn padding_is_that_of_the_document() {
    check("padding", |takes| {
        let padded = takes["contents"].as_array().unwrap().iter().map(|content| {
            let content = bytes(content);
            let padded = pad(&content);
            assert_eq!(unpad(&padded), Some(&content[..]));
            let zeros = padded.iter().rev().take_while(|byte| **byte == 0).count();
            json!({ "before_zeros": hex(&padded[..padded.len() - zeros]), "zeros": zeros })
        });
        let lengths = takes["lengths"].as_array().unwrap().iter();
        let lengths = lengths.map(|len| pad(&vec![1; usize::try_from(len.as_u64().unwrap()).unwrap()]).len());
        json!({ "padded": padded.collect::<Vec<_>>(), "padded_lengths": lengths.collect::<Vec<_>>() })
    });
}

/// The head of MLSMessage(GroupInfo): versions, wire format, suite, group id, epoch (RFC 9420 §12.4.3).
#[test]
fn groups_have_the_suite_and_the_id_of_the_document() {
    check("group", |takes| {
        let room_id = RoomId::from_slice(&bytes(&takes["room_id"])).unwrap();
        let call_id = CallId::from_slice(&bytes(&takes["call_id"])).unwrap();
        let generation = Generation(takes["generation"].as_u64().unwrap());
        let head_of = |call_id: Option<CallId>, kind| {
            let name = GroupName {
                room_id,
                call_id,
                generation,
            };
            hex(&found(name, kind)[..42])
        };
        json!({
            "room": head_of(None, RoomKind::Room),
            "call": head_of(Some(call_id), RoomKind::Call),
        })
    });
}

fn found(name: GroupName, kind: RoomKind) -> Vec<u8> {
    let random = Random::new([1; 32]);
    let (mls, device, aik) = (
        Mls::new(random.clone()),
        DeviceKey::generate(&random),
        DeviceKey::generate(&random),
    );
    let user_id = UserId::from_random([2; 16]);
    let body = CertificateBody {
        network_id: NetworkId::from_random([1; 16]),
        email: Email::parse("alice@example.org").unwrap(),
        user_id,
        device_id: DeviceId::from_random([3; 16]),
        device_key: device.public().unwrap(),
        aik: aik.public().unwrap(),
        not_after: Millis(u64::MAX),
    };
    let certificate = Certificate::issue(body, |bytes| aik.sign_bytes(bytes).0);
    let settings = RoomSettings {
        room_id: name.room_id,
        kind,
        moderators: vec![user_id],
        who_may_add: WhoMayAdd::Members,
        ttl_cap_ms: 0,
        burn_cap_ms: 0,
        removed: vec![],
        ends_at: Millis(0),
        constant_bitrate: false,
    };
    let (_, founding) = Group::found(&mls, &device, &certificate, name, &settings).unwrap();
    founding.group_info
}
