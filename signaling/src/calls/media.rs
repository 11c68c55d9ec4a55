//! What goes between a participant and the SFU.

use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    limits::{MAX_SDP_LEN, MAX_VIDEO_SLOTS},
    sfu::{FromSfu, OfferRefused, Place, ToSfu},
    socket::{CallRef, Event, MediaBindings, MediaIntent, MediaOffer, MediaSpeaker, Side, TrackKind},
};
use tokio::sync::oneshot;

use super::{
    CallError, Caller, Calls, MediaTicket,
    call::{Call, Participant},
    limits::{MAX_MID_LEN, MAX_TRACKS, MAX_WAITING_OFFERS},
    rates::Deed,
};

/// Offers that wait for the SFU's answer.
#[derive(Default)]
pub(super) struct Offers {
    last: u64,
    waiting: BTreeMap<u64, WaitingOffer>,
}

struct WaitingOffer {
    place: Place,
    answer: oneshot::Sender<Result<String, OfferRefused>>,
}

impl Offers {
    /// Notes an offer, unless the participant has too many that nobody answered.
    pub fn add(&mut self, place: Place) -> Option<(u64, MediaTicket)> {
        self.waiting.retain(|_, offer| !offer.answer.is_closed());
        if self.waiting.values().filter(|offer| offer.place == place).count() >= MAX_WAITING_OFFERS {
            return None;
        }
        let (answer, ticket) = oneshot::channel();
        self.last = self.last.wrapping_add(1);
        self.waiting.insert(self.last, WaitingOffer { place, answer });
        Some((self.last, ticket))
    }

    /// Hands the answer to who asked, and gives its place.
    fn answer(&mut self, request: u64, result: Result<String, OfferRefused>) -> Option<Place> {
        let offer = self.waiting.remove(&request)?;
        // Who asked may have stopped waiting.
        let _ = offer.answer.send(result);
        Some(offer.place)
    }

    /// Closes the tickets of a participant that is no more.
    pub fn drop_of(&mut self, place: Place) {
        self.waiting.retain(|_, offer| offer.place != place);
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }
}

impl Calls {
    /// Hands an SDP offer to the SFU; await the ticket without holding a lock on `self`. Only of participants
    /// whose leaf is in the group, so that nothing is ever forwarded to who was not added.
    pub fn offer(&mut self, caller: Caller, request: MediaOffer) -> Result<MediaTicket, CallError> {
        self.rates.count(caller.device_id, Deed::Media, self.now)?;
        check_offer(&request)?;
        let sfu = Arc::clone(&self.sfu);
        let call = self.call_of(caller, request.call_id)?;
        let participant_id = call.member(caller)?.who.participant_id;
        let place = call.place(participant_id);
        let Some((number, ticket)) = self.offers.add(place) else {
            return Err(CallError::RateLimited {
                retry_after_ms: 1_000,
            });
        };

        let fresh = request.fresh;
        let offer = ToSfu::Offer {
            request: number,
            place,
            side: request.side,
            fresh,
            sdp: request.sdp,
            tracks: request.tracks,
        };
        if sfu.send(offer).is_err() {
            self.offers.drop_of(place);
            return Err(CallError::NoSfu);
        }
        let participant = self.call_of(caller, request.call_id)?.member(caller)?;
        participant.offered = true;
        // A new connection starts without the wishes of the former one.
        if fresh && let Some(intent) = intent_of(participant, place) {
            sfu.send(intent).map_err(|_| CallError::NoSfu)?;
        }
        Ok(ticket)
    }

    /// What the client shows and publishes. Kept until the SFU knows the participant.
    pub fn intent(&mut self, caller: Caller, request: MediaIntent) -> Result<(), CallError> {
        self.rates.count(caller.device_id, Deed::Media, self.now)?;
        if request.video.len() > MAX_VIDEO_SLOTS {
            return Err(CallError::Malformed { what: "intent" });
        }
        let sfu = Arc::clone(&self.sfu);
        let call = self.call_of(caller, request.call_id)?;
        call.member(caller)?;
        let mut video = request.video;
        video.retain(|wish| {
            let mut others = call.participants.values().map(|participant| participant.who);
            wish.kind != TrackKind::Microphone
                && others
                    .any(|who| who.participant_id == wish.participant_id && who.device_id != caller.device_id)
        });
        let mut publishing = request.publishing;
        publishing.sort_unstable();
        publishing.dedup();

        let participant_id = call.member(caller)?.who.participant_id;
        let place = call.place(participant_id);
        let participant = call.member(caller)?;
        participant.intent = Some((video, publishing));
        match intent_of(participant, place) {
            Some(intent) => sfu.send(intent).map_err(|_| CallError::NoSfu),
            None => Ok(()),
        }
    }

    /// Takes what the SFU says. What it says of participants that are no more goes nowhere.
    pub fn on_sfu(&mut self, message: FromSfu) {
        match message {
            FromSfu::Answer { request, result } => {
                let unknown = result == Err(OfferRefused::NoConnection);
                let place = self.offers.answer(request, result).filter(|_| unknown);
                if let Some(place) = place {
                    self.media_lost(place);
                }
            }
            FromSfu::Bindings {
                place,
                slots,
                live,
                watched,
            } => {
                let out = Arc::clone(&self.out);
                let speaker = self.calls.get(&place.call_id).and_then(Call::speaker_event);
                if let Some(participant) = self.at(place) {
                    let first = participant.bindings.is_none();
                    let bindings = MediaBindings {
                        call_id: place.call_id,
                        slots,
                        live,
                        watched,
                    };
                    participant.bindings = Some(bindings.clone());
                    let device_id = participant.who.device_id;
                    out.to_device(device_id, Event::MediaBindings(bindings));
                    if let Some(speaker) = speaker.filter(|_| first) {
                        out.to_device(device_id, speaker);
                    }
                }
            }
            FromSfu::Speaker {
                call_id,
                participant_id,
            } => {
                if let Some(call) = self.calls.get_mut(&call_id) {
                    call.speaker = participant_id;
                    let event = Event::MediaSpeaker(MediaSpeaker {
                        call_id,
                        participant_id,
                    });
                    call.tell_members(&*self.out, &event);
                }
            }
            // The client's own PeerConnection tells it sooner. To say so here would make a client that replaces
            // a connection replace it again and again, for the former one breaks each time.
            FromSfu::Connection { .. } => {}
        }
    }

    /// The SFU does not know a connection that the client has: it was started anew in between.
    fn media_lost(&mut self, place: Place) {
        let out = Arc::clone(&self.out);
        if let Some(participant) = self.at(place) {
            let lost = CallRef {
                call_id: place.call_id,
            };
            out.to_device(participant.who.device_id, Event::MediaLost(lost));
        }
    }

    /// The participant in a place, if its leaf is in the group.
    fn at(&mut self, place: Place) -> Option<&mut Participant> {
        let call = self.calls.get_mut(&place.call_id)?;
        let mut inside = call
            .participants
            .values_mut()
            .filter(|participant| participant.is_in());
        inside.find(|participant| participant.who.participant_id == place.participant_id)
    }
}

/// The last intent of a participant that the SFU knows.
fn intent_of(participant: &Participant, place: Place) -> Option<ToSfu> {
    let (video, publishing) = participant.intent.clone().filter(|_| participant.offered)?;
    Some(ToSfu::Intent {
        place,
        video,
        publishing,
    })
}

fn check_offer(request: &MediaOffer) -> Result<(), CallError> {
    if request.sdp.len() > MAX_SDP_LEN {
        return Err(CallError::TooLarge { what: "offer" });
    }
    let tracks_fit = request.tracks.len() <= MAX_TRACKS
        && request.tracks.iter().all(|track| track.mid.len() <= MAX_MID_LEN)
        && (request.side == Side::Publish || request.tracks.is_empty());
    if tracks_fit {
        Ok(())
    } else {
        Err(CallError::Malformed { what: "offer" })
    }
}
