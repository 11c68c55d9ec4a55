//! Groups of real devices.

use crate::sorted::SortedMap;
use openmls::prelude::{
    CredentialType, Extension, ExtensionType, Extensions, MlsGroup, OpenMlsProvider as _,
    RequiredCapabilitiesExtension, UnknownExtension,
};
use protocol::room_settings::ROOM_SETTINGS_EXTENSION;

use super::{
    super::rules::{Circumstances, RuleError},
    *,
};
use crate::random::Random;

/// A device with its keys.
struct Device {
    mls: Mls,
    key: DeviceKey,
    certificate: Certificate,
    account: Account,
}

fn device(person: &Someone, number: u8) -> Device {
    Device {
        mls: Mls::new(Random::new([number; 32])),
        key: DeviceKey::from_secret(&[number; 32]),
        certificate: person.device(number),
        account: person.account(),
    }
}

impl Device {
    fn circumstances(&self) -> Circumstances<'_> {
        Circumstances {
            me: &self.account,
            now: NOW,
            room: None,
            former: None,
            seen: None,
        }
    }

    fn found(&self) -> Group {
        let settings = settings(RoomKind::Room, WhoMayAdd::Members);
        Group::found(&self.mls, &self.key, &self.certificate, name(), &settings)
            .unwrap()
            .0
    }

    fn package(&self) -> Vec<u8> {
        FreshKeyPackage::make(&self.mls, &self.key, &self.certificate, false)
            .unwrap()
            .bytes
    }

    fn add(&self, group: &mut Group, other: &Device) -> Commit {
        let add = vec![OthersKeyPackage::parse(&self.mls, &other.package()).unwrap()];
        let wish = Wish {
            add,
            ..Wish::default()
        };
        group
            .commit(&self.mls, &self.key, wish, self.circumstances())
            .unwrap()
    }
}

fn tree(group: &Group) -> Vec<u8> {
    group.tree().unwrap()
}

#[test]
fn a_message_opens_once_and_only_in_its_epoch() {
    let (alice, bob) = (device(&alice(), 10), device(&bob(), 20));
    let mut group = alice.found();
    let commit = alice.add(&mut group, &bob);
    group.merge_own(&alice.mls).unwrap();
    let welcome = commit.welcome.unwrap();
    let joined = Group::join_by_welcome(&bob.mls, name(), &welcome, &tree(&group), bob.circumstances());
    let mut theirs = joined.unwrap().group;
    assert_eq!(theirs.epoch_authenticator(), group.epoch_authenticator());
    assert_eq!(
        theirs.export(&bob.mls, "label", b"").unwrap(),
        group.export(&alice.mls, "label", b"").unwrap()
    );
    let first = group.encrypt(&alice.mls, &alice.key, b"first").unwrap();
    let second = group.encrypt(&alice.mls, &alice.key, b"second").unwrap();
    let open = |group: &mut Group, bytes: &[u8]| match group.process(&bob.mls, bytes, bob.circumstances()) {
        Ok(Incoming::Message { content, .. }) => Ok(content.to_vec()),
        Ok(_) => panic!("no message"),
        Err(error) => Err(error),
    };
    assert_eq!(open(&mut theirs, &second).unwrap(), b"second");
    assert_eq!(open(&mut theirs, &first), Err(GroupError::Replayed));
    assert_eq!(open(&mut theirs, &second), Err(GroupError::Replayed));
    let mut changed = group.encrypt(&alice.mls, &alice.key, b"third").unwrap();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    assert!(matches!(open(&mut theirs, &changed), Err(GroupError::Mls(_))));
    let update = group
        .commit(&alice.mls, &alice.key, Wish::default(), alice.circumstances())
        .unwrap();
    group.merge_own(&alice.mls).unwrap();
    let late = group.encrypt(&alice.mls, &alice.key, b"late").unwrap();
    assert_eq!(open(&mut theirs, &late), Err(GroupError::OtherEpoch));
    let Ok(Incoming::Commit(staged)) = theirs.process(&bob.mls, &update.commit, bob.circumstances()) else {
        panic!()
    };
    theirs.accept(&bob.mls, *staged).unwrap();
    assert_eq!(open(&mut theirs, &late).unwrap(), b"late");
}

/// What is stored is enough to go on, and what MLS deletes is gone from it.
#[test]
fn a_group_goes_on_from_what_was_stored() {
    let alice = device(&alice(), 10);
    let mut group = alice.found();
    let stored: SortedMap<_, _> = alice.mls.store().take_changes().into_iter().collect();
    assert!(alice.mls.store().take_changes().is_empty());
    group
        .commit(&alice.mls, &alice.key, Wish::default(), alice.circumstances())
        .unwrap();
    let pending = alice.mls.store().take_changes();
    assert!(!pending.is_empty());
    let restored = device(&super::alice(), 10);
    for (key, value) in stored.into_iter().chain(pending) {
        if let Some(value) = value {
            restored.mls.store().restore(key, value);
        }
    }
    let mut again = Group::load(&restored.mls, name()).unwrap();
    assert!(again.has_own_pending());
    again.merge_own(&restored.mls).unwrap();
    group.merge_own(&alice.mls).unwrap();
    assert_eq!(again.epoch_authenticator(), group.epoch_authenticator());
    again.delete(&restored.mls);
    assert!(Group::load(&restored.mls, name()).is_none());
}

#[test]
fn a_group_info_names_its_signer() {
    let (alice, bob) = (device(&alice(), 10), device(&bob(), 20));
    let mut group = alice.found();
    let commit = alice.add(&mut group, &bob);
    group.merge_own(&alice.mls).unwrap();
    let second = device(&super::bob(), 21);
    let room = settings(RoomKind::Room, WhoMayAdd::Members);
    let join = |person: &Someone| {
        let users = [(person.user_id, public(&person.aik))].into();
        let former = Former {
            generation: Generation(1),
            epoch: protocol::Epoch(1),
            settings: &room,
            users: &users,
        };
        let circumstances = Circumstances {
            former: Some(&former),
            ..second.circumstances()
        };
        let (info, tree) = (&commit.group_info, tree(&group));
        Group::join_externally(
            &second.mls,
            &second.key,
            &second.certificate,
            name(),
            info,
            &tree,
            circumstances,
        )
        .map(|_| ())
    };
    assert_eq!(join(&carol()), Err(GroupError::Rule(RuleError::UnknownSigner)));
    assert_eq!(join(&super::alice()), Ok(()));
}

/// Alice, a moderator, and bob in one room.
fn pair() -> (Device, Group, Device, Group) {
    let (alice, bob) = (device(&alice(), 10), device(&bob(), 20));
    let mut group = alice.found();
    let welcome = alice.add(&mut group, &bob).welcome.unwrap();
    group.merge_own(&alice.mls).unwrap();
    let joined = Group::join_by_welcome(&bob.mls, name(), &welcome, &tree(&group), bob.circumstances());
    (alice, group, bob, joined.unwrap().group)
}

fn process(device: &Device, group: &mut Group, commit: &[u8]) -> Result<StagedChange, GroupError> {
    match group.process(&device.mls, commit, device.circumstances())? {
        Incoming::Commit(staged) => Ok(*staged),
        _ => panic!("no commit"),
    }
}

fn strict() -> RoomSettings {
    RoomSettings {
        ttl_cap_ms: 60_000,
        ..settings(RoomKind::Room, WhoMayAdd::Moderators)
    }
}

/// B8: settings are part of the group; a moderator changes them, for everybody.
#[test]
fn a_moderator_changes_settings_and_every_member_takes_them() {
    let (alice, mut group, bob, mut theirs) = pair();
    let wish = Wish {
        settings: Some(strict()),
        ..Wish::default()
    };
    let commit = group
        .commit(&alice.mls, &alice.key, wish, alice.circumstances())
        .unwrap();
    group.merge_own(&alice.mls).unwrap();
    let staged = process(&bob, &mut theirs, &commit.commit).unwrap();
    theirs.accept(&bob.mls, staged).unwrap();
    assert_eq!((group.settings(), theirs.settings()), (&strict(), &strict()));
    assert_eq!(theirs.epoch_authenticator(), group.epoch_authenticator());

    let wish = Wish {
        add: vec![OthersKeyPackage::parse(&bob.mls, &device(&carol(), 30).package()).unwrap()],
        ..Wish::default()
    };
    let adds = theirs.commit(&bob.mls, &bob.key, wish, bob.circumstances());
    assert_eq!(adds.err(), Some(GroupError::Rule(RuleError::MayNotAdd)));
}

/// A commit that no device of ours makes: these extensions, without asking the rules.
fn commit_extensions(device: &Device, extensions: Vec<Extension>) -> Vec<u8> {
    let mut group = MlsGroup::load(device.mls.storage(), &name().to_mls())
        .unwrap()
        .unwrap();
    let (commit, ..) = group
        .update_group_context_extensions(
            &device.mls,
            Extensions::from_vec(extensions).unwrap(),
            &device.key,
        )
        .unwrap();
    commit.to_bytes().unwrap()
}

#[test]
fn a_member_who_is_no_moderator_changes_no_settings() {
    let (alice, mut group, bob, _) = pair();
    let required =
        RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION)], &[], &[]);
    let settings = UnknownExtension(strict().encode());
    let commit = commit_extensions(
        &bob,
        vec![
            Extension::RequiredCapabilities(required),
            Extension::Unknown(ROOM_SETTINGS_EXTENSION, settings),
        ],
    );
    let refused = process(&alice, &mut group, &commit).err();
    assert_eq!(refused, Some(GroupError::Rule(RuleError::MayNotSet)));
}

/// Else a moderator could shut out members whose devices do not know something.
#[test]
fn what_every_leaf_must_know_never_changes() {
    let (alice, _, bob, mut theirs) = pair();
    let required = RequiredCapabilitiesExtension::new(
        &[ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION)],
        &[],
        &[CredentialType::Basic],
    );
    let settings = UnknownExtension(theirs.settings().encode());
    let commit = commit_extensions(
        &alice,
        vec![
            Extension::RequiredCapabilities(required),
            Extension::Unknown(ROOM_SETTINGS_EXTENSION, settings),
        ],
    );
    let refused = process(&bob, &mut theirs, &commit).err();
    assert_eq!(refused, Some(GroupError::Rule(RuleError::BadSettings)));
}

/// Bob's own account key certifies a device that has the key of alice's: MLS then replaces her leaf by it.
#[test]
fn an_external_commit_that_evicts_somebody_is_refused() {
    let (alice, group, bob, mut theirs) = pair();
    let body = CertificateBody {
        device_id: DeviceId::from_random([21; 16]),
        ..super::bob().body(10)
    };
    let evicting = Device {
        mls: Mls::new(Random::new([21; 32])),
        key: alice.key.clone(),
        certificate: super::bob().issue(body),
        account: super::bob().account(),
    };
    let info = group.group_info(&alice.mls, &alice.key).unwrap();
    let (_, commit) = Group::join_externally(
        &evicting.mls,
        &evicting.key,
        &evicting.certificate,
        name(),
        &info,
        &tree(&group),
        evicting.circumstances(),
    )
    .unwrap();
    let refused = process(&bob, &mut theirs, &commit.commit).err();
    assert_eq!(refused, Some(GroupError::Rule(RuleError::ExternalRemoves)));
}

/// MLS takes any bytes as a key; whoever added the device, or committed after it, would fail.
#[test]
fn a_key_package_to_which_nobody_can_encrypt_is_refused() {
    let (adder, other) = (device(&alice(), 10), device(&bob(), 20));
    let package = other.package();
    assert!(OthersKeyPackage::parse(&adder.mls, &package).is_ok());
    // MLSMessage(KeyPackage): version, wire format; version, suite, init key, …; signature of 64 bytes.
    let mut signed = package[4..package.len() - 66].to_vec();
    signed[6..9].fill(0xff);
    let label = b"MLS 1.0 KeyPackageTBS";
    let len = u16::try_from(signed.len()).unwrap() | 0x4000;
    let content = [&[21][..], label, &len.to_be_bytes(), &signed].concat();
    let signature = other.key.sign_bytes(&content).0;
    let spoilt = [&package[..4], &signed, &[0x40, 0x40], &signature].concat();
    let refused = OthersKeyPackage::parse(&adder.mls, &spoilt).err();
    assert_eq!(refused, Some(KeyPackageError::UnusableKey));
}
