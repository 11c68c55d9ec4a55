//! Packets of pictures wait for the rest of theirs, for a moment: so what each subscriber gets of a picture is made in one
//! go and leaves in one call to the system.

use std::time::Instant;

use str0m::rtp::Ssrc;

use super::{packet::Packet, track::TrackId};
use crate::limits::{GATHER, MOST_IN_TRAIN};

#[derive(Debug, Default)]
pub(super) struct Gathering(Vec<Gathered>);

/// What came of one source of a track.
#[derive(Debug)]
struct Gathered {
    track: TrackId,
    source: Ssrc,
    since: Instant,
    packets: Vec<Packet>,
}

impl Gathering {
    /// Adds a packet. Returns all of its source where its picture is whole, or there are enough.
    pub(super) fn add(&mut self, now: Instant, track: TrackId, packet: Packet) -> Option<Vec<Packet>> {
        let (source, last) = (packet.source, packet.marker);
        let known = |other: &Gathered| other.track == track && other.source == source;
        let place = match self.0.iter().position(known) {
            Some(place) => place,
            None if last => return Some(vec![packet]),
            None => {
                self.0.push(Gathered {
                    track,
                    source,
                    since: now,
                    packets: Vec::new(),
                });
                self.0.len() - 1
            }
        };
        let gathered = self.0.get_mut(place)?;
        gathered.packets.push(packet);
        let whole = last || gathered.packets.len() >= MOST_IN_TRAIN;
        whole.then(|| self.0.swap_remove(place).packets)
    }

    /// When what waits has to go, whole or not.
    pub(super) fn due(&self) -> Option<Instant> {
        self.0.iter().map(|gathered| gathered.since + GATHER).min()
    }

    /// What has waited for long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(TrackId, Vec<Packet>)> {
        let due = self.0.extract_if(.., |gathered| now >= gathered.since + GATHER);
        due.map(|gathered| (gathered.track, gathered.packets)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use protocol::{ParticipantId, socket::TrackKind};

    use super::*;
    use crate::call::packet::tests::packet;

    fn track() -> TrackId {
        TrackId {
            participant: ParticipantId::from_random([1; 16]),
            kind: TrackKind::Camera,
        }
    }

    fn of(source: u32, seq: u64, last: bool) -> Packet {
        Packet {
            source: source.into(),
            marker: last,
            ..packet(seq, 0, &[0])
        }
    }

    fn numbers(packets: Option<Vec<Packet>>) -> Vec<u64> {
        packets
            .unwrap_or_default()
            .iter()
            .map(|packet| packet.seq)
            .collect()
    }

    #[test]
    fn a_picture_leaves_whole_and_apart_from_others() {
        let now = of(1, 0, false).arrived;
        let mut gathering = Gathering::default();
        assert!(numbers(gathering.add(now, track(), of(1, 1, false))).is_empty());
        assert!(numbers(gathering.add(now, track(), of(2, 7, false))).is_empty());
        assert_eq!(
            numbers(gathering.add(now, track(), of(3, 9, true))),
            [9],
            "of one packet"
        );
        assert_eq!(numbers(gathering.add(now, track(), of(1, 2, true))), [1, 2]);
        assert_eq!(gathering.due(), Some(now + GATHER));
        assert_eq!(numbers(gathering.add(now, track(), of(2, 8, true))), [7, 8]);
        assert_eq!(gathering.due(), None);
    }

    #[test]
    fn what_never_gets_whole_goes_when_its_time_is_over() {
        let now = of(1, 0, false).arrived;
        let mut gathering = Gathering::default();
        gathering.add(now, track(), of(1, 1, false));
        let later = now + GATHER / 2;
        gathering.add(later, track(), of(2, 7, false));
        gathering.add(later, track(), of(1, 2, false));
        assert!(
            gathering
                .take_due(now + GATHER - Duration::from_nanos(1))
                .is_empty()
        );
        let due = gathering.take_due(now + GATHER);
        assert_eq!(due.len(), 1);
        assert_eq!(
            numbers(due.into_iter().next().map(|(_, packets)| packets)),
            [1, 2]
        );
        assert_eq!(gathering.due(), Some(later + GATHER));
    }

    #[test]
    fn pictures_without_an_end_are_bounded() {
        let now = of(1, 0, false).arrived;
        let mut gathering = Gathering::default();
        let left = (1..=100).filter_map(|seq| gathering.add(now, track(), of(1, seq, false)));
        assert_eq!(
            left.map(|packets| packets.len()).collect::<Vec<_>>(),
            [MOST_IN_TRAIN]
        );
    }
}
