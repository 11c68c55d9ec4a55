//! What alice, bob and carol do, on whatever database the world stands on.

pub mod blob_ends;
pub mod blob_parts;
pub mod blob_places;
pub mod blobs;
pub mod calls;
pub mod contacts;
pub mod delivery;
pub mod guests;
pub mod hostile;
pub mod membership;
pub mod pairing;
pub mod people;
pub mod push;
pub mod room_ends;
pub mod schema;
pub mod signs;
pub mod writer;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use openmls::prelude::{OpenMlsProvider as _, tls_codec::Serialize as _};
use protocol::{
    Bytes, Code, Email, Epoch, Generation, MessageId, Millis, Problem, RoomId, Seq,
    limits::{KEY_PACKAGES_PER_DEVICE, MAX_RETENTION_MS},
    room_settings::RoomKind,
    socket::{
        Accepted, ByeReason, CommitBundle, DeviceListPut, Entries, EntryKind, Event, GroupInfoReply,
        KeyPackagesAdd, KeyPackagesClaim, OwnState, PeopleGet, PersonLookUp, RemovalReason, Reply, Request,
        RoomAck, RoomCommit, RoomFound, RoomRef, RoomSend, RoomSummary, RoomSync,
    },
};
use sqlx::Row as _;

use crate::{
    admin::{Admin, AdminError, Invite, Role},
    groups::{
        GroupName,
        testing::{Member, Wish, settings},
    },
    random::random,
    retention::trim_once,
    testing::{Account, World},
};

/// Alice, the owner, and bob and carol whom she invited.
pub async fn trio(world: &World) -> (Account, Account, Account) {
    let alice = alice(world).await;
    let bob = invited(world, &alice, "bob@example.org").await;
    let carol = invited(world, &alice, "carol@example.org").await;
    (alice, bob, carol)
}

pub async fn alice(world: &World) -> Account {
    let link = world.first.as_ref().unwrap().url.clone();
    Account::register(world, &link, Some("Alice@Example.org")).await
}

pub async fn invited(world: &World, by: &Account, email: &str) -> Account {
    let reply = by.invite(world, email).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let link = reply.json()["url"].as_str().unwrap().to_owned();
    Account::register(world, &link, None).await
}

/// A room with a group on alice's device.
struct Room {
    id: RoomId,
    generation: Generation,
    member: Member,
}

impl Room {
    /// Alice founds a room and adds the devices of others.
    async fn found(world: &World, alice: &Account, others: &[&Account]) -> Self {
        let id = RoomId::from_random(random());
        let (member, request) = founding(alice, id, Generation(1), RoomKind::Room, others);
        accepted(alice.ask(world, Request::RoomFound(request)).await);
        let mut room = Self {
            id,
            generation: Generation(1),
            member,
        };
        room.member.merge();
        room
    }

    fn send(&mut self, text: &str) -> RoomSend {
        RoomSend {
            room_id: self.id,
            generation: self.generation,
            epoch: self.epoch(),
            message_id: message_id(),
            payload: self.member.message(text.as_bytes()).into(),
            expires_at: None,
            introduces: false,
            wakes: Default::default(),
        }
    }

    fn commit(&mut self, wish: Wish) -> RoomCommit {
        self.request(self.generation, wish)
    }

    fn request(&mut self, generation: Generation, wish: Wish) -> RoomCommit {
        let bundle = self.member.commit(wish);
        RoomCommit {
            room_id: self.id,
            generation,
            message_id: message_id(),
            bundle,
        }
    }

    fn epoch(&self) -> Epoch {
        Epoch(self.member.group.epoch().as_u64())
    }

    /// The devices' group from a welcome.
    async fn joined(&self, world: &World, account: &Account) -> Self {
        let entries = sync(world, account, self.id, Seq(0)).await;
        let welcome = entries.welcome.expect("a welcome");
        let member = account.device.join(&welcome.welcome.0, &welcome.tree.0);
        Self {
            id: self.id,
            generation: welcome.generation,
            member,
        }
    }
}

fn founding(
    founder: &Account,
    room_id: RoomId,
    generation: Generation,
    kind: RoomKind,
    others: &[&Account],
) -> (Member, RoomFound) {
    let name = GroupName::Room(room_id, generation);
    let moderators = if kind == RoomKind::Room {
        vec![&*founder.person]
    } else {
        Vec::new()
    };
    let (mut member, founding) = founder.device.found(name, &settings(name, kind, &moderators));
    let devices = others.iter().map(|other| &other.device).collect::<Vec<_>>();
    let commit = (!devices.is_empty()).then(|| member.commit(Wish::add(&devices)));
    let request = RoomFound {
        room_id,
        generation,
        message_id: message_id(),
        group_info: founding.group_info.into(),
        tree: founding.tree.into(),
        commit,
    };
    (member, request)
}

fn message_id() -> MessageId {
    MessageId::from_random(random())
}

fn accepted(reply: Result<Reply, Problem>) -> Accepted {
    match reply {
        Ok(Reply::Accepted(accepted)) => accepted,
        other => panic!("{other:?}"),
    }
}

fn code(reply: Result<Reply, Problem>) -> Code {
    reply.expect_err("a refusal").code
}

async fn sync(world: &World, account: &Account, room_id: RoomId, after: Seq) -> Entries {
    let request = Request::RoomSync(RoomSync {
        room_id,
        after,
        limit: 200,
    });
    let Ok(Reply::Entries(entries)) = account.ask(world, request).await else {
        panic!("no entries")
    };
    entries
}

async fn ack(world: &World, account: &Account, room_id: RoomId, seq: u64) {
    account
        .ask(
            world,
            Request::RoomAck(RoomAck {
                room_id,
                seq: Seq(seq),
            }),
        )
        .await
        .unwrap();
}

async fn rooms(world: &World, account: &Account) -> Vec<RoomSummary> {
    let Ok(Reply::Rooms(rooms)) = account.ask(world, Request::RoomsList).await else {
        panic!("no rooms")
    };
    rooms
}

fn seqs(entries: &Entries) -> Vec<u64> {
    entries.entries.iter().map(|entry| entry.seq.0).collect()
}

fn entry_seqs(events: &[Event]) -> Vec<u64> {
    let seq = |event: &Event| match event {
        Event::RoomEntry { entry, .. } => Some(entry.seq.0),
        _ => None,
    };
    events.iter().filter_map(seq).collect()
}

impl Room {
    /// The group of a device that got its welcome, but cannot ask any more.
    async fn joined_by(&self, account: &Account, world: &World) -> Self {
        let mut connection = world.app().store.read().await.unwrap();
        let row = sqlx::query("SELECT welcome, tree FROM welcome_bundles WHERE room_id = $1")
            .bind(self.id.as_bytes().as_slice())
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        let (welcome, tree): (Vec<u8>, Vec<u8>) = (row.get("welcome"), row.get("tree"));
        Self {
            id: self.id,
            generation: self.generation,
            member: account.device.join(&welcome, &tree),
        }
    }
}

async fn count(world: &World, table: &str) -> i64 {
    let mut connection = world.app().store.read().await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table}"));
    sqlx::query(query)
        .fetch_one(&mut *connection)
        .await
        .unwrap()
        .get("n")
}
