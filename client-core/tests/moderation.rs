//! What a moderator does to a call: removing somebody, locking it, ending it for everybody.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use conclave_client_core::api::{CallPhase, Command, MediaUpdate, Reply};
use model::{
    Conduct, Honest, Server, World,
    forge::{Forger, Mask},
    meeting::{call, direct_room, join, meet, prepare, try_to_join},
};
use protocol::{
    Code, DeviceId, Problem,
    limits::CALL_COMMITTER_STEP_MS,
    socket::{Reply as ServerReply, Request},
};

fn failed(reply: &Reply) -> &str {
    match reply {
        Reply::Failed(failure) => &failure.code,
        other => panic!("{other:?}"),
    }
}

/// Names of who is in the call, as one of them sees it.
fn roster(world: &World, viewer: &str) -> Vec<String> {
    let mut names: Vec<_> = call(world, viewer)
        .participants
        .iter()
        .map(|participant| participant.person.name.clone())
        .collect();
    names.sort();
    names
}

fn leaf_of(world: &World, viewer: &str, name: &str) -> u32 {
    let mut participants = call(world, viewer).participants.iter();
    participants
        .find(|participant| participant.person.name == name)
        .unwrap()
        .leaf
}

fn remove(world: &mut World, by: &str, name: &str) -> Reply {
    let leaf = leaf_of(world, by, name);
    world.command(by, Command::RemoveParticipant { leaf })
}

fn lock(world: &mut World, by: &str, locked: bool) -> Reply {
    world.command(by, Command::LockCall { locked })
}

/// Epochs that an installation's frame worker was given keys of.
fn epochs(world: &World, name: &str) -> Vec<u64> {
    let media = world.get(name).media.iter();
    media
        .filter_map(|update| match update {
            MediaUpdate::Epoch { epoch, .. } => Some(*epoch),
            _ => None,
        })
        .collect()
}

#[test]
fn whom_a_moderator_removes_is_told_by_whom_and_does_not_come_in_again() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    let before = call(&world, "alice").epoch;
    assert!(call(&world, "alice").may_moderate && !call(&world, "bob").may_moderate);
    assert!(matches!(remove(&mut world, "alice", "Bob"), Reply::Done));

    let bob = call(&world, "bob");
    assert_eq!(
        (bob.phase, bob.by.as_deref()),
        (CallPhase::Removed, Some("Alice"))
    );
    assert!(bob.participants.is_empty());
    assert!(
        world.get("bob").moderated.is_empty(),
        "the end of the call says it"
    );
    for name in ["alice", "carol"] {
        assert_eq!(roster(&world, name), ["Alice", "Carol"], "{name}");
        assert_eq!(
            call(&world, name).epoch,
            before + 1,
            "{name}: the media keys are new"
        );
        assert_eq!(epochs(&world, name).last(), Some(&(before + 1)), "{name}");
    }
    assert!(epochs(&world, "bob").iter().all(|epoch| *epoch <= before));
    let told = ("removed".to_owned(), "Alice".to_owned(), Some("Bob".to_owned()));
    assert_eq!(world.get("carol").moderated, [told]);

    assert_eq!(failed(&try_to_join(&mut world, "bob", room)), "call_removed");
    // For as long as this call lasts.
    for name in ["alice", "carol"] {
        world.command(name, Command::LeaveCall);
    }
    join(&mut world, "bob", room);
    assert_eq!(roster(&world, "bob"), ["Bob"]);
}

/// The server lets him in all the same, and shows his request to the members.
#[test]
fn members_do_not_let_in_whom_a_moderator_removed_whatever_the_server_says() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(LetsIn));
    remove(&mut world, "alice", "Bob");
    let epoch = call(&world, "alice").epoch;
    let id = world.begin("bob", Command::JoinCall { room_id: room });
    // Before he gives up waiting for them.
    world.run_for(800);
    assert_eq!(world.get("bob").replies.get(&id).map(|_| ()), None);
    for name in ["alice", "carol"] {
        assert_eq!(call(&world, name).epoch, epoch, "{name}");
        assert_eq!(roster(&world, name), ["Alice", "Carol"], "{name}");
    }
}

/// Has nothing of the log any more when it is asked for, so that the device has to enter anew.
struct ForgetsTheLog(Arc<AtomicBool>);

impl Conduct for ForgetsTheLog {
    fn on_request(
        &mut self,
        _server: &mut Server,
        _from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let asks = matches!(request, Request::CallSync(_));
        (asks && self.0.swap(false, Ordering::Relaxed)).then(|| Err(Problem::new(Code::NotFound, "")))
    }
}

struct LetsIn;

impl Conduct for LetsIn {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        match request {
            Request::CallJoin(join) => Some(Ok(server.join_call(from, join.clone()))),
            _ => None,
        }
    }
}

#[test]
fn a_removal_takes_all_devices_of_the_person() {
    let (mut world, room) = meet(&["alice", "bob"], Box::new(Honest));
    world.sign_in("bob's phone");
    world.run_for(20_000);
    join(&mut world, "bob's phone", room);
    assert_eq!(roster(&world, "alice"), ["Alice", "Bob", "Bob"]);
    remove(&mut world, "alice", "Bob");
    assert_eq!(roster(&world, "alice"), ["Alice"]);
    for name in ["bob", "bob's phone"] {
        assert_eq!(call(&world, name).phase, CallPhase::Removed, "{name}");
    }
}

#[test]
fn nobody_new_comes_into_a_locked_call() {
    let forgets = Arc::new(AtomicBool::new(false));
    let mut world = World::with(1, Box::new(ForgetsTheLog(forgets.clone())));
    for name in ["alice", "bob", "carol"] {
        world.register(name);
    }
    let room = world.create_room("alice", "Plans", &["bob", "carol"]);
    join(&mut world, "alice", room);
    join(&mut world, "bob", room);
    lock(&mut world, "alice", true);
    assert!(call(&world, "alice").locked && call(&world, "bob").locked);
    let told = ("locked".to_owned(), "Alice".to_owned(), None);
    assert_eq!(world.get("bob").moderated, [told]);
    assert_eq!(failed(&try_to_join(&mut world, "carol", room)), "call_locked");
    assert_eq!(roster(&world, "bob"), ["Alice", "Bob"]);

    // Who is in comes back.
    for anew in [false, true] {
        let epoch = call(&world, "alice").epoch;
        forgets.store(anew, Ordering::Relaxed);
        world.go_offline("bob");
        world.run_for(5_000);
        world.go_online("bob");
        world.run_for(5_000);
        assert_eq!(call(&world, "bob").phase, CallPhase::Joined);
        assert_eq!(roster(&world, "alice"), ["Alice", "Bob"]);
        assert_eq!(call(&world, "alice").epoch > epoch, anew, "as a new leaf");
        assert!(call(&world, "bob").locked);
    }
    // A moderator, too, for else nobody could ever unlock it.
    world.command("alice", Command::LeaveCall);
    world.run_for(1_000);
    assert_eq!(roster(&world, "bob"), ["Bob"]);
    assert!(call(&world, "bob").locked, "and still");
    join(&mut world, "alice", room);
    assert_eq!(roster(&world, "alice"), ["Alice", "Bob"]);
    assert!(call(&world, "alice").locked, "it is known with the group");

    lock(&mut world, "alice", false);
    join(&mut world, "carol", room);
    assert_eq!(roster(&world, "carol"), ["Alice", "Bob", "Carol"]);
    assert!(!call(&world, "carol").locked);
}

#[test]
fn who_starts_anew_comes_back_into_a_locked_call_and_who_leaves_does_not() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    lock(&mut world, "alice", true);
    let before = call(&world, "alice").epoch;
    world.kill("bob");
    world.start("bob");
    world.run_for(5_000);
    assert_eq!(world.get("bob").call, None, "by nobody's wish but bob's");
    assert_eq!(call(&world, "alice").epoch, before, "his leaf stays");
    let away = |world: &World| {
        let mut participants = call(world, "alice").participants.iter();
        participants.find(|one| one.person.name == "Bob").unwrap().away
    };
    assert!(away(&world));

    join(&mut world, "bob", room);
    for name in ["alice", "bob", "carol"] {
        assert_eq!(roster(&world, name), ["Alice", "Bob", "Carol"], "{name}");
        assert_eq!(call(&world, name).epoch, before + 1, "{name}: as a new leaf");
    }
    assert!(!away(&world));

    world.command("bob", Command::LeaveCall);
    world.run_for(1_000);
    assert_eq!(failed(&try_to_join(&mut world, "bob", room)), "call_locked");
}

/// The first leaf is of nobody who is there: the next ones do not wait for it.
#[test]
fn who_is_away_from_a_locked_call_keeps_nobody_waiting() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    lock(&mut world, "alice", true);
    world.kill("bob");
    world.start("bob");
    world.run_for(5_000);
    world.command("alice", Command::LeaveCall);
    world.run_for(CALL_COMMITTER_STEP_MS / 2);
    assert_eq!(roster(&world, "carol"), ["Bob", "Carol"]);
    join(&mut world, "bob", room);
    assert_eq!(roster(&world, "carol"), ["Bob", "Carol"]);
}

#[test]
fn who_is_no_moderator_changes_nothing() {
    let (mut world, _) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    let epoch = call(&world, "carol").epoch;
    assert_eq!(failed(&remove(&mut world, "bob", "Carol")), "forbidden");
    assert_eq!(failed(&lock(&mut world, "bob", true)), "forbidden");
    assert_eq!(failed(&world.command("bob", Command::EndCall)), "forbidden");
    world.run_for(5_000);
    assert_eq!(call(&world, "carol").epoch, epoch);
    assert_eq!(roster(&world, "alice"), ["Alice", "Bob", "Carol"]);
    assert_eq!(
        failed(&remove(&mut world, "alice", "Alice")),
        "forbidden",
        "nor oneself"
    );
}

#[test]
fn in_a_direct_room_nobody_moderates() {
    let mut world = World::new(1);
    let room_id = direct_room(&mut world);
    join(&mut world, "alice", room_id);
    join(&mut world, "bob", room_id);
    assert!(!call(&world, "alice").may_moderate);
    assert_eq!(failed(&remove(&mut world, "alice", "Bob")), "forbidden");
}

#[test]
fn who_ended_the_call_for_all_is_told_to_all() {
    let (mut world, room) = meet(&["alice", "bob", "carol"], Box::new(Honest));
    world.go_offline("carol");
    world.command("alice", Command::EndCall);
    let bob = call(&world, "bob");
    assert_eq!((bob.phase, bob.by.as_deref()), (CallPhase::Ended, Some("Alice")));
    assert_eq!(world.get("alice").call, None);
    assert!(world.room("bob", room).unwrap().call.is_none());
    // Who was cut off then begins no new one.
    world.go_online("carol");
    world.run_for(5_000);
    let carol = call(&world, "carol");
    assert_eq!((carol.phase, carol.by.as_deref()), (CallPhase::Ended, None));
    assert!(world.room("alice", room).unwrap().call.is_none());
    // Who wants to does.
    join(&mut world, "bob", room);
    assert_eq!(roster(&world, "bob"), ["Bob"]);
}

/// What the server does not let a moderator do is not tried for ever.
#[test]
fn a_refused_removal_is_told_and_not_tried_again() {
    struct Refuses;
    impl Conduct for Refuses {
        fn on_request(
            &mut self,
            _server: &mut Server,
            _from: DeviceId,
            request: &Request,
        ) -> Option<Result<ServerReply, Problem>> {
            let Request::CallCommit(commit) = request else {
                return None;
            };
            let adds = !commit.bundle.welcome_to.is_empty();
            (!adds).then(|| Err(Problem::new(Code::CommitRefused, "")))
        }
    }
    let (mut world, _) = meet(&["alice", "bob"], Box::new(Refuses));
    remove(&mut world, "alice", "Bob");
    world.run_for(10_000);
    assert_eq!(world.get("alice").notices, ["moderation_refused"]);
    assert_eq!(roster(&world, "alice"), ["Alice", "Bob"]);
    assert_eq!(call(&world, "bob").phase, CallPhase::Joined);
}

/// Asks to come in with a key package under another key than that of its leaf in the room, as a client can that was
/// changed for it.
struct Spoils(DeviceId);

impl Conduct for Spoils {
    fn on_request(
        &mut self,
        server: &mut Server,
        from: DeviceId,
        request: &Request,
    ) -> Option<Result<ServerReply, Problem>> {
        let Request::CallJoin(join) = request else {
            return None;
        };
        if from != self.0 {
            return None;
        }
        let user_id = server.user_of(from);
        let forger = Forger::new(7);
        let mask = Mask {
            network_id: server.accounts.network_id,
            user_id,
            email: server.accounts.users[&user_id].email.clone(),
            device_id: Some(from),
        };
        let mut join = join.clone();
        join.key_package = forger.key_package(forger.certificate(&mask, None));
        Some(Ok(server.join_call(from, join)))
    }
}

/// Its request goes with every commit, and none with it would be taken by anybody.
#[test]
fn who_asks_to_come_in_spoils_nothing_that_a_moderator_does() {
    let (mut world, room) = prepare(&["alice", "bob", "carol", "dave"], Box::new(Honest));
    let carol = world.get("carol").device.unwrap();
    world.server.conduct = Some(Box::new(Spoils(carol)));
    for name in ["alice", "bob"] {
        join(&mut world, name, room);
    }
    world.begin("carol", Command::JoinCall { room_id: room });
    world.run_for(500);
    remove(&mut world, "alice", "Bob");
    world.run_for(5_000);
    assert!(
        world.get("alice").notices.is_empty(),
        "{:?}",
        world.get("alice").notices
    );
    assert_eq!(call(&world, "bob").phase, CallPhase::Removed);
    // Her own device comes in from outside, as it does where nobody lets it in.
    assert_eq!(roster(&world, "alice"), ["Alice", "Carol"]);
    join(&mut world, "dave", room);
    assert_eq!(roster(&world, "alice"), ["Alice", "Carol", "Dave"]);
}
