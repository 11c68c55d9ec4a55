//! What was sent on a connection, by its transport-wide numbers, until the client says whether it came.

use std::{collections::VecDeque, time::Instant};

use super::rtcp::Arrivals;
use crate::limits::{SENT_AGE, SENT_PACKETS};

/// Names a burst of packets that probes the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProbeId(pub(crate) u32);

/// A packet of a stream that may be asked for: the stream's SSRC, and the packet's number with the roll-overs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) ssrc: u32,
    pub(crate) seq: u64,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) sent: Instant,
    /// Bytes on the wire.
    pub(crate) size: usize,
    pub(crate) probe: Option<ProbeId>,
    pub(crate) place: Option<Place>,
    /// When it came, in microseconds by the client's clock; nothing where it is lost.
    pub(crate) came: Option<i64>,
    /// It was told as lost before.
    pub(crate) was_lost: bool,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    at: Instant,
    size: usize,
    probe: Option<ProbeId>,
    place: Option<Place>,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Lost,
    Came,
}

#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Number of the first that is kept.
    first: u64,
    packets: VecDeque<Packet>,
    /// The newest reference, by its lower 24 bits and with its roll-overs.
    reference: Option<(u32, i64)>,
}

const REFERENCE_MICROS: i64 = 64_000;
const REFERENCE_BITS: u32 = 24;

/// A client's clock that jumps further than ten minutes begins anew: it cannot count up without end.
const REFERENCE_JUMP: u64 = 10 * 60 * 1_000 / 64;

impl Sent {
    /// Gives a packet its number, of which the wire carries the lower 16 bits.
    pub(crate) fn push(
        &mut self,
        now: Instant,
        size: usize,
        probe: Option<ProbeId>,
        place: Option<Place>,
    ) -> u16 {
        while let Some(oldest) = self.packets.front() {
            let old = now.saturating_duration_since(oldest.at) > SENT_AGE;
            if !old && self.packets.len() < SENT_PACKETS {
                break;
            }
            self.packets.pop_front();
            self.first += 1;
        }
        self.packets.push_back(Packet {
            at: now,
            size,
            probe,
            place,
            told: Told::Nothing,
        });
        low(self.first + len(&self.packets) - 1)
    }

    /// What a client's word says of the packets, in the order of their numbers; each outcome once. What is known only
    /// as lost may come after all.
    pub(crate) fn apply(&mut self, arrivals: &Arrivals) -> Vec<Outcome> {
        let next = self.first + len(&self.packets);
        let base = extend(arrivals.base, next);
        let reference = self.extend_reference(arrivals.reference) * REFERENCE_MICROS;
        let mut outcomes = Vec::new();
        for (number, time) in (base..).zip(&arrivals.times) {
            let place = number
                .checked_sub(self.first)
                .and_then(|place| usize::try_from(place).ok());
            let Some(packet) = place.and_then(|place| self.packets.get_mut(place)) else {
                continue;
            };
            let told = if time.is_some() { Told::Came } else { Told::Lost };
            if packet.told == Told::Came || packet.told == told {
                continue;
            }
            outcomes.push(Outcome {
                sent: packet.at,
                size: packet.size,
                probe: packet.probe,
                place: packet.place,
                came: time.map(|time| reference + time),
                was_lost: packet.told == Told::Lost,
            });
            packet.told = told;
        }
        // Of what came there is nothing more to tell.
        while self
            .packets
            .pop_front_if(|packet| packet.told == Told::Came)
            .is_some()
        {
            self.first += 1;
        }
        outcomes
    }

    fn extend_reference(&mut self, reference: u32) -> i64 {
        const HALF: u32 = 1 << (REFERENCE_BITS - 1);
        let Some((low, whole)) = self.reference else {
            self.reference = Some((reference, i64::from(reference)));
            return i64::from(reference);
        };
        let ahead = reference.wrapping_sub(low) & (2 * HALF - 1);
        let step = i64::from(ahead) - if ahead >= HALF { i64::from(2 * HALF) } else { 0 };
        if step.unsigned_abs() > REFERENCE_JUMP {
            self.reference = Some((reference, i64::from(reference)));
            return i64::from(reference);
        }
        if step > 0 {
            self.reference = Some((reference, whole + step));
        }
        whole + step
    }
}

fn len(packets: &VecDeque<Packet>) -> u64 {
    u64::try_from(packets.len()).unwrap_or(u64::MAX)
}

fn low(number: u64) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or(0)
}

/// The number with these lower 16 bits that is nearest below `next`.
pub(crate) fn extend(low: u16, next: u64) -> u64 {
    let newest = next.saturating_sub(1);
    let back = u64::from(self::low(newest).wrapping_sub(low));
    // From before the first number: none that we gave.
    newest.checked_sub(back).unwrap_or(u64::MAX - 0xffff)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn start() -> Instant {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        Instant::now()
    }

    fn arrivals(base: u16, reference: u32, times: &[Option<i64>]) -> Arrivals {
        Arrivals {
            base,
            reference,
            times: times.to_vec(),
        }
    }

    #[test]
    fn each_outcome_is_told_once_and_the_lost_may_come() {
        let now = start();
        let mut sent = Sent::default();
        for size in 1..=3 {
            sent.push(now, size, None, None);
        }
        let first = sent.apply(&arrivals(0, 1, &[Some(0), None, Some(500)]));
        assert_eq!(
            first.iter().map(|o| o.came).collect::<Vec<_>>(),
            [Some(64_000), None, Some(64_500)]
        );
        assert_eq!(sent.apply(&arrivals(0, 1, &[Some(0), None, Some(500)])), []);
        let late = sent.apply(&arrivals(1, 1, &[Some(900)]));
        assert_eq!(late.len(), 1);
        assert!(late[0].was_lost && late[0].came == Some(64_900) && late[0].size == 2);
    }

    #[test]
    fn numbers_and_references_go_on_past_their_bits() {
        let now = start();
        let mut sent = Sent::default();
        let mut number = 0;
        for _ in 0..70_000 {
            number = sent.push(now, 100, None, None);
        }
        assert_eq!(u64::from(number), 69_999 - 65_536);
        assert_eq!(sent.apply(&arrivals(number, 0x00ff_ffff, &[Some(0)])).len(), 1);
        sent.push(now, 100, None, None);
        let after = sent.apply(&arrivals(number + 1, 1, &[Some(0)]));
        assert_eq!(after[0].came, Some((0x0100_0000 + 1) * REFERENCE_MICROS));
    }

    #[test]
    fn a_reference_that_jumps_begins_anew_and_never_counts_up_without_end() {
        let now = start();
        let mut sent = Sent::default();
        for round in 0..400_000_u32 {
            sent.apply(&arrivals(0, round.wrapping_mul(0x007f_ffff) & 0x00ff_ffff, &[]));
        }
        sent.push(now, 100, None, None);
        let came = sent.apply(&arrivals(0, 7, &[Some(0)]))[0].came.unwrap();
        assert!((0..1 << 41).contains(&came), "{came}");
    }

    #[test]
    fn what_is_old_or_was_never_sent_is_ignored() {
        let now = start();
        let mut sent = Sent::default();
        sent.push(now, 100, None, None);
        assert_eq!(sent.apply(&arrivals(5, 1, &[Some(0)])), []);
        sent.push(now + SENT_AGE + Duration::from_millis(1), 100, None, None);
        assert_eq!(sent.apply(&arrivals(0, 1, &[Some(0), Some(0)])).len(), 1);
    }
}
