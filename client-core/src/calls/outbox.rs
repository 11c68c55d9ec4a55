//! What this device says in a call, until the server has it: the newest presence, and a queue of everything else.
//!
//! ```text
//! push ─► waiting ──next, encrypted in the epoch of now──► in flight ──taken, or seen in the log──► gone
//!            ▲                                                 │
//!            └── stale epoch, connection lost, server busy ────┘   the same message id, encrypted anew
//! ```
//!
//! One is in flight at a time, so that what is said keeps its order. What waits outlives the group: who enters the same
//! call anew says it there.

use std::collections::VecDeque;

use protocol::{MessageId, Millis};

use crate::{
    limits::{CALL_PASSING_MS, CALL_PRESENCE_SPREAD_MS, MAX_CALL_OUTBOX, RETRY_MS},
    messages::Content,
};

#[derive(Default)]
pub(super) struct Outbox {
    /// When the presence is to be told. It is read when it leaves: only the newest is worth telling.
    presence_at: Option<Millis>,
    waiting: VecDeque<Said>,
    in_flight: Option<InFlight>,
    /// Nothing leaves before.
    not_before: Option<Millis>,
}

/// Something to say.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) id: MessageId,
    pub(super) at: Millis,
    pub(super) content: Content,
}

impl Said {
    /// Whether it is of the moment alone: a reaction, or what one asks of others.
    fn passes(&self) -> bool {
        !matches!(self.content, Content::Text { .. })
    }
}

struct InFlight {
    id: MessageId,
    presence: bool,
}

/// What is to leave now.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    Presence,
    Said(Said),
}

/// What the server made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Taken,
    /// Another epoch holds already: it is known in a moment.
    Stale,
    /// Lost on the way, or refused for now.
    Later,
    /// It will never be taken.
    Never,
}

/// There is no room for more.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

impl Outbox {
    /// The presence is to be told at this time, or before where it was to be already.
    pub(super) fn tell_presence(&mut self, at: Millis) {
        self.presence_at = Some(self.presence_at.map_or(at, |before| before.min(at)));
    }

    pub(super) fn push(&mut self, said: Said) -> Result<(), Full> {
        if self.waiting.len() >= MAX_CALL_OUTBOX {
            return Err(Full);
        }
        self.waiting.push_back(said);
        Ok(())
    }

    /// What may leave now. It stays here until its fate is known.
    pub(super) fn next(&mut self, now: Millis) -> Option<Next> {
        if self.in_flight.is_some() || self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        if self.presence_at.is_some_and(|at| at <= now) {
            return Some(Next::Presence);
        }
        // What passes is not worth saying later.
        while self
            .waiting
            .front()
            .is_some_and(|said| said.passes() && said.at.plus(CALL_PASSING_MS) <= now)
        {
            self.waiting.pop_front();
        }
        self.waiting.front().cloned().map(Next::Said)
    }

    /// It left, under this id.
    pub(super) fn left(&mut self, id: MessageId, next: &Next) {
        let presence = *next == Next::Presence;
        if presence {
            self.presence_at = None;
        }
        self.in_flight = Some(InFlight { id, presence });
    }

    /// It could not be encrypted.
    pub(super) fn failed(&mut self, now: Millis) {
        self.not_before = Some(now.plus(RETRY_MS));
    }

    /// The server's word on what is in flight. Answers what is settled by it: taken, or given up.
    pub(super) fn on_fate(&mut self, now: Millis, id: MessageId, fate: Fate) -> Option<Said> {
        let InFlight { presence, .. } = self.in_flight.take_if(|flight| flight.id == id)?;
        let wait = match fate {
            Fate::Taken | Fate::Never if presence => return None,
            Fate::Taken | Fate::Never => return self.settle(id),
            Fate::Stale => CALL_PRESENCE_SPREAD_MS,
            Fate::Later => RETRY_MS,
        };
        self.not_before = Some(now.plus(wait));
        if presence {
            self.tell_presence(now);
        }
        None
    }

    /// The log shows it: the server has it, whatever became of its answer.
    pub(super) fn on_logged(&mut self, id: MessageId) -> Option<Said> {
        self.in_flight.take_if(|flight| flight.id == id);
        self.settle(id)
    }

    fn settle(&mut self, id: MessageId) -> Option<Said> {
        let at = self.waiting.iter().position(|said| said.id == id)?;
        self.waiting.remove(at)
    }

    /// A new epoch is known: what waited for it need not wait any more.
    pub(super) fn on_epoch(&mut self) {
        self.not_before = None;
    }

    /// The group is lost, and with it what is in flight.
    pub(super) fn on_group_lost(&mut self) {
        self.in_flight = None;
        self.not_before = None;
        self.presence_at = None;
        self.waiting.retain(|said| !said.passes());
    }

    /// The call is over: what was never said.
    pub(super) fn give_up(&mut self) -> VecDeque<Said> {
        self.on_group_lost();
        std::mem::take(&mut self.waiting)
    }

    /// When something is to leave. A time of the past is of what could not leave yet.
    pub(super) fn due_at(&self) -> Option<Millis> {
        if self.in_flight.is_some() {
            return None;
        }
        let first = self.waiting.front().map(|said| said.at);
        let due = first.into_iter().chain(self.presence_at).min()?;
        Some(self.not_before.map_or(due, |at| at.max(due)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: u8) -> Said {
        Said {
            id: MessageId::from_random([number; 16]),
            at: Millis(1),
            content: Content::text(&number.to_string()),
        }
    }

    /// Takes what is next out, as if it was encrypted and sent.
    fn send(outbox: &mut Outbox, now: u64) -> Option<(MessageId, Next)> {
        let next = outbox.next(Millis(now))?;
        let id = match &next {
            Next::Presence => MessageId::from_random([99; 16]),
            Next::Said(said) => said.id,
        };
        outbox.left(id, &next);
        Some((id, next))
    }

    fn with(numbers: &[u8]) -> Outbox {
        let mut outbox = Outbox::default();
        for number in numbers {
            outbox.push(said(*number)).unwrap();
        }
        outbox
    }

    #[test]
    fn one_is_in_flight_and_the_order_is_kept() {
        let mut outbox = with(&[1, 2]);
        let (first, _) = send(&mut outbox, 1).unwrap();
        assert_eq!(send(&mut outbox, 1), None);
        assert_eq!(outbox.on_fate(Millis(1), first, Fate::Taken), Some(said(1)));
        assert_eq!(send(&mut outbox, 1).unwrap().1, Next::Said(said(2)));
    }

    #[test]
    fn what_is_refused_or_lost_goes_again_under_its_id_before_what_came_after() {
        for (fate, wait) in [(Fate::Stale, CALL_PRESENCE_SPREAD_MS), (Fate::Later, RETRY_MS)] {
            let mut outbox = with(&[1, 2]);
            let (id, _) = send(&mut outbox, 0).unwrap();
            assert_eq!(outbox.on_fate(Millis(0), id, fate), None);
            assert_eq!(outbox.due_at(), Some(Millis(wait)));
            assert_eq!(send(&mut outbox, wait - 1), None);
            assert_eq!(send(&mut outbox, wait).unwrap().1, Next::Said(said(1)));
        }
    }

    #[test]
    fn a_new_epoch_ends_the_wait_for_it() {
        let mut outbox = with(&[1]);
        let (id, _) = send(&mut outbox, 0).unwrap();
        outbox.on_fate(Millis(0), id, Fate::Stale);
        outbox.on_epoch();
        assert!(send(&mut outbox, 0).is_some());
    }

    #[test]
    fn what_the_log_shows_is_settled_and_a_late_answer_about_it_changes_nothing() {
        let mut outbox = with(&[1, 2]);
        let (id, _) = send(&mut outbox, 0).unwrap();
        assert_eq!(outbox.on_logged(id), Some(said(1)));
        let (second, _) = send(&mut outbox, 0).unwrap();
        assert_eq!(outbox.on_fate(Millis(0), id, Fate::Later), None);
        assert_eq!(outbox.on_fate(Millis(0), second, Fate::Taken), Some(said(2)));
    }

    #[test]
    fn what_is_never_taken_does_not_keep_back_what_follows() {
        let mut outbox = with(&[1, 2]);
        let (id, _) = send(&mut outbox, 0).unwrap();
        assert_eq!(outbox.on_fate(Millis(0), id, Fate::Never), Some(said(1)));
        assert_eq!(send(&mut outbox, 0).unwrap().1, Next::Said(said(2)));
    }

    #[test]
    fn of_the_presence_only_the_newest_is_told_and_it_goes_first() {
        let mut outbox = with(&[1]);
        outbox.tell_presence(Millis(5));
        outbox.tell_presence(Millis(9));
        let (id, next) = send(&mut outbox, 5).unwrap();
        assert_eq!(next, Next::Presence);
        assert_eq!(outbox.on_fate(Millis(5), id, Fate::Taken), None);
        let (id, next) = send(&mut outbox, 5).unwrap();
        assert_eq!(next, Next::Said(said(1)));
        outbox.on_fate(Millis(5), id, Fate::Taken);
        assert_eq!((send(&mut outbox, 99), outbox.due_at()), (None, None));
    }

    #[test]
    fn a_presence_that_was_lost_is_told_again() {
        let mut outbox = Outbox::default();
        outbox.tell_presence(Millis(0));
        let (id, _) = send(&mut outbox, 0).unwrap();
        outbox.on_fate(Millis(0), id, Fate::Later);
        assert_eq!(outbox.due_at(), Some(Millis(RETRY_MS)));
        assert_eq!(send(&mut outbox, RETRY_MS).unwrap().1, Next::Presence);
    }

    #[test]
    fn what_waits_outlives_the_group_and_is_given_up_with_the_call() {
        let mut outbox = with(&[1, 2]);
        send(&mut outbox, 0).unwrap();
        outbox.on_group_lost();
        assert_eq!(send(&mut outbox, 0).unwrap().1, Next::Said(said(1)));
        assert_eq!(outbox.give_up(), [said(1), said(2)]);
        assert_eq!((outbox.next(Millis(9)), outbox.due_at()), (None, None));
    }

    #[test]
    fn the_queue_has_an_end() {
        let mut outbox = Outbox::default();
        for _ in 0..MAX_CALL_OUTBOX {
            assert_eq!(outbox.push(said(1)), Ok(()));
        }
        assert_eq!(outbox.push(said(2)), Err(Full));
    }
}
