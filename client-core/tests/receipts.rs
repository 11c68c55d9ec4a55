//! Receipts: how far a message of one's own is, by the word of those who have it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Delivery, Input, Reply};
use model::{
    Honest, World,
    meeting::{direct_room, prepare},
};
use protocol::{MessageId, RoomId};

const SECOND: u64 = 1_000;

/// Enough for what is sent to be there, and less than a receipt waits.
const SOON: u64 = 500;

fn is_settled(world: &World, name: &str) -> bool {
    world.get(name).core.as_ref().unwrap().is_settled()
}

fn read(world: &mut World, name: &str, room_id: RoomId) {
    assert!(matches!(
        world.command(name, Command::MarkRead { room_id }),
        Reply::Done
    ));
}

/// How far a message is that this installation sent, without letting time pass; and who has read it.
fn state(world: &mut World, name: &str, room_id: RoomId, id: MessageId) -> (Delivery, Vec<String>) {
    world.command(name, Command::OpenRoom { room_id });
    let message = world.get(name).messages[&room_id][&id].clone();
    (message.delivery, message.read_by)
}

fn entries(world: &World, room_id: RoomId) -> usize {
    world.server.rooms[&room_id].log.len()
}

#[test]
fn a_message_is_sent_then_delivered_then_read() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.run();
    world.go_offline("bob");
    let id = world.send("alice", room, "hello");
    world.run_for(10 * SECOND);
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Sent);
    world.go_online("bob");
    world.run_for(10 * SECOND);
    assert_eq!(
        state(&mut world, "alice", room, id),
        (Delivery::Delivered, vec![])
    );
    read(&mut world, "bob", room);
    world.run_for(5 * SECOND);
    let (delivery, readers) = state(&mut world, "alice", room, id);
    assert_eq!((delivery, readers.len()), (Delivery::Read, 1));
    // As stored, too.
    world.kill("alice");
    world.start("alice");
    world.run();
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Read);
}

#[test]
fn one_receipt_speaks_for_many_messages_and_none_for_a_receipt() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.run_for(10 * SECOND);
    let before = entries(&world, room);
    for n in 0..20 {
        let text = format!("message {n}");
        world.begin("alice", model::text(room, &text));
    }
    world.run_for(20 * SECOND);
    let delivered = entries(&world, room) - before - 20;
    assert!(
        (1..=2).contains(&delivered),
        "{delivered} receipts for twenty messages"
    );
    read(&mut world, "bob", room);
    world.run_for(60 * SECOND);
    assert_eq!(
        entries(&world, room) - before - 20,
        delivered + 1,
        "receipts bring no receipts"
    );
}

#[test]
fn who_leaves_says_first_what_it_has_and_read() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.run_for(60 * SECOND);
    let id = world.send("alice", room, "hello");
    world.run_for(10 * SECOND);
    let before = entries(&world, room);
    world.begin("bob", Command::MarkRead { room_id: room });
    world.run_for(SOON);
    assert_eq!(entries(&world, room), before);
    assert!(is_settled(&world, "bob"), "a receipt is not waited for");
    world.input("bob", Input::Leaving);
    assert!(!is_settled(&world, "bob"), "now it is");
    world.run_for(SOON);
    assert!(is_settled(&world, "bob"));
    assert_eq!(entries(&world, room), before + 1);
    world.kill("bob");
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Read);
    // There is nothing more to say.
    world.start("bob");
    world.run_for(60 * SECOND);
    world.input("bob", Input::Leaving);
    world.run();
    assert_eq!(entries(&world, room), before + 1);
}

#[test]
fn in_a_room_of_many_all_must_have_it_and_the_readers_are_named() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let id = world.send("alice", room, "hello");
    world.run_for(10 * SECOND);
    read(&mut world, "bob", room);
    world.run_for(5 * SECOND);
    let (delivery, readers) = state(&mut world, "alice", room, id);
    assert_eq!((delivery, readers.len()), (Delivery::Delivered, 1));
    read(&mut world, "carol", room);
    world.run_for(5 * SECOND);
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Read);
    // Who is no member any more has no say: what comes next is read by those who are there.
    let bob = world
        .room("alice", room)
        .unwrap()
        .members
        .iter()
        .find(|one| one.email.starts_with("bob"));
    let user_id = bob.unwrap().user_id;
    world.command(
        "alice",
        Command::RemovePerson {
            room_id: room,
            user_id,
        },
    );
    let next = world.send("alice", room, "to carol");
    read(&mut world, "carol", room);
    world.run_for(10 * SECOND);
    assert_eq!(state(&mut world, "alice", room, next).0, Delivery::Read);
}

#[test]
fn who_switched_them_off_sends_none_and_sees_none_on_all_devices() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.sign_in("bob's phone");
    world.run_for(10 * SECOND);
    assert!(matches!(
        world.command("bob", Command::SetReceipts { on: false }),
        Reply::Done
    ));
    world.run_for(30 * SECOND);
    let id = world.send("alice", room, "hello");
    for name in ["bob", "bob's phone"] {
        read(&mut world, name, room);
    }
    world.run_for(30 * SECOND);
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Sent);
    let own = world.send("bob", room, "and you?");
    read(&mut world, "alice", room);
    world.run_for(30 * SECOND);
    assert_eq!(state(&mut world, "bob", room, own).0, Delivery::Sent);
    world.command("bob", Command::SetReceipts { on: true });
    world.run_for(30 * SECOND);
    assert_eq!(state(&mut world, "bob", room, own).0, Delivery::Read);
    assert_eq!(state(&mut world, "alice", room, id).0, Delivery::Read);
}

#[test]
fn of_two_devices_one_says_it() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    world.sign_in("bob's phone");
    world.run_for(60 * SECOND);
    let before = entries(&world, room);
    world.send("alice", room, "hello");
    read(&mut world, "bob", room);
    world.run_for(60 * SECOND);
    let receipts = entries(&world, room) - before - 1;
    assert!((1..=2).contains(&receipts), "{receipts} receipts by two devices");
}
