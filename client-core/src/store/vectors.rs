use serde_json::json;

use super::sealing::StorageKey;
use crate::{
    hex::hex,
    random::Random,
    vectors::{array, bytes, check},
};

#[test]
fn records_are_those_of_the_document() {
    check("record", |takes| {
        let key = StorageKey::new(array(&takes["storage_key"]));
        let random = Random::new(array(&takes["seed"]));
        let name = takes["name"].as_str().unwrap();
        let value = bytes(&takes["value"]);
        let stored_name = key.stored_name(name);
        let sealed = key.seal(&random, &stored_name, name, &value);
        let (opened_name, opened) = key.open(&stored_name, &sealed).unwrap();
        assert_eq!(
            (opened_name.as_str(), opened.as_slice()),
            (name, value.as_slice())
        );
        json!({ "stored_name": stored_name, "sealed": hex(&sealed) })
    });
}
