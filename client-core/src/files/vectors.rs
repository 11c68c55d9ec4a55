use file_sealing::{FileKey, NonceBase};
use protocol::BlobId;
use serde_json::json;

use super::{Dimensions, FileDescriptor};
use crate::{
    cbor,
    hex::hex,
    vectors::{array, bytes, check},
};

#[test]
fn what_a_message_says_of_a_file_is_that_of_the_document() {
    check("file", |takes| {
        let text = |name: &str| takes[name].as_str().unwrap().to_owned();
        let side = |name: &str| u32::try_from(takes[name].as_u64().unwrap()).unwrap();
        let file = FileDescriptor {
            blob_id: BlobId::from_slice(&bytes(&takes["blob_id"])).unwrap(),
            name: text("name"),
            media_type: text("media_type"),
            size: takes["size"].as_u64().unwrap(),
            key: FileKey::new(array(&takes["key"])),
            nonce_base: NonceBase(array(&takes["nonce_base"])),
            hash: array(&takes["hash"]),
            may_save: takes["may_save"].as_bool().unwrap(),
            dimensions: Some(Dimensions {
                width: side("width"),
                height: side("height"),
            }),
            duration_ms: None,
            waveform: None,
            thumbnail: Some(bytes(&takes["thumbnail"])),
        };
        json!({ "file": hex(&cbor::to_vec(&file)) })
    });
}
