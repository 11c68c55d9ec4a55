//! Commits: who wins, who enters, who goes.

use super::*;

pub async fn racing_commits(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let (one, two) = (
        room.commit(Wish::update()),
        of_bob.commit(Wish::add(&[&carol.device])),
    );
    let stale = room.send("of the epoch before");
    let (one, two) = tokio::join!(
        alice.ask(&world, Request::RoomCommit(one)),
        bob.ask(&world, Request::RoomCommit(two))
    );
    let results = [one, two];
    assert_eq!(
        results.iter().filter(|result| result.is_ok()).count(),
        1,
        "{results:?}"
    );
    let lost = results.into_iter().find_map(Result::err).unwrap();
    assert_eq!(lost.code, Code::StaleEpoch);
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(stale)).await),
        Code::StaleEpoch
    );
    assert_eq!(rooms(&world, &alice).await.remove(0).epoch, Epoch(2));

    // A commit that breaks a rule is refused: the sender is not the committer.
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let theirs = of_bob.commit(Wish::update());
    let refused = alice.ask(&world, Request::RoomCommit(theirs)).await.unwrap_err();
    assert_eq!(refused.code, Code::CommitRefused, "{refused:?}");
    let nonsense = CommitBundle {
        commit: vec![1, 2, 3].into(),
        ..room.commit(Wish::update()).bundle
    };
    let request = RoomCommit {
        room_id: room.id,
        generation: Generation(1),
        message_id: message_id(),
        bundle: nonsense,
    };
    assert_eq!(
        code(alice.ask(&world, Request::RoomCommit(request)).await),
        Code::Malformed
    );
}

pub async fn refounding(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    accepted(
        alice
            .ask(&world, Request::RoomSend(room.send("of the first generation")))
            .await,
    );
    let next = |founder: &Account, generation, others: &[&Account]| {
        founding(founder, room.id, generation, RoomKind::Room, others)
    };
    let (_, by_bob) = next(&bob, Generation(2), &[&alice]);
    assert_eq!(
        code(bob.ask(&world, Request::RoomFound(by_bob)).await),
        Code::Forbidden
    );
    let (_, too_far) = next(&alice, Generation(3), &[&bob]);
    assert_eq!(
        code(alice.ask(&world, Request::RoomFound(too_far)).await),
        Code::Conflict
    );
    let dora = invited(&world, &alice, "dora@example.org").await;
    let (mut refused, with_dora) = next(&alice, Generation(2), &[&bob, &dora]);
    assert_eq!(
        code(alice.ask(&world, Request::RoomFound(with_dora)).await),
        Code::CommitRefused
    );
    refused.group.delete(alice.device.provider.storage()).unwrap();

    let (member, request) = next(&alice, Generation(2), &[&bob]);
    let founded = accepted(alice.ask(&world, Request::RoomFound(request)).await);
    assert_eq!(founded.seq, Seq(5));
    let stale = room.send("too late");
    assert_eq!(
        code(alice.ask(&world, Request::RoomSend(stale)).await),
        Code::StaleEpoch
    );
    let mut room = Room {
        id: room.id,
        generation: Generation(2),
        member,
    };
    room.member.merge();
    accepted(
        alice
            .ask(&world, Request::RoomSend(room.send("of the second")))
            .await,
    );
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
    accepted(
        alice
            .ask(&world, Request::RoomSend(room.send("before the phone")))
            .await,
    );
    let phone = alice.add_device(&world).await;
    let summary = rooms(&world, &phone).await.remove(0);
    assert!(!summary.has_leaf);
    let request = Request::RoomGroupInfo(RoomRef { room_id: room.id });
    let Ok(Reply::GroupInfo(info)) = phone.ask(&world, request).await else {
        panic!()
    };
    let GroupInfoReply {
        group_info,
        tree,
        seq,
        ..
    } = info;
    assert_eq!(seq, Seq(3));
    let (mut member, bundle) = phone.device.join_external(&group_info.0, &tree.0);
    let request = RoomCommit {
        room_id: room.id,
        generation: Generation(1),
        message_id: message_id(),
        bundle,
    };
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
        introduces: false,
        wakes: Default::default(),
    };
    accepted(phone.ask(&world, Request::RoomSend(send)).await);

    // A stranger's device does not get in this way.
    let dora = invited(&world, &alice, "dora@example.org").await;
    let (_, bundle) = dora.device.join_external(&group_info.0, &tree.0);
    let request = RoomCommit {
        bundle,
        message_id: message_id(),
        ..request
    };
    assert_eq!(
        code(dora.ask(&world, Request::RoomCommit(request)).await),
        Code::NotFound
    );
}

pub async fn revocation(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let phone = alice.add_device(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &phone]).await;
    let (_, _, _) = (alice.events(), bob.events(), phone.events());

    // A list that does not follow, or has a device of unknown origin, is refused.
    let put = |list| Request::DeviceListPut(DeviceListPut { device_list: list });
    assert_eq!(
        code(alice.ask(&world, put(alice.list.clone())).await),
        Code::Conflict
    );
    let stranger = crate::testing::list_with(&alice, &bob.device);
    assert_eq!(code(alice.ask(&world, put(stranger)).await), Code::BadSignature);

    let list = alice.list_without(&[phone.caller.device_id]);
    alice.ask(&world, put(list.clone())).await.unwrap();
    assert!(matches!(
        phone.events().last(),
        Some(Event::Bye(ByeReason::SignedOut))
    ));
    let told = bob.events();
    let alice_id = alice.caller.user_id;
    assert!(
        told.iter()
            .any(|event| matches!(event, Event::PersonChanged { user_id } if *user_id == alice_id))
    );
    let summary = rooms(&world, &bob).await.remove(0);
    assert_eq!(summary.removals.len(), 1);
    assert_eq!(summary.removals[0].device_id, phone.caller.device_id);
    assert_eq!(summary.removals[0].reason, RemovalReason::DeviceRevoked);
    let token = Some(&phone.session.token);
    let body = serde_json::json!({ "email": "x@example.org" });
    assert_eq!(
        world
            .post_as("admin/invitations", token, &body)
            .await
            .problem()
            .code,
        Code::Unauthenticated
    );
    assert_eq!(
        crate::testing::open_session(&world, &phone.device)
            .await
            .problem()
            .code,
        Code::Unauthenticated
    );

    // It hears nothing more, its messages are refused, and it is not waited for.
    let mut of_phone = room.joined_by(&phone, &world).await;
    let refused = phone.ask(&world, Request::RoomSend(of_phone.send("late"))).await;
    assert!(matches!(code(refused), Code::NotFound | Code::Unauthenticated));
    let mut of_bob = room.joined(&world, &bob).await;
    let commit = of_bob.commit(Wish::remove(&[of_bob.member.leaf_of(&phone.device)]));
    accepted(bob.ask(&world, Request::RoomCommit(commit)).await);
    assert!(rooms(&world, &bob).await.remove(0).removals.is_empty());

    // A revoked device is not added again.
    room.member
        .process(&sync(&world, &alice, room.id, Seq(2)).await.entries[0].payload.0);
    let commit = room.commit(Wish::add(&[&phone.device]));
    assert_ne!(
        code(alice.ask(&world, Request::RoomCommit(commit)).await),
        Code::Internal
    );
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
    assert_eq!(
        code(bob.ask(&world, Request::RoomSend(of_bob.send("late"))).await),
        Code::NotFound
    );
    let summary = rooms(&world, &alice).await.remove(0);
    assert_eq!(summary.removals.len(), 1);
    assert_eq!(summary.removals[0].reason, RemovalReason::Left);
    bob.events();
    accepted(
        alice
            .ask(&world, Request::RoomSend(room.send("without bob")))
            .await,
    );
    assert_eq!(entry_seqs(&bob.events()), [0; 0]);
    assert_eq!(
        code(
            bob.ask(&world, Request::RoomGroupInfo(RoomRef { room_id: room.id }))
                .await
        ),
        Code::NotFound
    );

    let commit = room.commit(Wish::remove(&[room.member.leaf_of(&bob.device)]));
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
    let summary = rooms(&world, &alice).await.remove(0);
    assert!(summary.removals.is_empty());
    assert_eq!(summary.members.len(), 2);

    // With its last member the room goes.
    let gone = room.id;
    for account in [&carol, &alice] {
        account
            .ask(&world, Request::RoomLeave(RoomRef { room_id: gone }))
            .await
            .unwrap();
    }
    for table in ["rooms", "entries", "room_leaves", "room_groups", "removals"] {
        assert_eq!(count(&world, table).await, 0, "{table}");
    }
}

pub async fn signing_out(world: World) {
    let (alice, mut bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let laptop = bob.caller.device_id;
    bob.ask(&world, Request::SignOut).await.unwrap();
    assert!(rooms(&world, &alice).await.remove(0).removals.is_empty());

    let phone = bob.add_device(&world).await;
    let summary = rooms(&world, &phone).await.remove(0);
    assert!(!summary.has_leaf);
    let request = Request::RoomGroupInfo(RoomRef { room_id: room.id });
    let Ok(Reply::GroupInfo(info)) = phone.ask(&world, request).await else {
        panic!()
    };
    let (_, bundle) = phone.device.join_external(&info.group_info.0, &info.tree.0);
    let request = RoomCommit {
        room_id: room.id,
        generation: Generation(1),
        message_id: message_id(),
        bundle,
    };
    alice.events();
    accepted(phone.ask(&world, Request::RoomCommit(request)).await);
    // Now that bob is in with another device, the old leaf is to go, and the members are told.
    assert!(
        alice
            .events()
            .iter()
            .any(|event| matches!(event, Event::RoomsChanged))
    );
    let removals = rooms(&world, &alice).await.remove(0).removals;
    assert_eq!(removals.len(), 1);
    assert_eq!(removals[0].device_id, laptop);
}
