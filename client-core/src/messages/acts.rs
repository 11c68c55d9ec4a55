//! What is done to a message after it was said: edits, reactions, deletion.
//!
//! Each act has a place in the log. An edit counts where none of a later place was taken, a reaction likewise among
//! those of its person with the same emoji, and a deletion for good: so all devices end with the same, in whatever order
//! they learn of the acts. An own act that the log does not have yet waits with the message, and shows at once.

use std::borrow::Cow;

use protocol::{MessageId, UserId};
use serde::{Deserialize, Serialize};

use super::{Body, Content, Message};
use crate::limits::{MAX_EMOJI_LEN, MAX_MENTIONS, MAX_REACTIONS_BY_ONE, MAX_REACTIONS_TRIED};

/// Behind all places of the log: of what is not in it yet.
const NOT_YET: u64 = u64::MAX;

/// One act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Act {
    Edit { text: String, mentions: Vec<UserId> },
    React { emoji: String, on: bool },
    Delete,
}

/// What was done to a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Acts {
    /// Place of the newest edit.
    edited: Option<u64>,
    reacted: Vec<Reacted>,
    /// Own acts that the log does not have yet, by the message that carries each.
    pending: Vec<(MessageId, Act)>,
}

/// The newest word of a person on an emoji.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reacted {
    user: UserId,
    emoji: String,
    place: u64,
    on: bool,
}

impl Act {
    /// The act that content is, and on which message; else the content again.
    pub(crate) fn of(content: Content) -> Result<(MessageId, Self), Content> {
        match content {
            Content::Edit { of, text, mentions } => Ok((of, Self::Edit { text, mentions })),
            Content::React { of, emoji, on } => Ok((of, Self::React { emoji, on })),
            Content::Delete { of } => Ok((of, Self::Delete)),
            other => Err(other),
        }
    }

    /// What carries the act.
    pub(crate) fn content(&self, of: MessageId) -> Content {
        match self.clone() {
            Self::Edit { text, mentions } => Content::Edit { of, text, mentions },
            Self::React { emoji, on } => Content::React { of, emoji, on },
            Self::Delete => Content::Delete { of },
        }
    }
}

impl Acts {
    pub(crate) fn was_edited(&self) -> bool {
        self.edited.is_some()
    }

    /// The reactions to the message in the order of their coming: each emoji with who gave it.
    pub(crate) fn reactions(&self) -> Vec<(&str, Vec<UserId>)> {
        let mut reactions: Vec<(&str, Vec<UserId>)> = vec![];
        for one in self.reacted.iter().filter(|one| one.on) {
            match reactions.iter_mut().find(|(emoji, _)| *emoji == one.emoji) {
                Some((_, users)) => users.push(one.user),
                None => reactions.push((&one.emoji, vec![one.user])),
            }
        }
        reactions
    }

    /// The reactions of a person, those taken back among them.
    fn given_by(&self, user: UserId) -> Vec<&Reacted> {
        self.reacted.iter().filter(|one| one.user == user).collect()
    }

    fn knows(&self, user: UserId, emoji: &str) -> bool {
        let mut reacted = self.reacted.iter();
        reacted.any(|one| one.user == user && one.emoji == emoji)
    }
}

impl Message {
    /// Whether a person may do this to the message.
    pub(crate) fn allows(&self, act: &Act, by: UserId, moderator: bool) -> bool {
        match act {
            Act::Edit { .. } => self.author == by && matches!(self.body, Body::Text(_) | Body::File(_)),
            Act::Delete => (self.author == by || moderator) && self.is_said(),
            Act::React { emoji, on } => {
                let given = self.acts.given_by(by);
                let room = self.acts.knows(by, emoji) || given.len() < MAX_REACTIONS_TRIED;
                let few = given.iter().filter(|one| one.on).count() < MAX_REACTIONS_BY_ONE;
                self.is_said() && is_emoji(emoji) && room && (!on || few)
            }
        }
    }

    /// Whether its author's wishes let it be said again elsewhere: what burns, or may not be saved, stays where it is.
    pub(crate) fn is_forwardable(&self) -> bool {
        let open = match &self.body {
            Body::Text(_) => true,
            Body::File(said) => said.file.may_save,
            _ => false,
        };
        open && !self.life.burns()
    }

    /// Said by a person, and still there.
    pub(crate) fn is_said(&self) -> bool {
        matches!(
            self.body,
            Body::Text(_) | Body::File(_) | Body::BrokenFile | Body::Unknown(_)
        )
    }

    /// The act stands in the log. Whether it is allowed was asked before. What is gone stays gone.
    pub(crate) fn take(&mut self, act: &Act, by: UserId, place: u64) {
        if !self.is_said() {
            return;
        }
        match act {
            Act::Edit { text, mentions } => {
                if self.acts.edited.is_none_or(|edited| edited < place) {
                    self.acts.edited = Some(place);
                    match &mut self.body {
                        Body::File(said) => said.text.clone_from(text),
                        body => *body = Body::Text(text.clone()),
                    }
                    self.mentions = mentions.iter().copied().take(MAX_MENTIONS).collect();
                }
            }
            Act::React { emoji, on } => self.react(emoji, *on, by, place),
            Act::Delete => {
                self.body = Body::Deleted;
                self.re = None;
                self.mentions.clear();
                self.acts = Acts {
                    pending: std::mem::take(&mut self.acts.pending),
                    ..Acts::default()
                };
            }
        }
    }

    fn react(&mut self, emoji: &str, on: bool, by: UserId, place: u64) {
        let known = self
            .acts
            .reacted
            .iter()
            .position(|one| one.user == by && one.emoji == emoji);
        let reacted = Reacted {
            user: by,
            emoji: emoji.to_owned(),
            place,
            on,
        };
        match known.and_then(|at| self.acts.reacted.get_mut(at)) {
            Some(known) if known.place < place => *known = reacted,
            Some(_) => {}
            None => self.acts.reacted.push(reacted),
        }
    }

    /// An own act that is on its way.
    pub(crate) fn await_act(&mut self, carrier: MessageId, act: Act) {
        self.acts.pending.push((carrier, act));
    }

    /// An own act waits no more: the log has it, or it was given up.
    pub(crate) fn end_await(&mut self, carrier: MessageId) {
        self.acts.pending.retain(|(id, _)| *id != carrier);
    }

    /// With the own acts that are on their way.
    pub(crate) fn as_shown(&self, me: UserId) -> Cow<'_, Self> {
        if self.acts.pending.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut shown = self.clone();
        for (_, act) in &self.acts.pending {
            shown.take(act, me, NOT_YET);
        }
        Cow::Owned(shown)
    }
}

/// Whether a text can stand as a reaction: short, and not a word.
fn is_emoji(text: &str) -> bool {
    text.len() <= MAX_EMOJI_LEN
        && !text.is_ascii()
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocol::{DeviceId, Millis};

    use super::*;
    use crate::{api::Delivery, messages::Life};

    fn user(n: u8) -> UserId {
        UserId::from_random([n; 16])
    }

    fn message() -> Message {
        Message {
            id: MessageId::from_random([1; 16]),
            order: 1,
            author: user(1),
            device: DeviceId::from_random([1; 16]),
            sent_at: Millis(1),
            body: Body::Text("Hello".to_owned()),
            delivery: Delivery::Received,
            re: None,
            mentions: vec![],
            forwarded: false,
            acts: Acts::default(),
            life: Life::default(),
        }
    }

    fn edit(text: &str) -> Act {
        Act::Edit {
            text: text.to_owned(),
            mentions: vec![],
        }
    }

    fn react(emoji: &str, on: bool) -> Act {
        Act::React {
            emoji: emoji.to_owned(),
            on,
        }
    }

    #[test]
    fn the_author_alone_edits_and_a_moderator_deletes() {
        let said = message();
        assert!(said.allows(&edit("x"), user(1), false));
        assert!(!said.allows(&edit("x"), user(2), true));
        assert!(said.allows(&Act::Delete, user(1), false));
        assert!(said.allows(&Act::Delete, user(2), true));
        assert!(!said.allows(&Act::Delete, user(2), false));
    }

    #[test]
    fn what_is_deleted_takes_nothing_more() {
        let mut said = message();
        said.take(&react("\u{1F44D}", true), user(2), 2);
        said.take(&Act::Delete, user(1), 3);
        assert_eq!(said.body, Body::Deleted);
        assert!(said.acts.reactions().is_empty());
        for act in [edit("x"), react("\u{1F44D}", true), Act::Delete] {
            assert!(!said.allows(&act, user(1), true));
        }
    }

    #[test]
    fn reactions_are_emoji_and_not_too_many() {
        for (text, fits) in [
            ("\u{1F44D}", true),
            ("\u{2764}\u{FE0F}", true),
            ("1\u{FE0F}\u{20E3}", true),
            ("", false),
            ("ok", false),
            ("gr\u{FC}n", false),
            ("\u{1F44D} \u{1F44D}", false),
        ] {
            assert_eq!(is_emoji(text), fits, "{text:?}");
        }
        assert!(!is_emoji(&"\u{1F44D}".repeat(100)));
        let mut said = message();
        for (nth, emoji) in (0x1F600u32..).take(MAX_REACTIONS_BY_ONE).enumerate() {
            let emoji = char::from_u32(emoji).unwrap().to_string();
            assert!(said.allows(&react(&emoji, true), user(2), false));
            said.take(&react(&emoji, true), user(2), nth as u64);
        }
        assert!(!said.allows(&react("\u{1F44D}", true), user(2), false));
        assert!(said.allows(&react("\u{1F44D}", true), user(3), false));
    }

    /// What is never seen takes room all the same.
    #[test]
    fn reactions_that_are_taken_back_have_an_end_too() {
        let mut said = message();
        let long = "\u{1F44D}".repeat(1_000);
        assert!(!said.allows(&react(&long, false), user(2), false));
        for (place, emoji) in (0x1F600u32..).take(1_000).enumerate() {
            for on in [true, false] {
                let act = react(&char::from_u32(emoji).unwrap().to_string(), on);
                if said.allows(&act, user(2), false) {
                    said.take(&act, user(2), place as u64);
                }
            }
        }
        assert_eq!(said.acts.reacted.len(), MAX_REACTIONS_TRIED);
        assert!(said.acts.reactions().len() <= MAX_REACTIONS_BY_ONE);
    }

    #[test]
    fn an_own_act_shows_while_it_is_on_its_way_and_ends_with_the_log() {
        let mut said = message();
        let carrier = MessageId::from_random([9; 16]);
        said.await_act(carrier, edit("mine"));
        assert_eq!(said.as_shown(user(1)).body, Body::Text("mine".to_owned()));
        // Another own device was faster in writing, and earlier in the log.
        said.take(&edit("other"), user(1), 5);
        assert_eq!(said.as_shown(user(1)).body, Body::Text("mine".to_owned()));
        said.end_await(carrier);
        said.take(&edit("mine"), user(1), 6);
        assert_eq!(said.as_shown(user(1)).body, Body::Text("mine".to_owned()));
    }

    #[test]
    fn an_act_that_was_given_up_leaves_no_trace() {
        let mut said = message();
        let carrier = MessageId::from_random([9; 16]);
        said.await_act(carrier, Act::Delete);
        assert_eq!(said.as_shown(user(1)).body, Body::Deleted);
        said.end_await(carrier);
        assert_eq!(*said.as_shown(user(1)), message());
    }

    fn acts() -> impl Strategy<Value = Vec<(Act, UserId, u64)>> {
        let act = prop_oneof![
            "[a-c]{1,2}".prop_map(|text| edit(&text)),
            (0u8..2, any::<bool>()).prop_map(|(n, on)| react(["\u{1F44D}", "\u{1F389}"][usize::from(n)], on)),
            Just(Act::Delete),
        ];
        let one = (act, 1u8..4).prop_map(|(act, by)| (act, user(by)));
        proptest::collection::vec(one, 0..8).prop_map(|acts| {
            let placed = acts.into_iter().zip(2u64..);
            placed.map(|((act, by), place)| (act, by, place)).collect()
        })
    }

    proptest! {
        #[test]
        fn the_end_does_not_depend_on_the_order_of_learning(acts in acts(), seed in any::<u64>()) {
            let mut shuffled = acts.clone();
            let len = shuffled.len();
            let mut state = seed;
            for at in (1..len).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            let end = |acts: &[(Act, UserId, u64)]| {
                let mut said = message();
                for (act, by, place) in acts {
                    said.take(act, *by, *place);
                }
                let mut reactions: Vec<_> = said.acts.reactions().into_iter().map(|(emoji, mut users)| {
                    users.sort();
                    (emoji.to_owned(), users)
                }).collect();
                reactions.sort();
                (said.body, reactions)
            };
            prop_assert_eq!(end(&acts), end(&shuffled));
        }
    }
}
