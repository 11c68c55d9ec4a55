//! Calls as a device meets them on a connection: what a former run of the program left behind.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::Command;
use model::{Conduct, Server, World};
use protocol::{
    CallId, Code, DeviceId, Millis, ParticipantId, Problem, RoomId,
    socket::{CallParticipant, CallSummary, Event, Reply, Request},
};

/// A server that counts a device in a call of the room, and notes who leaves.
#[derive(Default)]
struct Ghosts {
    listed: Option<(RoomId, DeviceId)>,
    left: Vec<(DeviceId, CallId)>,
}

struct WithGhosts(Arc<Mutex<Ghosts>>);

fn call_id() -> CallId {
    CallId::from_random([7; 16])
}

impl Ghosts {
    fn call(&self, server: &Server) -> Option<(RoomId, CallSummary)> {
        let (room_id, device_id) = self.listed?;
        let participant = CallParticipant {
            participant_id: ParticipantId::from_random([8; 16]),
            device_id,
            user_id: server.user_of(device_id),
        };
        let call = CallSummary {
            call_id: call_id(),
            started_at: Millis(1),
            participants: vec![participant],
        };
        Some((room_id, call))
    }
}

impl Conduct for WithGhosts {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<Reply, Problem>> {
        let mut ghosts = self.0.lock().unwrap();
        match request {
            Request::CallLeave(call) => {
                ghosts.left.push((from, call.call_id));
                ghosts.listed = None;
                Some(Ok(Reply::Done))
            }
            Request::CallJoin(join) => {
                ghosts.listed = Some((join.room_id, from));
                let (room_id, call) = ghosts.call(server).unwrap();
                drop(ghosts);
                let call = Some(call);
                server.event(from, Event::CallChanged { room_id, call });
                Some(Err(Problem::new(Code::Unavailable, "")))
            }
            _ => None,
        }
    }

    fn on_reply(&mut self, server: &mut Server, _to: DeviceId, _request: &Request, reply: Reply) -> Reply {
        let listed = self.0.lock().unwrap().call(server);
        match (reply, listed) {
            (Reply::Rooms(mut rooms), Some((room_id, call))) => {
                for room in rooms.iter_mut().filter(|room| room.room_id == room_id) {
                    room.call = Some(call.clone());
                }
                Reply::Rooms(rooms)
            }
            (reply, _) => reply,
        }
    }
}

fn prepare() -> (World, Arc<Mutex<Ghosts>>, RoomId, [DeviceId; 2]) {
    let ghosts = Arc::new(Mutex::new(Ghosts::default()));
    let mut world = World::with(1, Box::new(WithGhosts(ghosts.clone())));
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.run();
    let devices = ["alice", "bob"].map(|name| world.get(name).device.unwrap());
    (world, ghosts, room, devices)
}

#[test]
fn a_device_that_starts_anew_leaves_the_call_that_it_was_in() {
    let (mut world, ghosts, room, [alice, _]) = prepare();
    ghosts.lock().unwrap().listed = Some((room, alice));
    world.kill("alice");
    world.start("alice");
    world.run();
    assert_eq!(ghosts.lock().unwrap().left, [(alice, call_id())]);
}

#[test]
fn a_device_leaves_a_call_that_it_hears_to_be_in_and_is_not() {
    let (mut world, ghosts, room, [alice, bob]) = prepare();
    for (listed, left) in [(bob, 0), (alice, 1)] {
        ghosts.lock().unwrap().listed = Some((room, listed));
        let (room_id, call) = ghosts.lock().unwrap().call(&world.server).unwrap();
        let event = Event::CallChanged {
            room_id,
            call: Some(call),
        };
        world.server.event(alice, event);
        world.deliver();
        world.run();
        assert_eq!(ghosts.lock().unwrap().left.len(), left);
    }
}

/// Who enters takes the former place; the server tells the room before it answers.
#[test]
fn a_device_on_its_way_in_does_not_leave() {
    let (mut world, ghosts, room, [alice, _]) = prepare();
    world.command("alice", Command::JoinCall { room_id: room });
    let ghosts = ghosts.lock().unwrap();
    assert_eq!(ghosts.listed, Some((room, alice)));
    assert!(ghosts.left.is_empty());
}
