//! The packet path, and the assignment of slots that it follows.

use std::time::Instant;

use protocol::{
    ParticipantId,
    sfu::{FromSfu, Place},
    socket::{LiveTrack, Side, TrackKind},
};
use str0m::{
    media::{KeyframeRequestKind, MediaKind, Mid},
    rtp::RtpPacket,
};

use super::{
    Call,
    assign::{assign_audio, assign_video},
    packet::Packet,
    slot,
    track::TrackId,
};
use crate::{
    io::Output,
    limits::{KEY_FRAME_RETRY, MAX_SOURCES},
    peer::{Outbox, PeerEvent},
};

/// Loudness of a packet whose client does not say it: audible, but no speech.
const UNKNOWN_LOUDNESS: f32 = 50.0;

impl Call {
    /// Works off what peers said, until there is nothing left.
    pub(super) fn pump(&mut self, now: Instant, out: &mut Outbox) {
        while let Some((peer, event)) = out.events.pop_front() {
            let Some((participant, side)) = self.peers.get(&peer).copied() else {
                continue;
            };
            match event {
                PeerEvent::Rtp(packet) => self.forward(now, participant, *packet, out),
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
            let bound =
                |slot: &mut slot::Slot| (slot.kind == MediaKind::Video).then(|| slot.bound()).flatten();
            let tracks: Vec<TrackId> = subscribe.slots.iter_mut().filter_map(bound).collect();
            for track in tracks {
                self.ask_key_frame(now, track, out);
            }
        }
    }

    /// One packet from a publisher into all slots that its track sits in.
    fn forward(&mut self, now: Instant, from: ParticipantId, packet: RtpPacket, out: &mut Outbox) {
        let Some((kind, packet)) = self.identify(now, from, packet, out) else {
            return;
        };
        let id = TrackId {
            participant: from,
            kind,
        };
        let Some(targets) = self.fan_out.get(&id) else {
            return;
        };
        let mut misses = false;
        for (subscriber, place) in targets.iter().copied() {
            let track = self
                .participants
                .get(&from)
                .and_then(|p| p.publish.as_ref()?.tracks.get(&kind));
            let begins = self
                .participants
                .get(&subscriber)
                .and_then(|p| p.subscribe.as_ref()?.slots.get(place))
                .is_some_and(|slot| slot.begins_with(&packet));
            let overtakers = track
                .filter(|_| begins)
                .map(|t| t.overtakers(&packet))
                .unwrap_or_default();

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
            misses |= slot.misses_key_frame(&packet);
            if begins {
                slot.begin(now, &packet);
            }
            let writes: Vec<_> = std::iter::once(&packet)
                .chain(&overtakers)
                .enumerate()
                .filter_map(|(n, packet)| slot.rewrite(now, packet, begins && n == 0))
                .collect();
            if !writes.is_empty() {
                let mid = slot.mid;
                subscribe.peer.with(now, out, |rtc| slot::write(rtc, mid, writes));
            }
        }
        if misses {
            self.ask_key_frame(now, id, out);
        }
    }

    /// Which track a packet belongs to. Notes what the track must remember of it.
    fn identify(
        &mut self,
        now: Instant,
        from: ParticipantId,
        packet: RtpPacket,
        out: &mut Outbox,
    ) -> Option<(TrackKind, Packet)> {
        let publish = self.publish_mut(from)?;
        let ssrc = packet.header.ssrc;
        let mid = match publish.sources.iter().find(|(source, _)| *source == ssrc) {
            Some((_, mid)) => *mid,
            None => {
                let stream = publish
                    .peer
                    .with(now, out, |rtc| rtc.direct_api().stream_rx(&ssrc).map(|s| s.mid()));
                let mid = stream.flatten()?;
                if publish.sources.len() >= MAX_SOURCES {
                    publish.sources.clear();
                }
                publish.sources.push((ssrc, mid));
                mid
            }
        };
        let pt = packet.header.payload_type;
        let codec = publish
            .codecs
            .iter()
            .find(|(known, _)| *known == pt)
            .map(|(_, codec)| *codec)?;
        let (kind, track) = publish.tracks.iter_mut().find(|(_, track)| track.mid == mid)?;
        if let Some(layer) = packet.header.ext_vals.rid
            && *track.layer.get_or_insert(layer) != layer
        {
            return None;
        }
        let packet = Packet::new(packet, codec);
        if *kind == TrackKind::Microphone {
            track
                .loudness
                .hear(now, packet.loudness().unwrap_or(UNKNOWN_LOUDNESS));
        } else {
            track.remember(packet.clone());
        }
        Some((*kind, packet))
    }

    /// A subscriber's decoder lost its way.
    fn subscriber_wants(&mut self, now: Instant, id: ParticipantId, mid: Mid, out: &mut Outbox) {
        let Some(subscribe) = self.subscribe_mut(id) else {
            return;
        };
        let Some(track) = subscribe.slot_of(mid).and_then(|slot| slot.bound()) else {
            return;
        };
        if subscribe.key_frames.take(now) {
            self.ask_key_frame(now, track, out);
        }
    }

    /// Asks a publisher for a key frame, now or when the throttle lets it.
    fn ask_key_frame(&mut self, now: Instant, id: TrackId, out: &mut Outbox) {
        let Some(publish) = self.publish_mut(id.participant) else {
            return;
        };
        let Some(track) = publish.tracks.get_mut(&id.kind) else {
            return;
        };
        track.key_frames.want();
        if !track.key_frames.is_due(now) {
            return;
        }
        let (mid, layer) = (track.mid, track.layer);
        let asked = publish.peer.with(now, out, |rtc| {
            let mut api = rtc.direct_api();
            api.stream_rx_by_mid(mid, layer)
                .map(|stream| stream.request_keyframe(KeyframeRequestKind::Pli))
        });
        if asked.flatten().is_some() {
            track.key_frames.asked(now);
        }
    }

    /// Asks for what is still missing.
    pub(super) fn retry_key_frames(&mut self, now: Instant, out: &mut Outbox) {
        let mut wanted: Vec<TrackId> = Vec::new();
        for (id, participant) in &self.participants {
            let tracks = participant.publish.iter().flat_map(|publish| &publish.tracks);
            let due = tracks.filter(|(_, track)| track.key_frames.is_due(now));
            wanted.extend(due.map(|(kind, _)| TrackId {
                participant: *id,
                kind: *kind,
            }));
        }
        for participant in self.participants.values_mut() {
            let Some(subscribe) = participant.subscribe.as_mut().filter(|s| s.peer.connected()) else {
                continue;
            };
            for slot in &mut subscribe.slots {
                let overdue = slot.waiting().is_some_and(|at| now >= at + KEY_FRAME_RETRY);
                if let Some(track) = slot.bound().filter(|_| overdue)
                    && subscribe.key_frames.take(now)
                {
                    slot.asked_again(now);
                    wanted.push(track);
                }
            }
        }
        for track in wanted {
            self.ask_key_frame(now, track, out);
        }
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
        let voices: Vec<(TrackId, f32)> = self.voices();
        let voices = voices
            .into_iter()
            .map(|(track, level)| (track.participant, level));
        if let Some(participant_id) = self.speaker.judge(now, voices) {
            let call_id = self.id;
            out.outputs.push_back(Output::Control(FromSfu::Speaker {
                call_id,
                participant_id,
            }));
        }
    }

    /// Live microphones and how loud they are.
    fn voices(&self) -> Vec<(TrackId, f32)> {
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

    /// Puts tracks into slots, tells clients what changed, and asks for the key frames that this needs.
    pub(super) fn assign(&mut self, now: Instant, out: &mut Outbox) {
        let live: Vec<TrackId> = self
            .participants
            .iter()
            .flat_map(|(id, p)| {
                p.live_kinds().map(|kind| TrackId {
                    participant: *id,
                    kind,
                })
            })
            .collect();
        let voices = self.voices();
        let mut asks: Vec<TrackId> = Vec::new();
        let mut changed = false;
        for (id, participant) in &mut self.participants {
            let Some(subscribe) = &mut participant.subscribe else {
                continue;
            };
            let heard: Vec<_> = voices
                .iter()
                .copied()
                .filter(|(track, _)| track.participant != *id)
                .collect();
            let wishes: Vec<TrackId> = participant
                .wishes
                .iter()
                .map(|wish| TrackId {
                    participant: wish.participant_id,
                    kind: wish.kind,
                })
                .filter(|t| t.participant != *id && t.kind != TrackKind::Microphone && live.contains(t))
                .collect();
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let mut slots: Vec<_> = subscribe
                    .slots
                    .iter_mut()
                    .filter(|slot| slot.kind == kind)
                    .collect();
                let mut tracks: Vec<_> = slots.iter().map(|slot| slot.bound()).collect();
                match kind {
                    MediaKind::Audio => assign_audio(&mut tracks, &heard),
                    MediaKind::Video => assign_video(&mut tracks, &wishes),
                }
                for (slot, track) in slots.iter_mut().zip(tracks) {
                    if slot.bound() == track {
                        continue;
                    }
                    changed = true;
                    if slot.bind(now, track) && subscribe.key_frames.take(now) {
                        asks.extend(track);
                    }
                }
            }
        }
        if changed {
            self.spread();
        }
        for track in asks {
            self.ask_key_frame(now, track, out);
        }
        self.tell(&live, out);
    }

    /// Rebuilds the fan-out from the slots.
    pub(super) fn spread(&mut self) {
        self.fan_out.clear();
        for (id, participant) in &self.participants {
            let slots = participant
                .subscribe
                .iter()
                .flat_map(|subscribe| subscribe.slots.iter().enumerate());
            for (place, slot) in slots {
                if let Some(track) = slot.bound() {
                    self.fan_out.entry(track).or_default().push((*id, place));
                }
            }
        }
    }

    /// Tells every client whose picture of the call is out of date.
    fn tell(&mut self, live: &[TrackId], out: &mut Outbox) {
        let live: Vec<LiveTrack> = live
            .iter()
            .map(|track| LiveTrack {
                participant_id: track.participant,
                kind: track.kind,
            })
            .collect();
        let call_id = self.id;
        for (id, participant) in &mut self.participants {
            let slots = participant
                .subscribe
                .as_ref()
                .map(|s| s.bindings())
                .unwrap_or_default();
            let news = Some((slots, live.clone()));
            if participant.told == news {
                continue;
            }
            participant.told = news;
            if let Some((slots, live)) = participant.told.clone() {
                let place = Place {
                    call_id,
                    participant_id: *id,
                };
                out.outputs
                    .push_back(Output::Control(FromSfu::Bindings { place, slots, live }));
            }
        }
    }

    fn place(&self, participant_id: ParticipantId) -> Place {
        Place {
            call_id: self.id,
            participant_id,
        }
    }
}
