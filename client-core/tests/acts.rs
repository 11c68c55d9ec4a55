//! What is done to messages after they were said: replies, edits, reactions, deletion, over an honest server.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{BodyView, Command, MessageView, Reply};
use model::{Honest, World, meeting::prepare};
use protocol::{MessageId, RoomId};

const THUMB: &str = "\u{1F44D}";

fn edit(room_id: RoomId, message_id: MessageId, text: &str) -> Command {
    Command::EditMessage {
        room_id,
        message_id,
        text: text.to_owned(),
        mentions: vec![],
    }
}

fn react(room_id: RoomId, message_id: MessageId, on: bool) -> Command {
    Command::ReactToMessage {
        room_id,
        message_id,
        emoji: THUMB.to_owned(),
        on,
    }
}

fn delete(room_id: RoomId, message_id: MessageId) -> Command {
    Command::DeleteMessage { room_id, message_id }
}

fn done(world: &mut World, name: &str, command: Command) {
    let reply = world.command(name, command);
    assert!(matches!(reply, Reply::Done), "{name}: {reply:?}");
    world.run();
}

fn refused(world: &mut World, name: &str, command: Command) -> String {
    match world.command(name, command) {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{name}: {reply:?}"),
    }
}

fn message(world: &mut World, name: &str, room: RoomId, id: MessageId) -> Option<MessageView> {
    let mut messages = world.messages(name, room).into_iter();
    messages.find(|message| message.message_id == id)
}

fn text_of(world: &mut World, name: &str, room: RoomId, id: MessageId) -> Option<String> {
    match message(world, name, room, id)?.body {
        BodyView::Text { text } => Some(text),
        _ => None,
    }
}

#[test]
fn an_edit_and_a_reaction_show_for_everybody_and_the_author_alone_edits() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let id = world.send("alice", room, "Hallo");
    done(&mut world, "alice", edit(room, id, "Hello"));
    done(&mut world, "bob", react(room, id, true));
    done(&mut world, "carol", react(room, id, true));
    for name in ["alice", "bob", "carol"] {
        let seen = message(&mut world, name, room, id).unwrap();
        assert_eq!(
            seen.body,
            BodyView::Text {
                text: "Hello".to_owned()
            },
            "{name}"
        );
        assert!(seen.edited);
        assert_eq!(seen.reactions.len(), 1);
        assert_eq!(seen.reactions[0].names, ["Bob", "Carol"]);
        assert_eq!(seen.reactions[0].mine, name != "alice");
        assert_eq!(seen.may_edit, name == "alice");
    }
    done(&mut world, "bob", react(room, id, false));
    assert_eq!(
        message(&mut world, "carol", room, id).unwrap().reactions[0].names,
        ["Carol"]
    );
    assert_eq!(refused(&mut world, "bob", edit(room, id, "x")), "forbidden");
}

#[test]
fn a_deleted_message_is_gone_for_everybody_and_quotes_lose_it() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let id = world.send("bob", room, "secret");
    let reply = world.command(
        "carol",
        Command::SendText {
            room_id: room,
            text: "about that".to_owned(),
            reply_to: Some(id),
            mentions: vec![],
            ttl_ms: None,
            burn_ms: None,
            message_id: None,
        },
    );
    let Reply::Message { message_id: answer } = reply else {
        panic!("{reply:?}");
    };
    world.run();
    let quote = |world: &mut World| message(world, "alice", room, answer).unwrap().reply_to.unwrap();
    assert_eq!(quote(&mut world).preview, "secret");
    assert_eq!(quote(&mut world).author_name, "Bob");
    done(&mut world, "bob", edit(room, id, "less secret"));
    assert_eq!(quote(&mut world).preview, "less secret");
    assert_eq!(refused(&mut world, "carol", delete(room, id)), "forbidden");
    // Alice made the room, and so is a moderator.
    done(&mut world, "alice", delete(room, id));
    for name in ["alice", "bob", "carol"] {
        let seen = message(&mut world, name, room, id).unwrap();
        assert_eq!(seen.body, BodyView::Deleted, "{name}");
        assert!(!seen.may_edit && !seen.may_delete);
    }
    // What happened to the room, or is gone, is no preview.
    assert_eq!(world.room("bob", room).unwrap().preview, "about that");
    assert_eq!(quote(&mut world).preview, "");
    assert_eq!(quote(&mut world).author_name, "");
    assert_eq!(refused(&mut world, "bob", edit(room, id, "back")), "forbidden");
}

#[test]
fn who_is_named_sees_that_there_is_something_for_them() {
    let (mut world, room) = prepare(&["alice", "bob", "carol"], Box::new(Honest));
    let bob = world
        .room("alice", room)
        .unwrap()
        .members
        .iter()
        .find(|one| one.name == "Bob")
        .unwrap()
        .user_id;
    let reply = world.command(
        "alice",
        Command::SendText {
            room_id: room,
            text: "@Bob, look".to_owned(),
            reply_to: None,
            mentions: vec![bob],
            ttl_ms: None,
            burn_ms: None,
            message_id: None,
        },
    );
    let Reply::Message { message_id } = reply else {
        panic!("{reply:?}");
    };
    world.run();
    assert!(world.room("bob", room).unwrap().named);
    assert!(!world.room("carol", room).unwrap().named);
    let seen = message(&mut world, "carol", room, message_id).unwrap();
    assert_eq!(
        (seen.mentions[0].name.as_str(), seen.mentions[0].me),
        ("Bob", false)
    );
    assert!(message(&mut world, "bob", room, message_id).unwrap().mentions[0].me);
    done(&mut world, "bob", Command::MarkRead { room_id: room });
    assert!(!world.room("bob", room).unwrap().named);
}

/// What is done without a network shows at once, leaves in order, and survives a restart.
#[test]
fn acts_wait_in_the_outbox_with_what_they_are_done_to() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let old = world.send("alice", room, "old");
    world.go_offline("alice");
    let new = world.send("alice", room, "new");
    done(&mut world, "alice", edit(room, old, "older"));
    done(&mut world, "alice", edit(room, new, "newer"));
    done(&mut world, "alice", react(room, old, true));
    world.kill("alice");
    world.start("alice");
    world.run();
    assert_eq!(world.texts("alice", room), ["older", "newer"]);
    assert_eq!(world.texts("bob", room), ["old"]);
    world.go_online("alice");
    world.run();
    for name in ["alice", "bob"] {
        assert_eq!(world.texts(name, room), ["older", "newer"], "{name}");
        assert_eq!(
            message(&mut world, name, room, old).unwrap().reactions[0].names,
            ["Alice"]
        );
    }
    // Nothing waits any more: what others do later shows.
    done(&mut world, "alice", react(room, old, false));
    assert!(
        message(&mut world, "alice", room, old)
            .unwrap()
            .reactions
            .is_empty()
    );
}

#[test]
fn what_did_not_leave_yet_is_taken_back_without_a_trace() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    world.send("alice", room, "first");
    world.go_offline("alice");
    let id = world.send("alice", room, "regretted");
    done(&mut world, "alice", delete(room, id));
    assert!(message(&mut world, "alice", room, id).is_none());
    world.kill("alice");
    world.start("alice");
    world.go_online("alice");
    world.send("alice", room, "last");
    assert_eq!(world.texts("bob", room), ["first", "last"]);
    assert_eq!(world.texts("alice", room), ["first", "last"]);
}

/// Two devices of one person change the same message at the same time: all end with the later one of the log.
#[test]
fn edits_of_two_own_devices_end_the_same_everywhere() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.register("alice");
        world.register("bob");
        world.sign_in("alice's phone");
        let room = world.create_room("alice", "Plans", &["bob"]);
        let id = world.send("alice", room, "text");
        world.begin("alice", edit(room, id, "one"));
        world.begin("alice's phone", edit(room, id, "two"));
        world.begin("bob", react(room, id, true));
        world.run();
        let end = text_of(&mut world, "bob", room, id).unwrap();
        assert!(["one", "two"].contains(&end.as_str()));
        for name in ["alice", "alice's phone"] {
            assert_eq!(
                text_of(&mut world, name, room, id).as_deref(),
                Some(end.as_str()),
                "{seed} {name}"
            );
            assert_eq!(message(&mut world, name, room, id).unwrap().reactions.len(), 1);
        }
    }
}

#[test]
fn what_is_no_emoji_or_not_there_is_refused() {
    let (mut world, room) = prepare(&["alice", "bob"], Box::new(Honest));
    let id = world.send("alice", room, "text");
    let word = Command::ReactToMessage {
        room_id: room,
        message_id: id,
        emoji: "no".to_owned(),
        on: true,
    };
    assert_eq!(refused(&mut world, "bob", word), "forbidden");
    let nothing = MessageId::from_random([9; 16]);
    assert_eq!(refused(&mut world, "bob", delete(room, nothing)), "not_found");
    let long = "x".repeat(protocol::limits::MAX_TEXT_LEN + 1);
    assert_eq!(
        refused(&mut world, "alice", edit(room, id, &long)),
        "text_too_long"
    );
    let event = world
        .messages("alice", room)
        .into_iter()
        .find(|one| matches!(one.body, BodyView::RoomEvent { .. }));
    assert_eq!(
        refused(&mut world, "alice", delete(room, event.unwrap().message_id)),
        "forbidden"
    );
}
