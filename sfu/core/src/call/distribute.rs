//! Who gets what: tracks into slots, an encoding of each, and word of it to the clients.

use std::{collections::BTreeMap, time::Instant};

use protocol::{
    ParticipantId,
    sfu::{FromSfu, Place},
    socket::{LiveTrack, TrackKind},
};
use str0m::media::MediaKind;

use super::{
    Call,
    allocate::{LayerOffer, Want, allocate},
    assign::{assign_audio, assign_video},
    forward::Ask,
    participant::{Fall, News, Subscribe},
    redundancy::depth,
    slot::Slot,
    track::{Demand, TrackId},
};
use crate::{
    egress::Estimate,
    io::Output,
    limits::{
        AUDIO_RESERVE, LEAST_PICTURE, REPEATED_SOUND, RISE_AT_ONCE_PERCENT, RISE_WAIT, SMALLEST_PICTURE,
        SOUND_SHARE,
    },
    peer::Outbox,
};

/// A video that a participant wants, and the height at which it is shown.
type Wish = (TrackId, u16);

/// How the others show a video.
#[derive(Clone, Copy, Default)]
struct Watched {
    /// The largest height.
    height: u16,
    /// What those who have least could be sent of it, in bits a second; nothing where everybody has room.
    share: Option<u64>,
}

impl Call {
    /// Puts tracks into slots and chooses their encodings, tells clients what changed, and asks for the key
    /// frames that this needs.
    pub(super) fn assign(&mut self, now: Instant, out: &mut Outbox) {
        self.assigned = now;
        let live = self.live();
        let offers = self.offers(now, &live);
        let voices = self.voices();
        let turn = self.turns.at(now);
        let mut asks: Vec<Ask> = Vec::new();
        let mut watched: BTreeMap<TrackId, Watched> = BTreeMap::new();
        let mut changed = false;
        for (id, participant) in &mut self.participants {
            let Some(subscribe) = &mut participant.subscribe else {
                continue;
            };
            let others = |track: &TrackId| track.participant != *id;
            let heard: Vec<_> = voices
                .iter()
                .copied()
                .filter(|(track, _)| others(track))
                .collect();
            let wishes: Vec<Wish> = participant
                .wishes
                .iter()
                .map(|wish| {
                    let track = TrackId {
                        participant: wish.participant_id,
                        kind: wish.kind,
                    };
                    (track, wish.height.max(1))
                })
                .filter(|(t, _)| others(t) && t.kind != TrackKind::Microphone && offers.contains_key(t))
                .collect();
            let wanted: Vec<TrackId> = wishes.iter().map(|(track, _)| *track).collect();
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let mut slots: Vec<_> = subscribe.slots.iter_mut().filter(|s| s.kind == kind).collect();
                let mut tracks: Vec<_> = slots.iter().map(|slot| slot.bound()).collect();
                match kind {
                    MediaKind::Audio => assign_audio(&mut tracks, &heard, turn),
                    MediaKind::Video => assign_video(&mut tracks, &wanted),
                }
                for (slot, track) in slots.iter_mut().zip(tracks) {
                    if slot.bound() != track {
                        changed = true;
                        slot.bind(now, track);
                    }
                }
            }
            let wished = bound_wishes(subscribe, &wishes);
            let budget = budget(subscribe, &offers);
            let share = budget.and_then(|budget| fair_share(budget, wished.len()));
            for (_, (track, height)) in &wished {
                let watched = watched.entry(*track).or_default();
                watched.height = watched.height.max(*height);
                watched.share = watched.share.into_iter().chain(share).min();
            }
            asks.extend(choose(now, subscribe, budget, &wished, &offers));
        }
        self.note_watched(now, &watched);
        if changed {
            self.spread();
        }
        self.ask_key_frames(now, asks, out);
        self.tell(&live, out);
    }

    /// Tracks that are offered and on.
    fn live(&self) -> Vec<TrackId> {
        let of = |(id, participant): (&ParticipantId, &super::Participant)| {
            let participant_id = *id;
            let track = move |kind| TrackId {
                participant: participant_id,
                kind,
            };
            participant.live_kinds().map(track).collect::<Vec<_>>()
        };
        self.participants.iter().flat_map(of).collect()
    }

    /// The encodings of each track that is on.
    fn offers(&self, now: Instant, live: &[TrackId]) -> BTreeMap<TrackId, Vec<LayerOffer>> {
        let of = |id: &TrackId| {
            let publish = self.participants.get(&id.participant)?.publish.as_ref()?;
            Some((*id, publish.tracks.get(&id.kind)?.offers(now)))
        };
        live.iter().filter_map(of).collect()
    }

    /// Notes how large the others show each video.
    fn note_watched(&mut self, now: Instant, watched: &BTreeMap<TrackId, Watched>) {
        for (id, participant) in &mut self.participants {
            let on: Vec<TrackKind> = participant.live_kinds().collect();
            let tracks = participant
                .publish
                .iter_mut()
                .flat_map(|publish| &mut publish.tracks);
            for (kind, track) in tracks {
                // What is off is sent whole when it is switched on, until it is known who shows it.
                if !on.contains(kind) {
                    track.demand = Demand::default();
                    continue;
                }
                let id = TrackId {
                    participant: *id,
                    kind: *kind,
                };
                let Watched { height, share } = watched.get(&id).copied().unwrap_or_default();
                track.demand.note(now, height);
                if *kind == TrackKind::Camera && track.is_small(now) {
                    track.demand.share(now, share);
                }
            }
        }
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
        if self.live != live {
            self.live = live;
            self.live_version += 1;
        }
        let call_id = self.id;
        for (id, participant) in &mut self.participants {
            let news = News {
                slots: participant
                    .subscribe
                    .as_ref()
                    .map(|s| s.bindings())
                    .unwrap_or_default(),
                live_version: self.live_version,
                watched: participant.watched(),
            };
            if participant.told.as_ref() == Some(&news) {
                continue;
            }
            participant.told = Some(news.clone());
            let News { slots, watched, .. } = news;
            let live = self.live.clone();
            let place = Place {
                call_id,
                participant_id: *id,
            };
            out.outputs.push_back(Output::Control(FromSfu::Bindings {
                place,
                slots,
                live,
                watched,
            }));
        }
    }
}

/// How many blocks of sound each packet to a subscriber repeats, where all its voices take so many bits a second.
fn repeated(estimate: Option<Estimate>, audio: u64) -> usize {
    let Some(estimate) = estimate else {
        return 0;
    };
    // What is lost because the way became narrow would be more if more were sent. Where all that is sent is sound, and is
    // lost, no estimate says how much the way carries.
    let within = |rate: u64| usize::try_from((rate / audio.max(1)).saturating_sub(1)).unwrap_or(0);
    let fits = depth(estimate.lost).min(within(estimate.rate / SOUND_SHARE));
    let needed = depth(estimate.lost_steadily).min(within(REPEATED_SOUND));
    fits.max(needed)
}

/// What is wished and bound to a slot, with the slot's place, in the order of the wishes.
fn bound_wishes(subscribe: &Subscribe, wishes: &[Wish]) -> Vec<(usize, Wish)> {
    let place_of = |slots: &[Slot], track: TrackId| {
        let holds = |slot: &Slot| slot.kind == MediaKind::Video && slot.bound() == Some(track);
        slots.iter().position(holds)
    };
    let mut bound: Vec<(usize, Wish)> = Vec::with_capacity(wishes.len());
    for wish in wishes {
        if let Some(place) = place_of(&subscribe.slots, wish.0)
            && !bound.iter().any(|(taken, _)| *taken == place)
        {
            bound.push((place, *wish));
        }
    }
    bound
}

/// What is left for pictures, in bits a second, beside the sound, which is repeated as the way needs it; nothing where the
/// way is not known.
fn budget(subscribe: &mut Subscribe, offers: &BTreeMap<TrackId, Vec<LayerOffer>>) -> Option<u64> {
    let voices = subscribe.slots.iter().filter(|s| s.kind == MediaKind::Audio);
    let rate = |track: TrackId| {
        let offer = offers.get(&track).and_then(|offers| offers.first());
        offer.map_or(0, |offer| offer.rate).max(AUDIO_RESERVE)
    };
    let once: u64 = voices.filter_map(Slot::bound).map(rate).sum();
    subscribe.redundancy = repeated(subscribe.estimate, once);
    subscribe.sound = once * (1 + u64::try_from(subscribe.redundancy).unwrap_or(0));
    Some(subscribe.estimate?.rate.saturating_sub(subscribe.sound))
}

/// What each of so many pictures could take, in bits a second, where not all fit at their smallest, and would if they were
/// sent at a lower rate.
fn fair_share(budget: u64, pictures: usize) -> Option<u64> {
    let share = budget.checked_div(u64::try_from(pictures).ok()?)?;
    (LEAST_PICTURE..SMALLEST_PICTURE)
        .contains(&share)
        .then_some(share)
}

/// Chooses the encodings of a subscriber's slots, and tells its estimator what to aim at. Returns the key
/// frames that this needs.
fn choose(
    now: Instant,
    subscribe: &mut Subscribe,
    budget: Option<u64>,
    wished: &[(usize, Wish)],
    offers: &BTreeMap<TrackId, Vec<LayerOffer>>,
) -> Vec<Ask> {
    let wants: Vec<Want<'_>> = wished
        .iter()
        .map(|(place, (track, height))| Want {
            height: *height,
            offers: offers.get(track).map_or(&[], Vec::as_slice),
            held: subscribe.slots.get(*place).map(Slot::choice).unwrap_or_default(),
        })
        .collect();
    let room = budget.unwrap_or(u64::MAX);
    let may_rise = subscribe.fell.is_none_or(|fell| {
        now >= fell.at + RISE_WAIT || room >= fell.budget.saturating_mul(RISE_AT_ONCE_PERCENT) / 100
    });
    let allocation = allocate(budget, may_rise, &wants);
    if allocation.fell {
        subscribe.fell = Some(Fall {
            at: now,
            budget: room,
        });
    }
    let before = wants.iter().map(|want| want.held);
    if !before.eq(allocation.choices.iter().copied()) {
        tracing::debug!(?budget, ?wants, ?allocation, "encodings chosen");
    }

    let mut asks = Vec::new();
    for ((place, _), choice) in wished.iter().zip(&allocation.choices) {
        let Some(slot) = subscribe.slots.get_mut(*place) else {
            continue;
        };
        slot.choose(now, *choice);
        if slot.take_unasked() && slot.key_frames.take(now) {
            asks.extend(Ask::of(slot));
        }
    }
    let find = if allocation.desired == 0 {
        0
    } else {
        subscribe.sound + allocation.desired
    };
    subscribe.peer.aim(find);
    asks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_is_repeated_as_the_losses_need_and_the_way_allows() {
        let on = |rate, lost, lost_steadily| {
            let estimate = Estimate {
                rate,
                lost,
                lost_steadily,
            };
            repeated(Some(estimate), 100_000)
        };
        assert_eq!(repeated(None, 100_000), 0);
        assert_eq!(on(2_000_000, 0.0, 0.0), 0);
        assert_eq!(on(2_000_000, 0.1, 0.0), 2);
        assert_eq!(on(700_000, 0.3, 0.0), 1, "a way that was narrowed just now");
        assert_eq!(on(250_000, 0.3, 0.0), 0);
        assert_eq!(on(90_000, 0.3, 0.15), 3, "one that loses all the time");
        assert_eq!(on(90_000, 0.6, 0.5), 4);
    }

    #[test]
    fn a_share_is_told_where_it_lets_all_be_seen() {
        assert_eq!(fair_share(130_000, 2), Some(65_000));
        assert_eq!(fair_share(400_000, 2), None, "there is room");
        assert_eq!(fair_share(300_000, 25), None, "some have to go without");
        assert_eq!(fair_share(300_000, 0), None);
    }
}
