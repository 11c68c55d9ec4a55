//! Bytes that no client makes: nothing panics, and what is refused changes nothing.

use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use protocol::{Bytes, socket::CommitBundle};

use super::*;

/// What a mutation does to a part of a bundle.
#[derive(Clone, Debug)]
enum Mutation {
    Flip { at: Index, bit: u8 },
    Cut { at: Index },
    Insert { at: Index, byte: u8 },
    Swap { at: Index, bytes: Vec<u8> },
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Mutation::Flip { at, bit }),
        1 => any::<Index>().prop_map(|at| Mutation::Cut { at }),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Insert { at, byte }),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..6))
            .prop_map(|(at, bytes)| Mutation::Swap { at, bytes }),
    ]
}

fn mutate(part: &mut Vec<u8>, mutation: &Mutation) {
    if part.is_empty() {
        return;
    }
    match mutation {
        Mutation::Flip { at, bit } => {
            let at = at.index(part.len());
            part[at] ^= 1 << bit;
        }
        Mutation::Cut { at } => part.truncate(at.index(part.len())),
        Mutation::Insert { at, byte } => part.insert(at.index(part.len()), *byte),
        Mutation::Swap { at, bytes } => {
            let at = at.index(part.len());
            let end = (at + bytes.len()).min(part.len());
            part.splice(at..end, bytes.iter().copied());
        }
    }
}

/// Runs on one group, for making one is dear.
fn for_all<S: Strategy>(strategy: &S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config).run(strategy, check).unwrap();
}

#[test]
fn mutated_commits_are_refused_and_change_nothing() {
    let mut room = Room::new();
    let wish = Wish {
        update: true,
        ..Wish::add(&[&room.carols])
    };
    let good = room.bob_member.commit(wish);
    room.judge.by(&room.bobs);
    let before = room.server.save().unwrap();
    let loaded = || PublicGroupState::load(&before).unwrap();
    let state = std::cell::RefCell::new(loaded());

    for_all(&(0..3_u8, mutation()), |(part, mutation)| {
        let mut bad = good.clone();
        let target = match part {
            0 => &mut bad.commit.0,
            1 => &mut bad.group_info.0,
            _ => &mut bad.welcome.as_mut().unwrap().0,
        };
        mutate(target, &mutation);
        let _ = PublicGroupState::users_in(&bad);
        let mut state = state.borrow_mut();
        match state.apply(&bad, &room.judge, NOW) {
            Err(_) => prop_assert_eq!(&state.save().unwrap(), &before),
            // Tags and ciphertexts are for the members to judge: such a commit is as good as another here.
            Ok(_) => *state = loaded(),
        }
        Ok(())
    });
    let mut state = state.into_inner();
    assert!(state.apply(&good, &room.judge, NOW).is_ok());
}

#[test]
fn arbitrary_bytes_are_refused_everywhere() {
    let room = Room::new();
    let before = room.server.save().unwrap();
    let state = std::cell::RefCell::new(room.server);
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    for_all(&(bytes(), bytes(), bytes()), |(one, two, three)| {
        let bundle = CommitBundle {
            epoch: Epoch(1),
            commit: Bytes(one.clone()),
            group_info: Bytes(two.clone()),
            welcome: Some(Bytes(three)),
            welcome_to: Vec::new(),
        };
        let mut state = state.borrow_mut();
        prop_assert!(state.apply(&bundle, &room.judge, NOW).is_err());
        prop_assert!(PublicGroupState::users_in(&bundle).is_err());
        prop_assert!(PublicGroupState::found(room.name, &one, &two, &room.judge, NOW).is_err());
        prop_assert!(PublicGroupState::load(&one).is_err());
        prop_assert_eq!(&state.save().unwrap(), &before);
        Ok(())
    });
}

#[test]
fn mutated_foundings_never_panic() {
    let alice = Person::new("alice");
    let laptop = alice.device();
    let mut judge = TestJudge::new(&[(&alice, &[&laptop])]);
    let name = room_name();
    let (_, founding) = laptop.found(name, &settings(name, RoomKind::Room, &[&alice]));
    judge.by(&laptop);
    for_all(&(any::<bool>(), mutation()), |(in_tree, mutation)| {
        let (mut info, mut tree) = (founding.group_info.clone(), founding.tree.clone());
        mutate(if in_tree { &mut tree } else { &mut info }, &mutation);
        let changed = info != founding.group_info || tree != founding.tree;
        let result = PublicGroupState::found(name, &info, &tree, &judge, NOW);
        // Everything in both is signed.
        prop_assert_eq!(result.is_err(), changed);
        Ok(())
    });
}

#[test]
fn a_stored_state_that_was_cut_or_changed_never_panics() {
    let room = Room::new();
    let saved = room.server.save().unwrap();
    for_all(&mutation(), |mutation| {
        let mut bad = saved.clone();
        mutate(&mut bad, &mutation);
        let _ = PublicGroupState::load(&bad);
        Ok(())
    });
}
