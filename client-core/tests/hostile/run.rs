//! One attack on a room of alice and bob; carol and mallory are outside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use conclave_client_core::api::{BodyView, Command, Reply, RoomKeys};
use protocol::{MessageId, RoomId, socket::EntryKind};

use crate::{
    cases::Attack,
    model::{World, forge::Forger, logs::Logs},
    server::{Hostile, Shared},
};

/// The time after which a room is shown as stale: `STALE_AFTER_MS` of client-core.
const STALE_AFTER_MS: u64 = 15_000;

/// From when the server withheld something to when the device began to wait for it.
const SLACK_MS: u64 = 5_000;

/// A run of one attack.
pub struct Run {
    pub world: World,
    pub shared: Arc<Mutex<Shared>>,
    pub room: RoomId,
    pub sent: BTreeMap<MessageId, (String, String)>,
    pub said: u32,
    pub logs: Logs,
    attack: Attack,
}

impl Run {
    pub fn prepare(seed: u64, attack: Attack, logs: Logs) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            armed: false,
            seed,
            room: None,
            victim: None,
            mallory: None,
            forger: Forger::new(u8::try_from(seed % 90).unwrap() + 1),
            held: None,
            hidden: BTreeSet::new(),
            forks: BTreeMap::new(),
            acted: 0,
            withheld_at: None,
            kept_state: None,
            kept_person: None,
        }));
        let mut world = World::with(
            seed,
            Box::new(Hostile {
                attack,
                shared: shared.clone(),
            }),
        );
        for name in ["alice", "bob", "carol", "mallory"] {
            world.register(name);
        }
        let room = world.create_room("alice", "Plans", &["bob"]);
        let mut run = Self {
            world,
            shared,
            room,
            sent: BTreeMap::new(),
            said: 0,
            logs,
            attack,
        };
        run.say("alice", "hello");
        run.say("bob", "hello back");
        let (bob, mallory) = (run.world.get("bob").device, run.world.get("mallory").device);
        let user = run.world.server.user_of(bob.unwrap());
        let person = run.world.server.accounts.person(user);
        let mut shared = run.shared.lock().unwrap();
        shared.room = Some(room);
        shared.victim = bob;
        shared.mallory = mallory;
        shared.kept_person = person;
        drop(shared);
        run
    }

    pub fn arm(&self) {
        self.shared.lock().unwrap().armed = true;
    }

    pub fn acted(&self) -> u32 {
        self.shared.lock().unwrap().acted
    }

    pub fn say(&mut self, name: &str, words: &str) {
        let id = self.world.send(name, self.room, words);
        self.sent.insert(id, (name.to_owned(), words.to_owned()));
    }

    pub fn chatter(&mut self, rounds: u32) {
        for _ in 0..rounds {
            let n = self.said;
            self.said += 1;
            self.say("alice", &format!("alice {n}"));
            self.say("bob", &format!("bob {n}"));
        }
    }

    pub fn add(&mut self, by: &str, whom: &str) -> Reply {
        let people = vec![format!("{whom}@example.org")];
        self.world.command(
            by,
            Command::AddPeople {
                room_id: self.room,
                people,
            },
        )
    }

    pub fn check(&self, yes: bool, what: &str) {
        let (seed, attack) = (self.world.seed, self.attack);
        assert!(
            yes,
            "seed {seed}, {attack:?}: {what}\n{}",
            self.logs.lines().join("\n")
        );
    }

    pub fn is_stale(&self, name: &str) -> bool {
        matches!(self.keys(name), Some(RoomKeys::Stale | RoomKeys::Broken))
    }

    pub fn stale_after_the_stated_time(&mut self, name: &str) {
        let since = self.shared.lock().unwrap().withheld_at.unwrap();
        while !self.is_stale(name) {
            let waited = self.world.now.since(since);
            self.check(waited <= STALE_AFTER_MS + SLACK_MS, "shown as stale in time");
            self.world.run_for(500);
        }
    }

    pub fn all_see_the_last_of(&mut self, author: &str) {
        let said = self.sent.values().filter(|(by, _)| by == author);
        let last = said.max_by_key(|(_, said)| place_of(said)).unwrap().1.clone();
        for name in ["alice", "bob"] {
            let shown = self.world.texts(name, self.room).contains(&last);
            self.check(shown, "the room goes on");
        }
    }

    pub fn keys(&self, name: &str) -> Option<RoomKeys> {
        self.world.room(name, self.room).map(|room| room.keys)
    }

    /// Nobody sees what was not said, under another name, twice, or in another order than it was said.
    pub fn nothing_false_is_shown(&mut self) {
        for name in ["alice", "bob", "carol", "mallory"] {
            let messages = self.world.messages(name, self.room);
            let mut seen = BTreeSet::new();
            let mut last: BTreeMap<String, usize> = BTreeMap::new();
            for message in messages {
                let BodyView::Text { text } = &message.body else {
                    continue;
                };
                let (author, said) = self.sent.get(&message.message_id).expect("was said");
                assert_eq!(text, said);
                assert_eq!(message.author_name.to_lowercase(), *author);
                assert!(seen.insert(message.message_id), "{name} sees {said} twice");
                let place = place_of(said);
                // One's own messages are placed by the server's word alone.
                if name != author {
                    let before = last.insert(author.clone(), place);
                    assert!(
                        before.is_none_or(|before| before < place),
                        "{name} sees {author} out of order"
                    );
                }
            }
        }
        for name in ["carol", "mallory"] {
            if self.world.room(name, self.room).is_none() {
                assert!(self.world.texts(name, self.room).is_empty());
            }
        }
    }

    /// The forger opens nothing of the log.
    pub fn forger_opens_nothing(&self) {
        let mut shared = self.shared.lock().unwrap();
        for entry in &self.world.server.rooms[&self.room].log {
            if entry.kind == EntryKind::Application {
                assert!(
                    !shared.forger.opens(&entry.payload),
                    "the forger opened {}",
                    entry.seq
                );
            }
        }
    }
}

/// What is said is numbered by its author; what is not comes first.
fn place_of(said: &str) -> usize {
    let number = said.rsplit(' ').next().and_then(|n| n.parse::<usize>().ok());
    number.map_or(0, |n| n + 1)
}

pub fn failed_with(reply: &Reply, code: &str) -> bool {
    matches!(reply, Reply::Failed(failure) if failure.code == code)
}
