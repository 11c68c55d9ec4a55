//! The vectors of `docs/vectors/device.json`, for the `vectors.rs` beside what they are of.

use serde_json::Value;

/// Compares what the code makes of a section's inputs with what the file says.
pub(crate) fn check(section: &str, compute: impl FnOnce(&Value) -> Value) {
    let file: Value = serde_json::from_str(include_str!("../../docs/vectors/device.json")).unwrap();
    let section = &file[section];
    let gives = compute(&section["takes"]);
    assert_eq!(section["gives"], gives, "the code gives {gives}");
}

pub(crate) fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

pub(crate) fn array<const N: usize>(text: &Value) -> [u8; N] {
    bytes(text).try_into().unwrap()
}
