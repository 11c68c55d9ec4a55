//! What the way to a client carries: congestion control after draft-ietf-rmcat-gcc-02, with probes.
//!
//! The delays say whether more is sent than the way carries, before anything is lost; losses say it where the way has no
//! queue; probes say how much more it would carry than is sent. All figures are bits a second of whole datagrams.

mod delay;
mod loss;
mod probe;

#[cfg(test)]
mod tests;

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

pub(crate) use self::probe::Probe;
use self::{
    delay::{DelayTrend, Usage},
    loss::{Losses, Verdict},
    probe::Probes,
};
use super::sent::Outcome;
use crate::limits::{FIRST_ESTIMATE, LEAST_ESTIMATE, MOST_CAME, MOST_ESTIMATE, SENT_AGE};

/// What is kept of what came, where the queue grew. Lower empties it sooner and loses more of the picture.
const BACK_OFF: f64 = 0.85;

/// Growth in a second while the end of the way is far, and the longest time that counts at once.
const GROWTH: f64 = 1.08;
const LONGEST_GROWTH: f64 = 1.0;

/// Near to where the queue grew last, it grows by a packet in the time that a change takes to show.
const NEAR: f64 = 0.75;
const PAST: f64 = 1.3;
const PACKET_BITS: f64 = 9_600.0;

/// The estimate grows no further than this beyond what comes: what is not tried is not known.
const BEYOND: f64 = 1.5;
const BEYOND_BITS: f64 = 10_000.0;

/// Who sends less than this share of the estimate cannot fill the way.
const FILLS: f64 = 0.65;

/// Over how long rates are taken. Shorter counts single frames, longer is late.
const RATE_SPAN: Duration = Duration::from_millis(500);
const RATE_SPAN_MICROS: i64 = 500_000;

/// Over how long it is taken what comes while a queue grows: it is what the way carries, however little came before.
const FULL_SPAN: Duration = Duration::from_millis(150);
const FULL_SPAN_MICROS: i64 = 150_000;

/// How long a client takes to tell what came, at most, beside the way there and back.
const FEEDBACK_LAG: Duration = Duration::from_millis(100);

/// A way of which nothing is heard for this long, though something was sent, is too full; the estimate falls by
/// [`SILENT_BACK_OFF`] as often.
const SILENCE: Duration = Duration::from_millis(800);
const SILENT_BACK_OFF: f64 = 0.7;

/// For how long a probe leaves a queue behind where it was too much: what is sent meanwhile says nothing of what is sent
/// otherwise.
const PROBE_ECHO: Duration = Duration::from_millis(120);

/// Of a new measurement in the smoothed time there and back.
const RTT_WEIGHT: f64 = 0.2;
const FIRST_RTT: Duration = Duration::from_millis(100);

/// What is known of a way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Estimate {
    /// Bits a second that it carries.
    pub(crate) rate: u64,
    /// Share of the packets that it loses.
    pub(crate) lost: f64,
    /// Share that it has lost for some seconds at least.
    pub(crate) lost_steadily: f64,
}

#[derive(Debug)]
pub(crate) struct Estimator {
    rate: f64,
    /// What is aimed at.
    find: f64,
    delay: DelayTrend,
    losses: Losses,
    probes: Probes,
    came: VecDeque<(i64, usize)>,
    sent: VecDeque<(Instant, usize)>,
    /// Where the queue grew last.
    full_at: Option<f64>,
    grew: Option<Instant>,
    fell: Option<Instant>,
    heard: Option<Instant>,
    probed: Option<Instant>,
    rtt: Duration,
}

impl Estimator {
    pub(crate) fn new() -> Self {
        Self {
            rate: float(FIRST_ESTIMATE),
            find: 0.0,
            delay: DelayTrend::default(),
            losses: Losses::default(),
            probes: Probes::default(),
            came: VecDeque::new(),
            sent: VecDeque::new(),
            full_at: None,
            grew: None,
            fell: None,
            heard: None,
            probed: None,
            rtt: FIRST_RTT,
        }
    }

    /// The estimate; nothing while the client never said what came.
    pub(crate) fn rate(&self) -> Option<u64> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded, and positive"
        )]
        let rate = self.rate as u64;
        self.grew.map(|_| rate)
    }

    /// Share of the packets that is lost, smoothed.
    pub(crate) fn lost(&self) -> f64 {
        self.losses.lost()
    }

    /// Share of the packets that has been lost for some seconds at least.
    pub(crate) fn lost_steadily(&self) -> f64 {
        self.losses.lost_steadily()
    }

    /// Smoothed time there and back, with what the client takes to tell.
    pub(crate) fn rtt(&self) -> Duration {
        self.rtt
    }

    /// What the estimate should grow to.
    pub(crate) fn aim(&mut self, find: u64) {
        self.find = float(find.min(MOST_ESTIMATE));
    }

    /// Notes a packet that goes out.
    pub(crate) fn sent(&mut self, now: Instant, size: usize) {
        self.forget(now);
        // Of a way on which nothing was sent nothing could be heard.
        if self.sent.is_empty() {
            self.heard = Some(now);
        }
        self.sent.push_back((now, size));
    }

    fn forget(&mut self, now: Instant) {
        while let Some((at, _)) = self.sent.front()
            && now.saturating_duration_since(*at) > RATE_SPAN
        {
            self.sent.pop_front();
        }
    }

    /// The next burst that probes the way, where one is due.
    pub(crate) fn probe(&mut self, now: Instant) -> Option<Probe> {
        // Nothing is asked of a way of which nothing was heard yet, or that has just been too full.
        if self.grew.is_none() || self.fell.is_some_and(|fell| now < fell + self.lag()) {
            return None;
        }
        let probe = self.probes.due(now, self.rate, self.find)?;
        tracing::trace!(?probe, rate = self.rate, find = self.find, "a probe");
        self.probed = Some(now);
        Some(probe)
    }

    pub(crate) fn probe_failed(&mut self, now: Instant) {
        self.probes.cancel(now);
    }

    /// Lets time pass: silence says something, too.
    pub(crate) fn tick(&mut self, now: Instant) {
        self.forget(now);
        let waits = self.heard.is_none_or(|heard| now < heard + SILENCE + self.rtt);
        // Of a client that never said anything nothing is known.
        if waits || self.sent.is_empty() || self.grew.is_none() {
            return;
        }
        self.heard = Some(now);
        self.set(self.rate * SILENT_BACK_OFF);
        self.fall(now);
    }

    /// What became of packets, in the order of their numbers.
    pub(crate) fn note(&mut self, now: Instant, outcomes: &[Outcome]) {
        self.heard = Some(now);
        let mut came: Vec<(i64, &Outcome)> = outcomes
            .iter()
            .filter_map(|outcome| Some((outcome.came?, outcome)))
            .collect();
        if let Some((_, newest)) = came.last() {
            let rtt = now.saturating_duration_since(newest.sent).min(SENT_AGE);
            self.rtt = self.rtt.mul_f64(1.0 - RTT_WEIGHT) + rtt.mul_f64(RTT_WEIGHT);
        }
        came.sort_by_key(|(at, _)| *at);
        let mut usage = Usage::Normal;
        let probed = self.probed;
        let echoes =
            |sent: Instant| probed.is_some_and(|probed| sent >= probed && sent < probed + PROBE_ECHO);
        for (at, outcome) in &came {
            if !echoes(outcome.sent) {
                self.delay.note(outcome.sent, *at);
            }
            self.came.push_back((*at, outcome.size));
            if self.delay.usage() == Usage::Over {
                usage = Usage::Over;
            }
        }
        if usage != Usage::Over {
            usage = self.delay.usage();
        }
        if let Some((newest, _)) = came.last() {
            self.came
                .retain(|(at, _)| newest - at <= RATE_SPAN_MICROS && at - newest <= RATE_SPAN_MICROS);
        }
        // A client may say of everything that it came at once.
        self.came.drain(..self.came.len().saturating_sub(MOST_CAME));
        let verdict = self.losses.note(now, outcomes);
        let found = self.probes.note(now, outcomes, self.losses.inherent());
        if let Some(found) = found {
            tracing::trace!(found, rate = self.rate, "what a probe found");
        }
        if let Some(found) = found
            && found > self.rate
        {
            self.set(found);
            self.full_at = None;
        }
        match verdict {
            Verdict::Less(share) => {
                self.set(self.rate * share);
                self.fall(now);
            }
            _ if usage == Usage::Over => self.back_off(now),
            Verdict::Fine if usage == Usage::Normal => self.grow(now),
            _ => self.grew = Some(now),
        }
    }

    /// The queue grows.
    fn back_off(&mut self, now: Instant) {
        self.grew = Some(now);
        let carried = self.carried().max(self.carried_lately());
        let waits = self.fell.is_some_and(|fell| now < fell + self.lag());
        // A way that is far too full is not waited for.
        if waits && carried > self.rate / 2.0 {
            return;
        }
        // Who does not fill the way learns of its queue only that there is one.
        let rate = if self.fills() {
            carried * BACK_OFF
        } else {
            (self.rate * BACK_OFF).max(carried)
        };
        if rate < self.rate {
            self.full_at = Some(carried);
            self.set(rate);
        }
        self.fall(now);
    }

    fn fall(&mut self, now: Instant) {
        tracing::trace!(rate = self.rate, carried = self.carried(), sends = self.sends(), rtt = ?self.rtt, losses = ?self.losses, "a fall");
        self.fell = Some(now);
        self.grew = Some(now);
        self.probes.wait(now);
    }

    fn grow(&mut self, now: Instant) {
        let before = self.grew.replace(now).unwrap_or(now);
        let time = now
            .saturating_duration_since(before)
            .as_secs_f64()
            .min(LONGEST_GROWTH);
        if self.full_at.is_some_and(|full| self.rate > full * PAST) {
            self.full_at = None;
        }
        let near = self.full_at.is_some_and(|full| self.rate > full * NEAR);
        let grown = if near {
            self.rate + PACKET_BITS * time / self.lag().as_secs_f64()
        } else {
            self.rate * GROWTH.powf(time)
        };
        let most = self.carried() * BEYOND + BEYOND_BITS;
        self.set(grown.min(most).max(self.rate));
    }

    /// How long a change of the rate takes until it shows.
    fn lag(&self) -> Duration {
        self.rtt + FEEDBACK_LAG
    }

    fn fills(&self) -> bool {
        self.sends() >= self.rate * FILLS
    }

    /// What was sent in the last while.
    fn sends(&self) -> f64 {
        rate_of(self.sent.iter().map(|(_, size)| size).sum(), RATE_SPAN)
    }

    /// What came in the last while, with what the way always loses.
    fn carried(&self) -> f64 {
        let bytes: usize = self.came.iter().map(|(_, size)| size).sum();
        rate_of(bytes, RATE_SPAN) / (1.0 - self.losses.inherent())
    }

    /// The same of the last moment.
    fn carried_lately(&self) -> f64 {
        let newest = self.came.back().map_or(0, |(at, _)| *at);
        let lately = self.came.iter().filter(|(at, _)| newest - at < FULL_SPAN_MICROS);
        rate_of(lately.map(|(_, size)| size).sum(), FULL_SPAN) / (1.0 - self.losses.inherent())
    }

    fn set(&mut self, rate: f64) {
        self.rate = rate.clamp(float(LEAST_ESTIMATE), float(MOST_ESTIMATE));
    }
}

fn rate_of(bytes: usize, span: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "half a second of bytes")]
    let bits = bytes as f64 * 8.0;
    bits / span.as_secs_f64()
}

fn float(bits: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let bits = bits as f64;
    bits
}
