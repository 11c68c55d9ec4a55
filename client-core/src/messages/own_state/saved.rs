//! Which messages the user saved, and the user's own short answers: settings of own state like others.

use protocol::{MessageId, Millis, RoomId};

use super::{OFF, ON, OwnState, Parts};
use crate::store::Store;

/// What names of the settings begin with that say whether a message is saved: `saved/ROOM/MESSAGE`.
const SAVED: &str = "saved/";
/// Name of the setting that holds the short answers, each on a line.
const QUICK_REPLIES: &str = "quick_replies";

impl OwnState {
    pub(crate) fn is_saved(&self, room_id: RoomId, message_id: MessageId) -> bool {
        let setting = self.known.parts.settings.get(&name_of(room_id, message_id));
        setting.is_some_and(|(_, value)| value == ON)
    }

    pub(crate) fn set_saved(
        &mut self,
        store: &mut Store,
        now: Millis,
        room_id: RoomId,
        message_id: MessageId,
        on: bool,
    ) {
        let stands = self.is_saved(room_id, message_id);
        self.switch(store, now, name_of(room_id, message_id), stands, on);
    }

    /// What is saved, the last first.
    pub(crate) fn saved(&self) -> impl Iterator<Item = (RoomId, MessageId)> {
        let settings = self.known.parts.settings.iter();
        let on = settings.filter(|(_, (_, value))| value == ON);
        let named = on.filter_map(|(name, (at, _))| Some((*at, place_in(name)?)));
        let mut saved: Vec<_> = named.collect();
        saved.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        saved.into_iter().map(|(_, place)| place)
    }

    /// Nothing of a room that is no more is saved.
    pub(crate) fn forget_saved(&mut self, store: &mut Store, now: Millis, room_id: RoomId) {
        let of_room: Vec<_> = self.saved().filter(|(room, _)| *room == room_id).collect();
        for (_, message_id) in of_room {
            self.set_saved(store, now, room_id, message_id, false);
        }
    }

    /// The user's own short answers; nothing where there are none.
    pub(crate) fn quick_replies(&self) -> Vec<String> {
        let setting = self.known.parts.settings.get(QUICK_REPLIES);
        let lines = setting.into_iter().flat_map(|(_, value)| value.lines());
        lines.map(str::to_owned).collect()
    }

    pub(crate) fn set_quick_replies(&mut self, store: &mut Store, now: Millis, replies: &[String]) {
        if self.quick_replies() != replies {
            self.set(store, now, QUICK_REPLIES.to_owned(), &replies.join("\n"));
        }
    }
}

impl Parts {
    /// Where own state is too large: what was taken out again, and what was saved in rooms that the user is not in.
    pub(super) fn forget_taken_out(&mut self, is_in: impl Fn(RoomId) -> bool) {
        self.settings.retain(|name, (_, value)| {
            place_in(name).is_none_or(|(room_id, _)| value != OFF && is_in(room_id))
        });
    }
}

fn name_of(room_id: RoomId, message_id: MessageId) -> String {
    format!("{SAVED}{room_id}/{message_id}")
}

fn place_in(name: &str) -> Option<(RoomId, MessageId)> {
    let (room_id, message_id) = name.strip_prefix(SAVED)?.split_once('/')?;
    Some((room_id.parse().ok()?, message_id.parse().ok()?))
}
