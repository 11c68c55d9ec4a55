//! Trying again while the connection is lost: longer waits each time, and an end.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{FileError, blobs::Trouble};
use crate::limits::{TRANSFER_RETRY_FIRST, TRANSFER_RETRY_MAX};

/// How long a transfer goes on without anything coming through.
pub(super) struct Patience {
    most: Duration,
    /// When something came through last.
    since: Instant,
    tries: u32,
}

impl Patience {
    pub(super) fn new(most: Duration) -> Self {
        Self {
            most,
            since: Instant::now(),
            tries: 0,
        }
    }

    /// Something came through.
    pub(super) fn calm(&mut self) {
        self.since = Instant::now();
        self.tries = 0;
    }

    /// Waits before the next try, or gives up.
    pub(super) async fn bear(&mut self, trouble: Trouble) -> Result<(), FileError> {
        let wait = match trouble {
            Trouble::Final(error) => return Err(error),
            Trouble::Passing { retry_after } => retry_after.unwrap_or_else(|| self.backoff()),
        };
        self.tries = self.tries.saturating_add(1);
        if self.since.elapsed() + wait > self.most {
            return Err(FileError::Unreachable);
        }
        sleep(wait).await;
        Ok(())
    }

    /// Grows with each try; a crowd that lost the same server does not come back at one moment.
    fn backoff(&self) -> Duration {
        let most = TRANSFER_RETRY_FIRST.saturating_mul(1 << self.tries.min(10)).min(TRANSFER_RETRY_MAX);
        let mut random = [0; 1];
        // Without randomness all wait as long as the longest.
        let share = getrandom::fill(&mut random).map_or(255, |()| u32::from(random[0]));
        most / 2 + most * share / 512
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> Trouble {
        Trouble::Passing { retry_after: None }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_and_end_once_nothing_came_through_for_long() {
        let mut patience = Patience::new(Duration::from_secs(60));
        let began = Instant::now();
        let mut waits = vec![];
        loop {
            let before = Instant::now();
            match patience.bear(lost()).await {
                Ok(()) => waits.push(before.elapsed()),
                Err(FileError::Unreachable) => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert!(waits.len() > 4, "{waits:?}");
        assert!(waits.first() < waits.last());
        assert!(began.elapsed() <= Duration::from_secs(60));
        patience.calm();
        assert!(patience.bear(lost()).await.is_ok());
    }
}
