//! Alice, bob and carol in a call.

use protocol::{CallId, Epoch, Generation, LeafIndex, Millis, socket::TrackKind};

use super::super::*;
use crate::api::{BaseKey, ExpectedSlot, MediaUpdate};

pub const ALICE: u32 = 0;
pub const BOB: u32 = 1;
pub const CAROL: u32 = 2;

const NOW: Millis = Millis(1_000_000);
const OPUS: &[u8] = b"a word of alice";

pub fn epoch(own_leaf: u32, epoch: u64, members: &[u32], retire_after_ms: u32) -> MediaUpdate {
    MediaUpdate::Epoch {
        call_id: CallId::from_random([1; 16]),
        generation: 1,
        epoch,
        own_leaf,
        members: members.to_vec(),
        base_key: BaseKey([epoch as u8 ^ 0x5a; 32]),
        retire_after_ms,
    }
}

pub fn expect(slots: &[(&str, u32, TrackKind)]) -> MediaUpdate {
    let slots = slots.iter().map(|(mid, leaf, kind)| ExpectedSlot {
        mid: (*mid).to_owned(),
        leaf: *leaf,
        kind: *kind,
    });
    MediaUpdate::Expect {
        slots: slots.collect(),
    }
}

/// In epoch 1 with all three; slot "a" is for alice's microphone, "v" for her camera.
pub fn member(own_leaf: u32) -> MediaEngine {
    let mut engine = MediaEngine::new();
    engine
        .apply(NOW, &epoch(own_leaf, 1, &[ALICE, BOB, CAROL], 10_000))
        .unwrap();
    engine.apply(NOW, &MediaUpdate::SendWith { epoch: 1 }).unwrap();
    let slots = [
        ("a", ALICE, TrackKind::Microphone),
        ("v", ALICE, TrackKind::Camera),
    ];
    engine.apply(NOW, &expect(&slots)).unwrap();
    engine
}

fn say(alice: &mut MediaEngine, id: SealerId) -> Vec<u8> {
    alice.seal(NOW, id, Codec::Opus, false, OPUS).unwrap()
}

fn hear(listener: &mut MediaEngine, now: Millis, frame: &[u8]) -> Result<Opened, OpenError> {
    listener.open(now, "a", Codec::Opus, frame)
}

/// R52: the wire carries only what is sealed.
#[test]
fn bob_hears_alice_and_the_wire_does_not() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let frame = say(&mut alice, id);
    assert!(
        !frame
            .windows(4)
            .any(|part| OPUS.windows(4).any(|word| word == part))
    );
    let opened = hear(&mut bob, NOW, &frame).unwrap();
    let (leaf, kind) = (LeafIndex(ALICE), TrackKind::Microphone);
    assert_eq!(
        opened,
        Opened {
            leaf,
            kind,
            frame: OPUS.to_vec()
        }
    );
}

#[test]
fn nothing_is_sealed_without_a_key() {
    let mut alice = MediaEngine::new();
    let id = alice.attach(TrackKind::Microphone).unwrap();
    assert_eq!(
        alice.seal(NOW, id, Codec::Opus, false, OPUS),
        Err(SealError::NoKey)
    );
    alice.apply(NOW, &epoch(ALICE, 1, &[ALICE, BOB], 0)).unwrap();
    assert_eq!(
        alice.seal(NOW, id, Codec::Opus, false, OPUS),
        Err(SealError::NoKey),
        "not told to send yet"
    );
    alice.apply(NOW, &MediaUpdate::SendWith { epoch: 1 }).unwrap();
    assert!(alice.seal(NOW, id, Codec::Opus, false, OPUS).is_ok());
}

/// Carol left with epoch 2.
#[test]
fn who_left_opens_nothing_of_the_next_epoch() {
    let (mut alice, mut bob, mut carol) = (member(ALICE), member(BOB), member(CAROL));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    assert!(hear(&mut carol, NOW, &say(&mut alice, id)).is_ok());
    for (engine, leaf) in [(&mut alice, ALICE), (&mut bob, BOB)] {
        engine.apply(NOW, &epoch(leaf, 2, &[ALICE, BOB], 2_000)).unwrap();
        engine.apply(NOW, &MediaUpdate::SendWith { epoch: 2 }).unwrap();
    }
    let frame = say(&mut alice, id);
    assert_eq!(
        hear(&mut carol, NOW, &frame),
        Err(OpenError::UnknownEpoch { epoch: 2 })
    );
    assert!(hear(&mut bob, NOW, &frame).is_ok());
}

#[test]
fn who_left_is_not_heard_even_with_the_old_key() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let late = say(&mut alice, id);
    bob.apply(NOW, &epoch(BOB, 2, &[BOB, CAROL], 2_000)).unwrap();
    assert_eq!(
        hear(&mut bob, NOW, &late),
        Err(OpenError::NotMember {
            leaf: LeafIndex(ALICE)
        })
    );
    bob.apply(NOW, &epoch(BOB, 3, &[ALICE, BOB, CAROL], 2_000))
        .unwrap();
    assert_eq!(
        hear(&mut bob, NOW, &late),
        Err(OpenError::NotMember {
            leaf: LeafIndex(ALICE)
        }),
        "leaf taken again"
    );
}

#[test]
fn an_old_key_opens_until_it_retires() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let (first, second) = (say(&mut alice, id), say(&mut alice, id));
    bob.apply(NOW, &epoch(BOB, 2, &[ALICE, BOB, CAROL], 10_000))
        .unwrap();
    bob.apply(NOW.plus(1_000), &epoch(BOB, 3, &[ALICE, BOB, CAROL], 10_000))
        .unwrap();
    assert!(hear(&mut bob, NOW.plus(9_999), &first).is_ok());
    let late = hear(&mut bob, NOW.plus(10_000), &second);
    assert_eq!(
        late,
        Err(OpenError::UnknownEpoch { epoch: 1 }),
        "a later epoch does not lengthen its life"
    );
}

#[test]
fn a_frame_of_an_epoch_to_come_may_open_later() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    alice
        .apply(NOW, &epoch(ALICE, 2, &[ALICE, BOB, CAROL], 10_000))
        .unwrap();
    alice.apply(NOW, &MediaUpdate::SendWith { epoch: 2 }).unwrap();
    let frame = say(&mut alice, id);
    assert!(hear(&mut bob, NOW, &frame).unwrap_err().may_open_later());
    bob.apply(NOW, &epoch(BOB, 2, &[ALICE, BOB, CAROL], 10_000))
        .unwrap();
    assert!(hear(&mut bob, NOW, &frame).is_ok());
}

#[test]
fn a_frame_opens_once() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let frame = say(&mut alice, id);
    assert!(hear(&mut bob, NOW, &frame).is_ok());
    assert_eq!(hear(&mut bob, NOW, &frame), Err(OpenError::Replayed { ctr: 0 }));
}

#[test]
fn a_forged_frame_does_not_spend_the_counter() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    assert!(hear(&mut bob, NOW, &say(&mut alice, id)).is_ok());
    let frame = say(&mut alice, id);
    let mut forged = frame.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(
        hear(&mut bob, NOW, &forged),
        Err(OpenError::NotAuthentic(OpenFailed))
    );
    assert!(hear(&mut bob, NOW, &frame).is_ok());
}

#[test]
fn a_frame_in_the_wrong_slot_is_not_played() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let frame = say(&mut alice, id);
    let (leaf, kind) = (LeafIndex(ALICE), TrackKind::Microphone);
    let not_expected = Err(OpenError::NotExpected { leaf, kind });
    assert_eq!(
        bob.open(NOW, "v", Codec::Opus, &frame),
        not_expected,
        "a kind that the slot is not for"
    );
    bob.apply(NOW, &expect(&[("a", CAROL, TrackKind::Microphone)]))
        .unwrap();
    assert_eq!(hear(&mut bob, NOW, &frame), not_expected, "another person's slot");
    bob.apply(NOW, &expect(&[])).unwrap();
    assert_eq!(hear(&mut bob, NOW, &frame), not_expected, "an empty slot");
}

#[test]
fn own_frames_that_come_back_are_refused() {
    let mut alice = member(ALICE);
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let frame = say(&mut alice, id);
    assert_eq!(hear(&mut alice, NOW, &frame), Err(OpenError::OwnFrame));
}

#[test]
fn video_keeps_what_the_depacketizer_reads() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Camera).unwrap();
    let key: Vec<u8> = [&[0x10, 2, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1], &[7; 500][..]].concat();
    let delta: Vec<u8> = [&[0x11], &[9; 100][..]].concat();
    for (plain, is_key, clear) in [(&key, true, 10), (&delta, false, 1)] {
        let sealed = alice.seal(NOW, id, Codec::Vp8, is_key, plain).unwrap();
        assert_eq!(sealed[..clear], plain[..clear]);
        assert_ne!(sealed[clear..clear + 8], plain[clear..clear + 8]);
        assert_eq!(&bob.open(NOW, "v", Codec::Vp8, &sealed).unwrap().frame, plain);
    }
}

#[test]
fn a_changed_clear_prefix_is_noticed() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Camera).unwrap();
    let mut sealed = alice.seal(NOW, id, Codec::Vp8, true, &[0x10; 64]).unwrap();
    sealed[6] ^= 1;
    let opened = bob.open(NOW, "v", Codec::Vp8, &sealed);
    assert_eq!(opened, Err(OpenError::NotAuthentic(OpenFailed)));
}

#[test]
fn a_new_generation_wipes_the_old_keys_at_once() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let late = say(&mut alice, id);
    let mut founded_anew = epoch(BOB, 0, &[ALICE, BOB], 10_000);
    if let MediaUpdate::Epoch { generation, .. } = &mut founded_anew {
        *generation = 2;
    }
    bob.apply(NOW, &founded_anew).unwrap();
    assert_eq!(
        hear(&mut bob, NOW, &late),
        Err(OpenError::UnknownEpoch { epoch: 1 })
    );
    let own = bob.attach(TrackKind::Microphone).unwrap();
    assert_eq!(
        bob.seal(NOW, own, Codec::Opus, false, OPUS),
        Err(SealError::NoKey)
    );
    let old = bob.apply(NOW, &epoch(BOB, 9, &[ALICE, BOB], 10_000));
    assert_eq!(
        old,
        Err(UpdateError::OldGeneration {
            generation: Generation(1),
            current: Generation(2)
        })
    );
}

/// A new call begins with generation 1 and its first epochs again, as after a restart of the server.
#[test]
fn another_call_begins_anew_and_wipes_the_keys_of_the_former() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let late = say(&mut alice, id);
    for (engine, leaf) in [(&mut alice, ALICE), (&mut bob, BOB)] {
        engine.apply(NOW, &epoch(leaf, 9, &[ALICE, BOB], 10_000)).unwrap();
        let mut next = epoch(leaf, 1, &[ALICE, BOB], 10_000);
        if let MediaUpdate::Epoch {
            call_id, base_key, ..
        } = &mut next
        {
            *call_id = CallId::from_random([2; 16]);
            *base_key = BaseKey([0x77; 32]);
        }
        engine.apply(NOW, &next).unwrap();
        assert!(engine.apply(NOW, &next).is_err(), "each epoch once");
    }
    assert!(alice.seal(NOW, id, Codec::Opus, false, OPUS).is_err());
    assert!(hear(&mut bob, NOW, &late).is_err());
    alice.apply(NOW, &MediaUpdate::SendWith { epoch: 1 }).unwrap();
    let frame = say(&mut alice, id);
    assert_eq!(hear(&mut bob, NOW, &frame).unwrap().frame, OPUS);
}

#[test]
fn an_epoch_is_taken_once_and_sending_never_goes_back() {
    let mut alice = member(ALICE);
    let again = alice.apply(NOW, &epoch(ALICE, 1, &[ALICE, BOB], 0));
    let (generation, old) = (Generation(1), Epoch(1));
    assert_eq!(
        again,
        Err(UpdateError::EpochNotNew {
            generation,
            epoch: old,
            newest: old
        })
    );
    alice.apply(NOW, &epoch(ALICE, 2, &[ALICE, BOB], 10_000)).unwrap();
    alice.apply(NOW, &MediaUpdate::SendWith { epoch: 2 }).unwrap();
    let back = alice.apply(NOW, &MediaUpdate::SendWith { epoch: 1 });
    assert_eq!(back, Err(UpdateError::CannotSendWith { epoch: Epoch(1) }));
}

#[test]
fn after_the_end_nothing_is_sealed_or_opened_until_a_later_epoch() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let frame = say(&mut alice, id);
    for (engine, leaf) in [(&mut alice, ALICE), (&mut bob, BOB)] {
        engine.apply(NOW, &MediaUpdate::End).unwrap();
        engine
            .apply(NOW, &expect(&[("a", ALICE, TrackKind::Microphone)]))
            .unwrap();
        let again = engine.apply(NOW, &epoch(leaf, 1, &[ALICE, BOB], 0));
        let refused = matches!(again, Err(UpdateError::EpochNotNew { .. }));
        assert!(refused, "its counters would start again: {again:?}");
    }
    assert!(alice.seal(NOW, id, Codec::Opus, false, OPUS).is_err());
    assert_eq!(
        hear(&mut bob, NOW, &frame),
        Err(OpenError::UnknownEpoch { epoch: 1 })
    );

    for (engine, leaf) in [(&mut alice, ALICE), (&mut bob, BOB)] {
        engine.apply(NOW, &epoch(leaf, 2, &[ALICE, BOB], 0)).unwrap();
        engine.apply(NOW, &MediaUpdate::SendWith { epoch: 2 }).unwrap();
    }
    let frame = say(&mut alice, id);
    assert!(hear(&mut bob, NOW, &frame).is_ok());
}

#[test]
fn instances_run_out_within_an_epoch_and_come_back_with_the_next() {
    let mut alice = member(ALICE);
    let kind = TrackKind::Camera;
    for _ in 0..limits::MAX_INSTANCES {
        let id = alice.attach(kind).unwrap();
        alice.detach(id);
    }
    assert_eq!(alice.attach(kind), Err(AttachError::InstancesExhausted { kind }));
    assert!(alice.attach(TrackKind::Screen).is_ok());
    alice.apply(NOW, &epoch(ALICE, 2, &[ALICE, BOB], 10_000)).unwrap();
    assert_eq!(
        alice.attach(kind),
        Err(AttachError::InstancesExhausted { kind }),
        "still sending with epoch 1"
    );
    alice.apply(NOW, &MediaUpdate::SendWith { epoch: 2 }).unwrap();
    assert!(alice.attach(kind).is_ok());
}

#[test]
fn frames_beyond_the_limit_are_refused() {
    let (mut alice, mut bob) = (member(ALICE), member(BOB));
    let id = alice.attach(TrackKind::Microphone).unwrap();
    let len = limits::MAX_FRAME_LEN + 1;
    let frame = vec![0; len];
    assert_eq!(
        alice.seal(NOW, id, Codec::Opus, false, &frame),
        Err(SealError::FrameTooLong { len })
    );
    assert_eq!(hear(&mut bob, NOW, &frame), Err(OpenError::FrameTooLong { len }));
}

#[test]
fn made_up_key_ids_take_no_memory() {
    use super::super::{key_ring::*, opener};
    let mut ring = KeyRing::default();
    let members = [LeafIndex(ALICE), LeafIndex(BOB)].into_iter().collect();
    let (generation, epoch, own_leaf) = (Generation(1), Epoch(1), LeafIndex(BOB));
    let base_key = [9; 32];
    ring.add(
        NOW,
        NewEpoch {
            call_id: CallId::from_random([1; 16]),
            generation,
            epoch,
            own_leaf,
            members,
            base_key: &base_key,
            retire_after_ms: 0,
        },
    )
    .unwrap();
    let mut expected = opener::ExpectedSlots::new();
    expected.insert("a".to_owned(), (LeafIndex(ALICE), TrackKind::Microphone));
    for instance in 0..=255 {
        let kid = KeyId::new(epoch, LeafIndex(ALICE), TrackKind::Microphone, instance)
            .unwrap()
            .to_kid();
        let frame = [Header { kid, ctr: 0 }.encode().as_ref(), &[0; 40]].concat();
        assert!(opener::open(&mut ring, &expected, "a", Codec::Opus, &frame).is_err());
    }
    assert!(ring.opening(1).unwrap().senders.is_empty());
}
