//! What the server is told so that it wakes devices which are not connected, and of what is worth it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::{Command, Reply};
use model::{Conduct, Honest, Server, World, meeting::prepare};
use protocol::{
    DeviceId, RoomId,
    push::{PushPut, Wake},
    socket::{Reply as Answer, Request},
};

const ADDRESS: &str = "https://push.example/abc";

fn set(endpoint: Option<&str>) -> Command {
    Command::SetPush {
        endpoint: endpoint.map(str::to_owned),
    }
}

fn told(world: &mut World) -> Vec<PushPut> {
    let pushes = std::mem::take(&mut world.server.contacts.pushes);
    pushes.into_iter().map(|(_, put)| put).collect()
}

fn put(endpoint: Option<&str>, silent: &[RoomId]) -> PushPut {
    PushPut {
        endpoint: endpoint.map(|text| protocol::push::PushEndpoint::parse(text).unwrap()),
        silent: silent.to_vec(),
    }
}

/// R55: once over each connection, and when a room is muted; nothing that nobody asked for.
#[test]
fn the_server_is_told_where_a_device_is_woken_and_by_which_rooms_not() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    assert!(
        told(&mut world).is_empty(),
        "before the user interface said anything"
    );
    assert!(matches!(world.command("alice", set(Some(ADDRESS))), Reply::Done));
    world.run_for(60_000);
    assert_eq!(told(&mut world), [put(Some(ADDRESS), &[])]);
    let mute = |on| Command::SetMuted { room_id: room, on };
    world.command("alice", mute(true));
    world.run();
    assert_eq!(told(&mut world), [put(Some(ADDRESS), &[room])]);
    world.go_offline("alice");
    world.go_online("alice");
    world.run();
    assert_eq!(told(&mut world), [put(Some(ADDRESS), &[room])]);
    world.command("alice", mute(false));
    world.run();
    assert_eq!(told(&mut world), [put(Some(ADDRESS), &[])]);
    assert!(matches!(world.command("alice", set(None)), Reply::Done));
    world.command("alice", mute(true));
    world.run();
    assert_eq!(
        told(&mut world),
        [put(None, &[])],
        "muting is nobody's business then"
    );
}

#[test]
fn who_is_offline_is_answered_when_the_server_knows_and_no_address_is_taken_back_silently() {
    let (mut world, _) = prepare(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    let command = world.begin("alice", set(Some(ADDRESS)));
    world.run_for(60_000);
    assert!(!world.get("alice").replies.contains_key(&command));
    world.go_online("alice");
    world.run_for(10_000);
    assert!(matches!(world.get("alice").replies[&command], Reply::Done));
    let refused = |reply: Reply| matches!(reply, Reply::Failed(failure) if failure.code == "push_refused");
    let unknown = world.command("alice", set(Some("https://unknown.example/x")));
    assert!(refused(unknown));
    let nonsense = world.command("alice", set(Some("nonsense")));
    assert!(refused(nonsense));
}

/// Notes what is sent, and whether it wakes.
struct Noting(Arc<Mutex<Vec<Wake>>>);

impl Conduct for Noting {
    fn on_request(
        &mut self,
        _: &mut Server,
        _: DeviceId,
        request: &Request,
    ) -> Option<Result<Answer, protocol::Problem>> {
        if let Request::RoomSend(send) = request {
            self.0.lock().unwrap().push(send.wakes);
        }
        None
    }
}

/// R55: what people say wakes; what programs tell each other does not.
#[test]
fn messages_wake_and_receipts_and_reactions_do_not() {
    let noted = Arc::new(Mutex::new(vec![]));
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Noting(Arc::clone(&noted))));
    world.run_for(60_000);
    noted.lock().unwrap().clear();
    let message_id = world.send("alice", room, "hello");
    world.run();
    assert_eq!(noted.lock().unwrap().first(), Some(&Wake::Message));
    noted.lock().unwrap().clear();
    world.command("bob", Command::MarkRead { room_id: room });
    let react = Command::ReactToMessage {
        room_id: room,
        message_id,
        emoji: "👍".to_owned(),
        on: true,
    };
    assert!(matches!(world.command("bob", react), Reply::Done));
    world.run_for(60_000);
    let noted = noted.lock().unwrap();
    assert!(!noted.is_empty());
    assert!(noted.iter().all(Wake::is_nobody), "{noted:?}");
}
