//! Stories of offers: more slots, another network, a page that is loaded anew, and what does not fit.

use protocol::{
    ParticipantId,
    limits::MAX_CONSTANT_AUDIO_SLOTS,
    sfu::{FromSfu, OfferRefused, Place},
    socket::{
        Side,
        TrackKind::{Camera, Microphone, Screen},
    },
};

use str0m::media::Mid;

use crate::{
    checks::{check, check_gapless},
    client::Browser::{Chromium, Firefox},
    network::Conditions,
    scenarios::{SECOND, count, three},
    world::{World, call_id},
};

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
    world.subscribe_anew(alice, sdp);
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
    let sdp = world.clients[alice].offer_ice_restart(Side::Subscribe);
    world.subscribe_anew(alice, sdp);
    world.run(SECOND * 2);
    assert!(count(&world, alice, bob, Camera) > 120);
    check(&world, 13);
    check_gapless(&world, 13);
    let broke = |said: &FromSfu| matches!(said, FromSfu::Connection { connected: false, .. });
    assert!(!world.said.iter().any(broke));
}

#[test]
fn a_slot_that_stopped_goes_on_with_its_numbers() {
    let mut world = World::new(14, Conditions::PERFECT);
    let alice = world.join(1, 1, Chromium, 1, 1);
    let bob = world.join(1, 2, Chromium, 1, 1);
    world.connect();
    world.intend(alice, &[(bob, Camera)]);
    world.run(SECOND);
    let slot = world.clients[alice]
        .bindings
        .iter()
        .find(|slot| slot.kind == Camera)
        .unwrap();
    let mid = Mid::from(slot.mid.as_str());
    for receives in [false, true] {
        let sdp = world.clients[alice].offer_direction(mid, receives);
        world.subscribe_anew(alice, sdp);
        let before = count(&world, alice, bob, Camera);
        world.run(SECOND);
        assert_eq!(count(&world, alice, bob, Camera) > before + 20, receives);
    }
    // A number that came twice would have been refused as a replay.
    check(&world, 14);
    let seqs = world.clients[alice]
        .received
        .iter()
        .filter(|p| p.mid == mid)
        .map(|p| (p.ssrc, p.seq));
    assert!(seqs.is_sorted_by(|a, b| a.0 == b.0 && a.1 < b.1));
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
    let many: String = (0..=MAX_CONSTANT_AUDIO_SLOTS)
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
