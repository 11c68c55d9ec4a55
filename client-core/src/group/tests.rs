//! The rules as tables, and groups of real devices.

use std::collections::BTreeMap;

use ed25519_dalek::{Signer as _, SigningKey};
use protocol::{
    DeviceId, Email, Generation, LeafIndex, Millis, NetworkId, RoomId, UserId,
    identity::{Certificate, CertificateBody, PublicKey},
    room_settings::{RoomKind, RoomSettings, WhoMayAdd},
};

use super::{
    rules::{
        Account, Change, Circumstances, Committer, Members, RoomDevices, RuleError, check_change,
        check_signer, check_tree,
    },
    *,
};
use crate::random::Random;

const NOW: Millis = Millis(1_000);

/// A person with a key of its own.
struct Someone {
    user_id: UserId,
    aik: SigningKey,
    email: &'static str,
}

fn someone(number: u8, email: &'static str) -> Someone {
    Someone {
        user_id: UserId::from_random([number; 16]),
        aik: SigningKey::from_bytes(&[number; 32]),
        email,
    }
}

fn alice() -> Someone {
    someone(1, "alice@example.org")
}

fn bob() -> Someone {
    someone(2, "bob@example.org")
}

fn carol() -> Someone {
    someone(3, "carol@example.org")
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_slice(key.verifying_key().as_bytes()).unwrap()
}

impl Someone {
    fn body(&self, device: u8) -> CertificateBody {
        CertificateBody {
            network_id: NetworkId::from_random([9; 16]),
            email: Email::parse(self.email).unwrap(),
            user_id: self.user_id,
            device_id: DeviceId::from_random([device; 16]),
            device_key: public(&SigningKey::from_bytes(&[device; 32])),
            aik: public(&self.aik),
            not_after: Millis(2_000),
        }
    }

    fn device(&self, device: u8) -> Certificate {
        self.issue(self.body(device))
    }

    fn issue(&self, body: CertificateBody) -> Certificate {
        Certificate::issue(body, |bytes| self.aik.sign(bytes).to_bytes())
    }

    fn account(&self) -> Account {
        let body = self.body(0);
        Account {
            network_id: body.network_id,
            user_id: body.user_id,
            email: body.email,
            aik: body.aik,
        }
    }
}

fn room_id() -> RoomId {
    RoomId::from_random([7; 16])
}

fn settings(kind: RoomKind, who_may_add: WhoMayAdd) -> RoomSettings {
    RoomSettings {
        room_id: room_id(),
        kind,
        moderators: vec![alice().user_id],
        who_may_add,
        ttl_cap_ms: 0,
        burn_cap_ms: 0,
        ends_at: Millis(0),
    }
}

fn name() -> GroupName {
    GroupName {
        room_id: room_id(),
        call_id: None,
        generation: Generation(1),
    }
}

/// Alice with devices 10 and 11, bob with 20.
fn members() -> Members {
    [alice().device(10), alice().device(11), bob().device(20)]
        .into_iter()
        .zip(0..)
        .map(|(certificate, leaf)| (LeafIndex(leaf), certificate))
        .collect()
}

fn change(committer: Committer) -> Change {
    Change {
        committer,
        adds: vec![],
        removes: vec![],
        renewed: None,
        settings: None,
        forbidden: false,
    }
}

fn by(leaf: u32) -> Change {
    change(Committer::Member(LeafIndex(leaf)))
}

fn from_outside(certificate: Certificate) -> Change {
    change(Committer::External(Box::new(certificate)))
}

fn judge(
    kind: RoomKind,
    who: WhoMayAdd,
    change: &Change,
    devices: Option<&RoomDevices>,
) -> Result<(), RuleError> {
    let me = alice().account();
    let circumstances = Circumstances {
        me: &me,
        now: NOW,
        room_devices: devices,
        known: None,
    };
    check_change(&members(), &settings(kind, who), change, circumstances)
}

/// What happens, in a room of which kind, who may add there, and the verdict.
type Case = (&'static str, RoomKind, WhoMayAdd, Change, Result<(), RuleError>);

#[test]
fn commits_of_members_are_judged() {
    use RoomKind::{Direct, Own, Room};
    use WhoMayAdd::{Members as All, Moderators as Few};
    let adding = |leaf, certificate| Change {
        adds: vec![certificate],
        ..by(leaf)
    };
    let removing = |leaf, removed| Change {
        removes: vec![LeafIndex(removed)],
        ..by(leaf)
    };
    let renewing = |leaf, certificate| Change {
        renewed: Some(certificate),
        ..by(leaf)
    };
    let setting = |leaf, settings| Change {
        settings: Some(settings),
        ..by(leaf)
    };
    let another_room = RoomSettings {
        room_id: RoomId::from_random([8; 16]),
        ..settings(Room, All)
    };
    let forged = someone(2, "bob@example.org");
    let forged = Someone {
        aik: SigningKey::from_bytes(&[77; 32]),
        ..forged
    };
    let forged_alice = Someone {
        aik: SigningKey::from_bytes(&[77; 32]),
        ..alice()
    };
    let old = carol().issue(CertificateBody {
        not_after: NOW,
        ..carol().body(30)
    });
    let elsewhere = CertificateBody {
        network_id: NetworkId::from_random([8; 16]),
        ..carol().body(30)
    };
    let elsewhere = carol().issue(elsewhere);
    let other_key = bob().issue(CertificateBody {
        device_key: public(&bob().aik),
        ..bob().body(20)
    });
    let cases: Vec<Case> = vec![
        ("an update", Room, All, by(2), Ok(())),
        ("who is not in", Room, All, by(5), Err(RuleError::NoSuchLeaf)),
        ("a member adds", Room, All, adding(2, carol().device(30)), Ok(())),
        (
            "a moderator adds",
            Room,
            Few,
            adding(0, carol().device(30)),
            Ok(()),
        ),
        (
            "a member adds where only moderators may",
            Room,
            Few,
            adding(2, carol().device(30)),
            Err(RuleError::MayNotAdd),
        ),
        (
            "somebody is added to a direct room",
            Direct,
            All,
            adding(0, carol().device(30)),
            Err(RuleError::MayNotAdd),
        ),
        (
            "a stranger in one's own group",
            Own,
            All,
            adding(0, carol().device(30)),
            Err(RuleError::NotAllowedIn {
                user_id: carol().user_id,
            }),
        ),
        (
            "a certificate that had expired",
            Room,
            All,
            adding(0, old),
            Err(RuleError::Expired {
                device_id: DeviceId::from_random([30; 16]),
            }),
        ),
        (
            "another network",
            Room,
            All,
            adding(0, elsewhere),
            Err(RuleError::OtherNetwork),
        ),
        (
            "a second identity of a member",
            Room,
            All,
            adding(0, forged.device(21)),
            Err(RuleError::TwoIdentities {
                user_id: bob().user_id,
            }),
        ),
        (
            "a foreign device of one's own",
            Room,
            All,
            adding(2, forged_alice.device(12)),
            Err(RuleError::ForeignOwnDevice),
        ),
        (
            "a device twice",
            Room,
            All,
            adding(0, bob().device(20)),
            Err(RuleError::DeviceTwice {
                device_id: DeviceId::from_random([20; 16]),
            }),
        ),
        (
            "a device in the place of its former leaf",
            Room,
            All,
            Change {
                removes: vec![LeafIndex(2)],
                ..adding(0, bob().device(20))
            },
            Ok(()),
        ),
        (
            "a removal (by a moderator, of oneself, or asked for)",
            Room,
            All,
            removing(2, 0),
            Ok(()),
        ),
        (
            "a removal of nobody",
            Room,
            All,
            removing(2, 9),
            Err(RuleError::NoSuchLeaf),
        ),
        ("a renewed leaf", Room, All, renewing(2, bob().device(20)), Ok(())),
        (
            "a leaf that becomes another device",
            Room,
            All,
            renewing(2, bob().device(21)),
            Err(RuleError::ChangedDevice),
        ),
        (
            "a leaf that becomes somebody else",
            Room,
            All,
            renewing(2, alice().device(20)),
            Err(RuleError::ChangedDevice),
        ),
        (
            "a leaf with another key",
            Room,
            All,
            renewing(2, other_key),
            Err(RuleError::ChangedDevice),
        ),
        (
            "a moderator sets",
            Room,
            All,
            setting(0, Some(settings(Room, Few))),
            Ok(()),
        ),
        (
            "a member sets",
            Room,
            All,
            setting(2, Some(settings(Room, Few))),
            Err(RuleError::MayNotSet),
        ),
        (
            "the kind changes",
            Room,
            All,
            setting(0, Some(settings(Direct, All))),
            Err(RuleError::BadSettings),
        ),
        (
            "the room changes",
            Room,
            All,
            setting(0, Some(another_room)),
            Err(RuleError::BadSettings),
        ),
        (
            "settings that nobody can read",
            Room,
            All,
            setting(0, None),
            Err(RuleError::BadSettings),
        ),
        (
            "any other proposal",
            Room,
            All,
            Change {
                forbidden: true,
                ..by(0)
            },
            Err(RuleError::Forbidden),
        ),
    ];
    for (what, kind, who, change, expected) in cases {
        assert_eq!(judge(kind, who, &change, None), expected, "{what}");
    }
}

#[test]
fn external_commits_are_judged() {
    let forged = Someone {
        aik: SigningKey::from_bytes(&[77; 32]),
        ..bob()
    };
    let moved = Someone {
        email: "robert@example.org",
        ..bob()
    };
    let removing = |leaves: &[u32], certificate| Change {
        removes: leaves.iter().map(|leaf| LeafIndex(*leaf)).collect(),
        ..from_outside(certificate)
    };
    let two = RuleError::TwoIdentities {
        user_id: bob().user_id,
    };
    let cases: Vec<(&str, Change, Result<(), RuleError>)> = vec![
        ("a second device", from_outside(bob().device(21)), Ok(())),
        (
            "a device that comes back",
            removing(&[2], bob().device(20)),
            Ok(()),
        ),
        (
            "a device that names its former leaf",
            removing(&[2], bob().device(21)),
            Ok(()),
        ),
        (
            "a stranger",
            from_outside(carol().device(30)),
            Err(RuleError::ExternalStranger),
        ),
        (
            "one that evicts somebody",
            removing(&[2], alice().device(12)),
            Err(RuleError::ExternalRemoves),
        ),
        (
            "one that evicts two of its own",
            removing(&[0, 1], alice().device(12)),
            Err(RuleError::ExternalRemoves),
        ),
        (
            "the same device twice",
            from_outside(bob().device(20)),
            Err(RuleError::DeviceTwice {
                device_id: DeviceId::from_random([20; 16]),
            }),
        ),
        (
            "another key beside the user's leaf",
            from_outside(forged.device(21)),
            Err(two.clone()),
        ),
        (
            "another key in the place of the user's only leaf",
            removing(&[2], forged.device(21)),
            Err(two.clone()),
        ),
        (
            "another address in its place",
            removing(&[2], moved.device(21)),
            Err(two),
        ),
        (
            "one that adds",
            Change {
                adds: vec![bob().device(22)],
                ..from_outside(bob().device(21))
            },
            Err(RuleError::Forbidden),
        ),
        (
            "one that sets",
            Change {
                settings: Some(Some(settings(RoomKind::Room, WhoMayAdd::Members))),
                ..from_outside(bob().device(21))
            },
            Err(RuleError::Forbidden),
        ),
    ];
    for (what, change, expected) in cases {
        assert_eq!(
            judge(RoomKind::Room, WhoMayAdd::Members, &change, None),
            expected,
            "{what}"
        );
    }
}

/// Into a call comes a device of the room, with the key that it has there.
#[test]
fn newcomers_of_calls_must_be_in_the_room() {
    let devices: RoomDevices = [bob().device(21), carol().device(30)]
        .iter()
        .map(|device| {
            (
                (device.body().user_id, device.body().device_id),
                device.body().device_key,
            )
        })
        .collect();
    let judge = |change: &Change| judge(RoomKind::Call, WhoMayAdd::Members, change, Some(&devices));
    let not = |who: Someone| Err(RuleError::NotAllowedIn { user_id: who.user_id });
    assert_eq!(judge(&from_outside(carol().device(30))), Ok(()));
    assert_eq!(
        judge(&Change {
            adds: vec![bob().device(21)],
            ..by(0)
        }),
        Ok(())
    );
    assert_eq!(
        judge(&Change {
            adds: vec![bob().device(22)],
            ..by(0)
        }),
        not(bob())
    );
    assert_eq!(judge(&from_outside(carol().device(31))), not(carol()));
    // The ids of a device of the room, on a leaf with a key of somebody else's.
    let posing = Someone {
        aik: SigningKey::from_bytes(&[77; 32]),
        ..carol()
    };
    let body = CertificateBody {
        device_key: public(&posing.aik),
        ..posing.body(30)
    };
    assert_eq!(judge(&from_outside(posing.issue(body))), not(carol()));
}

#[test]
fn trees_are_judged_when_joining() {
    let me = alice().account();
    let base = Circumstances {
        me: &me,
        now: NOW,
        room_devices: None,
        known: None,
    };
    let room = settings(RoomKind::Room, WhoMayAdd::Members);
    assert_eq!(check_tree(&members(), &room, name(), base), Ok(()));
    let other = GroupName {
        room_id: RoomId::from_random([8; 16]),
        ..name()
    };
    assert_eq!(
        check_tree(&members(), &room, other, base),
        Err(RuleError::OtherGroup)
    );
    let call = settings(RoomKind::Call, WhoMayAdd::Members);
    assert_eq!(
        check_tree(&members(), &call, name(), base),
        Err(RuleError::OtherGroup)
    );
    let mut three = members();
    three.insert(LeafIndex(3), carol().device(30));
    let direct = settings(RoomKind::Direct, WhoMayAdd::Members);
    assert_eq!(check_tree(&members(), &direct, name(), base), Ok(()));
    assert!(matches!(
        check_tree(&three, &direct, name(), base),
        Err(RuleError::NotAllowedIn { .. })
    ));
    // Who comes in again knows the keys of the members, and wants one of them to vouch.
    let known: BTreeMap<UserId, PublicKey> =
        [(bob().user_id, public(&bob().aik)), (alice().user_id, me.aik)].into();
    let again = Circumstances {
        known: Some(&known),
        ..base
    };
    assert_eq!(check_tree(&three, &room, name(), again), Ok(()));
    assert_eq!(check_signer(&three, LeafIndex(2), again), Ok(()));
    assert_eq!(
        check_signer(&three, LeafIndex(3), again),
        Err(RuleError::UnknownSigner)
    );
    let changed: BTreeMap<UserId, PublicKey> = [(bob().user_id, me.aik)].into();
    let again = Circumstances {
        known: Some(&changed),
        ..base
    };
    let expected = Err(RuleError::ChangedIdentity {
        user_id: bob().user_id,
    });
    assert_eq!(check_tree(&members(), &room, name(), again), expected);
}

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
            room_devices: None,
            known: None,
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
    let stored: BTreeMap<_, _> = alice.mls.store().take_changes().into_iter().collect();
    assert!(alice.mls.store().take_changes().is_empty());
    group
        .commit(&alice.mls, &alice.key, Wish::default(), alice.circumstances())
        .unwrap();
    let pending = alice.mls.store().take_changes();
    assert!(!pending.is_empty());
    let restored = device(&super::tests::alice(), 10);
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
    let carol_known: BTreeMap<UserId, PublicKey> = [(carol().user_id, public(&carol().aik))].into();
    let second = device(&super::tests::bob(), 21);
    let join = |known| {
        let circumstances = Circumstances {
            known,
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
    assert_eq!(
        join(Some(&carol_known)),
        Err(GroupError::Rule(RuleError::UnknownSigner))
    );
    let alice_known: BTreeMap<UserId, PublicKey> = [(alice.account.user_id, alice.account.aik)].into();
    assert_eq!(join(Some(&alice_known)), Ok(()));
}
