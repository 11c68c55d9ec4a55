use protocol::{Millis, Seq, UserId, room_settings::WhoMayAdd, socket::RoomKindTag};

use super::{state::Room, stored::Standing};
use crate::{
    api::{MessageView, RoomCallView, RoomKeys, RoomView},
    group::SUITE_NAME,
    messages::{History, Message, OwnState},
    people::People,
};

/// What a view is drawn with.
#[derive(Clone, Copy)]
pub(crate) struct Lens<'a> {
    pub(crate) people: &'a People,
    pub(crate) own: &'a OwnState,
    pub(crate) me: UserId,
    pub(crate) now: Millis,
    /// The call that this device is in.
    pub(crate) in_call: Option<protocol::CallId>,
}

impl Room {
    pub(crate) fn view(&self, lens: Lens<'_>) -> RoomView {
        let users = self.users();
        let card = |user: &UserId| {
            lens.people
                .person_card(*user, self.certificate_of(*user), lens.me, lens.own)
        };
        let newest = self.history.newest();
        let read = History::place(lens.own.read(self.id), u64::MAX);
        RoomView {
            room_id: self.id,
            kind: self.stored.kind,
            title: self.title(lens),
            members: users.iter().map(card).collect(),
            may_add: self.stored.kind == RoomKindTag::Room && self.may_add(lens.me),
            moderator: self.is_moderator(lens.me),
            may_admit: self.may_admit(lens.me),
            constant_bitrate: self.settings().is_some_and(|settings| settings.constant_bitrate),
            guest_links: self.guest_link_views(lens),
            keys: self.keys(lens.now),
            unread: self.history.unread(read, lens.me),
            preview: newest.map(Message::preview).unwrap_or_default(),
            active_at: newest.map(|message| message.sent_at).unwrap_or_default(),
            call: self.call.as_ref().map(|call| RoomCallView {
                started_at: call.started_at,
                names: call_names(self, call, lens),
                joined: lens.in_call == Some(call.call_id),
                elsewhere: lens.in_call != Some(call.call_id)
                    && call.participants.iter().any(|one| one.user_id == lens.me),
                ring: self.ring_view(lens),
            }),
            epoch: self
                .group
                .as_ref()
                .map(|group| group.epoch().0)
                .unwrap_or_default(),
            suite: SUITE_NAME.to_owned(),
        }
    }

    fn title(&self, lens: Lens<'_>) -> String {
        if self.stored.kind == RoomKindTag::Direct {
            let other = self.users().into_iter().find(|user| *user != lens.me);
            return other
                .map(|other| lens.people.name(other, self.certificate_of(other)))
                .unwrap_or_default();
        }
        self.known_title(lens.own)
    }

    /// What the room is called, as far as its members said so.
    pub(crate) fn known_title(&self, own: &OwnState) -> String {
        let titles = self.stored.title.iter().chain(own.title(self.id));
        titles.max().map(|(_, title)| title.clone()).unwrap_or_default()
    }

    fn keys(&self, now: Millis) -> RoomKeys {
        match self.stored.standing {
            Standing::Broken => RoomKeys::Broken,
            _ if self.is_stale(now) => RoomKeys::Stale,
            Standing::Member => RoomKeys::Ready,
            Standing::Founding(_) | Standing::ExpectWelcome | Standing::JoiningFromOutside { .. } => {
                RoomKeys::Joining
            }
        }
    }

    pub(crate) fn is_moderator(&self, user_id: UserId) -> bool {
        self.group
            .as_ref()
            .is_some_and(|group| group.settings().moderators.contains(&user_id))
    }

    pub(crate) fn may_add(&self, user_id: UserId) -> bool {
        let Some(group) = &self.group else { return false };
        group.settings().who_may_add == WhoMayAdd::Members || self.is_moderator(user_id)
    }

    /// Place of the newest message that is in the log, for read marks.
    pub(crate) fn newest_seq(&self) -> Seq {
        History::seq(self.history.newest_logged())
    }

    pub(crate) fn message_view(&self, message: &Message, lens: Lens<'_>) -> MessageView {
        let name = |user: UserId| lens.people.name(user, self.certificate_of(user));
        MessageView {
            message_id: message.id,
            order: message.order,
            author: message.author,
            author_name: name(message.author),
            mine: message.author == lens.me,
            sent_at: message.sent_at,
            body: message.view(name),
            delivery: message.delivery,
        }
    }
}

fn call_names(room: &Room, call: &protocol::socket::CallSummary, lens: Lens<'_>) -> Vec<String> {
    let mut names: Vec<String> = vec![];
    for participant in &call.participants {
        let name = lens
            .people
            .name(participant.user_id, room.certificate_of(participant.user_id));
        // Guests are known inside the call alone.
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
