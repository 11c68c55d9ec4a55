//! How rooms end.

use super::{blobs::Upload, *};
use crate::{groups::testing::Member as GroupMember, limits::MAX_ROOMS_STEP};

/// Settings of a room of alice's that ends then.
fn ending(alice: &Account, room: &Room, ends_at: Millis) -> Wish {
    let name = GroupName::Room(room.id, room.generation);
    let mut new = settings(name, RoomKind::Room, &[&*alice.person]);
    new.ends_at = ends_at;
    Wish::settings(new)
}

fn rooms_changed(account: &Account) -> bool {
    let events = account.events();
    events.iter().any(|event| matches!(event, Event::RoomsChanged))
}

async fn traces(world: &World) -> Vec<(&'static str, i64)> {
    let mut traces = Vec::new();
    for table in [
        "rooms",
        "room_groups",
        "room_members",
        "room_leaves",
        "entries",
        "welcomes",
        "welcome_bundles",
        "blobs",
    ] {
        let left = count(world, table).await;
        if left > 0 {
            traces.push((table, left));
        }
    }
    traces
}

/// R38: at its time a room goes with everything in it, and nothing is taken for it any more.
pub async fn by_time(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let wish = ending(&alice, &room, world.now().plus(60_000));
    let request = room.commit(wish);
    accepted(alice.ask(&world, Request::RoomCommit(request)).await);
    room.member.merge();
    accepted(alice.ask(&world, Request::RoomSend(room.send("the plan"))).await);
    let file = Upload::whole(&world, &room, &alice, 1_000).await;

    world.advance(59_999);
    trim_once(world.app()).await.unwrap();
    assert_eq!(rooms(&world, &bob).await.len(), 1);
    world.advance(1);
    // Before the job comes, too.
    let late = room.send("too late");
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(late)).await),
        Code::StaleEpoch
    );
    let longer = ending(&alice, &room, Millis(0));
    let request = room.commit(longer);
    assert_eq!(
        code(alice.ask(&world, Request::RoomCommit(request)).await),
        Code::StaleEpoch
    );
    bob.events();
    for _ in 0..2 {
        trim_once(world.app()).await.unwrap();
        assert!(rooms(&world, &alice).await.is_empty());
        assert_eq!(traces(&world).await, []);
    }
    assert!(rooms_changed(&bob));
    gone(&world, &file).await;
}

/// R38: a moderator deletes a room; whoever is there hears of it by the log, and nobody has to wait for the job.
pub async fn by_hand(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut bobs = room.joined(&world, &bob).await;
    let file = Upload::whole(&world, &room, &bob, 1_000).await;
    // Whoever is no moderator ends nothing.
    let wish = ending(&alice, &bobs, Millis(1));
    let request = bobs.commit(wish);
    assert_eq!(
        code(bob.ask(&world, Request::RoomCommit(request)).await),
        Code::CommitRefused
    );
    GroupMember::give_up(&mut bobs.member);
    bob.events();

    let wish = ending(&alice, &room, Millis(1));
    let request = room.commit(wish);
    let place = accepted(alice.ask(&world, Request::RoomCommit(request)).await);
    gone(&world, &file).await;
    let events = bob.events();
    assert_eq!(
        entry_seqs(&events),
        [place.seq.0],
        "the commit, by which bob's device knows who did it"
    );
    assert!(rooms(&world, &bob).await.is_empty());
    assert_eq!(traces(&world).await, []);
}

/// More than end in one round of the job end in the next.
pub async fn many(world: World) {
    let network_id = alice(&world).await.person.network_id;
    let ends_at = world.now().0.cast_signed();
    world
        .app()
        .store
        .write(move |connection| {
            Box::pin(async move {
                for _ in 0..=MAX_ROOMS_STEP {
                    sqlx::query(
                        "INSERT INTO rooms (room_id, network_id, kind, generation, epoch, last_seq, ends_at)
                         VALUES ($1, $2, 1, 1, 0, 1, $3)",
                    )
                    .bind(random::<16>().as_slice())
                    .bind(network_id.as_bytes().as_slice())
                    .bind(ends_at)
                    .execute(&mut *connection)
                    .await?;
                }
                Ok(crate::store::Written::answer(()))
            })
        })
        .await
        .unwrap();
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "rooms").await, 1);
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "rooms").await, 0);
}

/// The file goes in a task of its own.
pub(super) async fn gone(world: &World, file: &Upload) {
    let gone = async {
        while file.lies(world).await {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(std::time::Duration::from_secs(20), gone).await;
    assert!(gone.is_ok(), "the file of a room that is gone is still there");
}
