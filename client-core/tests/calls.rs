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

use conclave_client_core::api::{Command, MediaUpdate};
use model::{Conduct, Server, World};
use protocol::{
    Bytes, CallId, Code, DeviceId, Generation, Millis, ParticipantId, Problem, RoomId, Seq,
    socket::{Accepted, CallJoined, CallParticipant, CallSummary, Entry, EntryKind, Event, Reply, Request},
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
            Request::CallLost(call) => {
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
fn a_device_that_starts_anew_says_that_it_lost_the_call_that_it_was_in() {
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

/// A server with a call of one, which shows that one's commits under their ids, as they were sent or not.
struct Showing {
    as_sent: bool,
    joins: Arc<Mutex<u64>>,
}

impl Conduct for Showing {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<Reply, Problem>> {
        let accepted = |seq| {
            Reply::CallAccepted(Accepted {
                seq: Seq(seq),
                sent_at: Millis(1),
            })
        };
        let reply = match request {
            Request::CallJoin(_) => {
                let mut joins = self.joins.lock().unwrap();
                *joins += 1;
                let participant = CallParticipant {
                    participant_id: ParticipantId::from_random([8; 16]),
                    device_id: from,
                    user_id: server.user_of(from),
                };
                Reply::CallJoined(Box::new(CallJoined {
                    call: CallSummary {
                        call_id: call_id(),
                        started_at: Millis(1),
                        participants: vec![participant],
                    },
                    participant_id: participant.participant_id,
                    generation: Generation(*joins),
                    group: None,
                    ice_servers: vec![],
                }))
            }
            Request::CallFound(_) => accepted(1),
            Request::CallSend(_) => accepted(0),
            Request::CallCommit(commit) => {
                let mut payload = commit.bundle.commit.0.clone();
                if !self.as_sent {
                    *payload.last_mut().unwrap() ^= 1;
                }
                let entry = Entry {
                    seq: Seq(2),
                    generation: commit.generation,
                    epoch: commit.bundle.epoch,
                    kind: EntryKind::Commit,
                    payload: Bytes(payload),
                    message_id: commit.message_id,
                    sent_at: server.now,
                    expires_at: None,
                };
                let call_id = commit.call_id;
                server.event(from, Event::CallEntry { call_id, entry });
                accepted(2)
            }
            _ => return None,
        };
        Some(Ok(reply))
    }
}

/// Alone in a call for a little longer than keys stay: whether the new ones came, and how often she entered.
fn renew(as_sent: bool) -> (bool, u64) {
    let joins = Arc::new(Mutex::new(0));
    let conduct = Showing {
        as_sent,
        joins: joins.clone(),
    };
    let mut world = World::with(1, Box::new(conduct));
    world.register("alice");
    let room = world.create_room("alice", "Plans", &[]);
    world.command("alice", Command::JoinCall { room_id: room });
    world.run_for(10 * 60 * 1000 + 5_000);
    let mut updates = world.get("alice").media.iter();
    let renewed = updates.any(|update| matches!(update, MediaUpdate::Epoch { epoch: 1, .. }));
    let joins = *joins.lock().unwrap();
    (renewed, joins)
}

#[test]
fn an_own_commit_of_a_call_counts_as_it_was_sent_and_not_by_its_id_alone() {
    assert_eq!(renew(true), (true, 1));
    assert_eq!(renew(false), (false, 2));
}
