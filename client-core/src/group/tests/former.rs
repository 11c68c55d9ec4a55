//! Which group goes on with the one that a device was in, as a table.

use crate::sorted::SortedMap;
use protocol::{Epoch, LeafIndex};

use super::{
    super::{
        former::{Entering, Former, Way},
        rules::RuleError,
    },
    *,
};

const ALICE: LeafIndex = LeafIndex(0);
const BOB: LeafIndex = LeafIndex(1);
const CAROL: LeafIndex = LeafIndex(2);
/// No leaf any more: the own commit removed it.
const REPLACED: LeafIndex = LeafIndex(9);

/// A group of alice, bob and, if she is in it, carol.
struct Shown {
    generation: u64,
    way: Way,
    voucher: LeafIndex,
    carol: bool,
    kind: RoomKind,
    who: WhoMayAdd,
    ttl_ms: u64,
}

/// Bob was with alice, the moderator, in generation 2 until epoch 5.
fn judge(former_kind: RoomKind, shown: &Shown) -> Result<(), RuleError> {
    let users: SortedMap<UserId, PublicKey> = [alice(), bob()]
        .iter()
        .map(|person| (person.user_id, public(&person.aik)))
        .collect();
    let former = Former {
        generation: Generation(2),
        epoch: Epoch(5),
        settings: &settings(former_kind, WhoMayAdd::Members),
        users: &users,
    };
    let mut members: super::super::rules::Members =
        [(ALICE, alice().device(10)), (BOB, bob().device(20))].into();
    if shown.carol {
        members.insert(CAROL, carol().device(30));
    }
    former.check(&Entering {
        generation: Generation(shown.generation),
        way: shown.way,
        settings: &RoomSettings {
            ttl_cap_ms: shown.ttl_ms,
            ..settings(shown.kind, shown.who)
        },
        members: &members,
        voucher: shown.voucher,
        me: bob().user_id,
    })
}

fn room(generation: u64, way: Way, voucher: LeafIndex, carol: bool) -> Result<(), RuleError> {
    let shown = Shown {
        generation,
        way,
        voucher,
        carol,
        kind: RoomKind::Room,
        who: WhoMayAdd::Members,
        ttl_ms: 0,
    };
    judge(RoomKind::Room, &shown)
}

#[test]
fn no_group_of_the_past_is_entered() {
    let old = Err(RuleError::Outdated);
    assert_eq!(room(2, Way::Outside(Epoch(4)), ALICE, false), old);
    assert_eq!(room(2, Way::Outside(Epoch(5)), ALICE, false), Ok(()));
    assert_eq!(room(2, Way::Welcome(Epoch(5)), ALICE, false), old);
    assert_eq!(room(2, Way::Welcome(Epoch(6)), ALICE, false), Ok(()));
    assert_eq!(room(1, Way::Outside(Epoch(9)), ALICE, false), old);
    assert_eq!(room(1, Way::Welcome(Epoch(9)), ALICE, false), old);
    // A new founding counts its epochs from the start.
    assert_eq!(room(3, Way::Welcome(Epoch(1)), ALICE, false), Ok(()));
}

#[test]
fn somebody_who_was_there_vouches_for_the_group() {
    for way in [Way::Welcome(Epoch(7)), Way::Outside(Epoch(7))] {
        assert_eq!(room(2, way, CAROL, true), Err(RuleError::UnknownSigner));
        assert_eq!(room(2, way, ALICE, true), Ok(()), "members came in meanwhile");
        assert_eq!(room(2, way, REPLACED, true), Ok(()), "an own leaf vouches");
    }
}

#[test]
fn a_later_generation_is_a_moderators_with_the_same_settings_for_no_one_new() {
    for way in [Way::Welcome(Epoch(1)), Way::Outside(Epoch(1))] {
        assert_eq!(room(3, way, ALICE, false), Ok(()));
        assert_eq!(room(3, way, BOB, false), Err(RuleError::NoModerator));
        assert_eq!(room(3, way, REPLACED, false), Err(RuleError::NoModerator));
        let stranger = Err(RuleError::NotAllowedIn {
            user_id: carol().user_id,
        });
        assert_eq!(room(3, way, ALICE, true), stranger);
        let shown = Shown {
            generation: 3,
            way,
            voucher: ALICE,
            carol: false,
            kind: RoomKind::Room,
            who: WhoMayAdd::Moderators,
            ttl_ms: 0,
        };
        assert_eq!(judge(RoomKind::Room, &shown), Err(RuleError::BadSettings));
    }
}

#[test]
fn a_group_is_of_the_kind_that_it_was_and_only_moderators_changed_its_settings() {
    let way = Way::Outside(Epoch(7));
    let mut shown = Shown {
        generation: 2,
        way,
        voucher: BOB,
        carol: false,
        kind: RoomKind::Room,
        who: WhoMayAdd::Moderators,
        ttl_ms: 0,
    };
    assert_eq!(judge(RoomKind::Room, &shown), Err(RuleError::NoModerator));
    shown.voucher = ALICE;
    assert_eq!(judge(RoomKind::Room, &shown), Ok(()));
    for kind in [RoomKind::Direct, RoomKind::Own] {
        assert_eq!(judge(kind, &shown), Err(RuleError::BadSettings));
    }
    shown = Shown {
        carol: true,
        kind: RoomKind::Direct,
        who: WhoMayAdd::Members,
        ..shown
    };
    let stranger = Err(RuleError::NotAllowedIn {
        user_id: carol().user_id,
    });
    assert_eq!(judge(RoomKind::Direct, &shown), stranger);
}

/// Who comes back into a direct room may find other timers there, whoever of both set them; not so in a room.
#[test]
fn both_people_of_a_direct_room_may_have_changed_its_timers() {
    for (kind, judged) in [
        (RoomKind::Direct, Ok(())),
        (RoomKind::Room, Err(RuleError::NoModerator)),
    ] {
        let mut shown = Shown {
            generation: 2,
            way: Way::Outside(Epoch(7)),
            voucher: BOB,
            carol: false,
            kind,
            who: WhoMayAdd::Members,
            ttl_ms: 60_000,
        };
        assert_eq!(judge(kind, &shown), judged, "{kind:?}");
        // A new generation begins with the settings of the one before.
        shown.generation = 3;
        assert_eq!(judge(kind, &shown), Err(RuleError::NoModerator), "{kind:?}");
    }
}
