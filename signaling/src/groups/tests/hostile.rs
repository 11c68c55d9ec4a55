use openmls::prelude::{
    CredentialType, Extension, Extensions, RequiredCapabilitiesExtension, UnknownExtension,
};
use protocol::{Bytes, Code, DeviceId, Generation, LeafIndex, Millis, socket::CommitBundle};

use super::*;
use crate::groups::{
    check,
    outline::Outline,
    testing::{CLASSIC_SUITE, SETTINGS_TYPE, SUITE, call_name, extensions, extensions_with},
};

impl Room {
    fn apply(&mut self, bundle: &CommitBundle, by: &Device) -> Result<CommitEffect, GroupError> {
        self.server.apply(bundle, self.judge.by(by), NOW)
    }

    /// Bob adds a leaf whose key package carries this identity.
    fn bob_adds_identity(&mut self, identity: Vec<u8>) -> Result<CommitEffect, GroupError> {
        let key_package = self.carols.key_package_as(identity);
        self.bob_commits(Wish {
            add: vec![(self.carols.device_id, key_package)],
            ..Wish::default()
        })
    }
}

/// Replaces the only occurrence of `from`, which has the length of `to`.
fn patch(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at: Vec<_> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert_eq!(at.len(), 1, "the pattern stands once");
    bytes[at[0]..at[0] + to.len()].copy_from_slice(to);
}

#[test]
fn a_device_without_a_listed_key_is_not_let_in() {
    let mut room = Room::new();
    let strange = room.carol.device();
    let result = room.bob_commits(Wish::add(&[&strange]));
    room.assert_refused(result, Refusal::DeviceNotListed);
}

#[test]
fn a_certificate_by_another_key_is_refused() {
    let mut room = Room::new();
    let body = room.carols.certificate.body().clone();
    // Mallory signs, but the certificate names carol's AIK.
    let mallory = Person::new("mallory");
    let forged = mallory.certificate(body.device_id, body.device_key, |forged| *forged = body.clone());
    let result = room.bob_adds_identity(forged.encode());
    assert_eq!(result.as_ref().unwrap_err().code(), Code::BadSignature);
    room.assert_refused(result, Refusal::CertificateSignature);
}

#[test]
fn a_certificate_by_an_aik_that_is_not_the_users_is_refused() {
    let mut room = Room::new();
    let body = room.carols.certificate.body().clone();
    let mallory = Person::new("mallory");
    let forged = mallory.certificate(body.device_id, body.device_key, |forged| {
        forged.user_id = body.user_id;
        forged.email = body.email.clone();
    });
    let result = room.bob_adds_identity(forged.encode());
    room.assert_refused(result, Refusal::CertificateUser);
}

#[test]
fn a_leaf_with_another_key_than_its_certificate_is_refused() {
    let mut room = Room::new();
    let result = room.bob_adds_identity(room.laptop.certificate.encode());
    room.assert_refused(result, Refusal::CertificateKey);
}

#[test]
fn a_leaf_without_a_certificate_is_refused() {
    let mut room = Room::new();
    let result = room.bob_adds_identity(b"carol".to_vec());
    room.assert_refused(result, Refusal::NoCertificate);
}

#[test]
fn an_unknown_user_and_an_expired_certificate_are_refused() {
    let mut room = Room::new();
    let expired = room.carol.device_with(|body| body.not_after = NOW);
    room.judge
        .users
        .insert(room.carol.user_id, room.carol.known(&[&expired]));
    let result = room.bob_commits(Wish::add(&[&expired]));
    room.assert_refused(result, Refusal::CertificateExpired);
    room.bob_member.give_up();

    room.judge.users.remove(&room.carol.user_id);
    let result = room.bob_commits(Wish::add(&[&room.carols]));
    room.assert_refused(result, Refusal::UnknownUser);
}

#[test]
fn an_uninvited_device_cannot_join_by_an_external_commit() {
    let mut room = Room::new();
    let (_, bundle) = room
        .carols
        .join_external(room.server.group_info(), &room.server.tree().unwrap());
    let result = room.apply(&bundle, &Rc::clone(&room.carols));
    room.assert_refused(result, Refusal::ExternalUninvited);
}

#[test]
fn an_external_commit_cannot_evict_someone() {
    let mut room = Room::new();
    let (_, mut bundle) = room
        .bobs
        .join_external(room.server.group_info(), &room.server.tree().unwrap());
    // Remove (by value, type 3) of bob's own leaf 1 becomes one of alice's leaf 0.
    patch(
        &mut bundle.commit.0,
        &[1, 0, 3, 0, 0, 0, 1],
        &[1, 0, 3, 0, 0, 0, 0],
    );
    let result = room.apply(&bundle, &Rc::clone(&room.bobs));
    room.assert_refused(result, Refusal::ExternalProposals);
}

#[test]
fn a_member_removes_nobody_elses_leaf_unless_wanted() {
    let mut room = Room::new();
    let bundle = room.bob_member.commit(Wish::remove(&[LeafIndex(0)]));
    let bobs = Rc::clone(&room.bobs);
    let result = room.apply(&bundle, &bobs);
    room.assert_refused(result, Refusal::RemoveByNonModerator);
    room.judge.wanted.insert(room.laptop.device_id);
    assert!(room.apply(&bundle, &bobs).is_ok());
}

#[test]
fn a_moderator_removes_someone() {
    let mut room = Room::new();
    let effect = room.alice_commits(Wish::remove(&[LeafIndex(1)])).unwrap();
    assert_eq!(effect.removed[0].certificate, room.bobs.certificate);
    assert_eq!(room.server.leaves().len(), 1);
}

/// B8: caps and roles are part of the group, and not for everyone to change.
#[test]
fn settings_are_not_a_members_to_change() {
    let mut room = Room::new();
    let mut mine = room.settings.clone();
    mine.moderators.push(room.bob.user_id);
    let result = room.bob_commits(Wish::settings(mine));
    room.assert_refused(result, Refusal::SettingsByNonModerator);
}

#[test]
fn room_and_kind_never_change() {
    let mut room = Room::new();
    let other = RoomSettings {
        kind: RoomKind::Own,
        ..room.settings.clone()
    };
    let result = room.alice_commits(Wish::settings(other));
    room.assert_refused(result, Refusal::SettingsOfOther);
}

/// Else a moderator could shut out members whose devices do not know something, or make settings unchangeable.
#[test]
fn what_every_leaf_must_know_never_changes() {
    let other = RequiredCapabilitiesExtension::new(&[SETTINGS_TYPE], &[], &[CredentialType::Basic]);
    let mut room = Room::new();
    let wish = Wish {
        extensions: Some(extensions_with(&room.settings, other)),
        ..Wish::default()
    };
    let result = room.alice_commits(wish);
    room.assert_refused(result, Refusal::BadSettings);
}

#[test]
fn a_room_keeps_a_moderator() {
    let mut room = Room::new();
    let none = RoomSettings {
        moderators: Vec::new(),
        ..room.settings.clone()
    };
    let result = room.alice_commits(Wish::settings(none));
    room.assert_refused(result, Refusal::NoModerator);
}

#[test]
fn a_psk_proposal_is_refused() {
    let mut room = Room::new();
    let psk = room.bob_member.psk_proposal();
    let result = room.bob_commits(Wish {
        proposals: vec![psk],
        ..Wish::default()
    });
    room.assert_refused(result, Refusal::ForbiddenProposal { proposal_type: 4 });
}

#[test]
fn reinit_update_and_unknown_proposals_are_refused() {
    for proposal_type in [2_u16, 5, 8, 9, 10, 0xF000] {
        let mut room = Room::new();
        let mut bundle = room.alice_member.commit(Wish::remove(&[LeafIndex(1)]));
        let [high, low] = proposal_type.to_be_bytes();
        patch(
            &mut bundle.commit.0,
            &[1, 0, 3, 0, 0, 0, 1],
            &[1, high, low, 0, 0, 0, 1],
        );
        let result = room.apply(&bundle, &Rc::clone(&room.laptop));
        room.assert_refused(result, Refusal::ForbiddenProposal { proposal_type });
    }
}

#[test]
fn loose_proposals_and_application_messages_are_no_commits() {
    let mut room = Room::new();
    let mut bundle = room.bob_member.commit(Wish::update());
    room.bob_member.give_up();
    bundle.commit = Bytes(room.bob_member.loose_proposal(LeafIndex(0)));
    let bobs = Rc::clone(&room.bobs);
    let result = room.apply(&bundle, &bobs);
    room.assert_refused(result, Refusal::NoCommit);

    bundle.commit = Bytes(room.alice_member.message(b"hello"));
    let error = room.apply(&bundle, &bobs).unwrap_err();
    assert_eq!(error, GroupError::Malformed { what: "commit" });
}

#[test]
fn a_commit_over_another_devices_connection_is_refused() {
    let mut room = Room::new();
    let bundle = room.alice_member.commit(Wish::update());
    let result = room.apply(&bundle, &Rc::clone(&room.bobs));
    room.assert_refused(result, Refusal::OtherSender);
}

#[test]
fn an_update_cannot_take_someone_elses_name() {
    let mut room = Room::new();
    let as_carol = room.carol.certificate(
        room.bobs.device_id,
        room.bobs.certificate.body().device_key,
        |_| {},
    );
    let result = room.bob_commits(Wish {
        identity: Some(as_carol.encode()),
        ..Wish::default()
    });
    room.assert_refused(result, Refusal::IdentityChanged);
}

#[test]
fn a_device_has_one_leaf() {
    let mut room = Room::new();
    // With another key, for MLS itself refuses two leaves of the same key.
    let twin = room
        .carol
        .device_with(|body| body.device_id = room.carols.device_id);
    let mut known = room.carol.known(&[&room.carols]);
    known
        .live_devices
        .push((twin.device_id, twin.certificate.body().device_key));
    room.judge.users.insert(room.carol.user_id, known);
    let result = room.bob_commits(Wish::add(&[&room.carols, &twin]));
    room.assert_refused(result, Refusal::DeviceTwice);
}

#[test]
fn the_welcome_is_for_exactly_the_added() {
    let mut room = Room::new();
    let good = room.bob_member.commit(Wish::add(&[&room.carols]));
    let bobs = Rc::clone(&room.bobs);
    let to = |welcome_to: &[DeviceId]| CommitBundle {
        welcome_to: welcome_to.to_vec(),
        ..good.clone()
    };

    for bad in [
        to(&[]),
        to(&[room.bobs.device_id]),
        to(&[room.carols.device_id, room.carols.device_id]),
        CommitBundle {
            welcome: None,
            ..good.clone()
        },
    ] {
        let result = room.apply(&bad, &bobs);
        room.assert_refused(result, Refusal::WelcomeTo);
    }
    assert!(room.apply(&good, &bobs).is_ok());
}

#[test]
fn the_welcome_of_another_commit_is_refused() {
    let mut room = Room::new();
    let other = room.alice_member.commit(Wish::add(&[&room.carols]));
    let mut bundle = room.bob_member.commit(Wish::add(&[&room.carols]));
    bundle.welcome = other.welcome;
    let result = room.apply(&bundle, &Rc::clone(&room.bobs));
    room.assert_refused(result, Refusal::WelcomeTo);
}

#[test]
fn a_group_info_of_another_group_epoch_or_commit_is_refused() {
    let mut room = Room::new();
    let mut bundle = room.bob_member.commit(Wish::update());
    let bobs = Rc::clone(&room.bobs);

    let other = Room::new();
    bundle.group_info = other.alice_member.group_info(false);
    let error = room.apply(&bundle, &bobs).unwrap_err();
    assert_eq!(error, GroupError::OtherGroup { what: "group info" });

    bundle.group_info = room.alice_member.group_info(false);
    let result = room.apply(&bundle, &bobs);
    room.assert_refused(result, Refusal::GroupInfoContext);

    bundle.group_info = room.alice_member.commit(Wish::update()).group_info;
    let result = room.apply(&bundle, &bobs);
    room.assert_refused(result, Refusal::GroupInfoContext);
}

#[test]
fn a_group_info_by_another_hand_or_with_a_tree_is_refused() {
    let mut room = Room::new();
    let bundle = room.bob_member.commit(Wish::update());
    let bobs = Rc::clone(&room.bobs);

    let mut unsigned = bundle.clone();
    *unsigned.group_info.0.last_mut().unwrap() ^= 1;
    let result = room.apply(&unsigned, &bobs);
    room.assert_refused(result, Refusal::GroupInfoSignature);

    // Of the right epoch, but signed by alice.
    room.alice_member.process(&bundle.commit.0);
    let by_alice = CommitBundle {
        group_info: room.alice_member.group_info(false),
        ..bundle.clone()
    };
    let result = room.apply(&by_alice, &bobs);
    room.assert_refused(result, Refusal::GroupInfoContext);

    room.bob_member.merge();
    let with_tree = CommitBundle {
        group_info: room.bob_member.group_info(true),
        ..bundle.clone()
    };
    let result = room.apply(&with_tree, &bobs);
    room.assert_refused(result, Refusal::GroupInfoExtensions);
    assert!(room.apply(&bundle, &bobs).is_ok());
}

#[test]
fn a_commit_of_an_old_epoch_says_stale() {
    let mut room = Room::new();
    let late = room.bob_member.commit(Wish::update());
    room.alice_commits(Wish::update()).unwrap();
    let error = room.apply(&late, &Rc::clone(&room.bobs)).unwrap_err();
    assert_eq!(
        error,
        GroupError::StaleEpoch {
            current: Epoch(2),
            got: Epoch(1)
        }
    );
    assert_eq!(error.code(), Code::StaleEpoch);
}

#[test]
fn a_commit_of_another_group_or_generation_is_refused() {
    let mut room = Room::new();
    let mut other = Room::new();
    let bundle = other.bob_member.commit(Wish::update());
    let error = room.apply(&bundle, &Rc::clone(&other.bobs)).unwrap_err();
    assert_eq!(error, GroupError::OtherGroup { what: "commit" });
}

#[test]
fn a_forged_signature_is_refused() {
    let mut room = Room::new();
    let mut bundle = room.bob_member.commit(Wish::update());
    // The sender's leaf is not signed over by position, but by key: bob's signature is not alice's.
    patch(
        &mut bundle.commit.0,
        &[1, 0, 0, 0, 1, 0, 3],
        &[1, 0, 0, 0, 0, 0, 3],
    );
    let result = room.apply(&bundle, &Rc::clone(&room.laptop));
    room.assert_refused(result, Refusal::IdentityChanged);

    let mut bundle = {
        room.bob_member.give_up();
        room.bob_member.commit(Wish::add(&[&room.carols]))
    };
    patch(
        &mut bundle.commit.0,
        &[1, 0, 0, 0, 1, 0, 3],
        &[1, 0, 0, 0, 0, 0, 3],
    );
    let error = room.apply(&bundle, &Rc::clone(&room.laptop)).unwrap_err();
    assert!(matches!(error, GroupError::Mls { .. }), "{error}");
    assert_eq!(room.server.epoch(), Epoch(1));
}

#[test]
fn nobody_is_added_to_a_direct_room() {
    let mut room = Room::of_kind(RoomKind::Direct);
    let result = room.alice_commits(Wish::add(&[&room.carols]));
    room.assert_refused(result, Refusal::AddToDirect);
}

#[test]
fn an_oversized_part_is_refused_before_it_is_read() {
    let mut room = Room::new();
    let mut bundle = room.bob_member.commit(Wish::update());
    bundle.commit.0.resize(protocol::limits::MAX_HANDSHAKE_LEN + 1, 0);
    let error = room.apply(&bundle, &Rc::clone(&room.bobs)).unwrap_err();
    assert_eq!(error.code(), Code::TooLarge);
}

fn founding_error(name: GroupName, settings: &RoomSettings, now: Millis) -> GroupError {
    let alice = Person::new("alice");
    let laptop = alice.device();
    let mut judge = TestJudge::new(&[(&alice, &[&laptop])]);
    let settings = RoomSettings {
        moderators: vec![alice.user_id],
        ..settings.clone()
    };
    let (_, founding) = laptop.found(name, &settings);
    PublicGroupState::found(name, &founding.group_info, &founding.tree, judge.by(&laptop), now)
        .err()
        .unwrap()
}

#[test]
fn a_group_is_founded_only_under_its_own_name_and_settings() {
    let name = room_name();
    let of_other = settings(room_name(), RoomKind::Room, &[]);
    assert_eq!(
        founding_error(name, &of_other, NOW),
        Refusal::SettingsOfOther.into()
    );
    let call = settings(name, RoomKind::Call, &[]);
    assert_eq!(founding_error(name, &call, NOW), Refusal::SettingsOfOther.into());
    let room = settings(name, RoomKind::Room, &[]);
    assert_eq!(
        founding_error(call_name(), &room, NOW),
        Refusal::SettingsOfOther.into()
    );
    assert_eq!(
        founding_error(name, &room, NOW.plus(9_000_000)),
        Refusal::CertificateExpired.into()
    );
}

/// Alice alone, and what the server says to a founding by her.
struct Founder {
    laptop: Rc<Device>,
    judge: TestJudge,
    name: GroupName,
    settings: RoomSettings,
}

impl Founder {
    fn new() -> Self {
        let alice = Person::new("alice");
        let laptop = alice.device();
        let judge = TestJudge::new(&[(&alice, &[&laptop])]);
        let name = room_name();
        let settings = settings(name, RoomKind::Room, &[&alice]);
        Self {
            laptop,
            judge,
            name,
            settings,
        }
    }

    fn error(&mut self, name: GroupName, group_info: &[u8], tree: &[u8]) -> GroupError {
        let judge = self.judge.by(&self.laptop);
        PublicGroupState::found(name, group_info, tree, judge, NOW)
            .err()
            .unwrap()
    }
}

#[test]
fn a_founding_has_one_leaf_at_epoch_0() {
    let room = Room::new();
    let mut judge = room.judge;
    let (info, tree) = (room.alice_member.group_info(false).0, room.alice_member.tree());
    let error = PublicGroupState::found(room.name, &info, &tree, judge.by(&room.laptop), NOW).err();
    assert_eq!(error, Some(Refusal::BadFounding.into()));
}

#[test]
fn a_founding_is_of_the_group_and_generation_that_it_is_for() {
    let mut alice = Founder::new();
    let (_, founding) = alice.laptop.found(alice.name, &alice.settings);
    let GroupName::Room(room_id, _) = alice.name else {
        panic!()
    };
    for name in [room_name(), GroupName::Room(room_id, Generation(2))] {
        let error = alice.error(name, &founding.group_info, &founding.tree);
        assert_eq!(error, GroupError::OtherGroup { what: "group info" });
    }
}

#[test]
fn a_founding_comes_over_the_founders_connection() {
    let mut alice = Founder::new();
    let (_, founding) = alice.laptop.found(alice.name, &alice.settings);
    alice.judge.sender = DeviceId::from_random([9; 16]);
    let result = PublicGroupState::found(
        alice.name,
        &founding.group_info,
        &founding.tree,
        &alice.judge,
        NOW,
    );
    assert_eq!(result.err(), Some(Refusal::OtherSender.into()));
}

#[test]
fn a_foundings_tree_travels_beside_and_fits() {
    let mut alice = Founder::new();
    let (member, founding) = alice.laptop.found(alice.name, &alice.settings);
    let error = alice.error(alice.name, &member.group_info(true).0, &founding.tree);
    assert_eq!(error, Refusal::GroupInfoExtensions.into());
    let other = Room::new().alice_member.tree();
    let error = alice.error(alice.name, &founding.group_info, &other);
    assert!(matches!(error, GroupError::Mls { .. }), "{error}");
}

#[test]
fn a_founding_without_settings_that_can_change_is_refused() {
    let nonsense = Extension::Unknown(0xF0C1, UnknownExtension(vec![9]));
    let unchangeable = Extension::Unknown(0xF0C1, UnknownExtension(Founder::new().settings.encode()));
    for extensions in [
        Extensions::empty(),
        Extensions::single(nonsense).unwrap(),
        Extensions::single(unchangeable).unwrap(),
    ] {
        let mut alice = Founder::new();
        let (_, founding) = alice.laptop.found_with(alice.name, extensions, SUITE);
        let error = alice.error(alice.name, &founding.group_info, &founding.tree);
        assert_eq!(error, Refusal::BadSettings.into());
    }
}

/// B14: no group without post-quantum keys.
#[test]
fn a_founding_of_another_suite_is_refused() {
    let mut alice = Founder::new();
    let settings = extensions(&alice.settings);
    let (_, founding) = alice.laptop.found_with(alice.name, settings, CLASSIC_SUITE);
    let error = alice.error(alice.name, &founding.group_info, &founding.tree);
    assert_eq!(error, Refusal::OtherSuite.into());
}

/// A key whose first coefficient is not reduced.
fn spoilt(key: &[u8]) -> Vec<u8> {
    let mut spoilt = key.to_vec();
    spoilt[..3].fill(0xff);
    spoilt
}

/// MLS takes any bytes as a key, and every later commit of the others would fail at it.
#[test]
fn keys_that_nobody_can_encrypt_to_are_refused() {
    let mut room = Room::new();
    let bobs = Rc::clone(&room.bobs);
    let bundle = room.bob_member.commit(Wish {
        update: true,
        ..Wish::add(&[&room.carols])
    });
    let keys: Vec<Vec<u8>> = Outline::read(&bundle.commit.0)
        .unwrap()
        .encryption_keys()
        .map(<[u8]>::to_vec)
        .collect();
    assert!(
        keys.len() >= 4,
        "leaf and init key of the package, leaf and parents of the path"
    );
    for key in keys {
        let mut bad = bundle.clone();
        patch(&mut bad.commit.0, &key, &spoilt(&key));
        let result = room.apply(&bad, &bobs);
        room.assert_refused(result, Refusal::UnusableKey);
        assert_eq!(check::encryption_key(&key[1..]), Err(Refusal::UnusableKey));
    }
    room.apply(&bundle, &bobs).unwrap();
}
