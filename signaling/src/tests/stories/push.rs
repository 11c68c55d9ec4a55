//! Waking devices that are not connected.

use protocol::{
    limits::MAX_SILENT_ROOMS,
    push::{PushEndpoint, PushPut, Wake},
};

use super::*;
use crate::{push::Pushed, testing::Courier};

async fn put(world: &World, account: &Account, name: Option<&str>, silent: Vec<RoomId>) -> Result<(), Code> {
    let endpoint = name.map(|name| PushEndpoint::parse(&format!("{}{name}", Courier::SERVICE)).unwrap());
    let put = PushPut { endpoint, silent };
    let answer = account.ask(world, Request::PushPut(put)).await;
    answer.map(drop).map_err(|problem| problem.code)
}

/// Says something, and waits until everybody was woken who is to be.
async fn say(world: &World, account: &Account, room: &mut Room, wakes: Wake) {
    let send = RoomSend {
        wakes,
        ..room.send("hello")
    };
    accepted(account.ask(world, Request::RoomSend(send)).await);
    while !world.app().waker.is_idle() {
        tokio::task::yield_now().await;
    }
}

fn woken(world: &World) -> Vec<(String, Wake)> {
    std::mem::take(&mut *world.courier.pushes.lock().unwrap())
}

pub async fn waking(world: World) {
    let (alice, mut bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let mut other = super::contacts::direct(&world, &alice, &bob).await;
    for (account, name) in [(&alice, "alice"), (&bob, "bob")] {
        put(&world, account, Some(name), vec![]).await.unwrap();
    }
    let bobs = |wake| vec![("bob".to_owned(), wake)];
    // Who is there needs no waking; nor does who says it.
    say(&world, &alice, &mut room, Wake::Message).await;
    alice.go(&world);
    bob.go(&world);
    say(&world, &alice, &mut room, Wake::Nobody).await;
    assert_eq!(woken(&world), []);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world), bobs(Wake::Message));
    // Once is enough, but for a call; and after a while.
    say(&world, &alice, &mut other, Wake::Message).await;
    assert_eq!(woken(&world), []);
    world.advance(10_000);
    say(&world, &alice, &mut other, Wake::Call).await;
    say(&world, &alice, &mut other, Wake::Call).await;
    assert_eq!(woken(&world), bobs(Wake::Call));
    world.advance(5 * 60_000);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world), bobs(Wake::Message));
    // Who came and went again is woken at once.
    bob.come(&world);
    bob.go(&world);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world), bobs(Wake::Message));
    // In a room of many, nobody calls.
    world.advance(10_000);
    say(&world, &alice, &mut room, Wake::Call).await;
    assert_eq!(woken(&world), []);
    // What did not work is tried again, after a while.
    bob.come(&world);
    bob.go(&world);
    *world.courier.answer.lock().unwrap() = Pushed::Failed;
    say(&world, &alice, &mut room, Wake::Message).await;
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world).len(), 1);
    world.advance(60_000);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world).len(), 1);
    *world.courier.answer.lock().unwrap() = Pushed::Taken;

    // It outlives a restart; a room that is silent wakes nobody.
    put(&world, &bob, Some("bob"), vec![room.id]).await.unwrap();
    let world = world.restart().await;
    say(&world, &alice, &mut room, Wake::Call).await;
    assert_eq!(woken(&world), []);
    say(&world, &alice, &mut other, Wake::Message).await;
    assert_eq!(woken(&world), bobs(Wake::Message));
    // Who is not there any more is forgotten.
    world.advance(5 * 60_000);
    *world.courier.answer.lock().unwrap() = Pushed::Gone;
    say(&world, &alice, &mut other, Wake::Message).await;
    assert_eq!(woken(&world), bobs(Wake::Message));
    say(&world, &alice, &mut other, Wake::Message).await;
    assert_eq!(woken(&world), []);
    assert_eq!(count(&world, "push_endpoints").await, 1, "alice's");
    assert_eq!(count(&world, "push_silent_rooms").await, 0);
}

pub async fn muting(world: World) {
    let (alice, mut bob, carol) = trio(&world).await;
    let phone = bob.add_device(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &phone, &carol]).await;
    for (account, name) in [(&bob, "bob"), (&phone, "phone"), (&carol, "carol")] {
        put(&world, account, Some(name), vec![]).await.unwrap();
        account.go(&world);
    }
    bob.come(&world);
    // The phone is closed, and hears nothing of what is muted at the desk.
    put(&world, &bob, Some("bob"), vec![room.id]).await.unwrap();
    bob.go(&world);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world), [("carol".to_owned(), Wake::Message)]);
    // One without an address says nothing of rooms.
    put(&world, &phone, None, vec![]).await.unwrap();
    world.advance(10 * 60_000);
    say(&world, &alice, &mut room, Wake::Message).await;
    assert_eq!(woken(&world), [("carol".to_owned(), Wake::Message)]);
    put(&world, &phone, Some("phone"), vec![]).await.unwrap();
    world.advance(10 * 60_000);
    say(&world, &alice, &mut room, Wake::Message).await;
    let names: std::collections::BTreeSet<String> = woken(&world).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["bob", "carol", "phone"]);
}

pub async fn addresses(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let elsewhere = PushPut {
        endpoint: Some(PushEndpoint::parse("https://10.0.0.1/admin").unwrap()),
        silent: vec![],
    };
    let refused = bob.ask(&world, Request::PushPut(elsewhere)).await;
    assert_eq!(code(refused), Code::Forbidden);
    let many = vec![room.id; MAX_SILENT_ROOMS + 1];
    assert_eq!(put(&world, &bob, Some("bob"), many).await, Err(Code::Full));
    assert_eq!(count(&world, "push_endpoints").await, 0);

    // Twice the same, rooms that the device is not in, and the last word holds.
    let unknown = RoomId::from_random(random());
    put(&world, &bob, Some("old"), vec![room.id, room.id, unknown])
        .await
        .unwrap();
    assert_eq!(count(&world, "push_silent_rooms").await, 1);
    put(&world, &bob, Some("new"), vec![]).await.unwrap();
    assert_eq!(count(&world, "push_endpoints").await, 1);
    assert_eq!(count(&world, "push_silent_rooms").await, 0);
    put(&world, &bob, None, vec![room.id]).await.unwrap();
    assert_eq!(count(&world, "push_endpoints").await, 0);
    put(&world, &bob, Some("bob"), vec![room.id]).await.unwrap();
    bob.ask(&world, Request::SignOut).await.unwrap();
    assert_eq!(count(&world, "push_endpoints").await, 0);
    assert_eq!(count(&world, "push_silent_rooms").await, 0);
    let info: protocol::accounts::ServerInfo = world.get("server").await.read();
    assert_eq!(info.push_key.unwrap().0.len(), 65);
}
