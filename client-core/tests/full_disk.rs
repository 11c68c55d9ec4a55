//! What could not be stored is not told as done.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Reply, SessionView};
use model::{World, text};
use protocol::RoomId;

fn scene() -> (World, RoomId) {
    let mut world = World::new(1);
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "one");
    world.run_for(10_000);
    (world, room)
}

fn fill(world: &mut World) {
    world.installations.get_mut("alice").unwrap().full = true;
}

/// Somebody made room on the disk, and opens the program again.
fn open_again(world: &mut World) {
    world.kill("alice");
    let alice = world.installations.get_mut("alice").unwrap();
    (alice.full, alice.offline) = (false, false);
    world.start("alice");
    world.run();
}

fn has_failed(reply: &Reply) -> bool {
    matches!(reply, Reply::Failed(failure) if failure.code == "store_failed")
}

#[test]
fn a_message_that_cannot_be_stored_is_refused_and_not_sent() {
    let (mut world, room) = scene();
    fill(&mut world);
    for words in ["two", "three"] {
        let reply = world.command("alice", text(room, words));
        assert!(has_failed(&reply), "{reply:?}");
    }
    assert_eq!(world.get("alice").notices, ["store_failed"]);
    world.run_for(20_000);
    assert_eq!(world.texts("bob", room), ["one"]);
    open_again(&mut world);
    world.send("alice", room, "four");
    for name in ["alice", "bob"] {
        assert_eq!(world.texts(name, room), ["one", "four"], "{name}");
    }
}

#[test]
fn who_cannot_be_erased_is_not_told_to_be_signed_out() {
    for offline in [true, false] {
        let (mut world, _) = scene();
        if offline {
            world.go_offline("alice");
        }
        let rooms = world.get("alice").rooms.len();
        fill(&mut world);
        let reply = world.command("alice", Command::SignOut);
        assert!(has_failed(&reply), "{reply:?}");
        world.run_for(20_000);
        let alice = world.get("alice");
        assert!(
            matches!(alice.session, Some(SessionView::SignedIn { .. })),
            "{:?}",
            alice.session
        );
        assert_eq!(alice.rooms.len(), rooms);
        open_again(&mut world);
        world.assert_online("alice");
    }
}

/// Each command is answered, also where its answer of the server would come later, or never was asked for.
#[test]
fn what_waits_when_the_store_fails_is_refused_at_once() {
    let (mut world, room) = scene();
    let look_up = Command::LookUpPerson {
        email: "bob@example.org".to_owned(),
    };
    let revoke = Command::RevokeDevice {
        device_id: world.get("bob").device.unwrap(),
        password: conclave_client_core::api::Secret(model::world::PASSWORD.to_owned()),
    };
    let add = Command::CreateRoom {
        title: "More".to_owned(),
        people: vec!["bob@example.org".to_owned()],
    };
    fill(&mut world);
    let begun = [look_up, revoke, add, text(room, "two"), Command::SignOut];
    let begun = begun.map(|command| world.begin("alice", command));
    world.run_for(20_000);
    for id in begun {
        let reply = world.get("alice").replies.get(&id);
        assert!(reply.is_some(), "{id}");
    }
    assert!(
        begun[1..]
            .iter()
            .all(|id| has_failed(&world.get("alice").replies[id]))
    );
}

/// The server has signed the device out, and its store could not be erased: it is as soon as it can be written.
#[test]
fn what_the_server_signed_out_on_a_full_disk_is_erased_when_there_is_room() {
    let (mut world, _) = scene();
    let id = world.begin("alice", Command::SignOut);
    let device = world.get("alice").device.unwrap();
    while !world.server.accounts.devices[&device].revoked {
        assert!(world.step());
    }
    fill(&mut world);
    world.run();
    assert!(has_failed(&world.get("alice").replies[&id]));
    open_again(&mut world);
    assert_eq!(
        world.get("alice").session,
        Some(SessionView::SignedOut { reason: None })
    );
    assert_eq!(world.get("alice").store.len(), 1, "the batch counter alone stays");
}
