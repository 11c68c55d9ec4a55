//! Receipts: how far the devices of each member have the room's messages, and how far each member has read. A receipt is
//! a message of its own, up to a place of the log, so that one speaks for many messages; of several by one person the
//! furthest places hold. Whoever switched receipts off sends none, and is shown none.

use protocol::{Millis, RoomId, Seq, UserId, socket::RoomKindTag};
use serde::{Deserialize, Serialize};

use super::{env::Env, state::Room, view::Lens};
use crate::{
    api::Delivery,
    limits::{GOT_DELAY_MS, MAX_RECEIPT_MEMBERS, READ_DELAY_MS, RECEIPT_JITTER_MS, RECEIPT_LIFE_MS},
    messages::{Content, History, Message, Timers},
    sorted::SortedMap,
    store::Store,
};

/// How far a member has the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// One of its devices has everything up to here.
    pub(crate) got: Seq,
    /// It read everything up to here.
    pub(crate) read: Seq,
}

/// Of each member, by its own word.
pub(crate) type AllSeen = SortedMap<UserId, Seen>;

impl Seen {
    /// With what another receipt of the same person says.
    fn and(self, other: Self) -> Self {
        Self {
            got: self.got.max(other.got),
            read: self.read.max(other.read),
        }
    }

    /// What was read was received before. Nobody has what comes after the receipt itself.
    fn until(self, last: Seq) -> Self {
        let read = self.read.min(last);
        Self {
            got: self.got.min(last).max(read),
            read,
        }
    }
}

impl Room {
    /// Somebody's receipt, which came at a place of the log.
    pub(super) fn take_receipt(&mut self, store: &mut Store, by: UserId, seen: Seen, at: Seq) {
        let before = self.seen.get(&by).copied().unwrap_or_default();
        let after = before.and(seen.until(at));
        if after == before {
            return;
        }
        self.seen.insert(by, after);
        self.save_seen(store);
        let from = before.got.min(before.read).min(after.got);
        self.history.mark_own(from);
    }

    /// Who is no member any more has no say.
    pub(super) fn forget_seen(&mut self, store: &mut Store) {
        let users = self.users();
        let count = self.seen.len();
        self.seen.retain(|user, _| users.contains(user));
        if self.seen.len() != count {
            self.save_seen(store);
        }
    }

    pub(super) fn delete_seen(&mut self, store: &mut Store) {
        if !self.seen.is_empty() {
            store.delete(record(self.id));
        }
    }

    fn save_seen(&self, store: &mut Store) {
        store.put(record(self.id), &self.seen);
    }

    /// What this device could say that no own device said yet.
    fn unsaid(&self, env: &Env<'_>) -> Option<Seen> {
        let told = env.own.receipts() && self.stored.kind != RoomKindTag::Own && self.is_member();
        if !told || self.users().len() > MAX_RECEIPT_MEMBERS || self.refusal(Lens::of(env)).is_some() {
            return None;
        }
        let me = env.me();
        let got = self
            .history
            .newest_of_others(me)
            .map(|message| History::seq(message.order))?;
        let seen = Seen {
            got,
            read: env.own.read(self.id).min(got),
        };
        let said = self.seen.get(&me).copied().unwrap_or_default();
        (said.and(seen) != said).then_some(seen)
    }

    /// Sees to it that a receipt goes out when it is worth one: a moment later, for all that comes until then.
    pub(crate) fn plan_receipt(&mut self, env: &Env<'_>) {
        let Some(seen) = self.unsaid(env) else {
            self.receipt_at = None;
            return;
        };
        let said = self.seen.get(&env.me()).copied().unwrap_or_default();
        let delay = if seen.read > said.read {
            READ_DELAY_MS
        } else {
            GOT_DELAY_MS
        };
        let at = env.now().plus(delay + env.shell.random.below(RECEIPT_JITTER_MS));
        // One that was planned is brought forward, and never put off.
        self.receipt_at = Some(self.receipt_at.map_or(at, |planned| planned.min(at)));
    }

    /// What is planned is due now.
    pub(crate) fn hasten_receipt(&mut self, env: &Env<'_>) {
        self.receipt_at = self.receipt_at.map(|_| env.now());
    }

    /// Sends the receipt that is due.
    pub(super) fn send_receipt(&mut self, env: &mut Env<'_>) {
        if self.receipt_at.is_none_or(|at| at > env.now()) {
            return;
        }
        self.receipt_at = None;
        let Some(seen) = self.unsaid(env) else { return };
        let me = env.me();
        let said = self.seen.get(&me).copied().unwrap_or_default().and(seen);
        self.seen.insert(me, said);
        self.save_seen(&mut env.shell.store);
        let content = Content::Receipt {
            got: said.got,
            read: said.read,
        };
        let timers = Timers {
            ttl: Some(RECEIPT_LIFE_MS),
            burn: None,
        };
        self.send_content_as(env, None, content, timers, None);
    }

    pub(crate) fn receipt_at(&self) -> Option<Millis> {
        self.receipt_at
    }

    /// How far a message is, and in a room of many who has read it.
    pub(super) fn delivery_of(&self, message: &Message, lens: Lens<'_>) -> (Delivery, Vec<UserId>) {
        let own = message.author == lens.me && message.delivery == Delivery::Sent;
        if !own || message.body.is_event() || !lens.own.receipts() {
            return (message.delivery, vec![]);
        }
        let place = History::seq(message.order);
        let others: Vec<UserId> = self.users().into_iter().filter(|user| *user != lens.me).collect();
        let all = |has: &dyn Fn(&Seen) -> bool| {
            let of = |user: &UserId| self.seen.get(user).is_some_and(has);
            !others.is_empty() && others.iter().all(of)
        };
        let delivery = if all(&|seen| seen.read >= place) {
            Delivery::Read
        } else if all(&|seen| seen.got >= place) {
            Delivery::Delivered
        } else {
            Delivery::Sent
        };
        let has_read = |user: &UserId| self.seen.get(user).is_some_and(|seen| seen.read >= place);
        let mut readers = others;
        readers.retain(has_read);
        (delivery, readers)
    }
}

/// Name of the record of a room's receipts.
pub(super) fn record(room_id: RoomId) -> String {
    format!("seen/{room_id}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen() -> impl Strategy<Value = Seen> {
        (0..50_u64, 0..50_u64).prop_map(|(got, read)| Seen {
            got: Seq(got),
            read: Seq(read),
        })
    }

    proptest! {
        #[test]
        fn the_order_of_receipts_does_not_matter_and_none_goes_back(
            receipts in prop::collection::vec((seen(), 0..50_u64), 1..6),
        ) {
            let merged = |order: &mut dyn Iterator<Item = &(Seen, u64)>| {
                order.fold(Seen::default(), |all, (one, at)| all.and(one.until(Seq(*at))))
            };
            let forth = merged(&mut receipts.iter());
            prop_assert_eq!(forth, merged(&mut receipts.iter().rev()));
            for (one, at) in &receipts {
                let one = one.until(Seq(*at));
                prop_assert!(forth.got >= one.got && forth.read >= one.read);
                prop_assert!(one.got >= one.read && one.got <= Seq(*at));
            }
        }
    }
}
