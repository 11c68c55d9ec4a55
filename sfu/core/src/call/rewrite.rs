//! Makes one RTP stream of the pieces of several.
//!
//! A slot shows now this track, now that one, but its receiver must see a single stream: sequence numbers
//! without a gap at the switch, time that goes on, VP8 picture ids that count on (RFC 7741 §4.2). Inside one
//! piece everything keeps its distance, so that loss and reordering stay what they are.

use std::time::Instant;

use str0m::rtp::Ssrc;

/// Numbers of a packet that are rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Extended sequence number.
    pub(super) seq: u64,
    pub(super) time: u32,
    /// VP8 picture id, 15 bits.
    pub(super) picture: Option<u16>,
    /// VP8 TL0PICIDX.
    pub(super) tl0: Option<u8>,
}

/// First outgoing sequence number. It must be below 2¹⁶, for the receiver begins with a roll-over count of 0
/// (RFC 3711 §3.3.1).
const FIRST_SEQ: u64 = 1;

/// How far a packet may be ahead of the newest one: some seconds of video that were lost.
const MAX_JUMP: u64 = 1_000;

/// Longer gaps than this are closed to one missing packet. Nobody can have again what so many lost ones held, and a
/// receiver that loses some packets after each of many long gaps would lose count of the roll-overs for good
/// (RFC 3711 §3.3.1: it guesses by half of the numbers).
const MAX_GAP: u64 = 100;

const PICTURE_MASK: u16 = 0x7fff;

#[derive(Debug)]
pub(super) struct Rewriter {
    clock_rate: u32,
    piece: Option<Piece>,
    last: Option<(Numbers, Instant)>,
    used: Used,
}

/// Which of the last numbers went out, in a ring of bits (RFC 6479). A number is a nonce of SRTP: none may go out
/// twice, whatever a publisher sends.
#[derive(Debug, Default)]
struct Used {
    newest: u64,
    ring: [u64; Used::WORDS],
}

impl Used {
    const WORDS: usize = 16;

    /// Takes a number; false where it was used, or is too old to tell.
    fn take(&mut self, number: u64) -> bool {
        let (word, newest) = (number / 64, self.newest / 64);
        for passed in (newest + 1..=word).take(Self::WORDS) {
            if let Some(bits) = self.word(passed) {
                *bits = 0;
            }
        }
        self.newest = self.newest.max(number);
        let reach = u64::try_from(Self::WORDS).unwrap_or(0);
        let bit = 1 << (number % 64);
        match self.word(word) {
            Some(bits) if word + reach > newest && *bits & bit == 0 => {
                *bits |= bit;
                true
            }
            _ => false,
        }
    }

    fn word(&mut self, word: u64) -> Option<&mut u64> {
        let place = word % u64::try_from(Self::WORDS).ok()?;
        self.ring.get_mut(usize::try_from(place).ok()?)
    }
}

/// The piece that is being forwarded: where it began, and the distance to what goes out.
#[derive(Debug)]
struct Piece {
    source: Ssrc,
    first_seq: u64,
    out_seq: u64,
    time: u32,
    picture: u16,
    tl0: u8,
}

impl Rewriter {
    pub(super) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            piece: None,
            last: None,
            used: Used::default(),
        }
    }

    /// Whether packets of this source are passed on.
    pub(super) fn follows(&self, source: Ssrc) -> bool {
        self.piece.as_ref().is_some_and(|piece| piece.source == source)
    }

    /// Ends the piece; nothing is passed on until the next one starts.
    pub(super) fn stop(&mut self) {
        self.piece = None;
    }

    /// Starts a piece with this packet as the first.
    pub(super) fn start(&mut self, now: Instant, source: Ssrc, first: Numbers) {
        let next = match self.last {
            Some((last, at)) => Numbers {
                seq: last.seq + 1,
                time: last.time.wrapping_add(self.ticks_since(now, at)),
                picture: Some(last.picture.map_or(0, |id| id.wrapping_add(1) & PICTURE_MASK)),
                tl0: Some(last.tl0.map_or(0, |id| id.wrapping_add(1))),
            },
            None => Numbers {
                seq: FIRST_SEQ,
                ..first
            },
        };
        let distance = |next: Option<u16>, first: Option<u16>| match (next, first) {
            (Some(next), Some(first)) => next.wrapping_sub(first) & PICTURE_MASK,
            _ => 0,
        };
        self.piece = Some(Piece {
            source,
            first_seq: first.seq,
            out_seq: next.seq,
            time: next.time.wrapping_sub(first.time),
            picture: distance(next.picture, first.picture),
            tl0: next.tl0.unwrap_or(0).wrapping_sub(first.tl0.unwrap_or(0)),
        });
    }

    /// The numbers with which a packet of the followed source goes out. Nothing for packets from before the
    /// first one of the piece, which came late, and for numbers that went out. A jump far ahead ends the piece, for
    /// the receiver would lose count of the roll-overs.
    pub(super) fn rewrite(&mut self, now: Instant, numbers: Numbers) -> Option<Numbers> {
        self.close_gap(numbers.seq);
        let piece = self.piece.as_ref()?;
        let rewritten = Numbers {
            seq: piece
                .out_seq
                .saturating_add(numbers.seq.checked_sub(piece.first_seq)?),
            time: numbers.time.wrapping_add(piece.time),
            picture: numbers
                .picture
                .map(|id| id.wrapping_add(piece.picture) & PICTURE_MASK),
            tl0: numbers.tl0.map(|id| id.wrapping_add(piece.tl0)),
        };
        let newest = self.last.map_or(piece.out_seq, |(last, _)| last.seq);
        if rewritten.seq > newest.saturating_add(MAX_JUMP) {
            self.piece = None;
            return None;
        }
        if !self.used.take(rewritten.seq) {
            return None;
        }
        if self.last.is_none_or(|(last, _)| rewritten.seq > last.seq) {
            let (picture, tl0) = self
                .last
                .map_or((None, None), |(last, _)| (last.picture, last.tl0));
            let kept = Numbers {
                picture: rewritten.picture.or(picture),
                tl0: rewritten.tl0.or(tl0),
                ..rewritten
            };
            self.last = Some((kept, now));
        }
        Some(rewritten)
    }

    fn close_gap(&mut self, seq: u64) {
        let (Some(piece), Some((last, _))) = (&mut self.piece, &self.last) else {
            return;
        };
        let at = piece.out_seq.saturating_add(seq.saturating_sub(piece.first_seq));
        if at > last.seq.saturating_add(MAX_GAP) && at <= last.seq.saturating_add(MAX_JUMP) {
            // What is late of before has no number any more.
            (piece.first_seq, piece.out_seq) = (seq, last.seq + 2);
        }
    }

    /// Time between two packets in units of the clock; at least one, so that frames differ.
    fn ticks_since(&self, now: Instant, at: Instant) -> u32 {
        let micros = now.saturating_duration_since(at).as_micros();
        let ticks = micros * u128::from(self.clock_rate) / 1_000_000;
        // The lower 32 bits are what a timestamp counts.
        u32::try_from(ticks & u128::from(u32::MAX)).unwrap_or(1).max(1)
    }
}
