//! What alice, bob and carol do, on whatever database the world stands on.

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
        let mut room = Self { id, generation: Generation(1), member };
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
        }
    }

    fn commit(&mut self, wish: Wish) -> RoomCommit {
        self.request(self.generation, wish)
    }

    fn request(&mut self, generation: Generation, wish: Wish) -> RoomCommit {
        let bundle = self.member.commit(wish);
        RoomCommit { room_id: self.id, generation, message_id: message_id(), bundle }
    }

    fn epoch(&self) -> Epoch {
        Epoch(self.member.group.epoch().as_u64())
    }

    /// The devices' group from a welcome.
    async fn joined(&self, world: &World, account: &Account) -> Self {
        let entries = sync(world, account, self.id, Seq(0)).await;
        let welcome = entries.welcome.expect("a welcome");
        let member = account.device.join(&welcome.welcome.0, &welcome.tree.0);
        Self { id: self.id, generation: welcome.generation, member }
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
    let moderators = if kind == RoomKind::Room { vec![&*founder.person] } else { Vec::new() };
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
    let request = Request::RoomSync(RoomSync { room_id, after, limit: 200 });
    let Ok(Reply::Entries(entries)) = account.ask(world, request).await else { panic!("no entries") };
    entries
}

async fn ack(world: &World, account: &Account, room_id: RoomId, seq: u64) {
    account.ask(world, Request::RoomAck(RoomAck { room_id, seq: Seq(seq) })).await.unwrap();
}

async fn rooms(world: &World, account: &Account) -> Vec<RoomSummary> {
    let Ok(Reply::Rooms(rooms)) = account.ask(world, Request::RoomsList).await else { panic!("no rooms") };
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

pub async fn registration(world: World) {
    let link = world.first.as_ref().unwrap().url.clone();
    let code_of = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    assert!(link.starts_with("https://meet.example.org/invite/"));
    let view = world.get(&format!("invitations/{}", code_of(&link))).await.json();
    assert_eq!(view["email_fixed"], false);
    assert_eq!(view["email"], "admin@meet.example.org");

    let alice = Account::register(&world, &link, Some("Alice@Example.org")).await;
    assert_eq!(alice.person.email, Email::parse("alice@example.org").unwrap());
    let used = world.get(&format!("invitations/{}", code_of(&link))).await.problem();
    assert_eq!((used.status, used.code), (410, Code::InvitationUsed));

    // A second account of the same address, whatever the case, is refused; an open invitation is replaced.
    let again = alice.invite(&world, "ALICE@example.ORG").await.problem();
    assert_eq!(again.code, Code::AlreadyRegistered);
    let first = alice.invite(&world, "bob@example.org").await.json()["url"].as_str().unwrap().to_owned();
    let second = alice.invite(&world, "bob@example.org").await.json()["url"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("invitations/{}", code_of(&first))).await.problem().code, Code::InvitationUsed);
    let view = world.get(&format!("invitations/{}", code_of(&second))).await.json();
    assert_eq!(view["email_fixed"], true);
    let bob = Account::register(&world, &second, None).await;

    // Bob is no administrator, and his password opens what was sealed.
    assert_eq!(bob.invite(&world, "dora@example.org").await.problem().code, Code::Forbidden);
    let grant = Account::sign_in(&world, "Bob@example.org", Account::PASSWORD).await.unwrap();
    assert_eq!(grant.user_id, bob.caller.user_id);
    assert_eq!(grant.sealed_aik, vec![7; 80].into());
    assert_eq!(grant.name, "Some One");
    let wrong = Account::sign_in(&world, "bob@example.org", b"a guess").await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongPassword);

    // Administration works beside the running server.
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock()).await.unwrap();
    let invite = |email: &str| Invite {
        network: None,
        email: Email::parse(email).unwrap(),
        name: Some("Carol".to_owned()),
        role: Role::Administrator,
    };
    let invitation = admin.invite(invite("carol@example.org")).await.unwrap();
    let carol = Account::register(&world, &invitation.url, None).await;
    assert_eq!(carol.invite(&world, "dora@example.org").await.status, StatusCode::CREATED);
    assert!(matches!(admin.invite(invite("bob@example.org")).await, Err(AdminError::AlreadyRegistered)));
    admin.create_network("Another").await.unwrap();
    assert!(matches!(admin.invite(invite("eve@example.org")).await, Err(AdminError::WhichNetwork)));
    admin.close().await;
}

pub async fn look_up(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let look_up = |email: &str| Request::PersonLookUp(PersonLookUp { email: Email::parse(email).unwrap() });
    let Ok(Reply::Person(person)) = alice.ask(&world, look_up("BOB@example.org")).await else { panic!() };
    assert_eq!(person.user_id, bob.caller.user_id);
    assert_eq!(person.aik, crate::groups::testing::public(&bob.person.aik));
    assert_eq!(person.device_list, bob.list);
    assert_eq!(code(alice.ask(&world, look_up("nobody@example.org")).await), Code::NotFound);

    // Another network is as good as unknown.
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock()).await.unwrap();
    let network = admin.create_network("Another").await.unwrap();
    let email = Email::parse("eve@example.org").unwrap();
    let invite = Invite { network: Some(network), email, name: None, role: Role::Member };
    let link = admin.invite(invite).await.unwrap().url;
    admin.close().await;
    let eve = Account::register(&world, &link, None).await;
    assert_eq!(code(eve.ask(&world, look_up("bob@example.org")).await), Code::NotFound);
    let claim = Request::KeyPackagesClaim(KeyPackagesClaim { users: vec![bob.caller.user_id] });
    let Ok(Reply::KeyPackages(claimed)) = eve.ask(&world, claim).await else { panic!() };
    assert!(claimed.is_empty());

    // Cards go to those who share a room.
    let get = || Request::PeopleGet(PeopleGet { users: vec![bob.caller.user_id] });
    let Ok(Reply::People(people)) = alice.ask(&world, get()).await else { panic!() };
    assert!(people.is_empty());
    Room::found(&world, &alice, &[&bob]).await;
    let Ok(Reply::People(people)) = alice.ask(&world, get()).await else { panic!() };
    assert_eq!(people.len(), 1);
}

pub async fn messages(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let welcome = bob.events();
    assert!(welcome.iter().any(|event| matches!(event, Event::RoomWelcome(_))), "{welcome:?}");
    assert!(welcome.iter().any(|event| matches!(event, Event::RoomsChanged)));
    assert_eq!(entry_seqs(&alice.events()), [1, 2]);

    for n in 0..10 {
        let sent = accepted(alice.ask(&world, Request::RoomSend(room.send(&format!("{n}")))).await);
        assert_eq!(sent.seq, Seq(3 + n));
        assert_eq!(sent.sent_at, world.now());
    }
    // Connected: as events, the sender too. Offline or behind: by a sync from the own cursor.
    assert_eq!(entry_seqs(&alice.events()), (3..13).collect::<Vec<_>>());
    assert_eq!(entry_seqs(&bob.events()), (3..13).collect::<Vec<_>>());
    let entries = sync(&world, &carol, room.id, Seq(0)).await;
    assert_eq!(seqs(&entries), (3..13).collect::<Vec<_>>());
    assert_eq!(entries.welcome.unwrap().seq, Seq(2));
    assert!(!entries.more);
    let request = Request::RoomSync(RoomSync { room_id: room.id, after: Seq(4), limit: 3 });
    let Ok(Reply::Entries(some)) = carol.ask(&world, request).await else { panic!() };
    assert_eq!((seqs(&some), some.more), (vec![5, 6, 7], true));

    ack(&world, &carol, room.id, 12).await;
    assert!(sync(&world, &carol, room.id, Seq(12)).await.welcome.is_none());
    let summary = rooms(&world, &carol).await.remove(0);
    assert_eq!((summary.last_seq, summary.acked, summary.has_leaf), (Seq(12), Seq(12), true));
    assert_eq!((summary.generation, summary.epoch), (Generation(1), Epoch(1)));
    assert_eq!(summary.members.len(), 3);

    // What is too large, or of another group, or from a stranger, is refused.
    let mut large = room.send("x");
    large.payload.0.resize(70_000, 0);
    assert_eq!(code(alice.ask(&world, Request::RoomSend(large)).await), Code::TooLarge);
    let mut other = room.send("x");
    other.epoch = Epoch(9);
    assert_eq!(code(alice.ask(&world, Request::RoomSend(other)).await), Code::Malformed);
    let dora = invited(&world, &alice, "dora@example.org").await;
    assert_eq!(code(dora.ask(&world, Request::RoomSend(room.send("x"))).await), Code::NotFound);
    let request = Request::RoomSync(RoomSync { room_id: room.id, after: Seq(0), limit: 3 });
    assert_eq!(code(dora.ask(&world, request).await), Code::NotFound);
    assert_eq!(code(dora.ask(&world, Request::RoomGroupInfo(RoomRef { room_id: room.id })).await), Code::NotFound);
}

pub async fn idempotency(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let id = RoomId::from_random(random());
    let (member, request) = founding(&alice, id, Generation(1), RoomKind::Room, &[&bob]);
    let found = accepted(alice.ask(&world, Request::RoomFound(request.clone())).await);
    world.advance(10);
    assert_eq!(accepted(alice.ask(&world, Request::RoomFound(request.clone())).await), found);
    let other = RoomFound { message_id: message_id(), ..request };
    assert_eq!(code(alice.ask(&world, Request::RoomFound(other)).await), Code::Conflict);

    let mut room = Room { id, generation: Generation(1), member };
    room.member.merge();
    let send = room.send("once");
    let first = accepted(alice.ask(&world, Request::RoomSend(send.clone())).await);
    world.advance(10);
    assert_eq!(accepted(alice.ask(&world, Request::RoomSend(send.clone())).await), first);
    let forged = RoomSend { message_id: send.message_id, ..room.send("other bytes") };
    assert_eq!(code(alice.ask(&world, Request::RoomSend(forged)).await), Code::DuplicateId);

    let commit = room.commit(Wish::update());
    let first = accepted(alice.ask(&world, Request::RoomCommit(commit.clone())).await);
    assert_eq!(accepted(alice.ask(&world, Request::RoomCommit(commit)).await), first);
    // After the epoch went on, the message is still the same message.
    accepted(alice.ask(&world, Request::RoomSend(send)).await);
    assert_eq!(seqs(&sync(&world, &alice, id, Seq(0)).await), [1, 2, 3, 4]);
}

pub async fn racing_commits(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let (one, two) = (room.commit(Wish::update()), of_bob.commit(Wish::add(&[&carol.device])));
    let stale = room.send("of the epoch before");
    let (one, two) =
        tokio::join!(alice.ask(&world, Request::RoomCommit(one)), bob.ask(&world, Request::RoomCommit(two)));
    let results = [one, two];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    let lost = results.into_iter().find_map(Result::err).unwrap();
    assert_eq!(lost.code, Code::StaleEpoch);
    assert_eq!(code(alice.ask(&world, Request::RoomSend(stale)).await), Code::StaleEpoch);
    assert_eq!(rooms(&world, &alice).await.remove(0).epoch, Epoch(2));

    // A commit that breaks a rule is refused: the sender is not the committer.
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let theirs = of_bob.commit(Wish::update());
    let refused = alice.ask(&world, Request::RoomCommit(theirs)).await.unwrap_err();
    assert_eq!(refused.code, Code::CommitRefused, "{refused:?}");
    let nonsense = CommitBundle { commit: vec![1, 2, 3].into(), ..room.commit(Wish::update()).bundle };
    let request =
        RoomCommit { room_id: room.id, generation: Generation(1), message_id: message_id(), bundle: nonsense };
    assert_eq!(code(alice.ask(&world, Request::RoomCommit(request)).await), Code::Malformed);
}

pub async fn history(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    for n in 0..3 {
        accepted(alice.ask(&world, Request::RoomSend(room.send(&format!("before {n}")))).await);
    }
    let commit = room.commit(Wish::add(&[&carol.device]));
    let added = accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
    room.member.merge();
    let after = accepted(alice.ask(&world, Request::RoomSend(room.send("after"))).await);
    let entries = sync(&world, &carol, room.id, Seq(0)).await;
    assert_eq!(seqs(&entries), [after.seq.0]);
    assert_eq!(entries.welcome.unwrap().seq, added.seq);
    // As events: the welcome, not the commit.
    assert_eq!(entry_seqs(&carol.events()), [after.seq.0]);
    assert_eq!(seqs(&sync(&world, &bob, room.id, Seq(0)).await), [3, 4, 5, 6, 7]);
}

pub async fn trimming(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    for n in 0..3 {
        accepted(alice.ask(&world, Request::RoomSend(room.send(&format!("{n}")))).await);
    }
    ack(&world, &alice, room.id, 5).await;
    trim_once(world.app()).await.unwrap();
    assert_eq!(seqs(&sync(&world, &bob, room.id, Seq(0)).await), [3, 4, 5]);
    ack(&world, &bob, room.id, 4).await;
    // A cursor never goes back, and never beyond the log.
    ack(&world, &bob, room.id, 2).await;
    ack(&world, &bob, room.id, 900).await;
    trim_once(world.app()).await.unwrap();
    assert_eq!(seqs(&sync(&world, &bob, room.id, Seq(0)).await), [5]);
    assert_eq!(count(&world, "welcome_bundles").await, 0);

    let mut short = room.send("short");
    short.expires_at = Some(world.now().plus(1_000));
    accepted(alice.ask(&world, Request::RoomSend(short)).await);
    world.advance(1_000);
    assert_eq!(seqs(&sync(&world, &bob, room.id, Seq(0)).await), [5], "expired entries are not given");
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "entries").await, 1);

    world.advance(MAX_RETENTION_MS - 1_001);
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "entries").await, 1);
    world.advance(1);
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "entries").await, 0);
    assert_eq!(count(&world, "sessions").await, 0);
}

pub async fn revocation(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let phone = alice.add_device(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &phone]).await;
    let (_, _, _) = (alice.events(), bob.events(), phone.events());

    // A list that does not follow, or has a device of unknown origin, is refused.
    let put = |list| Request::DeviceListPut(DeviceListPut { device_list: list });
    assert_eq!(code(alice.ask(&world, put(alice.list.clone())).await), Code::Conflict);
    let stranger = crate::testing::list_with(&alice, &bob.device);
    assert_eq!(code(alice.ask(&world, put(stranger)).await), Code::BadSignature);

    let list = alice.list_without(&[phone.caller.device_id]);
    alice.ask(&world, put(list.clone())).await.unwrap();
    assert!(matches!(phone.events().last(), Some(Event::Bye(ByeReason::SignedOut))));
    let told = bob.events();
    let alice_id = alice.caller.user_id;
    assert!(told.iter().any(|event| matches!(event, Event::PersonChanged { user_id } if *user_id == alice_id)));
    let summary = rooms(&world, &bob).await.remove(0);
    assert_eq!(summary.removals.len(), 1);
    assert_eq!(summary.removals[0].device_id, phone.caller.device_id);
    assert_eq!(summary.removals[0].reason, RemovalReason::DeviceRevoked);
    let token = Some(&phone.session.token);
    let body = serde_json::json!({ "email": "x@example.org" });
    assert_eq!(world.post_as("admin/invitations", token, &body).await.problem().code, Code::Unauthenticated);
    assert_eq!(crate::testing::open_session(&world, &phone.device).await.problem().code, Code::Unauthenticated);

    // It hears nothing more, its messages are refused, and it is not waited for.
    let mut of_phone = room.joined_by(&phone, &world).await;
    let refused = phone.ask(&world, Request::RoomSend(of_phone.send("late"))).await;
    assert!(matches!(code(refused), Code::NotFound | Code::Unauthenticated));
    let mut of_bob = room.joined(&world, &bob).await;
    let commit = of_bob.commit(Wish::remove(&[of_bob.member.leaf_of(&phone.device)]));
    accepted(bob.ask(&world, Request::RoomCommit(commit)).await);
    assert!(rooms(&world, &bob).await.remove(0).removals.is_empty());

    // A revoked device is not added again.
    room.member.process(&sync(&world, &alice, room.id, Seq(2)).await.entries[0].payload.0);
    let commit = room.commit(Wish::add(&[&phone.device]));
    assert_ne!(code(alice.ask(&world, Request::RoomCommit(commit)).await), Code::Internal);
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
        Self { id: self.id, generation: self.generation, member: account.device.join(&welcome, &tree) }
    }
}

pub async fn leaving(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let leave = || Request::RoomLeave(RoomRef { room_id: room.id });
    let leave_request = leave();
    bob.events();
    bob.ask(&world, leave_request).await.unwrap();
    assert!(rooms(&world, &bob).await.is_empty());
    assert_eq!(code(bob.ask(&world, Request::RoomSend(of_bob.send("late"))).await), Code::NotFound);
    let summary = rooms(&world, &alice).await.remove(0);
    assert_eq!(summary.removals.len(), 1);
    assert_eq!(summary.removals[0].reason, RemovalReason::Left);
    bob.events();
    accepted(alice.ask(&world, Request::RoomSend(room.send("without bob"))).await);
    assert_eq!(entry_seqs(&bob.events()), [0; 0]);
    assert_eq!(code(bob.ask(&world, Request::RoomGroupInfo(RoomRef { room_id: room.id })).await), Code::NotFound);

    let commit = room.commit(Wish::remove(&[room.member.leaf_of(&bob.device)]));
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
    let summary = rooms(&world, &alice).await.remove(0);
    assert!(summary.removals.is_empty());
    assert_eq!(summary.members.len(), 2);

    // With its last member the room goes.
    let gone = room.id;
    for account in [&carol, &alice] {
        account.ask(&world, Request::RoomLeave(RoomRef { room_id: gone })).await.unwrap();
    }
    for table in ["rooms", "entries", "room_leaves", "room_groups", "removals"] {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
}

pub async fn rollback(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    alice.batch = 7;
    accepted(alice.ask(&world, Request::RoomSend(room.send("at seven"))).await);
    alice.batch = 6;
    assert_eq!(code(alice.ask(&world, Request::RoomSend(room.send("at six"))).await), Code::Rollback);
    let commit = room.commit(Wish::update());
    assert_eq!(code(alice.ask(&world, Request::RoomCommit(commit.clone())).await), Code::Rollback);
    alice.batch = 7;
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
}

pub async fn key_packages(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let phone = alice.add_device(&world).await;
    let claim = || Request::KeyPackagesClaim(KeyPackagesClaim { users: vec![alice.caller.user_id] });
    let mut seen = Vec::new();
    for _ in 0..2 {
        let Ok(Reply::KeyPackages(claimed)) = bob.ask(&world, claim()).await else { panic!() };
        assert_eq!(claimed[0].key_packages.len(), 2);
        seen.extend(claimed[0].key_packages.iter().map(|package| package.key_package.0.clone()));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "each was given once");
    // Then the one of last resort, again and again.
    let last = |reply| {
        let Ok(Reply::KeyPackages(claimed)) = reply else { panic!() };
        let claimed: Vec<protocol::socket::ClaimedUser> = claimed;
        claimed[0].key_packages.iter().map(|package| package.key_package.0.clone()).collect::<Vec<_>>()
    };
    let once = last(bob.ask(&world, claim()).await);
    assert_eq!(last(bob.ask(&world, claim()).await), once);
    assert!(once.iter().all(|package| !seen.contains(package)));
    // One's own current device is left out.
    let Ok(Reply::KeyPackages(claimed)) = phone.ask(&world, claim()).await else { panic!() };
    assert_eq!(claimed[0].key_packages.len(), 1);
    assert_eq!(claimed[0].key_packages[0].device_id, alice.caller.device_id);

    let package = Bytes(alice.device.key_package().tls_serialize_detached().unwrap());
    let add = |count, last_resort| {
        Request::KeyPackagesAdd(KeyPackagesAdd { key_packages: vec![package.clone(); count], last_resort })
    };
    let Ok(Reply::KeyPackagesLeft(3)) = alice.ask(&world, add(3, Some(package.clone()))).await else { panic!() };
    assert_eq!(code(alice.ask(&world, add(KEY_PACKAGES_PER_DEVICE - 2, None)).await), Code::TooLarge);
    assert_eq!(code(alice.ask(&world, add(KEY_PACKAGES_PER_DEVICE + 1, None)).await), Code::TooLarge);
}

pub async fn own_state(world: World) {
    let mut alice = alice(&world).await;
    let phone = alice.add_device(&world).await;
    let get = |reply| match reply {
        Ok(Reply::OwnState(state)) => (state.version, state.blob.0),
        other => panic!("{other:?}"),
    };
    assert_eq!(get(alice.ask(&world, Request::OwnStateGet).await), (0, Vec::new()));
    let put = |version, byte| Request::OwnStatePut(OwnState { version, blob: vec![byte].into() });
    assert_eq!(code(alice.ask(&world, put(2, 1)).await), Code::Conflict);
    alice.ask(&world, put(1, 1)).await.unwrap();
    assert_eq!(code(phone.ask(&world, put(1, 2)).await), Code::Conflict);
    phone.ask(&world, put(2, 2)).await.unwrap();
    assert_eq!(get(alice.ask(&world, Request::OwnStateGet).await), (2, vec![2]));
    let told = |events: Vec<Event>| {
        events.iter().filter(|event| matches!(event, Event::OwnStateChanged { .. })).count()
    };
    assert_eq!((told(alice.events()), told(phone.events())), (1, 1));
    let large = OwnState { version: 3, blob: vec![0; 2 * 1024 * 1024].into() };
    assert_eq!(code(alice.ask(&world, Request::OwnStatePut(large)).await), Code::TooLarge);
}

pub async fn refounding(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    accepted(alice.ask(&world, Request::RoomSend(room.send("of the first generation"))).await);
    let next = |founder: &Account, generation, others: &[&Account]| {
        founding(founder, room.id, generation, RoomKind::Room, others)
    };
    let (_, by_bob) = next(&bob, Generation(2), &[&alice]);
    assert_eq!(code(bob.ask(&world, Request::RoomFound(by_bob)).await), Code::Forbidden);
    let (_, too_far) = next(&alice, Generation(3), &[&bob]);
    assert_eq!(code(alice.ask(&world, Request::RoomFound(too_far)).await), Code::Conflict);
    let dora = invited(&world, &alice, "dora@example.org").await;
    let (mut refused, with_dora) = next(&alice, Generation(2), &[&bob, &dora]);
    assert_eq!(code(alice.ask(&world, Request::RoomFound(with_dora)).await), Code::CommitRefused);
    refused.group.delete(alice.device.provider.storage()).unwrap();

    let (member, request) = next(&alice, Generation(2), &[&bob]);
    let founded = accepted(alice.ask(&world, Request::RoomFound(request)).await);
    assert_eq!(founded.seq, Seq(5));
    let stale = room.send("too late");
    assert_eq!(code(alice.ask(&world, Request::RoomSend(stale)).await), Code::StaleEpoch);
    let mut room = Room { id: room.id, generation: Generation(2), member };
    room.member.merge();
    accepted(alice.ask(&world, Request::RoomSend(room.send("of the second"))).await);
    // Bob's log goes on, with a new welcome; carol, who was left out, has the room no more.
    let entries = sync(&world, &bob, room.id, Seq(0)).await;
    assert_eq!(seqs(&entries), [3, 4, 5, 6]);
    assert_eq!(entries.entries[1].kind, EntryKind::Founded);
    let welcome = entries.welcome.unwrap();
    assert_eq!((welcome.generation, welcome.seq), (Generation(2), Seq(5)));
    assert!(rooms(&world, &carol).await.is_empty());
}

pub async fn external_join(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    accepted(alice.ask(&world, Request::RoomSend(room.send("before the phone"))).await);
    let phone = alice.add_device(&world).await;
    let summary = rooms(&world, &phone).await.remove(0);
    assert!(!summary.has_leaf);
    let request = Request::RoomGroupInfo(RoomRef { room_id: room.id });
    let Ok(Reply::GroupInfo(info)) = phone.ask(&world, request).await else { panic!() };
    let GroupInfoReply { group_info, tree, seq, .. } = info;
    assert_eq!(seq, Seq(3));
    let (mut member, bundle) = phone.device.join_external(&group_info.0, &tree.0);
    let request =
        RoomCommit { room_id: room.id, generation: Generation(1), message_id: message_id(), bundle };
    bob.events();
    let joined = accepted(phone.ask(&world, Request::RoomCommit(request.clone())).await);
    assert_eq!(entry_seqs(&bob.events()), [4]);
    // Its log starts with its own commit, which it may have to recognise; nothing older is given.
    assert_eq!(seqs(&sync(&world, &phone, room.id, Seq(0)).await), [joined.seq.0]);
    assert_eq!(entry_seqs(&phone.events()), [4]);
    let message = member.message(b"from the phone");
    let send = RoomSend {
        room_id: room.id,
        generation: Generation(1),
        epoch: Epoch(2),
        message_id: message_id(),
        payload: message.into(),
        expires_at: None,
    };
    accepted(phone.ask(&world, Request::RoomSend(send)).await);

    // A stranger's device does not get in this way.
    let dora = invited(&world, &alice, "dora@example.org").await;
    let (_, bundle) = dora.device.join_external(&group_info.0, &tree.0);
    let request = RoomCommit { bundle, message_id: message_id(), ..request };
    assert_eq!(code(dora.ask(&world, Request::RoomCommit(request)).await), Code::NotFound);
}

/// R57: what the schema may hold of a user over time is when the account was provisioned and registered.
pub async fn schema(world: World) {
    let mut allowed = BTreeMap::new();
    for (table, columns) in [
        ("users", vec!["provisioned_at", "registered_at"]),
        ("invitations", vec!["expires_at"]),
        ("sessions", vec!["expires_at"]),
        ("entries", vec!["expires_at", "sent_at"]),
    ] {
        allowed.insert(table.to_owned(), columns.into_iter().map(str::to_owned).collect::<Vec<_>>());
    }
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for (table, column) in columns(&world).await {
        let suspicious = ["_at", "time", "date", "seen", "last_", "addr", "ip_", "agent", "sender", "login"];
        let harmless = ["last_seq"];
        if suspicious.iter().any(|word| column.contains(word)) && !harmless.contains(&column.as_str()) {
            found.entry(table).or_default().push(column);
        }
    }
    for columns in found.values_mut() {
        columns.sort();
    }
    assert_eq!(found, allowed);

    // The end of a session is a whole hour: it does not tell when the device was last used.
    let alice = alice(&world).await;
    assert_eq!(alice.session.expires_at.0 % 3_600_000, 0);
    assert!(alice.session.expires_at > world.now());
    assert!(alice.session.expires_at <= Millis(world.now().0 + 24 * 3_600_000));
}

async fn columns(world: &World) -> Vec<(String, String)> {
    let mut connection = world.app().store.read().await.unwrap();
    let query = if world.database().is_none() {
        "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_sqlx%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'"
    } else {
        "SELECT CAST(table_name AS TEXT) AS t, CAST(column_name AS TEXT) AS c
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_sqlx%'"
    };
    let rows = sqlx::query(query).fetch_all(&mut *connection).await.unwrap();
    assert!(rows.len() > 50);
    rows.iter().map(|row| (row.get("t"), row.get("c"))).collect()
}

pub async fn restart(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let sent = accepted(alice.ask(&world, Request::RoomSend(room.send("kept"))).await);
    let generation = world.app().server_generation.clone();
    let world = world.restart().await;
    assert!(world.first.is_none());
    assert_eq!(world.app().server_generation, generation);
    assert_eq!(seqs(&sync(&world, &bob, room.id, Seq(0)).await), [sent.seq.0]);
    let body = serde_json::json!({ "email": "x@example.org" });
    let token = Some(&alice.session.token);
    assert_eq!(world.post_as("admin/invitations", token, &body).await.status, StatusCode::CREATED);
    assert!(Account::sign_in(&world, "bob@example.org", Account::PASSWORD).await.is_ok());
    accepted(alice.ask(&world, Request::RoomSend(room.send("and on"))).await);

    // What could not be written is not acknowledged: the store is closed.
    world.service.shutdown().await;
    let late = alice.ask(&world, Request::RoomSend(room.send("never"))).await;
    assert_eq!(code(late), Code::Unavailable);
}

async fn count(world: &World, table: &str) -> i64 {
    let mut connection = world.app().store.read().await.unwrap();
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) AS n FROM {table}"));
    sqlx::query(query).fetch_one(&mut *connection).await.unwrap().get("n")
}
