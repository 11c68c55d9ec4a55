//! What is new in rooms since it was handed out last.
//!
//! ```text
//!            open_room: a fresh start, the newest page
//!  (closed) ─────────────────────────────────────────► Loading ── load_older while the page ends above the mark ──┐
//!                                                        ▲  └──────────────────────────────────────────────────────┤
//!                              events were lost, a reset │                                                         ▼
//!                                                        └──────────────────────────────────────────────────── Caught up
//! ```
//!
//! Messages come in the order of the room, each at least once: whoever prints them stores the mark after that
//! ([`Reader::mark`], [`Client::hand_out`]), so that a crash in between repeats some, and never leaves one out. The message's
//! id tells. What a contact said before it may be heard comes later than what was said after it: the mark waits before it.

use std::collections::{BTreeMap, BTreeSet};

use client_core::api::{BodyView, Command, Delivery, Event, MessageView};
use protocol::RoomId;

use crate::{Client, ClientError};

/// Reads rooms.
#[derive(Default)]
pub struct Reader {
    rooms: BTreeMap<RoomId, Reading>,
}

struct Reading {
    /// Messages up to here were handed out.
    mark: u64,
    /// Messages beyond it that were, too.
    beyond: BTreeSet<u64>,
    /// Here something waits until it may be heard.
    aside_from: Option<u64>,
    /// The oldest of the page; none before the first.
    oldest: Option<u64>,
    caught_up: bool,
    waiting: BTreeMap<u64, MessageView>,
}

impl Reader {
    /// Nothing is read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with rooms that are not read yet.
    pub async fn open(
        &mut self,
        client: &Client,
        rooms: impl IntoIterator<Item = RoomId>,
    ) -> Result<(), ClientError> {
        for room_id in rooms {
            if self.rooms.contains_key(&room_id) {
                continue;
            }
            let mut reading = Reading::from(client.handed_out(room_id));
            reading.aside_from = client.room(room_id).and_then(|room| room.aside_from);
            self.rooms.insert(room_id, reading);
            self.open_room(client, room_id).await?;
        }
        Ok(())
    }

    /// Begins anew with all of them, as after events that were lost.
    pub async fn open_again(&mut self, client: &Client) -> Result<(), ClientError> {
        let rooms: Vec<RoomId> = self.rooms.keys().copied().collect();
        for room_id in rooms {
            self.open_room(client, room_id).await?;
        }
        Ok(())
    }

    async fn open_room(&mut self, client: &Client, room_id: RoomId) -> Result<(), ClientError> {
        match client.ask(Command::OpenRoom { room_id }).await {
            Err(ClientError::Failed(failure)) if failure.code == "room_gone" => {
                self.rooms.remove(&room_id);
                Ok(())
            }
            other => other.map(|_| ()),
        }
    }

    /// Takes in an event; hands out what became known by it, with its room, in order.
    pub async fn take(&mut self, client: &Client, event: &Event) -> Result<Vec<MessageView>, ClientError> {
        // In the order of the events: what is known by now may be newer than they are.
        if let Event::Rooms { rooms } = event {
            for room in rooms {
                if let Some(reading) = self.rooms.get_mut(&room.room_id) {
                    reading.aside_from = room.aside_from;
                }
            }
        }
        let Event::Messages {
            room_id,
            reset,
            messages,
            removed,
            has_older,
        } = event
        else {
            return Ok(vec![]);
        };
        let Some(reading) = self.rooms.get_mut(room_id) else {
            return Ok(vec![]);
        };
        if *reset {
            reading.begin_anew();
        }
        reading.take(messages);
        reading
            .waiting
            .retain(|_, message| !removed.contains(&message.message_id));
        if reading.wants_older(*has_older) {
            client.ask(Command::LoadOlder { room_id: *room_id }).await?;
            return Ok(vec![]);
        }
        Ok(reading.hand_out())
    }

    /// Up to where all of a room was handed out, for the next reader; nothing where the room is not read.
    pub fn mark(&self, room_id: RoomId) -> Option<u64> {
        self.rooms.get(&room_id).map(|reading| reading.mark)
    }

    /// Whether all that is known of all rooms was handed out.
    pub fn is_caught_up(&self) -> bool {
        self.rooms.values().all(|reading| reading.caught_up)
    }
}

impl Reading {
    fn from(mark: u64) -> Self {
        Self {
            mark,
            beyond: BTreeSet::new(),
            aside_from: None,
            oldest: None,
            caught_up: false,
            waiting: BTreeMap::new(),
        }
    }

    /// The pages come again; what was handed out, was.
    fn begin_anew(&mut self) {
        self.oldest = None;
        self.caught_up = false;
        self.waiting.clear();
    }

    fn take(&mut self, messages: &[MessageView]) {
        for message in messages {
            self.oldest = Some(
                self.oldest
                    .map_or(message.order, |oldest| oldest.min(message.order)),
            );
            // What is not sent has no place yet; what happened in the room nobody said.
            let is_sent = !matches!(message.delivery, Delivery::Sending | Delivery::Failed);
            let is_said = !matches!(message.body, BodyView::RoomEvent { .. } | BodyView::Deleted);
            if is_sent && is_said && message.order > self.mark && !self.beyond.contains(&message.order) {
                self.waiting.insert(message.order, message.clone());
            } else {
                self.waiting.remove(&message.order);
            }
        }
    }

    fn wants_older(&mut self, has_older: bool) -> bool {
        if self.caught_up {
            return false;
        }
        let below = self.oldest.is_some_and(|oldest| oldest <= self.mark);
        self.caught_up = !has_older || below;
        !self.caught_up
    }

    fn hand_out(&mut self) -> Vec<MessageView> {
        let messages: Vec<MessageView> = std::mem::take(&mut self.waiting).into_values().collect();
        self.beyond.extend(messages.iter().map(|message| message.order));
        let end = self.aside_from.unwrap_or(u64::MAX);
        if let Some(newest) = self.beyond.range(..end).next_back() {
            self.mark = *newest;
            self.beyond = self.beyond.split_off(&newest.saturating_add(1));
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use client_core::api::Failure;
    use protocol::{MessageId, Millis, UserId};

    use super::*;

    fn message(order: u64, delivery: Delivery) -> MessageView {
        MessageView {
            message_id: MessageId::from_random([u8::try_from(order % 251).unwrap(); 16]),
            order,
            author: UserId::from_random([1; 16]),
            author_name: "Alice".to_owned(),
            mine: false,
            sent_at: Millis(order),
            body: BodyView::Text {
                text: order.to_string(),
            },
            delivery,
            read_by: vec![],
            reply_to: None,
            mentions: vec![],
            edited: false,
            reactions: vec![],
            ends_at: None,
            burn_ms: None,
            may_edit: false,
            may_delete: false,
            may_forward: true,
            forwarded: false,
            saved: false,
        }
    }

    fn orders(messages: &[MessageView]) -> Vec<u64> {
        messages.iter().map(|message| message.order).collect()
    }

    #[test]
    fn nothing_is_handed_out_before_the_gap_to_the_mark_is_filled() {
        let mut reading = Reading::from(10);
        reading.take(&[message(40, Delivery::Received), message(50, Delivery::Received)]);
        assert!(reading.wants_older(true));
        reading.take(&[message(10, Delivery::Received), message(20, Delivery::Received)]);
        assert!(!reading.wants_older(true));
        assert_eq!(orders(&reading.hand_out()), [20, 40, 50]);
        assert_eq!(reading.mark, 50);
    }

    #[test]
    fn each_message_is_handed_out_once_and_only_what_is_said_and_sent() {
        let mut reading = Reading::from(0);
        let happened = MessageView {
            body: BodyView::RoomEvent {
                event: Failure {
                    code: "created".to_owned(),
                    params: [].into_iter().collect(),
                },
            },
            ..message(1, Delivery::Received)
        };
        reading.take(&[
            happened,
            message(2, Delivery::Received),
            message(1 << 52, Delivery::Sending),
        ]);
        assert!(!reading.wants_older(false));
        assert_eq!(orders(&reading.hand_out()), [2]);
        // A change to what was handed out, and what was sent at last.
        reading.take(&[message(2, Delivery::Received), message(3, Delivery::Sent)]);
        assert_eq!(orders(&reading.hand_out()), [3]);
        assert_eq!(reading.hand_out(), []);
    }

    #[test]
    fn what_may_be_heard_late_is_handed_out_though_later_ones_were() {
        let mut reading = Reading::from(10);
        reading.aside_from = Some(20);
        reading.take(&[message(15, Delivery::Received), message(30, Delivery::Sent)]);
        assert!(!reading.wants_older(false));
        assert_eq!(orders(&reading.hand_out()), [15, 30]);
        assert_eq!(reading.mark, 15, "the next reader begins before what waits");
        reading.take(&[message(30, Delivery::Sent), message(40, Delivery::Sent)]);
        assert_eq!(orders(&reading.hand_out()), [40], "nothing twice");
        reading.begin_anew();
        reading.aside_from = None;
        reading.take(&[message(20, Delivery::Received), message(30, Delivery::Sent)]);
        assert_eq!(orders(&reading.hand_out()), [20]);
        assert_eq!(reading.mark, 40);
        assert!(reading.beyond.is_empty());
    }
}
