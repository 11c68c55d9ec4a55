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
    SPEECH_DB,
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

    /// What may be forwarded, the smallest first: encodings that are silent while others are sent are left
    /// out, for a browser without the bandwidth or the time for the largest ones stops sending them.
    pub(super) fn offers(&self) -> Vec<LayerOffer> {
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
        offers
    }
}

/// How large the others show a track. It grows at once and shrinks after a while, so that a change of layout does
/// not stop encoders that are needed again the next moment.
#[derive(Debug)]
pub(super) struct Demand {
    height: u16,
    less_since: Option<Instant>,
}

impl Default for Demand {
    /// A new track is sent as it is until it is known who shows it.
    fn default() -> Self {
        Self {
            height: u16::MAX,
            less_since: None,
        }
    }
}

impl Demand {
    /// Largest height in pixels at which it is shown; 0 where it is not.
    pub(super) fn height(&self) -> u16 {
        self.height
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
