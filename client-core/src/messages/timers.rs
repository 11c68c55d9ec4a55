//! How long a message lives (R38 to R42): a time to live from its sending on, and a shorter one from its reading on.

use protocol::{Millis, room_settings::RoomSettings};
use serde::{Deserialize, Serialize};

/// What the sender wants, in milliseconds; nothing where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    /// From when it was sent.
    pub(crate) ttl: Option<u64>,
    /// From when it was first read by its reader.
    pub(crate) burn: Option<u64>,
}

/// The life of one message on this device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Life {
    ttl: Option<u64>,
    burn: Option<u64>,
    read_at: Option<Millis>,
    /// What the device's clock went back since; a life is never longer for it.
    lost: u64,
}

impl Timers {
    /// No longer than the room's caps, which also hold for what has no timers of its own (R39).
    pub(crate) fn clamped(self, settings: &RoomSettings) -> Self {
        Self {
            ttl: clamp(self.ttl, settings.ttl_cap_ms),
            burn: clamp(self.burn, settings.burn_cap_ms),
        }
    }
}

fn clamp(wanted: Option<u64>, cap: u64) -> Option<u64> {
    let cap = (cap > 0).then_some(cap);
    wanted.into_iter().chain(cap).min()
}

impl Life {
    pub(crate) fn new(timers: Timers) -> Self {
        Self {
            ttl: timers.ttl,
            burn: timers.burn,
            read_at: None,
            lost: 0,
        }
    }

    /// Of something that stays, whatever was agreed on for what is said.
    pub(crate) fn endless(self) -> Self {
        Self {
            ttl: None,
            burn: None,
            ..self
        }
    }

    /// The room's caps turn out to be shorter than what was known when it was written.
    pub(crate) fn cap(&mut self, settings: &RoomSettings) {
        self.ttl = clamp(self.ttl, settings.ttl_cap_ms);
        self.burn = clamp(self.burn, settings.burn_cap_ms);
    }

    /// Whether reading shortens it.
    pub(crate) fn burns(&self) -> bool {
        self.burn.is_some()
    }

    /// Whether it is news that it was read then.
    pub(crate) fn is_read_later_than(&self, at: Millis) -> bool {
        self.read_at.is_none_or(|known| known > at)
    }

    /// It was read, here or on another own device; of several times the first counts.
    pub(crate) fn read(&mut self, at: Millis) {
        self.read_at = Some(self.read_at.map_or(at, |known| known.min(at)));
    }

    /// The clock went back.
    pub(crate) fn lose(&mut self, ms: u64) {
        self.lost = self.lost.saturating_add(ms);
    }

    /// How long it lives after its reading, while that did not begin.
    pub(crate) fn burn_ms(&self) -> Option<u64> {
        self.burn.filter(|_| self.read_at.is_none())
    }

    /// When it ends for those who do not read it.
    pub(crate) fn expires_at(&self, sent_at: Millis) -> Option<Millis> {
        self.ttl.map(|ttl| sent_at.plus(ttl))
    }

    /// Whether it ended for those who did not read it, too.
    pub(crate) fn has_expired(&self, sent_at: Millis, now: Millis) -> bool {
        let expires = self.expires_at(sent_at);
        expires.is_some_and(|at| at.0.saturating_sub(self.lost) <= now.0)
    }

    /// When it ends: `min(read + burn, sent + ttl)` (R41).
    pub(crate) fn ends_at(&self, sent_at: Millis) -> Option<Millis> {
        let expires = self.expires_at(sent_at);
        let read = self.read_at.zip(self.burn);
        let burns = read.map(|(at, burn)| at.plus(burn));
        let end = expires.into_iter().chain(burns).min()?;
        Some(Millis(end.0.saturating_sub(self.lost)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(ttl: u64, burn: u64) -> Life {
        Life::new(Timers {
            ttl: Some(ttl),
            burn: Some(burn),
        })
    }

    #[test]
    fn caps_shorten_and_never_lengthen() {
        for (wanted, cap, holds) in [
            (None, 0, None),
            (None, 60, Some(60)),
            (Some(10), 60, Some(10)),
            (Some(90), 60, Some(60)),
            (Some(90), 0, Some(90)),
        ] {
            assert_eq!(clamp(wanted, cap), holds, "{wanted:?} {cap}");
        }
    }

    #[test]
    fn the_earlier_of_both_ends_it_and_reading_never_extends() {
        let mut one = life(100, 10);
        assert_eq!(one.ends_at(Millis(1_000)), Some(Millis(1_100)));
        one.read(Millis(1_050));
        assert_eq!(one.ends_at(Millis(1_000)), Some(Millis(1_060)));
        // Another device read it earlier, a third one later.
        one.read(Millis(1_040));
        one.read(Millis(1_055));
        assert_eq!(one.ends_at(Millis(1_000)), Some(Millis(1_050)));
        let mut late = life(100, 10);
        late.read(Millis(1_095));
        assert_eq!(late.ends_at(Millis(1_000)), Some(Millis(1_100)));
    }

    #[test]
    fn a_clock_that_goes_back_prolongs_nothing() {
        let mut one = life(100, 10);
        one.lose(30);
        assert_eq!(one.ends_at(Millis(1_000)), Some(Millis(1_070)));
        assert_eq!(Life::default().ends_at(Millis(1_000)), None);
    }
}
