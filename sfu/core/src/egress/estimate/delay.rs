//! Whether the way's queue grows: the trend of the packets' delays (draft-ietf-rmcat-gcc-02 §5, with the line through the
//! last delays that browsers use in place of the Kalman filter).

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// What the trend says of the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Usage {
    /// The queue empties.
    Under,
    #[default]
    Normal,
    /// The queue grows: more is sent than the way carries.
    Over,
}

/// Packets that are sent within this time are one group: pacing sends them in bursts.
const BURST: Duration = Duration::from_millis(5);

/// A burst that a network delivers at once, after it had held it up, stays one group for so long, in microseconds.
const LONGEST_BURST: i64 = 100_000;
const BURST_MICROS: i64 = 5_000;

/// A client's clock that jumps so far starts anew, in microseconds.
const JUMP: i64 = 3_000_000;

/// Delays in the line.
const WINDOW: usize = 20;

/// Weight of what was in the smoothed delay.
const SMOOTHING: f64 = 0.9;

/// What a slope is worth against the threshold, which is in milliseconds.
const GAIN: f64 = 4.0;
const MOST_DELTAS: f64 = 60.0;

/// For how long the trend is above the threshold before it counts, in milliseconds.
const OVERUSE_TIME: f64 = 40.0;

/// The threshold follows the trend, so that a way that always trembles is not always too full: quickly up to what is
/// a little above it, slowly down.
const FIRST_THRESHOLD: f64 = 12.5;
const LEAST_THRESHOLD: f64 = 6.0;
const MOST_THRESHOLD: f64 = 600.0;
const RISE: f64 = 0.0087;
const FALL: f64 = 0.039;
/// A trend that is so far above the threshold, in milliseconds, is no trembling.
const SPIKE: f64 = 15.0;
/// Longest step of the threshold, in milliseconds.
const LONGEST_STEP: f64 = 100.0;

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Instant,
    last_sent: Instant,
    first_came: i64,
    last_came: i64,
}

#[derive(Debug)]
pub(super) struct DelayTrend {
    group: Option<Group>,
    before: Option<Group>,
    /// Milliseconds of arrival, and the smoothed delay then.
    line: VecDeque<(f64, f64)>,
    origin: i64,
    deltas: f64,
    accumulated: f64,
    smoothed: f64,
    threshold: f64,
    threshold_at: Option<f64>,
    trend: f64,
    over_for: Option<f64>,
    overs: u32,
    usage: Usage,
}

impl Default for DelayTrend {
    fn default() -> Self {
        Self {
            group: None,
            before: None,
            line: VecDeque::new(),
            origin: 0,
            deltas: 0.0,
            accumulated: 0.0,
            smoothed: 0.0,
            threshold: FIRST_THRESHOLD,
            threshold_at: None,
            trend: 0.0,
            over_for: None,
            overs: 0,
            usage: Usage::Normal,
        }
    }
}

impl DelayTrend {
    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    /// Takes a packet: when it was sent, and when it came, in microseconds by the client's clock. In the order in which
    /// they came.
    pub(super) fn note(&mut self, sent: Instant, came: i64) {
        let Some(group) = &mut self.group else {
            self.group = Some(Group::new(sent, came));
            return;
        };
        if sent < group.first_sent {
            return;
        }
        if (came - group.last_came).abs() > JUMP {
            let threshold = self.threshold;
            *self = Self {
                threshold,
                ..Self::default()
            };
            return;
        }
        if group.takes(sent, came) {
            group.last_sent = group.last_sent.max(sent);
            group.last_came = group.last_came.max(came);
            return;
        }
        let done = *group;
        if let Some(before) = self.before {
            let sent_apart = millis(done.last_sent.saturating_duration_since(before.last_sent));
            let came_apart = micros_to_millis(done.last_came - before.last_came);
            self.take(came_apart - sent_apart, sent_apart, done.last_came);
        } else {
            self.origin = done.last_came;
        }
        self.before = Some(done);
        self.group = Some(Group::new(sent, came));
    }

    fn take(&mut self, delta: f64, sent_apart: f64, came: i64) {
        self.deltas = (self.deltas + 1.0).min(MOST_DELTAS);
        self.accumulated += delta;
        self.smoothed = SMOOTHING * self.smoothed + (1.0 - SMOOTHING) * self.accumulated;
        let at = micros_to_millis(came - self.origin);
        self.line.push_back((at, self.smoothed));
        if self.line.len() > WINDOW {
            self.line.pop_front();
        }
        let slope = if self.line.len() == WINDOW {
            slope(&self.line).unwrap_or(self.trend / (self.deltas * GAIN))
        } else {
            0.0
        };
        self.judge(slope * self.deltas * GAIN, sent_apart, at);
    }

    fn judge(&mut self, trend: f64, sent_apart: f64, at: f64) {
        if trend > self.threshold {
            // It has been above for half of the time since the last look, on average.
            let over = self.over_for.map_or(sent_apart / 2.0, |over| over + sent_apart);
            self.over_for = Some(over);
            self.overs += 1;
            if over > OVERUSE_TIME && self.overs > 1 && trend >= self.trend {
                self.over_for = Some(0.0);
                self.overs = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_for = None;
            self.overs = 0;
            self.usage = if trend < -self.threshold {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.trend = trend;
        self.adapt(trend.abs(), at);
    }

    fn adapt(&mut self, trend: f64, at: f64) {
        let before = self.threshold_at.replace(at).unwrap_or(at);
        if trend > self.threshold + SPIKE {
            return;
        }
        let speed = if trend < self.threshold { FALL } else { RISE };
        let step = (at - before).clamp(0.0, LONGEST_STEP);
        self.threshold =
            (self.threshold + speed * (trend - self.threshold) * step).clamp(LEAST_THRESHOLD, MOST_THRESHOLD);
    }
}

impl Group {
    fn new(sent: Instant, came: i64) -> Self {
        Self {
            first_sent: sent,
            last_sent: sent,
            first_came: came,
            last_came: came,
        }
    }

    fn takes(&self, sent: Instant, came: i64) -> bool {
        if sent.saturating_duration_since(self.first_sent) <= BURST {
            return true;
        }
        let came_apart = came - self.last_came;
        let sent_apart =
            i64::try_from(sent.saturating_duration_since(self.last_sent).as_micros()).unwrap_or(i64::MAX);
        came_apart <= BURST_MICROS && came_apart < sent_apart && came - self.first_came < LONGEST_BURST
    }
}

/// Slope of the line through the points that lies nearest to them.
fn slope(points: &VecDeque<(f64, f64)>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "a window of tens")]
    let count = points.len() as f64;
    let (sum_x, sum_y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
    let (mean_x, mean_y) = (sum_x / count, sum_y / count);
    let (mut above, mut below) = (0.0, 0.0);
    for (x, y) in points {
        above += (x - mean_x) * (y - mean_y);
        below += (x - mean_x).powi(2);
    }
    (below > 0.0).then(|| above / below)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn micros_to_millis(micros: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "differences of seconds")]
    let micros = micros as f64;
    micros / 1_000.0
}
