//! A call in a direct room rings at the other's devices.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, CallPhase, Command, Reply, RingView, RoomCallView};
use model::{World, meeting::direct_room};
use protocol::RoomId;

/// As long as a call rings (`client-core/src/limits.rs`).
const RING_MS: u64 = 45_000;

/// Alice and bob, who has a phone too, and their direct room.
fn prepare() -> (World, RoomId) {
    let mut world = World::new(1);
    let room_id = direct_room(&mut world);
    world.sign_in("bob's phone");
    world.run_for(5_000);
    (world, room_id)
}

fn join(world: &mut World, name: &str, room_id: RoomId) {
    let reply = world.command(name, Command::JoinCall { room_id });
    assert!(matches!(reply, Reply::CallEntered { .. }), "{name}: {reply:?}");
    world.run();
}

fn call(world: &World, name: &str, room: RoomId) -> Option<RoomCallView> {
    world.room(name, room).unwrap().call.clone()
}

fn ring(world: &World, name: &str, room: RoomId) -> Option<RingView> {
    call(world, name, room).and_then(|call| call.ring)
}

/// Codes of what happened with calls, as an installation shows it.
fn happened(world: &mut World, name: &str, room: RoomId) -> Vec<String> {
    let messages = world.messages(name, room);
    let codes = messages.into_iter().filter_map(|message| match message.body {
        BodyView::RoomEvent { event } if event.code.starts_with("call_") => Some(event.code),
        _ => None,
    });
    codes.collect()
}

#[test]
fn a_call_rings_at_all_devices_of_the_other_until_one_answers() {
    let (mut world, room) = prepare();
    join(&mut world, "alice", room);
    assert_eq!(ring(&world, "alice", room), Some(RingView::Outgoing));
    for name in ["bob", "bob's phone"] {
        assert_eq!(ring(&world, name, room), Some(RingView::Incoming), "{name}");
    }
    join(&mut world, "bob", room);
    for name in ["alice", "bob", "bob's phone"] {
        assert_eq!(ring(&world, name, room), None, "{name}");
    }
    assert!(call(&world, "bob's phone", room).unwrap().elsewhere);
    assert!(!call(&world, "bob", room).unwrap().elsewhere);
    // Long after, and when they have hung up, nothing is told as missed.
    world.run_for(2 * RING_MS);
    for name in ["bob", "alice"] {
        world.command(name, Command::LeaveCall);
    }
    world.run();
    assert_eq!(happened(&mut world, "bob's phone", room), ["call_started"]);
}

#[test]
fn who_declines_ends_the_ringing_everywhere_and_the_caller_is_told() {
    let (mut world, room) = prepare();
    join(&mut world, "alice", room);
    let reply = world.command("bob's phone", Command::DeclineCall { room_id: room });
    assert!(matches!(reply, Reply::Done));
    world.run();
    assert_eq!(ring(&world, "alice", room), Some(RingView::Declined));
    for name in ["bob", "bob's phone"] {
        assert_eq!(ring(&world, name, room), None, "{name}");
    }
    world.command("alice", Command::LeaveCall);
    world.run_for(2 * RING_MS);
    for name in ["alice", "bob", "bob's phone"] {
        assert_eq!(
            happened(&mut world, name, room),
            ["call_started", "call_declined"],
            "{name}"
        );
    }
    let again = world.command("bob", Command::DeclineCall { room_id: room });
    assert!(matches!(again, Reply::Failed(failure) if failure.code == "call_gone"));
}

#[test]
fn a_call_that_nobody_answers_stops_ringing_and_is_missed() {
    let (mut world, room) = prepare();
    join(&mut world, "alice", room);
    world.run_for(RING_MS - 10_000);
    assert_eq!(ring(&world, "bob", room), Some(RingView::Incoming));
    world.run_for(20_000);
    assert_eq!(ring(&world, "bob", room), None);
    assert_eq!(ring(&world, "alice", room), Some(RingView::Unanswered));
    assert_eq!(happened(&mut world, "bob", room), ["call_started", "call_missed"]);
    // The caller still waits, and is not told anew.
    join(&mut world, "bob", room);
    assert_eq!(world.get("alice").call.as_ref().unwrap().phase, CallPhase::Joined);
    assert_eq!(ring(&world, "alice", room), None);
    world.command("alice", Command::LeaveCall);
    world.run();
    assert_eq!(happened(&mut world, "bob", room), ["call_started", "call_missed"]);
}

#[test]
fn a_caller_who_hangs_up_stops_the_ringing_and_the_call_is_missed_also_by_who_was_away() {
    let (mut world, room) = prepare();
    world.go_offline("bob's phone");
    join(&mut world, "alice", room);
    world.command("alice", Command::LeaveCall);
    world.run();
    assert_eq!(call(&world, "bob", room), None);
    world.go_online("bob's phone");
    world.run_for(5_000);
    for name in ["alice", "bob", "bob's phone"] {
        assert_eq!(
            happened(&mut world, name, room),
            ["call_started", "call_missed"],
            "{name}"
        );
    }
    // The next one rings anew.
    join(&mut world, "bob", room);
    assert_eq!(ring(&world, "alice", room), Some(RingView::Incoming));
    assert_eq!(ring(&world, "bob's phone", room), None, "one's own call");
}

#[test]
fn a_call_in_a_larger_room_does_not_ring() {
    let mut world = World::new(1);
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    join(&mut world, "alice", room);
    assert_eq!(ring(&world, "bob", room), None);
    let reply = world.command("bob", Command::DeclineCall { room_id: room });
    assert!(matches!(reply, Reply::Failed(failure) if failure.code == "call_gone"));
    world.command("alice", Command::LeaveCall);
    world.run();
    assert_eq!(happened(&mut world, "bob", room), ["call_started"]);
}

#[test]
fn who_call_each_other_at_once_are_in_one_call_that_nobody_missed() {
    let (mut world, room) = prepare();
    for name in ["alice", "bob"] {
        world.command(name, Command::JoinCall { room_id: room });
    }
    world.run_for(2 * RING_MS);
    for name in ["alice", "bob"] {
        assert_eq!(ring(&world, name, room), None, "{name}");
        assert_eq!(call(&world, name, room).unwrap().names.len(), 2, "{name}");
    }
    let told = happened(&mut world, "bob's phone", room);
    assert!(!told.contains(&"call_missed".to_owned()), "{told:?}");
}
