//! The server that cheats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use protocol::{
    Code, DeviceId, Generation, Millis, Problem, RoomId, Seq,
    socket::{Accepted, ClaimedUser, Entry, EntryKind, Event, GroupInfoReply, Reply as ServerReply, Request},
};

use crate::{
    cases::Attack,
    model::{
        Conduct, Server,
        forge::{Forger, Mask},
    },
};

/// The hostile server; honest until `armed`.
pub struct Hostile {
    pub attack: Attack,
    pub shared: Arc<Mutex<Shared>>,
}

pub struct Shared {
    pub armed: bool,
    pub seed: u64,
    pub room: Option<RoomId>,
    pub victim: Option<DeviceId>,
    pub mallory: Option<DeviceId>,
    pub forger: Forger,
    pub held: Option<Entry>,
    pub hidden: BTreeSet<Seq>,
    pub forks: BTreeMap<DeviceId, u64>,
    pub acted: u32,
    /// When the first commit was withheld.
    pub withheld_at: Option<Millis>,
    pub kept_state: Option<protocol::socket::OwnState>,
    pub kept_person: Option<protocol::socket::Person>,
}

impl Hostile {
    pub fn push(server: &mut Server, room_id: RoomId, entry: Entry) {
        let room = server.rooms.get_mut(&room_id).unwrap();
        let seq = Seq(u64::try_from(room.log.len()).unwrap() + 1);
        let entry = Entry { seq, ..entry };
        room.log.push(entry.clone());
        for (_, device) in room.group.leaves() {
            server.event(
                device,
                Event::RoomEntry {
                    room_id,
                    entry: entry.clone(),
                },
            );
        }
    }

    pub fn mask(server: &Server, device: DeviceId) -> Mask {
        let user_id = server.user_of(device);
        let user = &server.accounts.users[&user_id];
        Mask {
            network_id: server.accounts.network_id,
            user_id,
            email: user.email.clone(),
            device_id: None,
        }
    }
}

impl Conduct for Hostile {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let shared = self.shared.clone();
        let mut shared = shared.lock().unwrap();
        if !shared.armed {
            return None;
        }
        let victim = shared.victim == Some(from);
        match (self.attack, request) {
            (Attack::Fork, Request::RoomCommit(commit)) if victim && Some(commit.room_id) == shared.room => {
                // The victim's commit is accepted and shown to nobody else.
                let seq = Seq(u64::try_from(server.rooms[&commit.room_id].log.len()).unwrap() + 1);
                shared.acted += 1;
                shared.forks.insert(from, commit.bundle.epoch.0);
                let entry = Entry {
                    seq,
                    generation: commit.generation,
                    epoch: commit.bundle.epoch,
                    kind: EntryKind::Commit,
                    payload: commit.bundle.commit.clone(),
                    message_id: commit.message_id,
                    sent_at: server.now,
                    expires_at: None,
                };
                drop(shared);
                server.event(
                    from,
                    Event::RoomEntry {
                        room_id: commit.room_id,
                        entry,
                    },
                );
                Some(Ok(ServerReply::Accepted(Accepted {
                    seq,
                    sent_at: server.now,
                })))
            }
            (Attack::Fork, Request::RoomSend(send)) if Some(send.room_id) == shared.room => {
                // Whatever the branch, it goes to all.
                let entry = Entry {
                    seq: Seq(0),
                    generation: send.generation,
                    epoch: send.epoch,
                    kind: EntryKind::Application,
                    payload: send.payload.clone(),
                    message_id: send.message_id,
                    sent_at: server.now,
                    expires_at: None,
                };
                drop(shared);
                Self::push(server, send.room_id, entry);
                let seq = Seq(u64::try_from(server.rooms[&send.room_id].log.len()).unwrap());
                Some(Ok(ServerReply::Accepted(Accepted {
                    seq,
                    sent_at: server.now,
                })))
            }
            (Attack::WithheldOwnCommit, Request::RoomCommit(commit)) if victim => {
                shared.acted += 1;
                shared.withheld_at.get_or_insert(server.now);
                let seq = Seq(u64::try_from(server.rooms[&commit.room_id].log.len()).unwrap() + 1);
                Some(Ok(ServerReply::Accepted(Accepted {
                    seq,
                    sent_at: server.now,
                })))
            }
            (Attack::WithheldCommit | Attack::FakeFounding, Request::RoomGroupInfo(room)) => {
                if self.attack == Attack::FakeFounding && Some(room.room_id) == shared.room {
                    let mask = Self::mask(server, shared.mallory.unwrap());
                    let settings = server.rooms[&room.room_id].group.settings();
                    let forger = &mut shared.forger;
                    let certificate = forger.certificate(&mask, None);
                    let generation = Generation(2);
                    let (group_info, tree) = forger.found(certificate, room.room_id, generation, &settings);
                    shared.acted += 1;
                    return Some(Ok(ServerReply::GroupInfo(GroupInfoReply {
                        generation,
                        epoch: protocol::Epoch(0),
                        seq: Seq(1),
                        group_info,
                        tree,
                    })));
                }
                // Nothing is given that would help.
                Some(Err(Problem::new(Code::Unavailable, "")))
            }
            (Attack::FakeFounding, Request::RoomCommit(commit)) if commit.generation == Generation(2) => {
                panic!("a device joined the server's own group");
            }
            _ => None,
        }
    }

    fn on_reply(
        &mut self,
        server: &mut Server,
        to: DeviceId,
        request: &Request,
        reply: ServerReply,
    ) -> ServerReply {
        let shared = self.shared.clone();
        let mut shared = shared.lock().unwrap();
        if let (Attack::OldOwnState, Request::OwnStateGet, ServerReply::OwnState(state)) =
            (self.attack, request, &reply)
        {
            let old = shared.kept_state.get_or_insert(state.clone()).clone();
            if shared.armed && old.version < state.version {
                shared.acted += 1;
                // The old blob under the new version: opening it would take settings back.
                return ServerReply::OwnState(protocol::socket::OwnState {
                    version: state.version,
                    blob: old.blob,
                });
            }
            return reply;
        }
        if !shared.armed {
            return reply;
        }
        match (self.attack, reply) {
            (Attack::ForeignKeyPackage, ServerReply::KeyPackages(mut claimed)) => {
                let foreign = server.claim(to, server.user_of(shared.mallory.unwrap())).unwrap();
                for user in &mut claimed {
                    for package in &mut user.key_packages {
                        package.key_package = foreign.key_packages[0].key_package.clone();
                    }
                }
                shared.acted += 1;
                ServerReply::KeyPackages(claimed)
            }
            (Attack::ForgedPerson | Attack::WrongCertificate, ServerReply::KeyPackages(mut claimed)) => {
                for user in &mut claimed {
                    let mask = Mask {
                        network_id: user.person.network_id,
                        user_id: user.person.user_id,
                        email: user.person.email.clone(),
                        device_id: user.key_packages.first().map(|package| package.device_id),
                    };
                    forge(&shared.forger, self.attack, &mask, user);
                }
                shared.acted += 1;
                ServerReply::KeyPackages(claimed)
            }
            (Attack::WithheldCommit | Attack::FakeFounding, ServerReply::Rooms(mut rooms)) => {
                let room = shared.room;
                for summary in rooms.iter_mut().filter(|summary| Some(summary.room_id) == room) {
                    if self.attack == Attack::FakeFounding && shared.victim == Some(to) {
                        summary.generation = Generation(2);
                        summary.has_leaf = false;
                        shared.acted += 1;
                    }
                }
                ServerReply::Rooms(rooms)
            }
            (Attack::WithheldCommit, ServerReply::Entries(mut entries)) if shared.victim == Some(to) => {
                entries
                    .entries
                    .retain(|entry| !shared.hidden.contains(&entry.seq));
                ServerReply::Entries(entries)
            }
            (Attack::OldDeviceList, ServerReply::People(mut people)) => {
                for person in &mut people {
                    if let Some(kept) = &shared.kept_person
                        && kept.user_id == person.user_id
                    {
                        *person = kept.clone();
                        shared.acted += 1;
                    }
                }
                ServerReply::People(people)
            }
            (_, reply) => reply,
        }
    }

    fn on_event(&mut self, server: &mut Server, to: DeviceId, event: Event) -> Vec<Event> {
        let Ok(mut shared) = self.shared.try_lock() else {
            return vec![event];
        };
        if !shared.armed {
            return vec![event];
        }
        match (self.attack, event) {
            (Attack::WithheldCommit, Event::RoomEntry { entry, .. })
                if shared.victim == Some(to) && entry.kind == EntryKind::Commit =>
            {
                shared.hidden.insert(entry.seq);
                shared.acted += 1;
                shared.withheld_at.get_or_insert(server.now);
                vec![]
            }
            (Attack::Reorder, Event::RoomEntry { room_id, entry })
                if shared.victim == Some(to) && entry.kind == EntryKind::Application =>
            {
                let Some(first) = shared.held.take() else {
                    shared.held = Some(entry);
                    return vec![];
                };
                shared.acted += 1;
                let (one, two) = (first.seq, entry.seq);
                [Entry { seq: one, ..entry }, Entry { seq: two, ..first }]
                    .map(|entry| Event::RoomEntry { room_id, entry })
                    .to_vec()
            }
            (Attack::Tamper, Event::RoomEntry { room_id, mut entry })
                if shared.victim == Some(to) && entry.kind == EntryKind::Application =>
            {
                let place = usize::try_from(shared.seed).unwrap() % entry.payload.0.len();
                entry.payload.0[place] ^= 1 << (shared.seed % 8);
                shared.acted += 1;
                vec![Event::RoomEntry { room_id, entry }]
            }
            (Attack::SpoiltWelcome, Event::RoomWelcome(mut welcome)) => {
                let bytes = if shared.seed % 2 == 0 {
                    &mut welcome.welcome.0
                } else {
                    &mut welcome.tree.0
                };
                let place = usize::try_from(shared.seed * 7919).unwrap() % bytes.len();
                bytes[place] ^= 1 << (shared.seed % 8);
                shared.acted += 1;
                let room = server.rooms.get_mut(&welcome.room_id).unwrap();
                room.welcomes.insert(to, (*welcome).clone());
                vec![Event::RoomWelcome(welcome)]
            }
            (_, event) => vec![event],
        }
    }
}

/// Replaces what was claimed of a user by things of the server's own making.
fn forge(forger: &Forger, attack: Attack, mask: &Mask, user: &mut ClaimedUser) {
    let named = match attack {
        Attack::WrongCertificate => Some(user.person.aik),
        _ => {
            user.person.aik = forger.aik();
            user.person.device_list = forger.device_list(mask, user.person.device_list.body().version + 1);
            None
        }
    };
    let certificate = forger.certificate(mask, named);
    for package in &mut user.key_packages {
        package.key_package = forger.key_package(certificate.clone());
    }
}
