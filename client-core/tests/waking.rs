//! How often a device wakes by its own wish: where it can do nothing, it sleeps.

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
    Code, DeviceId, Problem, RoomId,
    socket::{Reply, Request},
};

/// Tells a device to come back in a moment with its messages.
#[derive(Default)]
struct Busy(Arc<Mutex<Option<DeviceId>>>);

impl Conduct for Busy {
    fn on_request(
        &mut self,
        _server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<Reply, Problem>> {
        let busy = *self.0.lock().unwrap() == Some(from) && matches!(request, Request::RoomSend(_));
        busy.then(|| {
            let mut problem = Problem::new(Code::RateLimited, "in a moment");
            problem.retry_after_ms = Some(2_000);
            Err(problem)
        })
    }
}

struct Scene {
    world: World,
    room: RoomId,
    busy: Arc<Mutex<Option<DeviceId>>>,
}

fn scene() -> Scene {
    let busy = Arc::default();
    let mut world = World::with(1, Box::new(Busy(Arc::clone(&busy))));
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    world.run_for(5_000);
    Scene { world, room, busy }
}

/// How often alice wakes in a minute.
fn wakes(world: &mut World) -> u64 {
    let before = world.get("alice").ticks;
    world.run_for(60_000);
    world.get("alice").ticks - before
}

/// As often as it tries to connect, with a second at first and half a minute at last; as often as it pings.
const FEW: u64 = 15;

#[test]
fn a_message_that_is_to_be_sent_again_wakes_nobody_without_network() {
    let Scene {
        mut world,
        room,
        busy,
    } = scene();
    *busy.lock().unwrap() = world.get("alice").device;
    world.send("alice", room, "later");
    world.go_offline("alice");
    let wakes = wakes(&mut world);
    assert!(wakes <= FEW, "{wakes}");
    *busy.lock().unwrap() = None;
    world.go_online("alice");
    world.run_for(5_000);
    assert_eq!(world.texts("bob", room), ["later"]);
}

#[test]
fn a_leaf_that_is_to_be_removed_wakes_nobody_without_network() {
    let Scene { mut world, room, .. } = scene();
    world.go_offline("bob");
    let left = world.begin("carol", Command::LeaveRoom { room_id: room });
    while world.step() {}
    assert!(world.get("carol").replies.contains_key(&left));
    assert_eq!(world.server.rooms[&room].group.leaves().len(), 3);
    world.go_offline("alice");
    let wakes = wakes(&mut world);
    assert!(wakes <= FEW, "{wakes}");
    world.go_online("alice");
    world.run_for(5_000);
    assert_eq!(world.server.rooms[&room].group.leaves().len(), 2);
}

/// What is typed once and asked for twice, as where a tab does not know whether the first took it, is one message.
#[test]
fn the_same_message_id_is_taken_once_also_after_a_restart() {
    let Scene { mut world, room, .. } = scene();
    let id = protocol::MessageId::from_random([9; 16]);
    let say = |text: &str| Command::SendText {
        room_id: room,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ttl_ms: None,
        burn_ms: None,
        message_id: Some(id),
    };
    world.go_offline("alice");
    for text in ["once", "once"] {
        let reply = world.command("alice", say(text));
        assert!(
            matches!(reply, conclave_client_core::api::Reply::Message { message_id } if message_id == id),
            "{reply:?}"
        );
    }
    world.kill("alice");
    world.start("alice");
    world.command("alice", say("once"));
    world.go_online("alice");
    world.run_for(5_000);
    world.command("alice", say("once"));
    // Of somebody else's message, it is no repetition.
    let reply = world.command("bob", say("of bob"));
    assert!(
        matches!(reply, conclave_client_core::api::Reply::Message { message_id } if message_id != id),
        "{reply:?}"
    );
    world.run_for(5_000);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name, room), ["once", "of bob"], "{name}");
    }
}
