//! Looking for words in what was said. All history of a device is in memory, so nothing that could be searched lies
//! anywhere else, and what has ended is never found.

use protocol::{RoomId, socket::RoomKindTag};

use super::device::Device;
use crate::{
    api::{Found, FoundMessage},
    limits::{FOUND_BEFORE, FOUND_LEN, MAX_FOUND, MAX_QUERY_WORDS},
    messages::Message,
    rooms::Room,
};

/// Words, all of which are to be in a text, in any order, as parts of words too.
struct Query(Vec<String>);

impl Query {
    fn of(text: &str) -> Self {
        let words = text.split_whitespace().take(MAX_QUERY_WORDS);
        Self(words.map(str::to_lowercase).collect())
    }

    /// Where the first of the words begins, in characters; nothing where one is missing.
    fn find(&self, text: &str) -> Option<usize> {
        let lower = text.to_lowercase();
        let places = self.0.iter().map(|word| lower.find(word.as_str()));
        let first = places.collect::<Option<Vec<_>>>()?.into_iter().min()?;
        Some(lower.get(..first)?.chars().count())
    }
}

/// The part of a text that shows what was found in it.
pub(super) fn excerpt(text: &str, place: usize) -> String {
    let before = place.saturating_sub(FOUND_BEFORE);
    let part: String = text.chars().skip(before).take(FOUND_LEN).collect();
    let cut = text.chars().count() > before + FOUND_LEN;
    let [head, tail] = [before > 0, cut].map(|cut| if cut { "…" } else { "" });
    format!("{head}{part}{tail}")
}

impl Device {
    /// A message as a list from many rooms shows it.
    pub(super) fn listed(&self, room: &Room, message: &Message, excerpt: String) -> FoundMessage {
        FoundMessage {
            room_id: room.id,
            message_id: message.id,
            author_name: self
                .people
                .name(message.author, room.certificate_of(message.author)),
            mine: message.author == self.identity.user_id(),
            sent_at: message.sent_at,
            excerpt,
        }
    }

    /// The newest messages that have all words of the query; in one room, or in all.
    pub(super) fn search(&self, query: &str, room_id: Option<RoomId>) -> Found {
        let (query, me) = (Query::of(query), self.identity.user_id());
        let mut messages = vec![];
        if query.0.is_empty() {
            return Found {
                messages,
                more: false,
            };
        }
        let rooms = self
            .rooms
            .values()
            .filter(|room| room.kind() != RoomKindTag::Own && room_id.is_none_or(|wanted| wanted == room.id));
        for room in rooms {
            let found = room.history.newest_first().filter_map(|message| {
                let shown = message.as_shown(me);
                let text = shown.searchable()?;
                let place = query.find(&text)?;
                Some(self.listed(room, message, excerpt(text.trim_end(), place)))
            });
            messages.extend(found.take(MAX_FOUND + 1));
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.sent_at));
        let more = messages.len() > MAX_FOUND;
        messages.truncate(MAX_FOUND);
        Found { messages, more }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_words_must_be_there_in_any_order_and_case() {
        let find = |query: &str, text: &str| Query::of(query).find(text);
        assert_eq!(find("PLAN secret", "The secret plan"), Some(4));
        assert_eq!(find("plan  ship", "The secret plan"), None);
        assert_eq!(find("ÄRGER", "viel Ärger"), Some(5));
        assert_eq!(find("cre", "secret"), Some(2), "parts of words too");
        // The small form of this letter is longer than itself.
        assert_eq!(find("x", "\u{130}x"), Some(2));
    }

    #[test]
    fn an_excerpt_shows_what_was_found_and_says_that_it_is_one() {
        let text = format!("{} needle {}", "a".repeat(300), "b".repeat(300));
        let place = Query::of("needle").find(&text).unwrap();
        let part = excerpt(&text, place);
        assert!(part.starts_with('…') && part.ends_with('…') && part.contains("needle"));
        assert!(part.chars().count() <= FOUND_LEN + 2);
        assert_eq!(excerpt("short", 0), "short");
    }

    proptest! {
        #[test]
        fn whatever_is_looked_for_in_whatever(query in "\\PC{0,40}", text in "\\PC{0,400}") {
            if let Some(place) = Query::of(&query).find(&text) {
                prop_assert!(excerpt(&text, place).chars().count() <= FOUND_LEN + 2);
            }
        }
    }
}
