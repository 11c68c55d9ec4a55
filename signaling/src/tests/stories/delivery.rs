//! Messages: order, sameness, trimming, restart.

use super::*;

pub async fn messages(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let welcome = bob.events();
    assert!(
        welcome.iter().any(|event| matches!(event, Event::RoomWelcome(_))),
        "{welcome:?}"
    );
    assert!(welcome.iter().any(|event| matches!(event, Event::RoomsChanged)));
    assert_eq!(entry_seqs(&alice.events()), [1, 2]);

    for n in 0..10 {
        let sent = accepted(
            alice
                .ask(&world, Request::RoomSend(room.send(&format!("{n}"))))
                .await,
        );
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
    let request = Request::RoomSync(RoomSync {
        room_id: room.id,
        after: Seq(4),
        limit: 3,
    });
    let Ok(Reply::Entries(some)) = carol.ask(&world, request).await else {
        panic!()
    };
    assert_eq!((seqs(&some), some.more), (vec![5, 6, 7], true));

    ack(&world, &carol, room.id, 12).await;
    assert!(sync(&world, &carol, room.id, Seq(12)).await.welcome.is_none());
    let summary = rooms(&world, &carol).await.remove(0);
    assert_eq!(
        (summary.last_seq, summary.acked, summary.has_leaf),
        (Seq(12), Seq(12), true)
    );
    assert_eq!((summary.generation, summary.epoch), (Generation(1), Epoch(1)));
    assert_eq!(summary.members.len(), 3);

    // What is too large, or of another group, or from a stranger, is refused.
    let mut large = room.send("x");
    large.payload.0.resize(70_000, 0);
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(large)).await),
        Code::TooLarge
    );
    let mut other = room.send("x");
    other.epoch = Epoch(9);
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(other)).await),
        Code::Malformed
    );
    let dora = invited(&world, &alice, "dora@example.org").await;
    assert_eq!(
        code(dora.ask(&world, Request::RoomSend(room.send("x"))).await),
        Code::NotFound
    );
    let request = Request::RoomSync(RoomSync {
        room_id: room.id,
        after: Seq(0),
        limit: 3,
    });
    assert_eq!(code(dora.ask(&world, request).await), Code::NotFound);
    assert_eq!(
        code(
            dora.ask(&world, Request::RoomGroupInfo(RoomRef { room_id: room.id }))
                .await
        ),
        Code::NotFound
    );
}

pub async fn idempotency(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let id = RoomId::from_random(random());
    let (member, request) = founding(&alice, id, Generation(1), RoomKind::Room, &[&bob]);
    let found = accepted(alice.ask(&world, Request::RoomFound(request.clone())).await);
    world.advance(10);
    assert_eq!(
        accepted(alice.ask(&world, Request::RoomFound(request.clone())).await),
        found
    );
    let other = RoomFound {
        message_id: message_id(),
        ..request
    };
    assert_eq!(
        code(alice.ask(&world, Request::RoomFound(other)).await),
        Code::Conflict
    );

    let mut room = Room {
        id,
        generation: Generation(1),
        member,
    };
    room.member.merge();
    let send = room.send("once");
    let first = accepted(alice.ask(&world, Request::RoomSend(send.clone())).await);
    world.advance(10);
    assert_eq!(
        accepted(alice.ask(&world, Request::RoomSend(send.clone())).await),
        first
    );
    let forged = RoomSend {
        message_id: send.message_id,
        ..room.send("other bytes")
    };
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(forged)).await),
        Code::DuplicateId
    );

    let commit = room.commit(Wish::update());
    let first = accepted(alice.ask(&world, Request::RoomCommit(commit.clone())).await);
    assert_eq!(
        accepted(alice.ask(&world, Request::RoomCommit(commit)).await),
        first
    );
    // After the epoch went on, the message is still the same message.
    accepted(alice.ask(&world, Request::RoomSend(send)).await);
    assert_eq!(seqs(&sync(&world, &alice, id, Seq(0)).await), [1, 2, 3, 4]);
}

pub async fn history(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    for n in 0..3 {
        accepted(
            alice
                .ask(&world, Request::RoomSend(room.send(&format!("before {n}"))))
                .await,
        );
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
        accepted(
            alice
                .ask(&world, Request::RoomSend(room.send(&format!("{n}"))))
                .await,
        );
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
    assert_eq!(
        seqs(&sync(&world, &bob, room.id, Seq(0)).await),
        [5],
        "expired entries are not given"
    );
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

pub async fn rollback(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    alice.batch = 7;
    accepted(alice.ask(&world, Request::RoomSend(room.send("at seven"))).await);
    alice.batch = 6;
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(room.send("at six"))).await),
        Code::Rollback
    );
    let commit = room.commit(Wish::update());
    assert_eq!(
        code(alice.ask(&world, Request::RoomCommit(commit.clone())).await),
        Code::Rollback
    );
    alice.batch = 7;
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
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
    assert_eq!(
        world.post_as("admin/invitations", token, &body).await.status,
        StatusCode::CREATED
    );
    assert!(
        Account::sign_in(&world, "bob@example.org", Account::PASSWORD)
            .await
            .is_ok()
    );
    accepted(alice.ask(&world, Request::RoomSend(room.send("and on"))).await);

    // What could not be written is not acknowledged: the store is closed.
    world.service.shutdown().await;
    let late = alice.ask(&world, Request::RoomSend(room.send("never"))).await;
    assert_eq!(code(late), Code::Unavailable);
}
