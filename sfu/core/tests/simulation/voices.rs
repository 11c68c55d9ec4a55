//! Stories of voices: who is heard, and who is marked as the speaker.

use protocol::{
    sfu::FromSfu,
    socket::TrackKind::{Camera, Microphone},
};

use crate::{
    checks::{check, check_gapless},
    client::Browser::Chromium,
    network::Conditions,
    scenarios::{SECOND, three},
    world::{World, call_id},
};

#[test]
fn a_muted_microphone_gives_its_slot_back() {
    let (mut world, [alice, bob, _]) = three(5, Conditions::PERFECT);
    world.run(SECOND);
    world.clients[bob].on = vec![Camera];
    world.intend(bob, &[(alice, Camera)]);
    let bob_id = world.clients[bob].id;
    let bound = |world: &World| {
        world.clients[alice]
            .bindings
            .iter()
            .any(|s| s.participant_id == bob_id && s.kind == Microphone)
    };
    assert!(!bound(&world));
    world.clients[bob].on.push(Microphone);
    world.intend(bob, &[(alice, Camera)]);
    assert!(bound(&world));
    world.run(SECOND);
    check(&world, 5);
    check_gapless(&world, 5);
}

#[test]
fn with_few_slots_the_loudest_are_heard() {
    let mut world = World::new(6, Conditions::PERFECT);
    let alice = world.join(1, 1, Chromium, 1, 0);
    let bob = world.join(1, 2, Chromium, 1, 0);
    let carol = world.join(1, 3, Chromium, 1, 0);
    world.connect();
    for (loud, quiet) in [(bob, carol), (carol, bob), (bob, carol)] {
        world.clients[loud].level = -20;
        world.clients[quiet].level = -90;
        world.run(SECOND * 3);
        assert_eq!(
            world.clients[alice].bindings[0].participant_id,
            world.clients[loud].id
        );
        let speaker = world.said.iter().rev().find_map(|said| match said {
            FromSfu::Speaker { participant_id, .. } => Some(*participant_id),
            _ => None,
        });
        assert_eq!(speaker, Some(Some(world.clients[loud].id)));
    }
    world.clients[bob].level = -127;
    world.clients[carol].level = -127;
    world.run(SECOND * 6);
    let silent = FromSfu::Speaker {
        call_id: call_id(1),
        participant_id: None,
    };
    let last = world
        .said
        .iter()
        .rev()
        .find(|said| matches!(said, FromSfu::Speaker { .. }))
        .unwrap();
    assert_eq!(format!("{last:?}"), format!("{silent:?}"));
    check(&world, 6);
}

#[test]
fn no_first_syllable_is_lost() {
    let mut world = World::new(14, Conditions::PERFECT);
    let alice = world.join(1, 1, Chromium, 1, 0);
    let bob = world.join(1, 2, Chromium, 1, 0);
    let carol = world.join(1, 3, Chromium, 1, 0);
    world.connect();
    world.clients[carol].level = -100;
    world.clients[bob].level = -20;
    world.run(SECOND * 3);
    for (stops, begins) in [(bob, carol), (carol, bob), (bob, carol)] {
        world.clients[stops].level = -100;
        world.run(SECOND);
        let (frame, number) = (world.clients[begins].audio_frames(), world.clients[begins].number);
        world.clients[begins].level = -20;
        world.run(SECOND);
        let heard = world.clients[alice]
            .received
            .iter()
            .filter(|p| p.label.client == number);
        let first = heard.map(|p| p.label.frame).filter(|heard| *heard > frame).min();
        assert_eq!(first, Some(frame + 1), "the first loud frame");
    }
    check(&world, 14);
    check_gapless(&world, 14);
}
