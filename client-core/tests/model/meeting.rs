//! People who meet in the call of a room.

use conclave_client_core::api::{CallView, Command, Reply};
use protocol::RoomId;

use super::{Conduct, World};

/// These people, and a room that the first of them made.
pub fn prepare(people: &[&str], conduct: Box<dyn Conduct>) -> (World, RoomId) {
    let mut world = World::with(1, conduct);
    for name in people {
        world.register(name);
    }
    let room = world.create_room(people[0], "Plans", &people[1..]);
    (world, room)
}

/// Everybody is in the call of a room that the first of them made, and moderates.
pub fn meet(people: &[&str], conduct: Box<dyn Conduct>) -> (World, RoomId) {
    let (mut world, room) = prepare(people, conduct);
    for name in people {
        join(&mut world, name, room);
    }
    (world, room)
}

/// The direct room of alice and bob.
pub fn direct_room(world: &mut World) -> RoomId {
    world.register("alice");
    world.register("bob");
    let email = "bob@example.org".to_owned();
    match world.command("alice", Command::OpenDirect { email }) {
        Reply::Room { room_id } => room_id,
        reply => panic!("no room: {reply:?}"),
    }
}

pub fn try_to_join(world: &mut World, name: &str, room_id: RoomId) -> Reply {
    let id = world.begin(name, Command::JoinCall { room_id });
    world.run();
    let replies = &mut world.installations.get_mut(name).unwrap().replies;
    replies.remove(&id).expect("an answer")
}

pub fn join(world: &mut World, name: &str, room_id: RoomId) {
    let reply = try_to_join(world, name, room_id);
    assert!(matches!(reply, Reply::CallEntered { .. }), "{name}: {reply:?}");
}

pub fn call<'a>(world: &'a World, name: &str) -> &'a CallView {
    world.get(name).call.as_ref().unwrap()
}
