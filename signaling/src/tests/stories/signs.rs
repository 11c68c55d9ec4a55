//! Signs: who gets one, who may give one, and that none stays.

use protocol::{
    limits::SEALED_SIGN_LEN,
    policies::Verify,
    socket::{ContactStanding, RoomSign, SealedSign},
};

use super::{
    contacts::{direct, own_room, require, stand},
    schema::columns,
    *,
};
use crate::limits::{MAX_SIGNS_PER_MINUTE, MAX_WAITING_BEFORE_SIGNS, MINUTE_MS};

fn sign(room: &Room, filled_with: u8) -> RoomSign {
    RoomSign {
        room_id: room.id,
        generation: room.generation,
        epoch: room.epoch(),
        sealed: SealedSign(Box::new([filled_with; SEALED_SIGN_LEN])),
    }
}

async fn give(world: &World, account: &Account, sign: RoomSign) -> Result<(), Code> {
    match account.ask(world, Request::RoomSign(sign)).await {
        Ok(Reply::Done) => Ok(()),
        Ok(other) => panic!("{other:?}"),
        Err(problem) => Err(problem.code),
    }
}

/// First bytes of the signs that came since the last look.
fn signs(account: &Account) -> Vec<u8> {
    let events = account.events();
    let signs = events.iter().filter_map(|event| match event {
        Event::RoomSign(sign) => Some(sign.sealed.0[0]),
        _ => None,
    });
    signs.collect()
}

pub async fn handed_on(world: World) {
    let (mut alice, mut bob, carol) = trio(&world).await;
    let alices_phone = alice.add_device(&world).await;
    let bobs_phone = bob.add_device(&world).await;
    let room = Room::found(&world, &alice, &[&alices_phone, &bob, &bobs_phone, &carol]).await;
    carol.go(&world);
    assert_eq!(give(&world, &alice, sign(&room, 1)).await, Ok(()));
    let events = bob.events();
    let Some(Event::RoomSign(came)) = events.last() else {
        panic!("{events:?}")
    };
    let sent = sign(&room, 1);
    assert_eq!(
        (came.room_id, came.generation, came.epoch, &came.sealed),
        (sent.room_id, sent.generation, sent.epoch, &sent.sealed)
    );
    assert_eq!(signs(&bobs_phone), [1]);
    assert_eq!(signs(&alice), [0; 0]);
    assert_eq!(signs(&alices_phone), [0; 0]);
    // Who was away finds nothing of it.
    let mut carol = carol;
    carol.come(&world);
    assert_eq!(signs(&carol), [0; 0]);
    assert_eq!(give(&world, &bob, sign(&room, 2)).await, Ok(()));
    assert_eq!((signs(&carol), signs(&alice)), (vec![2], vec![2]));
    assert_eq!((signs(&alices_phone), signs(&bobs_phone)), (vec![2], vec![]));
    // One's own devices tell each other nothing.
    let own = own_room(&world, &alice).await;
    assert_eq!(give(&world, &alice, sign(&own, 3)).await, Err(Code::Forbidden));
}

pub async fn nothing_kept(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let before = rows(&world).await;
    for n in 0..10 {
        give(&world, &alice, sign(&room, n)).await.unwrap();
    }
    assert_eq!(signs(&bob).len(), 10);
    assert_eq!(rows(&world).await, before);
    assert_eq!(rooms(&world, &alice).await[0].last_seq, Seq(2));
}

/// How many rows each table has.
async fn rows(world: &World) -> BTreeMap<String, i64> {
    let mut rows = BTreeMap::new();
    for (table, _) in columns(world).await {
        let n = count(world, &table).await;
        rows.insert(table, n);
    }
    rows
}

pub async fn strangers(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    assert_eq!(give(&world, &carol, sign(&room, 1)).await, Err(Code::NotFound));
    // Whether the audience is known or read makes no difference.
    accepted(alice.ask(&world, Request::RoomSend(room.send("hello"))).await);
    assert_eq!(give(&world, &carol, sign(&room, 1)).await, Err(Code::NotFound));
    let nowhere = RoomSign {
        room_id: RoomId::from_random(random()),
        ..sign(&room, 1)
    };
    assert_eq!(give(&world, &alice, nowhere).await, Err(Code::NotFound));
    let other = |generation, epoch| RoomSign {
        generation: Generation(generation),
        epoch: Epoch(epoch),
        ..sign(&room, 1)
    };
    for (generation, epoch) in [(1, 0), (1, 2), (0, 1), (2, 1)] {
        assert_eq!(
            give(&world, &alice, other(generation, epoch)).await,
            Err(Code::StaleEpoch)
        );
    }
    assert_eq!(signs(&bob), [0; 0]);

    // Who left has no say from then on, nor who was removed.
    let of_bob = sign(&room, 2);
    assert_eq!(give(&world, &bob, of_bob.clone()).await, Ok(()));
    let leave = Request::RoomLeave(RoomRef { room_id: room.id });
    bob.ask(&world, leave).await.unwrap();
    assert_eq!(give(&world, &bob, of_bob).await, Err(Code::NotFound));
    assert_eq!(signs(&alice), [2]);
    assert_eq!(give(&world, &alice, sign(&room, 3)).await, Ok(()));
    assert_eq!(signs(&bob), [0; 0]);
    let commit = room.commit(Wish::remove(&[room.member.leaf_of(&bob.device)]));
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
    room.member.merge();
    assert_eq!(give(&world, &bob, sign(&room, 4)).await, Err(Code::NotFound));
    assert_eq!(give(&world, &alice, sign(&room, 5)).await, Ok(()));
    assert_eq!((signs(&alice), signs(&bob)), (vec![], vec![]));
}

pub async fn contacts(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let room = direct(&world, &alice, &bob).await;
    let team = Room::found(&world, &alice, &[&bob, &carol]).await;
    assert_eq!(give(&world, &alice, sign(&room, 1)).await, Ok(()));
    assert_eq!(signs(&bob), [1]);
    stand(&world, &bob, &alice, ContactStanding::Declined).await;
    assert_eq!(give(&world, &alice, sign(&room, 2)).await, Err(Code::NotVerified));
    assert_eq!(
        give(&world, &bob, sign(&room, 2)).await,
        Err(Code::ContactDeclined)
    );
    assert_eq!((signs(&alice), signs(&bob)), (vec![], vec![]));
    // In a room of many both are members as before.
    assert_eq!(give(&world, &alice, sign(&team, 3)).await, Ok(()));
    assert_eq!(signs(&bob), [3]);
    stand(&world, &bob, &alice, ContactStanding::Open).await;
    assert_eq!(give(&world, &alice, sign(&room, 4)).await, Ok(()));
    require(&world, Verify::Required).await;
    let refused = give(&world, &alice, sign(&room, 5)).await;
    assert_eq!(refused, Err(Code::VerifyFirst));
    assert_eq!(signs(&bob), [4]);
}

pub async fn rate(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    for _ in 0..MAX_SIGNS_PER_MINUTE {
        assert_eq!(give(&world, &alice, sign(&room, 1)).await, Ok(()));
        assert_eq!(signs(&bob), [1]);
    }
    assert_eq!(give(&world, &alice, sign(&room, 2)).await, Err(Code::RateLimited));
    assert_eq!(signs(&bob), [0; 0]);
    // It is of the device that gives too many alone, and passes.
    assert_eq!(give(&world, &bob, sign(&room, 3)).await, Ok(()));
    world.advance(MINUTE_MS);
    assert_eq!(give(&world, &alice, sign(&room, 4)).await, Ok(()));
    assert_eq!(signs(&bob), [4]);
}

pub async fn slow_readers(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    bob.events();
    for _ in 0..2 * MAX_WAITING_BEFORE_SIGNS {
        give(&world, &alice, sign(&room, 1)).await.unwrap();
    }
    // What is worth something later comes, and the connection stands.
    accepted(alice.ask(&world, Request::RoomSend(room.send("hello"))).await);
    let events = bob.events();
    assert_eq!(entry_seqs(&events), [3]);
    assert_eq!(events.len(), MAX_WAITING_BEFORE_SIGNS + 1);
    give(&world, &alice, sign(&room, 2)).await.unwrap();
    assert_eq!(signs(&bob), [2]);
}
