//! Random histories of two to five people with two devices each: they send, answer, change, mark, delete and read, set
//! timers, come and go, lose the network, crash at any step of storing, while time passes. In the end all devices show the
//! same, nothing of which has ended, and nothing that was sent is missing.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::collections::{BTreeMap, BTreeSet};

use conclave_client_core::api::{BodyView, Command, Delivery, MessageView};
use model::World;
use protocol::{MessageId, Millis, RoomId};

const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
const EMOJI: [&str; 3] = ["\u{1F44D}", "\u{2764}\u{FE0F}", "\u{1F389}"];
const MINUTE: u64 = 60_000;

/// Seeds of one run; `CONCLAVE_SEEDS` has more.
fn seeds() -> u64 {
    let wanted = std::env::var("CONCLAVE_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok());
    wanted.unwrap_or(SEEDS)
}

const SEEDS: u64 = 60;

/// Threads of the test: each has every so-manieth seed.
const PARTS: u64 = 4;

/// Stories that one world sees, one room for each. More is quicker, and makes a seed that fails slower to reach.
const STORIES_PER_WORLD: usize = 10;

/// What happens in one story.
const STEPS: usize = 40;

/// What one sees of a message, but for what each person has of its own.
#[derive(Debug, PartialEq)]
struct Outline {
    message_id: MessageId,
    body: BodyView,
    edited: bool,
    reactions: Vec<(String, Vec<String>)>,
    answered: Option<MessageId>,
}

struct Story {
    world: World,
    room: RoomId,
    people: Vec<&'static str>,
    devices: Vec<String>,
    /// Who was out of the room for a time: what was said then is not theirs.
    left: BTreeSet<&'static str>,
    /// What was taken into an outbox, with who wrote it.
    sent: BTreeMap<MessageId, &'static str>,
    deleted: BTreeSet<MessageId>,
    /// Something was set to end or burn: what is missing may have ended.
    timed: bool,
}

impl Story {
    /// In a world where other stories were told before: what costs most is to make people.
    fn begin(mut world: World, seed: u64) -> Self {
        world.reseed(seed);
        let people: Vec<&str> = PEOPLE[..2 + usize::try_from(world.draw(4)).unwrap()].to_vec();
        let devices = people
            .iter()
            .flat_map(|name| [(*name).to_owned(), phone_of(name)])
            .collect();
        let room = world.create_room("alice", "Plans", &people[1..]);
        world.run();
        Self {
            world,
            room,
            people,
            devices,
            left: BTreeSet::new(),
            sent: BTreeMap::new(),
            deleted: BTreeSet::new(),
            timed: false,
        }
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        let at = self.world.draw(u64::try_from(from.len()).unwrap());
        from[usize::try_from(at).unwrap()].clone()
    }

    fn owner(&self, device: &str) -> &'static str {
        let person = device.split('\'').next().unwrap();
        self.people.iter().find(|name| **name == person).unwrap()
    }

    fn is_up(&self, device: &str) -> bool {
        self.world.get(device).core.is_some()
    }

    fn wake(&mut self, device: &str) {
        if !self.is_up(device) {
            self.world.start(device);
        }
    }

    /// What a device shows just now, without time passing.
    fn shown(&self, device: &str) -> Vec<MessageView> {
        let messages = self.world.get(device).messages.get(&self.room);
        messages
            .into_iter()
            .flat_map(|messages| messages.values().cloned())
            .collect()
    }

    fn some_message(&mut self, device: &str) -> Option<MessageView> {
        self.world.begin(device, Command::OpenRoom { room_id: self.room });
        let said: Vec<MessageView> = self
            .shown(device)
            .into_iter()
            .filter(|message| matches!(message.body, BodyView::Text { .. }))
            .collect();
        if said.is_empty() {
            None
        } else {
            Some(self.pick(&said))
        }
    }

    fn say(&mut self, device: &str, number: usize) {
        let answered = self.some_message(device).map(|message| message.message_id);
        let answers = self.world.draw(3) == 0;
        let ttl_ms = (self.world.draw(6) == 0).then(|| (1 + self.world.draw(9)) * MINUTE);
        let burn_ms = (self.world.draw(8) == 0).then(|| (1 + self.world.draw(5)) * MINUTE);
        self.timed |= ttl_ms.is_some() || burn_ms.is_some();
        let [high, low] = [self.world.seed, u64::try_from(number + 1).unwrap()].map(u128::from);
        let message_id = MessageId::from_random((high << 64 | low).to_be_bytes());
        self.world.begin(
            device,
            Command::SendText {
                room_id: self.room,
                text: format!("{device} {number}"),
                reply_to: answered.filter(|_| answers),
                mentions: vec![],
                ttl_ms,
                burn_ms,
                message_id: Some(message_id),
            },
        );
        self.sent.insert(message_id, self.owner(device));
    }

    fn act(&mut self, device: &str, number: usize) {
        let Some(message) = self.some_message(device) else {
            return;
        };
        let (room_id, message_id) = (self.room, message.message_id);
        let command = match self.world.draw(5) {
            0 | 1 => Command::EditMessage {
                room_id,
                message_id,
                text: format!("{device} changed {number}"),
                mentions: vec![],
            },
            2 | 3 => Command::ReactToMessage {
                room_id,
                message_id,
                emoji: self.pick(&EMOJI).to_owned(),
                on: self.world.draw(3) > 0,
            },
            _ => {
                if message.may_delete {
                    self.deleted.insert(message_id);
                }
                Command::DeleteMessage { room_id, message_id }
            }
        };
        self.world.begin(device, command);
    }

    fn step(&mut self, number: usize) {
        let devices = self.devices.clone();
        let device = self.pick(&devices);
        match self.world.draw(22) {
            0..=6 => {
                self.wake(&device);
                self.say(&device, number);
            }
            7..=10 => {
                self.wake(&device);
                self.act(&device, number);
            }
            11 | 12 => {
                self.wake(&device);
                self.world
                    .begin(&device, Command::MarkRead { room_id: self.room });
            }
            13 => {
                let (ttl_ms, burn_ms) = (self.world.draw(3) * 10 * MINUTE, self.world.draw(2) * 5 * MINUTE);
                self.timed |= ttl_ms + burn_ms > 0;
                self.wake("alice");
                let room_id = self.room;
                self.world.begin(
                    "alice",
                    Command::SetTimers {
                        room_id,
                        ttl_ms,
                        burn_ms,
                    },
                );
            }
            14 => self.come_or_go(),
            15 => self.world.go_offline(&device),
            16 | 17 => self.world.go_online(&device),
            18 => self.world.kill(&device),
            19 => {
                self.wake(&device);
                let after = self.world.draw(2) == 0;
                let in_batches = 1 + self.world.draw(4);
                let installation = self.world.installations.get_mut(&device).unwrap();
                installation.crash_at = Some((installation.batches + in_batches, after));
            }
            20 => self.world.run_for(MINUTE),
            _ => self.world.run(),
        }
        for _ in 0..self.world.draw(12) {
            self.world.step();
        }
    }

    /// A person is removed from the room, or added again.
    fn come_or_go(&mut self) {
        let person = self.people[self.people.len() - 1];
        if person == "alice" || self.people.len() < 3 {
            return;
        }
        self.wake("alice");
        let member = self.world.room("alice", self.room).and_then(|room| {
            let member = room
                .members
                .iter()
                .find(|member| member.email.starts_with(person));
            member.map(|member| member.user_id)
        });
        self.left.insert(person);
        let room_id = self.room;
        let command = match member {
            Some(user_id) => Command::RemovePerson { room_id, user_id },
            None => Command::AddPeople {
                room_id,
                people: vec![format!("{person}@example.org")],
            },
        };
        self.world.begin("alice", command);
    }

    /// Everybody is there, with a network, until nothing moves any more.
    fn settle(&mut self) {
        for device in self.devices.clone() {
            self.world.installations.get_mut(&device).unwrap().crash_at = None;
            self.wake(&device);
            self.world.go_online(&device);
        }
        self.world.run_for(MINUTE);
        for device in self.devices.clone() {
            self.world
                .begin(&device, Command::OpenRoom { room_id: self.room });
            for _ in 0..5 {
                self.world
                    .begin(&device, Command::LoadOlder { room_id: self.room });
            }
        }
        self.world.run();
    }

    fn outline(message: &MessageView) -> Outline {
        let mut reactions: Vec<_> = message
            .reactions
            .iter()
            .map(|reaction| {
                let mut names = reaction.names.clone();
                names.sort();
                (reaction.emoji.clone(), names)
            })
            .collect();
        reactions.sort();
        let answered = message.reply_to.as_ref().map(|quote| quote.message_id);
        Outline {
            message_id: message.message_id,
            body: message.body.clone(),
            edited: message.edited,
            reactions,
            answered,
        }
    }

    fn said_in_order(&self, device: &str) -> Vec<MessageView> {
        let mut said = self.shown(device);
        said.retain(|message| matches!(message.body, BodyView::Text { .. } | BodyView::Deleted));
        said.sort_by_key(|message| message.order);
        said
    }

    fn check(&self, seed: u64) {
        let now = self.world.now;
        let staying: Vec<&String> = self
            .devices
            .iter()
            .filter(|device| !self.left.contains(self.owner(device)))
            .collect();
        let inside = self
            .devices
            .iter()
            .filter(|device| self.world.room(device, self.room).is_some());
        for device in inside {
            for message in &self.said_in_order(device) {
                assert!(
                    message.ends_at.is_none_or(|at| at > now),
                    "seed {seed}: {device} shows what has ended: {message:?}"
                );
            }
        }
        let first = self.said_in_order(staying[0]);
        for device in &staying {
            let said = self.said_in_order(device);
            for message in &said {
                assert!(
                    !matches!(message.delivery, Delivery::Sending),
                    "seed {seed}: {device} still sends {message:?}"
                );
            }
            if !self.timed {
                let both = [&first, &said].map(|said| said.iter().map(Self::outline).collect::<Vec<_>>());
                assert_eq!(both[0], both[1], "seed {seed}: {} and {device}", staying[0]);
            }
            // What both show is the same, in the same order; each person burns what it read.
            self.compare(seed, staying[0], device);
        }
        // The two devices of a person have the same, to the moment at which it ends.
        for pair in self.devices.chunks(2) {
            let [one, two] = pair else { continue };
            if self.left.contains(self.owner(one)) {
                continue;
            }
            let lives = |device: &str| -> Vec<(MessageId, Option<Millis>)> {
                let said = self.said_in_order(device);
                said.iter()
                    .map(|message| (message.message_id, message.ends_at))
                    .collect()
            };
            assert_eq!(lives(one), lives(two), "seed {seed}: {one} and {two}");
        }
        if !self.timed && self.left.is_empty() {
            let shown: BTreeSet<MessageId> = first.iter().map(|message| message.message_id).collect();
            for (id, author) in &self.sent {
                assert!(
                    shown.contains(id) || self.deleted.contains(id),
                    "seed {seed}: {id:?} of {author} is missing"
                );
            }
        }
    }

    /// The room ends, by time or by hand, while some are away or crash; then nobody has anything of it (R38).
    fn end(&mut self, seed: u64) {
        for device in self.devices.clone().iter().filter(|device| *device != "alice") {
            match self.world.draw(4) {
                0 => self.world.kill(device),
                1 => self.world.go_offline(device),
                2 => {
                    let in_batches = 1 + self.world.draw(3);
                    let installation = self.world.installations.get_mut(device).unwrap();
                    installation.crash_at = Some((installation.batches + in_batches, seed.is_multiple_of(2)));
                }
                _ => {}
            }
        }
        let room_id = self.room;
        let command = match self.world.draw(2) {
            0 => Command::DeleteRoom { room_id },
            _ => Command::SetRoomEnd {
                room_id,
                life_ms: MINUTE / 2,
            },
        };
        self.world.begin("alice", command);
        for _ in 0..self.world.draw(40) {
            self.world.step();
        }
        self.settle();
        for device in &self.devices {
            assert!(
                self.world.room(device, room_id).is_none(),
                "seed {seed}: {device} has the room"
            );
            let named = room_id.to_string();
            let store = &self.world.get(device).store;
            let left: Vec<&String> = store.keys().filter(|key| key.contains(&named)).collect();
            assert!(left.is_empty(), "seed {seed}: {device} has {left:?}");
        }
    }

    fn compare(&self, seed: u64, one: &str, two: &str) {
        let sides = [one, two].map(|device| self.said_in_order(device));
        let ids = [0, 1].map(|side: usize| -> BTreeSet<MessageId> {
            sides[side].iter().map(|message| message.message_id).collect()
        });
        let common = [0, 1].map(|side: usize| -> Vec<_> {
            let both = sides[side]
                .iter()
                .filter(|message| ids[1 - side].contains(&message.message_id));
            // What an answer was to may have ended for one of them.
            both.map(Self::outline).collect()
        });
        assert_eq!(common[0], common[1], "seed {seed}: {one} and {two}");
    }
}

fn phone_of(name: &str) -> String {
    format!("{name}'s phone")
}

/// Everybody, each with two devices.
fn everybody(seed: u64) -> World {
    let mut world = World::new(seed);
    for name in PEOPLE {
        world.register(name);
        world.sign_in(&phone_of(name));
    }
    world.run();
    world
}

fn tell(part: u64) {
    let mine: Vec<u64> = (part..seeds()).step_by(usize::try_from(PARTS).unwrap()).collect();
    for seeds in mine.chunks(STORIES_PER_WORLD) {
        let mut world = everybody(seeds[0]);
        for seed in seeds {
            let mut story = Story::begin(world, *seed);
            for number in 0..STEPS {
                story.step(number);
            }
            story.settle();
            story.check(*seed);
            story.end(*seed);
            world = story.world;
        }
    }
}

#[test]
fn seeds_of_random_histories_end_the_same_everywhere_part_0() {
    tell(0);
}

#[test]
fn seeds_of_random_histories_end_the_same_everywhere_part_1() {
    tell(1);
}

#[test]
fn seeds_of_random_histories_end_the_same_everywhere_part_2() {
    tell(2);
}

#[test]
fn seeds_of_random_histories_end_the_same_everywhere_part_3() {
    tell(3);
}
