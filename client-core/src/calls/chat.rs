//! What was said in the call: in memory alone, for the length of the call, bounded.

use std::collections::VecDeque;

use protocol::{CallId, LeafIndex, MessageId, Millis, RoomId, identity::Certificate, socket::CallSummary};

use crate::{
    api::{CallMessageView, Delivery},
    limits::MAX_CALL_MESSAGES,
    rooms::Lens,
};

/// Added to the order of what is not in the log yet, which comes last.
const UNSENT: u64 = 1 << 52;

#[derive(Default)]
pub(super) struct Chat {
    /// In the order in which they are shown.
    messages: VecDeque<ChatMessage>,
    next: u64,
    /// What the user interface was not told yet.
    changed: Vec<MessageId>,
    reset: bool,
}

/// The chat of a call that this device left.
pub(crate) struct LeftChat {
    pub(crate) room_id: RoomId,
    pub(crate) call_id: CallId,
    pub(super) chat: Chat,
}

impl LeftChat {
    /// Whether it goes, now that this is the call of that room.
    pub(crate) fn is_over_with(&self, room_id: RoomId, call: Option<&CallSummary>) -> bool {
        self.room_id == room_id && call.is_none_or(|call| call.call_id != self.call_id)
    }
}

#[derive(Clone)]
pub(super) struct ChatMessage {
    pub(super) id: MessageId,
    pub(super) author: Box<Certificate>,
    pub(super) leaf: LeafIndex,
    pub(super) sent_at: Millis,
    pub(super) text: String,
    pub(super) delivery: Delivery,
    order: u64,
}

impl ChatMessage {
    pub(super) fn new(
        id: MessageId,
        author: Box<Certificate>,
        leaf: LeafIndex,
        sent_at: Millis,
        text: String,
    ) -> Self {
        Self {
            id,
            author,
            leaf,
            sent_at,
            text,
            delivery: Delivery::Received,
            order: 0,
        }
    }
}

impl Chat {
    /// What somebody else said.
    pub(super) fn receive(&mut self, mut message: ChatMessage) {
        message.order = self.draw();
        self.place(message);
    }

    /// What this device is about to say.
    pub(super) fn say(&mut self, mut message: ChatMessage) {
        message.order = UNSENT.saturating_add(self.draw());
        message.delivery = Delivery::Sending;
        self.place(message);
    }

    /// The server has it.
    pub(super) fn sent(&mut self, id: MessageId) {
        self.change(id, |message| message.delivery = Delivery::Sent);
    }

    /// It will never be sent.
    pub(super) fn failed(&mut self, id: MessageId) {
        let order = self.draw();
        self.change(id, |message| {
            message.delivery = Delivery::Failed;
            message.order = order;
        });
        self.sort();
    }

    /// The log shows it: this is its place among what the others said.
    pub(super) fn logged(&mut self, id: MessageId, sent_at: Millis) {
        let order = self.draw();
        self.change(id, |message| {
            message.delivery = Delivery::Sent;
            if message.order >= UNSENT {
                message.order = order;
                message.sent_at = message.sent_at.min(sent_at);
            }
        });
        self.sort();
    }

    fn sort(&mut self) {
        self.messages
            .make_contiguous()
            .sort_by_key(|message| message.order);
    }

    /// A new log begins: what is in the former one and was not shown there takes its place now.
    pub(super) fn settle(&mut self) {
        let sent = |message: &&ChatMessage| message.order >= UNSENT && message.delivery == Delivery::Sent;
        let sent: Vec<_> = self
            .messages
            .iter()
            .filter(sent)
            .map(|message| (message.id, message.sent_at))
            .collect();
        for (id, sent_at) in sent {
            self.logged(id, sent_at);
        }
    }

    /// Another call: nothing of the former belongs to it.
    pub(super) fn clear(&mut self) {
        let next = self.next;
        *self = Self {
            next,
            reset: true,
            ..Self::default()
        };
    }

    /// The user interface begins anew.
    pub(super) fn tell_all(&mut self) {
        self.reset = true;
        self.changed = self.messages.iter().map(|message| message.id).collect();
    }

    /// What is to be told: whether to begin anew, and what is new or changed.
    pub(super) fn take_told(&mut self, lens: Lens<'_>) -> Option<(bool, Vec<CallMessageView>)> {
        let reset = std::mem::take(&mut self.reset);
        let changed = std::mem::take(&mut self.changed);
        if !reset && changed.is_empty() {
            return None;
        }
        let told = self
            .messages
            .iter()
            .filter(|message| changed.contains(&message.id))
            .map(|message| message.view(lens))
            .collect();
        Some((reset, told))
    }

    fn draw(&mut self) -> u64 {
        self.next = self.next.saturating_add(1);
        self.next
    }

    fn place(&mut self, message: ChatMessage) {
        self.changed.push(message.id);
        let at = self
            .messages
            .iter()
            .rposition(|before| before.order < message.order)
            .map_or(0, |before| before.saturating_add(1));
        self.messages.insert(at, message);
        while self.messages.len() > MAX_CALL_MESSAGES {
            self.messages.pop_front();
        }
    }

    fn change(&mut self, id: MessageId, change: impl FnOnce(&mut ChatMessage)) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.id == id) {
            change(message);
            if !self.changed.contains(&id) {
                self.changed.push(id);
            }
        }
    }
}

impl ChatMessage {
    fn view(&self, lens: Lens<'_>) -> CallMessageView {
        let user_id = self.author.body().user_id;
        CallMessageView {
            message_id: self.id,
            order: self.order,
            leaf: self.leaf.0,
            person: lens
                .people
                .person_card(user_id, Some(&self.author), lens.me, lens.own),
            mine: user_id == lens.me,
            sent_at: self.sent_at,
            text: self.text.clone(),
            delivery: self.delivery,
        }
    }
}
