//! A program that is killed at any step: nothing that was promised is lost, nothing comes twice.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::collections::BTreeMap;

use conclave_client_core::api::{Command, Reply};
use model::{World, text};
use protocol::RoomId;

/// What a run promised: texts whose sending was answered, by author.
struct Story {
    room: RoomId,
    promised: BTreeMap<u32, String>,
    begun: Vec<String>,
}

fn prepare(seed: u64) -> (World, Story) {
    let mut world = World::new(seed);
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("bob", room, "before");
    world.run();
    (
        world,
        Story {
            room,
            promised: BTreeMap::new(),
            begun: vec![],
        },
    )
}

/// Alice and bob send; carol is added in the middle; alice is killed once.
fn play(world: &mut World, story: &mut Story, victim: &str) {
    for n in 0..4 {
        for name in ["alice", "bob"] {
            if world.get(name).core.is_some() {
                let words = format!("{name} {n}");
                let id = world.begin(name, text(story.room, &words));
                if name == victim {
                    story.begun.push(words.clone());
                    story.promised.insert(id, words);
                }
            }
        }
        if n == 1 && world.get("alice").core.is_some() {
            let people = vec!["carol@example.org".to_owned()];
            world.begin(
                "alice",
                Command::AddPeople {
                    room_id: story.room,
                    people,
                },
            );
        }
        for _ in 0..10 {
            world.step();
        }
    }
    world.run();
}

fn check(world: &mut World, story: &Story, victim: &str, case: &str) {
    let other = if victim == "alice" { "bob" } else { "alice" };
    let promised: Vec<String> = story
        .promised
        .iter()
        .filter(|(id, _)| matches!(world.get(victim).replies.get(id), Some(Reply::Message { .. })))
        .map(|(_, words)| words.clone())
        .collect();
    let shown = world.texts(other, story.room);
    for words in &promised {
        assert!(
            shown.contains(words),
            "{case}: {words} was promised and is lost: {shown:?}"
        );
    }
    let mut once = shown.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), shown.len(), "{case}: something came twice: {shown:?}");
    assert_eq!(
        world.texts(victim, story.room),
        shown,
        "{case}: both see the same in the same order"
    );
    let of_victim: Vec<&String> = shown.iter().filter(|t| t.starts_with(victim)).collect();
    let in_order: Vec<&String> = story.begun.iter().filter(|t| shown.contains(t)).collect();
    assert_eq!(of_victim, in_order, "{case}: in the order of writing");
    assert_eq!(world.undelivered(victim, story.room), 0, "{case}");
    let alarmed = world.get(victim).notices.contains(&"rolled_back".to_owned());
    assert!(!alarmed, "{case}: a program that was killed is no old copy");
    world.send(victim, story.room, "still here");
    world.send(other, story.room, "me too");
    assert_eq!(world.texts(other, story.room).len(), shown.len() + 2, "{case}");
    assert_eq!(world.texts(victim, story.room).len(), shown.len() + 2, "{case}");
}

/// Kills the victim at each batch that it stores: before it is durable, with nothing of it sent; or after it, before
/// anything is sent that waited for it. (Between two batches nothing is kept: a kill there is one before the next.)
fn crash_everywhere(victim: &str, durable: bool) {
    let (mut world, mut story) = prepare(1);
    let before = world.get(victim).batches;
    play(&mut world, &mut story, victim);
    let batches = world.get(victim).batches - before;
    assert!(batches > 10, "{batches}");
    for step in 1..=batches {
        let case = format!("{victim} killed at batch {step} of {batches}, durable: {durable}");
        let (mut world, mut story) = prepare(1);
        let at = world.get(victim).batches + step;
        world.installations.get_mut(victim).unwrap().crash_at = Some((at, durable));
        play(&mut world, &mut story, victim);
        assert!(world.get(victim).core.is_none(), "{case}: was not killed");
        world.start(victim);
        world.run();
        world.run_for(20_000);
        check(&mut world, &story, victim, &case);
    }
}

#[test]
fn a_sender_killed_before_any_step_is_durable_loses_and_doubles_nothing() {
    crash_everywhere("alice", false);
}

#[test]
fn a_sender_killed_after_any_step_is_durable_loses_and_doubles_nothing() {
    crash_everywhere("alice", true);
}

#[test]
fn a_receiver_killed_before_any_step_is_durable_loses_and_doubles_nothing() {
    crash_everywhere("bob", false);
}

#[test]
fn a_receiver_killed_after_any_step_is_durable_loses_and_doubles_nothing() {
    crash_everywhere("bob", true);
}

/// A registration cut off at any step ends in an account that works, or in none.
#[test]
fn a_registration_killed_at_any_step_can_be_taken_up_or_begun_again() {
    for step in 1..=3 {
        for durable in [false, true] {
            let mut world = World::new(step);
            world.install("alice");
            let code = world.server.accounts.invite("alice@example.org");
            world.installations.get_mut("alice").unwrap().crash_at = Some((step, durable));
            let register = |code: &str| Command::Register {
                code: code.to_owned(),
                email: "alice@example.org".to_owned(),
                name: "Alice".to_owned(),
                password: conclave_client_core::api::Secret(model::world::PASSWORD.to_owned()),
            };
            world.begin("alice", register(&code));
            world.run();
            if world.get("alice").core.is_none() {
                world.start("alice");
                world.run();
            }
            if !world
                .server
                .accounts
                .users
                .values()
                .any(|user| user.name == "Alice")
            {
                let reply = world.command("alice", register(&code));
                assert!(
                    matches!(reply, Reply::Done),
                    "step {step}, durable {durable}: {reply:?}"
                );
            }
            world.run();
            world.assert_online("alice");
        }
    }
}
