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
        let wait = self.wait_after(trouble, self.since.elapsed())?;
        sleep(wait).await;
        Ok(())
    }

    /// How long to wait, where nothing came through for `silent`.
    fn wait_after(&mut self, trouble: Trouble, silent: Duration) -> Result<Duration, FileError> {
        let wait = match trouble {
            Trouble::Final(error) => return Err(error),
            Trouble::Passing { retry_after } => retry_after.unwrap_or_else(|| self.backoff()),
        };
        self.tries = self.tries.saturating_add(1);
        if silent + wait > self.most {
            return Err(FileError::Unreachable);
        }
        Ok(wait)
    }

    /// Grows with each try; a crowd that lost the same server does not come back at one moment.
    fn backoff(&self) -> Duration {
        let most = TRANSFER_RETRY_FIRST
            .saturating_mul(1 << self.tries.min(10))
            .min(TRANSFER_RETRY_MAX);
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

    #[test]
    fn waits_grow_and_end_once_nothing_came_through_for_long() {
        let mut patience = Patience::new(Duration::from_secs(60));
        let mut waits = vec![];
        let end = loop {
            match patience.wait_after(lost(), waits.iter().sum()) {
                Ok(wait) => waits.push(wait),
                Err(error) => break error,
            }
        };
        assert!(matches!(end, FileError::Unreachable), "{end}");
        assert!(waits.len() > 4, "{waits:?}");
        assert!(waits.first() < waits.last());
        patience.calm();
        assert!(patience.wait_after(lost(), Duration::ZERO).is_ok());
    }

    #[test]
    fn what_the_server_says_counts_and_what_is_final_ends_at_once() {
        let mut patience = Patience::new(Duration::from_secs(60));
        let said = Duration::from_secs(7);
        let trouble = Trouble::Passing {
            retry_after: Some(said),
        };
        assert_eq!(patience.wait_after(trouble, Duration::ZERO).unwrap(), said);
        let last = Trouble::Final(FileError::Damaged);
        assert!(matches!(
            patience.wait_after(last, Duration::ZERO),
            Err(FileError::Damaged)
        ));
    }
}
