use super::{device::Device, shell::Shell, visit::Visit};
use crate::{
    api::{ConnectionView, Event, MessageView, SessionView},
    rooms::Lens,
};
use protocol::socket::RoomKindTag;

impl Device {
    pub(super) fn session_view(&self, store_failed: bool) -> SessionView {
        let me = self.identity.user_id();
        SessionView::SignedIn {
            me: self
                .people
                .person_card(me, Some(&self.identity.certificate), me, &self.own),
            device_id: self.identity.device_id,
            connection: if store_failed {
                ConnectionView::Offline
            } else {
                self.session.view()
            },
            contacts: self.contacts_view(),
            guest: self.visit.as_ref().map(Visit::view),
            receipts: self.own.receipts(),
            quick_replies: self.own.quick_replies(),
            saved: self.count_saved(),
            typing: self.own.typing(),
        }
    }

    /// Tells the user interface what is different from what it was told last.
    pub(super) fn tell_views(&mut self, shell: &mut Shell) {
        if !std::mem::take(&mut self.changed) || !self.is_enrolled() {
            return;
        }
        if std::mem::take(&mut self.contacts.changed) {
            shell.event(Event::ContactsChanged);
        }
        let lens = Lens {
            people: &self.people,
            own: &self.own,
            me: self.identity.user_id(),
            now: shell.now,
            in_call: self.call.as_ref().and_then(crate::calls::Call::call_id),
        };
        let shown = self
            .rooms
            .values()
            .filter(|room| room.kind() != RoomKindTag::Own && room.is_shown());
        let mut rooms: Vec<_> = shown.map(|room| room.view(lens)).collect();
        rooms.sort_by(|a, b| b.active_at.cmp(&a.active_at).then(a.room_id.cmp(&b.room_id)));
        // That there are none is news too, once it is known: who has none must not wait for them forever.
        rooms.extend(self.visit.as_ref().map(Visit::room_view));
        let known = self.visit.is_some() || !self.rooms.is_empty() || self.session.knows_rooms();
        if known && self.rooms_told.as_ref() != Some(&rooms) {
            self.rooms_told = Some(rooms.clone());
            shell.event(Event::Rooms { rooms });
        }
        let online = self.may_ask();
        let call = self.call.as_ref().and_then(|call| {
            let room = self.rooms.get(&call.room_id).map(Box::as_ref);
            call.view(lens, room, online)
        });
        if call != self.call_told {
            self.call_told.clone_from(&call);
            shell.event(Event::Call { call });
        }
        for event in self
            .call
            .as_mut()
            .map(|call| call.take_news(lens))
            .into_iter()
            .flatten()
        {
            shell.event(event);
        }
        for room in self.rooms.values_mut() {
            if let Some((room_id, names)) = room.take_typing(lens) {
                shell.event(Event::Typing { room_id, names });
            }
            let room_id = room.id;
            let Some((reset, changed, removed, has_older)) = room.history.take_told() else {
                continue;
            };
            let messages: Vec<MessageView> = changed
                .iter()
                .filter_map(|id| room.history.get(*id))
                .map(|m| room.message_view(m, lens))
                .collect();
            shell.event(Event::Messages {
                room_id,
                reset,
                messages,
                removed,
                has_older,
            });
        }
    }
}
