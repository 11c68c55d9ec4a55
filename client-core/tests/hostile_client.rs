//! A member who cheats: a commit that the server cannot tell from a good one, and that the other members find bad,
//! does not end the room.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::{Command, RoomKeys};
use model::{Conduct, Server, World, logs::Logs};
use protocol::{
    DeviceId, Generation, Problem, RoomId,
    socket::{Reply, Request},
};

/// What is wrong with the commit.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    /// The membership tag, which only members can check (RFC 9420 §6.2). The group info beside it is good.
    MembershipTag,
    /// The confirmation tag, which only members can check (§8.1), and the group info, so that nobody comes in from
    /// outside either.
    ConfirmationTag,
}

/// Length of a tag of the suite with its own length in front: both tags end a commit, the membership tag last.
const TAG_LEN: usize = 1 + 48;

/// Spoils the next commit of one device on its way, as that device could itself.
struct Spoils {
    flaw: Flaw,
    by: Arc<Mutex<Option<DeviceId>>>,
}

impl Conduct for Spoils {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<Reply, Problem>> {
        let Request::RoomCommit(commit) = request else {
            return None;
        };
        self.by.lock().unwrap().take_if(|by| *by == from)?;
        let mut commit = commit.clone();
        let bytes = &mut commit.bundle.commit.0;
        let end = bytes.len();
        match self.flaw {
            Flaw::MembershipTag => bytes[end - 1] ^= 1,
            Flaw::ConfirmationTag => {
                bytes[end - TAG_LEN - 1] ^= 1;
                let info = &mut commit.bundle.group_info.0;
                let end = info.len();
                info[end - 1] ^= 1;
            }
        }
        Some(server.commit(from, commit))
    }
}

fn play(flaw: Flaw) -> (World, RoomId, Logs) {
    Logs::during(|logs| {
        let by = Arc::new(Mutex::new(None));
        let conduct = Spoils { flaw, by: by.clone() };
        let mut world = World::with(1, Box::new(conduct));
        for name in ["alice", "bob", "carol", "dave"] {
            world.register(name);
        }
        let room = world.create_room("alice", "Plans", &["bob", "carol"]);
        world.send("carol", room, "before");
        *by.lock().unwrap() = world.get("bob").device;
        let people = vec!["dave@example.org".to_owned()];
        world.begin(
            "bob",
            Command::AddPeople {
                room_id: room,
                people,
            },
        );
        world.run_for(60_000);
        assert!(by.lock().unwrap().is_none(), "bob has committed");
        (world, room, logs.clone())
    })
}

fn works(world: &mut World, room: RoomId) {
    for name in ["alice", "bob", "carol"] {
        world.send(name, room, &format!("{name} after"));
    }
    world.run_for(20_000);
    for name in ["alice", "bob", "carol"] {
        let texts = world.texts(name, room);
        for author in ["alice", "bob", "carol"] {
            let said = format!("{author} after");
            assert_eq!(
                texts.iter().filter(|text| **text == said).count(),
                1,
                "{name}: {texts:?}"
            );
        }
        assert_eq!(world.room(name, room).unwrap().keys, RoomKeys::Ready, "{name}");
    }
}

#[test]
fn members_come_in_again_past_a_commit_that_only_they_find_bad() {
    let (mut world, room, logs) = play(Flaw::MembershipTag);
    assert!(logs.has(&["commit refused"]), "{:#?}", logs.lines());
    let reports = &world.server.rooms[&room].reports;
    assert!(!reports.is_empty(), "the server is told");
    works(&mut world, room);
    assert_eq!(world.server.rooms[&room].generation, Generation(1));
}

#[test]
fn a_room_whose_group_a_member_broke_is_founded_anew() {
    let (mut world, room, logs) = play(Flaw::ConfirmationTag);
    assert!(logs.has(&["commit refused"]), "{:#?}", logs.lines());
    works(&mut world, room);
    assert_eq!(world.server.rooms[&room].generation, Generation(2));
}
