//! Rules of a call that need no packets.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use protocol::{ParticipantId, socket::TrackKind};

use super::{
    allocate::{LayerOffer, Want, allocate},
    assign::{assign_audio, assign_video},
    participant::Budget,
    rewrite::{Numbers, Rewriter},
    slot::Choice,
    track::{KeyFrameAsk, TrackId},
    turns::{Turns, share},
    voice::SpeakerMark,
};
use crate::limits::{KEY_FRAME_BUDGET, KEY_FRAME_INTERVAL, KEY_FRAME_REFILL, SPEAKER_QUIET, VOICE_TURN};

#[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
fn start() -> Instant {
    Instant::now()
}

fn person(n: u8) -> ParticipantId {
    ParticipantId::from_random([n; 16])
}

fn track(n: u8) -> TrackId {
    TrackId {
        participant: person(n),
        kind: TrackKind::Camera,
    }
}

fn tracks() -> impl Strategy<Value = Vec<Option<TrackId>>> {
    // Different tracks, in any slots.
    proptest::collection::vec(proptest::option::of(0u8..12), 0..6).prop_map(|slots| {
        let mut seen = Vec::new();
        slots
            .into_iter()
            .map(|slot| {
                slot.filter(|n| {
                    !seen.contains(n) && {
                        seen.push(*n);
                        true
                    }
                })
                .map(track)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_first_wishes_sit_and_who_stays_keeps_the_slot(
        before in tracks(),
        wishes in proptest::collection::vec(0u8..12, 0..10),
    ) {
        let wishes: Vec<_> = wishes.into_iter().map(track).collect();
        let mut distinct: Vec<TrackId> = Vec::new();
        for wish in &wishes {
            if !distinct.contains(wish) {
                distinct.push(*wish);
            }
        }
        let mut slots = before.clone();
        assign_video(&mut slots, &wishes);
        distinct.truncate(slots.len());
        for wish in &distinct {
            prop_assert_eq!(slots.iter().filter(|slot| **slot == Some(*wish)).count(), 1);
        }
        prop_assert_eq!(slots.iter().flatten().count(), distinct.len());
        for (old, new) in before.iter().zip(&slots) {
            if old.is_some_and(|old| distinct.contains(&old)) {
                prop_assert_eq!(old, new);
            }
        }
    }

    #[test]
    fn with_slots_enough_everyone_is_heard_and_stays(
        before in tracks(),
        levels in proptest::collection::vec(proptest::option::of(0f32..127.0), 0..6),
    ) {
        let voices: Vec<_> = levels.iter().enumerate().map(|(n, l)| (track(u8::try_from(n).unwrap()), *l)).collect();
        let mut slots = before.clone();
        slots.resize(6, None);
        let before = slots.clone();
        assign_audio(&mut slots, &voices, 0);
        for (voice, _) in &voices {
            prop_assert_eq!(slots.iter().filter(|slot| **slot == Some(*voice)).count(), 1);
        }
        for (old, new) in before.iter().zip(&slots) {
            if old.is_some_and(|old| voices.iter().any(|(voice, _)| *voice == old)) {
                prop_assert_eq!(old, new);
            }
        }
    }

    #[test]
    fn numbers_go_on_over_any_switches(
        pieces in proptest::collection::vec((any::<u32>(), any::<u32>(), any::<u16>(), any::<u8>(), 1u64..40), 1..8),
    ) {
        let mut now = start();
        let mut rewriter = Rewriter::new(90_000);
        let mut last: Option<Numbers> = None;
        for (source, (seq, time, picture, tl0, packets)) in (1u32..).zip(pieces) {
            for n in 0..packets {
                let numbers = Numbers {
                    seq: u64::from(seq) + n,
                    time: time.wrapping_add(u32::try_from(n).unwrap() * 3000),
                    picture: Some(picture.wrapping_add(u16::try_from(n).unwrap()) & 0x7fff),
                    tl0: Some(tl0.wrapping_add(u8::try_from(n).unwrap())),
                };
                if n == 0 {
                    rewriter.start(now, source.into(), numbers);
                }
                let out = rewriter.rewrite(now, numbers).unwrap();
                if let Some(last) = last {
                    prop_assert_eq!(out.seq, last.seq + 1);
                    prop_assert!(out.time.wrapping_sub(last.time) <= 3_100);
                    prop_assert_eq!(out.picture, last.picture.map(|id| (id + 1) & 0x7fff));
                    prop_assert_eq!(out.tl0, last.tl0.map(|id| id.wrapping_add(1)));
                } else {
                    prop_assert!(out.seq < 1 << 16);
                }
                last = Some(out);
                now += Duration::from_micros(33_333);
            }
        }
    }
}

proptest! {
    /// A publisher numbers its packets as it likes; a number that goes out twice would be a nonce used twice.
    #[test]
    fn no_number_goes_out_twice_and_none_jumps(
        steps in proptest::collection::vec(
            (
                prop_oneof![Just(None), (1u32..4).prop_map(Some)],
                prop_oneof![any::<u64>(), 0u64..3_000, Just(u64::MAX), 65_000u64..70_000],
            ),
            1..200,
        ),
    ) {
        let now = start();
        let mut rewriter = Rewriter::new(90_000);
        let mut seen = std::collections::HashSet::new();
        let mut newest = 0;
        for (begins, seq) in steps {
            let numbers = Numbers { seq, time: 0, picture: None, tl0: None };
            if let Some(source) = begins {
                rewriter.start(now, source.into(), numbers);
            }
            if let Some(out) = rewriter.rewrite(now, numbers) {
                prop_assert!(seen.insert(out.seq), "{} twice", out.seq);
                prop_assert!(out.seq <= newest + 100, "{} after {newest}", out.seq);
                newest = newest.max(out.seq);
            }
        }
    }
}

#[test]
fn a_packet_from_before_the_piece_is_not_passed_on() {
    let mut rewriter = Rewriter::new(48_000);
    let numbers = |seq| Numbers {
        seq,
        time: 0,
        picture: None,
        tl0: None,
    };
    rewriter.start(start(), 7.into(), numbers(100));
    assert_eq!(rewriter.rewrite(start(), numbers(99)), None);
    assert!(rewriter.rewrite(start(), numbers(100)).is_some());
    rewriter.stop();
    assert_eq!(rewriter.rewrite(start(), numbers(101)), None);
}

#[test]
fn a_slot_is_lost_only_to_a_clearly_louder_voice_that_speaks() {
    let judge = |quiet: f32, loud: f32| {
        let mut slots = [Some(track(1))];
        let voices = [(track(1), Some(quiet)), (track(2), Some(loud))];
        assign_audio(&mut slots, &voices, 0);
        slots[0]
    };
    assert_eq!(judge(80.0, 84.0), Some(track(1)));
    assert_eq!(judge(80.0, 90.0), Some(track(2)));
    assert_eq!(judge(20.0, 50.0), Some(track(1)));
}

#[test]
fn voices_that_do_not_say_how_loud_they_are_have_the_slots_in_turn() {
    let voices: Vec<_> = (0..7).map(|n| (track(n), None)).collect();
    let start = start();
    let mut turns = Turns::new(start);
    let mut slots = [None; 3];
    let mut heard: Vec<Vec<TrackId>> = Vec::new();
    for turn in 0..14 {
        let before = slots;
        let number = turns.at(start + VOICE_TURN * turn);
        assert_eq!(number, usize::try_from(turn).unwrap());
        assign_audio(&mut slots, &voices, number);
        let kept = before.iter().zip(&slots).filter(|(old, new)| old == new).count();
        assert!(turn == 0 || kept == 2, "one goes, one comes");
        heard.push(slots.iter().flatten().copied().collect());
    }
    for (voice, _) in &voices {
        let turns: Vec<usize> = (0..14).filter(|turn| heard[*turn].contains(voice)).collect();
        assert_eq!(turns.len(), 6, "all alike");
        let pauses = turns.windows(2).filter(|pair| pair[0] + 1 != pair[1]).count();
        assert!(pauses <= 2, "in a row: {turns:?}");
    }
    // Where nobody looked for a while, none is made up for.
    assert_eq!(turns.at(start + VOICE_TURN * 100), 14);
    assert_eq!(turns.at(start + VOICE_TURN * 101), 15);
}

#[test]
fn who_says_how_loud_it_is_and_who_does_not_keep_each_other_from_no_slot() {
    assert_eq!((share(3, 0, 9), share(3, 9, 0)), (0, 3));
    assert_eq!((share(3, 1, 9), share(3, 9, 1)), (1, 2));
    assert_eq!((share(5, 6, 6), share(1, 6, 7), share(1, 7, 6)), (3, 0, 1));
    assert_eq!((share(5, 1, 5), share(5, 5, 1)), (1, 4));
    let mut slots = [None; 3];
    let loud = (0..5).map(|n| (track(n), Some(120.0)));
    let voices: Vec<_> = loud.chain([(track(9), None)]).collect();
    assign_audio(&mut slots, &voices, 0);
    assert!(slots.contains(&Some(track(9))) && slots.iter().flatten().count() == 3);
    // One of the loudest gives its slot back when more come who take turns.
    let voices: Vec<_> = voices
        .into_iter()
        .chain((10..20).map(|n| (track(n), None)))
        .collect();
    assign_audio(&mut slots, &voices, 0);
    let untold = |voice: &&TrackId| voices.contains(&(**voice, None));
    let in_turn = slots.iter().flatten().filter(untold).count();
    assert_eq!((in_turn, slots.iter().flatten().count()), (2, 3));
}

#[test]
fn the_speaker_changes_to_the_louder_and_ends_in_quiet() {
    let now = start();
    let mut mark = SpeakerMark::default();
    let mut judge = |at: u64, a: f32, b: f32| {
        let now = now + Duration::from_millis(at);
        mark.judge(now, [(person(1), a), (person(2), b)].into_iter())
    };
    assert_eq!(judge(0, 10.0, 20.0), None);
    assert_eq!(judge(100, 90.0, 20.0), Some(Some(person(1))));
    assert_eq!(judge(200, 90.0, 120.0), None, "held for a moment");
    assert_eq!(judge(900, 90.0, 120.0), Some(Some(person(2))));
    assert_eq!(judge(1_800, 10.0, 10.0), None, "a pause between words");
    assert_eq!(
        judge(
            1_900 + u64::try_from(SPEAKER_QUIET.as_millis()).unwrap(),
            10.0,
            10.0
        ),
        Some(None)
    );
}

#[test]
fn a_speaker_who_left_loses_the_mark_at_once() {
    let mut mark = SpeakerMark::default();
    assert_eq!(
        mark.judge(start(), std::iter::once((person(1), 100.0))),
        Some(Some(person(1)))
    );
    assert_eq!(
        mark.judge(start(), std::iter::once((person(2), 10.0))),
        Some(None)
    );
}

#[test]
fn key_frame_requests_are_throttled_and_budgeted() {
    let now = start();
    let mut ask = KeyFrameAsk::default();
    assert!(!ask.is_due(now));
    ask.want();
    assert!(ask.is_due(now));
    ask.asked(now);
    ask.want();
    assert!(!ask.is_due(now));
    assert!(ask.is_due(now + KEY_FRAME_INTERVAL));

    let mut budget = Budget::default();
    let taken = (0..100).filter(|_| budget.take(now)).count();
    assert_eq!(taken, usize::try_from(KEY_FRAME_BUDGET).unwrap());
    assert!(budget.take(now + KEY_FRAME_REFILL));
    assert!(!budget.take(now + KEY_FRAME_REFILL));
}

/// Encodings of a track as browsers send them: each larger one costs more.
fn layers() -> impl Strategy<Value = Vec<LayerOffer>> {
    proptest::collection::vec(1u64..900_000, 0..=3).prop_map(|steps| {
        let mut rate = 0;
        (0u16..)
            .zip(steps)
            .map(|(n, step)| {
                rate += step;
                LayerOffer {
                    id: Some(["q", "h", "f"][usize::from(n)].into()),
                    height: 180 << n,
                    rate,
                }
            })
            .collect()
    })
}

fn rate_of(offers: &[LayerOffer], choice: Choice) -> u64 {
    let offer = offers.iter().find(|offer| choice == Choice::Layer(offer.id));
    offer.map_or(0, |offer| offer.rate)
}

proptest! {
    #[test]
    fn an_allocation_keeps_to_the_budget_and_stays_as_it_is(
        tracks in proptest::collection::vec((layers(), 90u16..1100), 0..8),
        budget in 0u64..6_000_000,
    ) {
        let wants = |held: &[Choice]| -> Vec<Want<'_>> {
            tracks
                .iter()
                .zip(held)
                .map(|((offers, height), held)| Want { height: *height, offers, held: *held })
                .collect()
        };
        let fresh = vec![Choice::Any; tracks.len()];
        let first = allocate(Some(budget), true, &wants(&fresh));
        let total: u64 = tracks.iter().zip(&first.choices).map(|((offers, _), c)| rate_of(offers, *c)).sum();
        prop_assert_eq!(total, first.total);
        prop_assert!(total <= budget);
        prop_assert!(!first.fell);
        // Who is not seen could not have been, after those before him with their least.
        let mut before = 0;
        for ((offers, _), choice) in tracks.iter().zip(&first.choices) {
            let least = offers.first().map_or(0, |offer| offer.rate);
            match choice {
                Choice::Paused => prop_assert!(before + least > budget),
                Choice::Layer(_) => before += least,
                Choice::Any => prop_assert!(offers.is_empty()),
            }
        }
        // With what it gave as what is held, it gives the same.
        for may_rise in [true, false] {
            let again = allocate(Some(budget), may_rise, &wants(&first.choices));
            prop_assert_eq!(&again.choices, &first.choices);
            prop_assert!(!again.fell);
        }
        // With room for everything, everybody has what the tile can show.
        let all = allocate(None, true, &wants(&first.choices));
        prop_assert!(all.total <= all.desired);
        let none = allocate(Some(0), true, &wants(&all.choices));
        prop_assert_eq!(none.total, 0);
        prop_assert_eq!(none.fell, all.total > 0);
    }
}

#[test]
fn a_rise_needs_headroom_and_a_fall_does_not_wait() {
    let offers = [("q", 180, 100_000), ("h", 360, 400_000)].map(|(id, height, rate)| LayerOffer {
        id: Some(id.into()),
        height,
        rate,
    });
    let choose = |budget: u64, may_rise: bool, held: &str| {
        let held = Choice::Layer(Some(held.into()));
        let wants = [Want {
            height: 360,
            offers: &offers,
            held,
        }];
        allocate(Some(budget), may_rise, &wants).choices[0]
    };
    let small = Choice::Layer(Some("q".into()));
    let large = Choice::Layer(Some("h".into()));
    assert_eq!(choose(410_000, true, "q"), small, "no headroom");
    assert_eq!(choose(410_000, true, "h"), large, "held");
    assert_eq!(choose(460_000, true, "q"), large);
    assert_eq!(choose(460_000, false, "q"), small, "just fell");
    assert_eq!(choose(390_000, false, "h"), small);
    // What is smallest and seen stays while an estimate sways.
    assert_eq!(choose(80_000, true, "q"), small);
    assert_eq!(choose(70_000, true, "q"), Choice::Paused);
}
