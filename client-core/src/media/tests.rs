//! Tests of the parts that have no story: key ids, window. `stories.rs` has alice, bob and carol.

mod properties;
mod stories;

use protocol::{Epoch, LeafIndex, socket::TrackKind};

use super::replay::ReplayWindow;
use super::*;

#[test]
fn a_key_id_has_its_fields_in_order_of_the_text() {
    let id = KeyId::new(Epoch(0x1ab), LeafIndex(0x123), TrackKind::Screen, 0x45).unwrap();
    assert_eq!(id.to_kid(), (0xab << 23) | (0x123 << 11) | (2 << 8) | 0x45);
    assert_eq!(KeyId::from_kid(id.to_kid()), Ok(id));
}

#[test]
fn a_key_id_refuses_what_does_not_fit() {
    let leaf = LeafIndex(4096);
    assert_eq!(
        KeyId::new(Epoch(0), leaf, TrackKind::Camera, 0),
        Err(KeyIdError::LeafTooLarge { leaf })
    );
    assert_eq!(
        KeyId::from_kid(1 << 31),
        Err(KeyIdError::TooLarge { kid: 1 << 31 })
    );
    assert_eq!(KeyId::from_kid(3 << 8), Err(KeyIdError::UnknownKind { kind: 3 }));
}

#[test]
fn the_largest_key_id_takes_four_bytes() {
    let id = KeyId::new(Epoch(255), LeafIndex(4095), TrackKind::Screen, 255).unwrap();
    assert_eq!(
        Header {
            kid: id.to_kid(),
            ctr: 0
        }
        .encode()
        .as_ref()
        .len(),
        5
    );
}

#[test]
fn a_replay_window_admits_each_counter_once_in_any_order() {
    let mut window = ReplayWindow::default();
    for ctr in [5, 3, 9, 4, 140, 13] {
        assert!(window.admits(ctr), "{ctr}");
        window.record(ctr);
        assert!(!window.admits(ctr), "{ctr}");
    }
    assert!(!window.admits(12), "128 behind the newest is too old to tell");
    assert!(window.admits(14));
    window.record(u64::MAX);
    assert!(!window.admits(140));
    assert!(window.admits(u64::MAX - 1));
}

#[test]
fn the_fuzz_entry_holds_on_short_and_odd_inputs() {
    fuzz::open_frame(&[]);
    for choice in 0..=255u8 {
        for len in 0..24 {
            fuzz::open_frame(&[&[choice][..], &vec![choice.wrapping_mul(31); len]].concat());
        }
    }
}
