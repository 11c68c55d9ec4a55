//! Pairing: a new device gets into the account by one that is signed in, past a server that may lie.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, PairingView, Reply, Secret, SessionView};
use model::{World, world::PASSWORD};
use protocol::limits::{MAX_DEVICES_PER_USER, PAIRING_LIFE_MS};

const PHONE: &str = "alice's phone";

fn code(reply: Reply) -> String {
    match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    }
}

fn done(reply: Reply) {
    assert!(matches!(reply, Reply::Done), "{reply:?}");
}

fn admit(password: &str) -> Command {
    Command::AdmitPaired {
        password: Secret(password.to_owned()),
    }
}

/// The code that alice's device shows.
fn shown(world: &World) -> String {
    match &world.get("alice").pairing {
        Some(PairingView::Code { code, .. }) => code.clone(),
        other => panic!("{other:?}"),
    }
}

fn words(world: &World, name: &str) -> Vec<String> {
    match &world.get(name).pairing {
        Some(PairingView::Compare { words, .. }) => words.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn failed(world: &World, name: &str) -> String {
    match &world.get(name).pairing {
        Some(PairingView::Failed { failure }) => failure.code.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

/// The reply to a command that the phone was given and not waited for.
fn taken(world: &mut World, command: u32) -> Reply {
    let phone = world.installations.get_mut(PHONE).unwrap();
    phone.replies.remove(&command).unwrap()
}

fn is_signed_in(world: &World, name: &str) -> bool {
    matches!(world.get(name).session, Some(SessionView::SignedIn { .. }))
}

/// alice, and a device that nobody is signed in on.
fn two(seed: u64) -> World {
    let mut world = World::new(seed);
    world.register("alice");
    world.install(PHONE);
    world
}

/// Both show the words.
fn met(seed: u64) -> World {
    let mut world = two(seed);
    meet(&mut world);
    world
}

fn meet(world: &mut World) {
    done(world.command("alice", Command::OpenPairing));
    let code = shown(world);
    done(world.command(PHONE, Command::EnterPairing { code }));
    world.run();
}

/// R48: the new device has the rooms, and nothing of what was said before.
#[test]
fn a_new_device_gets_into_the_account_without_its_password() {
    for agrees_first in [true, false] {
        let mut world = World::new(1);
        world.register("alice");
        world.register("bob");
        let room = world.create_room("alice", "Plans", &["bob"]);
        world.send("bob", room, "old");
        world.install(PHONE);
        meet(&mut world);
        assert_eq!(words(&world, "alice"), words(&world, PHONE));
        let Some(PairingView::Compare { name, email, .. }) = &world.get(PHONE).pairing else {
            panic!()
        };
        assert_eq!(
            (name.as_str(), email.as_deref()),
            ("Alice", Some("alice@example.org"))
        );
        let Some(PairingView::Compare {
            name, email: None, ..
        }) = &world.get("alice").pairing
        else {
            panic!()
        };
        assert_eq!(name, PHONE);

        let agreed = agrees_first.then(|| world.begin(PHONE, Command::JoinPaired));
        done(world.command("alice", admit(PASSWORD)));
        let agreed = agreed.unwrap_or_else(|| {
            world.run();
            assert!(!is_signed_in(&world, PHONE), "nobody has agreed");
            world.begin(PHONE, Command::JoinPaired)
        });
        world.run();
        let reply = taken(&mut world, agreed);
        done(reply);
        world.run();
        world.assert_online(PHONE);
        let finished = PairingView::Done {
            name: PHONE.to_owned(),
        };
        assert_eq!(world.get("alice").pairing, Some(finished));
        assert_eq!(world.get(PHONE).pairing, None);

        assert_eq!(world.room(PHONE, room).unwrap().title, "Plans");
        assert!(world.texts(PHONE, room).is_empty());
        world.send("bob", room, "new");
        world.send(PHONE, room, "from the phone");
        assert_eq!(world.texts(PHONE, room), ["new", "from the phone"]);
        assert_eq!(world.texts("bob", room), ["old", "new", "from the phone"]);
        let devices = world.command("alice", Command::ListDevices);
        assert!(matches!(devices, Reply::Devices(devices) if devices.len() == 2));
        // It is one like any other: it may be revoked, and may pair others.
        done(world.command(PHONE, Command::OpenPairing));
    }
}

/// The page that asked is gone as soon as it is signed in, and the other side is told all the same.
#[test]
fn what_is_done_is_told_although_nobody_looks() {
    let mut world = met(2);
    done(world.command("alice", admit(PASSWORD)));
    let joining = world.begin(PHONE, Command::JoinPaired);
    let ending = world.begin(PHONE, Command::EndPairing);
    world.run();
    world.run();
    for command in [joining, ending] {
        let reply = taken(&mut world, command);
        done(reply);
    }
    world.assert_online(PHONE);
    assert!(matches!(
        world.get("alice").pairing,
        Some(PairingView::Done { .. })
    ));
}

#[test]
fn a_wrong_password_can_be_typed_again() {
    let mut world = met(2);
    assert_eq!(
        code(world.command("alice", admit("not the password"))),
        "wrong_password"
    );
    let shown = words(&world, "alice");
    assert_eq!(shown, words(&world, PHONE));
    done(world.command("alice", admit(PASSWORD)));
    done(world.command(PHONE, Command::JoinPaired));
    world.assert_online(PHONE);
}

#[test]
fn codes_that_are_none_are_told() {
    let mut world = two(3);
    let enter = |code: &str| Command::EnterPairing {
        code: code.to_owned(),
    };
    assert_eq!(
        code(world.command(PHONE, enter("K7Q2-9MX"))),
        "pairing_code_malformed"
    );
    assert_eq!(code(world.command(PHONE, enter("K7Q2-9MXP"))), "pairing_unknown");
    done(world.command("alice", Command::OpenPairing));
    let first = shown(&world);
    // A new one takes the place of the one before.
    done(world.command("alice", Command::OpenPairing));
    assert_ne!(shown(&world), first);
    assert_eq!(code(world.command(PHONE, enter(&first))), "pairing_unknown");
    let second = shown(&world);
    done(world.command(PHONE, enter(&second.to_lowercase().replace('-', " "))));
    world.install("stranger");
    assert_eq!(code(world.command("stranger", enter(&second))), "pairing_taken");
    assert_eq!(
        code(world.command(PHONE, Command::OpenPairing)),
        "offline",
        "nobody is signed in"
    );
    assert_eq!(code(world.command("alice", enter(&second))), "not_ready");
    assert_eq!(
        code(world.command("stranger", Command::JoinPaired)),
        "pairing_over"
    );
    assert_eq!(code(world.command("stranger", admit(PASSWORD))), "pairing_over");
}

#[test]
fn either_side_can_end_it_and_a_code_ends_by_itself() {
    for ends in ["alice", PHONE] {
        let mut world = met(4);
        done(world.command(ends, Command::EndPairing));
        world.run();
        let other = if ends == PHONE { "alice" } else { PHONE };
        assert_eq!(failed(&world, other), "pairing_over");
        assert_eq!(world.get(ends).pairing, None);
        assert!(!is_signed_in(&world, PHONE));
        // And again, from the beginning.
        meet(&mut world);
        assert_eq!(words(&world, "alice"), words(&world, PHONE));
    }
    let mut world = met(4);
    let joining = world.begin(PHONE, Command::JoinPaired);
    world.run_for(PAIRING_LIFE_MS);
    assert_eq!(failed(&world, "alice"), "pairing_over");
    assert_eq!(failed(&world, PHONE), "pairing_over");
    let reply = taken(&mut world, joining);
    assert_eq!(code(reply), "pairing_over");
    assert_eq!(code(world.command("alice", admit(PASSWORD))), "pairing_over");
}

/// Whatever the server changes, the new device is enrolled in no other account than was shown, or not at all.
#[test]
fn a_server_that_changes_what_is_said_is_found_out() {
    // The commitment, the new device's keys, the known device's answer, and what is sealed.
    for (seed, side, message) in [(5, 0, 0), (6, 1, 0), (7, 0, 1), (8, 0, 2)] {
        for at in [0, 40, 1_160, 1_262] {
            let mut world = two(seed);
            let changes = move |of: usize, which: usize, bytes: &mut Vec<u8>| {
                if (of, which) == (side, message) {
                    let at = at.min(bytes.len() - 1);
                    bytes[at] ^= 1;
                }
            };
            world.server.accounts.pairings.tamper = Some(Box::new(changes));
            meet(&mut world);
            let compare = |name: &str| match &world.get(name).pairing {
                Some(PairingView::Compare { words, .. }) => Some(words.clone()),
                _ => None,
            };
            let seen = compare("alice").zip(compare(PHONE));
            let case = format!("message {message} of side {side} at {at}: {seen:?}");
            match seen {
                Some((one, other)) if one == other => {
                    // Nobody can see it yet; nothing comes of it.
                    let joining = world.begin(PHONE, Command::JoinPaired);
                    done(world.command("alice", admit(PASSWORD)));
                    world.run();
                    let reply = taken(&mut world, joining);
                    assert_eq!(code(reply), "pairing_over", "{case}");
                    assert_eq!(failed(&world, PHONE), "pairing_differs", "{case}");
                }
                Some(_) => {}
                None => {
                    let of = |name: &str| matches!(world.get(name).pairing, Some(PairingView::Failed { .. }));
                    assert!(of("alice") || of(PHONE), "{case}");
                }
            }
            assert!(!is_signed_in(&world, PHONE), "{case}");
            let devices = world.command("alice", Command::ListDevices);
            assert!(
                matches!(devices, Reply::Devices(devices) if devices.len() == 1),
                "{case}"
            );
        }
    }
}

/// A server that holds the answer back, and has the person begin anew meanwhile, gets nothing for a device of its own.
#[test]
fn a_password_is_for_the_pairing_that_it_was_typed_for() {
    let mut world = met(14);
    world.hold = Some("/api/v1/login/finish");
    let admitted = world.begin("alice", admit(PASSWORD));
    world.run();
    done(world.command("alice", Command::OpenPairing));
    world.install("stranger");
    let shown = shown(&world);
    done(world.command("stranger", Command::EnterPairing { code: shown }));
    world.run();
    let joining = world.begin("stranger", Command::JoinPaired);
    world.release();
    world.run_for(20_000);
    let replies = &mut world.installations.get_mut("alice").unwrap().replies;
    assert_eq!(code(replies.remove(&admitted).unwrap()), "pairing_over");
    assert!(matches!(
        world.get("alice").pairing,
        Some(PairingView::Compare { .. })
    ));
    assert!(!world.get("stranger").replies.contains_key(&joining));
    let devices = world.command("alice", Command::ListDevices);
    assert!(matches!(devices, Reply::Devices(devices) if devices.len() == 1));
}

/// The new device says nothing before the other one has committed to a key.
#[test]
fn the_new_device_speaks_second() {
    let mut world = two(15);
    let heard = std::rc::Rc::new(std::cell::RefCell::new(vec![]));
    let order = std::rc::Rc::clone(&heard);
    world.server.accounts.pairings.tamper = Some(Box::new(move |side, which, _| {
        order.borrow_mut().push((side, which))
    }));
    meet(&mut world);
    assert_eq!(*heard.borrow(), [(0, 0), (1, 0), (0, 1)]);
}

/// The answer to the code is lost: entered again, it is the same device that enters.
#[test]
fn a_code_whose_answer_is_lost_can_be_typed_again() {
    let mut world = two(16);
    done(world.command("alice", Command::OpenPairing));
    let enter = Command::EnterPairing { code: shown(&world) };
    world.server.accounts.pairings.lose_next = true;
    assert_eq!(code(world.command(PHONE, enter.clone())), "unavailable");
    done(world.command(PHONE, enter));
    world.run();
    assert_eq!(words(&world, "alice"), words(&world, PHONE));
}

/// Whether the device was added, the account's own list says, and not who says so.
#[test]
fn a_device_is_one_when_the_list_says_so() {
    let mut world = met(17);
    done(world.command("alice", admit(PASSWORD)));
    world.run_for(20_000);
    assert_eq!(world.get("alice").pairing, Some(PairingView::Working));
    // The new device has what it needs and goes away.
    world.kill(PHONE);
    world.run_for(PAIRING_LIFE_MS);
    assert_eq!(failed(&world, "alice"), "pairing_unsure");
}

#[test]
fn a_clock_that_is_ahead_or_behind_does_not_matter() {
    for (seed, off) in [(18, 3_600_000_i64), (19, -3_600_000)] {
        let mut world = two(seed);
        world.server.accounts.pairings.clock = off;
        meet(&mut world);
        assert_eq!(words(&world, "alice"), words(&world, PHONE));
    }
}

#[test]
fn a_connection_that_is_lost_delays_it() {
    let mut world = two(9);
    done(world.command("alice", Command::OpenPairing));
    let shown = shown(&world);
    world.go_offline("alice");
    done(world.command(PHONE, Command::EnterPairing { code: shown }));
    world.run_for(20_000);
    world.go_online("alice");
    world.run_for(10_000);
    assert_eq!(words(&world, "alice"), words(&world, PHONE));
    world.go_offline(PHONE);
    done(world.command("alice", admit(PASSWORD)));
    let joining = world.begin(PHONE, Command::JoinPaired);
    world.run_for(20_000);
    world.go_online(PHONE);
    world.run_for(10_000);
    let reply = taken(&mut world, joining);
    done(reply);
    world.assert_online(PHONE);
    assert!(matches!(
        world.get("alice").pairing,
        Some(PairingView::Done { .. })
    ));
}

/// Nothing of a pairing is stored.
#[test]
fn a_program_that_starts_anew_begins_anew() {
    for restarts in ["alice", PHONE] {
        let mut world = met(10);
        world.kill(restarts);
        world.start(restarts);
        world.run();
        let admitted = world.command("alice", admit(PASSWORD));
        match restarts {
            "alice" => assert_eq!(code(admitted), "pairing_over"),
            // Nobody takes what is given.
            _ => done(admitted),
        }
        assert!(!is_signed_in(&world, PHONE));
        meet(&mut world);
        done(world.command("alice", admit(PASSWORD)));
        done(world.command(PHONE, Command::JoinPaired));
        world.assert_online(PHONE);
    }
}

/// Who signed in by the password meanwhile stays.
#[test]
fn who_is_signed_in_by_then_is_left_alone() {
    let mut world = met(11);
    world.register("bob");
    let email = "alice@example.org".to_owned();
    let password = Secret(PASSWORD.to_owned());
    done(world.command(PHONE, Command::SignIn { email, password }));
    world.assert_online(PHONE);
    done(world.command("alice", admit(PASSWORD)));
    assert_eq!(code(world.command(PHONE, Command::JoinPaired)), "not_ready");
    world.assert_online(PHONE);
    let devices = world.command("alice", Command::ListDevices);
    assert!(matches!(devices, Reply::Devices(devices) if devices.len() == 2));
}

/// R47: a store that waits for its account goes on by a pairing as by the password, and is given to no other account.
#[test]
fn a_store_that_waits_for_its_account_is_given_to_no_other() {
    let mut world = World::new(12);
    world.register("alice");
    world.register("bob");
    world.sign_in(PHONE);
    let room = world.create_room("bob", "Plans", &["alice"]);
    world.send("bob", room, "read before");
    assert_eq!(world.texts(PHONE, room), ["read before"]);
    let device = world.get(PHONE).device.unwrap();
    // The server says so, and the account's list does not.
    world.server.revoke(device);
    world.deliver();
    world.run_for(60_000);
    assert!(!is_signed_in(&world, PHONE));

    let pair = |world: &mut World, with: &str| {
        done(world.command(with, Command::OpenPairing));
        let Some(PairingView::Code { code, .. }) = world.get(with).pairing.clone() else {
            panic!()
        };
        done(world.command(PHONE, Command::EnterPairing { code }));
        world.run();
        done(world.command(with, admit(PASSWORD)));
        world.command(PHONE, Command::JoinPaired)
    };
    assert_eq!(code(pair(&mut world, "bob")), "other_account");
    assert_eq!(failed(&world, PHONE), "other_account");
    done(pair(&mut world, "alice"));
    world.run();
    world.assert_online(PHONE);
    assert_eq!(world.texts(PHONE, room), ["read before"]);
}

#[test]
fn an_account_has_only_so_many_devices() {
    let mut world = World::new(13);
    world.register("alice");
    for number in 1..MAX_DEVICES_PER_USER {
        world.sign_in(&format!("alice's {number}"));
    }
    world.install(PHONE);
    meet(&mut world);
    assert_eq!(code(world.command("alice", admit(PASSWORD))), "too_many_devices");
    assert_eq!(words(&world, "alice"), words(&world, PHONE));
}
