//! What losses say of the way. Some ways lose packets however little is sent; others lose what is too much.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::super::sent::Outcome;

/// Packets and time that one look takes: fewer would take two lost ones for a tenth.
const PACKETS: u32 = 20;
const SPAN: Duration = Duration::from_millis(200);

/// Losses beyond what the way always has: above the upper bound less is sent, above the lower one not more.
const TOO_MUCH: f64 = 0.10;
const NOT_MORE: f64 = 0.02;

/// Standard deviations by which a look may differ from what the way always loses by chance alone: one look in forty differs
/// more. A look takes few packets, so that chance is a fifth of them where a third is always lost.
const CHANCE: f64 = 2.0;

/// Less must be sent by so much that it shows in the losses whether that is their cause.
const SHOWS: f64 = 0.95;

/// Weight of the newest look in what the way always loses.
const FORGET: f64 = 0.1;

/// Looks of which the mean is taken for what the way always loses, where less does not help: one says too little.
const PROOF_LOOKS: usize = 4;

/// Weight of the newest look in what is lost: sound that is lost cannot wait to be protected, and looks differ by chance.
const RISE: f64 = 0.4;
const FALL: f64 = 0.05;

/// Looks, some seconds, in which nothing else was seen: what is lost for so long is not lost by a change that the rate did
/// not follow yet.
const STEADY_LOOKS: usize = 10;

/// The largest share that is taken for what the way always loses: beyond, something is wrong with it.
const MOST_INHERENT: f64 = 0.6;

/// What a look says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Send this share of what was sent.
    Less(f64),
    /// Send no more than now.
    Hold,
    Fine,
}

/// When less was sent because of losses.
#[derive(Clone, Copy, Debug)]
struct Lessened {
    at: Instant,
    /// What was lost until then, and bits a second that were sent.
    share: f64,
    sent: f64,
    /// How often in a row.
    times: u32,
}

#[derive(Debug, Default)]
pub(super) struct Losses {
    look: Option<Look>,
    inherent: f64,
    /// The largest that was shown not to come from what is sent: above it, chance is not told from too much.
    proved: f64,
    lost: f64,
    /// What was lost in the last looks.
    shares: VecDeque<f64>,
    lessened: Option<Lessened>,
    holds: bool,
}

/// Packets of which it is told what became of them.
#[derive(Debug)]
struct Look {
    first: Instant,
    last: Instant,
    told: u32,
    lost: u32,
    bytes: usize,
}

impl Look {
    fn new(first: Instant) -> Self {
        Self {
            first,
            last: first,
            told: 0,
            lost: 0,
            bytes: 0,
        }
    }

    fn take(&mut self, outcome: &Outcome) {
        if outcome.was_lost {
            self.lost = self.lost.saturating_sub(1);
            return;
        }
        self.told += 1;
        self.lost += u32::from(outcome.came.is_none());
        self.bytes += outcome.size;
        self.last = self.last.max(outcome.sent);
    }

    fn is_whole(&self) -> bool {
        self.told >= PACKETS && self.last.saturating_duration_since(self.first) >= SPAN
    }

    /// How far the share that is lost may be from `inherent` by chance.
    fn chance(&self, inherent: f64) -> f64 {
        CHANCE * (inherent * (1.0 - inherent) / f64::from(self.told)).sqrt()
    }

    /// Share that was lost, and bits a second that were sent.
    fn result(&self) -> (f64, f64) {
        #[expect(clippy::cast_precision_loss, reason = "some kilobytes")]
        let bits = self.bytes as f64 * 8.0;
        let span = self.last.saturating_duration_since(self.first).as_secs_f64();
        (f64::from(self.lost) / f64::from(self.told), bits / span)
    }
}

impl Losses {
    /// Share of packets that the way loses however little is sent.
    pub(super) fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Share of packets that is lost, whatever the cause.
    pub(super) fn lost(&self) -> f64 {
        self.lost
    }

    /// Share of packets that was lost at least, for some seconds.
    pub(super) fn lost_steadily(&self) -> f64 {
        if self.shares.len() < STEADY_LOOKS {
            return 0.0;
        }
        self.shares.iter().copied().fold(1.0, f64::min)
    }

    /// Takes outcomes, in the order in which the packets were sent.
    pub(super) fn note(&mut self, now: Instant, outcomes: &[Outcome]) -> Verdict {
        // What was sent before a change says nothing of it.
        let since = self.lessened.map(|lessened| lessened.at);
        let new = outcomes
            .iter()
            .filter(|outcome| since.is_none_or(|since| outcome.sent > since));
        for outcome in new {
            self.look
                .get_or_insert_with(|| Look::new(outcome.sent))
                .take(outcome);
        }
        if let Some(look) = self.look.take_if(|look| look.is_whole()) {
            let (share, sent) = look.result();
            let chance = look.chance(self.inherent);
            let weight = if share > self.lost { RISE } else { FALL };
            self.lost += weight * (share - self.lost);
            if self.shares.len() >= STEADY_LOOKS {
                self.shares.pop_front();
            }
            self.shares.push_back(share);
            let verdict = self.judge(now, share, chance, sent);
            self.holds = verdict != Verdict::Fine;
            return verdict;
        }
        if self.holds { Verdict::Hold } else { Verdict::Fine }
    }

    /// Judges a look in which this share was lost, which may differ by `chance`, of so many bits a second.
    fn judge(&mut self, now: Instant, share: f64, chance: f64, sent: f64) -> Verdict {
        let excess = share - self.inherent;
        if excess <= chance {
            self.inherent = (self.inherent + FORGET * excess).min(self.proved);
        }
        if excess < TOO_MUCH.max(chance) {
            if excess < NOT_MORE.max(chance / 2.0) {
                self.lessened = None;
                return Verdict::Fine;
            }
            return Verdict::Hold;
        }
        if let Some(before) = self.lessened {
            // What a way that carries only so much would lose of what is sent now. Where more is lost, it would lose that
            // of less as well.
            let carried = (1.0 - before.share) * before.sent;
            let expected = (1.0 - carried / sent.max(1.0)).max(0.0);
            let between = f64::midpoint(expected, before.share);
            // The first time says too little: the queue still took what came.
            let less_helps_not = before.times > 1 && sent < before.sent * SHOWS && share > between;
            let more_harms_not = sent * SHOWS > before.sent && share < between;
            if less_helps_not || more_harms_not {
                let newest = self.shares.iter().rev().take(PROOF_LOOKS);
                #[expect(clippy::cast_precision_loss, reason = "four")]
                let looks = newest.len() as f64;
                self.inherent = (newest.sum::<f64>() / looks).min(MOST_INHERENT);
                self.proved = self.inherent;
                self.lessened = None;
                return Verdict::Hold;
            }
        }
        let times = self.lessened.map_or(0, |lessened| lessened.times) + 1;
        self.lessened = Some(Lessened {
            at: now,
            share,
            sent,
            times,
        });
        Verdict::Less(1.0 - excess / 2.0)
    }
}
