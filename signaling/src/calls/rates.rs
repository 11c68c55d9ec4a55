//! How often a device may do what. Kept by device and not by participant, so that entering anew resets nothing.

use std::collections::HashMap;

use protocol::{DeviceId, Millis, limits::MAX_COMMITS_PER_MINUTE};

use super::{
    CallError,
    limits::{
        MAX_JOINS_PER_MINUTE, MAX_MEDIA_REQUESTS_PER_MINUTE, MAX_MESSAGES_PER_MINUTE, MAX_TRIALS_PER_MINUTE,
        MINUTE_MS,
    },
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    Join,
    Commit,
    Message,
    Media,
    Trial,
}

/// Counters of fixed windows of a minute.
#[derive(Default)]
pub(super) struct Rates(HashMap<(DeviceId, Deed), Window>);

struct Window {
    began: Millis,
    count: u32,
}

impl Rates {
    /// Counts one deed, or says when to try again.
    pub fn count(&mut self, device: DeviceId, deed: Deed, now: Millis) -> Result<(), CallError> {
        let limit = match deed {
            Deed::Join => MAX_JOINS_PER_MINUTE,
            Deed::Commit => MAX_COMMITS_PER_MINUTE,
            Deed::Message => MAX_MESSAGES_PER_MINUTE,
            Deed::Media => MAX_MEDIA_REQUESTS_PER_MINUTE,
            Deed::Trial => MAX_TRIALS_PER_MINUTE,
        };
        let window = self
            .0
            .entry((device, deed))
            .or_insert(Window { began: now, count: 0 });
        if now.since(window.began) >= MINUTE_MS {
            *window = Window { began: now, count: 0 };
        }
        if window.count >= limit {
            let retry_after_ms = MINUTE_MS.saturating_sub(now.since(window.began));
            return Err(CallError::RateLimited { retry_after_ms });
        }
        window.count += 1;
        Ok(())
    }

    /// Forgets windows that are over.
    pub fn tick(&mut self, now: Millis) {
        self.0.retain(|_, window| now.since(window.began) < MINUTE_MS);
    }
}
