//! Stories of voices: who is heard, and who is marked as the speaker.

use conclave_sfu_core::limits::VOICE_TURN;
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

/// B15: nobody says how loud it is. Who is loud has no more of the slots than who is not, and nobody is marked.
#[test]
fn voices_of_constant_bitrate_are_all_heard_or_in_turn_and_nobody_is_marked() {
    for (slots, others) in [(4, 4), (2, 4)] {
        let mut world = World::new(41, Conditions::PERFECT);
        let alice = world.join(1, 1, Chromium, slots, 0);
        let people: Vec<usize> = (2..=5)
            .map(|number| world.join(1, number, Chromium, 1, 0))
            .collect();
        for me in people.iter().chain([&alice]) {
            world.clients[*me].on = vec![Microphone];
            world.intend(*me, &[]);
            world.clients[*me].says_level = false;
            world.clients[*me].level = if *me == alice { -10 } else { -100 };
        }
        world.clients[people[0]].level = -10;
        world.connect();
        world.run(SECOND);
        let count = |world: &World| {
            let heard = &world.clients[alice].heard;
            let of = |me: &usize| {
                heard
                    .iter()
                    .filter(|(number, _)| *number == world.clients[*me].number)
                    .count()
            };
            people.iter().map(of).collect::<Vec<_>>()
        };
        let before = count(&world);
        // Twice around.
        world.run(VOICE_TURN * 2 * others);
        let heard: Vec<usize> = count(&world)
            .iter()
            .zip(&before)
            .map(|(now, then)| now - then)
            .collect();
        let sent = usize::try_from((VOICE_TURN * 2 * others).as_millis() / 20).unwrap();
        let fair = sent * slots.min(people.len()) / people.len();
        for heard in &heard {
            assert!(
                heard.abs_diff(fair) <= fair / 50 + 5,
                "{heard} of {fair}, {slots} slots"
            );
        }
        assert!(
            !world.said.iter().any(|said| matches!(
                said,
                FromSfu::Speaker {
                    participant_id: Some(_),
                    ..
                }
            )),
            "nobody is marked as the speaker"
        );
        check(&world, 41);
        check_gapless(&world, 41);
    }
}

/// The least share of bob's and carol's frames of sound that anybody of the others heard in some seconds.
fn share_heard(world: &mut World, people: [usize; 3]) -> f64 {
    world.run(SECOND * 4);
    let before = people.map(|me| (world.clients[me].audio_frames(), world.clients[me].heard.len()));
    world.run(SECOND * 10);
    let after = people.map(|me| (world.clients[me].audio_frames(), world.clients[me].heard.len()));
    let sent: Vec<u32> = (0..3).map(|me| after[me].0 - before[me].0).collect();
    let shares = (0..3).map(|me| {
        let of: u32 = (0..3).filter(|other| *other != me).map(|other| sent[other]).sum();
        f64::from(u32::try_from(after[me].1 - before[me].1).unwrap()) / f64::from(of)
    });
    shares.fold(1.0, f64::min)
}

#[test]
fn sound_gets_through_where_much_is_lost() {
    for (loss, repeats, least) in [(0, 0, 0.995), (100, 2, 0.985), (300, 4, 0.95), (500, 4, 0.85)] {
        let mut world = World::new(31, Conditions::PERFECT);
        let people = [1, 2, 3].map(|number| world.join(1, number, Chromium, 3, 0));
        for me in people {
            world.clients[me].repeats = repeats;
        }
        world.connect();
        world.network.conditions.loss = loss;
        let share = share_heard(&mut world, people);
        assert!(share > least, "of {loss} per thousand lost, {share} is heard");
        check(&world, 31);
    }
}

#[test]
fn who_cannot_repeat_hears_and_is_heard() {
    let (mut world, people) = three(32, Conditions::PERFECT);
    world.network.conditions.loss = 100;
    for me in people {
        world.clients[me].repeats = 2;
    }
    let share = share_heard(&mut world, people);
    // Bob's browser repeats nothing, and understands no repetition.
    assert!(share > 0.85, "{share}");
    let bob = &world.clients[people[1]];
    assert!(bob.received.iter().all(|packet| *packet.pt != 63));
    check(&world, 32);
}
