//! Accounts and sessions over HTTP: the good way is in the stories; here is what goes wrong.

use std::os::unix::fs::PermissionsExt as _;

use axum::http::StatusCode;
use opaque_ke::ClientLogin;
use openmls_traits::signatures::Signer as _;
use protocol::{
    Bytes, Code, DeviceId, Email,
    accounts::{
        ChallengeReply, ChallengeRequest, LoginFinish, LoginStart, LoginStartReply, RegistrationStart,
        RevocationAsk, RevocationReply,
    },
    identity::{SessionChallenge, Signature},
    limits::{
        GRANT_LIFE_MS, HANDSHAKE_LIFE_MS, INVITATION_LIFE_MS, MAX_JSON_BODY_LEN, MAX_SIGN_INS_PER_WINDOW,
        SESSION_LIFE_MS, SIGN_IN_WINDOW_MS,
    },
    socket::Request,
};
use serde_json::json;

use super::stories::{alice, trio};
use crate::{
    accounts::{Suite, SystemRandom},
    groups::testing::Device,
    limits::MAX_SESSION_OPENS_PER_DEVICE,
    random::random,
    testing::{Account, World, new_device, open_session, sign_challenge},
};

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be_get_a_problem_document() {
    let world = World::new().await;
    for (body, code, status) in [
        (b"{".to_vec(), Code::Malformed, 400),
        (b"[]".to_vec(), Code::Malformed, 400),
        (b"{}".to_vec(), Code::Malformed, 400),
        (br#"{"email":"alice","opaque":""}"#.to_vec(), Code::Malformed, 400),
        (
            br#"{"email":"a@x.org","opaque":"***"}"#.to_vec(),
            Code::Malformed,
            400,
        ),
        (
            br#"{"email":"a@x.org","opaque":"AAAA"}"#.to_vec(),
            Code::Malformed,
            400,
        ),
        (vec![b' '; MAX_JSON_BODY_LEN + 1], Code::TooLarge, 413),
    ] {
        let problem = world.post_raw("login/start", None, body).await.problem();
        assert_eq!((problem.code, problem.status), (code, status), "{problem:?}");
        assert!(
            !problem.detail.contains("alice"),
            "what was sent is not told back"
        );
    }
    let announced = axum::http::Request::post("/api/v1/login/start").header("content-length", 1_u64 << 40);
    let problem = world
        .http(announced.body(axum::body::Body::empty()).unwrap())
        .await
        .problem();
    assert_eq!(problem.code, Code::TooLarge);
    assert_eq!(world.get("nothing/here").await.problem().code, Code::NotFound);
    assert_eq!(world.get("login/start").await.problem().status, 405);
    assert_eq!(world.get("health").await.status, StatusCode::OK);
    let server = world.get("server").await;
    assert_eq!(server.headers["cache-control"], "no-store");
    assert_eq!(server.json()["now"], world.now().0);
}

#[tokio::test]
async fn an_invitation_expires_and_an_unknown_one_is_gone() {
    let world = World::new().await;
    let code = world
        .first
        .as_ref()
        .unwrap()
        .url
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let (_, prepared) = Account::prepare(&world, &code, None).await;
    world.advance(INVITATION_LIFE_MS);
    let problem = world.invitation(&code).await.problem();
    assert_eq!((problem.code, problem.status), (Code::InvitationExpired, 410));
    let finish = world
        .post("registration/finish", &prepared.finish)
        .await
        .problem();
    assert_eq!(finish.code, Code::InvitationExpired);
    assert_eq!(
        world.invitation("AAAAAAAAAAAAAAAAAAAAAA").await.problem().code,
        Code::InvitationUsed
    );
}

/// R5: the administrator says who is invited.
#[tokio::test]
async fn a_settled_email_cannot_be_chosen() {
    let world = World::new().await;
    let alice = alice(&world).await;
    let link = alice.invite(&world, "bob@example.org").await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let started = opaque_ke::ClientRegistration::<Suite>::start(&mut SystemRandom, b"password").unwrap();
    let request = RegistrationStart {
        invitation: link.rsplit('/').next().unwrap().to_owned(),
        email: Some(Email::parse("eve@example.org").unwrap()),
        opaque: started.message.serialize().to_vec().into(),
    };
    assert_eq!(
        world.post("registration/start", &request).await.problem().code,
        Code::Malformed
    );
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_may_be_sent_again() {
    let world = World::new().await;
    let code = world
        .first
        .as_ref()
        .unwrap()
        .url
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let (_, prepared) = Account::prepare(&world, &code, None).await;
    let first = world.post("registration/finish", &prepared.finish).await;
    let second = world.post("registration/finish", &prepared.finish).await;
    assert_eq!(
        (first.status, second.status),
        (StatusCode::CREATED, StatusCode::CREATED)
    );
    assert_eq!(first.bytes, second.bytes);
    // Another device by the same link is not.
    let mut other = prepared.finish;
    let device = prepared.person.device();
    other.device = new_device(
        &device,
        &crate::testing::sign_list(&prepared.person, None, &[&device]),
    );
    assert_eq!(
        world.post("registration/finish", &other).await.problem().code,
        Code::InvitationUsed
    );
}

#[tokio::test]
async fn certificates_and_lists_must_fit_the_account() {
    let world = World::new().await;
    let code = world
        .first
        .as_ref()
        .unwrap()
        .url
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    let (_, prepared) = Account::prepare(&world, &code, None).await;
    let person = &prepared.person;
    let refused = async |device: &std::rc::Rc<crate::groups::testing::Device>, list| {
        let mut finish = prepared.finish.clone();
        finish.device = new_device(device, &list);
        let problem = world.post("registration/finish", &finish).await.problem();
        assert_eq!(problem.code, Code::BadSignature, "{problem:?}");
    };
    let list = |device| crate::testing::sign_list(person, None, &[device]);

    let stranger = crate::groups::testing::Person::new("stranger");
    let device = stranger.device();
    refused(&device, list(&device)).await;
    let device = person.device_with(|body| body.user_id = stranger.user_id);
    refused(&device, list(&device)).await;
    let device = person.device_with(|body| body.not_after = world.now());
    refused(&device, list(&device)).await;
    let device = person.device();
    refused(&device, list(&person.device())).await;
    let second = crate::testing::sign_list(person, Some(&prepared.list), &[&device]);
    refused(&device, second).await;
    let two = crate::testing::sign_list(person, None, &[&device, &person.device()]);
    refused(&device, two).await;

    let mut finish = prepared.finish.clone();
    finish.name = "\u{7}".to_owned();
    assert_eq!(
        world.post("registration/finish", &finish).await.problem().code,
        Code::Malformed
    );
    finish.name = "n".repeat(129);
    assert_eq!(
        world.post("registration/finish", &finish).await.problem().code,
        Code::TooLarge
    );
    // After all that the invitation still works.
    assert_eq!(
        world.post("registration/finish", &prepared.finish).await.status,
        StatusCode::CREATED
    );
}

/// Who asks for an address learns nothing from the answer: not its shape, nor that it changes.
#[tokio::test]
async fn unknown_addresses_are_answered_like_known_ones() {
    let world = World::new().await;
    let alice = alice(&world).await;
    let ask = async |email: &str, request: &Bytes| -> LoginStartReply {
        let email = Email::parse(email).unwrap();
        world
            .post(
                "login/start",
                &LoginStart {
                    email,
                    opaque: request.clone(),
                },
            )
            .await
            .read()
    };
    let started = ClientLogin::<Suite>::start(&mut SystemRandom, b"a guess").unwrap();
    let request: Bytes = started.message.serialize().to_vec().into();
    let known = ask("alice@example.org", &request).await;
    let unknown = ask("nobody@example.org", &request).await;
    assert_eq!(known.opaque.0.len(), unknown.opaque.0.len());
    assert_eq!(
        known.login_id.0.len() - "alice".len(),
        unknown.login_id.0.len() - "nobody".len()
    );

    // The evaluated element comes first; it is the same before and after the account comes into being.
    let before = ask("bob@example.org", &request).await;
    let link = alice.invite(&world, "bob@example.org").await.json()["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let invited = ask("bob@example.org", &request).await;
    Account::register(&world, &link, None).await;
    let after = ask("bob@example.org", &request).await;
    assert_eq!(before.opaque.0[..32], invited.opaque.0[..32]);
    assert_eq!(before.opaque.0[..32], after.opaque.0[..32]);

    let no_account = Account::sign_in(&world, "nobody@example.org", b"a guess")
        .await
        .unwrap_err();
    let wrong = Account::sign_in(&world, "alice@example.org", b"a guess")
        .await
        .unwrap_err();
    assert_eq!(no_account, wrong);
    assert_eq!(wrong.code, Code::WrongPassword);
}

#[tokio::test]
async fn guessing_is_slowed_down_for_known_and_unknown_alike() {
    let world = World::new().await;
    alice(&world).await;
    for email in ["alice@example.org", "nobody@example.org"] {
        for _ in 0..MAX_SIGN_INS_PER_WINDOW {
            let refused = Account::sign_in(&world, email, b"a guess").await.unwrap_err();
            assert_eq!(refused.code, Code::WrongPassword);
        }
        let limited = Account::sign_in(&world, email, Account::PASSWORD)
            .await
            .unwrap_err();
        assert_eq!((limited.code, limited.status), (Code::RateLimited, 429));
        assert_eq!(limited.retry_after_ms, Some(SIGN_IN_WINDOW_MS));
    }
    world.advance(SIGN_IN_WINDOW_MS);
    // The right password gives the allowance back.
    for _ in 0..MAX_SIGN_INS_PER_WINDOW + 2 {
        Account::sign_in(&world, "alice@example.org", Account::PASSWORD)
            .await
            .unwrap();
    }
}

/// Who tries from elsewhere cannot shut the owner out.
#[tokio::test]
async fn a_stranger_at_the_limit_leaves_the_owner_the_own_tries() {
    let world = World::new().await;
    alice(&world).await;
    let sign_in = async |from: &str, password: &[u8]| {
        *world.from.lock().unwrap() = Some(from.parse().unwrap());
        let outcome = Account::sign_in(&world, "alice@example.org", password).await;
        outcome.map(drop).map_err(|problem| problem.code)
    };
    for n in 0..MAX_SIGN_INS_PER_WINDOW {
        let neighbour = format!("203.0.113.{n}");
        assert_eq!(sign_in(&neighbour, b"a guess").await, Err(Code::WrongPassword));
    }
    assert_eq!(sign_in("203.0.113.99", b"a guess").await, Err(Code::RateLimited));
    assert_eq!(sign_in("2001:db8::1", Account::PASSWORD).await, Ok(()));
}

#[tokio::test]
async fn a_device_opens_so_many_sessions_and_no_more() {
    let world = World::new().await;
    let alice = alice(&world).await;
    for _ in 0..MAX_SESSION_OPENS_PER_DEVICE - 1 {
        assert_eq!(open_session(&world, &alice.device).await.status, StatusCode::OK);
    }
    let limited = open_session(&world, &alice.device).await.problem();
    assert_eq!(limited.code, Code::RateLimited);
    world.advance(HANDSHAKE_LIFE_MS);
    assert_eq!(open_session(&world, &alice.device).await.status, StatusCode::OK);
}

/// Who has the key of a certified device hears what the account says of it; nobody else does.
#[tokio::test]
async fn a_device_that_is_gone_is_shown_the_list_without_it() {
    let world = World::new().await;
    let alice = alice(&world).await;
    let ask = async |certified: &Device, signer: &Device| {
        let device_id = certified.device_id;
        let challenge: ChallengeReply = world
            .post("session/challenge", &ChallengeRequest { device_id })
            .await
            .read();
        let nonce: [u8; 32] = challenge.nonce.0.clone().try_into().unwrap();
        let signed = signer
            .keys
            .sign(&SessionChallenge { device_id, nonce }.to_be_signed());
        let ask = RevocationAsk {
            certificate: certified.certificate.clone(),
            nonce: challenge.nonce,
            signature: Signature(signed.unwrap().try_into().unwrap()),
        };
        world.post("session/revoked", &ask).await
    };
    let gone = alice.person.device();
    let shown: RevocationReply = ask(&gone, &gone).await.read();
    assert_eq!(shown.device_list, alice.list);
    let by_other_key = ask(&gone, &alice.device).await.problem();
    assert_eq!(by_other_key.code, Code::Unauthenticated);
    let stranger = crate::groups::testing::Person::new("mallory").device();
    assert_eq!(
        ask(&stranger, &stranger).await.problem().code,
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn a_sign_in_is_finished_once_and_in_its_time() {
    let world = World::new().await;
    alice(&world).await;
    let (first, finish) = crate::testing::login(&world, "alice@example.org").await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        world.post("login/finish", &finish).await.problem().code,
        Code::WrongPassword
    );
    let mut bent = LoginFinish {
        login_id: finish.login_id.clone(),
        opaque: finish.opaque.clone(),
    };
    bent.login_id.0[20] ^= 1;
    assert_eq!(
        world.post("login/finish", &bent).await.problem().code,
        Code::WrongPassword
    );

    let grant = Account::sign_in(&world, "alice@example.org", Account::PASSWORD)
        .await
        .unwrap();
    let (late, _) = {
        let start = crate::testing::start_login(&world, "alice@example.org").await;
        world.advance(HANDSHAKE_LIFE_MS);
        crate::testing::finish_login(&world, start).await
    };
    assert_eq!(late.problem().code, Code::WrongPassword);
    world.advance(GRANT_LIFE_MS);
    let device = crate::groups::testing::Person::new("x").device();
    let body = new_device(&device, &grant.device_list);
    let ended = world
        .post_as("devices", Some(&grant.grant), &body)
        .await
        .problem();
    assert_eq!(ended.code, Code::Unauthenticated);
}

#[tokio::test]
async fn a_grant_adds_one_device_and_outlives_a_lost_race() {
    let world = World::new().await;
    let mut alice = alice(&world).await;
    let grant = Account::sign_in(&world, "alice@example.org", Account::PASSWORD)
        .await
        .unwrap();
    // Another device was faster: its list is the current one now.
    let faster = alice.add_device(&world).await;
    let device = alice.person.device();
    let stale = crate::testing::list_after(&alice.person, &grant.device_list, &device);
    let lost = world
        .post_as("devices", Some(&grant.grant), &new_device(&device, &stale))
        .await
        .problem();
    assert_eq!(lost.code, Code::Conflict);
    let list = crate::testing::list_after(&alice.person, &faster.list, &device);
    let body = new_device(&device, &list);
    assert_eq!(
        world.post_as("devices", Some(&grant.grant), &body).await.status,
        StatusCode::CREATED
    );
    let again = world
        .post_as("devices", Some(&grant.grant), &body)
        .await
        .problem();
    assert_eq!(again.code, Code::Unauthenticated);
    assert_eq!(
        world.post("devices", &body).await.problem().code,
        Code::Unauthenticated
    );
}

/// R35: requests need a session, and a session the device key.
#[tokio::test]
async fn a_challenge_is_answered_once_by_the_device_it_is_for() {
    let world = World::new().await;
    let (alice, bob, _) = trio(&world).await;
    let challenge = async |device_id| -> ChallengeReply {
        world
            .post("session/challenge", &ChallengeRequest { device_id })
            .await
            .read()
    };
    let unknown = challenge(DeviceId::from_random(random())).await;
    assert_eq!(unknown.nonce.0.len(), 32);

    let nonce = challenge(alice.device.device_id).await;
    let open = sign_challenge(&alice.device, &nonce);
    assert_eq!(world.post("session/open", &open).await.status, StatusCode::OK);
    assert_eq!(
        world.post("session/open", &open).await.problem().code,
        Code::Unauthenticated
    );
    let mut forged = sign_challenge(&bob.device, &challenge(alice.device.device_id).await);
    assert_eq!(
        world.post("session/open", &forged).await.problem().code,
        Code::Unauthenticated
    );
    forged.device_id = alice.device.device_id;
    assert_eq!(
        world.post("session/open", &forged).await.problem().code,
        Code::Unauthenticated
    );
    let late = sign_challenge(&alice.device, &challenge(alice.device.device_id).await);
    world.advance(HANDSHAKE_LIFE_MS);
    assert_eq!(
        world.post("session/open", &late).await.problem().code,
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_successor_or_its_device() {
    let world = World::new().await;
    let alice = alice(&world).await;
    let body = json!({ "email": "x@example.org" });
    let invite = async |token: &Bytes| {
        world
            .post_as("admin/invitations", Some(token), &body)
            .await
            .status
    };
    assert_eq!(invite(&alice.session.token).await, StatusCode::CREATED);
    let renewed: protocol::accounts::Session = open_session(&world, &alice.device).await.read();
    assert_eq!(invite(&alice.session.token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(invite(&renewed.token).await, StatusCode::CREATED);
    assert_eq!(invite(&Bytes(vec![0; 32])).await, StatusCode::UNAUTHORIZED);
    world.advance(SESSION_LIFE_MS);
    assert_eq!(invite(&renewed.token).await, StatusCode::UNAUTHORIZED);

    let last: protocol::accounts::Session = open_session(&world, &alice.device).await.read();
    alice.ask(&world, Request::SignOut).await.unwrap();
    assert_eq!(invite(&last.token).await, StatusCode::UNAUTHORIZED);
    assert!(world.app().tickets.redeem(&last.ticket.0, world.now()).is_none());
    assert_eq!(
        open_session(&world, &alice.device).await.status,
        StatusCode::UNAUTHORIZED
    );
}

/// R7: the setup that would permit guesses lies outside the database, for the owner's eyes only.
#[tokio::test]
async fn the_server_setup_is_a_file_of_its_own_and_damage_is_noticed() {
    let world = World::new().await;
    alice(&world).await;
    let path = world.folder.path().join("opaque-server-setup");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let setup = std::fs::read(&path).unwrap();
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let file = file.unwrap().path();
        if file == path || file.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        let secret = &setup[1..33];
        assert!(
            !bytes.windows(32).any(|window| window == secret),
            "{}",
            file.display()
        );
        assert!(
            !bytes
                .windows(Account::PASSWORD.len())
                .any(|window| window == Account::PASSWORD)
        );
    }
    let world = world.restart().await;
    assert!(
        Account::sign_in(&world, "alice@example.org", Account::PASSWORD)
            .await
            .is_ok()
    );
    world.service.shutdown().await;
    std::fs::write(&path, &setup[..40]).unwrap();
    let settings = crate::Settings {
        data_dir: world.folder.path().to_owned(),
        database_url: None,
        public_url: World::URL.to_owned(),
        proxies: vec![],
        turn: None,
        blobs: crate::BlobLimits::default(),
        blob_place: crate::BlobPlace::Folder,
        courier: None,
        clock: world.clock(),
    };
    let opened = crate::Service::open(settings, std::sync::Arc::new(crate::testing::Sfu::default())).await;
    assert!(matches!(opened, Err(crate::OpenError::ServerSetup { .. })));
}
