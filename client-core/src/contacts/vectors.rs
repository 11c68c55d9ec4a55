use protocol::{NetworkId, identity::PublicKey};
use serde_json::json;

use super::words;
use crate::{
    account::opaque::PasswordCost,
    hex::hex,
    vectors::{array, bytes, check},
};

/// B1: with the cost that accounts have.
#[test]
fn id_words_are_those_of_the_document() {
    check("id_words", |takes| {
        let aik = PublicKey::from_slice(&bytes(&takes["aik"])).unwrap();
        let network_id = NetworkId::from_random(array(&takes["network_id"]));
        let day = u32::try_from(takes["day"].as_u64().unwrap()).unwrap();
        let words = words(PasswordCost::STANDARD, &aik, network_id, day).unwrap();
        json!({ "fingerprint": hex(&aik.fingerprint()), "words": words })
    });
}
