//! Who wants nothing of whom, what a policy asks for, and ID videos.

use std::time::Duration;

use protocol::{
    BlobId, UserId,
    limits::{MAX_ID_VIDEO_LEN, MAX_INTRODUCTION_LEN},
    policies::{Policies, Verify},
    socket::{CallJoin, ContactPut, ContactStanding, IdVideoPut},
};

use tokio::time::timeout;

use super::{blobs::Upload, *};
use crate::{admin::PolicyChange, groups::testing::key_package_bytes, store::Written, testing::open_session};

/// Until a call that was ended by what one of its users wants is over.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn direct(world: &World, alice: &Account, bob: &Account) -> Room {
    try_direct(world, alice, bob).await.unwrap()
}

async fn try_direct(world: &World, alice: &Account, bob: &Account) -> Result<Room, Code> {
    let id = RoomId::from_random(random());
    let (member, request) = founding(alice, id, Generation(1), RoomKind::Direct, &[bob]);
    alice
        .ask(world, Request::RoomFound(request))
        .await
        .map_err(|problem| problem.code)?;
    let mut room = Room {
        id,
        generation: Generation(1),
        member,
    };
    room.member.merge();
    Ok(room)
}

pub(super) async fn own_room(world: &World, account: &Account) -> Room {
    let id = RoomId::from_random(random());
    let (member, request) = founding(account, id, Generation(1), RoomKind::Own, &[]);
    accepted(account.ask(world, Request::RoomFound(request)).await);
    Room {
        id,
        generation: Generation(1),
        member,
    }
}

pub(super) async fn stand(world: &World, account: &Account, with: &Account, standing: ContactStanding) {
    let put = ContactPut {
        user_id: with.person.user_id,
        standing,
    };
    account.ask(world, Request::ContactPut(put)).await.unwrap();
}

async fn say(world: &World, account: &Account, room: &mut Room) -> Result<(), Code> {
    let send = room.send("hello");
    let sent = account.ask(world, Request::RoomSend(send)).await;
    sent.map(drop).map_err(|problem| problem.code)
}

/// Changes the timers of a direct room.
async fn set_ttl(world: &World, account: &Account, room: &mut Room, ttl_ms: u64) -> Result<(), Code> {
    let name = GroupName::Room(room.id, room.generation);
    let mut new = settings(name, RoomKind::Direct, &[]);
    new.ttl_cap_ms = ttl_ms;
    let request = room.commit(Wish::settings(new));
    let set = account.ask(world, Request::RoomCommit(request)).await;
    match set {
        Ok(_) => room.member.merge(),
        Err(_) => room.member.give_up(),
    }
    set.map(drop).map_err(|problem| problem.code)
}

async fn call(world: &World, account: &Account, room: &Room) -> Result<(), Code> {
    let join = CallJoin {
        room_id: room.id,
        key_package: key_package_bytes(&account.device.key_package()),
        back_to: None,
    };
    let joined = account.ask(world, Request::CallJoin(join)).await;
    joined.map(drop).map_err(|problem| problem.code)
}

async fn refusal(world: &World, account: &Account, room: &Room) -> Option<Code> {
    let rooms = rooms(world, account).await;
    let found = rooms.iter().find(|summary| summary.room_id == room.id);
    found.unwrap().refusal
}

/// The policy of the only network.
pub(super) async fn require(world: &World, verify: Verify) {
    let change = PolicyChange {
        verify_inside: Some(verify),
        ..PolicyChange::default()
    };
    administer(world, change).await;
}

async fn administer(world: &World, change: PolicyChange) {
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock());
    let admin = admin.await.unwrap();
    admin.change_policies(None, change).await.unwrap();
    admin.close().await;
}

pub async fn declining(world: World) {
    use ContactStanding::{Declined, Open};

    let (alice, bob, carol) = trio(&world).await;
    let mut hers = direct(&world, &alice, &bob).await;
    let mut his = hers.joined(&world, &bob).await;
    let mut team = Room::found(&world, &alice, &[&bob, &carol]).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Ok(()));
    assert_eq!(call(&world, &alice, &hers).await, Ok(()));
    assert_eq!(call(&world, &bob, &his).await, Ok(()));
    alice.events();

    stand(&world, &bob, &alice, Declined).await;
    // The other is told that there is something about rooms, and nothing else.
    let told = alice.events();
    assert!(
        told.iter()
            .all(|event| matches!(event, Event::RoomsChanged | Event::CallChanged { .. }))
    );
    assert!(told.iter().any(|event| matches!(event, Event::RoomsChanged)));
    for _ in 0..2 {
        assert_eq!(say(&world, &alice, &mut hers).await, Err(Code::NotVerified));
        assert_eq!(say(&world, &bob, &mut his).await, Err(Code::ContactDeclined));
        assert_eq!(call(&world, &alice, &hers).await, Err(Code::NotVerified));
        assert_eq!(call(&world, &bob, &his).await, Err(Code::ContactDeclined));
        // Nor does either say by what times the other's messages go.
        assert_eq!(
            set_ttl(&world, &alice, &mut hers, 60_000).await,
            Err(Code::NotVerified)
        );
        assert_eq!(
            set_ttl(&world, &bob, &mut his, 60_000).await,
            Err(Code::ContactDeclined)
        );
        // Saying that it is an introduction does not help.
        let introduction = RoomSend {
            introduces: true,
            ..hers.send("hello")
        };
        let sent = alice.ask(&world, Request::RoomSend(introduction)).await;
        assert_eq!(code(sent), Code::NotVerified);
        // Nor does another room of the two.
        assert_eq!(
            try_direct(&world, &alice, &bob).await.err(),
            Some(Code::NotVerified)
        );
        // Nor a room of many that begins with the two, or to which one would add the other.
        let new = RoomId::from_random(random());
        let (_, request) = founding(&alice, new, Generation(1), RoomKind::Room, &[&bob]);
        let founded = alice.ask(&world, Request::RoomFound(request)).await;
        assert_eq!(code(founded), Code::NotVerified);
        let mut alone = Room::found(&world, &bob, &[]).await;
        let request = alone.commit(Wish::add(&[&alice.device]));
        let added = bob.ask(&world, Request::RoomCommit(request)).await;
        assert_eq!(code(added), Code::ContactDeclined);
    }
    assert_eq!(refusal(&world, &alice, &hers).await, Some(Code::NotVerified));
    assert_eq!(refusal(&world, &bob, &his).await, Some(Code::ContactDeclined));
    // Whoever was in a call of the two is in it no more.
    let over = async {
        while rooms(&world, &alice).await.iter().any(|room| room.call.is_some()) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, over).await.unwrap();
    // In a room of many both are members as before, and so is everybody else with each of them.
    assert_eq!(say(&world, &alice, &mut team).await, Ok(()));
    assert_eq!(call(&world, &alice, &team).await, Ok(()));
    assert_eq!(refusal(&world, &alice, &team).await, None);
    let mut with_carol = direct(&world, &alice, &carol).await;
    assert_eq!(say(&world, &alice, &mut with_carol).await, Ok(()));

    // It outlives a restart, and can be taken back.
    let world = world.restart().await;
    assert_eq!(say(&world, &alice, &mut hers).await, Err(Code::NotVerified));
    stand(&world, &bob, &alice, Open).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Ok(()));
    assert_eq!(call(&world, &alice, &hers).await, Ok(()));
    assert_eq!(refusal(&world, &alice, &hers).await, None);
    assert_eq!(count(&world, "contacts").await, 0);
    assert_eq!(set_ttl(&world, &alice, &mut hers, 60_000).await, Ok(()));
}

pub async fn standing_of_strangers(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let unknown = ContactPut {
        user_id: UserId::from_random(random()),
        standing: ContactStanding::Declined,
    };
    assert_eq!(
        code(alice.ask(&world, Request::ContactPut(unknown)).await),
        Code::NotFound
    );
    let oneself = ContactPut {
        user_id: alice.person.user_id,
        standing: ContactStanding::Declined,
    };
    assert_eq!(
        code(alice.ask(&world, Request::ContactPut(oneself)).await),
        Code::Malformed
    );
    // Before there is a room, too: none is made then.
    stand(&world, &bob, &alice, ContactStanding::Declined).await;
    assert_eq!(
        try_direct(&world, &alice, &bob).await.err(),
        Some(Code::NotVerified)
    );
    assert_eq!(
        try_direct(&world, &bob, &alice).await.err(),
        Some(Code::ContactDeclined)
    );
}

pub async fn policy(world: World) {
    use ContactStanding::Accepted;

    let (alice, bob, _) = trio(&world).await;
    world.app().policies.look(world.app()).await.unwrap();
    require(&world, Verify::Required).await;
    alice.events();
    world.app().policies.look(world.app()).await.unwrap();
    assert!(
        alice
            .events()
            .iter()
            .any(|event| matches!(event, Event::PoliciesChanged))
    );
    let Ok(Reply::Policies(policies)) = alice.ask(&world, Request::PoliciesGet).await else {
        panic!("no policies")
    };
    assert_eq!(policies.verify_inside, Verify::Required);

    // They can meet, and show each other who they are; nothing else passes.
    let mut hers = direct(&world, &alice, &bob).await;
    let mut his = hers.joined(&world, &bob).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Err(Code::VerifyFirst));
    assert_eq!(call(&world, &alice, &hers).await, Err(Code::VerifyFirst));
    let introduction = RoomSend {
        introduces: true,
        ..hers.send("a video")
    };
    accepted(alice.ask(&world, Request::RoomSend(introduction)).await);
    let long = RoomSend {
        introduces: true,
        ..hers.send(&"x".repeat(MAX_INTRODUCTION_LEN))
    };
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(long)).await),
        Code::TooLarge
    );

    stand(&world, &alice, &bob, Accepted).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Err(Code::NotVerified));
    assert_eq!(say(&world, &bob, &mut his).await, Err(Code::VerifyFirst));
    assert_eq!(refusal(&world, &alice, &hers).await, Some(Code::NotVerified));
    assert_eq!(refusal(&world, &bob, &his).await, Some(Code::VerifyFirst));
    stand(&world, &bob, &alice, Accepted).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Ok(()));
    assert_eq!(call(&world, &bob, &his).await, Ok(()));
    // Who takes it back is verified no more.
    stand(&world, &bob, &alice, ContactStanding::Open).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Err(Code::NotVerified));
    require(&world, Verify::Optional).await;
    assert_eq!(say(&world, &alice, &mut hers).await, Ok(()));
}

pub async fn outside(world: World) {
    let (alice, _, _) = trio(&world).await;
    let look_up = |email: &str| {
        Request::PersonLookUp(PersonLookUp {
            email: Email::parse(email).unwrap(),
        })
    };
    let nobody = "nobody@elsewhere.example";
    assert_eq!(code(alice.ask(&world, look_up(nobody)).await), Code::NotFound);
    let change = PolicyChange {
        outside_contacts: Some(false),
        ..PolicyChange::default()
    };
    administer(&world, change).await;
    assert_eq!(
        code(alice.ask(&world, look_up(nobody)).await),
        Code::OutsideContactsOff
    );
    assert!(alice.ask(&world, look_up("bob@example.org")).await.is_ok());
    let Ok(Reply::Policies(policies)) = alice.ask(&world, Request::PoliciesGet).await else {
        panic!("no policies")
    };
    let expected = Policies {
        outside_contacts: false,
        ..Policies::default()
    };
    assert_eq!(policies, expected);
}

async fn show(world: &World, account: &Account, blob_id: Option<BlobId>) -> Result<(), Code> {
    let shown = account
        .ask(world, Request::IdVideoPut(IdVideoPut { blob_id }))
        .await;
    shown.map(drop).map_err(|problem| problem.code)
}

pub async fn id_videos(world: World) {
    let (mut alice, mut bob, mut carol) = trio(&world).await;
    let own = own_room(&world, &alice).await;
    direct(&world, &alice, &bob).await;
    // A room of many is no reason to get one.
    let team = Room::found(&world, &alice, &[&bob, &carol]).await;
    let first = Upload::whole(&world, &own, &alice, 5_000).await;
    assert_eq!(first.get(&world, &bob, None).await.status, StatusCode::NOT_FOUND);
    show(&world, &alice, Some(first.create.blob_id)).await.unwrap();
    assert_eq!(first.get(&world, &bob, None).await.bytes, first.bytes);
    assert_eq!(
        first.get(&world, &carol, None).await.status,
        StatusCode::NOT_FOUND
    );

    // Nobody shows what is not theirs, of the own room, or whole.
    let of_team = Upload::whole(&world, &team, &alice, 100).await;
    let unfinished = Upload::new(&world, &own, 100);
    unfinished.begin(&world, &alice).await.unwrap();
    for (blob_id, expected) in [
        (of_team.create.blob_id, Code::NotFound),
        (unfinished.create.blob_id, Code::Conflict),
        (BlobId::from_random(random()), Code::NotFound),
    ] {
        assert_eq!(show(&world, &alice, Some(blob_id)).await, Err(expected));
    }
    assert_eq!(
        show(&world, &bob, Some(first.create.blob_id)).await,
        Err(Code::NotFound)
    );

    // It does not end with its time, as files do.
    world.advance(10 * MAX_RETENTION_MS);
    trim_once(world.app()).await.unwrap();
    for account in [&mut alice, &mut bob, &mut carol] {
        account.session = open_session(&world, &account.device).await.read();
    }
    assert_eq!(first.get(&world, &bob, None).await.bytes, first.bytes);

    // Another takes its place: from then on it is over, and nothing of it on the disk.
    let second = Upload::whole(&world, &own, &alice, 6_000).await;
    assert!(first.lies(&world).await);
    show(&world, &alice, Some(second.create.blob_id)).await.unwrap();
    assert!(!first.lies(&world).await);
    for account in [&alice, &bob] {
        let got = first.get(&world, account, None).await;
        assert_eq!(
            (got.status, got.problem().code),
            (StatusCode::GONE, Code::FileExpired)
        );
        assert_eq!(second.get(&world, account, None).await.bytes, second.bytes);
    }
    assert_eq!(count(&world, "id_videos").await, 1);
    // The same once more is no other.
    show(&world, &alice, Some(second.create.blob_id)).await.unwrap();
    assert_eq!(second.get(&world, &bob, None).await.bytes, second.bytes);

    // Who declined, or was declined, gets none.
    stand(&world, &bob, &alice, ContactStanding::Declined).await;
    assert_eq!(second.get(&world, &bob, None).await.status, StatusCode::NOT_FOUND);
    stand(&world, &bob, &alice, ContactStanding::Open).await;
    stand(&world, &alice, &bob, ContactStanding::Declined).await;
    assert_eq!(second.get(&world, &bob, None).await.status, StatusCode::NOT_FOUND);
    stand(&world, &alice, &bob, ContactStanding::Open).await;

    show(&world, &alice, None).await.unwrap();
    assert_eq!(second.get(&world, &bob, None).await.status, StatusCode::GONE);
    assert!(!second.lies(&world).await);
    assert_eq!(count(&world, "id_videos").await, 0);
}

pub async fn too_large(world: World) {
    let alice = alice(&world).await;
    let own = own_room(&world, &alice).await;
    let large = Upload::whole(&world, &own, &alice, 100).await;
    let grow = world.app().store.write(|connection| {
        Box::pin(async move {
            let size = MAX_ID_VIDEO_LEN.cast_signed() + 1;
            let grow = sqlx::query("UPDATE blobs SET size = $1, received = $1").bind(size);
            grow.execute(connection).await?;
            Ok(Written::answer(()))
        })
    });
    grow.await.unwrap();
    assert_eq!(
        show(&world, &alice, Some(large.create.blob_id)).await,
        Err(Code::TooLarge)
    );
}
