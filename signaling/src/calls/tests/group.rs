use protocol::{
    Code,
    limits::{MAX_APPLICATION_LEN, MAX_CALL_LOG, MAX_COMMITS_PER_MINUTE, MAX_SYNC_ENTRIES},
    socket::{CallSync, EntryKind},
};

use super::*;
use crate::calls::{
    limits::MAX_CALL_LOG_LEN,
    log::{Draft, Log},
};

#[test]
fn a_message_reaches_every_member_in_order_and_nobody_else() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    world.deliver();
    world.join(CAROL).unwrap();
    world.events();
    assert_eq!(seq(world.send(ALICE).unwrap()), Seq(3));
    assert_eq!(seq(world.send(BOB).unwrap()), Seq(4));
    let events = world.events();
    for name in [ALICE, BOB] {
        let places = events
            .iter()
            .filter(|(to, _)| *to == To::Device(world.device(name)));
        let places: Vec<_> = places
            .map(|(_, event)| match event {
                Event::CallEntry { entry, .. } => entry.seq,
                _ => panic!("only entries"),
            })
            .collect();
        assert_eq!(places, [Seq(3), Seq(4)]);
    }
    assert!(
        !events
            .iter()
            .any(|(to, _)| *to == To::Device(world.device(CAROL))),
        "who only waits"
    );
    assert_eq!(events.len(), 4);
}

#[test]
fn the_same_message_again_gets_the_same_answer() {
    let mut world = World::new();
    world.all_in();
    let id = world.message_id();
    let message = world.message(BOB, id);
    let caller = world.clients[BOB].caller();
    let first = world.calls.send(caller, message.clone(), world.now).unwrap();
    world.pass(10);
    world.commit(ALICE, Wish::update()).unwrap();
    world.events();
    assert_eq!(
        world.calls.send(caller, message.clone(), world.now).unwrap(),
        first
    );
    assert!(world.events().is_empty());

    let mut other = message;
    other.payload.0.push(0);
    let refused = world.calls.send(caller, other, world.now).unwrap_err();
    assert_eq!(refused.code(), Code::DuplicateId);
}

#[test]
fn the_same_commit_again_gets_the_same_answer() {
    let mut world = World::new();
    world.all_in();
    let bundle = world
        .clients
        .get_mut(BOB)
        .unwrap()
        .member
        .as_mut()
        .unwrap()
        .commit(Wish::update());
    let client = &world.clients[BOB];
    let request = CallCommit {
        call_id: client.call_id(),
        generation: client.generation(),
        message_id: MessageId::from_random([99; 16]),
        bundle,
    };
    let first = world
        .calls
        .commit(client.caller(), &request, &world.people, world.now)
        .unwrap();
    let again = world
        .calls
        .commit(client.caller(), &request, &world.people, world.now)
        .unwrap();
    assert_eq!(first, again);
    let other = CallCommit {
        message_id: MessageId::from_random([98; 16]),
        ..request
    };
    let stale = world
        .calls
        .commit(client.caller(), &other, &world.people, world.now)
        .unwrap_err();
    assert_eq!(stale.code(), Code::StaleEpoch);
}

#[test]
fn a_message_of_another_epoch_or_generation_is_stale() {
    let mut world = World::new();
    world.all_in();
    let id = world.message_id();
    let late = world.message(BOB, id);
    world.commit(ALICE, Wish::update()).unwrap();
    let caller = world.clients[BOB].caller();
    let stale = world.calls.send(caller, late.clone(), world.now).unwrap_err();
    assert!(matches!(stale, CallError::StaleEpoch { .. }));
    let other = CallSend {
        generation: Generation(2),
        ..late
    };
    assert_eq!(
        world.calls.send(caller, other, world.now).unwrap_err(),
        CallError::StaleGeneration
    );
}

#[test]
fn only_members_send_and_only_private_messages_of_a_fair_size() {
    let mut world = World::new();
    world.all_in();
    let id = world.message_id();
    let good = world.message(BOB, id);
    let caller = world.clients[BOB].caller();
    let mut refused = |payload: Vec<u8>| {
        let bad = CallSend {
            payload: payload.into(),
            ..good.clone()
        };
        world.calls.send(caller, bad, world.now).unwrap_err().code()
    };
    assert_eq!(refused(Vec::new()), Code::Malformed);
    assert_eq!(refused(vec![0, 1, 0, 1, 9]), Code::Malformed, "a PublicMessage");
    assert_eq!(refused(vec![0; MAX_APPLICATION_LEN + 1]), Code::TooLarge);

    world.person("dave");
    world.join("dave").unwrap();
    let dave = world.clients["dave"].caller();
    assert_eq!(
        world.calls.send(dave, good.clone(), world.now).unwrap_err(),
        CallError::NotAdded
    );
    let stranger = Caller {
        device_id: DeviceId::from_random([8; 16]),
        ..caller
    };
    assert_eq!(
        world.calls.send(stranger, good, world.now).unwrap_err(),
        CallError::NotInCall
    );
}

#[test]
fn a_member_syncs_what_it_missed_but_nothing_from_before_its_add() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.send(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    world.deliver();
    world.send(ALICE).unwrap();
    let call_id = world.clients[ALICE].call_id();
    let mut sync = |name: &str, after| {
        let caller = world.clients[name].caller();
        let entries = world
            .calls
            .sync(
                caller,
                CallSync {
                    call_id,
                    after: Seq(after),
                },
            )
            .unwrap()
            .entries;
        entries.iter().map(|entry| entry.seq.0).collect::<Vec<_>>()
    };
    assert_eq!(sync(ALICE, 0), [1, 2, 3, 4]);
    assert_eq!(sync(ALICE, 3), [4]);
    assert_eq!(sync(BOB, 0), [4]);
    assert_eq!(sync(BOB, 4), [] as [u64; 0]);
    assert_eq!(sync(BOB, u64::MAX), [] as [u64; 0]);
}

#[test]
fn commits_are_counted_by_device() {
    let mut world = World::new();
    world.all_in();
    let bundle = world
        .clients
        .get_mut(BOB)
        .unwrap()
        .member
        .as_mut()
        .unwrap()
        .commit(Wish::update());
    let mut broken = bundle.clone();
    broken.commit.0.truncate(20);
    let mut last = None;
    for _ in 0..=MAX_COMMITS_PER_MINUTE {
        last = world.hand_over(BOB, broken.clone()).err();
    }
    assert!(matches!(last, Some(CallError::RateLimited { .. })));
    assert_eq!(
        world.hand_over(BOB, bundle.clone()).unwrap_err().code(),
        Code::RateLimited
    );
    assert!(
        world.commit(ALICE, Wish::default().and_update()).is_ok(),
        "others are not held up"
    );
    world.pass(60_000);
    assert_eq!(world.hand_over(BOB, bundle).unwrap_err().code(), Code::StaleEpoch);
}

impl Wish {
    fn and_update(self) -> Self {
        Self { update: true, ..self }
    }
}

fn draft(len: usize) -> Draft {
    Draft {
        kind: EntryKind::Application,
        epoch: protocol::Epoch(0),
        message_id: MessageId::from_random([0; 16]),
        payload: vec![0; len].into(),
    }
}

#[test]
fn a_log_holds_so_many_entries_and_says_when_some_are_gone() {
    let mut log = Log::new(Generation(1));
    assert_eq!(log.after(Seq(0)), Some((Vec::new(), false)));
    for _ in 0..MAX_CALL_LOG {
        log.push(draft(1), NOW);
    }
    let (entries, more) = log.after(Seq(0)).unwrap();
    assert_eq!((entries.len(), more), (MAX_SYNC_ENTRIES as usize, true));
    log.push(draft(1), NOW);
    assert_eq!(log.after(Seq(0)), None);
    assert_eq!(log.after(Seq(1)).unwrap().0[0].seq, Seq(2));
    let (entries, more) = log.after(Seq(MAX_CALL_LOG as u64)).unwrap();
    assert_eq!((entries.len(), more), (1, false));
}

#[test]
fn a_log_holds_so_many_bytes() {
    let mut log = Log::new(Generation(1));
    log.push(draft(MAX_CALL_LOG_LEN), NOW);
    assert!(log.after(Seq(0)).is_some());
    log.push(draft(1), NOW);
    assert_eq!(log.after(Seq(0)), None);
    assert_eq!(log.after(Seq(1)).unwrap().0.len(), 1);
}
