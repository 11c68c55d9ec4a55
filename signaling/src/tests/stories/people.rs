//! Accounts, look-up, keys and own state.

use super::*;

pub async fn registration(world: World) {
    let link = world.first.as_ref().unwrap().url.clone();
    let code_of = |link: &str| link.rsplit('/').next().unwrap().to_owned();
    assert!(link.starts_with("https://meet.example.org/invite/"));
    let view = world.invitation(&code_of(&link)).await.json();
    assert_eq!(view["email_fixed"], false);
    assert_eq!(view["email"], "admin@meet.example.org");

    let alice = Account::register(&world, &link, Some("Alice@Example.org")).await;
    assert_eq!(alice.person.email, Email::parse("alice@example.org").unwrap());
    let used = world.invitation(&code_of(&link)).await.problem();
    assert_eq!((used.status, used.code), (410, Code::InvitationUsed));

    // A second account of the same address, whatever the case, is refused; an open invitation is replaced.
    let again = alice.invite(&world, "ALICE@example.ORG").await.problem();
    assert_eq!(again.code, Code::AlreadyRegistered);
    let first = alice.invite(&world, "bob@example.org").await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let second = alice.invite(&world, "bob@example.org").await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        world.invitation(&code_of(&first)).await.problem().code,
        Code::InvitationUsed
    );
    let view = world.invitation(&code_of(&second)).await.json();
    assert_eq!(view["email_fixed"], true);
    let bob = Account::register(&world, &second, None).await;

    // Bob is no administrator, and his password opens what was sealed.
    assert_eq!(
        bob.invite(&world, "dora@example.org").await.problem().code,
        Code::Forbidden
    );
    let grant = Account::sign_in(&world, "Bob@example.org", Account::PASSWORD)
        .await
        .unwrap();
    assert_eq!(grant.user_id, bob.caller.user_id);
    assert_eq!(grant.sealed_aik, vec![7; 80].into());
    assert_eq!(grant.name, "Some One");
    let wrong = Account::sign_in(&world, "bob@example.org", b"a guess")
        .await
        .unwrap_err();
    assert_eq!(wrong.code, Code::WrongPassword);

    // Administration works beside the running server.
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock())
        .await
        .unwrap();
    let invite = |email: &str| Invite {
        network: None,
        email: Email::parse(email).unwrap(),
        name: Some("Carol".to_owned()),
        role: Role::Administrator,
    };
    let invitation = admin.invite(invite("carol@example.org")).await.unwrap();
    let carol = Account::register(&world, &invitation.url, None).await;
    assert_eq!(
        carol.invite(&world, "dora@example.org").await.status,
        StatusCode::CREATED
    );
    assert!(matches!(
        admin.invite(invite("bob@example.org")).await,
        Err(AdminError::AlreadyRegistered)
    ));
    admin.create_network("Another").await.unwrap();
    assert!(matches!(
        admin.invite(invite("eve@example.org")).await,
        Err(AdminError::WhichNetwork)
    ));
    admin.close().await;
}

pub async fn look_up(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let look_up = |email: &str| {
        Request::PersonLookUp(PersonLookUp {
            email: Email::parse(email).unwrap(),
        })
    };
    let Ok(Reply::Person(person)) = alice.ask(&world, look_up("BOB@example.org")).await else {
        panic!()
    };
    assert_eq!(person.user_id, bob.caller.user_id);
    assert_eq!(person.aik, crate::groups::testing::public(&bob.person.aik));
    assert_eq!(person.device_list, bob.list);
    assert_eq!(
        code(alice.ask(&world, look_up("nobody@example.org")).await),
        Code::NotFound
    );

    // Another network is as good as unknown.
    let admin = Admin::open(world.folder.path().to_owned(), world.database(), world.clock())
        .await
        .unwrap();
    let network = admin.create_network("Another").await.unwrap();
    let email = Email::parse("eve@example.org").unwrap();
    let invite = Invite {
        network: Some(network),
        email,
        name: None,
        role: Role::Member,
    };
    let link = admin.invite(invite).await.unwrap().url;
    admin.close().await;
    let eve = Account::register(&world, &link, None).await;
    assert_eq!(
        code(eve.ask(&world, look_up("bob@example.org")).await),
        Code::NotFound
    );
    let claim = Request::KeyPackagesClaim(KeyPackagesClaim {
        users: vec![bob.caller.user_id],
    });
    let Ok(Reply::KeyPackages(claimed)) = eve.ask(&world, claim).await else {
        panic!()
    };
    assert!(claimed.is_empty());

    // Cards go to those who share a room.
    let get = || {
        Request::PeopleGet(PeopleGet {
            users: vec![bob.caller.user_id],
        })
    };
    let Ok(Reply::People(people)) = alice.ask(&world, get()).await else {
        panic!()
    };
    assert!(people.is_empty());
    Room::found(&world, &alice, &[&bob]).await;
    let Ok(Reply::People(people)) = alice.ask(&world, get()).await else {
        panic!()
    };
    assert_eq!(people.len(), 1);
}

pub async fn key_packages(world: World) {
    let (mut alice, bob, _) = trio(&world).await;
    let phone = alice.add_device(&world).await;
    let claim = || {
        Request::KeyPackagesClaim(KeyPackagesClaim {
            users: vec![alice.caller.user_id],
        })
    };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let Ok(Reply::KeyPackages(claimed)) = bob.ask(&world, claim()).await else {
            panic!()
        };
        assert_eq!(claimed[0].key_packages.len(), 2);
        seen.extend(
            claimed[0]
                .key_packages
                .iter()
                .map(|package| package.key_package.0.clone()),
        );
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4, "each was given once");
    // Then the one of last resort, again and again.
    let last = |reply| {
        let Ok(Reply::KeyPackages(claimed)) = reply else {
            panic!()
        };
        let claimed: Vec<protocol::socket::ClaimedUser> = claimed;
        claimed[0]
            .key_packages
            .iter()
            .map(|package| package.key_package.0.clone())
            .collect::<Vec<_>>()
    };
    let once = last(bob.ask(&world, claim()).await);
    assert_eq!(last(bob.ask(&world, claim()).await), once);
    assert!(once.iter().all(|package| !seen.contains(package)));
    // One's own current device is left out.
    let Ok(Reply::KeyPackages(claimed)) = phone.ask(&world, claim()).await else {
        panic!()
    };
    assert_eq!(claimed[0].key_packages.len(), 1);
    assert_eq!(claimed[0].key_packages[0].device_id, alice.caller.device_id);

    let package = Bytes(alice.device.key_package().tls_serialize_detached().unwrap());
    let add = |count, last_resort| {
        Request::KeyPackagesAdd(KeyPackagesAdd {
            key_packages: vec![package.clone(); count],
            last_resort,
        })
    };
    let Ok(Reply::KeyPackagesLeft(3)) = alice.ask(&world, add(3, Some(package.clone()))).await else {
        panic!()
    };
    assert_eq!(
        code(alice.ask(&world, add(KEY_PACKAGES_PER_DEVICE - 2, None)).await),
        Code::TooLarge
    );
    assert_eq!(
        code(alice.ask(&world, add(KEY_PACKAGES_PER_DEVICE + 1, None)).await),
        Code::TooLarge
    );
}

pub async fn own_state(world: World) {
    let mut alice = alice(&world).await;
    let phone = alice.add_device(&world).await;
    let get = |reply| match reply {
        Ok(Reply::OwnState(state)) => (state.version, state.blob.0),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        get(alice.ask(&world, Request::OwnStateGet).await),
        (0, Vec::new())
    );
    let put = |version, byte| {
        Request::OwnStatePut(OwnState {
            version,
            blob: vec![byte].into(),
        })
    };
    assert_eq!(code(alice.ask(&world, put(2, 1)).await), Code::Conflict);
    alice.ask(&world, put(1, 1)).await.unwrap();
    assert_eq!(code(phone.ask(&world, put(1, 2)).await), Code::Conflict);
    phone.ask(&world, put(2, 2)).await.unwrap();
    assert_eq!(get(alice.ask(&world, Request::OwnStateGet).await), (2, vec![2]));
    let told = |events: Vec<Event>| {
        events
            .iter()
            .filter(|event| matches!(event, Event::OwnStateChanged { .. }))
            .count()
    };
    assert_eq!((told(alice.events()), told(phone.events())), (1, 1));
    let large = OwnState {
        version: 3,
        blob: vec![0; 2 * 1024 * 1024].into(),
    };
    assert_eq!(
        code(alice.ask(&world, Request::OwnStatePut(large)).await),
        Code::TooLarge
    );
}
