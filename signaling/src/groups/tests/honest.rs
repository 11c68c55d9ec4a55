use protocol::{LeafIndex, room_settings::WhoMayAdd};

use super::*;
use crate::groups::testing::call_name;

/// R36: who was added shares the keys from then on.
#[test]
fn added_members_get_in_and_share_the_keys_of_the_founder() {
    let room = Room::new();
    assert_eq!(room.server.epoch(), Epoch(1));
    assert_eq!(room.server.settings(), &room.settings);
    let leaves = room.server.leaves();
    assert_eq!(
        leaves.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(),
        [LeafIndex(0), LeafIndex(1)]
    );
    assert_eq!(leaves[1].certificate, room.bobs.certificate);
    assert_eq!(room.alice_member.export(), room.bob_member.export());
}

#[test]
fn the_effect_names_committer_added_and_removed() {
    let mut room = Room::new();
    let effect = room.bob_commits(Wish::add(&[&room.carols])).unwrap();
    assert_eq!(effect.committer.certificate, room.bobs.certificate);
    assert_eq!(
        effect.added.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(),
        [LeafIndex(2)]
    );
    assert_eq!(effect.added[0].certificate, room.carols.certificate);
    assert!(!effect.external && effect.removed.is_empty() && !effect.settings_changed);
    room.bob_member.merge();

    let leaf = room.bob_member.leaf_of(&room.carols);
    room.judge.wanted.insert(room.carols.device_id);
    let effect = room.bob_commits(Wish::remove(&[leaf])).unwrap();
    assert_eq!(
        effect.removed.iter().map(|leaf| leaf.leaf).collect::<Vec<_>>(),
        [LeafIndex(2)]
    );
    assert_eq!(room.server.leaves().len(), 2);
    assert_eq!(room.server.epoch(), Epoch(3));
}

#[test]
fn an_external_commit_of_a_members_second_device_is_taken() {
    let mut room = Room::new();
    let phone = room.alice.device();
    room.judge
        .users
        .insert(room.alice.user_id, room.alice.known(&[&room.laptop, &phone]));
    let (member, bundle) = phone.join_external(room.server.group_info(), &room.server.tree().unwrap());
    let effect = room.server.apply(&bundle, room.judge.by(&phone), NOW).unwrap();
    assert!(effect.external);
    assert_eq!(effect.committer.leaf, LeafIndex(2));
    assert!(effect.added.is_empty() && effect.removed.is_empty());
    room.bob_member.process(&bundle.commit.0);
    assert_eq!(room.bob_member.export(), member.export());
}

#[test]
fn a_device_that_lost_its_group_state_replaces_its_own_leaf() {
    let mut room = Room::new();
    let (_, bundle) = room
        .bobs
        .join_external(room.server.group_info(), &room.server.tree().unwrap());
    let effect = room
        .server
        .apply(&bundle, room.judge.by(&room.bobs), NOW)
        .unwrap();
    assert_eq!(effect.removed.len(), 1);
    assert_eq!(effect.committer.leaf, LeafIndex(1));
    assert_eq!(room.server.leaves().len(), 2);
}

#[test]
fn a_saved_state_loads_and_goes_on() {
    let mut room = Room::new();
    let saved = room.server.save().unwrap();
    let mut loaded = PublicGroupState::load(&saved).unwrap();
    assert_eq!(loaded.epoch(), room.server.epoch());
    assert_eq!(loaded.leaves(), room.server.leaves());
    assert_eq!(loaded.settings(), room.server.settings());
    assert_eq!(loaded.group_info(), room.server.group_info());
    assert_eq!(loaded.tree().unwrap(), room.server.tree().unwrap());

    let bundle = room.bob_member.commit(Wish::update());
    loaded.apply(&bundle, room.judge.by(&room.bobs), NOW).unwrap();
    room.server
        .apply(&bundle, room.judge.by(&room.bobs), NOW)
        .unwrap();
    assert_eq!(loaded.tree().unwrap(), room.server.tree().unwrap());
    assert_eq!(loaded.save().unwrap(), room.server.save().unwrap());
}

#[test]
fn a_moderator_changes_settings_and_they_hold_from_then_on() {
    let mut room = Room::new();
    let strict = RoomSettings {
        who_may_add: WhoMayAdd::Moderators,
        ..room.settings.clone()
    };
    let bundle = room.alice_member.commit(Wish::settings(strict.clone()));
    let effect = room
        .server
        .apply(&bundle, room.judge.by(&room.laptop), NOW)
        .unwrap();
    assert!(effect.settings_changed);
    assert_eq!(room.server.settings(), &strict);
    room.bob_member.process(&bundle.commit.0);

    let result = room.bob_commits(Wish::add(&[&room.carols]));
    assert_eq!(
        result.unwrap_err(),
        GroupError::Refused(Refusal::AddByNonModerator)
    );
}

#[test]
fn an_update_may_renew_the_certificate_of_the_same_device() {
    let mut room = Room::new();
    let key = *room.bobs.certificate.body().device_key.as_bytes();
    let renewed = room.bob.certificate(
        room.bobs.device_id,
        protocol::identity::PublicKey::from_slice(&key).unwrap(),
        |body| body.not_after = NOW.plus(2_000_000),
    );
    let effect = room
        .bob_commits(Wish {
            identity: Some(renewed.encode()),
            ..Wish::default()
        })
        .unwrap();
    assert_eq!(effect.committer.certificate, renewed);
    assert_eq!(room.server.leaves()[1].certificate, renewed);
}

#[test]
fn an_expired_leaf_may_still_commit() {
    let mut room = Room::new();
    let bundle = room.bob_member.commit(Wish::update());
    let later = NOW.plus(10_000_000);
    assert!(
        room.server
            .apply(&bundle, room.judge.by(&room.bobs), later)
            .is_ok()
    );
}

#[test]
fn users_in_a_commit_are_those_whose_leaves_come() {
    let mut room = Room::new();
    let bundle = room.bob_member.commit(Wish {
        update: true,
        ..Wish::add(&[&room.carols])
    });
    let mut expected = [room.bob.user_id, room.carol.user_id];
    expected.sort_unstable();
    assert_eq!(PublicGroupState::users_in(&bundle).unwrap(), expected);
}

#[test]
fn a_call_group_takes_who_asked() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let (laptop, bobs) = (alice.device(), bob.device());
    let mut judge = TestJudge::new(&[(&alice, &[&laptop]), (&bob, &[&bobs])]);
    let name = call_name();
    let (mut member, founding) = laptop.found(name, &settings(name, RoomKind::Call, &[]));
    let mut server = judge.found(&laptop, &founding);

    let bundle = member.commit(Wish::add(&[&bobs]));
    let refused = server.apply(&bundle, judge.by(&laptop), NOW).unwrap_err();
    assert_eq!(refused, GroupError::Refused(Refusal::AddUnasked));
    judge.asked.insert(bobs.device_id);
    assert!(server.apply(&bundle, judge.by(&laptop), NOW).is_ok());
}
