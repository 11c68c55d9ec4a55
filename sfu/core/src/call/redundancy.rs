//! Redundant audio (RFC 2198). A client repeats in each packet what the packets before it held; here it is taken apart,
//! what was lost on the way is filled in, and for each subscriber it is made anew, as deep as that one's way needs it.
//! Each block is sealed by itself, so that none has to be opened for it.

use std::{collections::VecDeque, sync::Arc};

use str0m::{
    format::Codec,
    rtp::{RedDecoder, RedEncoder, RedundantBlock},
};

use super::packet::Packet;
use crate::{
    egress::Outgoing,
    limits::{LOST_FOR_GOOD, MOST_PAYLOAD, MOST_REDUNDANCY},
};

/// The packet without its redundancy, and what that says of the packets just before it, oldest first. Nothing where it
/// cannot be read.
pub(super) fn take_apart(packet: Packet) -> Option<(Packet, Vec<Packet>)> {
    let blocks = RedDecoder::decode(&packet.payload).ok()?;
    let (primary, redundant) = blocks.split_last()?;
    let newest = redundant.iter().rev().take(MOST_REDUNDANCY).zip(1_u64..);
    let mut before: Vec<Packet> = newest
        // No sender repeats what it has not said before, or says it twice.
        .take_while(|(block, _)| block.timestamp_offset > 0)
        .filter(|(block, _)| block.pt == primary.pt && !block.payload.is_empty())
        .filter_map(|(block, back)| {
            Some(Packet {
                seq: packet.seq.checked_sub(back)?,
                time: packet.time.wrapping_sub(block.timestamp_offset),
                marker: false,
                payload: block.payload.into(),
                // They were said of the newest block.
                extensions: crate::egress::Extensions::default(),
                codec: Codec::Opus,
                ..packet.clone()
            })
        })
        .collect();
    before.reverse();
    let payload = primary.payload.into();
    let newest = Packet {
        payload,
        codec: Codec::Opus,
        ..packet
    };
    Some((newest, before))
}

/// How many blocks each packet repeats, where this share of the packets is lost: so many that hardly any is lost with all
/// packets that held it.
pub(super) fn depth(lost: f64) -> usize {
    let mut gone = lost;
    for depth in 0..MOST_REDUNDANCY {
        if gone <= LOST_FOR_GOOD {
            return depth;
        }
        gone *= lost;
    }
    MOST_REDUNDANCY
}

/// What a slot sent last, to be repeated.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    sent: VecDeque<(u32, Arc<[u8]>)>,
}

impl Repeats {
    /// Another voice begins: nothing of the one before is repeated.
    pub(super) fn clear(&mut self) {
        self.sent.clear();
    }

    /// Puts up to `depth` blocks that were sent before in front of the packet's own, as payload type `red`.
    pub(super) fn wrap(&mut self, packet: &mut Outgoing, red: u8, depth: usize) {
        let own = packet.payload.clone();
        let newer = self
            .sent
            .back()
            .is_none_or(|(time, _)| ahead(packet.time, *time) > 0);
        if depth > 0 && newer {
            let from = self.sent.len().saturating_sub(depth);
            let blocks: Vec<RedundantBlock> = self
                .sent
                .range(from..)
                .map(|(time, payload)| RedundantBlock {
                    pt: packet.payload_type,
                    timestamp_offset: packet.time.wrapping_sub(*time),
                    payload: payload.to_vec(),
                })
                .filter(RedundantBlock::fits)
                .collect();
            let payload = RedEncoder::encode(packet.payload_type, &own, &blocks);
            if !blocks.is_empty() && payload.len() <= MOST_PAYLOAD {
                packet.payload = payload.into();
                packet.payload_type = red;
            }
        }
        if self.sent.len() >= MOST_REDUNDANCY {
            self.sent.pop_front();
        }
        // What came late takes its place among what is repeated.
        let place = self
            .sent
            .partition_point(|(time, _)| ahead(packet.time, *time) > 0);
        self.sent.insert(place, (packet.time, own));
    }
}

/// How far `time` is ahead of `other`, with the roll-over.
fn ahead(time: u32, other: u32) -> i32 {
    time.wrapping_sub(other).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{call::packet::tests::packet, egress::Extensions};

    fn block(offset: u32, byte: u8) -> RedundantBlock {
        RedundantBlock {
            pt: 111,
            timestamp_offset: offset,
            payload: vec![byte; 3],
        }
    }

    #[test]
    fn blocks_are_packets_with_the_numbers_they_had() {
        let payload = RedEncoder::encode(111, &[9; 4], &[block(2_880, 7), block(960, 8)]);
        let (newest, before) = take_apart(packet(20, 100, &payload)).unwrap();
        assert_eq!(
            (newest.seq, newest.time, &*newest.payload),
            (20, 100, &[9; 4][..])
        );
        assert_eq!(newest.codec, Codec::Opus);
        assert_eq!(newest.extensions.audio_level, Some(10));
        let found: Vec<_> = before.iter().map(|p| (p.seq, p.time, p.payload[0])).collect();
        let long_ago = 100_u32.wrapping_sub(2_880);
        assert_eq!(found, [(18, long_ago, 7), (19, 100_u32.wrapping_sub(960), 8)]);
        assert!(
            before
                .iter()
                .all(|p| !p.marker && p.extensions == Extensions::default())
        );
    }

    #[test]
    fn the_first_packets_of_a_stream_repeat_nothing_from_before_it() {
        let payload = RedEncoder::encode(111, &[9; 4], &[block(1_920, 7), block(960, 8)]);
        let (_, before) = take_apart(packet(1, 5_000, &payload)).unwrap();
        assert_eq!(before.iter().map(|p| p.seq).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn more_is_repeated_the_more_is_lost() {
        let depths = [0.0, 0.002, 0.01, 0.05, 0.1, 0.3, 0.5, 1.0].map(depth);
        assert_eq!(depths, [0, 0, 1, 1, 2, 4, 4, 4]);
    }

    fn outgoing(time: u32, byte: u8) -> Outgoing {
        let of = packet(1, time, &[byte; 3]);
        Outgoing {
            payload_type: 111,
            seq: 1,
            time,
            marker: false,
            extensions: of.extensions,
            payload: of.payload,
            patch: None,
            arrived: of.arrived,
        }
    }

    fn bytes_of(packet: &Outgoing) -> Vec<(u32, u8)> {
        let blocks = RedDecoder::decode(&packet.payload).unwrap();
        blocks
            .iter()
            .map(|b| (b.timestamp_offset, b.payload[0]))
            .collect()
    }

    #[test]
    fn what_was_sent_before_is_repeated_as_deep_as_needed() {
        let mut repeats = Repeats::default();
        for (time, byte) in [(0, 1), (960, 2), (2_880, 4)] {
            let mut packet = outgoing(time, byte);
            repeats.wrap(&mut packet, 63, 0);
            assert_eq!(
                (packet.payload_type, &*packet.payload),
                (111, &[byte; 3][..]),
                "plain"
            );
        }
        // Late, and so nothing can be put before it.
        let mut late = outgoing(1_920, 3);
        repeats.wrap(&mut late, 63, 2);
        assert_eq!(late.payload_type, 111);
        let mut packet = outgoing(3_840, 5);
        repeats.wrap(&mut packet, 63, 3);
        assert_eq!(packet.payload_type, 63);
        assert_eq!(bytes_of(&packet), [(2_880, 2), (1_920, 3), (960, 4), (0, 5)]);
        // A third of a second later, the offset has no room for the oldest.
        let mut packet = outgoing(3_840 + 0x3fff, 6);
        repeats.wrap(&mut packet, 63, 2);
        assert_eq!(bytes_of(&packet), [(0x3fff, 5), (0, 6)]);
        repeats.clear();
        let mut packet = outgoing(30_000, 7);
        repeats.wrap(&mut packet, 63, 4);
        assert_eq!(packet.payload_type, 111, "there is nothing to repeat");
    }

    proptest! {
        #[test]
        fn any_payload_is_taken_apart_without_a_panic(payload in prop::collection::vec(any::<u8>(), 0..300), seq in 0_u64..40) {
            if let Some((newest, before)) = take_apart(packet(seq, 1, &payload)) {
                prop_assert!(newest.payload.len() < payload.len());
                prop_assert!(before.len() <= MOST_REDUNDANCY);
                prop_assert!(before.iter().all(|packet| packet.seq < seq));
                prop_assert!(before.is_sorted_by_key(|packet| packet.seq));
            }
        }
    }
}
