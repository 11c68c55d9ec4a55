//! Who loses the place in the room while a call goes on: is removed from it, and hears nothing meanwhile.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use conclave_client_core::api::{Command, MediaUpdate, Reply, RoomKeys};
use model::{
    Conduct, Honest, Server, World,
    meeting::{call, meet},
};
use protocol::{
    Code, DeviceId, Generation, Problem, RoomId,
    socket::{Reply as ServerReply, Request},
};

/// Somebody is to listen on: while `keeps`, no commit of a call is taken, and nobody gets the room's group.
#[derive(Clone, Default)]
struct KeepsIn {
    keeps: Arc<AtomicBool>,
    /// What was said in the call.
    said: Arc<AtomicU32>,
}

impl Conduct for KeepsIn {
    fn on_request(
        &mut self,
        _: &mut Server,
        _: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        if matches!(request, Request::CallSend(_)) {
            self.said.fetch_add(1, Ordering::Relaxed);
        }
        let withheld = matches!(request, Request::CallCommit(_) | Request::RoomGroupInfo(_));
        let keeps = self.keeps.load(Ordering::Relaxed) && withheld;
        keeps.then(|| Err(Problem::new(Code::Forbidden, "")))
    }
}

fn leaf_of(world: &World, name: &str) -> u32 {
    let mut participants = call(world, "alice").participants.iter();
    let found = participants.find(|participant| participant.person.name == name);
    found.unwrap().leaf
}

fn take_out_of_room(world: &mut World, room_id: RoomId, name: &str) {
    let people = world.room("alice", room_id).unwrap().members.iter();
    let mut named = people.filter(|member| member.name.eq_ignore_ascii_case(name));
    let user_id = named.next().unwrap().user_id;
    let reply = world.command("alice", Command::RemovePerson { room_id, user_id });
    assert!(matches!(reply, Reply::Done), "{reply:?}");
}

/// The epoch with which an installation's frame worker seals now.
fn seals_with(world: &World, name: &str) -> Option<u64> {
    world
        .get(name)
        .media
        .iter()
        .fold(None, |with, update| match update {
            MediaUpdate::SendWith { epoch } => Some(*epoch),
            MediaUpdate::Hold | MediaUpdate::End => None,
            _ => with,
        })
}

/// B3.
#[test]
fn who_is_taken_out_of_the_room_is_out_of_its_call() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    world.run_for(5_000);
    let before = call(&world, "alice").epoch;
    take_out_of_room(&mut world, room, "carol");
    world.run_for(1_000);
    for name in ["alice", "bob"] {
        let call = call(&world, name);
        assert_eq!(call.participants.len(), 2, "{name}");
        assert_eq!((call.epoch, call.strangers.len()), (before + 1, 0), "{name}");
        assert_eq!(seals_with(&world, name), Some(before + 1), "{name}");
    }
    assert_eq!(seals_with(&world, "carol"), None);
}

/// B3.
#[test]
fn nothing_is_sealed_while_the_server_keeps_a_stranger_in_unless_a_person_goes_on() {
    let KeepsIn { keeps, said } = KeepsIn::default();
    let conduct = KeepsIn {
        keeps: Arc::clone(&keeps),
        said: Arc::clone(&said),
    };
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(conduct));
    world.run_for(5_000);
    let epoch = call(&world, "alice").epoch;
    let carol = leaf_of(&world, "Carol");
    assert_eq!(seals_with(&world, "alice"), Some(epoch));
    let reply = world.command("alice", Command::KeepStranger { leaf: carol });
    assert!(matches!(reply, Reply::Failed(_)), "she is none");

    keeps.store(true, Ordering::Relaxed);
    take_out_of_room(&mut world, room, "carol");
    let commits = world.get("alice").ticks;
    world.run_for(60_000);
    for name in ["alice", "bob"] {
        assert_eq!(call(&world, name).strangers, [carol], "{name}");
        assert_eq!(seals_with(&world, name), None, "{name}");
    }
    let wakes = world.get("alice").ticks - commits;
    assert!(
        wakes < 40,
        "what was refused is not tried again and again: {wakes}"
    );

    let before = said.load(Ordering::Relaxed);
    let words = Command::SayInCall {
        text: "secret".to_owned(),
    };
    assert!(matches!(world.command("bob", words), Reply::Message { .. }));
    world.run_for(5_000);
    assert_eq!(
        said.load(Ordering::Relaxed),
        before,
        "words are not for strangers either"
    );

    let reply = world.command("bob", Command::KeepStranger { leaf: carol });
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert_eq!(call(&world, "bob").strangers, [0_u32; 0]);
    assert_eq!(seals_with(&world, "bob"), Some(epoch));
    assert_eq!(seals_with(&world, "alice"), None, "each decides for oneself");

    keeps.store(false, Ordering::Relaxed);
    let reply = world.command("alice", Command::RemoveParticipant { leaf: carol });
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    world.run_for(1_000);
    for name in ["alice", "bob"] {
        assert_eq!(call(&world, name).participants.len(), 2, "{name}");
        assert_eq!(seals_with(&world, name), Some(epoch + 1), "{name}");
    }
}

/// The server says by its word alone that a room goes on elsewhere, so that a device has no group of it for a while.
#[test]
fn what_was_judged_holds_where_the_room_is_lost_from_sight() {
    let conduct = KeepsIn::default();
    let keeps = Arc::clone(&conduct.keeps);
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(conduct));
    world.run_for(5_000);
    let carol = leaf_of(&world, "Carol");
    keeps.store(true, Ordering::Relaxed);
    take_out_of_room(&mut world, room, "carol");
    world.run_for(5_000);
    assert_eq!(seals_with(&world, "alice"), None);

    let generation = &mut world.server.rooms.get_mut(&room).unwrap().generation;
    *generation = Generation(generation.0 + 1);
    world.go_offline("alice");
    world.go_online("alice");
    world.run_for(1_000);
    // Whatever comes next makes the call look again.
    let hand = Command::SetMedia {
        microphone: true,
        camera: false,
        screen: false,
        hand: true,
    };
    world.command("alice", hand);
    world.run_for(10_000);
    assert_ne!(world.room("alice", room).unwrap().keys, RoomKeys::Ready);
    assert_eq!(call(&world, "alice").strangers, [carol]);
    assert_eq!(seals_with(&world, "alice"), None);
}
