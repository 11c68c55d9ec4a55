//! Entry points for fuzz targets: bytes in, no panic out.

use protocol::{CallId, Millis, socket::TrackKind};

use super::{Codec, MediaEngine, OpenError};
use crate::api::{BaseKey, ExpectedSlot, MediaUpdate};

const SENDER: u32 = 1;
const RECEIVER: u32 = 2;

/// Opens `data` as a frame from the wire under known keys, and, with its first byte as a choice, a sealed frame
/// that `data` was changed into.
///
/// # Panics
/// Where the opener is wrong: it took bytes that nobody sealed, or refused or changed what was sealed.
#[expect(clippy::panic, reason = "a fuzz target tells by a panic")]
pub fn open_frame(data: &[u8]) {
    let Some((&choice, data)) = data.split_first() else {
        return;
    };
    let codec = if choice & 1 == 0 { Codec::Vp8 } else { Codec::Opus };
    let (mut sender, mut receiver) = (engine(SENDER), engine(RECEIVER));
    if receiver.open(Millis(0), "0", codec, data).is_ok() {
        panic!("a frame opened that nobody sealed");
    }

    let Ok(id) = sender.attach(TrackKind::Camera) else {
        return;
    };
    let key_frame = choice & 2 == 0;
    let mut plain = data.to_vec();
    if let (Codec::Vp8, Some(first)) = (codec, plain.first_mut()) {
        *first = (*first & !1) | u8::from(!key_frame);
    }
    let Ok(sealed) = sender.seal(Millis(0), id, codec, key_frame, &plain) else {
        return;
    };
    let mut changed = sealed.clone();
    let place = usize::from(choice >> 2) % changed.len();
    if let Some(byte) = changed.get_mut(place) {
        *byte ^= 1 + choice / 2;
    }
    if receiver.open(Millis(0), "0", codec, &changed).is_ok() {
        panic!("a changed frame opened");
    }
    match receiver.open(Millis(0), "0", codec, &sealed) {
        Ok(opened) if opened.frame == plain => {}
        _ => panic!("a sealed frame did not open to what it was"),
    }
    if receiver.open(Millis(0), "0", codec, &sealed) != Err(OpenError::Replayed { ctr: 0 }) {
        panic!("a frame opened twice");
    }
}

fn engine(own_leaf: u32) -> MediaEngine {
    let mut engine = MediaEngine::new();
    let epoch = MediaUpdate::Epoch {
        call_id: CallId::from_random([1; 16]),
        generation: 1,
        epoch: 7,
        own_leaf,
        members: vec![SENDER, RECEIVER],
        base_key: BaseKey([3; 32]),
        retire_after_ms: 10_000,
    };
    let slot = ExpectedSlot {
        mid: "0".to_owned(),
        leaf: SENDER,
        kind: TrackKind::Camera,
    };
    for update in [
        epoch,
        MediaUpdate::SendWith { epoch: 7 },
        MediaUpdate::Expect { slots: vec![slot] },
    ] {
        // Taken for certain by an engine that is new.
        let _ = engine.apply(Millis(0), &update);
    }
    engine
}
