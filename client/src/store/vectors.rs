use std::path::Path;

use client_core::{PasswordCost, password_key};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{keys::page_with, sealing::Cells};

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// R8: the storage key is sealed by the password; with this and the cell, a record opens.
#[test]
fn the_native_store_is_that_of_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/vectors/client.json");
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (takes, gives) = (
        &vectors["native_store"]["takes"],
        &vectors["native_store"]["gives"],
    );
    let password = takes["password"].as_str().unwrap();
    let salt: [u8; 16] = array(&takes["salt"]);
    let storage_key = Zeroizing::new(array(&takes["storage_key"]));
    let cells = Cells::new(&storage_key);
    let sealed = cells.seal(
        &array(&takes["cell"]),
        takes["name"].as_str().unwrap(),
        &bytes(&takes["value"]),
    );
    let cost = PasswordCost::STANDARD;
    let page = page_with(password, cost, &salt, &storage_key).unwrap();
    let computed = serde_json::json!({
        "password_key": hex(&*password_key(password, &salt, cost).unwrap()),
        "page": hex(&page[..89]),
        "record": hex(&sealed),
    });
    assert_eq!(*gives, computed);
    assert!(page[89..].iter().all(|byte| *byte == 0));
}
