//! The stories.

use std::time::Duration;

use protocol::{
    ParticipantId,
    sfu::{FromSfu, OfferRefused, Place, ToSfu},
    socket::{Side, TrackKind},
};

use crate::{
    checks::{check, check_gapless, slots},
    client::Browser::{Chromium, Firefox},
    network::Conditions,
    world::{World, call_id},
};

use TrackKind::{Camera, Microphone, Screen};

const SECOND: Duration = Duration::from_secs(1);

/// Alice, bob and carol, each seeing the two others.
fn three(seed: u64, conditions: Conditions) -> (World, [usize; 3]) {
    let mut world = World::new(seed, conditions);
    let alice = world.join(1, 1, Chromium, 3, 4);
    let bob = world.join(1, 2, Firefox, 3, 4);
    let carol = world.join(1, 3, Chromium, 3, 4);
    world.intend(alice, &[(bob, Camera), (carol, Camera)]);
    world.intend(bob, &[(alice, Camera), (carol, Camera)]);
    world.intend(carol, &[(alice, Camera), (bob, Camera)]);
    world.connect();
    (world, [alice, bob, carol])
}

fn count(world: &World, me: usize, from: usize, kind: TrackKind) -> usize {
    let number = world.clients[from].number;
    world.clients[me]
        .received
        .iter()
        .filter(|p| p.label.client == number && p.label.kind == kind)
        .count()
}

#[test]
fn three_people_hear_and_see_each_other() {
    let (mut world, people) = three(0, Conditions::PERFECT);
    world.run(SECOND * 3);
    for me in people {
        for other in people.into_iter().filter(|other| *other != me) {
            assert!(count(&world, me, other, Microphone) > 130);
            assert!(count(&world, me, other, Camera) > 120);
        }
    }
    check(&world, 0);
    check_gapless(&world, 0);
}

#[test]
fn payload_types_are_the_subscribers() {
    let (mut world, people) = three(0, Conditions::PERFECT);
    world.run(SECOND);
    for me in people {
        let (opus, vp8) = match world.clients[me].browser {
            Chromium => (111, 96),
            Firefox => (109, 120),
        };
        for packet in &world.clients[me].received {
            assert_eq!(
                *packet.pt,
                if packet.label.kind == Microphone {
                    opus
                } else {
                    vp8
                }
            );
        }
    }
}

#[test]
fn calls_hold_together_on_bad_networks() {
    for seed in 0..12 {
        let conditions = if seed % 2 == 0 {
            Conditions::BAD
        } else {
            Conditions::REORDERING
        };
        let (mut world, [alice, bob, carol]) = three(seed, conditions);
        world.run(SECOND);
        world.intend(alice, &[(carol, Camera)]);
        world.run(SECOND);
        world.intend(alice, &[(bob, Camera), (carol, Camera)]);
        world.run(SECOND);
        check(&world, seed);
        assert!(count(&world, alice, bob, Camera) > 20, "seed {seed}");
        assert!(count(&world, bob, carol, Microphone) > 90, "seed {seed}");
    }
}

#[test]
fn what_the_network_lost_is_resent() {
    let (mut world, [alice, bob, _]) = three(7, Conditions::BAD);
    world.run(SECOND * 4);
    world.network.conditions.loss = 0;
    world.run(SECOND);
    for (mid, packets) in slots(&world.clients[alice].received) {
        let video = packets.first().is_some_and(|packet| packet.label.kind == Camera);
        let span = packets.last().unwrap().seq - packets.first().unwrap().seq + 1;
        let missing = span - packets.len() as u64;
        assert!(
            !video || missing * 100 < span,
            "slot {mid} misses {missing} of {span}"
        );
    }
    assert!(count(&world, alice, bob, Camera) > 100);
}

#[test]
fn nothing_is_forwarded_after_a_leave() {
    let (mut world, [alice, bob, carol]) = three(1, Conditions::PERFECT);
    world.run(SECOND);
    world.leave(carol);
    let left = world.now;
    // Carol goes on sending; what was on its way before may still arrive.
    world.run(SECOND);
    let number = world.clients[carol].number;
    for me in [alice, bob] {
        let late = world.clients[me]
            .received
            .iter()
            .filter(|p| p.label.client == number);
        assert!(late.map(|p| p.at).max().unwrap() <= left + Conditions::PERFECT.delay);
        assert!(
            world.clients[me]
                .bindings
                .iter()
                .all(|slot| slot.participant_id != world.clients[carol].id)
        );
    }
    assert!(
        world.clients[carol]
            .received
            .iter()
            .all(|p| p.at <= left + Conditions::PERFECT.delay)
    );
    assert!(count(&world, alice, bob, Camera) > 60);
    check(&world, 1);
    check_gapless(&world, 1);
}

#[test]
fn two_calls_on_one_shard_never_meet() {
    for seed in 0..4 {
        let mut world = World::new(seed, Conditions::REORDERING);
        let mut people = Vec::new();
        for call in 1..=2 {
            for number in 1..=2 {
                people.push(world.join(call, number, Chromium, 2, 2));
            }
        }
        // Wishes for people of the other call too.
        for me in people.clone() {
            let all: Vec<_> = people.iter().map(|other| (*other, Camera)).collect();
            world.intend(me, &all);
        }
        world.connect();
        world.run(SECOND * 2);
        check(&world, seed);
        for me in people {
            assert!(!world.clients[me].received.is_empty());
            let call = call_id(world.clients[me].call);
            let foreign = world.said.iter().any(|said| match said {
                FromSfu::Bindings {
                    place, slots, live, ..
                } => {
                    let in_call =
                        |id: ParticipantId| call_id(world.clients[world.by_id(id)].call) == place.call_id;
                    place.call_id == call
                        && (slots.iter().any(|s| !in_call(s.participant_id))
                            || live.iter().any(|t| !in_call(t.participant_id)))
                }
                _ => false,
            });
            assert!(!foreign, "seed {seed}");
        }
    }
}

#[test]
fn a_slot_switches_on_a_key_frame_and_its_numbers_go_on() {
    let mut world = World::new(3, Conditions::PERFECT);
    let alice = world.join(1, 1, Chromium, 0, 1);
    let bob = world.join(1, 2, Chromium, 1, 0);
    let carol = world.join(1, 3, Chromium, 1, 0);
    world.connect();
    for turn in 0..6 {
        world.intend(alice, &[(if turn % 2 == 0 { bob } else { carol }, Camera)]);
        world.run(SECOND);
    }
    check(&world, 3);
    check_gapless(&world, 3);
    let packets = slots(&world.clients[alice].received)
        .into_values()
        .next()
        .unwrap();
    let switches = packets
        .windows(2)
        .filter(|pair| pair[0].label.client != pair[1].label.client)
        .count();
    assert_eq!(switches, 5);
    let jump = packets
        .windows(2)
        .map(|pair| pair[1].time.wrapping_sub(pair[0].time))
        .max()
        .unwrap();
    assert!(jump < 90_000, "time jumps by {jump} at a switch");
}

#[test]
fn a_screen_takes_a_slot_of_its_own() {
    let (mut world, [alice, bob, _]) = three(4, Conditions::PERFECT);
    world.clients[bob].on.push(Screen);
    world.intend(bob, &[]);
    world.intend(alice, &[(bob, Screen), (bob, Camera)]);
    world.run(SECOND);
    assert!(count(&world, alice, bob, Screen) > 30);
    assert!(count(&world, alice, bob, Camera) > 30);
    check(&world, 4);
}

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

#[test]
fn more_slots_come_by_a_second_offer_and_the_old_ones_stay() {
    let mut world = World::new(8, Conditions::PERFECT);
    let alice = world.join(1, 1, Chromium, 1, 1);
    let bob = world.join(1, 2, Chromium, 1, 1);
    let carol = world.join(1, 3, Firefox, 1, 1);
    world.connect();
    world.intend(alice, &[(bob, Camera), (carol, Camera)]);
    world.run(SECOND);
    let before = world.clients[alice].bindings.clone();
    assert_eq!(count(&world, alice, carol, Camera), 0);

    let sdp = world.clients[alice].offer_subscribe(1, 1);
    let place = Place {
        call_id: call_id(1),
        participant_id: world.clients[alice].id,
    };
    let answer = world
        .offer(place, Side::Subscribe, false, sdp, Vec::new())
        .unwrap();
    world.clients[alice].answer(Side::Subscribe, &answer);
    world.run(SECOND);
    assert!(
        before
            .iter()
            .all(|slot| world.clients[alice].bindings.contains(slot))
    );
    assert!(count(&world, alice, carol, Camera) > 20);
    check(&world, 8);
    check_gapless(&world, 8);
}

#[test]
fn an_ice_restart_loses_nothing() {
    let (mut world, [alice, bob, _]) = three(13, Conditions::PERFECT);
    world.run(SECOND);
    let sdp = world.clients[alice].offer_ice_restart();
    let place = Place {
        call_id: call_id(1),
        participant_id: world.clients[alice].id,
    };
    let answer = world
        .offer(place, Side::Subscribe, false, sdp, Vec::new())
        .unwrap();
    world.clients[alice].answer(Side::Subscribe, &answer);
    world.run(SECOND * 2);
    assert!(count(&world, alice, bob, Camera) > 120);
    check(&world, 13);
    check_gapless(&world, 13);
    let broke = |said: &FromSfu| matches!(said, FromSfu::Connection { connected: false, .. });
    assert!(!world.said.iter().any(broke));
}

#[test]
fn a_fresh_offer_replaces_the_connection() {
    let (mut world, [alice, bob, carol]) = three(9, Conditions::PERFECT);
    world.run(SECOND);
    world.rejoin(alice, 3, 4);
    world.intend(alice, &[(bob, Camera)]);
    world.connect();
    let at = world.now;
    world.run(SECOND);
    let fresh = |me: usize| {
        world.clients[me]
            .received
            .iter()
            .filter(|p| p.at > at && p.label.client == 1)
            .count()
    };
    assert!(fresh(bob) > 60 && fresh(carol) > 60);
    assert!(count(&world, alice, bob, Camera) > 20);
    assert_eq!(world.clients[bob].live, 6);
    check_gapless(&world, 9);
}

#[test]
fn key_frame_requests_of_a_flood_are_throttled() {
    let (mut world, [alice, bob, _]) = three(10, Conditions::PERFECT);
    world.run(SECOND);
    let before = world.clients[bob].key_frames_asked;
    let bob_id = world.clients[bob].id;
    let slot = world.clients[alice]
        .bindings
        .iter()
        .find(|s| s.participant_id == bob_id && s.kind == Camera);
    let mid = slot.unwrap().mid.as_str().into();
    for _ in 0..100 {
        let mut api = world.clients[alice].subscribe.rtc.direct_api();
        let stream = api.stream_rx_by_mid(mid, None).unwrap();
        stream.request_keyframe(str0m::media::KeyframeRequestKind::Pli);
        world.run(Duration::from_millis(50));
    }
    let asked = world.clients[bob].key_frames_asked - before;
    assert!((5..=13).contains(&asked), "{asked} requests in 5 s");
}

#[test]
fn offers_that_do_not_fit_are_refused_and_change_nothing() {
    let (mut world, [alice, bob, _]) = three(11, Conditions::PERFECT);
    let place = Place {
        call_id: call_id(1),
        participant_id: world.clients[alice].id,
    };
    let stranger = Place {
        call_id: call_id(1),
        participant_id: ParticipantId::from_random([9; 16]),
    };
    let nowhere = Place {
        call_id: call_id(9),
        participant_id: stranger.participant_id,
    };
    let line = |kind: &str, mid: &str, direction: &str| {
        format!("m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{mid}\r\na={direction}\r\n")
    };
    let unfit = |result: Result<String, OfferRefused>| assert!(matches!(result, Err(OfferRefused::Unfit(_))));
    let many: String = (0..6)
        .map(|n| line("audio", &n.to_string(), "recvonly"))
        .collect();
    unfit(world.offer(place, Side::Subscribe, true, many, Vec::new()));
    unfit(world.offer(
        place,
        Side::Subscribe,
        true,
        line("video", "0", "sendrecv"),
        Vec::new(),
    ));
    unfit(world.offer(
        place,
        Side::Subscribe,
        true,
        line("application", "0", "recvonly"),
        Vec::new(),
    ));
    unfit(world.offer(
        place,
        Side::Publish,
        true,
        line("video", "0", "recvonly"),
        Vec::new(),
    ));
    unfit(world.offer(place, Side::Publish, true, "x".repeat(300_000), Vec::new()));
    let track = |mid: &str, kind| protocol::socket::TrackOffer {
        mid: mid.to_owned(),
        kind,
    };
    let video = line("video", "0", "sendonly");
    unfit(world.offer(
        place,
        Side::Publish,
        true,
        video.clone(),
        vec![track("0", Microphone)],
    ));
    unfit(world.offer(
        place,
        Side::Publish,
        true,
        video.clone(),
        vec![track("1", Camera)],
    ));
    unfit(world.offer(
        place,
        Side::Publish,
        true,
        video.clone(),
        vec![track("0", Camera), track("0", Screen)],
    ));
    let malformed = world.offer(place, Side::Publish, true, video, vec![track("0", Camera)]);
    assert!(matches!(malformed, Err(OfferRefused::Malformed(_))));
    for place in [stranger, nowhere] {
        let refused = world.offer(
            place,
            Side::Publish,
            false,
            line("video", "0", "sendonly"),
            Vec::new(),
        );
        assert!(refused.is_err());
    }
    world.run(SECOND);
    assert!(count(&world, alice, bob, Camera) > 20);
    check(&world, 11);
}

/// Seeds of a short run; the long runs set `CONCLAVE_SEEDS`.
const SEEDS: u64 = 24;

#[test]
fn calls_are_safe_whatever_people_do_over_many_seeds() {
    use rand::{RngExt, SeedableRng, rngs::StdRng};
    let seeds = std::env::var("CONCLAVE_SEEDS").map_or(SEEDS, |number| number.parse().unwrap());
    for seed in 100..100 + seeds {
        let mut random = StdRng::seed_from_u64(seed);
        let conditions = [Conditions::PERFECT, Conditions::REORDERING, Conditions::BAD];
        let conditions = conditions[random.random_range(0..3)];
        let mut world = World::new(seed, conditions);
        for number in 1..=random.random_range(2..=4) {
            let browser = if random.random() { Chromium } else { Firefox };
            let (audio, video) = (random.random_range(1..=3), random.random_range(0..=3));
            world.join_with_layers(1, number, browser, audio, video, random.random_range(1..=3));
        }
        world.connect();
        for _ in 0..random.random_range(4..10) {
            let me = random.random_range(0..world.clients.len());
            if world.clients[me].gone {
                continue;
            }
            world.clients[me].level = -random.random_range(0..127);
            world.clients[me].on = [Microphone, Camera, Screen]
                .into_iter()
                .filter(|_| random.random())
                .collect();
            world.clients[me].stopped = (0..3).filter(|_| random.random_range(0..4) == 0).collect();
            let mut wishes = Vec::new();
            for other in (0..world.clients.len()).filter(|other| *other != me) {
                let height = random.random_range(1..1_200);
                match random.random_range(0..3) {
                    0 => wishes.push((other, Camera, height)),
                    1 => wishes.push((other, Screen, height)),
                    _ => {}
                }
            }
            world.intend_at(me, &wishes);
            if random.random_range(0..4) == 0 {
                world.network.conditions.rate = Some(random.random_range(100_000..4_000_000));
            }
            if random.random_range(0..12) == 0 {
                world.leave(me);
            }
            world.run(Duration::from_millis(random.random_range(10..700)));
        }
        world.run(SECOND);
        check(&world, seed);
    }
}

#[test]
fn a_closed_call_is_forgotten() {
    let (mut world, people) = three(12, Conditions::PERFECT);
    world.control(ToSfu::Close { call_id: call_id(1) });
    for me in people {
        world.clients[me].received.clear();
    }
    world.run(SECOND);
    let late = Conditions::PERFECT.delay;
    let end = world.now - SECOND + late;
    assert!(
        people
            .iter()
            .all(|me| world.clients[*me].received.iter().all(|p| p.at <= end))
    );
}
