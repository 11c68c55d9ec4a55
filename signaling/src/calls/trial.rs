//! Trying the network before joining: a connection with the SFU in a call of its own, which nobody enters and where nothing
//! is forwarded.

use std::{collections::HashMap, sync::Arc};

use protocol::{
    CallId, DeviceId, Millis, ParticipantId,
    limits::{MAX_TRIAL_SDP_LEN, MEDIA_TRIAL_LIFE_MS},
    sfu::{Place, ToSfu},
    socket::{MediaTrial, Side},
};

use super::{CallError, Caller, Calls, MediaTicket, rates::Deed};

/// At most one of each device.
pub(super) type Trials = HashMap<DeviceId, Trial>;

/// A connection that is being tried.
pub(super) struct Trial {
    place: Place,
    ends_at: Millis,
}

impl Calls {
    /// Hands the offer to the SFU; await the ticket without holding a lock on `self`. A former try of the device ends.
    pub fn trial(
        &mut self,
        caller: Caller,
        request: MediaTrial,
        now: Millis,
    ) -> Result<MediaTicket, CallError> {
        self.advance(now);
        self.rates.count(caller.device_id, Deed::Trial, self.now)?;
        if request.sdp.len() > MAX_TRIAL_SDP_LEN {
            return Err(CallError::TooLarge { what: "offer" });
        }
        self.end_trial(caller.device_id);
        let place = Place {
            call_id: CallId::from_random((self.random)()),
            participant_id: ParticipantId::from_random((self.random)()),
        };
        let Some((number, ticket)) = self.offers.add(place) else {
            return Err(CallError::NoSfu);
        };
        let offer = ToSfu::Offer {
            request: number,
            place,
            side: Side::Publish,
            fresh: true,
            sdp: request.sdp,
            tracks: Vec::new(),
        };
        if Arc::clone(&self.sfu).send(offer).is_err() {
            self.offers.drop_of(place);
            return Err(CallError::NoSfu);
        }
        let ends_at = self.now.plus(MEDIA_TRIAL_LIFE_MS);
        self.trials.insert(caller.device_id, Trial { place, ends_at });
        Ok(ticket)
    }

    /// Ends the try of a device, if it has one.
    pub(super) fn end_trial(&mut self, device: DeviceId) {
        if let Some(Trial { place, .. }) = self.trials.remove(&device) {
            self.offers.drop_of(place);
            // An SFU that is gone holds none either.
            let _ = self.sfu.send(ToSfu::Close {
                call_id: place.call_id,
            });
        }
    }

    /// Ends those that lasted long enough.
    pub(super) fn end_old_trials(&mut self) {
        let old = self.trials.iter().filter(|(_, trial)| trial.ends_at <= self.now);
        let old: Vec<_> = old.map(|(device, _)| *device).collect();
        for device in old {
            self.end_trial(device);
        }
    }
}
