//! Rooms and messages, from the device's side, over an honest server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Delivery, Reply, RoomKeys};
use model::{World, text};

/// R33: a room of three; everybody gets everything, once and in order.
#[test]
fn three_people_exchange_messages_in_order() {
    let mut world = World::new(1);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    world.send("alice", room, "one");
    world.send("bob", room, "two");
    world.send("carol", room, "three");
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name, room), ["one", "two", "three"], "{name}");
        assert_eq!(world.room(name, room).unwrap().title, "Plans", "{name}");
        assert_eq!(world.room(name, room).unwrap().members.len(), 3);
        assert_eq!(world.undelivered(name, room), 0);
    }
}

/// What a program that does one thing and ends waits for.
#[test]
fn a_device_is_settled_once_it_has_what_it_was_added_to() {
    let mut world = World::new(27);
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let is_settled = |world: &World| world.get("bob").core.as_ref().unwrap().is_settled();
    assert!(is_settled(&world));
    world.go_offline("bob");
    assert!(!is_settled(&world));
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "one");
    world.begin_to_go_online("bob");
    let mut steps = 0;
    while !is_settled(&world) {
        assert!(world.step(), "nothing comes any more");
        steps += 1;
    }
    assert!(steps > 3);
    let shown = world.room("bob", room).unwrap();
    assert_eq!((shown.title.as_str(), shown.unread), ("Plans", 1));
    world.begin("bob", text(room, "two"));
    assert!(!is_settled(&world), "the server does not have it yet");
    world.run();
    assert!(is_settled(&world));
}

#[test]
fn who_has_no_rooms_is_told_so_each_time() {
    let mut world = World::new(14);
    world.register("alice");
    assert!(world.get("alice").rooms_told && world.get("alice").rooms.is_empty());
    world.kill("alice");
    world.start("alice");
    world.run();
    assert!(world.get("alice").rooms_told && world.get("alice").rooms.is_empty());
}

#[test]
fn who_was_offline_gets_what_was_missed_once_and_in_order() {
    let mut world = World::new(2);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    world.go_offline("carol");
    let mut expected = vec![];
    for n in 0..30 {
        let author = if n % 3 == 0 { "bob" } else { "alice" };
        world.send(author, room, &format!("{n}"));
        expected.push(format!("{n}"));
    }
    world.go_online("carol");
    assert_eq!(world.texts("carol", room), expected);
    assert_eq!(world.room("carol", room).unwrap().unread, 30);
    let reply = world.command("carol", Command::MarkRead { room_id: room });
    assert!(matches!(reply, Reply::Done));
    assert_eq!(world.room("carol", room).unwrap().unread, 0);
}

/// What is written without a network leaves when it is back, in order.
#[test]
fn the_outbox_waits_for_the_network_and_for_a_restart() {
    let mut world = World::new(3);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.go_offline("alice");
    for n in 0..5 {
        world.send("alice", room, &format!("{n}"));
    }
    assert!(
        world
            .messages("alice", room)
            .iter()
            .all(|message| message.delivery != Delivery::Sent
                || !matches!(message.body, conclave_client_core::api::BodyView::Text { .. }))
    );
    world.kill("alice");
    world.start("alice");
    world.run();
    assert_eq!(world.texts("alice", room), ["0", "1", "2", "3", "4"]);
    assert_eq!(world.texts("bob", room).len(), 0);
    world.go_online("alice");
    world.run();
    assert_eq!(world.texts("bob", room), ["0", "1", "2", "3", "4"]);
    assert_eq!(world.texts("alice", room), ["0", "1", "2", "3", "4"]);
    assert_eq!(world.undelivered("alice", room), 0);
}

/// Both send while the other's commits and messages are on their way.
#[test]
fn messages_sent_at_the_same_time_all_arrive_in_one_order() {
    for seed in 0..10 {
        let mut world = World::new(seed);
        for name in ["alice", "bob", "carol"] {
            world.register(name);
        }
        let room = world.create_room("alice", "Plans", &["bob"]);
        for n in 0..6 {
            world.begin("alice", text(room, &format!("a{n}")));
            world.begin("bob", text(room, &format!("b{n}")));
            if n == 2 {
                let people = vec!["carol@example.org".to_owned()];
                world.begin(
                    "bob",
                    Command::AddPeople {
                        room_id: room,
                        people,
                    },
                );
            }
        }
        world.run();
        let alice = world.texts("alice", room);
        assert_eq!(alice, world.texts("bob", room), "seed {seed}");
        assert_eq!(alice.len(), 12, "seed {seed}");
        let of = |who: &str| {
            alice
                .iter()
                .filter(|t| t.starts_with(who))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("a"),
            (0..6).map(|n| format!("a{n}")).collect::<Vec<_>>(),
            "seed {seed}"
        );
        assert_eq!(
            of("b"),
            (0..6).map(|n| format!("b{n}")).collect::<Vec<_>>(),
            "seed {seed}"
        );
        assert_eq!(world.room("carol", room).unwrap().title, "Plans", "seed {seed}");
        assert_eq!(
            world.undelivered("alice", room) + world.undelivered("bob", room),
            0
        );
    }
}

/// R36, R37: who is added later sees what comes, and nothing from before.
#[test]
fn a_newcomer_sees_nothing_from_before() {
    let mut world = World::new(4);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "before");
    let people = vec!["Carol@Example.org".to_owned()];
    let reply = world.command(
        "bob",
        Command::AddPeople {
            room_id: room,
            people,
        },
    );
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    world.send("alice", room, "after");
    assert_eq!(world.texts("carol", room), ["after"]);
    assert_eq!(world.room("carol", room).unwrap().title, "Plans");
    assert_eq!(world.happened("alice", room), ["created", "added"]);
    assert_eq!(world.happened("carol", room), ["added_you"]);
}

#[test]
fn removed_member_opens_nothing_after_the_commit() {
    let mut world = World::new(5);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    let carol = world
        .room("alice", room)
        .unwrap()
        .members
        .iter()
        .find(|m| m.name == "Carol")
        .unwrap()
        .user_id;
    let reply = world.command(
        "bob",
        Command::RemovePerson {
            room_id: room,
            user_id: carol,
        },
    );
    assert!(matches!(reply, Reply::Done | Reply::Failed(_)), "{reply:?}");
    let reply = world.command(
        "alice",
        Command::RemovePerson {
            room_id: room,
            user_id: carol,
        },
    );
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert!(world.room("carol", room).is_none());
    assert!(
        world
            .get("carol")
            .notices
            .contains(&"removed_from_room".to_owned())
    );
    world.send("bob", room, "secret");
    assert_eq!(world.texts("alice", room), ["secret"]);
    assert!(world.texts("carol", room).is_empty());
    // What the device kept does not open it either: there is no group any more.
    world.kill("carol");
    world.start("carol");
    world.run();
    assert!(world.room("carol", room).is_none());
}

#[test]
fn who_leaves_is_removed_by_the_others_before_they_send() {
    let mut world = World::new(6);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    let reply = world.command("carol", Command::LeaveRoom { room_id: room });
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert!(world.room("carol", room).is_none());
    world.run();
    assert_eq!(world.room("alice", room).unwrap().members.len(), 2);
    world.send("bob", room, "without carol");
    assert_eq!(world.texts("alice", room), ["without carol"]);
    assert_eq!(world.happened("alice", room).last().unwrap(), "left");
}

#[test]
fn a_direct_room_is_found_again_and_takes_the_other_ones_name() {
    let mut world = World::new(7);
    world.register("alice");
    world.register("bob");
    let open = Command::OpenDirect {
        email: "bob@example.org".to_owned(),
    };
    let Reply::Room { room_id } = world.command("alice", open.clone()) else {
        panic!()
    };
    let Reply::Room { room_id: again } = world.command("alice", open) else {
        panic!()
    };
    assert_eq!(room_id, again);
    let back = Command::OpenDirect {
        email: "alice@example.org".to_owned(),
    };
    let Reply::Room { room_id: from_bob } = world.command("bob", back) else {
        panic!()
    };
    assert_eq!(room_id, from_bob);
    assert_eq!(world.room("alice", room_id).unwrap().title, "Bob");
    assert_eq!(world.room("bob", room_id).unwrap().title, "Alice");
    assert!(!world.room("alice", room_id).unwrap().may_add);
}

#[test]
fn renaming_shows_everywhere() {
    let mut world = World::new(8);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    let rename = Command::RenameRoom {
        room_id: room,
        title: "Better plans".to_owned(),
    };
    assert!(matches!(world.command("bob", rename), Reply::Done));
    for name in ["alice", "bob"] {
        assert_eq!(world.room(name, room).unwrap().title, "Better plans");
        assert_eq!(world.happened(name, room).last().unwrap(), "renamed", "{name}");
    }
}

#[test]
fn bad_input_gets_its_code_and_changes_nothing() {
    let mut world = World::new(9);
    world.register("alice");
    let code = |reply: Reply| match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    };
    let create = |title: &str, people: &[&str]| Command::CreateRoom {
        title: title.to_owned(),
        people: people.iter().map(|p| (*p).to_owned()).collect(),
    };
    assert_eq!(
        code(world.command("alice", create("x", &["nobody@example.org"]))),
        "person_unknown"
    );
    assert_eq!(
        code(world.command("alice", create("x", &["nobody"]))),
        "email_malformed"
    );
    assert_eq!(
        code(world.command("alice", create(&"x".repeat(300), &[]))),
        "title_too_long"
    );
    let room = world.create_room("alice", "Alone", &[]);
    assert_eq!(
        code(world.command("alice", text(room, &"x".repeat(20_000)))),
        "text_too_long"
    );
    world.send("alice", room, &"x".repeat(16_000));
    world.go_offline("alice");
    assert_eq!(code(world.command("alice", create("x", &[]))), "offline");
}

/// A room of one works, and grows.
#[test]
fn a_room_for_oneself_can_be_filled_later() {
    let mut world = World::new(10);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Notes", &[]);
    world.send("alice", room, "to myself");
    let people = vec!["bob@example.org".to_owned()];
    assert!(matches!(
        world.command(
            "alice",
            Command::AddPeople {
                room_id: room,
                people
            }
        ),
        Reply::Done
    ));
    world.send("bob", room, "hello");
    assert_eq!(world.texts("alice", room), ["to myself", "hello"]);
    assert_eq!(world.room("alice", room).unwrap().keys, RoomKeys::Ready);
}

/// After 500 messages a device renews its leaf, so that nobody who was away falls behind.
#[test]
fn a_device_renews_its_leaf_after_many_messages() {
    let mut world = World::new(11);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    let epoch = world.room("alice", room).unwrap().epoch;
    world.go_offline("bob");
    for n in 0..510 {
        world.begin("alice", text(room, &format!("{n}")));
    }
    world.run();
    assert_eq!(world.room("alice", room).unwrap().epoch, epoch + 1);
    world.go_online("bob");
    for _ in 0..12 {
        world.command("bob", Command::LoadOlder { room_id: room });
    }
    assert_eq!(world.room("bob", room).unwrap().unread, 510);
}
