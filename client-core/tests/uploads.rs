//! What a device keeps of uploads that became no message yet, and the token by which they go.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, Command, MessageView, Reply, SealedPart, Secret, UploadCard};
use model::{
    Honest, World,
    files::{MINUTE, UPLOAD_ENDS, b64, card, code, done, file, kept, note, send, upload, uploads},
    meeting::prepare,
};
use protocol::{Bytes, Millis};

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
            let said = file(&mut world, room, card(1), "", None);
            world.begin("alice", Command::SendFile(Box::new(said)));
            world.run();
            world.installations.get_mut("alice").unwrap().crash_at = None;
            if world.get("alice").core.is_none() {
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

/// R40: what was to end with a message that was never sent ends without it.
#[test]
fn what_is_noted_ends_when_its_message_would_have() {
    let (mut world, room) = prepare(&["alice"], Box::new(Honest));
    done(&mut world, "alice", note(upload(1, room)));
    world.kill("alice");
    world.now = Millis(UPLOAD_ENDS.0 - MINUTE);
    world.start("alice");
    assert_eq!(uploads(&mut world, "alice").len(), 1);
    world.run_for(2 * MINUTE);
    assert_eq!(uploads(&mut world, "alice"), []);
    let named = |key: &String| key.starts_with("upload/");
    assert!(!world.get("alice").store.keys().any(named));
}
