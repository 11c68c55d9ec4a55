//! Voices at a constant bitrate: a room's setting, what follows from it in its calls, and what the server hears.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::{Command, Reply, Secret};
use model::{
    Conduct, Honest, Server, World,
    meeting::{call, direct_room, join, prepare, try_to_join},
};
use protocol::{
    DeviceId, Problem, RoomId,
    socket::{Reply as ServerReply, Request, TrackKind},
};

/// A device, and what it tells the server that it sends.
type Intent = (DeviceId, Vec<TrackKind>);

/// Notes them.
struct Intents(Arc<Mutex<Vec<Intent>>>);

impl Conduct for Intents {
    fn on_request(
        &mut self,
        _server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        if let Request::MediaIntent(intent) = request {
            self.0.lock().unwrap().push((from, intent.publishing.clone()));
        }
        None
    }
}

fn set(world: &mut World, by: &str, room_id: RoomId, on: bool) -> Reply {
    world.command(by, Command::SetConstantBitrate { room_id, on })
}

fn is_on(world: &World, name: &str, room: RoomId) -> bool {
    world.room(name, room).unwrap().constant_bitrate
}

fn mute(world: &mut World, name: &str, muted: bool) {
    let media = Command::SetMedia {
        microphone: !muted,
        camera: false,
        screen: false,
        hand: false,
    };
    world.command(name, media);
}

#[test]
fn a_moderator_sets_it_and_all_see_who_did() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    assert!(!is_on(&world, "bob", room));
    let refused = set(&mut world, "bob", room, true);
    assert!(
        matches!(&refused, Reply::Failed(failure) if failure.code == "forbidden"),
        "{refused:?}"
    );
    for on in [true, false, true] {
        assert!(matches!(set(&mut world, "alice", room, on), Reply::Done));
        world.run();
        assert!(is_on(&world, "alice", room) == on && is_on(&world, "bob", room) == on);
    }
    for name in ["alice", "bob"] {
        let happened = world.happened(name, room);
        let told: Vec<_> = happened
            .iter()
            .filter(|code| code.starts_with("constant"))
            .collect();
        assert_eq!(
            told,
            [
                "constant_bitrate_on",
                "constant_bitrate_off",
                "constant_bitrate_on"
            ],
            "{name}"
        );
    }
    // It is stored with the group.
    world.kill("bob");
    world.start("bob");
    world.run();
    assert!(is_on(&world, "bob", room));
}

/// Nobody moderates a direct room: both may set what concerns both.
#[test]
fn both_people_of_a_direct_room_may_set_it() {
    let mut world = World::new(1);
    let room = direct_room(&mut world);
    assert!(matches!(set(&mut world, "alice", room, true), Reply::Done));
    assert!(is_on(&world, "bob", room));
    assert!(matches!(set(&mut world, "bob", room, false), Reply::Done));
    assert!(!is_on(&world, "alice", room));
}

/// B15: muting is between the participants.
#[test]
fn the_server_is_not_told_who_is_muted() {
    let told = Arc::new(Mutex::new(vec![]));
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Intents(told.clone())));
    let alice = world.get("alice").device.unwrap();
    for constant in [false, true] {
        set(&mut world, "alice", room, constant);
        world.run();
        for name in ["alice", "bob"] {
            let entered = try_to_join(&mut world, name, room);
            assert!(
                matches!(entered, Reply::CallEntered { constant_bitrate, .. } if constant_bitrate == constant),
                "{entered:?}"
            );
            assert_eq!(call(&world, name).constant_bitrate, constant, "{name}");
        }
        told.lock().unwrap().clear();
        mute(&mut world, "alice", false);
        mute(&mut world, "alice", true);
        world.run_for(5_000);
        let voices: Vec<bool> = told
            .lock()
            .unwrap()
            .iter()
            .filter(|(from, _)| *from == alice)
            .map(|(_, publishing)| publishing.contains(&TrackKind::Microphone))
            .collect();
        assert_eq!(voices.contains(&false), !constant, "{voices:?}");
        assert!(!voices.is_empty());
        // Bob sees it.
        let alice_at_bob = |world: &World| {
            let mut participants = call(world, "bob").participants.iter();
            participants
                .find(|one| one.person.name == "Alice")
                .unwrap()
                .microphone
        };
        assert!(!alice_at_bob(&world));
        mute(&mut world, "alice", false);
        world.run_for(5_000);
        assert!(alice_at_bob(&world));
        for name in ["alice", "bob"] {
            world.command(name, Command::LeaveCall);
        }
        world.run_for(1_000);
    }
}

#[test]
fn it_holds_at_once_in_a_call_under_way_and_for_its_guests() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    for name in ["bob", "alice"] {
        join(&mut world, name, room);
    }
    let life_ms = 60_000;
    let made = world.command(
        "bob",
        Command::MakeGuestLink {
            room_id: room,
            life_ms,
        },
    );
    assert!(matches!(made, Reply::GuestLink { .. }), "{made:?}");
    let link = world.room("bob", room).unwrap().guest_links[0].clone();
    world.install("dana");
    let visit = Command::BecomeGuest {
        link_id: link.link_id.to_string(),
        secret: Secret(link.secret),
        name: "Dana".to_owned(),
    };
    assert!(matches!(world.command("dana", visit), Reply::Room { .. }));
    world.begin("dana", Command::JoinCall { room_id: room });
    world.run();
    let knocks = vec![call(&world, "bob").lobby[0].knock_id.clone()];
    assert!(matches!(
        world.command("bob", Command::AdmitGuests { knocks }),
        Reply::Done
    ));
    assert!(!call(&world, "dana").constant_bitrate);

    let epoch = call(&world, "dana").epoch;
    set(&mut world, "alice", room, true);
    world.run_for(1_000);
    for name in ["alice", "bob", "dana"] {
        assert!(call(&world, name).constant_bitrate, "{name}");
        assert_eq!(call(&world, name).epoch, epoch + 1, "{name}: said once");
    }
    // Off is for the next call: nobody hears of a change that makes voices tell more.
    set(&mut world, "alice", room, false);
    world.run_for(1_000);
    for name in ["alice", "bob", "dana"] {
        assert!(call(&world, name).constant_bitrate, "{name}");
    }
}
