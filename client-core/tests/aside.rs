//! What a contact says while this device does not know yet that it may be heard: with a server that lets it pass, as it does
//! with what was on its way.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, Command, Judgement, Reply};
use model::{
    World,
    contacting::{Lax, say_of, two},
};
use protocol::{MessageId, RoomId, UserId, policies::Verify, socket::ContactStanding};

const MINUTE: u64 = 60_000;

/// Alice has verified bob, who has two devices and has not verified her; the server lets everything pass.
fn unverified() -> (World, RoomId, UserId, UserId) {
    let (mut world, room, alice, bob) = two(Box::new(Lax));
    world.sign_in("bob's phone");
    world.run_for(10_000);
    world.server.set_policy(Verify::Required);
    world.deliver();
    world.run();
    say_of(&mut world, "alice", bob, Judgement::InPerson);
    for pair in [(alice, bob), (bob, alice)] {
        world
            .server
            .contacts
            .standings
            .insert(pair, ContactStanding::Accepted);
    }
    world.go_offline("alice");
    world.go_online("alice");
    (world, room, alice, bob)
}

fn say(
    world: &mut World,
    room_id: RoomId,
    text: &str,
    ttl_ms: Option<u64>,
    burn_ms: Option<u64>,
) -> MessageId {
    let said = Command::SendText {
        room_id,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ttl_ms,
        burn_ms,
        message_id: None,
    };
    match world.command("alice", said) {
        Reply::Message { message_id } => {
            world.run();
            message_id
        }
        reply => panic!("{reply:?}"),
    }
}

fn aside(world: &World, name: &str, room: RoomId) -> u32 {
    world.room(name, room).unwrap().aside
}

fn kept(world: &World, name: &str) -> usize {
    let records = world.records(name).into_keys();
    records.filter(|record| record.starts_with("aside/")).count()
}

/// R26: nothing shows of it before, on no device and after no restart; then all of it is there, in its order, once.
#[test]
fn what_came_too_early_takes_its_place_when_the_contact_is_verified() {
    let (mut world, room, alice, _) = unverified();
    say(&mut world, room, "one", None, None);
    let taken_back = say(&mut world, room, "two", None, None);
    let delete = Command::DeleteMessage {
        room_id: room,
        message_id: taken_back,
    };
    assert!(matches!(world.command("alice", delete), Reply::Done));
    world.run();
    say(&mut world, room, "three", None, None);
    world.kill("bob");
    world.start("bob");
    world.run();
    for name in ["bob", "bob's phone"] {
        assert_eq!(aside(&world, name, room), 4, "{name}");
        assert!(world.texts(name, room).is_empty(), "{name}");
        let view = world.room(name, room).unwrap();
        assert_eq!((view.unread, view.preview.as_str()), (0, ""), "{name}");
        let Reply::Found(found) = world.command(
            name,
            Command::Search {
                query: "one".to_owned(),
                room_id: None,
            },
        ) else {
            panic!("no search")
        };
        assert!(found.messages.is_empty(), "{name}");
    }
    // Said on one device, it holds on the other, which hears of it a little later.
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    world.run_for(10_000);
    for name in ["bob", "bob's phone"] {
        assert_eq!(world.texts(name, room), ["one", "three"], "{name}");
        let deleted = |world: &mut World| {
            let messages = world.messages(name, room);
            messages
                .iter()
                .any(|message| message.message_id == taken_back && message.body == BodyView::Deleted)
        };
        assert!(deleted(&mut world), "{name}");
        assert_eq!((aside(&world, name, room), kept(&world, name)), (0, 0), "{name}");
    }
    world.kill("bob");
    world.start("bob");
    world.run();
    assert_eq!(world.texts("bob", room), ["one", "three"]);
}

/// R40: what waits ends at its time like everything else, seen or not, also where the clock goes back or the app is closed.
#[test]
fn what_waits_does_not_outlive_its_time() {
    let (mut world, room, alice, _) = unverified();
    say(&mut world, room, "short", Some(MINUTE), None);
    say(&mut world, room, "long", Some(10 * MINUTE), None);
    world.kill("bob's phone");
    assert_eq!(aside(&world, "bob", room), 2);
    world.run_for(MINUTE);
    assert_eq!((aside(&world, "bob", room), kept(&world, "bob")), (1, 1));
    world.run_for(9 * MINUTE);
    assert_eq!((aside(&world, "bob", room), kept(&world, "bob")), (0, 0));
    world.start("bob's phone");
    assert_eq!(
        kept(&world, "bob's phone"),
        0,
        "before anything is heard of the server"
    );
    world.run();
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    world.run_for(10_000);
    for name in ["bob", "bob's phone"] {
        assert!(world.texts(name, room).is_empty(), "{name}");
    }
}

/// R41: it burns from when it is seen, and not from when it came.
#[test]
fn what_waits_burns_from_its_reading_on() {
    let (mut world, room, alice, _) = unverified();
    say(&mut world, room, "burning", None, Some(MINUTE));
    world.run_for(5 * MINUTE);
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    world.run_for(10_000);
    assert_eq!(world.texts("bob", room), ["burning"]);
    let read = world.command("bob", Command::MarkRead { room_id: room });
    assert!(matches!(read, Reply::Done));
    world.run_for(MINUTE);
    assert!(world.texts("bob", room).is_empty());
}

/// R29: of who is declined nothing is kept.
#[test]
fn nothing_waits_of_who_is_not_wanted() {
    let (mut world, room, alice, _) = unverified();
    say(&mut world, room, "one", None, None);
    say_of(&mut world, "bob", alice, Judgement::Declined);
    world.run_for(10_000);
    say(&mut world, room, "two", None, None);
    for name in ["bob", "bob's phone"] {
        assert_eq!((aside(&world, name, room), kept(&world, name)), (0, 0), "{name}");
    }
    say_of(&mut world, "bob", alice, Judgement::InPerson);
    world.run_for(10_000);
    assert!(world.texts("bob", room).is_empty());
}
