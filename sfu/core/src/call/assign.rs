//! Decides which track sits in which slot. Pure: what is asked and what is, in; what shall be, out.
//!
//! Both rules are stable: a track that stays keeps its slot, so that a decoder goes on where it is.

use super::{
    track::TrackId,
    turns::{in_turn, share},
};
use crate::limits::{AUDIO_TAKEOVER_DB, SPEECH_DB};

/// A voice, and how loud it is, if it says so.
pub(super) type Voice = (TrackId, Option<f32>);

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

/// Audio: everyone while there are slots enough. Else voices that do not say how loud they are have their share of the slots
/// in turn, and the loudest of the others the rest; of these, somebody with a slot loses it only to a voice that speaks and is
/// clearly louder.
pub(super) fn assign_audio(slots: &mut [Option<TrackId>], voices: &[Voice], turn: usize) {
    let says_level = |track: TrackId| {
        voices
            .iter()
            .find(|(id, _)| *id == track)
            .map(|(_, level)| *level)
    };
    let untold = voices.iter().filter(|(_, level)| level.is_none());
    let untold: Vec<TrackId> = untold.map(|(track, _)| *track).collect();
    let shared = share(slots.len(), untold.len(), voices.len() - untold.len());
    let turn = in_turn(untold, turn, shared);
    for slot in slots.iter_mut() {
        let stays = |track| match says_level(track) {
            Some(None) => turn.contains(&track),
            level => level.is_some(),
        };
        *slot = slot.filter(|track| stays(*track));
    }
    assign_loudest(slots, voices, slots.len().saturating_sub(turn.len()));
    let missing: Vec<TrackId> = turn
        .into_iter()
        .filter(|track| !slots.contains(&Some(*track)))
        .collect();
    fill(slots, missing);
}

/// At most so many voices that say how loud they are.
fn assign_loudest(slots: &mut [Option<TrackId>], voices: &[Voice], most: usize) {
    let level = |track: TrackId| {
        voices
            .iter()
            .find(|(id, _)| *id == track)
            .and_then(|(_, level)| *level)
    };
    let quietest = |slots: &mut [Option<TrackId>]| {
        let loud = slots.iter().enumerate();
        loud.filter_map(|(place, slot)| Some((place, (*slot).and_then(level)?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
    };
    let sitting = |slots: &[Option<TrackId>]| {
        slots
            .iter()
            .flatten()
            .filter(|track| level(**track).is_some())
            .count()
    };
    while sitting(slots) > most
        && let Some((place, _)) = quietest(slots)
        && let Some(slot) = slots.get_mut(place)
    {
        *slot = None;
    }
    let mut waiting: Vec<(TrackId, f32)> = voices
        .iter()
        .filter_map(|(track, level)| Some((*track, (*level)?)))
        .filter(|(track, _)| !slots.contains(&Some(*track)))
        .collect();
    waiting.sort_by(|(a, loud_a), (b, loud_b)| loud_b.total_cmp(loud_a).then(a.cmp(b)));
    let mut waiting = waiting.into_iter();

    let free = most.saturating_sub(sitting(slots));
    fill(
        slots,
        waiting.by_ref().take(free).map(|(track, _)| track).collect(),
    );

    for (track, loud) in waiting {
        let Some((place, quiet)) = quietest(slots) else {
            return;
        };
        let takes_over = loud >= SPEECH_DB && loud >= quiet + AUDIO_TAKEOVER_DB;
        match slots.get_mut(place) {
            Some(slot) if takes_over => *slot = Some(track),
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
