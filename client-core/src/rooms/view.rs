use protocol::{MessageId, Millis, Seq, UserId, room_settings::WhoMayAdd, socket::RoomKindTag};

use super::{env::Env, state::Room, stored::Standing};
use crate::{
    api::{MentionView, MessageView, QuoteView, ReactionView, RoomCallView, RoomKeys, RoomView},
    group::SUITE_NAME,
    messages::{Act, Body, History, Message, OwnState},
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

impl<'a> Lens<'a> {
    /// Without a call, for what rooms ask of themselves.
    pub(super) fn of(env: &'a Env<'_>) -> Self {
        Self {
            people: env.people,
            own: env.own,
            me: env.me(),
            now: env.now(),
            in_call: None,
        }
    }
}

impl Room {
    pub(crate) fn view(&self, lens: Lens<'_>) -> RoomView {
        let users = self.users();
        let card = |user: &UserId| {
            lens.people
                .person_card(*user, self.certificate_of(*user), lens.me, lens.own)
        };
        let newest = self.history.newest();
        let said = self.history.newest_said().map(|said| said.as_shown(lens.me));
        let read = History::place(lens.own.read(self.id), u64::MAX);
        let (unread, named) = self.history.unread(read, lens.me);
        RoomView {
            room_id: self.id,
            kind: self.stored.kind,
            title: self.title(lens),
            about: self.face.about().to_owned(),
            picture: self.face.picture_place().map(|place| place.0),
            members: users.iter().map(card).collect(),
            may_add: self.stored.kind == RoomKindTag::Room && self.may_add(lens.me),
            moderator: self.is_moderator(lens.me),
            may_admit: self.may_admit(lens.me),
            constant_bitrate: self.settings().is_some_and(|settings| settings.constant_bitrate),
            ttl_ms: self.settings().map_or(0, |settings| settings.ttl_cap_ms),
            burn_ms: self.settings().map_or(0, |settings| settings.burn_cap_ms),
            may_set_timers: self.stored.kind == RoomKindTag::Direct || self.is_moderator(lens.me),
            ends_at: self.ends_at(),
            guest_links: self.guest_link_views(lens),
            keys: self.keys(lens.now),
            muted: lens.own.muted(self.id),
            draft: self.draft.clone(),
            refusal: self.refusal(lens).map(str::to_owned),
            aside: self.count_aside(),
            aside_from: self.first_aside().map(|seq| History::place(seq, 0)),
            unread,
            named,
            preview: said.as_ref().map(|said| said.preview()).unwrap_or_default(),
            preview_file: said.and_then(|said| said.file_hint()),
            active_at: newest.map(|message| message.sent_at).unwrap_or_default(),
            call: self
                .call
                .as_ref()
                .filter(|_| self.refusal(lens).is_none())
                .map(|call| RoomCallView {
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
    /// Behind what waits to be heard nothing is read: it would count as read, and burn, unseen.
    pub(crate) fn newest_seq(&self) -> Seq {
        if let Some(first) = self.first_aside() {
            return Seq(History::seq(self.history.newest_logged())
                .0
                .min(first.0.saturating_sub(1)));
        }
        History::seq(self.history.newest_logged())
    }

    pub(crate) fn message_view(&self, message: &Message, lens: Lens<'_>) -> MessageView {
        let name = |user: UserId| lens.people.name(user, self.certificate_of(user));
        let message = message.as_shown(lens.me);
        let moderator = self.is_moderator(lens.me);
        let edit = Act::Edit {
            text: String::new(),
            mentions: vec![],
        };
        let (delivery, readers) = self.delivery_of(&message, lens);
        let reactions = message.acts.reactions().into_iter();
        MessageView {
            message_id: message.id,
            order: message.order,
            author: message.author,
            author_name: name(message.author),
            mine: message.author == lens.me,
            sent_at: message.sent_at,
            body: message.view(name),
            delivery,
            read_by: readers.into_iter().map(name).collect(),
            reply_to: message.re.map(|id| self.quote_view(id, lens)),
            mentions: message
                .mentions
                .iter()
                .map(|user| MentionView {
                    user_id: *user,
                    name: name(*user),
                    me: *user == lens.me,
                })
                .collect(),
            edited: message.acts.was_edited(),
            reactions: reactions
                .map(|(emoji, users)| ReactionView {
                    emoji: emoji.to_owned(),
                    mine: users.contains(&lens.me),
                    names: users.into_iter().map(name).collect(),
                })
                .collect(),
            ends_at: message.ends_at(),
            burn_ms: message.life.burn_ms(),
            may_edit: message.allows(&edit, lens.me, moderator),
            may_delete: message.allows(&Act::Delete, lens.me, moderator),
            may_forward: lens.people.policies().forwarding && message.is_forwardable(),
            forwarded: message.forwarded,
            saved: lens.own.is_saved(self.id, message.id),
        }
    }

    fn quote_view(&self, message_id: MessageId, lens: Lens<'_>) -> QuoteView {
        let quoted = self
            .history
            .get(message_id)
            .map(|quoted| quoted.as_shown(lens.me));
        let quoted = quoted.filter(|quoted| quoted.body != Body::Deleted);
        QuoteView {
            message_id,
            author_name: quoted
                .as_ref()
                .map(|quoted| {
                    lens.people
                        .name(quoted.author, self.certificate_of(quoted.author))
                })
                .unwrap_or_default(),
            preview: quoted.as_ref().map(|quoted| quoted.preview()).unwrap_or_default(),
            file: quoted.and_then(|quoted| quoted.file_hint()),
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
