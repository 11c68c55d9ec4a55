//! A copy of a device's store that is put back later: it is recognised, and never encrypts.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Input, Reply};
use model::{World, logs::Logs, text};
use protocol::{Epoch, MessageId, RoomId, socket::EntryKind};

/// Alice's store as it was before she said "two", put back after it; the copy is about to start, without network.
struct Scene {
    world: World,
    room: RoomId,
    epoch: Epoch,
    /// What she sent in that epoch.
    sent: Vec<MessageId>,
}

/// How far "two" came when the original was killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Killed {
    /// The server has it, and alice does not know yet.
    Unacknowledged,
    /// The log showed it to her, and keeps nothing up to there.
    Trimmed,
}

/// What is sent here is what somebody writes.
fn without_receipts(world: &mut World) {
    for name in ["alice", "bob"] {
        world.command(name, Command::SetReceipts { on: false });
    }
    world.run_for(10_000);
}

fn scene(killed: Killed) -> Scene {
    let mut world = World::new(21);
    world.register("alice");
    world.register("bob");
    without_receipts(&mut world);
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "one");
    world.send("bob", room, "unread");
    world.run();
    let copy = world.get("alice").store.clone();
    let epoch = world.server.rooms[&room].group.epoch();
    let before = sent_in(&world, room, epoch).len();
    world.begin("alice", text(room, "two"));
    while sent_in(&world, room, epoch).len() == before {
        assert!(world.step());
    }
    if killed == Killed::Trimmed {
        world.run();
    }
    world.kill("alice");
    world.run();
    if killed == Killed::Trimmed {
        let room = world.server.rooms.get_mut(&room).unwrap();
        room.trimmed = room.acked.values().copied().min().unwrap();
        assert_eq!(room.trimmed.0, u64::try_from(room.log.len()).unwrap());
    }
    let alice = world.installations.get_mut("alice").unwrap();
    alice.store = copy;
    alice.offline = true;
    let sent = sent_in(&world, room, epoch);
    Scene {
        world,
        room,
        epoch,
        sent,
    }
}

fn sent_in(world: &World, room: RoomId, epoch: Epoch) -> Vec<MessageId> {
    let log = world.server.rooms[&room].log.iter();
    let sent = log.filter(|entry| entry.kind == EntryKind::Application && entry.epoch == epoch);
    sent.map(|entry| entry.message_id).collect()
}

/// The copy wrote as many batches as the original had shown, so that the counter tells nothing.
fn check(scene: &mut Scene, logs: &Logs, texts: &[&str], case: &str) {
    let Scene { world, room, .. } = scene;
    world.run_for(10_000);
    assert!(
        !logs.has(&["the stored state was rolled back"]),
        "{case}: not by the counter"
    );
    let notices = &world.get("alice").notices;
    assert_eq!(*notices, ["rolled_back"], "{case}: recognised");
    assert_eq!(
        sent_in(world, *room, scene.epoch),
        scene.sent,
        "{case}: nothing is encrypted with the old state"
    );
    world.assert_online("alice");
    world.send("alice", *room, "after");
    world.send("bob", *room, "heard");
    let all = [&["one", "unread", "two"], texts, &["after", "heard"]].concat();
    assert_eq!(world.texts("bob", *room), all, "{case}: all arrives, once");
    let own: Vec<&str> = all.into_iter().filter(|text| *text != "two").collect();
    assert_eq!(world.texts("alice", *room), own, "{case}");
    assert_eq!(world.undelivered("alice", *room), 0, "{case}");
}

const CASES: [Killed; 2] = [Killed::Unacknowledged, Killed::Trimmed];

/// R49: a restored copy that was written to before it met the server.
#[test]
fn an_old_copy_in_which_something_was_typed_without_network_encrypts_nothing() {
    for killed in CASES {
        Logs::during(|logs| {
            let mut scene = scene(killed);
            let world = &mut scene.world;
            world.start("alice");
            world.send("alice", scene.room, "Y");
            world.go_online("alice");
            check(&mut scene, logs, &["Y"], &format!("{killed:?}"));
        });
    }
}

#[test]
fn an_old_copy_in_which_something_was_read_without_network_encrypts_nothing() {
    for killed in CASES {
        Logs::during(|logs| {
            let mut scene = scene(killed);
            let world = &mut scene.world;
            world.start("alice");
            let read = Command::MarkRead { room_id: scene.room };
            assert!(matches!(world.command("alice", read), Reply::Done));
            world.go_online("alice");
            world.send("alice", scene.room, "Y");
            check(&mut scene, logs, &["Y"], &format!("{killed:?}"));
        });
    }
}

/// What is typed at any moment of connecting waits until the state was judged.
#[test]
fn an_old_copy_encrypts_nothing_whenever_something_is_typed() {
    for killed in CASES {
        for steps in 0..14 {
            Logs::during(|logs| {
                let mut scene = scene(killed);
                let world = &mut scene.world;
                world.start("alice");
                let read = Command::MarkRead { room_id: scene.room };
                assert!(matches!(world.command("alice", read), Reply::Done));
                world.installations.get_mut("alice").unwrap().offline = false;
                world.input("alice", Input::Nudge);
                for _ in 0..steps {
                    world.step();
                }
                world.begin("alice", text(scene.room, "Y"));
                check(&mut scene, logs, &["Y"], &format!("{killed:?}, {steps} steps"));
            });
        }
    }
}

/// A message that waits in the copy, and that the original has sent since, is the same message.
#[test]
fn a_message_that_the_original_has_sent_since_comes_once() {
    for killed in CASES {
        let mut world = World::new(22);
        world.register("alice");
        world.register("bob");
        without_receipts(&mut world);
        let room = world.create_room("alice", "Plans", &["bob"]);
        world.go_offline("alice");
        world.send("alice", room, "waits");
        let copy = world.get("alice").store.clone();
        let epoch = world.server.rooms[&room].group.epoch();
        let before = sent_in(&world, room, epoch).len();
        world.installations.get_mut("alice").unwrap().offline = false;
        world.input("alice", Input::Nudge);
        while sent_in(&world, room, epoch).len() == before {
            assert!(world.step());
        }
        if killed == Killed::Trimmed {
            world.run();
        }
        world.kill("alice");
        world.run();
        let sent = sent_in(&world, room, epoch);
        let alice = world.installations.get_mut("alice").unwrap();
        alice.store = copy;
        alice.offline = true;
        world.start("alice");
        for said in ["Y", "Z"] {
            world.send("alice", room, said);
        }
        world.go_online("alice");
        world.run_for(10_000);
        assert_eq!(sent_in(&world, room, epoch), sent, "{killed:?}");
        assert_eq!(world.texts("bob", room), ["waits", "Y", "Z"], "{killed:?}");
        assert_eq!(world.texts("alice", room), ["waits", "Y", "Z"], "{killed:?}");
        assert_eq!(world.undelivered("alice", room), 0, "{killed:?}");
    }
}

/// Whose leaf was replaced while it was away has no old copy, and nobody is alarmed.
#[test]
fn a_member_who_was_removed_and_added_again_while_away_is_no_old_copy() {
    let mut world = World::new(23);
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("bob", room, "one");
    world.go_offline("bob");
    let bob = world.room("alice", room).unwrap().members.iter();
    let bob = bob.clone().find(|member| member.name == "Bob").unwrap().user_id;
    let remove = Command::RemovePerson {
        room_id: room,
        user_id: bob,
    };
    assert!(matches!(world.command("alice", remove), Reply::Done));
    let add = Command::AddPeople {
        room_id: room,
        people: vec!["bob@example.org".to_owned()],
    };
    assert!(matches!(world.command("alice", add), Reply::Done));
    world.send("alice", room, "welcome back");
    let epoch = world.server.rooms[&room].group.epoch();
    world.go_online("bob");
    world.run_for(10_000);
    assert_eq!(world.server.rooms[&room].group.epoch(), epoch, "by the welcome");
    assert!(
        world.get("bob").notices.is_empty(),
        "{:?}",
        world.get("bob").notices
    );
    world.send("bob", room, "thanks");
    assert_eq!(world.texts("bob", room), ["one", "welcome back", "thanks"]);
    assert_eq!(world.texts("alice", room), ["one", "welcome back", "thanks"]);
}

/// A copy from the moment before the device knew that it was in.
#[test]
fn an_old_copy_that_was_on_its_way_in_encrypts_nothing() {
    Logs::during(|logs| {
        let mut world = World::new(24);
        world.register("alice");
        world.register("bob");
        without_receipts(&mut world);
        let room = world.create_room("alice", "Plans", &["bob"]);
        world.run();
        let before = world.server.rooms[&room].group.epoch();
        let phone = "alice's phone";
        world.install(phone);
        let sign_in = Command::SignIn {
            email: "alice@example.org".to_owned(),
            password: conclave_client_core::api::Secret(model::world::PASSWORD.to_owned()),
        };
        world.begin(phone, sign_in);
        while world.server.rooms[&room].group.epoch() == before {
            assert!(world.step());
        }
        let copy = world.get(phone).store.clone();
        world.run();
        world.send(phone, room, "two");
        world.run();
        world.kill(phone);
        world.run();
        let epoch = world.server.rooms[&room].group.epoch();
        let sent = sent_in(&world, room, epoch);
        assert_eq!(sent.len(), 1);
        let log = world.server.rooms.get_mut(&room).unwrap();
        log.trimmed = log.acked.values().copied().min().unwrap();
        assert_eq!(log.trimmed.0, u64::try_from(log.log.len()).unwrap());
        let alice = world.installations.get_mut(phone).unwrap();
        alice.store = copy;
        alice.offline = true;
        world.start(phone);
        // As many batches as the original has shown.
        let said: Vec<String> = (0..30).map(|n| format!("Y {n}")).collect();
        for words in &said {
            world.send(phone, room, words);
        }
        world.go_online(phone);
        world.run_for(10_000);
        assert!(
            !logs.has(&["the stored state was rolled back"]),
            "not by the counter"
        );
        assert_eq!(world.get(phone).notices, ["rolled_back"]);
        assert_eq!(sent_in(&world, room, epoch), sent);
        let all: Vec<String> = [vec!["two".to_owned()], said].concat();
        assert_eq!(world.texts("bob", room), all);
    });
}
