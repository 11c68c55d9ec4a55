//! The rules as tables.

use crate::{identity::LinkSecret, sorted::SortedMap};
use protocol::{GuestLinkId, LeafIndex};

use super::{
    super::{
        former::Former,
        rules::{
            CallRoom, Change, Circumstances, Committer, FirstSeen, Members, RuleError, check_change,
            check_tree,
        },
    },
    *,
};

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
        unusable_key: false,
        forbidden: false,
    }
}

fn by(leaf: u32) -> Change {
    change(Committer::Member(LeafIndex(leaf)))
}

fn from_outside(certificate: Certificate) -> Change {
    change(Committer::External(Box::new(certificate)))
}

fn judge(kind: RoomKind, who: WhoMayAdd, change: &Change, room: Option<&CallRoom>) -> Result<(), RuleError> {
    let me = alice().account();
    let circumstances = Circumstances {
        me: &me,
        now: NOW,
        room,
        former: None,
        seen: None,
    };
    check_change(&members(), &settings(kind, who), change, circumstances)
}

/// What happens, in a room of which kind, who may add there, and the verdict.
type Case = (&'static str, RoomKind, WhoMayAdd, Change, Result<(), RuleError>);

/// Shorter lives for messages.
fn timed(settings: RoomSettings) -> RoomSettings {
    RoomSettings {
        ttl_cap_ms: 60_000,
        burn_cap_ms: 10_000,
        ..settings
    }
}

/// Bob is a moderator too.
fn moderated(settings: RoomSettings) -> RoomSettings {
    RoomSettings {
        moderators: vec![alice().user_id, bob().user_id],
        ..settings
    }
}

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
        (
            "a key that nobody can use",
            Room,
            All,
            Change {
                unusable_key: true,
                ..by(0)
            },
            Err(RuleError::UnusableKey),
        ),
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
            "one of a direct room sets timers",
            Direct,
            All,
            setting(2, Some(timed(settings(Direct, All)))),
            Ok(()),
        ),
        (
            "one of a direct room makes moderators",
            Direct,
            All,
            setting(2, Some(moderated(timed(settings(Direct, All))))),
            Err(RuleError::MayNotSet),
        ),
        (
            "a member sets timers",
            Room,
            All,
            setting(2, Some(timed(settings(Room, All)))),
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
    let devices = [bob().device(21), carol().device(30)]
        .iter()
        .map(|device| {
            (
                (device.body().user_id, device.body().device_id),
                device.body().device_key,
            )
        })
        .collect();
    let room = CallRoom {
        devices,
        ..CallRoom::default()
    };
    let judge = |change: &Change| judge(RoomKind::Call, WhoMayAdd::Members, change, Some(&room));
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

/// Who may do what to a call, is said by the room as this device sees it: not by the call's founder, and not by whom the
/// server lets through.
#[test]
fn members_lock_no_call_and_let_nobody_into_a_locked_one() {
    let device = |device: Certificate| {
        let body = device.body();
        ((body.user_id, body.device_id), body.device_key)
    };
    let room = |moderators: &[Someone]| CallRoom {
        devices: [alice().device(12), bob().device(21), carol().device(30)]
            .map(device)
            .into(),
        moderators: moderators.iter().map(|someone| someone.user_id).collect(),
        ..CallRoom::default()
    };
    let call = RoomSettings {
        moderators: vec![],
        ..settings(RoomKind::Call, WhoMayAdd::Members)
    };
    let locked = RoomSettings {
        who_may_add: WhoMayAdd::Moderators,
        ..call.clone()
    };
    let keeping_out = RoomSettings {
        removed: vec![carol().user_id],
        ..call.clone()
    };
    let judge = |before: &RoomSettings, change: &Change, room: &CallRoom| {
        let account = alice().account();
        let circumstances = Circumstances {
            me: &account,
            now: NOW,
            room: Some(room),
            former: None,
            seen: None,
        };
        check_change(&members(), before, change, circumstances)
    };
    let setting = |leaf: u32, to: &RoomSettings| Change {
        settings: Some(Some(to.clone())),
        ..by(leaf)
    };
    let by_bob = 2;
    for to in [&locked, &keeping_out] {
        assert_eq!(
            judge(&call, &setting(by_bob, to), &room(&[alice()])),
            Err(RuleError::MayNotSet)
        );
        assert_eq!(judge(&call, &setting(by_bob, to), &room(&[bob()])), Ok(()));
        assert_eq!(
            judge(to, &setting(by_bob, &call), &room(&[alice()])),
            Err(RuleError::MayNotSet)
        );
    }
    for newcomer in [
        from_outside(carol().device(30)),
        Change {
            adds: vec![carol().device(30)],
            ..by(0)
        },
    ] {
        assert_eq!(judge(&call, &newcomer, &room(&[alice()])), Ok(()));
        assert_eq!(
            judge(&locked, &newcomer, &room(&[alice()])),
            Err(RuleError::CallLocked)
        );
        assert_eq!(
            judge(&locked, &newcomer, &room(&[carol()])),
            Ok(()),
            "a moderator"
        );
        let user_id = carol().user_id;
        assert_eq!(
            judge(&keeping_out, &newcomer, &room(&[carol()])),
            Err(RuleError::RemovedFromCall { user_id })
        );
    }
    assert_eq!(
        judge(&locked, &from_outside(bob().device(21)), &room(&[alice()])),
        Ok(()),
        "bob is in"
    );
}

#[test]
fn trees_are_judged_when_joining() {
    let me = alice().account();
    let base = Circumstances {
        me: &me,
        now: NOW,
        room: None,
        former: None,
        seen: None,
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
    // Who comes in again knows the keys of the members.
    let former = |users| Former {
        generation: Generation(1),
        epoch: protocol::Epoch(1),
        settings: &room,
        users,
    };
    let known: SortedMap<UserId, PublicKey> =
        [(bob().user_id, public(&bob().aik)), (alice().user_id, me.aik)].into();
    let known = former(&known);
    let again = Circumstances {
        former: Some(&known),
        ..base
    };
    assert_eq!(check_tree(&three, &room, name(), again), Ok(()));
    let changed: SortedMap<UserId, PublicKey> = [(bob().user_id, me.aik)].into();
    let changed = former(&changed);
    let again = Circumstances {
        former: Some(&changed),
        ..base
    };
    let expected = Err(RuleError::ChangedIdentity {
        user_id: bob().user_id,
    });
    assert_eq!(check_tree(&members(), &room, name(), again), expected);
}

/// Nobody is let into a group under another account key than the one that was seen first: not by a commit of a member,
/// not from outside, and no group is joined that has such a leaf.
#[test]
fn nobody_comes_in_under_another_key_than_the_first() {
    let me = alice().account();
    let of_bob: FirstSeen = [(bob().user_id, (NOW, public(&bob().aik)))].into();
    let of_carol: FirstSeen = [(carol().user_id, (NOW, me.aik))].into();
    let having = |seen| Circumstances {
        me: &me,
        now: NOW,
        room: None,
        former: None,
        seen: Some(seen),
    };
    let room = settings(RoomKind::Room, WhoMayAdd::Members);
    let adding_carol = Change {
        adds: vec![carol().device(30)],
        ..by(0)
    };
    let changed = Err(RuleError::ChangedIdentity {
        user_id: carol().user_id,
    });
    assert_eq!(
        check_change(&members(), &room, &adding_carol, having(&of_bob)),
        Ok(())
    );
    assert_eq!(
        check_change(&members(), &room, &adding_carol, having(&of_carol)),
        changed
    );
    let mut three = members();
    three.insert(LeafIndex(3), carol().device(30));
    assert_eq!(check_tree(&three, &room, name(), having(&of_bob)), Ok(()));
    assert_eq!(check_tree(&three, &room, name(), having(&of_carol)), changed);
}

/// A guest with a pass by this link.
fn guest(number: u8, secret: &LinkSecret) -> Certificate {
    let key = public(&SigningKey::from_bytes(&[number; 32]));
    let network_id = NetworkId::from_random([9; 16]);
    Certificate::of_guest(secret.pass(network_id, link_id(), key, "Dana".to_owned()))
}

fn link_id() -> GuestLinkId {
    GuestLinkId::from_random([5; 16])
}

/// B4: a guest comes in by an Add of who may let people into the room, and changes nothing.
#[test]
fn guests_are_let_in_by_who_may_and_commit_nothing() {
    let secret = LinkSecret::from_slice(&[1; 32]).unwrap();
    let other = LinkSecret::from_slice(&[2; 32]).unwrap();
    let device = |device: Certificate| {
        let body = device.body();
        ((body.user_id, body.device_id), body.device_key)
    };
    let room = |members_admit, links: &[&LinkSecret]| CallRoom {
        devices: [alice().device(12), bob().device(21), carol().device(30)]
            .map(device)
            .into(),
        moderators: vec![alice().user_id],
        members_admit,
        links: links
            .iter()
            .map(|secret| (link_id(), (*secret).clone()))
            .collect(),
        ..CallRoom::default()
    };
    let mut with_guest = members();
    with_guest.insert(LeafIndex(3), guest(40, &secret));
    let judge = |members: &Members, kind, change: &Change, room: Option<&CallRoom>| {
        let account = alice().account();
        let circumstances = Circumstances {
            me: &account,
            now: NOW,
            room,
            former: None,
            seen: None,
        };
        check_change(
            members,
            &settings(kind, WhoMayAdd::Members),
            change,
            circumstances,
        )
    };
    let (by_alice, by_bob, by_guest) = (0, 2, 3);
    let adding = |leaf, certificate| Change {
        adds: vec![certificate],
        ..by(leaf)
    };
    let call = |change: &Change, room: &CallRoom| judge(&with_guest, RoomKind::Call, change, Some(room));
    let dana = guest(41, &secret);

    // Who may, by whose link.
    assert_eq!(
        call(&adding(by_bob, dana.clone()), &room(true, &[&secret])),
        Ok(())
    );
    assert_eq!(
        call(&adding(by_bob, dana.clone()), &room(false, &[&secret])),
        Err(RuleError::MayNotAdd)
    );
    assert_eq!(
        call(&adding(by_alice, dana.clone()), &room(false, &[&secret])),
        Ok(())
    );
    assert_eq!(
        call(&adding(by_alice, dana.clone()), &room(true, &[&other])),
        Err(RuleError::FalsePass)
    );
    assert_eq!(
        call(&adding(by_alice, dana.clone()), &room(true, &[])),
        Ok(()),
        "who lets it in knows the link"
    );
    // Whom members let in with it, a guest cannot judge; the rest it can.
    let unseen = CallRoom {
        unseen: true,
        ..CallRoom::default()
    };
    assert_eq!(call(&adding(by_bob, dana.clone()), &unseen), Ok(()));
    assert_eq!(call(&adding(by_bob, carol().device(30)), &unseen), Ok(()));

    // What a guest commits, and where no guest belongs.
    let locking = Change {
        settings: Some(Some(settings(RoomKind::Call, WhoMayAdd::Moderators))),
        ..by(by_guest)
    };
    let removing = Change {
        removes: vec![LeafIndex(0)],
        ..by(by_guest)
    };
    for change in [
        by(by_guest),
        locking,
        removing,
        adding(by_guest, carol().device(30)),
        from_outside(dana.clone()),
    ] {
        for room in [&room(true, &[&secret]), &unseen] {
            assert_eq!(call(&change, room), Err(RuleError::Guest), "{change:?}");
        }
    }
    for kind in [RoomKind::Room, RoomKind::Own] {
        let alone: Members = [alice().device(10)]
            .into_iter()
            .map(|one| (LeafIndex(0), one))
            .collect();
        assert_eq!(
            judge(&alone, kind, &adding(by_alice, dana.clone()), None),
            Err(RuleError::Guest),
            "{kind:?}"
        );
    }

    // From outside comes only who is in already.
    assert_eq!(
        call(&from_outside(carol().device(30)), &room(true, &[])),
        Err(RuleError::GuestsInside)
    );
    assert_eq!(
        call(&from_outside(carol().device(30)), &unseen),
        Err(RuleError::GuestsInside)
    );
    assert_eq!(call(&from_outside(bob().device(21)), &room(true, &[])), Ok(()));
    assert_eq!(
        judge(
            &members(),
            RoomKind::Call,
            &from_outside(carol().device(30)),
            Some(&room(true, &[]))
        ),
        Ok(()),
        "without a guest"
    );
}
