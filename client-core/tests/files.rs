//! Files in rooms, over an honest server: what a message says of them, and that blobs go with their messages.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, Command, FileCard, FileHint, FileKind, Secret};
use model::{
    Honest, World,
    files::{MINUTE, b64, card, code, delete, done, file, kept, message, send, send_file},
    meeting::prepare,
};
use protocol::Bytes;

/// R33, R35, R43, R45: key, hash, name and whether it may be saved reach the others inside the message.
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
    let voice_note = FileCard {
        waveform: Some(Bytes(vec![1, 2])),
        duration_ms: Some(2_000),
        media_type: "audio/webm".to_owned(),
        ..card(2)
    };
    let mut answer = file(&mut world, room, voice_note, "", None);
    answer.reply_to = Some(id);
    let answer = send_file(&mut world, "bob", answer);
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
        let said = file(&mut world, room, bad, "", None);
        let reply = world.command("alice", Command::SendFile(Box::new(said)));
        assert_eq!(code(reply), "malformed");
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
    let said = file(&mut world, room, card(1), "", Some(ends_at));
    let id = send_file(&mut world, "alice", said);
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
    let reply = world.command("alice", Command::SendFile(Box::new(late)));
    assert_eq!(code(reply), "file_expired");
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
    let mut said = file(&mut world, room, card(1), "", None);
    said.burn_ms = Some(MINUTE);
    let id = send_file(&mut world, "alice", said);
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

/// R44: between two, who read it last has the server delete it.
#[test]
fn a_file_that_burns_between_two_leaves_the_server_with_its_second_reader() {
    let mut world = World::new(1);
    let room = model::meeting::direct_room(&mut world);
    world.go_offline("bob");
    let mut said = file(&mut world, room, card(1), "", None);
    said.burn_ms = Some(MINUTE);
    send_file(&mut world, "alice", said);
    world.run_for(2 * MINUTE);
    assert_eq!(kept(&world), 1);
    world.go_online("bob");
    world.run();
    done(&mut world, "bob", Command::MarkRead { room_id: room });
    assert_eq!(kept(&world), 1);
    world.run_for(2 * MINUTE);
    assert_eq!(kept(&world), 0);
    // What does not burn is its author's alone.
    let id = send(&mut world, "alice", room, card(2), "");
    assert!(message(&mut world, "bob", room, id).is_some());
    world.run_for(MINUTE);
    assert_eq!(kept(&world), 1);
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
