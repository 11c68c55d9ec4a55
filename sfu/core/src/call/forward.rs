//! The packet path.

use std::time::Instant;

use protocol::{
    ParticipantId,
    sfu::{FromSfu, Place},
    socket::{Side, TrackKind},
};
use str0m::{
    format::Codec,
    media::{KeyframeRequestKind, MediaKind, Mid},
    rtp::RtpPacket,
};

use super::{
    Call,
    assign::Voice,
    packet::Packet,
    redundancy::take_apart,
    slot::{Choice, Slot},
    track::TrackId,
};
use crate::{
    io::Output,
    limits::{KEY_FRAME_RETRY, LOOKBACK_PACKETS, MAX_SOURCES, MOST_PAYLOAD, ONSET_INTERVAL, RECENT_PACKETS},
    peer::{Outbox, PeerEvent},
};

/// A key frame that is needed: of this encoding of that track.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    track: TrackId,
    choice: Choice,
}

impl Ask {
    /// What a slot needs to begin or to go on.
    pub(super) fn of(slot: &Slot) -> Option<Self> {
        let track = slot.bound().filter(|_| slot.kind == MediaKind::Video)?;
        let choice = slot.choice();
        Some(Self { track, choice })
    }
}

/// A packet of a track.
struct Identified {
    kind: TrackKind,
    packet: Packet,
    /// Packets before it that were lost, and that it repeats.
    filled: Vec<Packet>,
    /// Somebody begins to speak with it.
    onset: bool,
}

impl Call {
    /// Works off what peers said, until there is nothing left.
    pub(super) fn pump(&mut self, now: Instant, out: &mut Outbox) {
        while let Some((peer, event)) = out.events.pop_front() {
            let Some((participant, side)) = self.peers.get(&peer).copied() else {
                continue;
            };
            match event {
                PeerEvent::Rtp(packet) => self.forward(now, participant, *packet, out),
                PeerEvent::Estimate(estimate) => {
                    if let Some(subscribe) = self.subscribe_mut(participant) {
                        subscribe.estimate = Some(estimate);
                    }
                }
                PeerEvent::KeyFrameWanted(mid) => self.subscriber_wants(now, participant, mid, out),
                PeerEvent::Connected => self.connection(now, participant, side, true, out),
                PeerEvent::Disconnected => self.connection(now, participant, side, false, out),
            }
        }
    }

    fn connection(&mut self, now: Instant, id: ParticipantId, side: Side, connected: bool, out: &mut Outbox) {
        let place = self.place(id);
        out.outputs.push_back(Output::Control(FromSfu::Connection {
            place,
            side,
            connected,
        }));
        if connected && side == Side::Subscribe {
            // What was sent before is lost; every picture starts anew.
            let Some(subscribe) = self.subscribe_mut(id) else {
                return;
            };
            let asks: Vec<Ask> = subscribe.slots.iter().filter_map(Ask::of).collect();
            self.ask_key_frames(now, asks, out);
        }
    }

    /// One packet from a publisher into all slots that its track sits in.
    fn forward(&mut self, now: Instant, from: ParticipantId, packet: RtpPacket, out: &mut Outbox) {
        let Some(identified) = self.identify(now, from, packet, out) else {
            return;
        };
        let Identified {
            kind,
            packet,
            filled,
            onset,
        } = identified;
        let id = TrackId {
            participant: from,
            kind,
        };
        // Who begins to speak does not wait for the next tick.
        if onset && now >= self.assigned + ONSET_INTERVAL && self.is_missing_somewhere(id) {
            self.assign(now, out);
        }
        if kind == TrackKind::Microphone {
            for packet in filled.into_iter().chain([packet]) {
                self.pass_on(now, id, vec![packet], out);
            }
        } else if let Some(whole) = self.gathering.add(now, id, packet) {
            self.pass_on(now, id, whole, out);
        }
    }

    /// Pictures of which nothing more came in time.
    pub(crate) fn pass_on_due(&mut self, now: Instant, out: &mut Outbox) {
        for (id, packets) in self.gathering.take_due(now) {
            self.pass_on(now, id, packets, out);
        }
        self.pump(now, out);
    }

    /// Packets of one source of a track, in the order in which they came. A piece may begin with the first one of a key
    /// frame, and takes those that came before it along; so that one goes by itself.
    fn pass_on(&mut self, now: Instant, id: TrackId, mut packets: Vec<Packet>, out: &mut Outbox) {
        while !packets.is_empty() {
            let next = match packets.iter().position(Packet::starts_key_frame) {
                Some(0) => 1,
                Some(place) => place,
                None => packets.len(),
            };
            let rest = packets.split_off(next);
            self.pass_run(now, id, &packets, out);
            packets = rest;
        }
    }

    /// Packets into all slots that their track sits in. Only a single one may begin a piece.
    fn pass_run(&mut self, now: Instant, id: TrackId, packets: &[Packet], out: &mut Outbox) {
        if !self.remember(now, id, packets) {
            return;
        }
        let begins = |packet: &Packet| id.kind == TrackKind::Microphone || packet.starts_key_frame();
        let first = packets.first().filter(|packet| begins(packet));
        let targets = self.fan_out.remove(&id).unwrap_or_default();
        let mut writes = Vec::new();
        let mut missing = None;
        for (subscriber, place) in targets.iter().copied() {
            let piece = first.map_or_else(Vec::new, |first| self.piece(now, id, (subscriber, place), first));
            let subscribe = self
                .participants
                .get_mut(&subscriber)
                .and_then(|p| p.subscribe.as_mut());
            let Some(subscribe) = subscribe.filter(|subscribe| subscribe.peer.connected()) else {
                continue;
            };
            let Some(slot) = subscribe.slots.get_mut(place) else {
                continue;
            };
            if missing.is_none() {
                missing = packets.iter().find(|packet| slot.misses_key_frame(now, packet));
            }
            let begins = piece.first();
            if let Some(first) = begins {
                slot.begin(now, first);
            }
            let rest = if begins.is_none() { packets } else { &[] };
            let all = piece.iter().chain(rest).enumerate();
            let redundancy = subscribe.redundancy;
            let goes_out = |(n, packet)| slot.rewrite(now, packet, begins.is_some() && n == 0, redundancy);
            writes.extend(all.filter_map(goes_out));
            if !writes.is_empty() {
                let mid = slot.mid;
                subscribe.peer.write(now, mid, &mut writes, out);
                writes.clear();
            }
        }
        self.fan_out.insert(id, targets);
        if let Some(missing) = missing {
            let choice = Choice::Layer(missing.layer);
            self.ask_key_frames(now, [Ask { track: id, choice }], out);
        }
    }

    /// Notes what a track must remember of its packets; false where they are not forwarded.
    fn remember(&mut self, now: Instant, id: TrackId, packets: &[Packet]) -> bool {
        let publish = self.publish_mut(id.participant);
        let Some(track) = publish.and_then(|publish| publish.tracks.get_mut(&id.kind)) else {
            return false;
        };
        let most = match id.kind {
            TrackKind::Microphone => LOOKBACK_PACKETS,
            _ => RECENT_PACKETS,
        };
        for packet in packets {
            let Some(layer) = track.layer_mut(packet.layer) else {
                return false;
            };
            layer.remember(now, packet.clone(), most);
        }
        true
    }

    /// The packets with which a piece begins in a slot, this one among them; none where it does not begin here.
    fn piece(&self, now: Instant, id: TrackId, slot: (ParticipantId, usize), packet: &Packet) -> Vec<Packet> {
        let (subscriber, place) = slot;
        let slot = self
            .participants
            .get(&subscriber)
            .and_then(|p| p.subscribe.as_ref()?.slots.get(place));
        let Some(slot) = slot.filter(|slot| slot.begins_with(now, packet)) else {
            return Vec::new();
        };
        let track = self
            .participants
            .get(&id.participant)
            .and_then(|p| p.publish.as_ref()?.tracks.get(&id.kind));
        let layer = track.and_then(|track| track.layer(packet.layer));
        let lead = layer.map(|layer| layer.lead(now, packet)).unwrap_or_default();
        let mut piece: Vec<Packet> = lead
            .into_iter()
            .filter(|packet| slot.takes_lead(packet))
            .collect();
        piece.push(packet.clone());
        if slot.kind == MediaKind::Video {
            piece.extend(layer.map(|layer| layer.overtakers(packet)).unwrap_or_default());
        }
        piece
    }

    /// Whether somebody who could hear the track does not.
    fn is_missing_somewhere(&self, id: TrackId) -> bool {
        let speaker = self.participants.get(&id.participant);
        if !speaker.is_some_and(|speaker| speaker.live_kinds().any(|kind| kind == id.kind)) {
            return false;
        }
        let hears = |participant: &super::Participant| {
            let slots = participant
                .subscribe
                .iter()
                .flat_map(|subscribe| &subscribe.slots);
            slots.into_iter().any(|slot| slot.kind == MediaKind::Audio)
        };
        let others = self
            .participants
            .iter()
            .filter(|(other, _)| **other != id.participant);
        let listeners = others.filter(|(_, participant)| hears(participant)).count();
        self.fan_out.get(&id).map_or(0, Vec::len) < listeners
    }

    /// Which track a packet belongs to.
    fn identify(
        &mut self,
        now: Instant,
        from: ParticipantId,
        packet: RtpPacket,
        out: &mut Outbox,
    ) -> Option<Identified> {
        // Before it gets a number in any slot: a number that is used up and not sent is a gap.
        if packet.payload.len() > MOST_PAYLOAD {
            return None;
        }
        let publish = self.publish_mut(from)?;
        let ssrc = packet.header.ssrc;
        let known = publish.sources.iter().find(|(source, ..)| *source == ssrc);
        let (mid, layer) = match known {
            Some((_, mid, layer)) => (*mid, *layer),
            None => {
                let stream = publish.peer.with(now, out, |rtc| {
                    let mut api = rtc.direct_api();
                    api.stream_rx(&ssrc).map(|stream| (stream.mid(), stream.rid()))
                });
                let (mid, layer) = stream.flatten()?;
                if publish.sources.len() >= MAX_SOURCES {
                    publish.sources.clear();
                }
                publish.sources.push((ssrc, mid, layer));
                (mid, layer)
            }
        };
        let pt = packet.header.payload_type;
        let codec = publish
            .codecs
            .iter()
            .find(|(known, _)| *known == pt)
            .map(|(_, codec)| *codec)?;
        let (kind, track) = publish.tracks.iter_mut().find(|(_, track)| track.mid == mid)?;
        let packet = Packet::new(packet, codec, layer);
        let (packet, mut filled) = match codec {
            Codec::Red => take_apart(packet)?,
            _ => (packet, Vec::new()),
        };
        let audio = *kind == TrackKind::Microphone;
        let onset = audio && track.loudness.hear(now, packet.loudness());
        let layer = track.layer_mut(layer)?;
        filled.retain(|packet| layer.misses(packet.source, packet.seq));
        Some(Identified {
            kind: *kind,
            packet,
            filled,
            onset,
        })
    }

    /// A subscriber's decoder lost its way.
    fn subscriber_wants(&mut self, now: Instant, id: ParticipantId, mid: Mid, out: &mut Outbox) {
        let Some(subscribe) = self.subscribe_mut(id) else {
            return;
        };
        let Some(slot) = subscribe.slot_of(mid) else {
            return;
        };
        if let Some(ask) = Ask::of(slot)
            && slot.key_frames.take(now)
        {
            self.ask_key_frames(now, [ask], out);
        }
    }

    /// Asks publishers for key frames, now or when the throttle lets it.
    pub(super) fn ask_key_frames(
        &mut self,
        now: Instant,
        asks: impl IntoIterator<Item = Ask>,
        out: &mut Outbox,
    ) {
        for Ask { track: id, choice } in asks {
            let Some(publish) = self.publish_mut(id.participant) else {
                continue;
            };
            let Some(track) = publish.tracks.get_mut(&id.kind) else {
                continue;
            };
            let mid = track.mid;
            for layer in track.layers.iter_mut().filter(|layer| choice.allows(layer.id)) {
                layer.key_frames.want();
                if !layer.key_frames.is_due(now) {
                    continue;
                }
                let asked = publish.peer.with(now, out, |rtc| {
                    let mut api = rtc.direct_api();
                    api.stream_rx_by_mid(mid, layer.id)
                        .map(|stream| stream.request_keyframe(KeyframeRequestKind::Pli))
                });
                if asked.flatten().is_some() {
                    layer.key_frames.asked(now);
                }
            }
        }
    }

    /// Asks for what is still missing.
    pub(super) fn retry_key_frames(&mut self, now: Instant, out: &mut Outbox) {
        let mut asks: Vec<Ask> = Vec::new();
        for (id, participant) in &self.participants {
            let tracks = participant.publish.iter().flat_map(|publish| &publish.tracks);
            let layers = tracks.flat_map(|(kind, track)| track.layers.iter().map(move |layer| (kind, layer)));
            let due = layers.filter(|(_, layer)| layer.key_frames.is_due(now));
            asks.extend(due.map(|(kind, layer)| Ask {
                track: TrackId {
                    participant: *id,
                    kind: *kind,
                },
                choice: Choice::Layer(layer.id),
            }));
        }
        for participant in self.participants.values_mut() {
            let Some(subscribe) = participant.subscribe.as_mut().filter(|s| s.peer.connected()) else {
                continue;
            };
            for slot in &mut subscribe.slots {
                let overdue = slot.waiting().is_some_and(|at| now >= at + KEY_FRAME_RETRY);
                if let Some(ask) = Ask::of(slot).filter(|_| overdue)
                    && slot.key_frames.take(now)
                {
                    slot.asked_again(now);
                    asks.push(ask);
                }
            }
        }
        self.ask_key_frames(now, asks, out);
    }

    pub(super) fn rank_voices(&mut self, now: Instant) {
        for participant in self.participants.values_mut() {
            let microphone = participant
                .publish
                .as_mut()
                .and_then(|p| p.tracks.get_mut(&TrackKind::Microphone));
            if let Some(track) = microphone {
                track.loudness.fade(now);
            }
        }
    }

    pub(super) fn mark_speaker(&mut self, now: Instant, out: &mut Outbox) {
        let voices: Vec<Voice> = self.voices();
        let voices = voices
            .into_iter()
            .filter_map(|(track, level)| Some((track.participant, level?)));
        if let Some(participant_id) = self.speaker.judge(now, voices) {
            let call_id = self.id;
            out.outputs.push_back(Output::Control(FromSfu::Speaker {
                call_id,
                participant_id,
            }));
        }
    }

    /// Live microphones and how loud they are.
    pub(super) fn voices(&self) -> Vec<Voice> {
        let voice = |(id, participant): (&ParticipantId, &super::Participant)| {
            let kind = participant
                .live_kinds()
                .find(|kind| *kind == TrackKind::Microphone)?;
            let level = participant.publish.as_ref()?.tracks.get(&kind)?.loudness.level();
            Some((
                TrackId {
                    participant: *id,
                    kind,
                },
                level,
            ))
        };
        self.participants.iter().filter_map(voice).collect()
    }

    fn place(&self, participant_id: ParticipantId) -> Place {
        Place {
            call_id: self.id,
            participant_id,
        }
    }
}
