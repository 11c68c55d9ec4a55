//! What holds for every frame and every history.

use std::collections::BTreeSet;

use proptest::prelude::*;
use protocol::{Millis, socket::TrackKind};

use super::super::*;
use super::stories::{ALICE, BOB, CAROL, epoch, expect, member};
use crate::api::MediaUpdate;

const NOW: Millis = Millis(0);

fn kinds() -> impl Strategy<Value = TrackKind> {
    prop_oneof![
        Just(TrackKind::Microphone),
        Just(TrackKind::Camera),
        Just(TrackKind::Screen)
    ]
}

/// A plain frame whose first byte tells what VP8 tells there.
fn frames() -> impl Strategy<Value = (Codec, bool, Vec<u8>)> {
    let codecs = prop_oneof![Just(Codec::Opus), Just(Codec::Vp8), Just(Codec::Vp9)];
    (codecs, any::<bool>(), prop::collection::vec(any::<u8>(), 10..300)).prop_map(
        |(codec, key, mut frame)| {
            frame[0] = (frame[0] & !1) | u8::from(!key);
            (codec, key, frame)
        },
    )
}

proptest! {
    #[test]
    fn what_was_sealed_opens_to_the_same((codec, key, frame) in frames(), kind in kinds()) {
        let (mut alice, mut bob) = (member(ALICE), member(BOB));
        bob.apply(NOW, &expect(&[("s", ALICE, kind)])).unwrap();
        let id = alice.attach(kind).unwrap();
        let sealed = alice.seal(NOW, id, codec, key, &frame).unwrap();
        prop_assert_eq!(bob.open(NOW, "s", codec, &sealed).unwrap().frame, frame);
    }

    #[test]
    fn a_frame_with_any_bit_flipped_does_not_open((codec, key, frame) in frames(), bit in any::<prop::sample::Index>()) {
        let (mut alice, mut bob) = (member(ALICE), member(BOB));
        let id = alice.attach(TrackKind::Camera).unwrap();
        let mut sealed = alice.seal(NOW, id, codec, key, &frame).unwrap();
        let bit = bit.index(sealed.len() * 8);
        sealed[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(bob.open(NOW, "v", codec, &sealed).is_err());
    }

    #[test]
    fn a_frame_cut_or_lengthened_does_not_open((codec, key, frame) in frames(), len in any::<prop::sample::Index>()) {
        let (mut alice, mut bob) = (member(ALICE), member(BOB));
        let id = alice.attach(TrackKind::Camera).unwrap();
        let mut sealed = alice.seal(NOW, id, codec, key, &frame).unwrap();
        let cut = len.index(sealed.len());
        prop_assert!(bob.open(NOW, "v", codec, &sealed[..cut]).is_err());
        sealed.push(0);
        prop_assert!(bob.open(NOW, "v", codec, &sealed).is_err());
    }

    /// The slot is made to fit, so that only the key can tell.
    #[test]
    fn a_frame_under_the_name_of_another_does_not_open(frame in prop::collection::vec(any::<u8>(), 1..99), kind in kinds()) {
        let (mut alice, mut bob) = (member(ALICE), member(BOB));
        let id = alice.attach(kind).unwrap();
        let sealed = alice.seal(NOW, id, Codec::Opus, false, &frame).unwrap();
        let (header, len) = Header::parse(&sealed).unwrap();
        let kid = KeyId::from_kid(header.kid).unwrap();
        for (leaf, other, epoch) in [
            (CAROL, kid.kind, 1),
            (ALICE, if kid.kind == TrackKind::Camera { TrackKind::Screen } else { TrackKind::Camera }, 1),
            (ALICE, kid.kind, 2),
        ] {
            bob.apply(NOW, &self::epoch(BOB, 1 + epoch, &[ALICE, BOB, CAROL], 10_000)).ok();
            bob.apply(NOW, &expect(&[("s", leaf, other)])).unwrap();
            let named = KeyId::new(protocol::Epoch(epoch), protocol::LeafIndex(leaf), other, kid.instance).unwrap();
            let head = Header { kid: named.to_kid(), ctr: header.ctr }.encode();
            let renamed = [head.as_ref(), &sealed[len..]].concat();
            prop_assert_eq!(bob.open(NOW, "s", Codec::Opus, &renamed), Err(OpenError::NotAuthentic(OpenFailed)));
        }
    }

    #[test]
    fn bytes_that_nobody_sealed_never_open(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        fuzz::open_frame(&bytes);
    }
}

/// A step in the life of a sender.
#[derive(Clone, Debug)]
enum Step {
    Attach(TrackKind),
    Detach(usize),
    Seal(usize),
    NewEpoch { gap: u64, send: bool },
    SendWith(u64),
    NewGeneration,
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => kinds().prop_map(Step::Attach),
        2 => (0usize..8).prop_map(Step::Detach),
        8 => (0usize..8).prop_map(Step::Seal),
        2 => (1u64..300, any::<bool>()).prop_map(|(gap, send)| Step::NewEpoch { gap, send }),
        1 => (0u64..600).prop_map(Step::SendWith),
        1 => Just(Step::NewGeneration),
        1 => (0u64..20_000).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..120)
}

proptest! {
    /// A key is told apart by the (generation, epoch) whose secret it comes from and its key id.
    #[test]
    fn no_nonce_is_used_twice_in_any_history(steps in steps()) {
        let mut alice = MediaEngine::new();
        let (mut generation, mut newest, mut now) = (1, 0, NOW);
        let mut sending = None;
        let mut attached = Vec::new();
        let mut used = BTreeSet::new();
        for step in steps {
            match step {
                Step::Attach(kind) => attached.extend(alice.attach(kind).ok()),
                Step::Detach(n) if n < attached.len() => alice.detach(attached.remove(n)),
                Step::Detach(_) => {}
                Step::Seal(n) => {
                    let Some(id) = attached.get(n) else { continue };
                    let Ok(frame) = alice.seal(now, *id, Codec::Opus, false, b"hello") else { continue };
                    let (header, _) = Header::parse(&frame).unwrap();
                    let epoch = sending.expect("sealed without being told to");
                    prop_assert!(used.insert((generation, epoch, header.kid, header.ctr)), "{header:?}");
                }
                Step::NewEpoch { gap, send } => {
                    newest += gap;
                    let mut update = epoch(ALICE, newest, &[ALICE, BOB], 10_000);
                    if let MediaUpdate::Epoch { generation: of, .. } = &mut update {
                        *of = generation;
                    }
                    alice.apply(now, &update).unwrap();
                    if send {
                        alice.apply(now, &MediaUpdate::SendWith { epoch: newest }).unwrap();
                        sending = Some(newest);
                    }
                }
                Step::SendWith(to) => {
                    if alice.apply(now, &MediaUpdate::SendWith { epoch: to }).is_ok() {
                        prop_assert!(sending <= Some(to));
                        sending = Some(to);
                    }
                }
                Step::NewGeneration => {
                    generation += 1;
                    newest = 0;
                    sending = None;
                    let mut update = epoch(ALICE, 0, &[ALICE, BOB], 10_000);
                    if let MediaUpdate::Epoch { generation: of, .. } = &mut update {
                        *of = generation;
                    }
                    alice.apply(now, &update).unwrap();
                }
                Step::Wait(ms) => now = now.plus(ms),
            }
        }
    }
}
