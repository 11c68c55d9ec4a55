//! A track: what one m-line of a publish connection brings, in one encoding or in several.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::{ParticipantId, socket::TrackKind};
use str0m::{
    media::{Mid, Rid},
    rtp::Ssrc,
};

use super::{allocate::LayerOffer, packet::Packet, rate::Rate, voice::Loudness};
use crate::limits::{
    AUDIO_LOOKBACK, DEMAND_HOLD, DEMAND_STEP, KEY_FRAME_INTERVAL, LAYER_GONE, MAX_DEMAND, MAX_LAYERS,
    MOST_OBEYED, MOST_STEP, SMALLEST_HEIGHT, SPEECH_DB,
};

/// Names a track in its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TrackId {
    pub(super) participant: ParticipantId,
    pub(super) kind: TrackKind,
}

/// Names an encoding in its track: the RTP stream id (RFC 8852), none where there is one encoding only.
pub(super) type LayerId = Option<Rid>;

pub(super) struct Track {
    pub(super) mid: Mid,
    pub(super) loudness: Loudness,
    pub(super) demand: Demand,
    /// The encodings of which packets came, in the order of their first ones.
    pub(super) layers: Vec<Layer>,
}

impl Track {
    pub(super) fn new(mid: Mid) -> Self {
        Self {
            mid,
            loudness: Loudness::default(),
            demand: Demand::default(),
            layers: Vec::new(),
        }
    }

    pub(super) fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// The encoding, which is new with its first packet. Nothing where there are too many.
    pub(super) fn layer_mut(&mut self, id: LayerId) -> Option<&mut Layer> {
        let place = match self.layers.iter().position(|layer| layer.id == id) {
            Some(place) => place,
            None if self.layers.len() < MAX_LAYERS => {
                self.layers.push(Layer::new(id));
                self.layers.len() - 1
            }
            None => return None,
        };
        self.layers.get_mut(place)
    }

    /// Whether its smallest encoding is a small picture.
    pub(super) fn is_small(&self, now: Instant) -> bool {
        let offers = self.offers(now);
        offers
            .first()
            .is_some_and(|offer| offer.height <= SMALLEST_HEIGHT)
    }

    /// What may be forwarded, the smallest first: encodings that are silent while others are sent are left
    /// out, for a browser without the bandwidth or the time for the largest ones stops sending them.
    pub(super) fn offers(&self, now: Instant) -> Vec<LayerOffer> {
        let newest = self.layers.iter().filter_map(|layer| layer.last_packet).max();
        let sent = |layer: &&Layer| {
            let last = layer.last_packet;
            last.zip(newest)
                .is_some_and(|(last, newest)| newest.saturating_duration_since(last) <= LAYER_GONE)
        };
        let mut offers: Vec<LayerOffer> = self
            .layers
            .iter()
            .filter(sent)
            .map(|layer| LayerOffer {
                id: layer.id,
                height: layer.height.unwrap_or(0),
                rate: layer.rate.bits_per_second(),
            })
            .collect();
        offers.sort_by_key(|offer| (offer.height, offer.rate));
        // It comes down to what its client was told, but not at once.
        let expected = self.demand.expected(now).unwrap_or(u64::MAX);
        if let Some(smallest) = offers.first_mut() {
            smallest.rate = smallest.rate.min(expected);
        }
        offers
    }
}

/// How large the others show a track, and how much of its smallest encoding everybody can be sent. The height grows at once
/// and shrinks after a while, so that a change of layout does not stop encoders that are needed again the next moment; the
/// rate shrinks at once and grows after a while, for an estimate sways.
#[derive(Debug)]
pub(super) struct Demand {
    height: u16,
    less_since: Option<Instant>,
    /// In steps of [`MOST_STEP`], and since when.
    most: Option<(u64, Instant)>,
    more_since: Option<Instant>,
}

impl Default for Demand {
    /// A new track is sent as it is until it is known who shows it.
    fn default() -> Self {
        Self {
            height: u16::MAX,
            less_since: None,
            most: None,
            more_since: None,
        }
    }
}

impl Demand {
    /// Largest height in pixels at which it is shown; 0 where it is not.
    pub(super) fn height(&self) -> u16 {
        self.height
    }

    /// What the smallest encoding may take at most, in kbit a second.
    pub(super) fn most(&self) -> Option<u16> {
        u16::try_from(self.most?.0 / 1_000).ok()
    }

    /// What the smallest encoding will take, in bits a second, where its client was told a moment ago.
    fn expected(&self, now: Instant) -> Option<u64> {
        let (most, told) = self.most?;
        (now < told + MOST_OBEYED).then_some(most)
    }

    /// Takes what everybody could be sent of the smallest encoding, in bits a second; nothing where there is room.
    pub(super) fn share(&mut self, now: Instant, share: Option<u64>) {
        let share = share.map(|share| share / MOST_STEP * MOST_STEP);
        let held = self.most.map_or(u64::MAX, |(most, _)| most);
        let wanted = share.unwrap_or(u64::MAX);
        if wanted <= held {
            self.more_since = None;
        }
        let grows = wanted > held && now >= *self.more_since.get_or_insert(now) + DEMAND_HOLD;
        if wanted < held || grows {
            self.most = share.map(|share| (share, now));
            self.more_since = None;
        }
    }

    /// Takes what it is now.
    pub(super) fn note(&mut self, now: Instant, height: u16) {
        let height = height.min(MAX_DEMAND).div_ceil(DEMAND_STEP) * DEMAND_STEP;
        let holds = height < self.height && now < *self.less_since.get_or_insert(now) + DEMAND_HOLD;
        if !holds {
            self.height = height;
            self.less_since = None;
        }
    }
}

/// One encoding of a track.
pub(super) struct Layer {
    pub(super) id: LayerId,
    pub(super) key_frames: KeyFrameAsk,
    /// Height in pixels of its pictures, from its last key frame.
    height: Option<u16>,
    rate: Rate,
    last_packet: Option<Instant>,
    /// The last packets in the order of their arrival.
    recent: VecDeque<Packet>,
}

impl Layer {
    fn new(id: LayerId) -> Self {
        Self {
            id,
            key_frames: KeyFrameAsk::default(),
            height: None,
            rate: Rate::default(),
            last_packet: None,
            recent: VecDeque::new(),
        }
    }

    /// Notes a packet that came, of which the last `most` are kept.
    pub(super) fn remember(&mut self, now: Instant, packet: Packet, most: usize) {
        self.rate.count(now, packet.wire_len());
        // What probes the bandwidth carries no picture.
        if packet.payload.is_empty() {
            return;
        }
        self.last_packet = Some(now);
        self.height = packet.key_frame_height().or(self.height);
        if self.recent.len() >= most {
            self.recent.pop_front();
        }
        self.recent.push_back(packet);
    }

    /// Whether a packet with this number is missing between those of its source that came.
    pub(super) fn misses(&self, source: Ssrc, seq: u64) -> bool {
        let mut earlier = false;
        for packet in self.recent.iter().filter(|packet| packet.source == source) {
            if packet.seq == seq {
                return false;
            }
            earlier |= packet.seq < seq;
        }
        earlier
    }

    /// The packets just before `next`, without a gap, for a voice that begins: from where it became loud, and what leads
    /// up to that.
    pub(super) fn lead(&self, now: Instant, next: &Packet) -> Vec<Packet> {
        let mut lead: Vec<Packet> = Vec::new();
        for packet in self.recent.iter().rev() {
            let after = lead.last().unwrap_or(next);
            let young = now.saturating_duration_since(packet.arrived) <= AUDIO_LOOKBACK;
            if packet.source == next.source && after.seq.checked_sub(1) == Some(packet.seq) && young {
                lead.push(packet.clone());
            }
        }
        lead.reverse();
        let speaks = |packet: &Packet| packet.loudness().is_some_and(|level| level >= SPEECH_DB);
        let loud = lead.iter().position(speaks).unwrap_or(lead.len());
        lead.split_off(loud.saturating_sub(1))
    }

    /// Packets of the same source after `first` that arrived before it.
    pub(super) fn overtakers(&self, first: &Packet) -> Vec<Packet> {
        let after = |packet: &&Packet| packet.source == first.source && packet.seq > first.seq;
        let mut found: Vec<Packet> = self.recent.iter().filter(after).cloned().collect();
        found.sort_by_key(|packet| packet.seq);
        found
    }
}

/// Throttles the requests for key frames of one encoding.
#[derive(Debug, Default)]
pub(super) struct KeyFrameAsk {
    asked: Option<Instant>,
    wanted: bool,
}

impl KeyFrameAsk {
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        let waited = self
            .asked
            .map_or(Duration::MAX, |asked| now.saturating_duration_since(asked));
        self.wanted && waited >= KEY_FRAME_INTERVAL
    }

    pub(super) fn asked(&mut self, now: Instant) {
        self.asked = Some(now);
        self.wanted = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_shrinks_at_once_and_grows_after_a_while() {
        #[expect(clippy::disallowed_methods, reason = "virtual time needs some beginning")]
        let now = Instant::now();
        let mut demand = Demand::default();
        demand.share(now, None);
        assert_eq!((demand.most(), demand.expected(now)), (None, None));
        demand.share(now, Some(75_000));
        assert_eq!((demand.most(), demand.expected(now)), (Some(60), Some(60_000)));
        assert_eq!(
            demand.expected(now + MOST_OBEYED),
            None,
            "who does not obey is taken as it is"
        );
        let later = now + DEMAND_HOLD;
        for share in [Some(130_000), None] {
            demand.share(now, share);
            demand.share(later - Duration::from_millis(1), share);
            assert_eq!(demand.most(), Some(60));
        }
        demand.share(later, Some(61_000));
        demand.share(later + DEMAND_HOLD / 2, None);
        assert_eq!(demand.most(), Some(60), "the while begins anew");
        demand.share(later + DEMAND_HOLD * 2, None);
        assert_eq!(demand.most(), None);
    }
}
