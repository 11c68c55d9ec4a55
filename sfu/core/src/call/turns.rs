//! Whose turn it is, of voices that do not say how loud they are: nobody can tell who of them speaks, so they share what
//! slots there are.

use std::{collections::VecDeque, time::Instant};

use super::track::TrackId;
use crate::limits::VOICE_TURN;

/// The order in which such voices have their turns. With `s` slots the first `s` are heard; each turn the first one goes
/// behind all others, so that each is heard for `s` turns in a row, and as long as any other.
#[derive(Debug, Default)]
pub(super) struct Turns {
    order: VecDeque<TrackId>,
    changed: Option<Instant>,
}

impl Turns {
    /// The order now, of these voices. Who is new waits for its turn behind those who wait already.
    pub(super) fn follow(&mut self, now: Instant, voices: &[TrackId]) -> &VecDeque<TrackId> {
        self.order.retain(|voice| voices.contains(voice));
        for voice in voices {
            if !self.order.contains(voice) {
                self.order.push_back(*voice);
            }
        }
        let changed = *self.changed.get_or_insert(now);
        if now.saturating_duration_since(changed) >= VOICE_TURN {
            self.changed = Some(now);
            if let Some(first) = self.order.pop_front() {
                self.order.push_back(first);
            }
        }
        &self.order
    }
}

/// How many of `slots` voices in turn have, where `in_turn` of them and `others` that say how loud they are do not all fit:
/// as many as is their share. Neither kind is kept out by the other.
pub(super) fn share(slots: usize, in_turn: usize, others: usize) -> usize {
    let all = in_turn + others;
    if in_turn == 0 || all == 0 {
        return 0;
    }
    if others == 0 {
        return slots;
    }
    let fair = (slots * in_turn + all / 2) / all;
    // Where one slot has to do, the more have it.
    let (least, most) = if slots > 1 { (1, slots - 1) } else { (0, slots) };
    let fair = fair.clamp(least, most);
    fair.min(in_turn).max(slots.saturating_sub(others))
}
