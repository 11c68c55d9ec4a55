//! Who is typing: a sign for who has the room open now, which nobody stores and nothing waits for. Whoever switched signs off
//! gives none, and is shown none.

use protocol::{
    DeviceId, Epoch, Generation, LeafIndex, Millis, RoomId, UserId,
    socket::{Request, RoomKindTag, RoomSign},
};

use super::{env::Env, state::Room, view::Lens};
use crate::{
    core::asks::{Ask, RoomAsk},
    limits::{MAX_SIGN_SKEW_MS, MAX_TYPING_MEMBERS, TYPING_AGAIN_MS, TYPING_SHOWN_MS},
    signs::{Sign, SignPlace, Typing},
    sorted::SortedMap,
};

/// The signs of a room, given and seen; in memory alone.
#[derive(Default)]
pub(super) struct Signs {
    given: Given,
    heard: Heard,
    /// In the order in which they began.
    shown: Vec<Shown>,
    /// Names that the user interface was told last.
    told: Vec<String>,
    /// It knows none of them any more.
    told_anew: bool,
}

/// What this device gave.
#[derive(Default)]
struct Given {
    /// Time of the newest sign, as it says itself.
    last: Millis,
    /// When one said last that somebody is typing.
    on_at: Option<Millis>,
    /// The others may show it still.
    stands: bool,
}

/// The newest sign of each leaf in one epoch, so that none is taken twice.
#[derive(Default)]
struct Heard {
    place: (Generation, Epoch),
    times: SortedMap<LeafIndex, Millis>,
}

struct Shown {
    device_id: DeviceId,
    user_id: UserId,
    until: Millis,
}

impl Given {
    /// Whether a sign is worth one now.
    fn wants(&self, now: Millis, typing: Typing) -> bool {
        let within = |ms: u64| self.on_at.is_some_and(|at| now.since(at) < ms);
        match typing {
            Typing::On => !within(TYPING_AGAIN_MS),
            Typing::Off => self.stands && within(TYPING_SHOWN_MS),
        }
    }

    /// Notes a sign, and answers which time it bears: later than that of each before, also within one millisecond.
    fn next(&mut self, now: Millis, typing: Typing) -> Millis {
        self.last = now.max(self.last.plus(1));
        self.stands = typing == Typing::On;
        if self.stands {
            self.on_at = Some(now);
        }
        self.last
    }
}

impl Heard {
    /// Whether this is the newest sign of its leaf, which it is from now on.
    fn is_news(&mut self, place: (Generation, Epoch), sign: Sign) -> bool {
        if self.place != place {
            *self = Self {
                place,
                times: SortedMap::new(),
            };
        }
        let newer = self.times.get(&sign.leaf).is_none_or(|last| sign.at > *last);
        if newer {
            self.times.insert(sign.leaf, sign.at);
        }
        newer
    }
}

impl Signs {
    /// The room is shown from the beginning.
    pub(super) fn open(&mut self) {
        self.told_anew = true;
    }

    /// The room is shown no more, or cannot be reached.
    pub(super) fn close(&mut self) {
        self.shown.clear();
    }

    /// What somebody was typing is here.
    pub(super) fn said(&mut self, user_id: UserId) {
        self.shown.retain(|shown| shown.user_id != user_id);
    }

    /// When the first that is shown goes.
    pub(super) fn next_end(&self) -> Option<Millis> {
        self.shown.iter().map(|shown| shown.until).min()
    }

    fn show(&mut self, sign: Sign, device_id: DeviceId, user_id: UserId, now: Millis) {
        let until = now.plus(TYPING_SHOWN_MS);
        let known = self.shown.iter_mut().find(|shown| shown.device_id == device_id);
        match (sign.typing, known) {
            (Typing::Off, _) => self.shown.retain(|shown| shown.device_id != device_id),
            (Typing::On, Some(known)) => known.until = until,
            (Typing::On, None) => self.shown.push(Shown {
                device_id,
                user_id,
                until,
            }),
        }
    }
}

impl Room {
    /// Whether the person wants, and may, tell the others: in a room of few, whose messages flow.
    fn may_give_signs(&self, env: &Env<'_>) -> bool {
        let flows = self.summary.is_some()
            && self.stored.pending.is_none()
            && self.retry_at.is_none()
            && !self.is_stale(env.now())
            && !self.sync_wanted
            && self.stored.cursor >= self.known_last;
        env.online && env.own.typing() && flows && self.has_signs() && self.refusal(Lens::of(env)).is_none()
    }

    fn has_signs(&self) -> bool {
        let users = self.users().len();
        self.is_member() && self.stored.kind != RoomKindTag::Own && (2..=MAX_TYPING_MEMBERS).contains(&users)
    }

    /// Whether somebody looks who wants to see them.
    fn shows_signs(&self, lens: Lens<'_>) -> bool {
        self.history.is_open() && lens.own.typing() && self.has_signs() && self.refusal(lens).is_none()
    }

    /// Whether [`Self::give_typing`] would give a sign, as far as time goes.
    pub(crate) fn wants_typing(&self, now: Millis, on: bool) -> bool {
        self.signs.given.wants(now, typing(on))
    }

    /// The person is typing, or is not any more. The others who are there learn of it; where that cannot be now, nobody does.
    pub(crate) fn give_typing(&mut self, env: &mut Env<'_>, on: bool) {
        let typing = typing(on);
        if !self.signs.given.wants(env.now(), typing) || !self.may_give_signs(env) {
            return;
        }
        let (generation, Some(group)) = (self.stored.generation, &self.group) else {
            return;
        };
        let place = match SignPlace::of(self.id, generation, group, env.mls) {
            Ok(place) => place,
            Err(error) => return tracing::warn!(room.id = %self.id, %error, "no key for signs"),
        };
        let sign = Sign {
            leaf: group.own_leaf(),
            typing,
            at: self.signs.given.next(env.now(), typing),
        };
        let Some(sealed) = place.seal(&env.shell.random, env.key, sign) else {
            return;
        };
        let request = Request::RoomSign(RoomSign {
            room_id: self.id,
            generation,
            epoch: group.epoch(),
            sealed,
        });
        let ask = Ask::Room {
            room_id: self.id,
            ask: RoomAsk::Sign,
        };
        env.shell.request(ask, request);
    }

    /// Somebody gave a sign. One of another epoch, one that came before, and one that does not open are dropped, in silence:
    /// nothing is lost with them, and who made them gets no answer.
    pub(crate) fn take_sign(&mut self, env: &Env<'_>, given: &RoomSign) {
        let place = (self.stored.generation, given.epoch);
        if given.generation != place.0 || !self.shows_signs(Lens::of(env)) {
            return;
        }
        let Some(group) = self.group().filter(|group| group.epoch() == given.epoch) else {
            return;
        };
        let Ok(here) = SignPlace::of(self.id, place.0, group, env.mls) else {
            return;
        };
        let Some(sign) = here.open(group.members(), &given.sealed) else {
            return;
        };
        let Some(author) = group.members().get(&sign.leaf) else {
            return;
        };
        let (device_id, user_id) = (author.body().device_id, author.body().user_id);
        let now = env.now();
        let skew = now.since(sign.at).max(sign.at.since(now));
        // What one does oneself is no news on one's other devices.
        if user_id != env.me() && skew <= MAX_SIGN_SKEW_MS && self.signs.heard.is_news(place, sign) {
            self.signs.show(sign, device_id, user_id, now);
        }
    }

    /// Names of who is typing, where they are others than were told last.
    pub(crate) fn take_typing(&mut self, lens: Lens<'_>) -> Option<(RoomId, Vec<String>)> {
        let anew = std::mem::take(&mut self.signs.told_anew);
        if self.signs.shown.is_empty() && self.signs.told.is_empty() {
            return None;
        }
        let group = self.group.as_ref().filter(|_| self.shows_signs(lens));
        self.signs.shown.retain(|shown| {
            let has_leaf = group.is_some_and(|group| group.leaf_of(shown.device_id).is_some());
            has_leaf && shown.until > lens.now
        });
        let mut users: Vec<UserId> = vec![];
        for shown in &self.signs.shown {
            if !users.contains(&shown.user_id) {
                users.push(shown.user_id);
            }
        }
        let name = |user: &UserId| lens.people.name(*user, self.certificate_of(*user));
        let names: Vec<String> = users.iter().map(name).collect();
        // Told anew, that nobody is typing is no news.
        if names == self.signs.told && (!anew || names.is_empty()) {
            return None;
        }
        self.signs.told.clone_from(&names);
        Some((self.id, names))
    }

    pub(crate) fn open(&mut self) {
        self.history.open();
        self.signs.open();
    }

    pub(crate) fn close(&mut self) {
        self.history.close();
        self.signs.close();
    }
}

fn typing(on: bool) -> Typing {
    if on { Typing::On } else { Typing::Off }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000_000);

    #[test]
    fn who_goes_on_typing_says_so_again_after_a_while_alone() {
        let mut given = Given::default();
        assert!(!given.wants(NOW, Typing::Off), "nobody was told");
        assert!(given.wants(NOW, Typing::On));
        given.next(NOW, Typing::On);
        assert!(!given.wants(NOW.plus(TYPING_AGAIN_MS - 1), Typing::On));
        assert!(given.wants(NOW.plus(TYPING_AGAIN_MS), Typing::On));
        assert!(given.wants(NOW.plus(1), Typing::Off));
        assert!(
            !given.wants(NOW.plus(TYPING_SHOWN_MS), Typing::Off),
            "it went by itself"
        );
        given.next(NOW.plus(1), Typing::Off);
        assert!(!given.wants(NOW.plus(2), Typing::Off), "once");
        assert!(
            !given.wants(NOW.plus(2), Typing::On),
            "the pace holds after a stop"
        );
    }

    #[test]
    fn each_sign_bears_a_later_time_than_the_one_before() {
        let mut given = Given::default();
        let first = given.next(NOW, Typing::On);
        let second = given.next(NOW, Typing::Off);
        assert!(second > first);
        assert!(given.next(NOW.plus(5_000), Typing::On) > second);
    }

    #[test]
    fn of_each_leaf_only_a_later_sign_is_news_and_each_epoch_begins_anew() {
        let mut heard = Heard::default();
        let place = (Generation(1), Epoch(3));
        let sign = |leaf, at| Sign {
            leaf: LeafIndex(leaf),
            typing: Typing::On,
            at: Millis(at),
        };
        assert!(heard.is_news(place, sign(0, 10)));
        assert!(!heard.is_news(place, sign(0, 10)));
        assert!(!heard.is_news(place, sign(0, 9)));
        assert!(heard.is_news(place, sign(1, 9)));
        assert!(heard.is_news(place, sign(0, 11)));
        assert!(heard.is_news((Generation(1), Epoch(4)), sign(0, 1)));
    }
}
