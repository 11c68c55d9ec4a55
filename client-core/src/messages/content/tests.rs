use proptest::prelude::*;

use super::*;

fn id_video() -> FileDescriptor {
    FileDescriptor {
        blob_id: protocol::BlobId::from_random([1; 16]),
        name: "ID video".to_owned(),
        media_type: "video/webm".to_owned(),
        size: 1_234_567,
        key: crate::files::FileKey::new([2; 32]),
        nonce_base: crate::files::NonceBase([3; 7]),
        hash: [4; 32],
        may_save: false,
        dimensions: None,
        duration_ms: Some(12_000),
        waveform: None,
        thumbnail: None,
    }
}

/// With all that a message has: what passes before anybody is verified has room for it.
#[test]
fn an_id_video_fits_into_an_introduction() {
    let mut video = id_video();
    video.name = "x".repeat(30);
    video.media_type = format!("video/{}", "x".repeat(60));
    let content = Content::IdVideo {
        video: Box::new(video),
        day: u32::MAX,
    };
    let padded = crate::group::pad(&envelope(content).encode()).len();
    assert!(padded <= 768, "{padded}");
    assert!(padded + 512 <= protocol::limits::MAX_INTRODUCTION_LEN);
}

fn envelope(content: Content) -> Envelope {
    let list = Some(ListHead {
        version: 3,
        hash: [4; 32],
    });
    Envelope {
        id: MessageId::from_random([1; 16]),
        at: Millis(5),
        content,
        list,
        timers: Timers {
            ttl: Some(60_000),
            burn: None,
        },
    }
}

#[test]
fn every_kind_comes_back_and_unknown_ones_are_kept() {
    let call_id = CallId::from_random([2; 16]);
    for content in [
        Content::text("Hello"),
        Content::Text {
            text: "Hello @Bob".to_owned(),
            re: Some(MessageId::from_random([7; 16])),
            mentions: vec![UserId::from_random([8; 16])],
            fwd: false,
        },
        Content::Text {
            text: "Hello".to_owned(),
            re: None,
            mentions: vec![],
            fwd: true,
        },
        Content::File {
            file: Box::new(picture()),
            text: "Look @Bob".to_owned(),
            re: Some(MessageId::from_random([7; 16])),
            mentions: vec![UserId::from_random([8; 16])],
            secret: UploadSecret::from_base64url(&protocol::Bytes(vec![9; 32]).to_base64url()),
            fwd: false,
        },
        Content::File {
            file: Box::new(picture()),
            text: String::new(),
            re: None,
            mentions: vec![],
            secret: None,
            fwd: true,
        },
        Content::RoomFace(FaceChange {
            about: Some("Lamps".to_owned()),
            picture: None,
            again: false,
        }),
        Content::RoomFace(FaceChange {
            about: None,
            picture: Some(vec![7; 20].into()),
            again: true,
        }),
        Content::BrokenFile,
        Content::Edit {
            of: MessageId::from_random([7; 16]),
            text: "Hello".to_owned(),
            mentions: vec![],
        },
        Content::React {
            of: MessageId::from_random([7; 16]),
            emoji: "\u{1F44D}".to_owned(),
            on: true,
        },
        Content::Delete {
            of: MessageId::from_random([7; 16]),
        },
        Content::RoomState {
            title: "Plans".to_owned(),
        },
        Content::IdVideo {
            video: Box::new(id_video()),
            day: 20_000,
        },
        Content::Read {
            rooms: vec![(RoomId::from_random([3; 16]), Seq(9))],
        },
        Content::CallStarted { call_id },
        Content::CallEnded { call_id },
        Content::CallDeclined { call_id },
        Content::CallMissed { call_id },
        Content::Presence {
            microphone: true,
            camera: false,
            screen: false,
            hand: true,
            spotlight: None,
        },
        Content::Presence {
            microphone: false,
            camera: false,
            screen: false,
            hand: false,
            spotlight: Some(Spotlight {
                turn: 2,
                on: Some(DeviceId::from_random([5; 16])),
            }),
        },
        Content::Presence {
            microphone: false,
            camera: false,
            screen: false,
            hand: false,
            spotlight: Some(Spotlight { turn: 3, on: None }),
        },
        Content::Reaction {
            reaction: Reaction::Celebrate,
        },
        Content::Ask {
            to: Some(DeviceId::from_random([4; 16])),
            ask: ParticipantAsk::Mute,
        },
        Content::Ask {
            to: None,
            ask: ParticipantAsk::LowerHand,
        },
        Content::GuestLink {
            link_id: GuestLinkId::from_random([5; 16]),
            secret: LinkSecret::from_slice(&[6; 32]).unwrap(),
            expires_at: Millis(7),
        },
        Content::GuestLinkRevoked {
            link_id: GuestLinkId::from_random([5; 16]),
        },
        Content::GuestWelcome {
            to: DeviceId::from_random([4; 16]),
            mac: [8; 32],
            title: "Plans".to_owned(),
        },
        Content::Name {
            name: "Alice".to_owned(),
        },
        // A reaction of a newer program.
        Content::Unknown {
            kind: "reaction".to_owned(),
            body: Value::Map(vec![(
                Value::Text("reaction".to_owned()),
                Value::Text("wave".to_owned()),
            )]),
        },
        Content::Unknown {
            kind: "poll".to_owned(),
            body: Value::Text("?".to_owned()),
        },
    ] {
        let envelope = envelope(content);
        assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
    }
}

fn picture() -> FileDescriptor {
    let file = FileDescriptor {
        blob_id: protocol::BlobId::from_random([1; 16]),
        name: "beach.png".to_owned(),
        media_type: "image/png".to_owned(),
        size: 12_345,
        key: crate::files::FileKey::new([2; 32]),
        nonce_base: crate::files::NonceBase([3; 7]),
        hash: [4; 32],
        may_save: true,
        dimensions: None,
        duration_ms: None,
        waveform: None,
        thumbnail: Some(vec![5; 100]),
    };
    file.checked().unwrap()
}

/// The bytes of an envelope with a file, of which a field of the descriptor is another.
fn with_field(version: u8, key: &str, value: Value) -> Vec<u8> {
    let mut file = Value::serialized(&picture()).unwrap().into_map().unwrap();
    file.retain(|(name, _)| name.as_text() != Some(key));
    file.push((Value::from(key), value));
    cbor::to_vec(&Wire {
        v: version,
        id: MessageId::from_random([1; 16]),
        at: Millis(5),
        k: FILE.to_owned(),
        b: Value::Map(vec![
            (Value::from("file"), Value::Map(file)),
            (Value::from("of_later"), Value::from(true)),
        ]),
        dl: None,
        ttl: None,
        burn: None,
    })
    .to_vec()
}

/// What cannot be is no file, and says so; what a newer program may mean is for a newer program.
#[test]
fn a_file_that_is_described_badly_is_known_as_one() {
    let of = |bytes: &[u8]| Envelope::decode(bytes).unwrap().content;
    assert!(matches!(
        of(&with_field(1, "of_later", Value::from(1))),
        Content::File { .. }
    ));
    for (key, value) in [
        ("name", Value::from("a\u{202e}b")),
        ("key", Value::Bytes(vec![1; 31])),
        ("size", Value::from(u64::MAX)),
        ("hash", Value::from("text")),
    ] {
        assert_eq!(of(&with_field(1, key, value)), Content::BrokenFile, "{key}");
    }
    assert!(matches!(
        of(&with_field(2, "name", Value::from(""))),
        Content::Unknown { .. }
    ));
}

fn fields() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..80).prop_map(Value::Bytes),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ]
}

const KEYS: [&str; 13] = [
    "blob_id",
    "name",
    "media_type",
    "size",
    "key",
    "nonce_base",
    "hash",
    "may_save",
    "width",
    "height",
    "duration_ms",
    "waveform",
    "thumbnail",
];

proptest! {
    /// Whatever stands in a field: it is read as a file that would be taken as it is, or as none. What is read is
    /// written as what is read the same.
    #[test]
    fn whatever_is_said_of_a_file_is_a_file_or_a_broken_one(at in 0..KEYS.len(), value in fields()) {
        let envelope = Envelope::decode(&with_field(1, KEYS[at], value)).unwrap();
        match &envelope.content {
            Content::File { file, .. } => prop_assert!(file.as_ref().clone().checked().is_ok()),
            Content::BrokenFile => {}
            other => prop_assert!(false, "{other:?}"),
        }
        prop_assert_eq!(Envelope::decode(&envelope.encode()), Some(envelope));
    }

    /// What was sent, with some bytes changed on the way, never breaks who reads it.
    #[test]
    fn a_changed_file_never_panics(at in any::<prop::sample::Index>(), to in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = with_field(1, "width", Value::from(3));
        let len = bytes.len();
        bytes[at.index(len)] = to;
        let _ = Envelope::decode(&bytes);
        let _ = Envelope::decode(&bytes[..cut.index(len)]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Envelope::decode(&bytes);
    }
}
