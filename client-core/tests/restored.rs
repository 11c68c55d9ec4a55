//! A server that was restored from a copy, and says so by a new generation.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::RoomKeys;
use model::{World, groups::Group, logs::Logs};
use protocol::{Bytes, Generation, RoomId};

/// What a copy of the server has of a room.
struct Copy {
    group_info: Bytes,
    tree: Bytes,
    entries: usize,
    generation: Generation,
}

fn copy(world: &World, room: RoomId) -> Copy {
    let room = &world.server.rooms[&room];
    Copy {
        group_info: room.group.group_info.clone(),
        tree: room.group.tree(),
        entries: room.log.len(),
        generation: room.generation,
    }
}

fn restore(world: &mut World, room_id: RoomId, copy: &Copy) {
    let room = world.server.rooms.get_mut(&room_id).unwrap();
    room.group = Group::found(&copy.group_info, &copy.tree).unwrap();
    room.generation = copy.generation;
    room.log.truncate(copy.entries);
    let kept: Vec<_> = room.log.iter().map(|entry| entry.message_id).collect();
    room.accepted.retain(|id, _| kept.contains(id));
    room.welcomes.clear();
    for acked in room.acked.values_mut() {
        *acked = (*acked).min(room.log.last().unwrap().seq);
    }
    world.server.generation += 1;
    for name in ["alice", "bob"] {
        world.go_offline(name);
    }
    for name in ["alice", "bob"] {
        world.go_online(name);
    }
    world.run_for(60_000);
}

fn talk(world: &mut World, room: RoomId) {
    for name in ["alice", "bob"] {
        world.send(name, room, &format!("{name} after"));
    }
    world.run_for(20_000);
    for name in ["alice", "bob"] {
        let texts = world.texts(name, room);
        assert!(
            texts.ends_with(&["alice after".to_owned(), "bob after".to_owned()]),
            "{name}: {texts:?}"
        );
        assert_eq!(world.room(name, room).unwrap().keys, RoomKeys::Ready, "{name}");
    }
}

fn prepare() -> (World, RoomId) {
    let mut world = World::new(1);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("bob", room, "before");
    (world, room)
}

#[test]
fn a_room_goes_on_after_a_server_lost_messages() {
    let (mut world, room) = prepare();
    let copy = copy(&world, room);
    world.send("alice", room, "lost by the server");
    restore(&mut world, room, &copy);
    talk(&mut world, room);
    assert!(
        world
            .texts("bob", room)
            .contains(&"lost by the server".to_owned()),
        "what arrived stays"
    );
    assert_eq!(world.server.rooms[&room].generation, Generation(1));
}

#[test]
fn a_room_of_which_a_server_lost_commits_is_founded_anew() {
    Logs::during(|logs| {
        let (mut world, room) = prepare();
        let copy = copy(&world, room);
        let add = conclave_client_core::api::Command::AddPeople {
            room_id: room,
            people: vec!["carol@example.org".to_owned()],
        };
        world.command("alice", add);
        restore(&mut world, room, &copy);
        assert!(logs.has(&["the server lost commits"]), "{:#?}", logs.lines());
        talk(&mut world, room);
        assert_eq!(world.server.rooms[&room].generation, Generation(2));
    });
}

/// Members take no generation again that they have been in, by whoever it is: the server could show them one of the past.
#[test]
fn a_room_of_which_a_server_lost_a_generation_is_founded_anew_above_it() {
    let (mut world, room) = prepare();
    let copy = copy(&world, room);
    let add = conclave_client_core::api::Command::AddPeople {
        room_id: room,
        people: vec!["carol@example.org".to_owned()],
    };
    world.command("alice", add);
    restore(&mut world, room, &copy);
    assert_eq!(world.server.rooms[&room].generation, Generation(2));
    restore(&mut world, room, &copy);
    talk(&mut world, room);
    assert_eq!(world.server.rooms[&room].generation, Generation(3));
}
