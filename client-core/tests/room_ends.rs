//! R38: rooms end by time or by hand, and everything in them goes (R38), in virtual time.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Reply};
use model::{
    Honest, World,
    meeting::{direct_room, prepare},
};
use protocol::{Millis, RoomId};

const MINUTE: u64 = 60_000;
const ALL: [&str; 3] = ["alice", "bob", "carol"];

fn prepared() -> (World, RoomId) {
    prepare(&ALL, Box::new(Honest))
}

fn set_end(world: &mut World, name: &str, room_id: RoomId, life_ms: u64) -> Reply {
    world.command(name, Command::SetRoomEnd { room_id, life_ms })
}

fn delete(world: &mut World, name: &str, room_id: RoomId) -> Reply {
    world.command(name, Command::DeleteRoom { room_id })
}

/// Nothing of the room is shown, nor stored: fewer records than one that still had it, and no word of it told.
fn assert_gone(world: &World, name: &str, room_id: RoomId) {
    assert!(world.room(name, room_id).is_none(), "{name} shows the room");
    // What was agreed on last stays, until the server lists the room no more.
    let named = |key: &String| key.contains(&room_id.to_string()) && !key.starts_with("past/");
    let records: Vec<String> = world.records(name).into_keys().filter(named).collect();
    assert!(records.is_empty(), "{name} has records of the room: {records:?}");
}

#[test]
fn a_room_ends_at_its_time_on_all_devices_and_on_the_server() {
    let (mut world, room) = prepared();
    world.send("alice", room, "the plan");
    assert!(matches!(
        set_end(&mut world, "alice", room, 10 * MINUTE),
        Reply::Done
    ));
    world.run();
    let end = world.room("alice", room).unwrap().ends_at.unwrap();
    for name in ALL {
        assert_eq!(world.room(name, room).unwrap().ends_at, Some(end), "{name}");
        assert!(
            world.happened(name, room).contains(&"end_set".to_owned()),
            "{name}"
        );
    }
    let left = end.since(world.now);
    world.run_for(left - 1);
    assert!(world.room("bob", room).is_some());
    world.run_for(1);
    for name in ALL {
        assert_gone(&world, name, room);
        assert_eq!(world.get(name).notices, ["room_ended"], "{name}");
    }
    world.server.now = world.now;
    world.server.end_rooms();
    assert!(
        world
            .server
            .rooms
            .values()
            .all(|kept| kept.group.settings().room_id != room)
    );
}

#[test]
fn who_was_away_at_its_end_shows_nothing_of_it_and_does_not_come_in_again() {
    let (mut world, room) = prepared();
    world.send("alice", room, "the plan");
    set_end(&mut world, "alice", room, 10 * MINUTE);
    world.run();
    world.go_offline("carol");
    world.kill("bob");
    // The server is late: it would give the room to whoever asks.
    world.run_for(10 * MINUTE);
    assert_gone(&world, "carol", room);
    world.start("bob");
    assert_gone(&world, "bob", room);
    world.go_online("carol");
    world.run();
    for name in ALL {
        assert_gone(&world, name, room);
    }
}

#[test]
fn a_moderator_deletes_a_room_for_everybody_at_once() {
    let (mut world, room) = prepared();
    world.send("bob", room, "the plan");
    world.go_offline("carol");
    assert!(matches!(delete(&mut world, "bob", room), Reply::Failed(failure) if failure.code == "forbidden"));
    assert!(matches!(delete(&mut world, "alice", room), Reply::Done));
    world.run();
    assert_gone(&world, "alice", room);
    assert_gone(&world, "bob", room);
    assert_eq!(world.get("alice").notices, Vec::<String>::new());
    assert_eq!(world.get("bob").notices, ["room_deleted"]);
    world.go_online("carol");
    world.run();
    assert!(world.room("carol", room).is_none());
    assert_eq!(world.texts("carol", room), Vec::<String>::new());
    assert_eq!(world.get("carol").notices, ["room_lost"]);
}

#[test]
fn its_end_can_be_put_off_and_taken_away_by_moderators_alone() {
    let (mut world, room) = prepared();
    assert!(
        matches!(set_end(&mut world, "bob", room, MINUTE), Reply::Failed(failure) if failure.code == "forbidden")
    );
    set_end(&mut world, "alice", room, 5 * MINUTE);
    set_end(&mut world, "alice", room, 20 * MINUTE);
    world.run_for(10 * MINUTE);
    assert!(world.room("carol", room).is_some());
    set_end(&mut world, "alice", room, 0);
    world.run_for(60 * MINUTE);
    for name in ALL {
        assert_eq!(world.room(name, room).unwrap().ends_at, None, "{name}");
        assert_eq!(world.happened(name, room).last().unwrap(), "end_off", "{name}");
    }
}

#[test]
fn a_clock_that_goes_back_does_not_prolong_a_room() {
    let (mut world, room) = prepared();
    set_end(&mut world, "alice", room, 10 * MINUTE);
    world.run();
    world.go_offline("bob");
    world.run_for(6 * MINUTE);
    world.kill("bob");
    world.now = Millis(world.now.0 - 5 * MINUTE);
    world.start("bob");
    world.run_for(3 * MINUTE);
    assert!(world.room("bob", room).is_some());
    // Also after another restart. The clock is stored once a minute.
    world.kill("bob");
    world.start("bob");
    world.run_for(2 * MINUTE);
    assert_gone(&world, "bob", room);
}

#[test]
fn a_direct_room_has_no_end_of_its_own() {
    let mut world = World::new(1);
    let direct = direct_room(&mut world);
    world.run();
    assert!(
        matches!(delete(&mut world, "alice", direct), Reply::Failed(failure) if failure.code == "forbidden")
    );
    assert!(
        matches!(set_end(&mut world, "bob", direct, MINUTE), Reply::Failed(failure) if failure.code == "forbidden")
    );
}

/// Its device ended the room by what it knew, and learns that the room goes on.
#[test]
fn who_was_away_when_the_end_was_put_off_comes_in_again() {
    let (mut world, room) = prepared();
    set_end(&mut world, "alice", room, 10 * MINUTE);
    world.run();
    world.go_offline("carol");
    set_end(&mut world, "alice", room, 60 * MINUTE);
    world.run_for(20 * MINUTE);
    assert_gone(&world, "carol", room);
    world.go_online("carol");
    world.run_for(MINUTE);
    assert!(world.room("carol", room).is_some());
    world.send("alice", room, "still here");
    assert_eq!(world.texts("carol", room), ["still here"]);
    assert_eq!(world.room("carol", room).unwrap().title, "Plans");
    world.run_for(60 * MINUTE);
    for name in ALL {
        assert_gone(&world, name, room);
    }
}
