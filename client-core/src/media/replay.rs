//! Each counter once: a window of the newest counters that were seen.

use super::limits::REPLAY_WINDOW;

/// Counters seen under one key.
#[derive(Default)]
pub struct ReplayWindow {
    /// Newest counter seen; bit n of `seen` is the counter n below it.
    newest: Option<u64>,
    seen: u128,
}

impl ReplayWindow {
    /// Whether a frame with this counter may be opened: not seen, and not older than the window. Call
    /// [`Self::record`] only once the frame is authentic.
    pub fn admits(&self, ctr: u64) -> bool {
        let Some(newest) = self.newest else { return true };
        match newest.checked_sub(ctr) {
            None => true,
            Some(age) => age < REPLAY_WINDOW && self.seen & (1 << age) == 0,
        }
    }

    /// Notes the counter of an authentic frame.
    pub fn record(&mut self, ctr: u64) {
        let newest = self.newest.unwrap_or(ctr);
        if let Some(age) = newest.checked_sub(ctr) {
            if age < REPLAY_WINDOW {
                self.seen |= 1 << age;
            }
            self.newest = Some(newest);
        } else {
            let ahead = ctr - newest;
            self.seen = if ahead < REPLAY_WINDOW {
                self.seen << ahead
            } else {
                0
            } | 1;
            self.newest = Some(ctr);
        }
    }
}
