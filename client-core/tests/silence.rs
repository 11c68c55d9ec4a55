//! What the server never answers shows after a stated time, though nothing else happens.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::{Command, RoomKeys};
use model::{Conduct, World, text};
use protocol::{DeviceId, RoomId, socket::Request};

/// `STALE_AFTER_MS` of client-core.
const STALE_AFTER_MS: u64 = 15_000;

/// Answers a device everything but this kind of request.
#[derive(Default)]
struct Silent(Arc<Mutex<Option<Silence>>>);

struct Silence {
    to: DeviceId,
    about: fn(&Request) -> bool,
    swallowed: u32,
}

impl Conduct for Silent {
    fn swallows(&mut self, from: DeviceId, request: &Request) -> bool {
        match &mut *self.0.lock().unwrap() {
            Some(silence) if silence.to == from && (silence.about)(request) => {
                silence.swallowed += 1;
                true
            }
            _ => false,
        }
    }
}

/// A room of alice and bob, long at rest.
fn scene() -> (World, RoomId, Arc<Mutex<Option<Silence>>>) {
    let silence = Arc::default();
    let mut world = World::with(1, Box::new(Silent(Arc::clone(&silence))));
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.run_for(60_000);
    (world, room, silence)
}

fn keys(world: &World, name: &str, room: RoomId) -> RoomKeys {
    world.room(name, room).unwrap().keys
}

#[test]
fn a_message_that_is_never_answered_shows_as_stale_after_the_stated_time() {
    let (mut world, room, silence) = scene();
    let to = world.get("alice").device.unwrap();
    *silence.lock().unwrap() = Some(Silence {
        to,
        about: |request| matches!(request, Request::RoomSend(_)),
        swallowed: 0,
    });
    world.begin("alice", text(room, "lost"));
    world.run_for(STALE_AFTER_MS - 100);
    assert_eq!(keys(&world, "alice", room), RoomKeys::Ready, "it may be slow");
    world.run_for(200);
    assert_eq!(keys(&world, "alice", room), RoomKeys::Stale);
    assert_eq!(silence.lock().unwrap().as_ref().unwrap().swallowed, 1);
}

#[test]
fn a_way_in_that_is_never_answered_shows_as_stale_after_the_stated_time() {
    let (mut world, room, silence) = scene();
    world.install("alice's phone");
    let sign_in = Command::SignIn {
        email: "alice@example.org".to_owned(),
        password: conclave_client_core::api::Secret(model::world::PASSWORD.to_owned()),
    };
    world.begin("alice's phone", sign_in);
    while world.server.accounts.devices.len() < 3 {
        assert!(world.step());
    }
    let known = [world.get("alice").device, world.get("bob").device];
    let mut devices = world.server.accounts.devices.keys();
    let to = *devices.find(|device| !known.contains(&Some(**device))).unwrap();
    *silence.lock().unwrap() = Some(Silence {
        to,
        about: |request| matches!(request, Request::RoomGroupInfo(_)),
        swallowed: 0,
    });
    world.run_for(STALE_AFTER_MS - 2_000);
    assert_eq!(keys(&world, "alice's phone", room), RoomKeys::Joining);
    world.run_for(2_100);
    assert_eq!(keys(&world, "alice's phone", room), RoomKeys::Stale);
    assert!(silence.lock().unwrap().as_ref().unwrap().swallowed > 0);
}

/// Nothing is sent before the list of rooms came; that it does not come shows.
#[test]
fn a_list_of_rooms_that_is_never_given_shows_as_stale_after_the_stated_time() {
    let (mut world, room, silence) = scene();
    let to = world.get("alice").device.unwrap();
    world.go_offline("alice");
    *silence.lock().unwrap() = Some(Silence {
        to,
        about: |request| matches!(request, Request::RoomsList),
        swallowed: 0,
    });
    world.go_online("alice");
    world.begin("alice", text(room, "waits"));
    world.run_for(STALE_AFTER_MS - 100);
    assert_eq!(keys(&world, "alice", room), RoomKeys::Ready, "it may be slow");
    world.run_for(200);
    assert_eq!(keys(&world, "alice", room), RoomKeys::Stale);
    *silence.lock().unwrap() = None;
    world.go_offline("alice");
    world.go_online("alice");
    world.run();
    assert_eq!(keys(&world, "alice", room), RoomKeys::Ready);
    assert_eq!(world.texts("bob", room), ["waits"]);
}
