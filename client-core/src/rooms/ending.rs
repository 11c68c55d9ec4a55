//! The end of a room (R38): at the time that its settings say, or by hand, which is the same with a time that is now.
//!
//! A device ends a room by what the group's members agreed on, also where it is offline or was switched off: before
//! anything of the room is shown. The server ends it likewise.

use protocol::{Millis, RoomId, UserId, room_settings::RoomSettings, socket::RoomSummary};

use super::{
    env::Env,
    state::Room,
    stored::{Charter, Intent, Setting},
};
use crate::{failure::failure, store::Store};

/// The end of a room that is deleted by hand: past by every clock, whatever it shows.
pub(crate) const AT_ONCE: Millis = Millis(1);

impl Room {
    /// When the room ends here. A clock that goes back prolongs nothing.
    pub(crate) fn ends_at(&self) -> Option<Millis> {
        let end = match self.settings() {
            Some(settings) => settings.end()?,
            None => self.former_end()?,
        };
        Some(Millis(end.0.saturating_sub(self.lost)))
    }

    /// The end that this device knows of while it is not in the group, unless the members went on since: they may have put
    /// it off, and the device learns that as it comes in.
    fn former_end(&self) -> Option<Millis> {
        let charter = self.stored.charter.as_ref()?;
        let went_on = self
            .summary
            .as_ref()
            .is_some_and(|summary| charter.is_before(summary));
        charter.settings()?.end().filter(|_| !went_on)
    }

    /// When something here ends: a message, or the room.
    pub(crate) fn next_end(&self) -> Option<Millis> {
        let said = self.history.next_end().into_iter();
        said.chain(self.next_end_aside()).chain(self.ends_at()).min()
    }

    pub(crate) fn is_over(&self, now: Millis) -> bool {
        self.ends_at().is_some_and(|at| at <= now)
    }

    /// The clock went back.
    pub(crate) fn lose(&mut self, store: &mut Store, ms: u64) {
        self.history.lose(store, ms);
        self.lose_aside(store, ms);
        if self.ends_at().is_some() {
            self.lost = self.lost.saturating_add(ms);
            store.put(lost_record(self.id), &self.lost);
        }
    }

    /// Forgets the room, if its time is over; the person is told.
    pub(crate) fn end_if_over(&mut self, env: &mut Env<'_>) -> bool {
        if self.gone || !self.is_over(env.now()) {
            return false;
        }
        if !self.wishes_end() {
            self.notice(env, "room_ended", None);
        }
        self.end(env);
        true
    }

    /// What a commit made of the room's end. A room that it ended is deleted by who made it.
    pub(super) fn see_end(&mut self, env: &mut Env<'_>, before: &RoomSettings, by: UserId) -> Option<Millis> {
        let end = self.settings().and_then(RoomSettings::end);
        if end == before.end() {
            return None;
        }
        // The end as it is now agreed on has not been put off by any clock.
        self.lost = 0;
        env.shell.store.delete(lost_record(self.id));
        if !self.is_over(env.now()) {
            return Some(end.unwrap_or_default());
        }
        if by != env.me() {
            self.notice(env, "room_deleted", Some(by));
        }
        self.end(env);
        None
    }

    /// What was agreed on last stays until the server lists the room no more; then its title goes from the own state, too.
    fn end(&mut self, env: &mut Env<'_>) {
        if let Some(group) = &self.group {
            self.stored.charter = Some(Charter::of(group, self.stored.generation));
        }
        env.notes.members_changed.push(self.id);
        self.gone = true;
    }

    /// Tells the person what became of the room, by its title.
    pub(crate) fn notice(&self, env: &mut Env<'_>, code: &str, by: Option<UserId>) {
        let mut notice = failure(code);
        if let Some((_, title)) = self.title_known(env) {
            notice.params.insert("title".to_owned(), title);
        }
        if let Some(by) = by {
            let name = env.people.name(by, self.certificate_of(by));
            notice.params.insert("by".to_owned(), name);
        }
        env.shell.notice(notice);
    }

    /// Whether somebody here waits for the room to end.
    pub(super) fn wishes_end(&self) -> bool {
        let pending = self.stored.pending.iter().flat_map(|pending| &pending.intents);
        pending.chain(&self.intents).any(Intent::waits_for_end)
    }

    pub(super) fn forget_lost(&self, store: &mut Store) {
        if self.lost > 0 {
            store.delete(lost_record(self.id));
        }
    }
}

impl Intent {
    /// Whether a command waits for the room to be deleted.
    pub(super) fn waits_for_end(&self) -> bool {
        let delete = matches!(self, Self::Set { setting: Setting::EndsAt(at), .. } if *at == AT_ONCE);
        delete && self.command().is_some()
    }
}

impl Charter {
    /// Whether the room went on since.
    pub(crate) fn is_before(&self, summary: &RoomSummary) -> bool {
        (summary.generation, summary.epoch) > (self.generation, self.epoch)
    }

    /// Whether what was agreed on before the room was forgotten here says that it is over.
    pub(crate) fn is_over(&self, now: Millis) -> bool {
        let end = self.settings().and_then(|settings| settings.end());
        end.is_some_and(|at| at <= now)
    }
}

/// Name of the record that says what the device's clock went back since it knows of a room's end.
pub(super) fn lost_record(room_id: RoomId) -> String {
    format!("lost/{room_id}")
}
