//! What a call holds of one participant.

use std::{collections::BTreeMap, time::Instant};

use protocol::{
    limits::MAX_VIDEO_SLOTS,
    socket::{SlotBinding, TrackKind, VideoWish, WatchedTrack},
};
use str0m::{
    format::Codec,
    media::{Mid, Pt},
    rtp::Ssrc,
};

use super::{
    slot::{Choice, Slot},
    track::{LayerId, Track, TrackId},
};
use crate::{
    egress::Estimate,
    limits::{KEY_FRAME_BUDGET, KEY_FRAME_REFILL},
    peer::Peer,
};

#[derive(Default)]
pub(super) struct Participant {
    pub(super) publish: Option<Publish>,
    pub(super) subscribe: Option<Subscribe>,
    /// Most important first.
    pub(super) wishes: Vec<VideoWish>,
    publishing: Vec<TrackKind>,
    /// What the client was told last.
    pub(super) told: Option<News>,
}

/// What a client is told of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) slots: Vec<SlotBinding>,
    /// See `Call::live_version`.
    pub(super) live_version: u64,
    pub(super) watched: Vec<WatchedTrack>,
}

/// The connection that receives from the client.
pub(super) struct Publish {
    pub(super) peer: Peer,
    pub(super) tracks: BTreeMap<TrackKind, Track>,
    /// Which m-line and which encoding an SSRC belongs to.
    pub(super) sources: Vec<(Ssrc, Mid, LayerId)>,
    /// What payload types mean in this connection.
    pub(super) codecs: Vec<(Pt, Codec)>,
}

/// The connection that sends to the client.
pub(super) struct Subscribe {
    pub(super) peer: Peer,
    pub(super) slots: Vec<Slot>,
    /// Slots whose m-lines do not receive for now.
    pub(super) parked: Vec<Slot>,
    /// What the way to the client carries; nothing while it is not estimated.
    pub(super) estimate: Option<Estimate>,
    /// How many blocks of sound each packet repeats, and bits a second that all sound takes so.
    pub(super) redundancy: usize,
    pub(super) sound: u64,
    /// When a slot got less than it had last.
    pub(super) fell: Option<Fall>,
}

/// A slot got less than it had.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fall {
    pub(super) at: Instant,
    /// Bits a second that there were for pictures.
    pub(super) budget: u64,
}

impl Participant {
    pub(super) fn set_intent(&mut self, mut video: Vec<VideoWish>, publishing: &[TrackKind]) {
        video.truncate(MAX_VIDEO_SLOTS);
        self.wishes = video;
        self.publishing = [TrackKind::Microphone, TrackKind::Camera, TrackKind::Screen]
            .into_iter()
            .filter(|k| publishing.contains(k))
            .collect();
    }

    /// Tracks that are offered and on.
    pub(super) fn live_kinds(&self) -> impl Iterator<Item = TrackKind> {
        let tracks = self.publish.as_ref().map(|publish| &publish.tracks);
        self.publishing
            .iter()
            .copied()
            .filter(move |kind| tracks.is_some_and(|t| t.contains_key(kind)))
    }

    /// The client's own videos that are on, as the others show them.
    pub(super) fn watched(&self) -> Vec<WatchedTrack> {
        let Some(publish) = &self.publish else {
            return Vec::new();
        };
        let videos = self.live_kinds().filter(|kind| *kind != TrackKind::Microphone);
        videos
            .filter_map(|kind| {
                let demand = &publish.tracks.get(&kind)?.demand;
                Some(WatchedTrack {
                    kind,
                    height: demand.height(),
                    most: demand.most(),
                })
            })
            .collect()
    }

    pub(super) fn into_peers(self) -> impl Iterator<Item = Peer> {
        self.publish
            .map(|p| p.peer)
            .into_iter()
            .chain(self.subscribe.map(|s| s.peer))
    }
}

impl Subscribe {
    pub(super) fn new(peer: Peer) -> Self {
        Self {
            peer,
            slots: Vec::new(),
            parked: Vec::new(),
            estimate: None,
            redundancy: 0,
            sound: 0,
            fell: None,
        }
    }

    pub(super) fn slot_of(&mut self, mid: Mid) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|slot| slot.mid == mid)
    }

    /// The slots as the client is told.
    pub(super) fn bindings(&self) -> Vec<SlotBinding> {
        let bound = |slot: &Slot| {
            let TrackId { participant, kind } = slot.bound()?;
            Some(SlotBinding {
                mid: slot.mid.to_string(),
                participant_id: participant,
                kind,
                paused: slot.choice() == Choice::Paused,
            })
        };
        self.slots.iter().filter_map(bound).collect()
    }
}

/// A token bucket of key-frame requests.
#[derive(Debug, Default)]
pub(super) struct Budget {
    spent: u32,
    refilled: Option<Instant>,
}

impl Budget {
    /// Takes one, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        let since = self
            .refilled
            .map_or(KEY_FRAME_REFILL, |at| now.saturating_duration_since(at));
        let earned = since.as_millis() / KEY_FRAME_REFILL.as_millis();
        if earned > 0 {
            self.spent = self
                .spent
                .saturating_sub(u32::try_from(earned).unwrap_or(u32::MAX));
            self.refilled = Some(now);
        }
        let has = self.spent < KEY_FRAME_BUDGET;
        if has {
            self.spent += 1;
        }
        has
    }
}
