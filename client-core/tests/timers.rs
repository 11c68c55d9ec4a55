//! How long messages live (R38 to R42), in virtual time, over an honest server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, MessageView, Reply};
use model::{Honest, World, meeting::prepare};
use protocol::{Millis, RoomId};

const MINUTE: u64 = 60_000;

fn set(world: &mut World, name: &str, room_id: RoomId, ttl_ms: u64, burn_ms: u64) -> Reply {
    world.command(
        name,
        Command::SetTimers {
            room_id,
            ttl_ms,
            burn_ms,
        },
    )
}

fn say(room_id: RoomId, text: &str, ttl_ms: Option<u64>, burn_ms: Option<u64>) -> Command {
    Command::SendText {
        room_id,
        text: text.to_owned(),
        reply_to: None,
        mentions: vec![],
        ttl_ms,
        burn_ms,
        message_id: None,
    }
}

fn read(world: &mut World, name: &str, room_id: RoomId) {
    let reply = world.command(name, Command::MarkRead { room_id });
    assert!(matches!(reply, Reply::Done));
}

fn shown(world: &mut World, name: &str, room_id: RoomId, text: &str) -> Option<MessageView> {
    let wanted = conclave_client_core::api::BodyView::Text {
        text: text.to_owned(),
    };
    world
        .messages(name, room_id)
        .into_iter()
        .find(|message| message.body == wanted)
}

/// R40: at sent + time to live it is gone on the sender's and on all recipients' devices.
#[test]
fn what_has_a_time_to_live_is_gone_everywhere_at_its_end() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    world.command("alice", say(room, "short", Some(MINUTE), None));
    world.send("alice", room, "lasting");
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name, room), ["short", "lasting"], "{name}");
    }
    let end = shown(&mut world, "bob", room, "short").unwrap().ends_at.unwrap();
    for name in ["alice", "carol"] {
        assert_eq!(shown(&mut world, name, room, "short").unwrap().ends_at, Some(end));
    }
    let left = end.since(world.now);
    world.run_for(left - 1);
    assert!(shown_without_time(&world, "bob", room, "short"));
    world.run_for(1);
    for name in ["alice", "bob", "carol"] {
        assert!(!shown_without_time(&world, name, room, "short"), "{name}");
        assert!(shown_without_time(&world, name, room, "lasting"), "{name}");
    }
}

/// What an installation shows at this moment, without letting time pass.
fn shown_without_time(world: &World, name: &str, room_id: RoomId, text: &str) -> bool {
    let wanted = conclave_client_core::api::BodyView::Text {
        text: text.to_owned(),
    };
    let messages = world.get(name).messages.get(&room_id);
    messages.is_some_and(|messages| messages.values().any(|message| message.body == wanted))
}

/// R40: also where the app was closed, or offline: gone before anything is shown.
#[test]
fn who_was_away_at_its_end_never_shows_it() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    world.go_offline("carol");
    world.command("alice", say(room, "short", Some(MINUTE), None));
    world.command("alice", say(room, "short too", Some(MINUTE), None));
    world.kill("bob");
    let records = world.get("bob").store.len();
    world.run_for(2 * MINUTE);
    world.start("bob");
    world.run();
    world.go_online("carol");
    world.run();
    for name in ["alice", "bob", "carol"] {
        assert_eq!(world.texts(name, room), Vec::<String>::new(), "{name}");
    }
    // Two records less, and one more of the clock.
    assert!(world.get("bob").store.len() < records);
    world.send("alice", room, "after");
    for name in ["bob", "carol"] {
        assert_eq!(world.texts(name, room), ["after"], "{name}");
    }
}

/// R39, B8: the room's caps hold for everything in it, also for what somebody wrote before they knew of them.
#[test]
fn the_rooms_caps_hold_for_what_has_longer_timers_or_none() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.send("bob", room, "before");
    world.go_offline("bob");
    world.send("bob", room, "unaware");
    world.command("bob", say(room, "unaware too", Some(60 * MINUTE), None));
    assert!(matches!(
        set(&mut world, "alice", room, 5 * MINUTE, 0),
        Reply::Done
    ));
    world.go_online("bob");
    world.run();
    world.command("bob", say(room, "wants more", Some(60 * MINUTE), None));
    world.command("bob", say(room, "wants less", Some(MINUTE), None));
    assert_eq!(world.room("bob", room).unwrap().ttl_ms, 5 * MINUTE);
    for name in ["alice", "bob"] {
        for (text, life) in [
            ("unaware", 5 * MINUTE),
            ("unaware too", 5 * MINUTE),
            ("wants more", 5 * MINUTE),
            ("wants less", MINUTE),
        ] {
            let message = shown(&mut world, name, room, text).unwrap();
            let ends_at = message.ends_at.unwrap_or_else(|| panic!("{name} {text}"));
            assert_eq!(ends_at.since(message.sent_at), life, "{name} {text}");
        }
    }
    world.run_for(6 * MINUTE);
    for name in ["alice", "bob"] {
        assert_eq!(world.texts(name, room), ["before"], "{name}");
        assert!(world.happened(name, room).contains(&"ttl_set".to_owned()));
        assert_eq!(world.room(name, room).unwrap().preview, "before");
    }
}

#[test]
fn moderators_alone_set_the_timers_of_a_room_and_both_those_of_a_direct_one() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    assert!(!world.room("bob", room).unwrap().may_set_timers);
    let Reply::Failed(failure) = set(&mut world, "bob", room, MINUTE, 0) else {
        panic!("a member may not");
    };
    assert_eq!(failure.code, "forbidden");
    let email = "bob@example.org".to_owned();
    let Reply::Room { room_id: direct } = world.command("alice", Command::OpenDirect { email }) else {
        panic!("no direct room");
    };
    assert!(matches!(set(&mut world, "bob", direct, 0, MINUTE), Reply::Done));
    assert_eq!(world.room("alice", direct).unwrap().burn_ms, MINUTE);
    assert!(matches!(set(&mut world, "alice", direct, 0, 0), Reply::Done));
    assert_eq!(world.room("bob", direct).unwrap().burn_ms, 0);
    assert!(world.happened("bob", direct).contains(&"timers_off".to_owned()));
}

/// R41, R42: burning begins with the reading, on all devices of who read it, and not on those of others.
#[test]
fn reading_on_one_device_burns_on_the_others_of_that_person() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    world.sign_in("bob's phone");
    world.run();
    world.command("alice", say(room, "burns", Some(60 * MINUTE), Some(MINUTE)));
    assert_eq!(
        shown(&mut world, "bob", room, "burns").unwrap().burn_ms,
        Some(MINUTE)
    );
    world.run_for(5 * MINUTE);
    // Who wrote it has read it.
    assert!(shown(&mut world, "alice", room, "burns").is_none());
    assert!(shown(&mut world, "bob", room, "burns").is_some());
    read(&mut world, "bob", room);
    let ends = |world: &mut World, name: &str| shown(world, name, room, "burns").unwrap().ends_at.unwrap();
    let here = ends(&mut world, "bob");
    assert!(here.since(world.now) <= MINUTE);
    assert_eq!(ends(&mut world, "bob's phone"), here);
    world.run_for(MINUTE);
    assert!(shown(&mut world, "bob", room, "burns").is_none());
    assert!(shown(&mut world, "bob's phone", room, "burns").is_none());
    // Reading never extends what the time to live ends.
    world.run_for(53 * MINUTE);
    read(&mut world, "carol", room);
    let end = ends(&mut world, "carol");
    world.run_for(end.since(world.now) + 1);
    assert!(shown(&mut world, "carol", room, "burns").is_none());
}

/// A phone that was off while the other device read it burns it as soon as it hears so, by the time of that reading.
#[test]
fn a_device_that_was_off_burns_by_the_time_of_the_reading() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.sign_in("bob's phone");
    world.run();
    world.command("alice", say(room, "burns", None, Some(5 * MINUTE)));
    world.kill("bob's phone");
    read(&mut world, "bob", room);
    world.run_for(10 * MINUTE);
    world.start("bob's phone");
    world.run();
    assert_eq!(world.texts("bob's phone", room), Vec::<String>::new());
}

/// Clock jumps neither resurrect nor prolong, here while the app is closed.
#[test]
fn a_clock_that_was_set_back_prolongs_nothing() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.command("alice", say(room, "short", Some(30 * MINUTE), None));
    world.run_for(25 * MINUTE);
    world.kill("bob");
    world.now = Millis(world.now.0 - 20 * MINUTE);
    world.start("bob");
    world.run();
    let end = shown(&mut world, "bob", room, "short").unwrap().ends_at.unwrap();
    assert!(end.since(world.now) <= 6 * MINUTE);
    world.run_for(6 * MINUTE);
    assert!(shown(&mut world, "bob", room, "short").is_none());
    // Nor does one that jumped forth bring anything back.
    world.command("alice", say(room, "long", Some(90 * MINUTE), None));
    world.kill("bob");
    world.now = world.now.plus(100 * MINUTE);
    world.start("bob");
    world.run();
    world.kill("bob");
    world.now = Millis(world.now.0 - 100 * MINUTE);
    world.start("bob");
    world.run();
    assert!(world.texts("bob", room).is_empty());
}

/// What ended in the outbox never leaves.
#[test]
fn what_ends_before_it_could_leave_is_not_sent() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    world.command("alice", say(room, "too late", Some(MINUTE), None));
    world.run_for(2 * MINUTE);
    assert!(world.texts("alice", room).is_empty());
    world.go_online("alice");
    world.send("alice", room, "now");
    for name in ["alice", "bob"] {
        assert_eq!(world.texts(name, room), ["now"], "{name}");
    }
}

/// Burning begins with the sending, not with the writing: what waits for the network is not lost for it.
#[test]
fn what_waits_in_the_outbox_does_not_burn() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.go_offline("alice");
    world.command("alice", say(room, "patient", None, Some(MINUTE)));
    world.run_for(5 * MINUTE);
    assert_eq!(world.texts("alice", room), ["patient"]);
    world.go_online("alice");
    world.run();
    assert_eq!(world.texts("bob", room), ["patient"]);
    world.run_for(2 * MINUTE);
    assert!(world.texts("alice", room).is_empty());
    assert_eq!(world.texts("bob", room), ["patient"]);
}

/// A time that was wrong once, and was put right, takes nothing off lives that began later.
#[test]
fn a_clock_that_was_far_ahead_once_does_not_end_what_comes_later() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.command("alice", say(room, "short", Some(MINUTE), None));
    for back in [false, true] {
        world.kill("bob");
        let year = 365 * 24 * 60 * MINUTE;
        world.now = if back {
            Millis(world.now.0 - year)
        } else {
            world.now.plus(year)
        };
        world.start("bob");
        world.run();
    }
    world.command("alice", say(room, "later", Some(60 * MINUTE), None));
    assert_eq!(world.texts("bob", room), ["later"]);
    world.kill("bob");
    world.start("bob");
    world.run();
    assert_eq!(world.texts("bob", room), ["later"]);
}

/// An edit does not lengthen a life.
#[test]
fn an_edited_message_ends_when_it_would_have() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let Reply::Message { message_id } = world.command("alice", say(room, "short", Some(5 * MINUTE), None))
    else {
        panic!("not sent");
    };
    let end = shown(&mut world, "bob", room, "short").unwrap().ends_at;
    world.run_for(2 * MINUTE);
    let edit = Command::EditMessage {
        room_id: room,
        message_id,
        text: "changed".to_owned(),
        mentions: vec![],
    };
    assert!(matches!(world.command("alice", edit), Reply::Done));
    assert_eq!(shown(&mut world, "bob", room, "changed").unwrap().ends_at, end);
    world.run_for(4 * MINUTE);
    assert!(world.texts("bob", room).is_empty());
}
