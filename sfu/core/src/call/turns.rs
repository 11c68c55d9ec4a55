//! Whose turn it is, of voices that do not say how loud they are: nobody can tell who of them speaks, so they share what
//! slots there are.

use std::time::Instant;

use super::track::TrackId;
use crate::limits::VOICE_TURN;

/// Counts turns. In each, a listener hears as many voices in a row as there are slots, in the order of their ids, and in the
/// next one those from one further on: each voice is heard as long as any other.
#[derive(Debug)]
pub(super) struct Turns {
    number: usize,
    since: Instant,
}

impl Turns {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            number: 0,
            since: now,
        }
    }

    /// The number of the turn now.
    pub(super) fn at(&mut self, now: Instant) -> usize {
        while now.saturating_duration_since(self.since) >= VOICE_TURN {
            self.number = self.number.wrapping_add(1);
            // Where nobody looked for long, nobody waits for turns that are over.
            let late = now.saturating_duration_since(self.since) >= VOICE_TURN * 2;
            self.since = if late { now } else { self.since + VOICE_TURN };
        }
        self.number
    }
}

/// Those of the voices whose turn it is.
pub(super) fn in_turn(mut voices: Vec<TrackId>, turn: usize, slots: usize) -> Vec<TrackId> {
    voices.sort_unstable();
    let begins = turn.checked_rem(voices.len()).unwrap_or(0);
    voices.rotate_left(begins);
    voices.truncate(slots);
    voices
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
