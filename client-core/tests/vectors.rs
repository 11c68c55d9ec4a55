//! The vectors of `docs/vectors/media.json`: key ids and frames on the wire, as `docs/protocol.md` has them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what is not in the file is a failed test"
)]
use conclave_client_core::{
    api::{BaseKey, ExpectedSlot, MediaUpdate},
    media::{Codec, KeyId, MediaEngine},
};
use protocol::{CallId, Epoch, LeafIndex, Millis, socket::TrackKind};
use serde_json::{Value, json};

#[test]
fn key_ids_are_those_of_the_document() {
    check("key_id", |takes| {
        let instance = u8::try_from(takes["instance"].as_u64().unwrap()).unwrap();
        let id = KeyId::new(
            Epoch(takes["epoch"].as_u64().unwrap()),
            LeafIndex(leaf(takes)),
            kind(takes),
            instance,
        )
        .unwrap();
        assert_eq!(KeyId::from_kid(id.to_kid()), Ok(id));
        json!({ "kid": id.to_kid(), "kid_hex": format!("{:08x}", id.to_kid()) })
    });
}

#[test]
fn opus_frames_are_those_of_the_document() {
    check("opus_frame", frames);
}

#[test]
fn vp8_key_frames_are_those_of_the_document() {
    check("vp8_key_frame", frames);
}

#[test]
fn vp8_other_frames_are_those_of_the_document() {
    check("vp8_delta_frame", frames);
}

/// The first two frames of the first transform of a sender, which a listener opens.
fn frames(takes: &Value) -> Value {
    let now = Millis(0);
    let codec = match takes["codec"].as_str().unwrap() {
        "opus" => Codec::Opus,
        "vp8" => Codec::Vp8,
        codec => unreachable!("no vector has {codec}"),
    };
    let epoch = takes["epoch"].as_u64().unwrap();
    let base_key: [u8; 32] = bytes(&takes["base_key"]).try_into().unwrap();
    let engine = |own_leaf| {
        let mut engine = MediaEngine::new();
        let update = MediaUpdate::Epoch {
            call_id: CallId::from_random([1; 16]),
            generation: 1,
            epoch,
            own_leaf,
            members: vec![leaf(takes), leaf(takes) + 1],
            base_key: BaseKey(base_key),
            retire_after_ms: 0,
        };
        engine.apply(now, &update).unwrap();
        engine.apply(now, &MediaUpdate::SendWith { epoch }).unwrap();
        engine
    };
    let (mut sender, mut listener) = (engine(leaf(takes)), engine(leaf(takes) + 1));
    let slot = ExpectedSlot {
        mid: "0".to_owned(),
        leaf: leaf(takes),
        kind: kind(takes),
    };
    listener
        .apply(now, &MediaUpdate::Expect { slots: vec![slot] })
        .unwrap();
    let plain = bytes(&takes["frame"]);
    let id = sender.attach(kind(takes)).unwrap();
    let wire = [(); 2].map(|()| {
        let key_frame = takes["key_frame"].as_bool().unwrap();
        let sealed = sender.seal(now, id, codec, key_frame, &plain).unwrap();
        assert_eq!(listener.open(now, "0", codec, &sealed).unwrap().frame, plain);
        hex(&sealed)
    });
    json!({ "on_the_wire": wire })
}

fn leaf(takes: &Value) -> u32 {
    u32::try_from(takes["leaf"].as_u64().unwrap()).unwrap()
}

fn kind(takes: &Value) -> TrackKind {
    serde_json::from_value(takes["kind"].clone()).unwrap()
}

/// Compares what the code makes of a section's inputs with what the file says.
fn check(section: &str, compute: impl FnOnce(&Value) -> Value) {
    let file: Value = serde_json::from_str(include_str!("../../docs/vectors/media.json")).unwrap();
    let section = &file[section];
    let gives = compute(&section["takes"]);
    assert_eq!(section["gives"], gives, "the code gives {gives}");
}

fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
