//! What a room shows of itself beside its title, over an honest server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Reply};
use model::{
    Honest, World,
    meeting::{direct_room, prepare},
};
use protocol::{Bytes, RoomId};

fn picture(len: usize) -> String {
    Bytes(vec![7; len]).to_base64url()
}

fn describe(room_id: RoomId, about: &str) -> Command {
    let about = about.to_owned();
    Command::DescribeRoom { room_id, about }
}

fn paint(room_id: RoomId, picture: Option<String>) -> Command {
    Command::SetRoomPicture { room_id, picture }
}

fn outcome(world: &mut World, name: &str, command: Command) -> Result<(), String> {
    let reply = world.command(name, command);
    world.run();
    match reply {
        Reply::Done => Ok(()),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

fn seen(world: &mut World, name: &str, room_id: RoomId) -> (String, Option<String>) {
    let Reply::RoomPicture { picture } = world.command(name, Command::GetRoomPicture { room_id }) else {
        panic!("{name}")
    };
    let view = world.room(name, room_id).unwrap();
    assert_eq!(view.picture.is_some(), picture.is_some(), "{name}");
    (view.about.clone(), picture)
}

#[test]
fn all_members_see_it_also_who_comes_later_and_after_a_restart() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    assert_eq!(
        outcome(&mut world, "alice", describe(room, "  Lamps and tides\n")),
        Ok(())
    );
    assert_eq!(outcome(&mut world, "bob", paint(room, Some(picture(8)))), Ok(()));
    let expected = ("Lamps and tides".to_owned(), Some(picture(8)));
    for name in ["alice", "bob", "carol"] {
        assert_eq!(seen(&mut world, name, room), expected, "{name}");
    }
    let happened = world.happened("carol", room);
    assert!(
        happened.ends_with(&["about_set".to_owned(), "picture_set".to_owned()]),
        "{happened:?}"
    );
    // A new member, and a new device of one who was there.
    world.register("dan");
    let add = Command::AddPeople {
        room_id: room,
        people: vec!["dan@example.org".to_owned()],
    };
    assert_eq!(outcome(&mut world, "alice", add), Ok(()));
    world.sign_in("carol's phone");
    world.run_for(10_000);
    for name in ["dan", "carol's phone"] {
        assert_eq!(seen(&mut world, name, room), expected, "{name}");
        let happened = world.happened(name, room);
        let told = |code: &String| code.starts_with("picture") || code.starts_with("about");
        assert!(!happened.iter().any(told), "{name}: {happened:?}");
    }
    world.kill("bob");
    world.start("bob");
    world.run();
    assert_eq!(seen(&mut world, "bob", room), expected);
    assert_eq!(outcome(&mut world, "dan", paint(room, None)), Ok(()));
    assert_eq!(outcome(&mut world, "dan", describe(room, "")), Ok(()));
    for name in ["alice", "bob", "carol's phone"] {
        assert_eq!(seen(&mut world, name, room), (String::new(), None), "{name}");
    }
}

#[test]
fn what_is_too_large_or_not_for_this_room_is_refused() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    for (command, code) in [
        (describe(room, &"x".repeat(1_001)), "text_too_long"),
        (paint(room, Some(picture(8 * 1024 + 1))), "too_large"),
        (paint(room, Some("?".to_owned())), "malformed"),
    ] {
        assert_eq!(outcome(&mut world, "alice", command), Err(code.to_owned()));
    }
    assert_eq!(seen(&mut world, "bob", room), (String::new(), None));
    let mut world = World::new(1);
    let direct = direct_room(&mut world);
    let refused = outcome(&mut world, "alice", describe(direct, "us"));
    assert_eq!(refused, Err("forbidden".to_owned()));
}

/// R34: the server has none of it. R38: with the room it goes from the device.
#[test]
fn it_is_nowhere_on_the_server_and_goes_with_the_room() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    assert_eq!(
        outcome(&mut world, "alice", describe(room, "canary lamps")),
        Ok(())
    );
    let log = &world.server.rooms[&room].log;
    let shows = |bytes: &[u8]| bytes.windows(12).any(|part| part == b"canary lamps");
    assert!(!log.iter().any(|entry| shows(&entry.payload.0)));
    let record = format!("face/{room}");
    assert!(world.records("bob").contains_key(&record));
    assert_eq!(
        outcome(&mut world, "alice", Command::DeleteRoom { room_id: room }),
        Ok(())
    );
    world.run_for(10_000);
    for name in ["alice", "bob"] {
        assert!(!world.records(name).contains_key(&record), "{name}");
    }
}

#[test]
fn a_description_alone_is_not_told_as_news_to_who_comes_later() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    assert_eq!(outcome(&mut world, "alice", describe(room, "Lamps")), Ok(()));
    world.register("dan");
    let add = Command::AddPeople {
        room_id: room,
        people: vec!["dan@example.org".to_owned()],
    };
    assert_eq!(outcome(&mut world, "alice", add), Ok(()));
    assert_eq!(seen(&mut world, "dan", room).0, "Lamps");
    let told = |world: &mut World, name: &str| {
        let happened = world.happened(name, room).into_iter();
        happened.filter(|code| code == "about_set").count()
    };
    assert_eq!([told(&mut world, "bob"), told(&mut world, "dan")], [1, 0]);
}
