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

use conclave_client_core::api::{Command, Input, RoomKeys};
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

/// Counts who says hello, and answers no ping of this device.
#[derive(Default)]
struct NoPong(Arc<Mutex<(Option<DeviceId>, u32)>>);

impl Conduct for NoPong {
    fn swallows(&mut self, from: DeviceId, request: &Request) -> bool {
        let (deaf_to, hellos) = &mut *self.0.lock().unwrap();
        if *deaf_to != Some(from) {
            return false;
        }
        *hellos += u32::from(matches!(request, Request::Hello(_)));
        matches!(request, Request::Ping)
    }
}

/// `NUDGE_PATIENCE_MS` of client-core.
const NUDGE_PATIENCE_MS: u64 = 1_000;

/// Where the address changed, nothing closes the socket: both ends wait for each other for minutes.
#[test]
fn a_connection_that_leads_nowhere_is_made_anew_when_the_network_changed() {
    let conduct = Arc::default();
    let mut world = World::with(1, Box::new(NoPong(Arc::clone(&conduct))));
    for name in ["alice", "bob"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.run_for(60_000);
    let hellos = || conduct.lock().unwrap().1;
    conduct.lock().unwrap().0 = world.get("alice").device;

    world.input("alice", Input::Nudge);
    world.run_for(NUDGE_PATIENCE_MS - 1);
    assert_eq!(hellos(), 0, "it may be slow");
    world.run_for(2);
    assert_eq!(hellos(), 1, "at once, without the pause of who was refused");
    world.send("alice", room, "here again");
    world.run_for(1_000);
    assert!(world.texts("bob", room).contains(&"here again".to_owned()));
    assert_eq!(hellos(), 1, "once");

    // One that answers is kept.
    conduct.lock().unwrap().0 = None;
    world.input("alice", Input::Nudge);
    conduct.lock().unwrap().0 = world.get("alice").device;
    world.run_for(10_000);
    assert_eq!(hellos(), 1);
}
