//! A call in a direct room rings at the other's devices, until somebody answers, declines, or gives up.
//!
//! ```text
//! call_started ─► Ringing ─┬─ the other is in the call ────────────► Answered
//!                          ├─ call_declined, of the other ─────────► Declined
//!                          └─ nobody for RING_MS, or hung up ──────► Over ─► call_missed, by the device that called
//! ```
//!
//! What rings is what the other said inside the encryption, as long as the server too has the caller in that call: no server
//! can make a device ring by itself, nor in the name of somebody else. Only time of this device counts, whose clock may
//! be wrong: a call is over for who hears of it late by the `call_missed` that follows in the log.

use protocol::{CallId, Millis, UserId, socket::CallSummary, socket::RoomKindTag};

use super::{Lens, env::Env, send::happened, state::Room};
use crate::{
    api::{Failure, RingView},
    failure::failure,
    limits::{MAX_RUNG_CALLS, RING_MS},
    messages::Content,
};

/// The newest call of a direct room that rang.
pub(crate) struct Ring {
    call_id: CallId,
    /// Who calls.
    by: UserId,
    /// This device called: it says what came of it.
    mine: bool,
    until: Millis,
    /// The server had the caller in this call.
    seen: bool,
    state: RingState,
    /// Calls that rang before it, the newest last: none rings twice.
    before: Vec<CallId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum RingState {
    Ringing,
    Answered,
    Declined,
    Over,
}

impl Ring {
    /// Whether the server has the caller in this call.
    fn has_caller(&self, call: Option<&CallSummary>) -> bool {
        let call = call.filter(|call| call.call_id == self.call_id);
        call.is_some_and(|call| call.participants.iter().any(|one| one.user_id == self.by))
    }
}

impl Room {
    /// The server says who is in the call.
    pub(crate) fn set_call(&mut self, env: &mut Env<'_>, call: Option<CallSummary>) {
        self.call = call;
        self.follow_ring(env);
    }

    /// Somebody called, here or on another device.
    pub(super) fn begin_ring(&mut self, env: &mut Env<'_>, call_id: CallId, by: UserId, mine: bool) {
        if self.stored.kind != RoomKindTag::Direct {
            return;
        }
        let mut before = Vec::new();
        if let Some(ring) = &self.ring {
            let known = ring.call_id == call_id || ring.before.contains(&call_id);
            // Where both call at once, it is one call that they are in.
            let goes_on = ring.state == RingState::Ringing && ring.has_caller(self.call.as_ref());
            if known || goes_on {
                return;
            }
            before.clone_from(&ring.before);
            before.push(ring.call_id);
            before.drain(..before.len().saturating_sub(MAX_RUNG_CALLS));
        }
        self.ring = Some(Ring {
            call_id,
            by,
            mine,
            until: env.now().plus(RING_MS),
            seen: false,
            state: RingState::Ringing,
            before,
        });
        self.follow_ring(env);
    }

    /// The person at this device does not want to answer.
    pub(crate) fn decline_call(&mut self, env: &mut Env<'_>) -> Result<(), Failure> {
        let me = env.me();
        let ring = self.ring.as_mut();
        let ring = ring.filter(|ring| ring.state == RingState::Ringing && ring.by != me);
        let ring = ring.ok_or_else(|| failure("call_gone"))?;
        ring.state = RingState::Declined;
        let content = Content::CallDeclined {
            call_id: ring.call_id,
        };
        self.send_content(env, content, Some(happened("call_declined", me)));
        Ok(())
    }

    /// Whether what somebody says of a call that rang is theirs to say: who called gives up, the other declines.
    pub(super) fn end_ring(&mut self, call_id: CallId, by: UserId, declined: bool) -> bool {
        let of_direct = self.stored.kind == RoomKindTag::Direct;
        if let Some(ring) = self.ring.as_mut().filter(|ring| ring.call_id == call_id) {
            if declined == (ring.by == by) {
                return false;
            }
            if ring.state == RingState::Ringing {
                ring.state = if declined {
                    RingState::Declined
                } else {
                    RingState::Over
                };
            }
        }
        of_direct
    }

    /// What became of it, by who is in the call and by what time it is.
    pub(super) fn follow_ring(&mut self, env: &mut Env<'_>) {
        let Some(ring) = &mut self.ring else { return };
        let call = self.call.as_ref().filter(|call| call.call_id == ring.call_id);
        let has_caller = ring.has_caller(call);
        ring.seen |= has_caller;
        let answered = call.is_some_and(|call| call.participants.iter().any(|one| one.user_id != ring.by));
        if answered {
            ring.state = RingState::Answered;
        }
        let over = ring.until <= env.now() || ring.seen && !has_caller;
        if ring.state == RingState::Ringing && over {
            ring.state = RingState::Over;
            let (mine, call_id) = (ring.mine, ring.call_id);
            if mine {
                let body = happened("call_missed", env.me());
                self.send_content(env, Content::CallMissed { call_id }, Some(body));
            }
        }
    }

    /// When it stops ringing.
    pub(super) fn ring_ends_at(&self) -> Option<Millis> {
        let ring = self.ring.as_ref()?;
        (ring.state == RingState::Ringing).then_some(ring.until)
    }

    /// What is to be shown of it: to the caller in the call, to the other outside of it.
    pub(super) fn ring_view(&self, lens: Lens<'_>) -> Option<RingView> {
        let (ring, call) = (self.ring.as_ref()?, self.call.as_ref()?);
        if ring.call_id != call.call_id {
            return None;
        }
        let in_call = lens.in_call == Some(call.call_id);
        match ring.state {
            RingState::Ringing if ring.by != lens.me && !in_call => {
                ring.has_caller(Some(call)).then_some(RingView::Incoming)
            }
            RingState::Ringing if in_call => Some(RingView::Outgoing),
            RingState::Declined if ring.by == lens.me && in_call => Some(RingView::Declined),
            RingState::Over if ring.by == lens.me && in_call => Some(RingView::Unanswered),
            _ => None,
        }
    }
}
