//! A call: its participants, and the packets between them.
//!
//! Everything of a call is owned by its [`Call`]. A change goes in by one of its methods; peers are drained
//! on the way, and what they say is worked off in [`Call::pump`] before the method returns.

mod allocate;
mod assign;
mod distribute;
mod forward;
mod gather;
mod negotiate;
mod packet;
mod participant;
mod rate;
mod redundancy;
mod rewrite;
mod slot;
mod track;
mod turns;
mod voice;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap},
    time::Instant,
};

use protocol::{
    CallId, ParticipantId,
    socket::{LiveTrack, Side, TrackKind, VideoWish},
};

pub(crate) use self::negotiate::Offer;
use self::{
    gather::Gathering,
    participant::{Participant, Publish, Subscribe},
    track::TrackId,
    turns::Turns,
    voice::SpeakerMark,
};
use crate::{
    io::Transport,
    limits::TICK,
    peer::{Outbox, Peer, PeerId},
};

pub(crate) struct Call {
    id: CallId,
    participants: BTreeMap<ParticipantId, Participant>,
    /// Whose connection a peer is.
    peers: HashMap<PeerId, (ParticipantId, Side)>,
    /// For each track the slots that it sits in: the subscriber and the place of the slot.
    fan_out: BTreeMap<TrackId, Vec<(ParticipantId, usize)>>,
    /// What waits for the rest of its picture.
    gathering: Gathering,
    speaker: SpeakerMark,
    turns: Turns,
    /// When slots were assigned last.
    assigned: Instant,
    /// The tracks that are on, as clients are told, and how often that changed.
    live: Vec<LiveTrack>,
    live_version: u64,
    next_tick: Instant,
}

impl Call {
    pub(crate) fn new(now: Instant, id: CallId) -> Self {
        Self {
            id,
            participants: BTreeMap::new(),
            peers: HashMap::new(),
            fan_out: BTreeMap::new(),
            gathering: Gathering::default(),
            speaker: SpeakerMark::default(),
            turns: Turns::new(now),
            assigned: now,
            live: Vec::new(),
            live_version: 0,
            next_tick: now,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.participants.is_empty()
    }

    pub(crate) fn next_tick(&self) -> Instant {
        self.next_tick
    }

    /// When [`Call::pass_on_due`] is.
    pub(crate) fn gathers_until(&self) -> Option<Instant> {
        self.gathering.due()
    }

    /// A datagram for one of the call's peers.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        id: PeerId,
        transport: Transport,
        payload: &[u8],
        out: &mut Outbox,
    ) {
        if let Some(peer) = self.peer_mut(id) {
            peer.receive(now, transport, payload, out);
            self.pump(now, out);
        }
    }

    /// Whether one of the call's peers got an authentic STUN request on this way.
    pub(crate) fn accepts(&mut self, now: Instant, id: PeerId, transport: Transport) -> bool {
        self.peer_mut(id).is_some_and(|peer| peer.accepts(now, transport))
    }

    pub(crate) fn wake_peer(&mut self, now: Instant, id: PeerId, out: &mut Outbox) {
        if let Some(peer) = self.peer_mut(id) {
            peer.tick(now, out);
            self.pump(now, out);
        }
    }

    /// What happens regularly; returns when next.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Outbox) -> Instant {
        self.rank_voices(now);
        self.mark_speaker(now, out);
        self.assign(now, out);
        self.retry_key_frames(now, out);
        self.pump(now, out);
        self.next_tick = now + TICK;
        self.next_tick
    }

    /// What a participant shows and publishes. Unknown participants are ignored: their offer never came.
    pub(crate) fn intend(
        &mut self,
        now: Instant,
        id: ParticipantId,
        video: Vec<VideoWish>,
        publishing: &[TrackKind],
        out: &mut Outbox,
    ) {
        let Some(participant) = self.participants.get_mut(&id) else {
            return;
        };
        participant.set_intent(video, publishing);
        self.settle(now, out);
    }

    /// Brings slots and what clients know of them up to date.
    pub(crate) fn settle(&mut self, now: Instant, out: &mut Outbox) {
        self.spread();
        self.assign(now, out);
        self.pump(now, out);
    }

    /// Drops a participant; returns the peers that are no more.
    pub(crate) fn leave(&mut self, now: Instant, id: ParticipantId, out: &mut Outbox) -> Vec<PeerId> {
        let Some(participant) = self.participants.remove(&id) else {
            return Vec::new();
        };
        let gone = self.drop_peers(now, participant, out);
        self.settle(now, out);
        gone
    }

    /// Drops everybody.
    pub(crate) fn close(mut self, now: Instant, out: &mut Outbox) -> Vec<PeerId> {
        let participants = std::mem::take(&mut self.participants);
        let gone = participants
            .into_values()
            .flat_map(|p| self.drop_peers(now, p, out))
            .collect();
        out.events.clear();
        gone
    }

    fn drop_peers(&mut self, now: Instant, participant: Participant, out: &mut Outbox) -> Vec<PeerId> {
        let peers = participant.into_peers();
        peers
            .map(|peer| {
                let id = peer.id();
                self.peers.remove(&id);
                peer.close(now, out);
                id
            })
            .collect()
    }

    fn peer_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        let (participant, side) = self.peers.get(&id)?;
        let participant = self.participants.get_mut(participant)?;
        match side {
            Side::Publish => participant.publish.as_mut().map(|publish| &mut publish.peer),
            Side::Subscribe => participant
                .subscribe
                .as_mut()
                .map(|subscribe| &mut subscribe.peer),
        }
    }

    fn publish_mut(&mut self, id: ParticipantId) -> Option<&mut Publish> {
        self.participants.get_mut(&id)?.publish.as_mut()
    }

    fn subscribe_mut(&mut self, id: ParticipantId) -> Option<&mut Subscribe> {
        self.participants.get_mut(&id)?.subscribe.as_mut()
    }
}
