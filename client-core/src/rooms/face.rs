//! What a room shows of itself beside its title: a description, and a small picture. Members alone know them; each of the two is
//! as the last word in the log has it. Direct rooms have none.

use protocol::{RoomId, Seq, UserId, socket::RoomKindTag};
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{aside::Place, env::Env, send::happened, state::Room};
use crate::{
    limits::{MAX_ROOM_ABOUT_LEN, MAX_THUMBNAIL_LEN},
    messages::{Content, FaceChange},
    store::Store,
};

/// As stored. What was never said has place 0; what was taken back is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Face {
    about: (Seq, String),
    picture: (Seq, ByteBuf),
}

impl FaceChange {
    /// Whether a room may show it. The picture is looked at by whoever draws it.
    pub(crate) fn fits(&self) -> bool {
        let about = self
            .about
            .as_ref()
            .is_none_or(|about| about.len() <= MAX_ROOM_ABOUT_LEN);
        let picture = self
            .picture
            .as_ref()
            .is_none_or(|picture| picture.len() <= MAX_THUMBNAIL_LEN);
        about && picture
    }

    /// Code of what happened by it.
    fn code(&self) -> &'static str {
        match &self.picture {
            Some(picture) if picture.is_empty() => "picture_removed",
            Some(_) => "picture_set",
            None if self.about.as_ref().is_some_and(String::is_empty) => "about_removed",
            None => "about_set",
        }
    }
}

impl Face {
    pub(crate) fn about(&self) -> &str {
        &self.about.1
    }

    /// WebP or JPEG, as its sender says.
    pub(crate) fn picture(&self) -> Option<&[u8]> {
        Some(self.picture.1.as_slice()).filter(|picture| !picture.is_empty())
    }

    /// Another one where the picture is another.
    pub(crate) fn picture_place(&self) -> Option<Seq> {
        self.picture().map(|_| self.picture.0)
    }

    /// Takes a word in that stands at a place of the log; answers whether anything is other than before.
    fn take(&mut self, at: Seq, change: &FaceChange) -> bool {
        let before = self.clone();
        // What is said again was sealed before it had its place, and may be older than what stands here.
        let fills = |known: Seq| match change.again {
            true => known == Seq(0),
            false => known <= at,
        };
        if let Some(about) = &change.about
            && fills(self.about.0)
        {
            self.about = (at, about.clone());
        }
        if let Some(picture) = &change.picture
            && fills(self.picture.0)
        {
            self.picture = (at, picture.clone());
        }
        self.about.1 != before.about.1 || self.picture.1 != before.picture.1
    }

    /// All of it, for who does not have it; nothing where there is none.
    fn whole(&self) -> Option<FaceChange> {
        let about = Some(self.about.1.clone()).filter(|about| !about.is_empty());
        let picture = self.picture().map(|picture| ByteBuf::from(picture.to_vec()));
        (about.is_some() || picture.is_some()).then_some(FaceChange {
            about,
            picture,
            again: true,
        })
    }
}

impl Room {
    /// See [`Face::picture`].
    pub(crate) fn picture(&self) -> Option<&[u8]> {
        self.face.picture()
    }

    /// Says it to the members; whether it is allowed was asked before.
    pub(crate) fn change_face(&mut self, env: &mut Env<'_>, change: FaceChange) {
        let body = happened(change.code(), env.me());
        self.send_content(env, Content::RoomFace(change), Some(body));
    }

    /// Who is new in the room does not have it.
    pub(super) fn tell_face(&mut self, env: &mut Env<'_>) {
        if let Some(whole) = self.face.whole() {
            self.send_content(env, Content::RoomFace(whole), None);
        }
    }

    /// A word of one's own has its place in the log.
    pub(super) fn settle_face(&mut self, store: &mut Store, me: UserId, at: Seq, change: &FaceChange) {
        // The others have not taken what one may not say any more.
        if !self.may_add(me) {
            return;
        }
        self.face.take(at, change);
        store.put(record(self.id), &self.face);
    }

    pub(super) fn take_face(&mut self, env: &mut Env<'_>, place: Place, by: UserId, change: &FaceChange) {
        // A device of one's own may always say what the room looks like.
        let allowed = self.may_add(by) || change.again && by == env.me();
        if self.stored.kind != RoomKindTag::Room || !allowed || !change.fits() {
            return;
        }
        let is_news = self.face.take(place.seq, change);
        env.shell.store.put(record(self.id), &self.face);
        // What one is told as one comes in did not happen just now.
        if is_news && !change.again {
            self.tell(env, place.seq, place.sent_at, 0, change.code(), &[("by", by)]);
        }
    }
}

/// Name of the record.
pub(super) fn record(room_id: RoomId) -> String {
    format!("face/{room_id}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn about(text: &str) -> FaceChange {
        FaceChange {
            about: Some(text.to_owned()),
            picture: None,
            again: false,
        }
    }

    fn picture(bytes: &[u8]) -> FaceChange {
        FaceChange {
            about: None,
            picture: Some(ByteBuf::from(bytes.to_vec())),
            again: false,
        }
    }

    #[test]
    fn what_is_too_large_does_not_fit() {
        assert!(about(&"x".repeat(MAX_ROOM_ABOUT_LEN)).fits());
        assert!(!about(&"x".repeat(MAX_ROOM_ABOUT_LEN + 1)).fits());
        assert!(picture(&vec![1; MAX_THUMBNAIL_LEN]).fits());
        assert!(!picture(&vec![1; MAX_THUMBNAIL_LEN + 1]).fits());
    }

    #[test]
    fn each_part_is_as_the_last_word_has_it_and_empty_is_none() {
        let mut face = Face::default();
        assert!(face.whole().is_none());
        assert!(face.take(Seq(5), &about("Lamps")));
        assert!(face.take(Seq(6), &picture(b"one")));
        assert!(!face.take(Seq(4), &about("older")));
        assert!(!face.take(Seq(7), &picture(b"one")));
        assert_eq!(
            face.picture_place(),
            Some(Seq(7)),
            "the last word, though it is the same"
        );
        assert_eq!((face.about(), face.picture()), ("Lamps", Some(&b"one"[..])));
        assert!(face.take(Seq(8), &picture(b"")));
        assert_eq!((face.picture(), face.picture_place()), (None, None));
        assert!(!face.take(Seq(7), &picture(b"two")), "it was taken back later");
        assert!(face.take(Seq(9), &about("")));
        assert!(face.whole().is_none());
    }

    #[test]
    fn what_is_said_again_fills_what_is_empty_and_takes_nothing_back() {
        let again = |text: &str| FaceChange {
            again: true,
            ..about(text)
        };
        let mut face = Face::default();
        assert!(face.take(Seq(5), &again("Lamps")));
        assert!(face.take(Seq(6), &about("Tides")));
        assert!(!face.take(Seq(7), &again("Lamps")));
        assert!(face.take(Seq(8), &about("")));
        assert!(
            !face.take(Seq(9), &again("Lamps")),
            "it was taken away on purpose"
        );
        assert_eq!(face.about(), "");
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_the_order_of_learning(
            words in proptest::collection::vec((any::<bool>(), "[ab]{0,1}"), 0..8),
            seed in any::<u64>(),
        ) {
            let placed: Vec<_> = (1u64..).map(Seq).zip(words.iter().map(|(is_about, text)| match is_about {
                true => about(text),
                false => picture(text.as_bytes()),
            })).collect();
            let mut shuffled = placed.clone();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            let end = |words: &[(Seq, FaceChange)]| {
                let mut face = Face::default();
                for (at, change) in words {
                    face.take(*at, change);
                }
                (face.about.1, face.picture.1)
            };
            prop_assert_eq!(end(&placed), end(&shuffled));
        }
    }
}
