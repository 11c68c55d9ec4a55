use protocol::{NetworkId, UserId};
use serde_json::json;

use super::Aik;
use crate::{
    hex::hex,
    random::Random,
    vectors::{array, bytes, check},
};

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
