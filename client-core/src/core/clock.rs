//! How far the device's clock had come, so that one that goes back shows.

use protocol::Millis;

use crate::{
    limits::CLOCK_STORED_MS,
    store::{BadRecord, Loaded, Store, take_one},
};

/// The newest time that the clock showed.
pub(crate) struct Clock {
    newest: Millis,
    stored: Millis,
}

const RECORD: &str = "clock";

impl Clock {
    pub(super) fn new(now: Millis) -> Self {
        Self {
            newest: now,
            stored: Millis(0),
        }
    }

    pub(super) fn load(&mut self, loaded: &mut Loaded) -> Result<(), BadRecord> {
        if let Some(stored) = take_one::<Millis>(loaded, RECORD)? {
            self.stored = stored;
            self.newest = stored;
        }
        Ok(())
    }

    /// The time is `now`. Answers by how much the clock went back since it was last looked at.
    pub(super) fn look(&mut self, store: &mut Store, now: Millis, timed: bool) -> u64 {
        let back = self.newest.since(now);
        self.newest = now;
        // A time that was too late must not be found again, or it would take off lives that began after it.
        if back > 0 || timed && now.since(self.stored) >= CLOCK_STORED_MS {
            self.stored = now;
            store.put(RECORD, &now);
        }
        back
    }
}
