//! Time that only goes forward.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use protocol::Millis;

/// Milliseconds since 1970 that go on as time does: a clock that is set back while the program runs does not make it earlier,
/// and what the steady clock missed, as computers sleep, is caught up. So nothing that is to end lives longer.
pub struct Clock {
    began: Instant,
    origin: Origin,
}

/// What the time was when the steady clock began, in milliseconds.
struct Origin(u64);

impl Clock {
    /// Starts with the system's time.
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            origin: Origin(wall()),
        }
    }

    /// The time.
    pub fn now(&mut self) -> Millis {
        let steady = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.origin.at(wall(), steady)
    }
}

impl Origin {
    fn at(&mut self, wall: u64, steady: u64) -> Millis {
        self.0 = self.0.max(wall.saturating_sub(steady));
        Millis(self.0.saturating_add(steady))
    }
}

fn wall() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R40: a clock that is set back makes nothing live longer.
    #[test]
    fn it_goes_on_where_the_wall_clock_is_set_back_and_catches_up_after_a_sleep() {
        let mut origin = Origin(1_000_000);
        assert_eq!(origin.at(1_001_000, 1_000), Millis(1_001_000));
        assert_eq!(origin.at(941_000, 1_000), Millis(1_001_000), "set back");
        assert_eq!(origin.at(946_000, 6_000), Millis(1_006_000));
        // Set right again, and an hour asleep, which the steady clock did not notice.
        assert_eq!(origin.at(1_006_000 + 3_600_000, 6_000), Millis(4_606_000));
    }
}
