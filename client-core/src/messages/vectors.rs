use protocol::{BlobId, Bytes, DeviceId, MessageId, Millis, RoomId, Seq, UserId};
use serde_json::{Value, json};

use super::{Content, Envelope, FaceChange, ListHead, OwnState, Timers};
use crate::{
    files::{FileDescriptor, FileKey, NonceBase, UploadSecret},
    hex::hex,
    random::Random,
    store::Store,
    vectors::{array, bytes, check},
};

#[test]
fn content_is_that_of_the_document() {
    check("content", |takes| {
        let envelope = Envelope {
            id: MessageId::from_slice(&bytes(&takes["id"])).unwrap(),
            at: Millis(takes["at"].as_u64().unwrap()),
            content: Content::text(takes["text"].as_str().unwrap()),
            list: Some(ListHead {
                version: takes["list_version"].as_u64().unwrap(),
                hash: array(&takes["list_hash"]),
            }),
            timers: Timers::default(),
        };
        json!({ "content": hex(&envelope.encode()) })
    });
}

/// What is said in a room beside a plain text: each kind with the name that stands for it in the file.
#[test]
fn content_of_rooms_is_that_of_the_document() {
    check("message_content", |takes| {
        let of = MessageId::from_slice(&bytes(&takes["of"])).unwrap();
        let named = UserId::from_slice(&bytes(&takes["named"])).unwrap();
        let text = takes["text"].as_str().unwrap().to_owned();
        let contents = [
            (
                "answer",
                Content::Text {
                    text: text.clone(),
                    re: Some(of),
                    mentions: vec![named],
                    fwd: false,
                },
            ),
            (
                "forwarded",
                Content::Text {
                    text: text.clone(),
                    re: None,
                    mentions: vec![],
                    fwd: true,
                },
            ),
            (
                "edit",
                Content::Edit {
                    of,
                    text,
                    mentions: vec![],
                },
            ),
            (
                "react",
                Content::React {
                    of,
                    emoji: takes["emoji"].as_str().unwrap().to_owned(),
                    on: true,
                },
            ),
            ("delete", Content::Delete { of }),
            (
                "room_face",
                Content::RoomFace(FaceChange {
                    about: takes["text"].as_str().map(str::to_owned),
                    picture: Some(bytes(&takes["secret"]).into()),
                    again: false,
                }),
            ),
            (
                "file",
                Content::File {
                    file: Box::new(file_of(&takes["file"])),
                    text: takes["text"].as_str().unwrap().to_owned(),
                    re: Some(of),
                    mentions: vec![named],
                    secret: None,
                    fwd: false,
                },
            ),
            (
                "file_that_burns",
                Content::File {
                    file: Box::new(file_of(&takes["file"])),
                    text: String::new(),
                    re: None,
                    mentions: vec![],
                    secret: UploadSecret::from_base64url(&Bytes(bytes(&takes["secret"])).to_base64url()),
                    fwd: false,
                },
            ),
            (
                "file_alone",
                Content::File {
                    file: Box::new(file_of(&takes["file"])),
                    text: String::new(),
                    re: None,
                    mentions: vec![],
                    secret: None,
                    fwd: false,
                },
            ),
        ];
        let envelope = |content| Envelope {
            id: MessageId::from_slice(&bytes(&takes["id"])).unwrap(),
            at: Millis(takes["at"].as_u64().unwrap()),
            content,
            list: None,
            timers: Timers {
                ttl: takes["ttl"].as_u64(),
                burn: takes["burn"].as_u64(),
            },
        };
        contents
            .into_iter()
            .map(|(name, content)| (name.to_owned(), json!(hex(&envelope(content).encode()))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    });
}

fn file_of(takes: &Value) -> FileDescriptor {
    let text = |name: &str| takes[name].as_str().unwrap().to_owned();
    FileDescriptor {
        blob_id: BlobId::from_slice(&bytes(&takes["blob_id"])).unwrap(),
        name: text("name"),
        media_type: text("media_type"),
        size: takes["size"].as_u64().unwrap(),
        key: FileKey::new(array(&takes["key"])),
        nonce_base: NonceBase(array(&takes["nonce_base"])),
        hash: array(&takes["hash"]),
        may_save: takes["may_save"].as_bool().unwrap(),
        dimensions: None,
        duration_ms: takes["duration_ms"].as_u64(),
        waveform: Some(bytes(&takes["waveform"])),
        thumbnail: None,
    }
}

/// What is said in a call beside text: each kind with the name that stands for it in the file.
#[test]
fn content_of_calls_is_that_of_the_document() {
    check("call_content", |takes| {
        let to = DeviceId::from_slice(&bytes(&takes["to"])).unwrap();
        let of = |name: &str| serde_json::from_value(takes[name].clone()).unwrap();
        let contents = [
            (
                "presence",
                Content::Presence {
                    microphone: true,
                    camera: false,
                    screen: false,
                    hand: true,
                    spotlight: None,
                },
            ),
            (
                "reaction",
                Content::Reaction {
                    reaction: serde_json::from_value(takes["reaction"].clone()).unwrap(),
                },
            ),
            (
                "ask_one",
                Content::Ask {
                    to: Some(to),
                    ask: of("ask"),
                },
            ),
            (
                "ask_all",
                Content::Ask {
                    to: None,
                    ask: of("ask"),
                },
            ),
        ];
        let envelope = |content| Envelope {
            id: MessageId::from_slice(&bytes(&takes["id"])).unwrap(),
            at: Millis(takes["at"].as_u64().unwrap()),
            content,
            list: None,
            timers: Timers::default(),
        };
        contents
            .into_iter()
            .map(|(name, content)| (name.to_owned(), json!(hex(&envelope(content).encode()))))
            .collect::<serde_json::Map<_, _>>()
            .into()
    });
}

#[test]
fn own_state_is_that_of_the_document() {
    check("own_state", |takes| {
        let random = Random::new(array(&takes["seed"]));
        let (mut store, _) = Store::open([0; 32], random.clone(), vec![]).unwrap();
        let room_id = RoomId::from_slice(&bytes(&takes["room_id"])).unwrap();
        let user_id = UserId::from_slice(&bytes(&takes["user_id"])).unwrap();
        let seq = Seq(takes["seq"].as_u64().unwrap());
        let key = array(&takes["key"]);
        let mut own = OwnState::default();
        own.set_title(
            &mut store,
            Millis(1),
            room_id,
            seq,
            takes["title"].as_str().unwrap(),
        );
        let put = own.put(&mut store, &random, &key, user_id, |_| true).unwrap();
        let mut other = OwnState::default();
        assert_eq!(other.merge(&mut store, &key, user_id, &put), Ok(true));
        json!({ "version": put.version, "blob": hex(&put.blob.0) })
    });
}
