//! Files in rooms, over an honest server: what a message says of them, what a device keeps of uploads, and that blobs go
//! with their messages (R33, R43, R44, R45).

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{
    BodyView, Command, FileCard, FileHint, FileKind, MessageView, Reply, SealedPart, Secret, UploadCard,
};
use model::{Honest, World, meeting::prepare};
use protocol::{BlobId, Bytes, MessageId, Millis, RoomId};

const MINUTE: u64 = 60_000;

fn b64(byte: u8, len: usize) -> String {
    Bytes(vec![byte; len]).to_base64url()
}

fn card(number: u8) -> FileCard {
    FileCard {
        blob_id: BlobId::from_random([number; 16]),
        name: "plan.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: 5_000,
        key: Secret(b64(number, 32)),
        nonce_base: Bytes(vec![2; 7]),
        hash: Bytes(vec![3; 32]),
        may_save: true,
        width: None,
        height: None,
        duration_ms: None,
        waveform: None,
        thumbnail: None,
    }
}

fn upload(number: u8, room_id: RoomId) -> UploadCard {
    let file = card(number);
    UploadCard {
        blob_id: file.blob_id,
        room_id,
        key: file.key,
        nonce_base: file.nonce_base,
        upload_secret: Secret(b64(number, 32)),
        sealed: None,
        expires_at: Millis(1),
        about: "{\"name\":\"plan.pdf\"}".to_owned(),
    }
}

/// What `name` says of a file that lies on the server.
fn file(world: &mut World, room_id: RoomId, card: FileCard, text: &str, ends_at: Option<Millis>) -> Command {
    let upload_secret = Secret(b64(card.key.0.as_bytes()[0], 32));
    world
        .server
        .accounts
        .blobs
        .kept
        .insert(card.blob_id, upload_secret.0.clone());
    Command::SendFile {
        room_id,
        file: Box::new(card),
        upload_secret,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ends_at,
        burn_ms: None,
        message_id: None,
    }
}

fn send(world: &mut World, name: &str, room_id: RoomId, card: FileCard, text: &str) -> MessageId {
    let command = file(world, room_id, card, text, None);
    sent(world.command(name, command))
}

fn sent(reply: Reply) -> MessageId {
    match reply {
        Reply::Message { message_id } => message_id,
        reply => panic!("{reply:?}"),
    }
}

fn done(world: &mut World, name: &str, command: Command) {
    let reply = world.command(name, command);
    assert!(matches!(reply, Reply::Done), "{reply:?}");
}

fn code(reply: Reply) -> String {
    match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    }
}

fn message(world: &mut World, name: &str, room_id: RoomId, id: MessageId) -> Option<MessageView> {
    let messages = world.messages(name, room_id);
    messages.into_iter().find(|message| message.message_id == id)
}

fn kept(world: &World) -> usize {
    world.server.accounts.blobs.kept.len()
}

fn uploads(world: &mut World, name: &str) -> Vec<UploadCard> {
    match world.command(name, Command::ListUploads) {
        Reply::Uploads(uploads) => uploads,
        reply => panic!("{reply:?}"),
    }
}

fn delete(room_id: RoomId, message_id: MessageId) -> Command {
    Command::DeleteMessage { room_id, message_id }
}

fn note(upload: UploadCard) -> Command {
    Command::NoteUpload {
        upload: Box::new(upload),
    }
}

/// R33, R43, R45: key, hash, name and whether it may be saved reach the others inside the message.
#[test]
fn a_file_reaches_everybody_as_it_was_described() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let card = FileCard {
        may_save: false,
        width: Some(640),
        height: Some(480),
        thumbnail: Some(Bytes(vec![9; 8_000])),
        ..card(1)
    };
    let id = send(&mut world, "alice", room, card.clone(), "look");
    for name in ["alice", "bob", "carol"] {
        let seen = message(&mut world, name, room, id).unwrap();
        let body = BodyView::File {
            file: Box::new(card.clone()),
            text: "look".to_owned(),
        };
        assert_eq!(seen.body, body, "{name}");
        assert_eq!(seen.may_delete, name == "alice");
    }
    world.kill("bob");
    world.start("bob");
    assert!(
        message(&mut world, "bob", room, id).is_some_and(|seen| matches!(seen.body, BodyView::File { .. }))
    );
}

#[test]
fn files_have_words_in_the_list_of_rooms_and_where_they_are_answered() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let picture = FileCard {
        media_type: "image/png".to_owned(),
        name: "beach.png".to_owned(),
        ..card(1)
    };
    let id = send(&mut world, "alice", room, picture, "");
    let hint = |kind, name: &str| {
        Some(FileHint {
            kind,
            name: name.to_owned(),
        })
    };
    let view = world.room("bob", room).unwrap().clone();
    assert_eq!(view.preview, "");
    assert_eq!(view.preview_file, hint(FileKind::Picture, "beach.png"));
    assert_eq!(view.unread, 1);
    let answer = Command::SendFile {
        room_id: room,
        file: Box::new(FileCard {
            waveform: Some(Bytes(vec![1, 2])),
            duration_ms: Some(2_000),
            media_type: "audio/webm".to_owned(),
            ..card(2)
        }),
        upload_secret: Secret(b64(2, 32)),
        text: String::new(),
        reply_to: Some(id),
        mentions: vec![],
        ends_at: None,
        burn_ms: None,
        message_id: None,
    };
    let answer = sent(world.command("bob", answer));
    let quote = message(&mut world, "alice", room, answer)
        .unwrap()
        .reply_to
        .unwrap();
    assert_eq!(quote.author_name, "Alice");
    assert_eq!(quote.file, hint(FileKind::Picture, "beach.png"));
    let hint = world.room("alice", room).unwrap().preview_file.clone().unwrap();
    assert_eq!(hint.kind, FileKind::VoiceNote);
    done(&mut world, "alice", delete(room, id));
    let quote = message(&mut world, "bob", room, answer)
        .unwrap()
        .reply_to
        .unwrap();
    assert_eq!((quote.file, quote.author_name.as_str()), (None, ""));
}

#[test]
fn what_stands_with_a_file_may_be_changed_and_the_file_may_not() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let id = send(&mut world, "alice", room, card(1), "befor");
    done(
        &mut world,
        "alice",
        Command::EditMessage {
            room_id: room,
            message_id: id,
            text: "before".to_owned(),
            mentions: vec![],
        },
    );
    let react = Command::ReactToMessage {
        room_id: room,
        message_id: id,
        emoji: "\u{1F44D}".to_owned(),
        on: true,
    };
    done(&mut world, "bob", react);
    for name in ["alice", "bob"] {
        let seen = message(&mut world, name, room, id).unwrap();
        let body = BodyView::File {
            file: Box::new(card(1)),
            text: "before".to_owned(),
        };
        assert_eq!(seen.body, body, "{name}");
        assert!(seen.edited);
        assert_eq!(seen.reactions[0].names, ["Bob"]);
    }
}

#[test]
fn a_description_that_cannot_be_is_not_sent() {
    let (mut world, room) = prepare(&["alice"], Box::new(Honest));
    for bad in [
        FileCard {
            name: "invoice_\u{202e}fdp.exe".to_owned(),
            ..card(1)
        },
        FileCard {
            key: Secret(b64(1, 31)),
            ..card(1)
        },
        FileCard {
            width: Some(1),
            ..card(1)
        },
    ] {
        let command = file(&mut world, room, bad, "", None);
        assert_eq!(code(world.command("alice", command)), "malformed");
    }
    assert!(
        world
            .messages("alice", room)
            .iter()
            .all(|one| matches!(one.body, BodyView::RoomEvent { .. }))
    );
}

/// R44: what is deleted for everybody is gone from the server too, also by a moderator, also where its maker is away.
#[test]
fn a_deleted_file_leaves_the_server() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let first = send(&mut world, "bob", room, card(1), "");
    let second = send(&mut world, "bob", room, card(2), "");
    assert_eq!(kept(&world), 2);
    done(&mut world, "bob", delete(room, first));
    assert_eq!(kept(&world), 1);
    // Alice moderates. Bob's device alone has the secret, and is away.
    world.go_offline("bob");
    done(&mut world, "alice", delete(room, second));
    world.kill("bob");
    assert_eq!(kept(&world), 1);
    world.start("bob");
    world.go_online("bob");
    world.run();
    assert_eq!(kept(&world), 0);
    assert_eq!(
        message(&mut world, "bob", room, first).unwrap().body,
        BodyView::Deleted
    );
}

#[test]
fn a_file_that_did_not_leave_yet_is_taken_back_with_its_blob() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    let id = send(&mut world, "alice", room, card(1), "");
    let before = world.server.accounts.blobs.requests;
    done(&mut world, "alice", delete(room, id));
    assert_eq!(message(&mut world, "alice", room, id), None);
    assert_eq!(
        world.server.accounts.blobs.requests, before,
        "there is no network"
    );
    world.kill("alice");
    world.start("alice");
    world.go_online("alice");
    world.run();
    assert_eq!(kept(&world), 0);
    assert_eq!(message(&mut world, "bob", room, id), None);
}

/// R44: at its end, message and blob are gone; the message ends when the blob does, which was settled as the upload began.
#[test]
fn a_file_ends_with_its_message() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let ends_at = world.now.plus(2 * MINUTE);
    // The upload took a while.
    world.run_for(MINUTE);
    let command = file(&mut world, room, card(1), "", Some(ends_at));
    let id = sent(world.command("alice", command));
    let entry = world.server.rooms[&room].log.last().unwrap().clone();
    assert_eq!(entry.expires_at.unwrap_or(ends_at), ends_at);
    for name in ["alice", "bob"] {
        assert_eq!(
            message(&mut world, name, room, id).unwrap().ends_at,
            Some(ends_at),
            "{name}"
        );
    }
    world.run_for(2 * MINUTE);
    for name in ["alice", "bob"] {
        assert_eq!(message(&mut world, name, room, id), None, "{name}");
    }
    assert_eq!(kept(&world), 0);
    let late = file(&mut world, room, card(2), "", Some(ends_at));
    assert_eq!(code(world.command("alice", late)), "file_expired");
}

/// R39, R44: the room's longest time holds for files, too, whatever was asked for.
#[test]
fn the_rooms_cap_ends_a_file_that_has_no_time_of_its_own() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    done(
        &mut world,
        "alice",
        Command::SetTimers {
            room_id: room,
            ttl_ms: MINUTE,
            burn_ms: 0,
        },
    );
    let id = send(&mut world, "alice", room, card(1), "");
    assert!(message(&mut world, "bob", room, id).unwrap().ends_at.is_some());
    world.run_for(2 * MINUTE);
    assert_eq!(message(&mut world, "bob", room, id), None);
    assert_eq!(kept(&world), 0);
}

/// R42: a file burns for who has read it; for who has not, the server still has it.
#[test]
fn a_file_that_burnt_for_its_author_is_there_for_who_did_not_read_it() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.go_offline("bob");
    let mut command = file(&mut world, room, card(1), "", None);
    let Command::SendFile { burn_ms, .. } = &mut command else {
        unreachable!()
    };
    *burn_ms = Some(MINUTE);
    let id = sent(world.command("alice", command));
    world.run_for(2 * MINUTE);
    assert_eq!(message(&mut world, "alice", room, id), None);
    assert_eq!(kept(&world), 1);
    world.go_online("bob");
    world.run();
    assert!(message(&mut world, "bob", room, id).is_some());
    done(&mut world, "bob", Command::MarkRead { room_id: room });
    world.run_for(2 * MINUTE);
    assert_eq!(message(&mut world, "bob", room, id), None);
}

#[test]
fn a_deletion_is_asked_for_until_the_server_answers() {
    let (mut world, room) = prepare(&["alice"], Box::new(Honest));
    let id = send(&mut world, "alice", room, card(1), "");
    world.server.accounts.blobs.status = Some(503);
    done(&mut world, "alice", delete(room, id));
    world.run_for(MINUTE);
    let asked = world.server.accounts.blobs.requests;
    assert!((2..40).contains(&asked), "{asked}");
    world.kill("alice");
    world.server.accounts.blobs.status = None;
    world.start("alice");
    world.run();
    assert_eq!(kept(&world), 0);
    // What is refused for good is not asked for again.
    let id = send(&mut world, "alice", room, card(2), "");
    world.server.accounts.blobs.status = Some(403);
    done(&mut world, "alice", delete(room, id));
    let asked = world.server.accounts.blobs.requests;
    world.run_for(10 * MINUTE);
    assert_eq!(world.server.accounts.blobs.requests, asked);
}

#[test]
fn what_is_noted_of_an_upload_survives_and_goes_with_the_message() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    done(&mut world, "alice", note(upload(1, room)));
    let further = UploadCard {
        sealed: Some(SealedPart {
            len: 4_096,
            hash: Bytes(vec![8; 32]),
        }),
        ..upload(1, room)
    };
    done(&mut world, "alice", note(further.clone()));
    done(&mut world, "alice", note(upload(2, room)));
    world.kill("alice");
    world.start("alice");
    assert_eq!(uploads(&mut world, "alice"), [further, upload(2, room)]);
    send(&mut world, "alice", room, card(1), "");
    assert_eq!(uploads(&mut world, "alice"), [upload(2, room)]);
    world.kill("alice");
    world.start("alice");
    assert_eq!(uploads(&mut world, "alice"), [upload(2, room)]);
}

/// Whatever step a device is killed at: an upload that was to become a message is one of the two, never neither, and its
/// blob never is nobody's.
#[test]
fn a_device_that_is_killed_has_the_upload_or_the_message() {
    for step in 1..6 {
        for durable in [false, true] {
            let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
            done(&mut world, "alice", note(upload(1, room)));
            let alice = world.installations.get_mut("alice").unwrap();
            alice.crash_at = Some((alice.batches + step, durable));
            let command = file(&mut world, room, card(1), "", None);
            world.begin("alice", command);
            world.run();
            if world.get("alice").core.is_none() {
                world.installations.get_mut("alice").unwrap().crash_at = None;
                world.start("alice");
                world.run();
            }
            let case = format!("killed at batch {step}, durable: {durable}");
            let noted = uploads(&mut world, "alice").len();
            let is_file = |one: &MessageView| matches!(one.body, BodyView::File { .. });
            for name in ["alice", "bob"] {
                let said = world
                    .messages(name, room)
                    .iter()
                    .filter(|one| is_file(one))
                    .count();
                assert_eq!(noted + said, 1, "{case}: {name}");
            }
        }
    }
}

#[test]
fn a_dropped_upload_is_deleted_from_the_server_and_not_noted_again() {
    let (mut world, room) = prepare(&["alice"], Box::new(Honest));
    let blob_id = card(1).blob_id;
    world.server.accounts.blobs.kept.insert(blob_id, b64(1, 32));
    done(&mut world, "alice", note(upload(1, room)));
    world.go_offline("alice");
    done(&mut world, "alice", Command::DropUpload { blob_id });
    assert_eq!(code(world.command("alice", note(upload(1, room)))), "not_found");
    assert_eq!(uploads(&mut world, "alice"), []);
    assert_eq!(kept(&world), 1);
    world.kill("alice");
    world.start("alice");
    world.go_online("alice");
    world.run();
    assert_eq!(kept(&world), 0);
}

#[test]
fn what_is_noted_has_an_end() {
    let (mut world, room) = prepare(&["alice"], Box::new(Honest));
    for number in 0..64 {
        done(&mut world, "alice", note(upload(number, room)));
    }
    assert_eq!(
        code(world.command("alice", note(upload(64, room)))),
        "too_many_unsent"
    );
    done(&mut world, "alice", note(upload(63, room)));
    let long = UploadCard {
        about: "x".repeat(65 * 1024),
        ..upload(1, room)
    };
    assert_eq!(code(world.command("alice", note(long))), "too_large");
    let bad = UploadCard {
        upload_secret: Secret(b64(1, 31)),
        ..upload(1, room)
    };
    assert_eq!(code(world.command("alice", note(bad))), "malformed");
}

#[test]
fn uploads_into_a_room_that_one_leaves_are_dropped() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let blob_id = card(1).blob_id;
    world.server.accounts.blobs.kept.insert(blob_id, b64(1, 32));
    done(&mut world, "bob", note(upload(1, room)));
    done(&mut world, "bob", Command::LeaveRoom { room_id: room });
    world.run();
    assert_eq!(uploads(&mut world, "bob"), []);
    assert_eq!(kept(&world), 0);
}

fn token(world: &mut World, stale: Option<&Secret>) -> Secret {
    let stale = stale.cloned();
    match world.command("alice", Command::GiveToken { stale }) {
        Reply::Token { token } => token,
        reply => panic!("{reply:?}"),
    }
}

#[test]
fn the_token_is_that_of_the_newest_session_and_a_refused_one_brings_another() {
    let (mut world, _) = prepare(&["alice"], Box::new(Honest));
    let first = token(&mut world, None);
    let newest = |world: &World| {
        let device = world.get("alice").device.unwrap();
        Secret(world.server.accounts.tokens[&device].clone())
    };
    assert_eq!(first, newest(&world));
    world.go_offline("alice");
    assert_eq!(token(&mut world, Some(&first)), first, "there is no other yet");
    world.go_online("alice");
    world.run();
    let second = token(&mut world, Some(&first));
    assert_ne!(second, first);
    // One that is refused though the connection stands has run out.
    world.run_for(MINUTE);
    token(&mut world, Some(&second));
    world.run();
    let third = token(&mut world, Some(&second));
    assert_ne!(third, second);
    assert_eq!(third, newest(&world));
    // A server that refuses every token does not make the device connect again and again.
    token(&mut world, Some(&third));
    world.run_for(5_000);
    assert_eq!(newest(&world), third);
}

#[test]
fn a_device_without_a_session_has_no_token() {
    let mut world = World::new(1);
    world.register("alice");
    world.kill("alice");
    world.installations.get_mut("alice").unwrap().offline = true;
    world.start("alice");
    assert_eq!(
        code(world.command("alice", Command::GiveToken { stale: None })),
        "offline"
    );
}
