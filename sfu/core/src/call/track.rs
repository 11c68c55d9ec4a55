//! A track: what one m-line of a publish connection brings.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use protocol::{ParticipantId, socket::TrackKind};
use str0m::media::{Mid, Rid};

use super::{packet::Packet, voice::Loudness};
use crate::limits::{KEY_FRAME_INTERVAL, RECENT_PACKETS};

/// Names a track in its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TrackId {
    pub(super) participant: ParticipantId,
    pub(super) kind: TrackKind,
}

pub(super) struct Track {
    pub(super) mid: Mid,
    /// The encoding that is forwarded, where the client sends several (rid).
    pub(super) layer: Option<Rid>,
    pub(super) loudness: Loudness,
    pub(super) key_frames: KeyFrameAsk,
    /// The last packets in the order of their arrival; empty for audio.
    recent: VecDeque<Packet>,
}

impl Track {
    pub(super) fn new(mid: Mid) -> Self {
        Self {
            mid,
            layer: None,
            loudness: Loudness::default(),
            key_frames: KeyFrameAsk::default(),
            recent: VecDeque::new(),
        }
    }

    pub(super) fn remember(&mut self, packet: Packet) {
        if self.recent.len() >= RECENT_PACKETS {
            self.recent.pop_front();
        }
        self.recent.push_back(packet);
    }

    /// Packets of the same source after `first` that arrived before it.
    pub(super) fn overtakers(&self, first: &Packet) -> Vec<Packet> {
        let after = |packet: &&Packet| packet.source == first.source && packet.seq > first.seq;
        let mut found: Vec<Packet> = self.recent.iter().filter(after).cloned().collect();
        found.sort_by_key(|packet| packet.seq);
        found
    }
}

/// Throttles the requests for key frames of one track.
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
