//! What the user has read, here and on other own devices, of what is here and of what is not here yet.

use protocol::{Millis, Seq};

use super::state::Room;
use crate::{limits::MAX_READ_AHEAD, messages::History, store::Store};

impl Room {
    /// The user read the room up to here, then, on some device: what burns begins to, also what this device does not have
    /// yet.
    pub(crate) fn read_up_to(&mut self, store: &mut Store, seq: Seq, at: Millis) {
        self.history.read_up_to(store, History::place(seq, u64::MAX), at);
        self.read_aside(store, seq, at);
        let ahead = &mut self.stored.read_ahead;
        let known = |(known, when): &(Seq, Millis)| *known >= seq && *when <= at;
        if seq <= self.stored.cursor || ahead.iter().any(known) {
            return;
        }
        ahead.push((seq, at));
        if ahead.len() > MAX_READ_AHEAD {
            // The earliest time for all of them: nothing lives longer for it.
            let earliest = ahead.iter().map(|(_, at)| *at).min().unwrap_or(at);
            let furthest = ahead.iter().map(|(seq, _)| *seq).max().unwrap_or(seq);
            *ahead = vec![(furthest, earliest)];
        }
        // With what told it, which is not told again.
        self.save(store);
    }

    /// When the user read an entry that only now comes here.
    pub(super) fn was_read(&self, seq: Seq, sent_at: Millis) -> Option<Millis> {
        // Nobody reads what is not written yet: such a word is of a log that the server lost.
        let of_it = |(up_to, at): &&(Seq, Millis)| *up_to >= seq && *at >= sent_at;
        let read = self.stored.read_ahead.iter().filter(of_it);
        read.map(|(_, at)| *at).min()
    }

    /// What was taken needs no memory of when it was read.
    pub(super) fn forget_readings_behind(&mut self) {
        let (cursor, known) = (self.stored.cursor, self.stored.read_ahead.len());
        self.stored.read_ahead.retain(|(seq, _)| *seq > cursor);
        self.dirty |= known != self.stored.read_ahead.len();
    }
}
