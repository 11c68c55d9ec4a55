//! What was said in one room, on this device.

use std::{borrow::Cow, fmt::Display};

use protocol::{DeviceId, GuestLinkId, MessageId, Millis, RoomId, Seq, UserId};
use serde::{Deserialize, Serialize};

use super::{Acts, Life};
use crate::{
    api::{BodyView, Delivery, Failure, FileCard, FileHint},
    failure::failure_with,
    files::{OwnBlob, SaidFile},
    identity::LinkSecret,
    limits::{MESSAGES_PER_PAGE, PREVIEW_LEN},
    sorted::{SortedMap, SortedSet},
    store::{BadRecord, Loaded, Store, take_all},
};

/// Places between two entries of the log, for what one entry tells several things (three people added).
const STEP: u64 = 1 << 10;

/// What is not sent yet comes after everything that the log can hold.
const UNSENT: u64 = 1 << 52;

/// One message, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) order: u64,
    pub(crate) author: UserId,
    pub(crate) device: DeviceId,
    pub(crate) sent_at: Millis,
    pub(crate) body: Body,
    pub(crate) delivery: Delivery,
    /// What it answers.
    pub(crate) re: Option<MessageId>,
    /// Whom it names.
    pub(crate) mentions: Vec<UserId>,
    /// It was said elsewhere before.
    pub(crate) forwarded: bool,
    pub(crate) acts: Acts,
    pub(crate) life: Life,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Body {
    Text(String),
    /// Something that happened: a stable code, and users and texts that its text names.
    Happened {
        code: String,
        users: SortedMap<String, UserId>,
        texts: SortedMap<String, String>,
    },
    /// Of a newer program, as it came (CBOR of the envelope).
    Unknown(serde_bytes::ByteBuf),
    /// A link by which guests may ask to come in.
    GuestLink {
        link_id: GuestLinkId,
        secret: LinkSecret,
        expires_at: Millis,
        revoked: bool,
    },
    /// It was here.
    Deleted,
    File(Box<SaidFile>),
    /// A file of which what was said cannot be.
    BrokenFile,
}

impl Body {
    fn is_link(&self) -> bool {
        matches!(self, Self::GuestLink { .. })
    }

    /// Not said by anybody, or gone: it is no news to read.
    pub(crate) fn is_event(&self) -> bool {
        matches!(self, Self::Happened { .. } | Self::Deleted) || self.is_link()
    }
}

/// The messages of a room in order.
pub(crate) struct History {
    room_id: RoomId,
    messages: SortedMap<MessageId, Box<Message>>,
    order: SortedMap<u64, MessageId>,
    unsent: u64,
    /// Messages that are guest links.
    links: Vec<MessageId>,
    /// When messages end.
    ends: SortedSet<(Millis, MessageId)>,
    /// Messages whose life becomes shorter when they are read.
    burning: SortedSet<MessageId>,
    /// What the user interface shows; nothing while the room is closed.
    shown: Option<Shown>,
}

struct Shown {
    oldest: u64,
    reset: bool,
    changed: SortedSet<MessageId>,
    removed: Vec<MessageId>,
}

/// What is to be told of an open room: whether it is a fresh start, what changed in order, what is gone, and
/// whether there is more to load.
pub(crate) type Told = (bool, Vec<MessageId>, Vec<MessageId>, bool);

impl History {
    pub(crate) fn new(room_id: RoomId) -> Self {
        Self {
            room_id,
            messages: SortedMap::new(),
            order: SortedMap::new(),
            unsent: UNSENT,
            links: vec![],
            ends: SortedSet::new(),
            burning: SortedSet::new(),
            shown: None,
        }
    }

    /// Puts the stored messages back.
    pub(crate) fn restore(&mut self, loaded: &mut Loaded) -> Result<(), BadRecord> {
        let stored = take_all::<Box<Message>>(loaded, &record(self.room_id, ""))?;
        let order = stored.iter().map(|(_, message)| (message.order, message.id));
        self.order = order.collect();
        let messages = stored.into_iter().map(|(_, message)| (message.id, message));
        self.messages = messages.collect();
        let links = self.messages.values().filter(|message| message.body.is_link());
        self.links = links.map(|message| message.id).collect();
        let ends = self
            .messages
            .values()
            .filter_map(|message| Some((message.ends_at()?, message.id)));
        self.ends = ends.collect();
        let burns = self.messages.values().filter(|message| message.life.burns());
        self.burning = burns.map(|message| message.id).collect();
        let newest = self.order.keys().next_back();
        self.unsent = newest
            .map_or(UNSENT, |newest| newest.saturating_add(1))
            .max(UNSENT);
        Ok(())
    }

    pub(crate) fn get(&self, id: MessageId) -> Option<&Message> {
        self.messages.get(&id).map(Box::as_ref)
    }

    /// Place of an entry; `nth` tells several things of one entry apart.
    pub(crate) fn place(seq: Seq, nth: u64) -> u64 {
        seq.0
            .saturating_mul(STEP)
            .saturating_add(nth.min(STEP - 1))
            .min(UNSENT - 1)
    }

    /// The entry at a place.
    pub(crate) fn seq(place: u64) -> Seq {
        Seq(place / STEP)
    }

    /// A place behind everything, for what is not sent yet.
    pub(crate) fn next_unsent(&mut self) -> u64 {
        let place = self.unsent;
        self.unsent = self.unsent.saturating_add(1);
        place
    }

    /// Adds or replaces a message. Where its place is taken, as after a server lost entries and numbers new ones like
    /// them, it comes after what was there before.
    pub(crate) fn put(&mut self, store: &mut Store, mut message: Message) {
        if let Some(old) = self.messages.get(&message.id) {
            self.order.remove(&old.order);
            self.forget_life(message.id, old.ends_at());
        }
        while self.order.contains_key(&message.order) {
            message.order = message.order.saturating_add(1);
        }
        store.put(record(self.room_id, message.id), &message);
        if let Some(shown) = &mut self.shown {
            shown.oldest = shown.oldest.min(message.order);
            shown.changed.insert(message.id);
        }
        if message.body.is_link() && !self.links.contains(&message.id) {
            self.links.push(message.id);
        }
        if let Some(at) = message.ends_at() {
            self.ends.insert((at, message.id));
        }
        if message.life.burns() {
            self.burning.insert(message.id);
        }
        self.order.insert(message.order, message.id);
        self.messages.insert(message.id, Box::new(message));
    }

    fn forget_life(&mut self, id: MessageId, ends_at: Option<Millis>) {
        if let Some(at) = ends_at {
            self.ends.remove(&(at, id));
        }
        self.burning.remove(&id);
    }

    /// When the next message ends.
    pub(crate) fn next_end(&self) -> Option<Millis> {
        self.ends.iter().next().map(|(at, _)| *at)
    }

    /// Takes out what has ended, and says what that was.
    pub(crate) fn take_ended(&mut self, store: &mut Store, now: Millis) -> Vec<Message> {
        let ended = self.ends.iter().take_while(|(at, _)| *at <= now);
        let ended: Vec<MessageId> = ended.map(|(_, id)| *id).collect();
        let taken = ended.into_iter().filter_map(|id| self.remove(store, id));
        taken.collect()
    }

    /// Everything up to a place was read then.
    pub(crate) fn read_up_to(&mut self, store: &mut Store, place: u64, at: Millis) {
        let messages = self.burning.iter().filter_map(|id| self.get(*id));
        let read = messages.filter(|message| message.order <= place && message.life.is_read_later_than(at));
        let read: Vec<MessageId> = read.map(|message| message.id).collect();
        for id in read {
            self.change(store, id, |message| message.life.read(at));
        }
    }

    /// The device's clock went back: no life is longer for it.
    pub(crate) fn lose(&mut self, store: &mut Store, ms: u64) {
        let ids: Vec<MessageId> = self.ends.iter().map(|(_, id)| *id).collect();
        for id in ids {
            self.change(store, id, |message| message.life.lose(ms));
        }
    }

    /// Changes a message, where it is there. What answers it shows it too.
    pub(crate) fn change(&mut self, store: &mut Store, id: MessageId, change: impl FnOnce(&mut Message)) {
        let Some(mut message) = self.get(id).cloned() else {
            return;
        };
        change(&mut message);
        self.put(store, message);
        self.mark_answers(id);
    }

    fn mark_answers(&mut self, to: MessageId) {
        let Some(shown) = &mut self.shown else { return };
        let ids = self.order.range(shown.oldest..u64::MAX).map(|(_, id)| *id);
        let answers = ids.filter(|id| {
            self.messages
                .get(id)
                .is_some_and(|message| message.re == Some(to))
        });
        shown.changed.extend(answers);
    }

    /// Takes a message out, without a trace.
    pub(crate) fn remove(&mut self, store: &mut Store, id: MessageId) -> Option<Message> {
        let message = self.messages.remove(&id)?;
        store.delete(record(self.room_id, id));
        self.order.remove(&message.order);
        self.forget_life(id, message.ends_at());
        self.links.retain(|link| *link != id);
        if let Some(shown) = &mut self.shown {
            shown.changed.remove(&id);
            shown.removed.push(id);
        }
        self.mark_answers(id);
        Some(*message)
    }

    /// Deletes all records, as when the room is gone.
    pub(crate) fn delete(&mut self, store: &mut Store) {
        for id in std::mem::take(&mut self.messages).into_keys() {
            store.delete(record(self.room_id, id));
        }
        self.order.clear();
        self.links.clear();
        self.ends = SortedSet::new();
        self.burning = SortedSet::new();
    }

    /// Messages that are guest links, revoked ones too.
    pub(crate) fn guest_links(&self) -> impl Iterator<Item = &Message> {
        self.links.iter().filter_map(|id| self.get(*id))
    }

    pub(crate) fn newest(&self) -> Option<&Message> {
        self.order.values().next_back().and_then(|id| self.get(*id))
    }

    /// All messages, from the newest on.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Message> {
        self.order.values().rev().filter_map(|id| self.get(*id))
    }

    /// The newest that somebody said and that is still there.
    pub(crate) fn newest_said(&self) -> Option<&Message> {
        self.newest_first().find(|message| !message.body.is_event())
    }

    /// The newest in the log that somebody else said.
    pub(crate) fn newest_of_others(&self, me: UserId) -> Option<&Message> {
        let mut said = self.newest_first();
        said.find(|message| message.author != me && message.order < UNSENT && !message.body.is_event())
    }

    /// Somebody's receipts changed from a place on: what is shown of it is told again.
    pub(crate) fn mark_own(&mut self, from: Seq) {
        if let Some(oldest) = self.shown.as_ref().map(|shown| shown.oldest) {
            self.mark_from(oldest.max(Self::place(from, 0)), UNSENT);
        }
    }

    /// What others said after a place: how much, and whether it names the reader.
    pub(crate) fn unread(&self, after: u64, me: UserId) -> (u32, bool) {
        let from = after.saturating_add(1);
        let unread = self
            .order
            .range(from..u64::MAX)
            .filter_map(|(_, id)| self.get(*id))
            .filter(|message| message.author != me && !message.body.is_event());
        let mut named = false;
        let count = unread
            .inspect(|message| named |= message.mentions.contains(&me))
            .count();
        (u32::try_from(count).unwrap_or(u32::MAX), named)
    }

    /// Place of the newest message that is in the log.
    pub(crate) fn newest_logged(&self) -> u64 {
        self.order
            .range(0..UNSENT)
            .next_back()
            .map_or(0, |(order, _)| *order)
    }

    pub(crate) fn open(&mut self) {
        let oldest = self.page_start(u64::MAX);
        self.shown = Some(Shown {
            oldest,
            reset: true,
            changed: SortedSet::new(),
            removed: vec![],
        });
        self.mark_from(oldest, u64::MAX);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.shown.is_some()
    }

    pub(crate) fn load_older(&mut self) {
        let Some(before) = self.shown.as_ref().map(|shown| shown.oldest) else {
            return;
        };
        let oldest = self.page_start(before);
        if let Some(shown) = &mut self.shown {
            shown.oldest = oldest;
        }
        self.mark_from(oldest, before);
    }

    pub(crate) fn close(&mut self) {
        self.shown = None;
    }

    fn page_start(&self, before: u64) -> u64 {
        let mut page = self.order.range(0..before).rev().take(MESSAGES_PER_PAGE);
        page.next_back().map_or(before, |(order, _)| *order)
    }

    fn mark_from(&mut self, from: u64, before: u64) {
        let ids: Vec<MessageId> = self.order.range(from..before).map(|(_, id)| *id).collect();
        if let Some(shown) = &mut self.shown {
            shown.changed.extend(ids);
        }
    }

    /// Something of how a message is shown changed.
    pub(crate) fn mark(&mut self, id: MessageId) {
        if let Some(shown) = &mut self.shown
            && self
                .messages
                .get(&id)
                .is_some_and(|message| message.order >= shown.oldest)
        {
            shown.changed.insert(id);
        }
    }

    /// Names of persons changed: everything shown is told again.
    pub(crate) fn mark_all(&mut self) {
        if let Some(oldest) = self.shown.as_ref().map(|shown| shown.oldest) {
            self.mark_from(oldest, u64::MAX);
        }
    }

    /// What changed since the last call, if the room is open.
    pub(crate) fn take_told(&mut self) -> Option<Told> {
        let shown = self.shown.as_mut()?;
        if !shown.reset && shown.changed.is_empty() && shown.removed.is_empty() {
            return None;
        }
        let reset = std::mem::take(&mut shown.reset);
        let changed = std::mem::take(&mut shown.changed);
        let removed = std::mem::take(&mut shown.removed);
        let has_older = self.order.range(0..shown.oldest).next().is_some();
        let changed = changed
            .into_iter()
            .filter_map(|id| Some((self.messages.get(&id)?.order, id)));
        let changed: SortedMap<u64, MessageId> = changed.collect();
        Some((reset, changed.into_values().collect(), removed, has_older))
    }
}

/// Name of the record of a message; another one than that of earlier forms, which cannot be read as this one.
fn record(room_id: RoomId, id: impl Display) -> String {
    format!("line/{room_id}/{id}")
}

impl Message {
    /// When it is gone, from all that is known.
    pub(crate) fn ends_at(&self) -> Option<Millis> {
        self.life.ends_at(self.sent_at)
    }

    /// Whether nobody has it any more, and not only whoever has read it.
    pub(crate) fn is_over_for_all(&self, now: Millis) -> bool {
        self.life.has_expired(self.sent_at, now)
    }

    /// The blob that this device uploaded for it.
    pub(crate) fn own_blob(&self) -> Option<OwnBlob> {
        match &self.body {
            Body::File(said) => said.own_blob(),
            _ => None,
        }
    }

    /// Its file in a word, for the list of rooms and for what answers it.
    pub(crate) fn file_hint(&self) -> Option<FileHint> {
        match &self.body {
            Body::File(said) => Some(said.file.hint()),
            _ => None,
        }
    }

    /// The beginning of a text, for the list of rooms and for what answers it.
    pub(crate) fn preview(&self) -> String {
        match &self.body {
            Body::Text(text) => text.chars().take(PREVIEW_LEN).collect(),
            Body::File(said) => said.text.chars().take(PREVIEW_LEN).collect(),
            Body::Happened { .. }
            | Body::GuestLink { .. }
            | Body::Unknown(_)
            | Body::Deleted
            | Body::BrokenFile => String::new(),
        }
    }

    /// What a search looks into.
    pub(crate) fn searchable(&self) -> Option<Cow<'_, str>> {
        match &self.body {
            Body::Text(text) => Some(Cow::Borrowed(text)),
            Body::File(said) => Some(Cow::Owned(format!("{} {}", said.file.name, said.text))),
            Body::Happened { .. }
            | Body::GuestLink { .. }
            | Body::Unknown(_)
            | Body::Deleted
            | Body::BrokenFile => None,
        }
    }

    pub(crate) fn view(&self, name: impl Fn(UserId) -> String) -> BodyView {
        match &self.body {
            Body::Text(text) => BodyView::Text { text: text.clone() },
            Body::Happened { code, users, texts } => {
                let mut params = texts.clone();
                params.extend(users.iter().map(|(key, user)| (key.clone(), name(*user))));
                BodyView::RoomEvent {
                    event: Failure {
                        code: code.clone(),
                        params,
                    },
                }
            }
            Body::GuestLink { .. } => BodyView::RoomEvent {
                event: failure_with("guest_link_made", "by", name(self.author)),
            },
            Body::File(said) => BodyView::File {
                file: Box::new(FileCard::from(&said.file)),
                text: said.text.clone(),
            },
            Body::BrokenFile => BodyView::BrokenFile,
            Body::Unknown(_) => BodyView::Unknown,
            Body::Deleted => BodyView::Deleted,
        }
    }
}
