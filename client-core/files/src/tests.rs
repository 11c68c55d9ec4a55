//! What is sealed opens to what it was; everything else opens not at all.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Some lengths around where chunks and paddings end.
fn lens() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..3_u64,
        4_090..4_100_u64,
        65_530..65_540_u64,
        131_000..131_080_u64,
        0..300_000_u64
    ]
}

fn key(byte: u8) -> FileKey {
    FileKey::new([byte; KEY_LEN])
}

const BASE: NonceBase = NonceBase([1, 2, 3, 4, 5, 6, 7]);

fn content(len: u64) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

fn slice(bytes: &[u8], range: std::ops::Range<u64>) -> &[u8] {
    &bytes[range.start as usize..range.end as usize]
}

fn sealed(key: &FileKey, base: NonceBase, plain: &[u8]) -> Vec<u8> {
    let sealer = Sealer::new(key, base, plain.len() as u64).unwrap();
    let layout = sealer.layout();
    let mut blob = Vec::new();
    for index in 0..layout.chunks() {
        let range = layout.plain_range(index).unwrap();
        sealer.seal_into(index, slice(plain, range), &mut blob).unwrap();
    }
    assert_eq!(blob.len() as u64, layout.sealed_len());
    blob
}

fn chunk(blob: &[u8], layout: Layout, index: u32) -> &[u8] {
    slice(blob, layout.sealed_range(index).unwrap())
}

proptest! {
    #[test]
    fn each_chunk_opens_alone_to_what_it_was(len in lens()) {
        let plain = content(len);
        let blob = sealed(&key(1), BASE, &plain);
        let opener = Opener::new(&key(1), BASE, len).unwrap();
        let layout = opener.layout();
        for index in (0..layout.chunks()).rev() {
            let opened = opener.open(index, chunk(&blob, layout, index)).unwrap();
            prop_assert_eq!(opened, slice(&plain, layout.plain_range(index).unwrap()));
        }
        prop_assert_eq!(
            opener.open(layout.chunks(), &blob),
            Err(OpenError::NoSuchChunk { index: layout.chunks() })
        );
    }

    #[test]
    fn an_upload_that_goes_on_is_the_same(len in lens(), from in 0..5_u32) {
        let plain = content(len);
        let blob = sealed(&key(1), BASE, &plain);
        let again = Sealer::new(&key(1), BASE, len).unwrap();
        let layout = again.layout();
        let mut rest = Vec::new();
        for index in from..layout.chunks() {
            again.seal_into(index, slice(&plain, layout.plain_range(index).unwrap()), &mut rest).unwrap();
        }
        prop_assert!(blob.ends_with(&rest));
    }

    #[test]
    fn a_changed_byte_is_found(len in lens(), at in any::<prop::sample::Index>(), change in 1..=255_u8) {
        let mut blob = sealed(&key(1), BASE, &content(len));
        let opener = Opener::new(&key(1), BASE, len).unwrap();
        let layout = opener.layout();
        let at = at.index(blob.len());
        blob[at] ^= change;
        let hit = (0..layout.chunks()).find(|index| layout.sealed_range(*index).unwrap().contains(&(at as u64)));
        let index = hit.unwrap();
        prop_assert_eq!(
            opener.open(index, chunk(&blob, layout, index)),
            Err(OpenError::NotAuthentic { index })
        );
    }

    #[test]
    fn arbitrary_bytes_never_open(len in lens(), index in 0..6_u32, bytes in prop::collection::vec(any::<u8>(), 0..5_000)) {
        prop_assert!(Opener::new(&key(1), BASE, len).unwrap().open(index, &bytes).is_err());
    }
}

#[test]
fn a_chunk_opens_in_its_place_of_its_file_alone() {
    let len = 3 * CHUNK_LEN;
    let plain = content(len);
    let blob = sealed(&key(1), BASE, &plain);
    let layout = Layout::new(len).unwrap();
    let open = |key: &FileKey, base, len, index, from| {
        Opener::new(key, base, len)
            .unwrap()
            .open(index, chunk(&blob, layout, from))
    };
    let refused = |index| Err(OpenError::NotAuthentic { index });
    assert!(open(&key(1), BASE, len, 1, 1).is_ok());
    assert_eq!(open(&key(1), BASE, len, 0, 1), refused(0), "reordered");
    assert_eq!(open(&key(2), BASE, len, 1, 1), refused(1), "of another key");
    assert_eq!(
        open(&key(1), NonceBase([0; 7]), len, 1, 1),
        refused(1),
        "of another file"
    );
    // As if the file ended, or went on, where it does not.
    assert_eq!(open(&key(1), BASE, 2 * CHUNK_LEN, 1, 1), refused(1), "cut off");
    assert_eq!(open(&key(1), BASE, 4 * CHUNK_LEN, 2, 2), refused(2), "gone on");
    assert_eq!(
        open(&key(1), BASE, len - 1, 1, 1),
        refused(1),
        "of another length"
    );
}

/// The length alone does not tell where a file ends: two files of one padded length, and the mark of the last chunk.
#[test]
fn the_last_chunk_is_marked() {
    let layout = Layout::new(2 * CHUNK_LEN).unwrap();
    assert!(!layout.is_last(0) && layout.is_last(1));
    assert_ne!(BASE.nonce(1, true), BASE.nonce(1, false));
    assert_eq!(
        BASE.nonce(0x0102_0304, true),
        [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 1]
    );
}

#[test]
fn a_chunk_of_another_length_is_named() {
    let len = CHUNK_LEN + 10;
    let sealer = Sealer::new(&key(1), BASE, len).unwrap();
    let mut out = vec![9];
    assert_eq!(
        sealer.seal_into(1, &[0; 9], &mut out),
        Err(SealError::WrongLength {
            index: 1,
            expected: 10,
            found: 9
        })
    );
    assert_eq!(
        sealer.seal_into(7, &[], &mut out),
        Err(SealError::NoSuchChunk { index: 7 })
    );
    assert_eq!(out, [9], "nothing is left of what was refused");
    let blob = sealed(&key(1), BASE, &content(len));
    let opener = Opener::new(&key(1), BASE, len).unwrap();
    let first = chunk(&blob, opener.layout(), 0);
    for cut in [&first[..first.len() - 1], &[], &blob[..first.len() + 1]] {
        assert!(matches!(
            opener.open(0, cut),
            Err(OpenError::WrongLength { index: 0, .. })
        ));
    }
}

/// What is hidden in the padding would be part of the blob and not of the file.
#[test]
fn the_padding_is_empty() {
    use aes_gcm::{
        Aes256Gcm, KeyInit as _,
        aead::{Aead as _, Payload},
    };

    let mut padded = vec![0; 4096];
    padded[..3].copy_from_slice(b"abc");
    padded[4095] = 1;
    let nonce = BASE.nonce(0, true).into();
    let payload = Payload {
        msg: &padded,
        aad: &cipher::aad(3),
    };
    let forged = Aes256Gcm::new(key(1).as_bytes().into())
        .encrypt(&nonce, payload)
        .unwrap();
    let opener = Opener::new(&key(1), BASE, 3).unwrap();
    assert_eq!(opener.open(0, &forged), Err(OpenError::Padding { index: 0 }));
}

/// What the hash is worth: no other chunks, no other order and no other number of them have it.
#[test]
fn the_digest_is_of_all_chunks_in_their_order() {
    let of = |chunks: &[&[u8]]| {
        let mut digest = FileDigest::new();
        for chunk in chunks {
            digest.add(chunk);
        }
        digest.so_far()
    };
    let all: [&[&[u8]]; 7] = [
        &[],
        &[b""],
        &[b"ab"],
        &[b"a", b"b"],
        &[b"b", b"a"],
        &[b"a", b"b", b""],
        &[b"", b"ab"],
    ];
    for (at, chunks) in all.iter().enumerate() {
        assert_eq!(of(chunks), of(chunks));
        for other in all.iter().skip(at + 1) {
            assert_ne!(of(chunks), of(other), "{chunks:?} {other:?}");
        }
    }
}

#[test]
fn files_are_those_of_the_document() {
    let file: Value = serde_json::from_str(include_str!("../../../docs/vectors/files.json")).unwrap();
    for name in ["short_file", "long_file"] {
        let section = &file[name];
        let takes = &section["takes"];
        let key = FileKey::from_slice(&bytes(&takes["key"])).unwrap();
        let base = NonceBase(bytes(&takes["nonce_base"]).try_into().unwrap());
        let plain =
            bytes(&takes["repeat"]).repeat(usize::try_from(takes["times"].as_u64().unwrap()).unwrap());
        let blob = sealed(&key, base, &plain);
        let layout = Layout::new(plain.len() as u64).unwrap();
        let mut digest = FileDigest::new();
        for index in 0..layout.chunks() {
            digest.add(chunk(&blob, layout, index));
        }
        let last = blob.len() - TAG_LEN as usize;
        let gives = serde_json::json!({
            "sealed_len": blob.len(),
            "begins": hex(&blob[..32]),
            "last_tag": hex(&blob[last..]),
            "hash": hex(&digest.so_far()),
        });
        assert_eq!(section["gives"], gives, "the code gives {gives}");
    }
}

#[test]
fn lengths_are_those_of_the_document() {
    let file: Value = serde_json::from_str(include_str!("../../../docs/vectors/files.json")).unwrap();
    let lengths = file["lengths"].as_array().unwrap();
    for entry in lengths {
        let len = entry["len"].as_u64().unwrap();
        let gives = Layout::new(len).unwrap().sealed_len();
        assert_eq!(entry["sealed_len"], gives, "of {len} bytes");
    }
    assert!(lengths.len() > 10);
}

fn bytes(text: &Value) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
