//! Messages that are handed on into another room, that one saves, and one's own short answers.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, Command, FoundMessage, MessageView, Reply, SessionView};
use model::{Honest, World, meeting::prepare};
use protocol::{MessageId, RoomId};

const MINUTE: u64 = 60_000;

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

fn said(world: &mut World, name: &str, command: Command) -> Result<MessageId, String> {
    let reply = world.command(name, command);
    world.run();
    match reply {
        Reply::Message { message_id } => Ok(message_id),
        Reply::Failed(failure) => Err(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

fn forward(room_id: RoomId, message_id: MessageId, to: RoomId) -> Command {
    Command::ForwardMessage {
        room_id,
        message_id,
        to,
        copy_id: None,
    }
}

fn save(world: &mut World, name: &str, room_id: RoomId, message_id: MessageId, on: bool) -> Option<String> {
    let command = Command::SaveMessage {
        room_id,
        message_id,
        on,
    };
    match world.command(name, command) {
        Reply::Done => None,
        Reply::Failed(failure) => Some(failure.code),
        reply => panic!("{name}: {reply:?}"),
    }
}

fn saved(world: &mut World, name: &str) -> Vec<FoundMessage> {
    match world.command(name, Command::ListSaved) {
        Reply::Found(found) => found.messages,
        reply => panic!("{name}: {reply:?}"),
    }
}

fn excerpts(world: &mut World, name: &str) -> Vec<String> {
    let saved = saved(world, name).into_iter();
    saved.map(|message| message.excerpt).collect()
}

/// As an open room shows it, without opening it anew.
fn shown(world: &World, name: &str, room_id: RoomId, id: MessageId) -> MessageView {
    world.get(name).messages[&room_id][&id].clone()
}

fn message(world: &mut World, name: &str, room_id: RoomId, id: MessageId) -> Option<MessageView> {
    let mut messages = world.messages(name, room_id).into_iter();
    messages.find(|message| message.message_id == id)
}

#[test]
fn what_is_handed_on_says_so_and_neither_who_said_it_nor_whom_it_named() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let other = world.create_room("bob", "Other", &["carol"]);
    world.run();
    let answered = world.send("alice", room, "first");
    let members = world.room("alice", room).unwrap().members.iter();
    let carol = members.clone().find(|one| one.name == "Carol").unwrap().user_id;
    let id = said(
        &mut world,
        "alice",
        Command::SendText {
            room_id: room,
            text: "the plan".to_owned(),
            reply_to: Some(answered),
            mentions: vec![carol],
            ttl_ms: None,
            burn_ms: None,
            message_id: None,
        },
    )
    .unwrap();
    let copy = said(&mut world, "bob", forward(room, id, other)).unwrap();
    for name in ["bob", "carol"] {
        let seen = message(&mut world, name, other, copy).unwrap();
        let text = "the plan".to_owned();
        assert_eq!(seen.body, BodyView::Text { text }, "{name}");
        assert!(seen.forwarded, "{name}");
        assert!(seen.reply_to.is_none() && seen.mentions.is_empty(), "{name}");
    }
    assert!(!message(&mut world, "bob", room, id).unwrap().forwarded);
    // It stays so, also after a restart.
    world.kill("carol");
    world.start("carol");
    world.run();
    assert!(message(&mut world, "carol", other, copy).unwrap().forwarded);
    // As it stands after an edit, and twice by the same id once.
    let edit = Command::EditMessage {
        room_id: room,
        message_id: id,
        text: "the new plan".to_owned(),
        mentions: vec![],
    };
    assert!(matches!(world.command("alice", edit), Reply::Done));
    world.run();
    let again = MessageId::from_random([9; 16]);
    for _ in 0..2 {
        let command = Command::ForwardMessage {
            room_id: room,
            message_id: id,
            to: other,
            copy_id: Some(again),
        };
        assert_eq!(said(&mut world, "bob", command), Ok(again));
    }
    assert_eq!(world.texts("carol", other), ["the plan", "the new plan"]);
}

/// R40, R41: a copy is no way to keep what is to go.
#[test]
fn a_copy_lives_no_longer_and_what_burns_is_not_copied() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let other = world.create_room("bob", "Other", &["alice"]);
    world.run();
    let timed = said(&mut world, "alice", say(room, "timed", Some(5 * MINUTE), None)).unwrap();
    let burns = said(&mut world, "alice", say(room, "burns", None, Some(MINUTE))).unwrap();
    for name in ["alice", "bob"] {
        let refused = said(&mut world, name, forward(room, burns, other));
        assert_eq!(refused, Err("forbidden".to_owned()), "{name}");
        assert!(!message(&mut world, name, room, burns).unwrap().may_forward);
    }
    let end = message(&mut world, "bob", room, timed).unwrap().ends_at.unwrap();
    world.run_for(2 * MINUTE);
    let copy = said(&mut world, "bob", forward(room, timed, other)).unwrap();
    for name in ["alice", "bob"] {
        let ends = message(&mut world, name, other, copy).unwrap().ends_at.unwrap();
        assert!(ends <= end, "{name}");
    }
    let left = end.since(world.now);
    world.run_for(left);
    for name in ["alice", "bob"] {
        assert!(message(&mut world, name, room, timed).is_none(), "{name}");
        assert!(message(&mut world, name, other, copy).is_none(), "{name}");
    }
}

#[test]
fn what_is_gone_or_not_said_by_anybody_and_where_the_network_forbids_it_is_not_handed_on() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let id = world.send("alice", room, "hello");
    world.run();
    let nobody = MessageId::from_random([7; 16]);
    let refused = said(&mut world, "bob", forward(room, nobody, room));
    assert_eq!(refused, Err("not_found".to_owned()));
    let created = world.messages("bob", room)[0].clone();
    assert!(matches!(created.body, BodyView::RoomEvent { .. }) && !created.may_forward);
    let refused = said(&mut world, "bob", forward(room, created.message_id, room));
    assert_eq!(refused, Err("forbidden".to_owned()));
    assert!(message(&mut world, "bob", room, id).unwrap().may_forward);
    world.server.set_forwarding(false);
    world.deliver();
    world.run();
    let refused = said(&mut world, "bob", forward(room, id, room));
    assert_eq!(refused, Err("forbidden".to_owned()));
    assert!(!shown(&world, "bob", room, id).may_forward);
    world.kill("bob");
    world.start("bob");
    assert!(
        !message(&mut world, "bob", room, id).unwrap().may_forward,
        "as stored"
    );
    world.server.set_forwarding(true);
    world.deliver();
    world.run();
    let delete = Command::DeleteMessage {
        room_id: room,
        message_id: id,
    };
    assert!(matches!(world.command("alice", delete), Reply::Done));
    world.run();
    let refused = said(&mut world, "bob", forward(room, id, room));
    assert_eq!(refused, Err("forbidden".to_owned()));
}

#[test]
fn what_is_saved_is_so_on_all_own_devices_the_last_first_and_nobody_else_knows() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.sign_in("alice's phone");
    world.run();
    let first = world.send("bob", room, "first");
    let second = world.send("bob", room, "second");
    world.run_for(10_000);
    assert_eq!(save(&mut world, "alice", room, second, true), None);
    world.run_for(10_000);
    assert_eq!(save(&mut world, "alice", room, first, true), None);
    world.run_for(10_000);
    for name in ["alice", "alice's phone"] {
        assert_eq!(excerpts(&mut world, name), ["first", "second"], "{name}");
        assert!(message(&mut world, name, room, first).unwrap().saved, "{name}");
    }
    assert!(saved(&mut world, "bob").is_empty());
    // Taken out on the other device, while this one is away.
    message(&mut world, "alice", room, first);
    world.go_offline("alice");
    assert_eq!(save(&mut world, "alice's phone", room, first, false), None);
    world.run_for(10_000);
    world.go_online("alice");
    world.run_for(10_000);
    assert_eq!(excerpts(&mut world, "alice"), ["second"]);
    assert!(!shown(&world, "alice", room, first).saved);
    world.kill("alice");
    world.start("alice");
    assert_eq!(excerpts(&mut world, "alice"), ["second"]);
}

/// R40: saving keeps nothing.
#[test]
fn what_is_saved_goes_with_its_message() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let timed = said(&mut world, "bob", say(room, "timed", Some(MINUTE), None)).unwrap();
    let lasting = world.send("bob", room, "lasting");
    world.run();
    for id in [timed, lasting] {
        assert_eq!(save(&mut world, "alice", room, id, true), None);
    }
    assert_eq!(saved(&mut world, "alice").len(), 2);
    world.run_for(MINUTE);
    assert_eq!(excerpts(&mut world, "alice"), ["lasting"]);
    assert_eq!(
        save(&mut world, "alice", room, timed, true).as_deref(),
        Some("not_found")
    );
    let delete = Command::DeleteMessage {
        room_id: room,
        message_id: lasting,
    };
    assert!(matches!(world.command("bob", delete), Reply::Done));
    world.run();
    assert!(saved(&mut world, "alice").is_empty());
    assert_eq!(
        save(&mut world, "alice", room, lasting, true).as_deref(),
        Some("not_found")
    );
    // What is not there may be taken out all the same.
    assert_eq!(save(&mut world, "alice", room, lasting, false), None);
}

#[test]
fn short_answers_are_ones_own_on_all_devices_and_checked() {
    let (mut world, _) = prepare(&["alice", "bob"], Box::new(Honest));
    world.sign_in("alice's phone");
    world.run();
    let replies = |world: &World, name: &str| match world.get(name).session.clone() {
        Some(SessionView::SignedIn { quick_replies, .. }) => quick_replies,
        session => panic!("{name}: {session:?}"),
    };
    let set = |world: &mut World, texts: &[&str]| {
        let replies = texts.iter().map(|text| (*text).to_owned()).collect();
        world.command("alice", Command::SetQuickReplies { replies })
    };
    assert!(replies(&world, "alice").is_empty());
    assert!(matches!(
        set(&mut world, &["On my way", "Später, ja?"]),
        Reply::Done
    ));
    world.run_for(10_000);
    for name in ["alice", "alice's phone"] {
        assert_eq!(replies(&world, name), ["On my way", "Später, ja?"], "{name}");
    }
    assert!(replies(&world, "bob").is_empty());
    let long = "x".repeat(61);
    for wrong in [
        vec![""],
        vec!["  "],
        vec!["a\nb"],
        vec![long.as_str()],
        vec!["a"; 7],
    ] {
        let reply = set(&mut world, &wrong);
        assert!(
            matches!(reply, Reply::Failed(failure) if failure.code == "malformed"),
            "{wrong:?}"
        );
    }
    assert!(matches!(set(&mut world, &[]), Reply::Done));
    world.run_for(10_000);
    assert!(replies(&world, "alice's phone").is_empty());
}
