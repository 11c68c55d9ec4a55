//! A false server and a device that was in a room, and comes in again: it is shown a group that somebody made up, or one
//! of the past.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{Arc, Mutex};

use conclave_client_core::api::{Command, Reply};
use model::{
    Conduct, Server, World,
    forge::{Forger, Mask},
    logs::Logs,
    text,
};
use protocol::{
    Bytes, Code, DeviceId, Email, Generation, MessageId, Problem, RoomId, Seq, UserId,
    room_settings::{RoomKind, RoomSettings},
    socket::{Accepted, Entry, EntryKind, Event, GroupInfoReply, Reply as ServerReply, Request, RoomWelcome},
};

/// What the server does to one device in one room; nothing before it is aimed.
struct Aim {
    room: Option<RoomId>,
    victim: Option<DeviceId>,
    /// The room is left out of the list.
    hidden: bool,
    /// What is shown to who wants to come in from outside.
    shown: Option<GroupInfoReply>,
    asked: u32,
    /// External commits to what was shown.
    joined: u32,
    forger: Forger,
    /// Messages that the forger opened.
    read: u32,
}

struct False(Arc<Mutex<Aim>>);

impl Conduct for False {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let mut aim = self.0.lock().unwrap();
        let room = aim.room.filter(|_| aim.victim == Some(from))?;
        let accepted = ServerReply::Accepted(Accepted {
            seq: Seq(900),
            sent_at: server.now,
        });
        match request {
            Request::RoomGroupInfo(asked) if asked.room_id == room => {
                aim.asked += 1;
                let shown = aim.shown.clone();
                Some(
                    shown
                        .map(ServerReply::GroupInfo)
                        .ok_or_else(|| Problem::new(Code::Unavailable, "")),
                )
            }
            Request::RoomCommit(commit) if commit.room_id == room => {
                aim.joined += 1;
                Some(Ok(accepted))
            }
            Request::RoomSend(send) if send.room_id == room => {
                if aim.forger.opens(&send.payload) {
                    aim.read += 1;
                }
                Some(Ok(accepted))
            }
            _ => None,
        }
    }

    fn on_reply(
        &mut self,
        _server: &mut Server,
        to: DeviceId,
        _request: &Request,
        reply: ServerReply,
    ) -> ServerReply {
        let aim = self.0.lock().unwrap();
        match reply {
            ServerReply::Rooms(mut rooms) if aim.hidden && aim.victim == Some(to) => {
                rooms.retain(|summary| Some(summary.room_id) != aim.room);
                ServerReply::Rooms(rooms)
            }
            reply => reply,
        }
    }
}

struct Run {
    world: World,
    aim: Arc<Mutex<Aim>>,
    logs: Logs,
}

impl Run {
    fn prepare(logs: &Logs) -> Self {
        let aim = Arc::new(Mutex::new(Aim {
            room: None,
            victim: None,
            hidden: false,
            shown: None,
            asked: 0,
            joined: 0,
            forger: Forger::new(77),
            read: 0,
        }));
        let mut world = World::with(5, Box::new(False(aim.clone())));
        for name in ["alice", "bob", "carol"] {
            world.register(name);
        }
        Self {
            world,
            aim,
            logs: logs.clone(),
        }
    }

    fn device(&self, name: &str) -> DeviceId {
        self.world.get(name).device.unwrap()
    }

    fn user(&self, name: &str) -> UserId {
        self.world.server.user_of(self.device(name))
    }

    fn aim_at_bob(&self, room: RoomId) {
        let mut aim = self.aim.lock().unwrap();
        (aim.room, aim.victim) = (Some(room), Some(self.device("bob")));
    }

    fn tell_bob(&mut self, event: Event) {
        let bob = self.device("bob");
        self.world.server.event(bob, event);
        self.world.deliver();
        self.world.run();
    }

    /// A commit that nobody can take, at the place of the next one: the device drops its group.
    fn push_junk(&mut self, room_id: RoomId) {
        let room = &self.world.server.rooms[&room_id];
        let entry = Entry {
            seq: room.log.last().unwrap().seq.next(),
            generation: room.generation,
            epoch: room.group.epoch(),
            kind: EntryKind::Commit,
            payload: Bytes(vec![1, 2, 3]),
            message_id: MessageId::from_random([9; 16]),
            sent_at: self.world.now,
            expires_at: None,
        };
        self.tell_bob(Event::RoomEntry { room_id, entry });
        assert!(self.logs.has(&["commit refused"]), "{:#?}", self.logs.lines());
    }

    /// The group of a ghost, whom the server made up, in the name of a room.
    fn found_by_ghost(&self, room_id: RoomId, settings: &RoomSettings) -> (Bytes, Bytes) {
        let mask = Mask {
            network_id: self.world.server.accounts.network_id,
            user_id: UserId::from_random([66; 16]),
            email: Email::parse("ghost@example.org").unwrap(),
            device_id: None,
        };
        let forger = &mut self.aim.lock().unwrap().forger;
        let certificate = forger.certificate(&mask, None);
        forger.found(certificate, room_id, Generation(1), settings)
    }

    fn welcome_by_ghost(&mut self, room_id: RoomId, settings: &RoomSettings) {
        self.found_by_ghost(room_id, settings);
        let (alice, bob) = (self.device("alice"), self.user("bob"));
        let claimed = self.world.server.claim(alice, bob).unwrap();
        let package = &claimed.key_packages[0].key_package;
        let (welcome, tree) = self.aim.lock().unwrap().forger.welcome(package);
        let welcome = RoomWelcome {
            room_id,
            generation: Generation(1),
            epoch: protocol::Epoch(9),
            seq: Seq(900),
            welcome,
            tree,
        };
        self.tell_bob(Event::RoomWelcome(Box::new(welcome)));
    }

    fn nothing_is_read(&mut self, room: RoomId) {
        self.world.begin("bob", text(room, "the secret of bob"));
        self.world.run();
        let aim = self.aim.lock().unwrap();
        assert_eq!(aim.read, 0, "the ghost reads what bob writes to alice");
    }

    fn group_info(&self, room: RoomId) -> GroupInfoReply {
        let room = &self.world.server.rooms[&room];
        GroupInfoReply {
            generation: room.generation,
            epoch: room.group.epoch(),
            seq: room.log.last().unwrap().seq,
            group_info: room.group.group_info.clone(),
            tree: room.group.tree(),
        }
    }
}

fn of_room(reply: &Reply) -> RoomId {
    match reply {
        Reply::Room { room_id } => *room_id,
        reply => panic!("{reply:?}"),
    }
}

/// R34: a welcome into a group of somebody made up does not go on with a room, whatever its kind.
#[test]
fn a_welcome_of_the_same_generation_by_a_ghost_is_refused() {
    for kind in [RoomKind::Room, RoomKind::Direct, RoomKind::Own] {
        Logs::during(|logs| {
            let mut run = Run::prepare(logs);
            let room = match kind {
                RoomKind::Direct => {
                    let email = "bob@example.org".to_owned();
                    of_room(&run.world.command("alice", Command::OpenDirect { email }))
                }
                RoomKind::Own => {
                    let bob = run.user("bob");
                    let own = |room: &model::server::Room| {
                        room.group.settings().kind == RoomKind::Own && room.group.users().contains(&bob)
                    };
                    *run.world
                        .server
                        .rooms
                        .iter()
                        .find(|(_, room)| own(room))
                        .unwrap()
                        .0
                }
                _ => run.world.create_room("alice", "Plans", &["bob"]),
            };
            let mut settings = run.world.server.rooms[&room].group.settings();
            if kind == RoomKind::Own {
                settings.kind = RoomKind::Room;
            }
            run.aim_at_bob(room);
            run.push_junk(room);
            run.welcome_by_ghost(room, &settings);
            let why = match kind {
                RoomKind::Own => "the settings",
                _ => "nobody who was in the group vouches",
            };
            let refused = run.logs.has(&["welcome refused", why]);
            assert!(refused, "{kind:?}: {:#?}", run.logs.lines());
            run.nothing_is_read(room);
        });
    }
}

/// R34: a genuine group info from before a removal would let the removed read on.
#[test]
fn a_group_of_the_past_is_not_entered() {
    Logs::during(|logs| {
        let mut run = Run::prepare(logs);
        let room = run.world.create_room("alice", "Plans", &["bob", "carol"]);
        let old = run.group_info(room);
        let user_id = run.user("carol");
        let remove = Command::RemovePerson {
            room_id: room,
            user_id,
        };
        run.world.command("alice", remove);
        assert!(run.group_info(room).epoch > old.epoch);
        run.aim.lock().unwrap().shown = Some(old);
        run.aim_at_bob(room);
        run.push_junk(room);
        run.world.begin("bob", text(room, "what carol must not read"));
        run.world.run_for(30_000);
        let aim = run.aim.lock().unwrap();
        assert!(aim.asked > 0, "the old group was shown");
        assert_eq!(aim.joined, 0, "bob went back to the epoch with carol");
        assert!(run.logs.has(&["older than the one"]), "{:#?}", run.logs.lines());
    });
}

/// R34: a room that the server leaves out of the list, and lists again, is the same room, also after a start from the
/// store.
#[test]
fn a_room_that_comes_back_is_judged_by_what_it_was() {
    for restart in [false, true] {
        Logs::during(|logs| {
            let mut run = Run::prepare(logs);
            let room = run.world.create_room("alice", "Plans", &["bob"]);
            run.aim_at_bob(room);
            run.aim.lock().unwrap().hidden = true;
            run.tell_bob(Event::RoomsChanged);
            assert!(
                run.world.room("bob", room).is_none(),
                "bob was told that it is gone"
            );
            if restart {
                run.world.kill("bob");
                run.world.start("bob");
                run.world.run();
            }
            let settings = run.world.server.rooms[&room].group.settings();
            let (group_info, tree) = run.found_by_ghost(room, &settings);
            {
                let mut aim = run.aim.lock().unwrap();
                aim.hidden = false;
                aim.shown = Some(GroupInfoReply {
                    generation: Generation(1),
                    epoch: protocol::Epoch(0),
                    seq: Seq(900),
                    group_info,
                    tree,
                });
            }
            run.tell_bob(Event::RoomsChanged);
            run.world.run_for(30_000);
            {
                let aim = run.aim.lock().unwrap();
                assert!(aim.asked > 0, "the ghost's group was shown");
                assert_eq!(aim.joined, 0, "bob came in to the ghost's group");
            }
            run.welcome_by_ghost(room, &settings);
            run.nothing_is_read(room);
        });
    }
}

/// An honest server that left a room out for a moment loses nobody.
#[test]
fn a_room_that_comes_back_honestly_is_entered_again() {
    Logs::during(|logs| {
        let mut run = Run::prepare(logs);
        let room = run.world.create_room("alice", "Plans", &["bob"]);
        run.aim_at_bob(room);
        run.aim.lock().unwrap().hidden = true;
        run.tell_bob(Event::RoomsChanged);
        assert!(run.world.room("bob", room).is_none());
        *run.aim.lock().unwrap() = Aim {
            room: None,
            victim: None,
            hidden: false,
            shown: None,
            asked: 0,
            joined: 0,
            forger: Forger::new(77),
            read: 0,
        };
        run.tell_bob(Event::RoomsChanged);
        run.world.send("bob", room, "back");
        run.world.run();
        assert!(run.world.texts("alice", room).contains(&"back".to_owned()));
    });
}

/// Who left, or was removed by a commit, may be invited by anybody.
#[test]
fn who_was_removed_is_added_anew() {
    Logs::during(|logs| {
        let mut run = Run::prepare(logs);
        let room = run.world.create_room("alice", "Plans", &["bob"]);
        let user_id = run.user("bob");
        let people = |name: &str| vec![format!("{name}@example.org")];
        run.world.command(
            "alice",
            Command::RemovePerson {
                room_id: room,
                user_id,
            },
        );
        assert!(run.world.room("bob", room).is_none());
        for (by, whom) in [("alice", "carol"), ("carol", "bob")] {
            run.world.command(
                by,
                Command::AddPeople {
                    room_id: room,
                    people: people(whom),
                },
            );
        }
        run.world.send("bob", room, "here again");
        run.world.run();
        assert!(run.world.texts("carol", room).contains(&"here again".to_owned()));
    });
}
