//! What own state has of contacts.

use protocol::{BlobId, Millis, RoomId, UserId, identity::PublicKey};
use serde::{Deserialize, Serialize};

use crate::{
    files::{FileDescriptor, as_cbor},
    group::rules::FirstSeen,
    sorted::SortedMap,
};

/// Of each part there is a rule by which merging does not depend on the order.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Book {
    /// What the user said of a contact, and when: the later wins.
    #[serde(default)]
    statements: SortedMap<UserId, (Millis, Statement)>,
    /// The ID video that a contact shows, and one's own: the later wins.
    #[serde(default)]
    videos: SortedMap<UserId, ShownVideo>,
    /// Which own video the other of a direct room was told of: the later wins.
    #[serde(default)]
    told: SortedMap<RoomId, (Millis, BlobId)>,
}

/// What the user said of a contact, and of what exactly: another key, e-mail or name is another contact (R32).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Statement {
    pub(crate) verdict: Verdict,
    pub(crate) aik: PublicKey,
    pub(crate) email: String,
    pub(crate) name: String,
    /// The key that the user has taken last in place of the one seen first; whatever else is said of the contact since.
    #[serde(default)]
    pub(crate) taken: Option<PublicKey>,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Nothing (any more); the key is taken as it is.
    Open,
    /// The person of the ID video is who they say, and said the words of this key.
    Video,
    /// The fingerprints were compared in person.
    InPerson,
    /// Not who they say, or not wanted.
    Declined,
    /// Not wanted, whoever it is.
    Blocked,
}

impl Verdict {
    pub(crate) fn is_unwanted(self) -> bool {
        matches!(self, Self::Declined | Self::Blocked)
    }

    pub(crate) fn is_verified(self) -> bool {
        matches!(self, Self::Video | Self::InPerson)
    }
}

/// An ID video, and by which key it came.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ShownVideo {
    /// When it was said that there is one.
    pub(crate) at: Millis,
    /// Account key of who said it.
    pub(crate) aik: PublicKey,
    /// The day whose words are said in it.
    pub(crate) day: u32,
    #[serde(with = "as_cbor")]
    pub(crate) file: FileDescriptor,
}

impl ShownVideo {
    fn order(&self) -> (Millis, BlobId) {
        (self.at, self.file.blob_id)
    }
}

impl Book {
    pub(crate) fn statement(&self, user_id: UserId) -> Option<&Statement> {
        self.statements.get(&user_id).map(|(_, statement)| statement)
    }

    /// When it was said.
    pub(crate) fn said_at(&self, user_id: UserId) -> Option<Millis> {
        self.statements.get(&user_id).map(|(at, _)| *at)
    }

    pub(crate) fn statements(&self) -> impl Iterator<Item = (UserId, &Statement)> {
        self.statements
            .iter()
            .map(|(user_id, (_, statement))| (*user_id, statement))
    }

    /// What is said now comes after what was said before, also where a clock went back.
    pub(crate) fn state(&mut self, now: Millis, user_id: UserId, statement: Statement) {
        let before = self.said_at(user_id).map_or(Millis(0), |at| at.plus(1));
        self.statements.insert(user_id, (now.max(before), statement));
    }

    pub(crate) fn video(&self, user_id: UserId) -> Option<&ShownVideo> {
        self.videos.get(&user_id)
    }

    /// Answers whether it is a newer one.
    pub(crate) fn show(&mut self, user_id: UserId, video: ShownVideo) -> bool {
        let newer = self
            .videos
            .get(&user_id)
            .is_none_or(|known| known.order() < video.order());
        if newer {
            self.videos.insert(user_id, video);
        }
        newer
    }

    /// Which own video was told in a direct room.
    pub(crate) fn told(&self, room_id: RoomId) -> Option<BlobId> {
        self.told.get(&room_id).map(|(_, blob_id)| *blob_id)
    }

    /// Answers whether that is news.
    pub(crate) fn tell(&mut self, room_id: RoomId, at: Millis, blob_id: BlobId) -> bool {
        let newer = self.told.get(&room_id).is_none_or(|known| *known < (at, blob_id));
        if newer {
            self.told.insert(room_id, (at, blob_id));
        }
        newer
    }

    /// It did not arrive.
    pub(crate) fn untell(&mut self, room_id: RoomId) {
        self.told.remove(&room_id);
    }

    pub(crate) fn forget_rooms(&mut self, is_in: impl Fn(RoomId) -> bool) {
        self.told.retain(|room_id, _| is_in(*room_id));
    }

    /// The key by which each person is known: the one that was seen first, or that the user has taken since.
    pub(crate) fn pins(&self, first_seen: &FirstSeen) -> FirstSeen {
        let mut pins = first_seen.clone();
        for (user_id, (at, statement)) in &self.statements {
            if let Some(aik) = statement.taken {
                pins.insert(*user_id, (*at, aik));
            }
        }
        pins
    }

    /// The key that counts as taken once this is said of it. Declining and blocking leave it as it was, and so does taking
    /// them back: a key that came meanwhile would else pass without a word.
    pub(crate) fn taken_with(&self, user_id: UserId, verdict: Verdict, aik: PublicKey) -> Option<PublicKey> {
        let before = self.statement(user_id);
        let unwanted = before.is_some_and(|before| before.verdict.is_unwanted());
        let takes = verdict.is_verified() || verdict == Verdict::Open && !unwanted;
        if takes { Some(aik) } else { before?.taken }
    }

    pub(crate) fn merge(&mut self, theirs: &Self) {
        for (user_id, theirs) in &theirs.statements {
            let ours = self.statements.get_or_insert_with(*user_id, || theirs.clone());
            if *theirs > *ours {
                *ours = theirs.clone();
            }
        }
        for (user_id, theirs) in &theirs.videos {
            self.show(*user_id, theirs.clone());
        }
        for (room_id, (at, blob_id)) in &theirs.told {
            self.tell(*room_id, *at, *blob_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        files::{FileKey, NonceBase},
        identity::Aik,
        random::Random,
    };

    fn key(seed: u8) -> PublicKey {
        Aik::generate(&Random::new([seed; 32])).public()
    }

    fn statement(verdict: Verdict, aik: u8) -> Statement {
        Statement {
            verdict,
            aik: key(aik),
            email: "bob@example.org".to_owned(),
            name: "Bob".to_owned(),
            taken: (verdict.is_verified() || verdict == Verdict::Open).then(|| key(aik)),
        }
    }

    /// A key that comes while a contact is not wanted is not taken by taking that back.
    #[test]
    fn declining_and_taking_it_back_leave_the_key_that_was_taken() {
        let user = UserId::from_random([1; 16]);
        let mut book = Book::default();
        let mut say = |verdict, aik| {
            let taken = book.taken_with(user, verdict, key(aik));
            let said = Statement {
                taken,
                ..statement(verdict, aik)
            };
            book.state(Millis(1), user, said);
            book.pins(&FirstSeen::new()).get(&user).map(|(_, aik)| *aik)
        };
        assert_eq!(say(Verdict::Blocked, 1), None);
        assert_eq!(
            say(Verdict::Open, 2),
            None,
            "the first key counts, whatever comes now"
        );
        assert_eq!(
            say(Verdict::Open, 2),
            Some(key(2)),
            "said where another key is shown"
        );
        assert_eq!(say(Verdict::Declined, 3), Some(key(2)));
        assert_eq!(say(Verdict::Open, 3), Some(key(2)));
        assert_eq!(say(Verdict::InPerson, 3), Some(key(3)));
    }

    fn video(at: u64, number: u8) -> ShownVideo {
        ShownVideo {
            at: Millis(at),
            aik: key(1),
            day: 1,
            file: FileDescriptor {
                blob_id: BlobId::from_random([number; 16]),
                name: "ID video".to_owned(),
                media_type: "video/webm".to_owned(),
                size: 1,
                key: FileKey::new([2; 32]),
                nonce_base: NonceBase([3; 7]),
                hash: [4; 32],
                may_save: false,
                dimensions: None,
                duration_ms: Some(1),
                waveform: None,
                thumbnail: None,
            },
        }
    }

    fn user(number: u8) -> UserId {
        UserId::from_random([number; 16])
    }

    #[test]
    fn what_is_said_later_holds_also_where_the_clock_went_back() {
        let mut book = Book::default();
        book.state(Millis(100), user(1), statement(Verdict::Video, 1));
        book.state(Millis(50), user(1), statement(Verdict::Declined, 1));
        let before = book.clone();
        let mut older = Book::default();
        older.state(Millis(100), user(1), statement(Verdict::Video, 1));
        book.merge(&older);
        assert!(book == before);
        assert!(
            book.statement(user(1))
                .is_some_and(|said| said.verdict == Verdict::Declined)
        );
    }

    /// R32: a key that was accepted is the one that counts, and one that was declined is none.
    #[test]
    fn the_key_that_was_taken_last_takes_the_place_of_the_one_seen_first() {
        let first_seen: FirstSeen = [(user(1), (Millis(1), key(1))), (user(2), (Millis(1), key(2)))].into();
        let mut book = Book::default();
        book.state(Millis(2), user(1), statement(Verdict::InPerson, 7));
        book.state(Millis(2), user(2), statement(Verdict::Declined, 7));
        let pins = book.pins(&first_seen);
        assert_eq!(pins.get(&user(1)).map(|(_, aik)| *aik), Some(key(7)));
        assert_eq!(pins.get(&user(2)).map(|(_, aik)| *aik), Some(key(2)));
    }

    proptest! {
        #[test]
        fn merging_does_not_depend_on_the_order(seeds in proptest::collection::vec((0u8..3, 0u64..4, 0u8..3), 0..12)) {
            let mut books = [Book::default(), Book::default(), Book::default()];
            for (index, (who, at, what)) in seeds.iter().enumerate() {
                let book = &mut books[index % 3];
                let verdict = [Verdict::Open, Verdict::Video, Verdict::Blocked][usize::from(*what)];
                book.statements.insert(user(*who), (Millis(*at), statement(verdict, 1)));
                book.show(user(*who), video(*at, *what));
                book.tell(RoomId::from_random([*who; 16]), Millis(*at), BlobId::from_random([*what; 16]));
            }
            let [a, b, c] = books;
            let merged = |order: [&Book; 3]| {
                let mut all = Book::default();
                for book in order { all.merge(book); }
                all
            };
            prop_assert!(merged([&a, &b, &c]) == merged([&c, &a, &b]));
            prop_assert!(merged([&a, &b, &c]) == merged([&b, &c, &a]));
        }
    }
}
