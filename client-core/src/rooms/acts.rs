//! Edits, reactions and deletions on their way, and what goes from the outbox with a message that ends or is taken back.

use protocol::{MessageId, Millis, Seq, UserId};

use super::{
    env::Env,
    state::Room,
    stored::{OutState, Outgoing},
};
use crate::{
    api::{Delivery, Failure},
    failure::failure,
    messages::{Act, Body, Envelope, History, Message, Timers},
    store::Store,
};

impl Room {
    /// Does something to a message that is there: shows it, and puts it into the outbox.
    pub(crate) fn act(&mut self, env: &mut Env<'_>, of: MessageId, act: Act) -> Result<(), Failure> {
        let me = env.me();
        let message = self.history.get(of).ok_or_else(|| failure("not_found"))?;
        let unsent = message.delivery == Delivery::Failed && act != Act::Delete;
        if unsent || !message.as_shown(me).allows(&act, me, self.is_moderator(me)) {
            return Err(failure("forbidden"));
        }
        let expires_at = message.life.expires_at(message.sent_at);
        if act == Act::Delete && self.take_back(env, of) {
            return Ok(());
        }
        // The server has no need of it for longer than of what it is done to. That one burnt here does not end it elsewhere.
        let timers = Timers {
            ttl: expires_at.map(|at| at.since(env.now())),
            burn: None,
        };
        let carrier = self.send_content_as(env, None, act.content(of), timers, None);
        self.history.change(&mut env.shell.store, of, |message| {
            message.await_act(carrier, act)
        });
        Ok(())
    }

    /// Whether a message of one's own is here, and certainly nowhere else.
    pub(crate) fn is_unsent(&self, message_id: MessageId) -> bool {
        let message = self.history.get(message_id);
        message.is_some_and(|message| message.delivery == Delivery::Failed)
    }

    /// Takes out what has ended, here and of what did not leave yet. Answers what that was.
    pub(crate) fn purge(&mut self, store: &mut Store, now: Millis) -> Vec<Message> {
        self.purge_aside(store, now);
        let ended = self.history.take_ended(store, now);
        for message in &ended {
            self.drop_held(store, message.id);
        }
        ended
    }

    /// Takes out of the outbox what certainly did not leave yet. Answers whether it was so.
    fn take_back(&mut self, env: &mut Env<'_>, message_id: MessageId) -> bool {
        let held = self.drop_held(&mut env.shell.store, message_id);
        if held {
            let taken = self.history.remove(&mut env.shell.store, message_id);
            env.notes
                .doomed
                .extend(taken.and_then(|message| message.own_blob()));
        }
        held
    }

    fn drop_held(&mut self, store: &mut Store, message_id: MessageId) -> bool {
        let held = |out: &Outgoing| {
            let kept = out.state == OutState::Waiting && out.sealed.is_none();
            out.message_id == message_id && (kept || out.state == OutState::Failed)
        };
        let Some(place) = self.outbox.iter().position(held) else {
            return false;
        };
        if let Some(out) = self.outbox.remove(place) {
            store.delete(out.record(self.id));
        }
        self.drop_acts_on(store, message_id);
        true
    }

    /// An act stands in the log. One that is not allowed, or on what is not here, is passed over.
    pub(super) fn take_act(
        &mut self,
        env: &mut Env<'_>,
        carrier: MessageId,
        seq: Seq,
        of: MessageId,
        act: &Act,
        by: UserId,
    ) {
        let moderator = self.is_moderator(by);
        let blob = self.history.get(of).and_then(Message::own_blob);
        self.history.change(&mut env.shell.store, of, |message| {
            message.end_await(carrier);
            if message.allows(act, by, moderator) {
                message.take(act, by, History::place(seq, 0));
            }
        });
        let is_gone = |message: &Message| message.body == Body::Deleted;
        if self.history.get(of).is_some_and(is_gone) {
            env.notes.doomed.extend(blob);
        }
    }

    /// What was to be done to a message that the others do not have.
    pub(super) fn drop_acts_on(&mut self, store: &mut Store, message_id: MessageId) {
        let on_it = |out: &&Outgoing| act_in(&out.content).is_some_and(|(of, _)| of == message_id);
        let acts: Vec<Outgoing> = self.outbox.iter().filter(on_it).cloned().collect();
        for act in acts {
            store.delete(act.record(self.id));
            self.outbox.retain(|out| out.number != act.number);
            self.history.change(store, message_id, |message| {
                message.end_await(act.message_id);
            });
        }
    }
}

/// The act that content of the outbox is.
pub(super) fn act_in(content: &[u8]) -> Option<(MessageId, Act)> {
    Act::of(Envelope::decode(content)?.content).ok()
}
