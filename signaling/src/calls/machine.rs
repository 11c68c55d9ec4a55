use std::sync::Arc;

use protocol::{
    DeviceId, Millis, RoomId,
    sfu::{FromSfu, SfuLink},
    socket::{
        Accepted, CallCommit, CallFound, CallJoin, CallJoined, CallRef, CallSend, CallSummary, CallSync,
        Entries, GroupInfoReply, MediaIntent, MediaOffer,
    },
};

use super::{CallError, Caller, MediaTicket, Outbox, People, Random, RoomForCall};

/// All live calls of this process.
pub struct Calls {
    _sfu: Arc<dyn SfuLink>,
    _out: Arc<dyn Outbox>,
    _random: Random,
}

impl Calls {
    /// No calls yet.
    pub fn new(sfu: Arc<dyn SfuLink>, out: Arc<dyn Outbox>, random: Random) -> Self {
        Self {
            _sfu: sfu,
            _out: out,
            _random: random,
        }
    }

    /// Enters the room's call, or starts one. `ice_servers` of the answer is empty: it is the caller's to fill.
    pub fn join(
        &mut self,
        _caller: Caller,
        _request: CallJoin,
        _room: &RoomForCall,
        _now: Millis,
    ) -> Result<CallJoined, CallError> {
        Err(CallError::NotInRoom)
    }

    /// Founds the call's group; the first one wins.
    pub fn found(
        &mut self,
        _caller: Caller,
        _request: &CallFound,
        _people: &People,
        _now: Millis,
    ) -> Result<Accepted, CallError> {
        Err(CallError::NotInCall)
    }

    /// Takes a commit to the call's group.
    pub fn commit(
        &mut self,
        _caller: Caller,
        _request: &CallCommit,
        _people: &People,
        _now: Millis,
    ) -> Result<Accepted, CallError> {
        Err(CallError::NotInCall)
    }

    /// Takes an application message.
    pub fn send(&mut self, _caller: Caller, _request: CallSend, _now: Millis) -> Result<Accepted, CallError> {
        Err(CallError::NotInCall)
    }

    /// Entries of the call's log after a place.
    pub fn sync(&self, _caller: Caller, _request: CallSync) -> Result<Entries, CallError> {
        Err(CallError::NotInCall)
    }

    /// What an external commit needs.
    pub fn group_info(&self, _caller: Caller, _request: CallRef) -> Result<GroupInfoReply, CallError> {
        Err(CallError::NotInCall)
    }

    /// Leaves at once.
    pub fn leave(&mut self, _caller: Caller, _request: CallRef, _now: Millis) -> Result<(), CallError> {
        Err(CallError::NotInCall)
    }

    /// Hands an SDP offer to the SFU; await the ticket without holding a lock on `self`.
    pub fn offer(&mut self, _caller: Caller, _request: MediaOffer) -> Result<MediaTicket, CallError> {
        Err(CallError::NotInCall)
    }

    /// What the client shows and publishes.
    pub fn intent(&mut self, _caller: Caller, _request: MediaIntent) -> Result<(), CallError> {
        Err(CallError::NotInCall)
    }

    /// The device's WebSocket came up (or took over from another).
    pub fn connected(&mut self, _device: DeviceId) {}

    /// The device's WebSocket is gone; it lingers in its call.
    pub fn disconnected(&mut self, _device: DeviceId, _now: Millis) {}

    /// The room's leaves changed, or it ended (no leaves): who has none any more is gone from its call.
    pub fn room_changed(&mut self, _room: &RoomForCall, _now: Millis) {}

    /// Lets time pass; to be called about twice a second.
    pub fn tick(&mut self, _now: Millis) {}

    /// Takes what the SFU says.
    pub fn on_sfu(&mut self, _message: FromSfu) {}

    /// The room's call, if it has one.
    pub fn summary(&self, _room: RoomId) -> Option<CallSummary> {
        None
    }
}
