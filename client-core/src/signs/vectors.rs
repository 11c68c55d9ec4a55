use protocol::{Epoch, Generation, LeafIndex, Millis, RoomId, identity::Signature};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Sign, SignPlace, Typing};
use crate::{
    group::DeviceKey,
    hex::hex,
    vectors::{array, bytes, check},
};

#[test]
fn signs_are_those_of_the_document() {
    check("room_sign", |takes| {
        let place = SignPlace::new(
            RoomId::from_slice(&bytes(&takes["room_id"])).unwrap(),
            Generation(takes["generation"].as_u64().unwrap()),
            Epoch(takes["epoch"].as_u64().unwrap()),
            Zeroizing::new(array(&takes["key"])),
            bytes(&takes["authenticator"]),
        );
        let signer = DeviceKey::from_secret(&array(&takes["device_key"]));
        let sealed = [("typing", Typing::On), ("stopped", Typing::Off)].map(|(name, typing)| {
            let sign = Sign {
                leaf: LeafIndex(u32::try_from(takes["leaf"].as_u64().unwrap()).unwrap()),
                typing,
                at: Millis(takes["at"].as_u64().unwrap()),
            };
            let signature: Signature = place.sign(&signer, sign);
            let sealed = place.seal_as(&array(&takes["nonce"]), sign, &signature).unwrap();
            let both = json!({ "signature": hex(&signature.0), "sealed": hex(&sealed.0[..]) });
            (name.to_owned(), both)
        });
        serde_json::Value::Object(sealed.into_iter().collect())
    });
}
