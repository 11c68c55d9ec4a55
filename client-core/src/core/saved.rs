//! Messages that the user saved to come back to them, and the user's own short answers.

use protocol::{MessageId, RoomId, socket::RoomKindTag};

use super::{device::Device, search::excerpt, shell::Shell};
use crate::{
    api::{Failure, Found},
    failure::{failure, failure_with},
    limits::{MAX_QUICK_REPLIES, MAX_QUICK_REPLY_LEN, MAX_SAVED},
    messages::Message,
    rooms::Room,
};

impl Device {
    pub(super) fn save_message(
        &mut self,
        shell: &mut Shell,
        room_id: RoomId,
        message_id: MessageId,
        on: bool,
    ) -> Result<(), Failure> {
        if on {
            self.tidy_saved(shell);
            let room = self.room(room_id)?;
            let message = room.history.get(message_id).filter(|message| message.is_said());
            message.ok_or_else(|| failure("not_found"))?;
            if self.saved_messages().count() >= MAX_SAVED {
                return Err(failure_with("too_many_saved", "max", MAX_SAVED.to_string()));
            }
        }
        self.own
            .set_saved(&mut shell.store, shell.now, room_id, message_id, on);
        if let Some(room) = self.rooms.get_mut(&room_id) {
            room.history.mark(message_id);
        }
        self.changed = true;
        Ok(())
    }

    /// What was deleted for everybody is not saved any more.
    fn tidy_saved(&mut self, shell: &mut Shell) {
        let is_deleted = |(room_id, message_id): &(RoomId, MessageId)| {
            let message = self
                .rooms
                .get(room_id)
                .and_then(|room| room.history.get(*message_id));
            message.is_some_and(|message| !message.is_said())
        };
        let deleted: Vec<_> = self.own.saved().filter(is_deleted).collect();
        for (room_id, message_id) in deleted {
            self.own
                .set_saved(&mut shell.store, shell.now, room_id, message_id, false);
        }
    }

    /// The saved messages that are here: what is gone is not, whatever own state says.
    fn saved_messages(&self) -> impl Iterator<Item = (&Room, &Message)> {
        self.own.saved().filter_map(|(room_id, message_id)| {
            let room = self.rooms.get(&room_id)?;
            let message = room.history.get(message_id)?;
            let shown = room.kind() != RoomKindTag::Own && message.is_said();
            shown.then_some((&**room, message))
        })
    }

    pub(super) fn count_saved(&self) -> u32 {
        u32::try_from(self.saved_messages().count()).unwrap_or(u32::MAX)
    }

    pub(super) fn saved(&self) -> Found {
        let me = self.identity.user_id();
        let messages = self.saved_messages().map(|(room, message)| {
            let shown = message.as_shown(me);
            let text = shown.searchable().unwrap_or_default();
            self.listed(room, message, excerpt(text.trim(), 0))
        });
        Found {
            messages: messages.collect(),
            more: false,
        }
    }

    pub(super) fn set_quick_replies(&mut self, shell: &mut Shell, replies: &[String]) -> Result<(), Failure> {
        let fits = |reply: &String| {
            let len = reply.chars().count();
            !reply.trim().is_empty() && len <= MAX_QUICK_REPLY_LEN && !reply.chars().any(char::is_control)
        };
        if replies.len() > MAX_QUICK_REPLIES || !replies.iter().all(fits) {
            return Err(failure("malformed"));
        }
        self.own.set_quick_replies(&mut shell.store, shell.now, replies);
        self.changed = true;
        Ok(())
    }
}
