//! One question at a time to the server, over each connection anew, and not too often where it wants patience.

use protocol::Millis;

use super::shell::Answer;
use crate::rooms::{is_passing, wait_of};

/// See the module.
#[derive(Default)]
pub(super) struct Pace {
    asked: bool,
    wait_until: Option<Millis>,
}

impl Pace {
    /// The next connection is asked anew, at once.
    pub(super) fn disconnect(&mut self) {
        *self = Self::default();
    }

    pub(super) fn may_ask(&self, now: Millis) -> bool {
        !self.asked && self.wait_until.is_none_or(|until| until <= now)
    }

    pub(super) fn asks(&mut self) {
        self.asked = true;
        self.wait_until = None;
    }

    /// Takes an answer; says whether it was one. If not, the question is to be asked again later.
    pub(super) fn is_answered(&mut self, now: Millis, answer: &Answer) -> bool {
        self.asked = false;
        let refusal = answer.as_ref().err().filter(|refusal| is_passing(refusal));
        self.wait_until = refusal.map(|refusal| now.plus(wait_of(refusal)));
        self.wait_until.is_none()
    }

    /// When it is to be asked again, if it is.
    pub(super) fn wakes(&self) -> Option<Millis> {
        self.wait_until.filter(|_| !self.asked)
    }
}
