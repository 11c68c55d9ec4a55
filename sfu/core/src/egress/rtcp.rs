//! RTCP (RFC 3550 §6, RFC 4585, RFC 5104, draft-holmer-rmcat-transport-wide-cc-extensions-01): what a client says of what
//! it got, and what we say of what we sent.

use crate::limits::{MAX_FEEDBACK_STATUSES, MAX_FEEDBACKS, MAX_NACKS};

/// What a client says. Everything else in a packet is skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Feedback {
    /// These packets of a stream are missing: the lower 16 bits of their numbers.
    Nack { ssrc: u32, missing: Vec<u16> },
    /// The decoder of a stream needs a key frame (PLI, FIR).
    KeyFrameWanted { ssrc: u32 },
    /// When packets of the connection arrived.
    Arrivals(Arrivals),
}

/// When packets of a connection arrived, by its transport-wide numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrivals {
    /// Number of the first, the lower 16 bits.
    pub(crate) base: u16,
    /// Counts in units of 64 ms, the lower 24 bits.
    pub(crate) reference: u32,
    /// One for each number: microseconds after the reference, or nothing where it did not come.
    pub(crate) times: Vec<Option<i64>>,
}

const VERSION: u8 = 2;
const SENDER_REPORT: u8 = 200;
const SOURCE_DESCRIPTION: u8 = 202;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
/// Formats within those two.
const NACK: u8 = 1;
const ARRIVALS: u8 = 15;
const PLI: u8 = 1;
const FIR: u8 = 4;

/// Unit of the arrival times.
const TICK_MICROS: i64 = 250;

/// Whether a datagram is RTCP and no RTP (RFC 5761 §4); DTLS and STUN are neither (RFC 7983).
pub(crate) fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, 192..=223, ..])
}

/// Whether a datagram is RTP or RTCP (RFC 7983 §7).
pub(crate) fn is_media(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, ..])
}

/// Reads a compound packet. What cannot be read ends it, as does what is too much for one.
pub(crate) fn read(mut packet: &[u8]) -> Vec<Feedback> {
    let mut found = Vec::new();
    let (mut statuses, mut nacks) = (MAX_FEEDBACK_STATUSES, MAX_NACKS);
    while let Some((format, kind, body, rest)) = next(packet) {
        packet = rest;
        if found.len() >= MAX_FEEDBACKS {
            break;
        }
        match (kind, format) {
            (TRANSPORT_FEEDBACK, NACK) => found.extend(nack(body, &mut nacks)),
            (TRANSPORT_FEEDBACK, ARRIVALS) => {
                found.extend(arrivals(body, &mut statuses).map(Feedback::Arrivals))
            }
            (PAYLOAD_FEEDBACK, PLI) => {
                found.extend(word(body, 4).map(|ssrc| Feedback::KeyFrameWanted { ssrc }));
            }
            (PAYLOAD_FEEDBACK, FIR) => {
                let entries = body.get(8..).unwrap_or_default().chunks_exact(8);
                found.extend(
                    entries
                        .filter_map(|entry| word(entry, 0))
                        .map(|ssrc| Feedback::KeyFrameWanted { ssrc }),
                );
            }
            _ => {}
        }
    }
    found
}

/// Format, type and body of the first packet, and what follows it.
fn next(packet: &[u8]) -> Option<(u8, u8, &[u8], &[u8])> {
    let [first, kind, high, low, ..] = *packet else {
        return None;
    };
    if first >> 6 != VERSION {
        return None;
    }
    let len = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
    let (this, rest) = packet.split_at_checked(len)?;
    Some((first & 0x1f, kind, this.get(4..)?, rest))
}

fn word(body: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(body.get(at..at + 4)?.try_into().ok()?))
}

fn half(body: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(body.get(at..at + 2)?.try_into().ok()?))
}

fn nack(body: &[u8], left: &mut usize) -> Option<Feedback> {
    let ssrc = word(body, 4)?;
    let mut missing = Vec::new();
    for entry in body.get(8..)?.chunks_exact(4) {
        let (first, mask) = (half(entry, 0)?, half(entry, 2)?);
        missing.push(first);
        missing.extend(
            (0..16)
                .filter(|bit| mask >> bit & 1 == 1)
                .map(|bit| first.wrapping_add(bit + 1)),
        );
    }
    missing.truncate(*left);
    *left -= missing.len();
    Some(Feedback::Nack { ssrc, missing })
}

/// What became of a packet, by two bits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Missing,
    Small,
    Large,
}

impl Status {
    fn of(bits: u16) -> Self {
        match bits & 3 {
            1 => Self::Small,
            2 => Self::Large,
            _ => Self::Missing,
        }
    }
}

fn arrivals(body: &[u8], left: &mut usize) -> Option<Arrivals> {
    let (base, count) = (half(body, 8)?, usize::from(half(body, 10)?));
    let reference = word(body, 12)? >> 8;
    *left = left.checked_sub(count)?;
    let mut rest = body.get(16..)?;
    let mut statuses: Vec<Status> = Vec::with_capacity(count);
    while statuses.len() < count {
        let chunk = half(rest, 0)?;
        rest = rest.get(2..)?;
        let room = count - statuses.len();
        if chunk & 0x8000 == 0 {
            let run = usize::from(chunk & 0x1fff).min(room);
            statuses.extend(std::iter::repeat_n(Status::of(chunk >> 13), run));
            // A run of nothing would never end.
            if run == 0 {
                return None;
            }
        } else if chunk & 0x4000 == 0 {
            let bits = (0..14).rev().map(|place| chunk >> place & 1);
            statuses.extend(bits.map(Status::of).take(room));
        } else {
            let pairs = (0..7).rev().map(|place| chunk >> (2 * place));
            statuses.extend(pairs.map(Status::of).take(room));
        }
    }
    let mut at = 0_i64;
    let mut times = Vec::with_capacity(count);
    for status in statuses {
        let ticks = match status {
            Status::Missing => {
                times.push(None);
                continue;
            }
            Status::Small => {
                let (ticks, after) = rest.split_first()?;
                rest = after;
                i64::from(*ticks)
            }
            Status::Large => {
                let ticks = half(rest, 0)?;
                rest = rest.get(2..)?;
                i64::from(ticks.cast_signed())
            }
        };
        at += ticks * TICK_MICROS;
        times.push(Some(at));
    }
    Some(Arrivals {
        base,
        reference,
        times,
    })
}

/// What we say of a stream.
#[derive(Clone, Debug)]
pub(crate) struct SenderReport<'a> {
    pub(crate) ssrc: u32,
    /// Seconds in the upper 32 bits, their fractions in the lower ones.
    pub(crate) ntp: u64,
    /// The same moment by the clock of the stream.
    pub(crate) time: u32,
    pub(crate) packets: u32,
    pub(crate) bytes: u32,
    /// RFC 3550 §6.5.1, the same as in the answer.
    pub(crate) cname: &'a str,
}

/// A compound packet with these reports; empty where there is none.
pub(crate) fn write(reports: &[SenderReport<'_>]) -> Vec<u8> {
    let mut packet = Vec::new();
    for report in reports {
        packet.extend_from_slice(&[VERSION << 6, SENDER_REPORT, 0, 6]);
        packet.extend_from_slice(&report.ssrc.to_be_bytes());
        packet.extend_from_slice(&report.ntp.to_be_bytes());
        packet.extend_from_slice(&report.time.to_be_bytes());
        packet.extend_from_slice(&report.packets.to_be_bytes());
        packet.extend_from_slice(&report.bytes.to_be_bytes());
    }
    for report in reports {
        const CNAME: u8 = 1;
        let name = report.cname.as_bytes();
        let name = name.get(..name.len().min(255)).unwrap_or_default();
        let mut chunk = report.ssrc.to_be_bytes().to_vec();
        chunk.extend_from_slice(&[CNAME, u8::try_from(name.len()).unwrap_or(u8::MAX)]);
        chunk.extend_from_slice(name);
        // At least one zero ends the items.
        chunk.resize((chunk.len() / 4 + 1) * 4, 0);
        let words = u16::try_from(chunk.len() / 4).unwrap_or(u16::MAX);
        packet.extend_from_slice(&[VERSION << 6 | 1, SOURCE_DESCRIPTION]);
        packet.extend_from_slice(&words.to_be_bytes());
        packet.extend_from_slice(&chunk);
    }
    packet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nacks_and_requests_for_key_frames_are_read() {
        let packet = [
            0x81,
            205,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            9,
            0xff,
            0xff,
            0b1000_0000,
            0b0000_0101, //
            0x81,
            206,
            0,
            2,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            8, //
            0x84,
            206,
            0,
            4,
            0,
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            7,
            5,
            0,
            0,
            0, //
            0x81,
            201,
            0,
            1,
            0,
            0,
            0,
            1,
        ];
        let missing = vec![0xffff, 0, 2, 15];
        assert_eq!(
            read(&packet),
            [
                Feedback::Nack { ssrc: 9, missing },
                Feedback::KeyFrameWanted { ssrc: 8 },
                Feedback::KeyFrameWanted { ssrc: 7 },
            ]
        );
    }

    #[test]
    fn arrivals_are_read_in_all_kinds_of_chunks() {
        let packet = [
            0x8f, 205, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2, //
            0, 10, 0, 12, 0, 0, 5, 1, // base 10, 12 of them, reference 5, feedback 1
            0x20, 0x02, // a run of two that came shortly after each other
            0xd2, 0x00, // pairs: 01, 00, 10, and four that did not come
            0x90, 0x00, // bits: 0, 1, and nothing more
            4, 8, 1, 0xff, 0xfc, 2, 0, 0, 0, 0, // deltas
        ];
        let [Feedback::Arrivals(arrivals)] = &read(&packet)[..] else {
            panic!("no arrivals")
        };
        assert_eq!((arrivals.base, arrivals.reference), (10, 5));
        let ticks: Vec<Option<i64>> = arrivals
            .times
            .iter()
            .map(|time| time.map(|t| t / TICK_MICROS))
            .collect();
        let mut expected = vec![Some(4), Some(12), Some(13), None, Some(9)];
        expected.extend([None; 4]);
        expected.extend([None, Some(11), None]);
        assert_eq!(ticks[..9], expected[..9]);
        assert_eq!(ticks.len(), 12);
    }

    #[test]
    fn reports_have_the_lengths_that_they_say() {
        for name in ["", "a", "abc", "abcdefgh"] {
            let report = SenderReport {
                ssrc: 1,
                ntp: 2,
                time: 3,
                packets: 4,
                bytes: 5,
                cname: name,
            };
            let packet = write(&[report.clone(), report]);
            let mut rest = packet.as_slice();
            let mut kinds = Vec::new();
            while let Some((_, kind, _, after)) = next(rest) {
                kinds.push(kind);
                rest = after;
            }
            assert!(rest.is_empty());
            assert_eq!(kinds, [200, 200, 202, 202]);
        }
    }

    #[test]
    fn one_packet_speaks_of_so_many_and_no_more() {
        // Each says in one run that 2,000 did not come.
        let one = [
            0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0x07, 0xd0, 0, 0, 0, 0, 0x07, 0xd0, 0, 0,
        ];
        assert_eq!(read(&one).len(), 1);
        assert_eq!(read(&one.repeat(50)).len(), MAX_FEEDBACK_STATUSES / 2_000);
        let nack = [0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0, 1, 0xff, 0xff];
        let missing = |feedback: &Feedback| match feedback {
            Feedback::Nack { missing, .. } => missing.len(),
            _ => 0,
        };
        assert_eq!(
            read(&nack.repeat(100)).iter().map(missing).sum::<usize>(),
            MAX_NACKS
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let mut bytes = bytes;
            if let [first, kind, ..] = bytes.as_mut_slice() {
                *first = 0x8f;
                *kind = 205;
            }
            let statuses = |feedback| match feedback {
                Feedback::Arrivals(arrivals) => arrivals.times.len(),
                _ => 0,
            };
            // However many there are in it.
            let many = bytes.repeat(5);
            prop_assert!(read(&many).into_iter().map(statuses).sum::<usize>() <= MAX_FEEDBACK_STATUSES);
        }
    }
}
