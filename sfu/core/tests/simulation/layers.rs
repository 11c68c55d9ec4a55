//! Stories of encodings: which one each tile gets, on wide ways and on narrow ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use protocol::socket::TrackKind::{Camera, Microphone};

use crate::{
    checks::{check, check_gapless},
    client::{
        Browser::{Chromium, Firefox},
        Received,
    },
    network::Conditions,
    scenarios::SECOND,
    sender::{self, FRAME},
    world::World,
};

/// What a key frame needs to come and a tick to be seen.
const SWITCH: Duration = Duration::from_millis(400);

/// Alice, who watches, and so many others with three encodings each.
fn watched(seed: u64, conditions: Conditions, others: u8) -> (World, usize, Vec<usize>) {
    let mut world = World::new(seed, conditions);
    let alice = world.join(1, 1, Chromium, 3, usize::from(others));
    world.clients[alice].on.clear();
    let others = (0..others)
        .map(|n| {
            let browser = if n % 2 == 0 { Chromium } else { Firefox };
            world.join_with_layers(1, 2 + n, browser, 1, 0, 3)
        })
        .collect();
    world.intend(alice, &[]);
    world.connect();
    (world, alice, others)
}

/// Camera packets that `me` got from `from` since then.
fn pictures(world: &World, me: usize, from: usize, since: Instant) -> Vec<&Received> {
    let number = world.clients[from].number;
    let is_it = |p: &&Received| p.at >= since && p.label.client == number && p.label.kind == Camera;
    world.clients[me].received.iter().filter(is_it).collect()
}

/// The encoding of the last packet.
fn shown(world: &World, me: usize, from: usize, since: Instant) -> Option<u8> {
    pictures(world, me, from, since)
        .last()
        .map(|packet| packet.label.layer)
}

/// The longest time without a packet of a camera, from then until now.
fn longest_gap(world: &World, me: usize, from: usize, since: Instant) -> Duration {
    let mut last = since;
    let mut longest = Duration::ZERO;
    let times = pictures(world, me, from, since)
        .into_iter()
        .map(|packet| packet.at);
    for at in times.chain([world.now]) {
        longest = longest.max(at.saturating_duration_since(last));
        last = at;
    }
    longest
}

#[test]
fn a_tile_gets_the_encoding_that_fits_it() {
    let (mut world, alice, others) = watched(20, Conditions::PERFECT, 1);
    let bob = others[0];
    let came = world.now;
    world.intend_at(alice, &[(bob, Camera, 720)]);
    world.run(SECOND);
    // The first that comes is shown, and the one that fits as soon as it comes.
    assert!(longest_gap(&world, alice, bob, came) < SWITCH);
    assert!(
        pictures(&world, alice, bob, came + SWITCH)
            .iter()
            .all(|packet| packet.label.layer == 2)
    );
    for (height, layer) in [(180, 0), (450, 1), (1080, 2), (90, 0)] {
        world.intend_at(alice, &[(bob, Camera, height)]);
        let asked = world.now;
        world.run(SECOND);
        let after = pictures(&world, alice, bob, asked + SWITCH);
        assert!(!after.is_empty(), "at {height}");
        assert!(
            after.iter().all(|packet| packet.label.layer == layer),
            "at {height}"
        );
        assert!(
            longest_gap(&world, alice, bob, asked) < Duration::from_millis(150),
            "at {height}"
        );
    }
    check(&world, 20);
    check_gapless(&world, 20);
}

#[test]
fn an_encoding_that_stops_is_replaced_and_comes_back() {
    let (mut world, alice, others) = watched(21, Conditions::PERFECT, 1);
    let bob = others[0];
    world.intend_at(alice, &[(bob, Camera, 720)]);
    world.run(SECOND);
    assert_eq!(shown(&world, alice, bob, world.now - SWITCH), Some(2));
    let stopped = world.now;
    world.clients[bob].stopped = vec![2];
    world.run(SECOND * 2);
    assert_eq!(shown(&world, alice, bob, world.now - SWITCH), Some(1));
    assert!(longest_gap(&world, alice, bob, stopped) < SECOND);
    world.clients[bob].stopped.clear();
    world.run(SECOND * 2);
    assert_eq!(shown(&world, alice, bob, world.now - SWITCH), Some(2));
    check(&world, 21);
    check_gapless(&world, 21);
}

#[test]
fn a_way_that_narrows_and_widens_is_followed_without_a_freeze() {
    let wide = Conditions {
        rate: Some(3_000_000),
        ..Conditions::PERFECT
    };
    let (mut world, alice, others) = watched(22, wide, 1);
    let bob = others[0];
    world.intend_at(alice, &[(bob, Camera, 720)]);
    world.run(SECOND * 8);
    assert_eq!(shown(&world, alice, bob, world.now - SWITCH), Some(2), "wide");

    world.network.conditions.rate = Some(750_000);
    let narrowed = world.now;
    world.run(SECOND * 3);
    assert_eq!(shown(&world, alice, bob, world.now - SWITCH), Some(0), "narrow");
    world.run(SECOND * 5);
    assert_eq!(
        shown(&world, alice, bob, world.now - SWITCH),
        Some(0),
        "narrow for a while"
    );
    assert!(longest_gap(&world, alice, bob, narrowed) < SECOND);

    world.network.conditions.rate = Some(3_000_000);
    let widened = world.now;
    world.run(SECOND * 5);
    assert_eq!(
        shown(&world, alice, bob, world.now - SWITCH),
        Some(2),
        "wide again"
    );
    assert!(longest_gap(&world, alice, bob, widened) < SECOND);
    check(&world, 22);
}

#[test]
fn everybody_is_seen_before_anybody_is_seen_well() {
    let conditions = Conditions {
        rate: Some(1_900_000),
        ..Conditions::PERFECT
    };
    let (mut world, alice, others) = watched(23, conditions, 3);
    let wishes: Vec<_> = others.iter().map(|other| (*other, Camera, 720)).collect();
    world.intend_at(alice, &wishes);
    world.run(SECOND * 10);
    let since = world.now - SECOND;
    for other in &others {
        assert!(pictures(&world, alice, *other, since).len() > 30, "{other}");
    }
    assert!(shown(&world, alice, others[2], since) < Some(2));
    check(&world, 23);
}

#[test]
fn pictures_pause_before_a_word_is_lost() {
    let conditions = Conditions {
        rate: Some(220_000),
        ..Conditions::PERFECT
    };
    let (mut world, alice, others) = watched(24, conditions, 2);
    let wishes: Vec<_> = others.iter().map(|other| (*other, Camera, 720)).collect();
    world.intend_at(alice, &wishes);
    // What was sent before the estimate was there has come through by then.
    world.run(SECOND * 10);
    let since = world.now;
    world.run(SECOND * 5);
    let heard = world.clients[alice].received.iter();
    let heard = heard
        .filter(|p| p.at >= since && p.label.kind == Microphone)
        .count();
    // Two voices, fifty packets a second each.
    assert!(heard >= 490, "{heard} of 500");
    assert!(
        others
            .iter()
            .all(|other| pictures(&world, alice, *other, since).is_empty())
    );
    // With room again they come back by themselves.
    world.network.conditions.rate = None;
    world.run(SECOND * 8);
    assert!(
        others
            .iter()
            .all(|other| !pictures(&world, alice, *other, world.now - SECOND).is_empty())
    );
    check(&world, 24);
}

#[test]
fn a_client_is_told_how_large_the_others_show_it() {
    let (mut world, alice, others) = watched(25, Conditions::PERFECT, 2);
    let [bob, carol] = others[..] else { unreachable!() };
    let told = |world: &World| world.clients[bob].watched.iter().map(|track| track.height).max();
    world.intend_at(alice, &[(bob, Camera, 720), (carol, Camera, 180)]);
    world.run(SECOND * 6);
    assert_eq!(
        told(&world),
        Some(720),
        "after a while, where it is smaller than was thought"
    );
    world.intend_at(alice, &[(bob, Camera, 180)]);
    world.run(SECOND * 4);
    assert_eq!(told(&world), Some(720), "not at once, where it is smaller");
    world.run(SECOND * 2);
    assert_eq!(told(&world), Some(180));
    world.intend_at(alice, &[(carol, Camera, 180)]);
    world.run(SECOND * 6);
    assert_eq!(told(&world), Some(0), "nobody shows it");
    // What stopped is seen again when it is sent again.
    world.clients[bob].stopped = vec![0, 1, 2];
    world.run(SECOND);
    world.intend_at(alice, &[(bob, Camera, 360)]);
    assert_eq!(told(&world), Some(360));
    world.clients[bob].stopped = vec![2];
    let started = world.now;
    world.run(SECOND);
    assert!(longest_gap(&world, alice, bob, started) < SWITCH);
    check(&world, 25);
}

#[test]
fn publishers_whose_layers_come_and_go_take_no_key_frames_from_the_others() {
    let (mut world, alice, others) = watched(26, Conditions::PERFECT, 4);
    let (bob, restless) = others.split_first().unwrap();
    let wishes: Vec<_> = others.iter().map(|other| (*other, Camera, 360)).collect();
    world.intend_at(alice, &wishes);
    world.run(SECOND);
    // Gone for just as long as it takes to be noticed, so that the choice changes as often as it can.
    for _ in 0..20 {
        for other in restless {
            world.clients[*other].stopped = vec![1];
        }
        world.run(Duration::from_millis(550));
        for other in restless {
            world.clients[*other].stopped.clear();
        }
        world.run(Duration::from_millis(150));
    }
    // Bob still gives his key frame at once.
    let wishes: Vec<_> = others
        .iter()
        .map(|other| (*other, Camera, if other == bob { 720 } else { 360 }))
        .collect();
    world.intend_at(alice, &wishes);
    let asked = world.now;
    world.run(SECOND);
    let after = pictures(&world, alice, *bob, asked + SWITCH);
    assert!(!after.is_empty() && after.iter().all(|packet| packet.label.layer == 2));
    check(&world, 26);
}

#[test]
fn a_client_is_told_what_everybody_can_be_sent() {
    let (mut world, alice, others) = watched(34, Conditions::PERFECT, 2);
    let [bob, carol] = others[..] else { unreachable!() };
    world.intend_at(alice, &[(bob, Camera, 180), (carol, Camera, 180)]);
    let told = |world: &World| {
        others
            .iter()
            .map(|other| world.clients[*other].watched[0].most)
            .max()
            .flatten()
    };
    world.run(SECOND * 6);
    assert_eq!(told(&world), None, "there is room");
    world.network.conditions.rate = Some(400_000);
    world.run(SECOND * 3);
    let most = told(&world).expect("not both fit");
    assert!((60..170).contains(&most), "{most}");
    world.network.conditions.rate = None;
    world.run(SECOND * 20);
    assert_eq!(told(&world), None, "there is room again");
    check(&world, 34);
}

/// Of the pictures that were sent from then on, the share that came whole.
fn share_whole(world: &World, me: usize, from: usize, since: Instant) -> f64 {
    let mut parts: BTreeMap<(u32, u8), BTreeSet<(u8, bool)>> = BTreeMap::new();
    for packet in pictures(world, me, from, since) {
        let label = &packet.label;
        let picture = parts.entry((label.frame, label.layer)).or_default();
        picture.insert((label.part, label.key));
    }
    let whole = parts.iter().filter(|((frame, layer), parts)| {
        let key = parts.iter().any(|(_, key)| *key);
        parts.len() >= sender::parts(*frame, *layer, key)
    });
    let sent = world.now.saturating_duration_since(since).as_secs_f64() / FRAME.as_secs_f64();
    f64::from(u32::try_from(whole.count()).unwrap()) / sent
}

#[test]
fn pictures_get_through_where_much_is_lost() {
    for (loss, least) in [(100, 0.95), (300, 0.75)] {
        let conditions = Conditions {
            delay: Duration::from_millis(25),
            ..Conditions::PERFECT
        };
        let (mut world, alice, others) = watched(33, conditions, 2);
        world.intend_at(alice, &[(others[0], Camera, 360), (others[1], Camera, 360)]);
        world.run(SECOND * 4);
        world.network.conditions.loss = loss;
        world.run(SECOND * 2);
        let since = world.now;
        world.run(SECOND * 8);
        for other in others {
            let share = share_whole(&world, alice, other, since);
            assert!(share > least, "of {loss} per thousand lost, {share} comes whole");
        }
        check(&world, 33);
    }
}

#[test]
fn pictures_are_seen_beside_repeated_sound_where_much_is_lost() {
    let conditions = Conditions {
        delay: Duration::from_millis(25),
        ..Conditions::PERFECT
    };
    let mut world = World::new(35, conditions);
    // As small as browsers make them on such a way: about 70 kbit/s.
    world.published.picture_len = 180;
    let people = [1, 2, 3].map(|number| world.join(1, number, Chromium, 3, 2));
    for me in people {
        let others = people.iter().filter(|other| **other != me);
        let wishes: Vec<_> = others.map(|other| (*other, Camera, 180)).collect();
        world.intend_at(me, &wishes);
        world.clients[me].repeats = 4;
    }
    world.connect();
    world.run(SECOND * 4);
    world.network.conditions.loss = 300;
    let since = world.now;
    world.run(SECOND * 8);
    for other in &people[1..] {
        let share = share_whole(&world, people[0], *other, since);
        assert!(share > 0.75, "{share} comes whole");
    }
    check(&world, 35);
}

#[test]
fn pictures_that_did_not_fit_at_the_beginning_come_as_soon_as_the_way_is_known() {
    let conditions = Conditions {
        delay: Duration::from_millis(25),
        ..Conditions::PERFECT
    };
    let mut world = World::new(36, conditions);
    let alice = world.join(1, 1, Chromium, 3, 5);
    let others = [2, 3, 4, 5, 6].map(|number| world.join_with_layers(1, number, Chromium, 1, 0, 3));
    let wishes: Vec<_> = others.iter().map(|other| (*other, Camera, 360)).collect();
    let began = world.now;
    world.intend_at(alice, &wishes);
    for other in others {
        world.intend(other, &[]);
    }
    world.connect();
    world.run(SECOND * 5);
    for other in others {
        let first = pictures(&world, alice, other, began)[0].at;
        let gap = longest_gap(&world, alice, other, first);
        assert!(gap < SECOND * 4 / 5, "nothing of {other} for {gap:?}");
    }
    check(&world, 36);
}
