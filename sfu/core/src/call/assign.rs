//! Decides which track sits in which slot. Pure: what is asked and what is, in; what shall be, out.
//!
//! Both rules are stable: a track that stays keeps its slot, so that a decoder goes on where it is.

use super::track::TrackId;
use crate::limits::{AUDIO_TAKEOVER_DB, SPEECH_DB};

/// Video: the first wishes that fit, in their order.
pub(super) fn assign_video(slots: &mut [Option<TrackId>], wishes: &[TrackId]) {
    let mut wanted: Vec<TrackId> = Vec::with_capacity(slots.len());
    for wish in wishes {
        if wanted.len() == slots.len() {
            break;
        }
        if !wanted.contains(wish) {
            wanted.push(*wish);
        }
    }
    for slot in slots.iter_mut() {
        if slot.is_some_and(|track| !wanted.contains(&track)) {
            *slot = None;
        }
    }
    wanted.retain(|track| !slots.contains(&Some(*track)));
    fill(slots, wanted);
}

/// Audio: everyone while there are slots enough, else the loudest. Somebody with a slot loses it only to a
/// voice that speaks and is clearly louder.
pub(super) fn assign_audio(slots: &mut [Option<TrackId>], voices: &[(TrackId, f32)]) {
    let level = |track: TrackId| {
        voices
            .iter()
            .find(|(id, _)| *id == track)
            .map(|(_, level)| *level)
    };
    for slot in slots.iter_mut() {
        if slot.is_some_and(|track| level(track).is_none()) {
            *slot = None;
        }
    }
    let mut waiting: Vec<(TrackId, f32)> = voices
        .iter()
        .copied()
        .filter(|(track, _)| !slots.contains(&Some(*track)))
        .collect();
    waiting.sort_by(|(a, loud_a), (b, loud_b)| loud_b.total_cmp(loud_a).then(a.cmp(b)));
    let mut waiting = waiting.into_iter();

    let free = slots.iter().filter(|slot| slot.is_none()).count();
    fill(
        slots,
        waiting.by_ref().take(free).map(|(track, _)| track).collect(),
    );

    for (track, loud) in waiting {
        let quietest = slots
            .iter_mut()
            .filter_map(|slot| Some(((*slot).and_then(level)?, slot)))
            .min_by(|(a, _), (b, _)| a.total_cmp(b));
        match quietest {
            Some((quiet, slot)) if loud >= SPEECH_DB && loud >= quiet + AUDIO_TAKEOVER_DB => {
                *slot = Some(track);
            }
            _ => return,
        }
    }
}

fn fill(slots: &mut [Option<TrackId>], tracks: Vec<TrackId>) {
    let free = slots.iter_mut().filter(|slot| slot.is_none());
    for (slot, track) in free.zip(tracks) {
        *slot = Some(track);
    }
}
