//! What all devices of one user share: one sealed blob on the server, written by compare-and-swap.
//!
//! `blob = nonce(12) ‖ AES-256-GCM(own state key, padded CBOR, AAD = label ‖ user ‖ version)`. The version in the
//! AAD keeps the server from passing an old blob off as a new one. Two devices that write at once merge: each part
//! has a rule by which the outcome does not depend on the order.

mod saved;

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use protocol::{
    Bytes, Millis, RoomId, Seq, UserId, encoding::Writer, identity::PublicKey, limits::MAX_OWN_STATE_LEN,
    socket,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    cbor,
    contacts::Book,
    group::{pad, rules::FirstSeen, unpad},
    limits::{OWN_STATE_DELAY_MS, OWN_STATE_FULL_WAIT_MS},
    random::Random,
    sorted::SortedMap,
    store::Store,
};

const NONCE_LEN: usize = 12;
/// What may be sealed: the blob has nonce and tag beside it.
const MAX_PADDED_LEN: usize = MAX_OWN_STATE_LEN - NONCE_LEN - 16;
/// Another name than that of earlier forms, which cannot be read as this one: the server has it too.
const RECORD: &str = "own";

/// What names of the settings begin with that say whether a room is muted.
const MUTE: &str = "mute/";
/// Name of the setting whether there are receipts; without it they are on.
const RECEIPTS: &str = "receipts";
/// Likewise whether there are signs of who is typing.
const TYPING: &str = "typing";
/// Switches. One that was never set is none of both.
const ON: &str = "on";
const OFF: &str = "off";

/// Own state as this device knows it.
#[derive(Default)]
pub(crate) struct OwnState {
    known: Known,
    /// A put is on its way with this version.
    pub(crate) putting: Option<u64>,
    /// A get is on its way.
    pub(crate) getting: bool,
    put_at: Option<Millis>,
    /// It was found to be larger than the server takes, and the person was told.
    told_full: bool,
    /// See [`Book::pins`].
    pins: FirstSeen,
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Known {
    /// Newest version of the server that is merged in.
    version: u64,
    /// There is something here that the server does not have.
    changed: bool,
    parts: Parts,
}

/// The parts. New ones get `#[serde(default)]`, so that older blobs stay readable.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
struct Parts {
    /// Title of each room and the place in the log that set it: the later place wins.
    titles: SortedMap<RoomId, (Seq, String)>,
    /// Up to where each room was read: the later place wins.
    read: SortedMap<RoomId, Seq>,
    /// The account key of each person that was seen first, and when: the earlier wins.
    first_seen: FirstSeen,
    /// Settings: the later change wins.
    #[serde(default)]
    settings: SortedMap<String, (Millis, String)>,
    /// Contacts.
    #[serde(default)]
    contacts: Book,
}

/// Why a blob of the server was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OwnStateError {
    #[error("own state does not open under the own key")]
    Unreadable,
    #[error("own state went back from version {known}")]
    Backwards { known: u64 },
}

impl OwnState {
    pub(crate) fn load(loaded: &mut crate::store::Loaded) -> Result<Self, crate::store::BadRecord> {
        let known = crate::store::take_one(loaded, RECORD)?.unwrap_or_default();
        let mut own = Self {
            known,
            ..Self::default()
        };
        own.pin();
        Ok(own)
    }

    fn pin(&mut self) {
        let Parts {
            first_seen, contacts, ..
        } = &self.known.parts;
        self.pins = contacts.pins(first_seen);
    }

    pub(crate) fn version(&self) -> u64 {
        self.known.version
    }

    pub(crate) fn title(&self, room_id: RoomId) -> Option<&(Seq, String)> {
        self.known.parts.titles.get(&room_id)
    }

    pub(crate) fn read(&self, room_id: RoomId) -> Seq {
        self.known.parts.read.get(&room_id).copied().unwrap_or_default()
    }

    /// The account key by which a person is known: the one that was seen first, or that the user has taken since.
    pub(crate) fn pinned(&self, user_id: UserId) -> Option<PublicKey> {
        self.pins.get(&user_id).map(|(_, aik)| *aik)
    }

    pub(crate) fn pins(&self) -> &FirstSeen {
        &self.pins
    }

    pub(crate) fn contacts(&self) -> &Book {
        &self.known.parts.contacts
    }

    /// Changes what is known of contacts, and the keys by which they are known with it.
    pub(crate) fn change_contacts(
        &mut self,
        store: &mut Store,
        now: Millis,
        change: impl FnOnce(&mut Book) -> bool,
    ) -> bool {
        let changed = change(&mut self.known.parts.contacts);
        if changed {
            self.pin();
            self.changed(store, now);
        }
        changed
    }

    pub(crate) fn set_title(
        &mut self,
        store: &mut Store,
        now: Millis,
        room_id: RoomId,
        at: Seq,
        title: &str,
    ) {
        let newer = self
            .known
            .parts
            .titles
            .get(&room_id)
            .is_none_or(|(known, _)| *known <= at);
        if newer
            && self
                .title(room_id)
                .is_none_or(|known| (known.0, known.1.as_str()) != (at, title))
        {
            self.known.parts.titles.insert(room_id, (at, title.to_owned()));
            self.changed(store, now);
        }
    }

    /// The room is no more: an empty title stands after all that were, so that no own device brings one back.
    pub(crate) fn forget_title(&mut self, store: &mut Store, now: Millis, room_id: RoomId) {
        if self.title(room_id).is_some() {
            self.set_title(store, now, room_id, Seq(u64::MAX), "");
        }
    }

    /// Whether the person wants to hear nothing of a room.
    pub(crate) fn muted(&self, room_id: RoomId) -> bool {
        let setting = self.known.parts.settings.get(&mute_of(room_id));
        setting.is_some_and(|(_, on)| on == ON)
    }

    pub(crate) fn set_muted(&mut self, store: &mut Store, now: Millis, room_id: RoomId, on: bool) {
        self.switch(store, now, mute_of(room_id), self.muted(room_id), on);
    }

    /// Whether others learn what the person has received and read, and the person of them.
    pub(crate) fn receipts(&self) -> bool {
        self.is_on(RECEIPTS)
    }

    pub(crate) fn set_receipts(&mut self, store: &mut Store, now: Millis, on: bool) {
        self.switch(store, now, RECEIPTS.to_owned(), self.receipts(), on);
    }

    /// Whether others see that the person is typing, and the person that they are.
    pub(crate) fn typing(&self) -> bool {
        self.is_on(TYPING)
    }

    pub(crate) fn set_typing(&mut self, store: &mut Store, now: Millis, on: bool) {
        self.switch(store, now, TYPING.to_owned(), self.typing(), on);
    }

    /// Sets a switch that stands elsewhere, or that was never set.
    fn switch(&mut self, store: &mut Store, now: Millis, name: String, stands: bool, on: bool) {
        if stands != on {
            self.set(store, now, name, if on { ON } else { OFF });
        }
    }

    /// Of a switch that is on until somebody turns it off.
    fn is_on(&self, name: &str) -> bool {
        let setting = self.known.parts.settings.get(name);
        setting.is_none_or(|(_, value)| value != OFF)
    }

    /// Of two changes at the same time the greater value wins, so the later change has a later time in any case.
    fn set(&mut self, store: &mut Store, now: Millis, name: String, value: &str) {
        let settings = &mut self.known.parts.settings;
        let before = settings.get(&name).map_or(Millis(0), |(at, _)| *at);
        settings.insert(name, (now.max(before.plus(1)), value.to_owned()));
        self.changed(store, now);
    }

    pub(crate) fn set_read(&mut self, store: &mut Store, now: Millis, room_id: RoomId, seq: Seq) -> bool {
        if seq <= self.read(room_id) {
            return false;
        }
        self.known.parts.read.insert(room_id, seq);
        self.changed(store, now);
        true
    }

    pub(crate) fn see(&mut self, store: &mut Store, now: Millis, user_id: UserId, aik: PublicKey) {
        let seen = &mut self.known.parts.first_seen;
        if !seen.contains_key(&user_id) {
            seen.insert(user_id, (now, aik));
            self.pin();
            self.changed(store, now);
        }
    }

    fn changed(&mut self, store: &mut Store, now: Millis) {
        self.known.changed = true;
        self.put_at.get_or_insert(now.plus(OWN_STATE_DELAY_MS));
        store.put(RECORD, &self.known);
    }

    /// What changed is worth a put at once.
    pub(crate) fn hurry(&mut self, now: Millis) {
        if self.known.changed {
            self.put_at = Some(now);
        }
    }

    /// Whether own other devices cannot know yet what this one knows, and will soon.
    pub(crate) fn is_unsaid(&self) -> bool {
        self.putting.is_some() || self.known.changed && !self.told_full
    }

    /// When a put is due, if one is.
    pub(crate) fn put_due(&self) -> Option<Millis> {
        let due = self.known.changed && self.putting.is_none() && !self.getting;
        due.then_some(self.put_at.unwrap_or_default())
    }

    /// The next version for the server; nothing if it is larger than the server takes, even without what is known
    /// of rooms that the user is not in any more.
    pub(crate) fn put(
        &mut self,
        store: &mut Store,
        random: &Random,
        key: &[u8; 32],
        user_id: UserId,
        is_in: impl Fn(RoomId) -> bool,
    ) -> Option<socket::OwnState> {
        let version = self.known.version.saturating_add(1);
        let nonce = random.array::<NONCE_LEN>();
        let mut padded = Zeroizing::new(pad(&cbor::to_vec(&self.known.parts)));
        if padded.len() > MAX_PADDED_LEN {
            self.known.parts.forget_rooms(is_in);
            store.put(RECORD, &self.known);
            padded = Zeroizing::new(pad(&cbor::to_vec(&self.known.parts)));
        }
        if padded.len() > MAX_PADDED_LEN {
            return None;
        }
        let aad = aad(user_id, version);
        let sealed = Aes256Gcm::new(key.into()).encrypt(
            &nonce.into(),
            Payload {
                msg: &padded,
                aad: &aad,
            },
        );
        let mut blob = nonce.to_vec();
        blob.extend(sealed.ok()?);
        self.putting = Some(version);
        self.put_at = None;
        // What changes while the put is on its way is put again.
        self.known.changed = false;
        Some(socket::OwnState {
            version,
            blob: Bytes(blob),
        })
    }

    /// It cannot be written now: tries again much later. Answers whether the person has not been told yet.
    pub(crate) fn put_later(&mut self, now: Millis) -> bool {
        self.put_at = Some(now.plus(OWN_STATE_FULL_WAIT_MS));
        !std::mem::replace(&mut self.told_full, true)
    }

    /// Takes what the server has as it is, once: after a sign-in the word of the account counts, as for a new device.
    /// Nothing that is known here is lost by it.
    pub(crate) fn begin_anew(&mut self) {
        self.known.version = 0;
        self.known.changed = true;
        self.putting = None;
        self.getting = false;
    }

    /// The server took the put.
    pub(crate) fn put_done(&mut self, store: &mut Store) {
        if let Some(version) = self.putting.take() {
            self.known.version = self.known.version.max(version);
            store.put(RECORD, &self.known);
        }
    }

    /// The put did not come through, or another device was first.
    pub(crate) fn put_failed(&mut self, now: Millis) {
        if self.putting.take().is_some() {
            self.known.changed = true;
            self.put_at = Some(now.plus(OWN_STATE_DELAY_MS));
        }
    }

    /// Merges what the server has; answers whether anything became known by it.
    pub(crate) fn merge(
        &mut self,
        store: &mut Store,
        key: &[u8; 32],
        user_id: UserId,
        state: &socket::OwnState,
    ) -> Result<bool, OwnStateError> {
        if state.version < self.known.version {
            return Err(OwnStateError::Backwards {
                known: self.known.version,
            });
        }
        if state.version == self.known.version {
            return Ok(false);
        }
        let theirs = open(key, user_id, state).ok_or(OwnStateError::Unreadable)?;
        let before = self.known.parts.clone();
        self.known.parts.merge(&theirs);
        self.known.version = state.version;
        self.known.changed |= self.known.parts != theirs;
        self.pin();
        store.put(RECORD, &self.known);
        Ok(self.known.parts != before)
    }
}

fn open(key: &[u8; 32], user_id: UserId, state: &socket::OwnState) -> Option<Parts> {
    let (nonce, sealed) = state.blob.0.split_at_checked(NONCE_LEN)?;
    let nonce: [u8; NONCE_LEN] = nonce.try_into().ok()?;
    let aad = aad(user_id, state.version);
    let opened = Aes256Gcm::new(key.into()).decrypt(
        &nonce.into(),
        Payload {
            msg: sealed,
            aad: &aad,
        },
    );
    let opened = Zeroizing::new(opened.ok()?);
    cbor::from_slice(unpad(&opened)?)
}

fn mute_of(room_id: RoomId) -> String {
    format!("{MUTE}{room_id}")
}

fn aad(user_id: UserId, version: u64) -> Vec<u8> {
    Writer::default()
        .vec16(b"Conclave 1.0 own state")
        .fixed(user_id.as_bytes())
        .u64(version)
        .finish()
}

impl Parts {
    /// Drops what is worth least: titles and read marks of rooms that the user has left. Who is added again is told
    /// the title anew. Keys that were seen are never dropped: a false one would pass as the first.
    fn forget_rooms(&mut self, is_in: impl Fn(RoomId) -> bool) {
        self.titles.retain(|room_id, _| is_in(*room_id));
        self.read.retain(|room_id, _| is_in(*room_id));
        let of_room = |name: &str| name.strip_prefix(MUTE)?.parse::<RoomId>().ok();
        self.settings.retain(|name, _| of_room(name).is_none_or(&is_in));
        self.forget_taken_out(&is_in);
        self.contacts.forget_rooms(is_in);
    }

    fn merge(&mut self, theirs: &Self) {
        for (room_id, theirs) in &theirs.titles {
            let ours = self.titles.get_or_insert_with(*room_id, || theirs.clone());
            // At the same place the texts are the same, but for a title that is not in a log yet.
            if *theirs > *ours {
                *ours = theirs.clone();
            }
        }
        for (room_id, theirs) in &theirs.read {
            let ours = self.read.get_or_insert_with(*room_id, || *theirs);
            *ours = (*ours).max(*theirs);
        }
        for (user_id, theirs) in &theirs.first_seen {
            let ours = self.first_seen.get_or_insert_with(*user_id, || *theirs);
            *ours = (*ours).min(*theirs);
        }
        self.contacts.merge(&theirs.contacts);
        for (name, theirs) in &theirs.settings {
            let ours = self.settings.get_or_insert_with(name.clone(), || theirs.clone());
            if *theirs > *ours {
                *ours = theirs.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Random;

    fn store() -> Store {
        Store::open([1; 32], Random::new([1; 32]), vec![]).unwrap().0
    }

    const KEY: [u8; 32] = [9; 32];

    fn user() -> UserId {
        UserId::from_random([1; 16])
    }

    fn room(n: u8) -> RoomId {
        RoomId::from_random([n; 16])
    }

    fn put(own: &mut OwnState, store: &mut Store, random: &Random) -> Option<socket::OwnState> {
        own.put(store, random, &KEY, user(), |room_id| room_id == room(1))
    }

    fn seen_key(random: &Random) -> PublicKey {
        crate::identity::Aik::generate(random).public()
    }

    fn numbered(n: u32) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        bytes
    }

    #[test]
    fn what_is_too_large_loses_rooms_that_were_left_and_never_a_key_that_was_seen() {
        let (mut store, random) = (store(), Random::new([2; 32]));
        let mut own = OwnState::default();
        own.set_title(&mut store, Millis(1), room(1), Seq(5), "Plans");
        own.see(&mut store, Millis(1), user(), seen_key(&random));
        let title = "x".repeat(200);
        for n in 0..6_000 {
            let titles = &mut own.known.parts.titles;
            titles.insert(RoomId::from_random(numbered(n)), (Seq(1), title.clone()));
        }
        let blob = put(&mut own, &mut store, &random).unwrap().blob;
        assert!(blob.0.len() <= MAX_OWN_STATE_LEN);
        assert_eq!(own.known.parts.titles.len(), 1);
        assert_eq!(own.title(room(1)).unwrap().1, "Plans");
        assert!(own.pinned(user()).is_some());
    }

    #[test]
    fn what_cannot_be_made_small_enough_is_told_once_and_waits() {
        let (mut store, random) = (store(), Random::new([2; 32]));
        let mut own = OwnState::default();
        own.set_title(&mut store, Millis(1), room(1), Seq(5), "Plans");
        let aik = seen_key(&random);
        for n in 0..20_000 {
            let seen = &mut own.known.parts.first_seen;
            seen.insert(UserId::from_random(numbered(n)), (Millis(1_800_000_000_000), aik));
        }
        assert!(put(&mut own, &mut store, &random).is_none());
        assert!(own.put_later(Millis(1_000)));
        let later = Millis(1_000 + OWN_STATE_FULL_WAIT_MS);
        assert_eq!(own.put_due(), Some(later));
        own.set_read(&mut store, Millis(2_000), room(1), Seq(5));
        assert_eq!(own.put_due(), Some(later), "a change does not bring it forward");
        assert_eq!(own.known.parts.first_seen.len(), 20_000);
        assert!(!own.put_later(later), "told once");
    }

    #[test]
    fn two_devices_that_write_at_once_end_with_the_same() {
        let (mut store, random) = (store(), Random::new([2; 32]));
        let (mut one, mut two) = (OwnState::default(), OwnState::default());
        one.set_title(&mut store, Millis(1), room(1), Seq(5), "Plans");
        two.set_title(&mut store, Millis(1), room(1), Seq(7), "Other plans");
        two.set_read(&mut store, Millis(1), room(2), Seq(3));
        let first = put(&mut one, &mut store, &random).unwrap();
        one.put_done(&mut store);
        put(&mut two, &mut store, &random).unwrap();
        two.put_failed(Millis(2));
        assert!(two.merge(&mut store, &KEY, user(), &first).is_ok());
        let second = put(&mut two, &mut store, &random).unwrap();
        assert_eq!(second.version, 2);
        two.put_done(&mut store);
        assert!(one.merge(&mut store, &KEY, user(), &second).unwrap());
        assert_eq!(one.known.parts.titles, two.known.parts.titles);
        assert_eq!(one.read(room(2)), Seq(3));
        assert!(one.put_due().is_none());
    }

    #[test]
    fn an_old_blob_or_one_under_another_version_is_refused() {
        let (mut store, random) = (store(), Random::new([2; 32]));
        let (mut one, mut two) = (OwnState::default(), OwnState::default());
        one.set_title(&mut store, Millis(1), room(1), Seq(5), "Plans");
        let first = put(&mut one, &mut store, &random).unwrap();
        one.put_done(&mut store);
        one.set_read(&mut store, Millis(1), room(1), Seq(5));
        let second = put(&mut one, &mut store, &random).unwrap();
        two.merge(&mut store, &KEY, user(), &second).unwrap();
        assert_eq!(
            two.merge(&mut store, &KEY, user(), &first),
            Err(OwnStateError::Backwards { known: 2 })
        );
        let posing = socket::OwnState {
            version: 3,
            blob: first.blob,
        };
        assert_eq!(
            two.merge(&mut store, &KEY, user(), &posing),
            Err(OwnStateError::Unreadable)
        );
    }

    proptest! {
        #[test]
        fn merging_does_not_depend_on_the_order(seeds in proptest::collection::vec((0u8..3, 0u64..4, 0u64..4), 0..12)) {
            let mut parts = [Parts::default(), Parts::default(), Parts::default()];
            for (index, (r, seq, who)) in seeds.iter().enumerate() {
                let part = &mut parts[index % 3];
                part.titles.insert(room(*r), (Seq(*seq), format!("{who}")));
                part.read.insert(room(*r), Seq(*seq));
                part.settings.insert(format!("{r}"), (Millis(*seq), format!("{who}")));
            }
            let [a, b, c] = parts;
            let merged = |order: [&Parts; 3]| {
                let mut all = Parts::default();
                for part in order { all.merge(part); }
                all
            };
            prop_assert!(merged([&a, &b, &c]) == merged([&c, &a, &b]));
            prop_assert!(merged([&a, &b, &c]) == merged([&b, &c, &a]));
        }
    }
}
