//! How much a stream sends.

use std::time::Instant;

use crate::limits::RATE_WINDOW;

/// Bits a second of a stream: the mean of windows, in which younger ones count more.
#[derive(Debug, Default)]
pub(super) struct Rate {
    window: Option<(Instant, u64)>,
    mean: Option<f64>,
}

/// Weight of the youngest window. Less follows too slowly when a picture begins to move, more takes a key
/// frame for the rate of the stream.
const NEWEST: f64 = 0.3;

impl Rate {
    pub(super) fn count(&mut self, now: Instant, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let (began, counted) = self.window.get_or_insert((now, 0));
        let span = now.saturating_duration_since(*began);
        if span < RATE_WINDOW {
            *counted = counted.saturating_add(bytes);
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "a rate needs no more than 52 bits")]
        let rate = (*counted * 8) as f64 / span.as_secs_f64();
        self.mean = Some(self.mean.map_or(rate, |mean| mean + NEWEST * (rate - mean)));
        self.window = Some((now, bytes));
    }

    /// The rate; what the first window brought so far where no window is whole yet.
    pub(super) fn bits_per_second(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rates are positive and small"
        )]
        let mean = self.mean.map(|mean| mean as u64);
        let begun = self.window.map_or(0, |(_, bytes)| bytes * 8);
        mean.unwrap_or(begun)
    }
}
