//! Accounts with several devices: signing in, own state, revoking, copies of a store.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Reply, Secret, SessionView, Trust};
use model::{World, text};
use protocol::Email;

fn code(reply: Reply) -> String {
    match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    }
}

/// R48: a second device comes into all rooms by itself, with titles, and sees nothing old.
#[test]
fn a_second_device_joins_with_titles_and_sees_no_old_messages() {
    let mut world = World::new(1);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    let open = Command::OpenDirect {
        email: "bob@example.org".to_owned(),
    };
    let Reply::Room { room_id: direct } = world.command("alice", open) else {
        panic!()
    };
    world.send("bob", room, "old");
    world.run();
    world.sign_in("alice's phone");
    world.run();
    assert_eq!(world.room("alice's phone", room).unwrap().title, "Plans");
    assert_eq!(world.room("alice's phone", direct).unwrap().title, "Bob");
    assert!(world.texts("alice's phone", room).is_empty());
    world.send("bob", room, "new");
    world.send("alice's phone", room, "from the phone");
    world.send("alice", room, "from the laptop");
    assert_eq!(
        world.texts("alice's phone", room),
        ["new", "from the phone", "from the laptop"]
    );
    assert_eq!(
        world.texts("alice", room),
        ["old", "new", "from the phone", "from the laptop"]
    );
    let phone = world.messages("alice", room);
    assert!(phone.iter().filter(|message| message.mine).count() >= 2);
    assert_eq!(world.happened("bob", room).last().unwrap(), "device_added");
    let devices = world.command("alice", Command::ListDevices);
    assert!(matches!(devices, Reply::Devices(devices) if devices.len() == 2));
}

#[test]
fn a_room_made_later_has_all_devices_of_all_members() {
    let mut world = World::new(2);
    world.register("alice");
    world.register("bob");
    world.sign_in("alice's phone");
    world.sign_in("bob's phone");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("bob's phone", room, "hello");
    for name in ["alice", "alice's phone", "bob", "bob's phone"] {
        assert_eq!(world.texts(name, room), ["hello"], "{name}");
        assert_eq!(world.room(name, room).unwrap().title, "Plans", "{name}");
        assert_eq!(world.room(name, room).unwrap().members.len(), 2, "{name}");
    }
}

#[test]
fn what_is_read_on_one_device_is_read_on_the_other() {
    let mut world = World::new(3);
    world.register("alice");
    world.register("bob");
    world.sign_in("alice's phone");
    let room = world.create_room("bob", "Plans", &["alice"]);
    world.send("bob", room, "one");
    assert_eq!(world.room("alice's phone", room).unwrap().unread, 1);
    world.command("alice", Command::MarkRead { room_id: room });
    world.run();
    assert_eq!(world.room("alice", room).unwrap().unread, 0);
    assert_eq!(world.room("alice's phone", room).unwrap().unread, 0);
}

/// R6: no account with a password that is none.
#[test]
fn wrong_passwords_and_used_invitations_are_refused_and_nothing_stays() {
    let mut world = World::new(4);
    world.register("alice");
    world.install("alice's phone");
    let sign_in = |password: &str| Command::SignIn {
        email: "alice@example.org".to_owned(),
        password: Secret(password.to_owned()),
    };
    assert_eq!(
        code(world.command("alice's phone", sign_in("not the password"))),
        "wrong_password"
    );
    let stranger = Command::SignIn {
        email: "nobody@example.org".to_owned(),
        password: Secret("not the password".to_owned()),
    };
    assert_eq!(code(world.command("alice's phone", stranger)), "wrong_password");
    let register = |code: &str, password: &str| Command::Register {
        code: code.to_owned(),
        email: "dave@example.org".to_owned(),
        name: "Alice".to_owned(),
        password: Secret(password.to_owned()),
    };
    assert_eq!(
        code(world.command("alice's phone", register("invite-alice", "long enough it is"))),
        "invitation_used"
    );
    let fresh = world.server.accounts.invite("dave@example.org");
    assert_eq!(
        code(world.command("alice's phone", register(&fresh, "short"))),
        "password_too_weak"
    );
    assert_eq!(
        code(world.command("alice's phone", text(protocol::RoomId::from_random([1; 16]), "x"))),
        "unauthenticated"
    );
    assert!(matches!(
        world.command("alice's phone", sign_in(model::world::PASSWORD)),
        Reply::Done
    ));
    world.assert_online("alice's phone");
}

/// R5: the account key signs for the address that was typed or shown, whatever the server says.
#[test]
fn no_account_key_certifies_another_address_than_the_person_meant() {
    let mut world = World::new(14);
    world.register("alice");
    world.install("alice's phone");
    world.install("bob");
    world.server.accounts.false_email = Some(Email::parse("mallory@example.org").unwrap());
    let sign_in = Command::SignIn {
        email: " ALICE@example.org ".to_owned(),
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert_eq!(
        code(world.command("alice's phone", sign_in.clone())),
        "email_differs"
    );
    assert!(world.get("alice's phone").store.is_empty());
    let invitation = world.server.accounts.invite("bob@example.org");
    let register = Command::Register {
        code: invitation,
        email: "bob@example.org".to_owned(),
        name: "Bob".to_owned(),
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert_eq!(code(world.command("bob", register.clone())), "email_differs");
    assert!(world.get("bob").store.is_empty());
    assert_eq!(world.server.accounts.devices.len(), 1, "alice's alone");

    world.server.accounts.false_email = None;
    assert!(matches!(world.command("alice's phone", sign_in), Reply::Done));
    assert!(matches!(world.command("bob", register), Reply::Done));
}

#[test]
fn a_revoked_device_is_wiped_and_removed_from_the_rooms() {
    let mut world = World::new(5);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.sign_in("alice's phone");
    world.run();
    let phone = world.get("alice's phone").device.unwrap();
    let revoke = |password: &str| Command::RevokeDevice {
        device_id: phone,
        password: Secret(password.to_owned()),
    };
    assert_eq!(
        code(world.command("alice", revoke("not the password"))),
        "wrong_password"
    );
    let reply = world.command("alice", revoke(model::world::PASSWORD));
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    world.run();
    let session = world.get("alice's phone").session.clone();
    assert_eq!(
        session,
        Some(SessionView::SignedOut {
            reason: Some("device_revoked".to_owned())
        })
    );
    assert_eq!(
        world.get("alice's phone").store.len(),
        1,
        "the batch counter alone stays"
    );
    world.send("bob", room, "without the phone");
    assert!(!world.server.rooms[&room].group.has(phone));
    assert_eq!(world.texts("alice", room), ["without the phone"]);
}

#[test]
fn signing_out_leaves_nothing_and_the_device_can_come_back() {
    let mut world = World::new(6);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("bob", "Plans", &["alice"]);
    world.sign_in("alice's phone");
    world.run();
    assert!(matches!(world.command("alice", Command::SignOut), Reply::Done));
    world.run();
    assert_eq!(
        world.get("alice").session,
        Some(SessionView::SignedOut { reason: None })
    );
    assert_eq!(world.get("alice").store.len(), 1);
    let sign_in = Command::SignIn {
        email: "alice@example.org".to_owned(),
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert!(matches!(world.command("alice", sign_in), Reply::Done));
    world.run();
    world.send("bob", room, "welcome back");
    assert_eq!(world.texts("alice", room), ["welcome back"]);
    assert_eq!(world.texts("alice's phone", room), ["welcome back"]);
}

/// A restored copy of a store is recognised, and nothing is ever encrypted with its groups.
#[test]
fn a_rolled_back_store_is_recognised_and_repairs_itself() {
    let mut world = World::new(7);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "one");
    world.run();
    let copy = world.get("alice").store.clone();
    world.send("alice", room, "two");
    world.send("bob", room, "three");
    world.kill("alice");
    world.installations.get_mut("alice").unwrap().store = copy;
    let epoch = world.room("bob", room).unwrap().epoch;
    world.start("alice");
    world.run();
    assert!(world.get("alice").notices.contains(&"rolled_back".to_owned()));
    world.assert_online("alice");
    world.send("alice", room, "four");
    // All that came after the copy and before the repair is lost on that device; what was there stays.
    assert_eq!(world.texts("alice", room), ["one", "four"]);
    assert_eq!(world.texts("bob", room), ["one", "two", "three", "four"]);
    assert!(world.room("bob", room).unwrap().epoch > epoch);
}

/// Two programs with one state: the one that is behind never encrypts with it, both go on.
#[test]
fn a_clone_never_encrypts_with_the_state_of_the_other() {
    let mut world = World::new(8);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.kill("alice");
    let copy = world.get("alice").store.clone();
    world.start("alice");
    world.run();
    world.send("alice", room, "from the original");
    world.kill("alice");
    let original = std::mem::replace(&mut world.installations.get_mut("alice").unwrap().store, copy);
    world.start("alice");
    world.run();
    world.send("alice", room, "from the copy");
    world.kill("alice");
    world.installations.get_mut("alice").unwrap().store = original;
    world.start("alice");
    world.run();
    world.send("alice", room, "from the original again");
    assert_eq!(
        world.texts("bob", room),
        ["from the original", "from the copy", "from the original again"]
    );
}

#[test]
fn key_packages_are_refilled_and_the_last_resort_replaced_after_use() {
    let mut world = World::new(9);
    world.register("alice");
    world.register("bob");
    world.go_offline("bob");
    let bob = world.get("bob").device.unwrap();
    let before = world.server.accounts.devices[&bob].last_resort.clone();
    for n in 0..8 {
        world.create_room("alice", &format!("{n}"), &["bob"]);
    }
    assert!(world.server.accounts.devices[&bob].key_packages.is_empty());
    world.go_online("bob");
    world.run();
    assert_eq!(world.get("bob").rooms.len(), 8);
    world.go_offline("bob");
    world.go_online("bob");
    let record = &world.server.accounts.devices[&bob];
    assert!(record.key_packages.len() >= 6);
    assert_ne!(record.last_resort, before);
}

#[test]
fn people_are_seen_with_name_address_and_fingerprint() {
    let mut world = World::new(10);
    world.register("alice");
    world.register("bob");
    let Reply::Person(card) = world.command(
        "alice",
        Command::LookUpPerson {
            email: " BOB@example.org ".to_owned(),
        },
    ) else {
        panic!()
    };
    assert_eq!(
        (card.name.as_str(), card.email.as_str()),
        ("Bob", "bob@example.org")
    );
    assert_eq!(card.fingerprint.len(), 64);
    let room = world.create_room("alice", "Plans", &["bob"]);
    let members = &world.room("alice", room).unwrap().members;
    assert!(
        members
            .iter()
            .any(|m| m.name == "Bob" && m.trust == Trust::Unverified && m.fingerprint == card.fingerprint)
    );
    assert!(members.iter().any(|m| m.name == "Alice" && m.trust == Trust::Own));
}

fn sign_in(name: &str) -> Command {
    Command::SignIn {
        email: format!("{name}@example.org"),
        password: Secret(model::world::PASSWORD.to_owned()),
    }
}

fn is_signed_out_by_server(world: &World, name: &str) -> bool {
    let reason = Some("signed_out_by_server".to_owned());
    world.get(name).session == Some(SessionView::SignedOut { reason })
}

/// R49: what was read outlives the server's word; the person goes on with the same store.
#[test]
fn a_server_that_signs_a_device_out_erases_nothing() {
    let mut world = World::new(15);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    world.send("alice", room, "one");
    world.send("bob", room, "two");
    // Who has no device left is removed from the rooms by the others.
    world.sign_in("alice's phone");
    world.run();
    let device = world.get("alice").device.unwrap();
    world.server.revoke(device);
    world.deliver();
    world.run();
    assert!(is_signed_out_by_server(&world, "alice"));
    assert_eq!(
        code(world.command("alice", text(room, "three"))),
        "unauthenticated"
    );
    world.kill("alice");
    world.start("alice");
    world.run_for(60_000);
    assert!(is_signed_out_by_server(&world, "alice"));

    world.send("bob", room, "missed");
    assert_eq!(code(world.command("alice", sign_in("bob"))), "other_account");
    let invitation = world.server.accounts.invite("carol@example.org");
    let register = Command::Register {
        code: invitation,
        email: "carol@example.org".to_owned(),
        name: "Carol".to_owned(),
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert_eq!(code(world.command("alice", register)), "other_account");
    let wrong = Command::SignIn {
        email: "alice@example.org".to_owned(),
        password: Secret("not the password".to_owned()),
    };
    assert_eq!(code(world.command("alice", wrong)), "wrong_password");

    assert!(matches!(world.command("alice", sign_in("alice")), Reply::Done));
    world.run();
    world.assert_online("alice");
    assert_ne!(world.get("alice").device, Some(device), "it is a new device");
    world.send("bob", room, "three");
    world.send("alice", room, "four");
    assert_eq!(world.texts("alice", room), ["one", "two", "three", "four"]);
    assert_eq!(
        world.texts("bob", room),
        ["one", "two", "missed", "three", "four"]
    );
    assert_eq!(world.room("alice", room).unwrap().title, "Plans");
    assert!(!world.server.rooms[&room].group.has(device));

    world.kill("alice");
    world.start("alice");
    world.run();
    world.assert_online("alice");
    assert_eq!(world.texts("alice", room), ["one", "two", "three", "four"]);
}

/// The database was restored from before the device was enrolled.
#[test]
fn a_device_list_from_before_erases_nothing() {
    let mut world = World::new(16);
    world.register("alice");
    world.register("bob");
    let room = world.create_room("alice", "Plans", &["bob"]);
    let user = world.server.user_of(world.get("alice").device.unwrap());
    let before = world.server.accounts.users[&user].list.clone();
    world.sign_in("alice's phone");
    world.run();
    world.send("bob", room, "one");
    let phone = world.get("alice's phone").device.unwrap();
    world.server.accounts.users.get_mut(&user).unwrap().list = before;
    world.server.revoke(phone);
    world.deliver();
    world.run();
    assert!(is_signed_out_by_server(&world, "alice's phone"));
    assert!(matches!(
        world.command("alice's phone", sign_in("alice")),
        Reply::Done
    ));
    world.run();
    world.send("bob", room, "two");
    assert_eq!(world.texts("alice's phone", room), ["one", "two"]);
}

/// A lost device that was revoked meanwhile erases what it has as soon as it hears of it.
#[test]
fn a_device_that_was_revoked_while_it_was_away_is_erased() {
    let mut world = World::new(17);
    world.register("alice");
    world.sign_in("alice's phone");
    world.run();
    let phone = world.get("alice's phone").device.unwrap();
    world.go_offline("alice's phone");
    let revoke = Command::RevokeDevice {
        device_id: phone,
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert!(matches!(world.command("alice", revoke), Reply::Done));
    world.go_online("alice's phone");
    let reason = Some("device_revoked".to_owned());
    assert_eq!(
        world.get("alice's phone").session,
        Some(SessionView::SignedOut { reason })
    );
    assert_eq!(world.get("alice's phone").store.len(), 1);
}

/// Signing on top of an older list would bring the phone back.
#[test]
fn who_is_signed_out_by_the_server_goes_on_from_no_older_list() {
    let mut world = World::new(20);
    world.register("alice");
    world.register("bob");
    world.sign_in("alice's phone");
    world.run();
    let phone = world.get("alice's phone").device.unwrap();
    let device = world.get("alice").device.unwrap();
    let user_id = world.server.user_of(device);
    let older = world.server.accounts.users[&user_id].list.clone();
    let revoke = Command::RevokeDevice {
        device_id: phone,
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert!(matches!(world.command("alice", revoke), Reply::Done));
    world.run();
    world.server.revoke(device);
    world.deliver();
    world.run();
    assert!(is_signed_out_by_server(&world, "alice"));

    let users = &mut world.server.accounts.users;
    let newest = std::mem::replace(&mut users.get_mut(&user_id).unwrap().list, older);
    assert_eq!(code(world.command("alice", sign_in("alice"))), "server_untrusted");
    assert!(is_signed_out_by_server(&world, "alice"));
    world.server.accounts.users.get_mut(&user_id).unwrap().list = newest;
    assert!(matches!(world.command("alice", sign_in("alice")), Reply::Done));
    world.run();
    world.assert_online("alice");
}

/// A number at the end of all numbers would end *persist, then send*, and the recognition of old states.
#[test]
fn a_server_that_tells_of_batches_beyond_reach_is_not_believed() {
    for highest in [u64::MAX, 1 << 53, 1 << 40] {
        let mut world = World::new(21);
        world.register("alice");
        let device = world.get("alice").device.unwrap();
        let record = world.server.accounts.devices.get_mut(&device).unwrap();
        let honest = std::mem::replace(&mut record.highest_batch, highest);
        world.go_offline("alice");
        world.go_online("alice");
        let notices = &world.get("alice").notices;
        assert!(notices.contains(&"server_untrusted".to_owned()), "{highest}");
        assert!(!notices.contains(&"rolled_back".to_owned()), "{highest}");
        assert!(world.get("alice").batches < 1_000);
        world
            .server
            .accounts
            .devices
            .get_mut(&device)
            .unwrap()
            .highest_batch = honest;
        world.run_for(120_000);
        world.assert_online("alice");
    }
}

#[test]
fn what_the_server_signed_out_may_be_erased_here() {
    let mut world = World::new(18);
    world.register("alice");
    world.register("bob");
    world.server.revoke(world.get("alice").device.unwrap());
    world.deliver();
    world.run();
    assert!(is_signed_out_by_server(&world, "alice"));
    assert!(matches!(world.command("alice", Command::SignOut), Reply::Done));
    assert_eq!(world.get("alice").store.len(), 1);
    assert_eq!(
        world.get("alice").session,
        Some(SessionView::SignedOut { reason: None })
    );
    assert!(matches!(world.command("alice", sign_in("bob")), Reply::Done));
}

#[test]
fn signing_out_is_done_however_the_program_ends() {
    for durable in [false, true] {
        let mut world = World::new(19);
        world.register("alice");
        let batches = world.get("alice").batches;
        world.installations.get_mut("alice").unwrap().crash_at = Some((batches + 1, durable));
        world.begin("alice", Command::SignOut);
        assert!(world.get("alice").core.is_none());
        world.start("alice");
        world.run();
        match durable {
            true => assert_eq!(world.get("alice").store.len(), 1),
            false => world.assert_online("alice"),
        }
    }
}
