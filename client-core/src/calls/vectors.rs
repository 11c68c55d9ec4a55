use serde_json::json;

use super::code::epoch_code;
use crate::vectors::{bytes, check};

#[test]
fn epoch_codes_are_those_of_the_document() {
    check("epoch_code", |takes| {
        let (digits, words) = epoch_code(&bytes(&takes["authenticator"]));
        json!({ "digits": digits, "words": words })
    });
}
