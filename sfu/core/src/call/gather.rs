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
