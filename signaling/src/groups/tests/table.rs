//! The rules alone, on plain descriptions.

use protocol::{DeviceId, Millis, UserId, identity::Certificate, room_settings::WhoMayAdd};

use super::*;
use crate::groups::{
    GroupLeaf, Judge as _,
    rules::{Committer, Description, judge_commit},
    testing::guest,
};

/// A group of moderator alice (leaf 0), alice's phone (1) and bob (2); carol and alice's tablet are outside.
struct Table {
    people: [Person; 3],
    alice: Certificate,
    phone: Certificate,
    tablet: Certificate,
    bob: Certificate,
    carol: Certificate,
    judge: TestJudge,
    settings: RoomSettings,
    members: Vec<GroupLeaf>,
}

impl Table {
    fn new(kind: RoomKind) -> Self {
        let people = ["alice", "bob", "carol"].map(Person::new);
        let [alice, bob, carol] = &people;
        let alices = [alice.device(), alice.device(), alice.device()];
        let (bobs, carols) = (bob.device(), carol.device());
        let judge = TestJudge::new(&[(alice, &alices.each_ref()), (bob, &[&bobs]), (carol, &[&carols])]);
        let settings = settings(room_name(), kind, &[alice]);
        let [laptop, phone, tablet] = alices.map(|device| device.certificate.clone());
        let (bob, carol) = (bobs.certificate.clone(), carols.certificate.clone());
        let members = vec![leaf(0, &laptop), leaf(1, &phone), leaf(2, &bob)];
        Self {
            alice: laptop,
            phone,
            tablet,
            bob,
            carol,
            judge,
            settings,
            members,
            people,
        }
    }

    fn by(&self, committer: &Certificate) -> Description<'_> {
        let leaf = self
            .members
            .iter()
            .find(|leaf| leaf.certificate == *committer)
            .unwrap()
            .clone();
        Description {
            epoch: Epoch(7),
            settings: &self.settings,
            members: &self.members,
            committer: Committer::Member { leaf, update: None },
            adds: Vec::new(),
            removes: Vec::new(),
            new_settings: None,
        }
    }

    fn external(&self, joiner: &Certificate) -> Description<'_> {
        Description {
            committer: Committer::External(joiner.clone()),
            ..self.by(&self.alice)
        }
    }

    fn adding(&self, committer: &Certificate, adds: &[&Certificate]) -> Description<'_> {
        Description {
            adds: adds.iter().map(|added| (*added).clone()).collect(),
            ..self.by(committer)
        }
    }

    fn removing(&self, committer: &Certificate, leaves: &[usize]) -> Description<'_> {
        let removes = leaves.iter().map(|leaf| self.members[*leaf].clone()).collect();
        Description {
            removes,
            ..self.by(committer)
        }
    }

    /// Who sends is who commits.
    fn judge(&self, commit: &Description<'_>) -> Result<(), Refusal> {
        self.judge_at(commit, NOW)
    }

    fn judge_at(&self, commit: &Description<'_>, now: Millis) -> Result<(), Refusal> {
        let judge = TestJudge {
            users: self.judge.users.clone(),
            sender: commit.committer.certificate().body().device_id,
            wanted: self.judge.wanted.clone(),
            asked: self.judge.asked.clone(),
            external: self.judge.external,
            moderators: self.judge.moderators.clone(),
            knocked: self.judge.knocked.clone(),
            admit: self.judge.admit.clone(),
        };
        judge_commit(commit, &judge, now)
    }
}

fn leaf(index: u32, certificate: &Certificate) -> GroupLeaf {
    GroupLeaf {
        leaf: protocol::LeafIndex(index),
        certificate: certificate.clone(),
    }
}

fn device(certificate: &Certificate) -> DeviceId {
    certificate.body().device_id
}

/// R36: adding by members, as the room's settings say.
#[test]
fn who_may_add_in_which_kind() {
    use Refusal::{AddByNonModerator, AddToDirect, AddToOwn, AddUnasked};
    use RoomKind::{Call, Direct, Own, Room};
    use WhoMayAdd::{Members, Moderators};
    let cases = [
        (Room, Members, "bob", "carol", None),
        (Room, Moderators, "alice", "carol", None),
        (Room, Moderators, "bob", "carol", Some(AddByNonModerator)),
        (Direct, Members, "alice", "carol", Some(AddToDirect)),
        (Direct, Members, "alice", "tablet", Some(AddToDirect)),
        (Own, Members, "alice", "tablet", None),
        (Own, Members, "alice", "carol", Some(AddToOwn)),
        (Call, Members, "alice", "carol", Some(AddUnasked)),
    ];
    for (kind, who_may_add, committer, added, expected) in cases {
        let mut table = Table::new(kind);
        table.settings.who_may_add = who_may_add;
        let by = if committer == "alice" {
            &table.alice
        } else {
            &table.bob
        };
        let added_certificate = if added == "carol" {
            &table.carol
        } else {
            &table.tablet
        };
        let result = table.judge(&table.adding(by, &[added_certificate]));
        assert_eq!(
            result.err(),
            expected,
            "{kind:?}, {who_may_add:?}: {committer} adds {added}"
        );
    }
}

#[test]
fn the_first_commit_of_a_direct_room_adds_one_other_user() {
    let mut table = Table::new(RoomKind::Direct);
    table.members.truncate(1);
    let first = |adds: &[&Certificate]| Description {
        epoch: Epoch(0),
        ..table.adding(&table.alice, adds)
    };
    assert_eq!(table.judge(&first(&[&table.bob, &table.phone])), Ok(()));
    assert_eq!(
        table.judge(&first(&[&table.bob, &table.carol])),
        Err(Refusal::AddToDirect)
    );
}

#[test]
fn any_member_of_a_call_adds_who_asked() {
    let mut table = Table::new(RoomKind::Call);
    table.judge.asked.insert(device(&table.carol));
    assert_eq!(table.judge(&table.adding(&table.bob, &[&table.carol])), Ok(()));
}

/// Moderators of a call are those of its room, whatever the founder wrote into the settings.
#[test]
fn who_may_remove_from_a_call_and_lock_it() {
    let mut table = Table::new(RoomKind::Call);
    let locked = RoomSettings {
        who_may_add: WhoMayAdd::Moderators,
        ..table.settings.clone()
    };
    let locking = |table: &Table, by: &Certificate| {
        table.judge(&Description {
            new_settings: Some(locked.clone()),
            ..table.by(by)
        })
    };
    let by_founder = table.judge(&table.removing(&table.alice, &[2]));
    assert_eq!(by_founder, Err(Refusal::RemoveByNonModerator));
    assert_eq!(
        locking(&table, &table.alice),
        Err(Refusal::SettingsByNonModerator)
    );
    table.judge.moderators.insert(table.people[1].user_id);
    assert_eq!(table.judge(&table.removing(&table.bob, &[0, 1])), Ok(()));
    assert_eq!(locking(&table, &table.bob), Ok(()));
    assert_eq!(
        locking(&table, &table.alice),
        Err(Refusal::SettingsByNonModerator)
    );
}

#[test]
fn into_a_locked_call_come_only_those_who_are_in_and_moderators_and_never_who_was_removed() {
    let mut table = Table::new(RoomKind::Call);
    let (carol, tablet) = (table.carol.clone(), table.tablet.clone());
    table.judge.asked.extend([device(&carol), device(&tablet)]);
    let enter = |table: &Table, who: &Certificate| {
        let added = table.judge(&table.adding(&table.bob, &[who]));
        assert_eq!(table.judge(&table.external(who)), added, "both ways alike");
        added
    };
    assert_eq!(enter(&table, &carol), Ok(()));
    table.settings.who_may_add = WhoMayAdd::Moderators;
    assert_eq!(enter(&table, &carol), Err(Refusal::CallLocked));
    assert_eq!(enter(&table, &tablet), Ok(()), "alice is in");
    table.judge.moderators.insert(table.people[2].user_id);
    assert_eq!(enter(&table, &carol), Ok(()), "a moderator");
    table.settings.removed = vec![table.people[2].user_id];
    assert_eq!(enter(&table, &carol), Err(Refusal::CallRemoved));
    table.settings.who_may_add = WhoMayAdd::Members;
    assert_eq!(enter(&table, &carol), Err(Refusal::CallRemoved));
}

#[test]
fn both_people_of_a_direct_room_set_timers_and_nothing_else() {
    let setting = |table: &Table, change: fn(&mut RoomSettings)| {
        let mut settings = table.settings.clone();
        change(&mut settings);
        table.judge(&Description {
            new_settings: Some(settings),
            ..table.by(&table.bob)
        })
    };
    for (kind, allowed) in [(RoomKind::Direct, true), (RoomKind::Room, false)] {
        let table = Table::new(kind);
        let timers = setting(&table, |settings| {
            (settings.ttl_cap_ms, settings.burn_cap_ms) = (60_000, 10_000);
        });
        assert_eq!(timers.is_ok(), allowed, "{kind:?}");
        assert_eq!(
            setting(&table, |settings| settings.constant_bitrate = true).is_ok(),
            allowed
        );
        let refused: [fn(&mut RoomSettings); 3] = [
            |settings| settings.who_may_add = WhoMayAdd::Moderators,
            |settings| settings.moderators.push(UserId::from_random([9; 16])),
            |settings| settings.ends_at = Millis(1),
        ];
        for change in refused {
            assert_eq!(
                setting(&table, change),
                Err(Refusal::SettingsByNonModerator),
                "{kind:?}"
            );
        }
    }
}

#[test]
fn who_may_remove_whom() {
    let mut table = Table::new(RoomKind::Room);
    assert_eq!(
        table.judge(&table.removing(&table.alice, &[2])),
        Ok(()),
        "a moderator anyone"
    );
    assert_eq!(
        table.judge(&table.removing(&table.phone, &[0])),
        Ok(()),
        "a user's other device"
    );
    let by_bob = table.judge(&table.removing(&table.bob, &[0]));
    assert_eq!(by_bob, Err(Refusal::RemoveByNonModerator));
    table.judge.wanted.insert(device(&table.alice));
    assert_eq!(
        table.judge(&table.removing(&table.bob, &[0])),
        Ok(()),
        "who is to go"
    );
    let more = table.judge(&table.removing(&table.bob, &[0, 1]));
    assert_eq!(more, Err(Refusal::RemoveByNonModerator), "and nobody else beside");
}

#[test]
fn an_external_commit_replaces_at_most_one_leaf_of_the_same_user() {
    let mut table = Table::new(RoomKind::Room);
    let with = |removes: &[usize]| {
        let removes = removes.iter().map(|leaf| table.members[*leaf].clone()).collect();
        table.judge(&Description {
            removes,
            ..table.external(&table.tablet)
        })
    };
    assert_eq!(with(&[]), Ok(()));
    assert_eq!(with(&[1]), Ok(()), "a wiped device names its old leaf");
    assert_eq!(with(&[2]), Err(Refusal::ExternalProposals), "someone else's leaf");
    assert_eq!(with(&[0, 1]), Err(Refusal::ExternalProposals), "two leaves");
    assert_eq!(
        table.judge(&table.external(&table.carol)),
        Err(Refusal::ExternalUninvited)
    );
    let again = table.judge(&table.external(&table.phone));
    assert_eq!(again, Err(Refusal::DeviceTwice), "a second leaf of a device");
    let adding = Description {
        adds: vec![table.carol.clone()],
        ..table.external(&table.tablet)
    };
    assert_eq!(table.judge(&adding), Err(Refusal::ExternalProposals));
    let setting = Description {
        new_settings: Some(table.settings.clone()),
        ..table.external(&table.tablet)
    };
    assert_eq!(table.judge(&setting), Err(Refusal::ExternalProposals));

    table.judge.external = false;
    assert_eq!(
        table.judge(&table.external(&table.tablet)),
        Err(Refusal::ExternalUninvited)
    );
}

#[test]
fn the_server_says_who_joins_a_call_by_an_external_commit() {
    let mut table = Table::new(RoomKind::Call);
    assert_eq!(table.judge(&table.external(&table.carol)), Ok(()));
    table.judge.external = false;
    assert_eq!(
        table.judge(&table.external(&table.carol)),
        Err(Refusal::ExternalUninvited)
    );
}

#[test]
fn a_joiner_is_judged_like_every_newcomer() {
    let mut table = Table::new(RoomKind::Room);
    let late = table.judge_at(&table.external(&table.tablet), NOW.plus(9_000_000));
    assert_eq!(late, Err(Refusal::CertificateExpired));
    table
        .judge
        .users
        .get_mut(&table.people[0].user_id)
        .unwrap()
        .live_devices
        .clear();
    assert_eq!(
        table.judge(&table.external(&table.tablet)),
        Err(Refusal::DeviceNotListed)
    );
}

#[test]
fn every_part_of_the_users_record_counts() {
    let changes: [fn(&mut crate::groups::KnownUser); 3] = [
        |known| known.aik = Person::new("mallory").known(&[]).aik,
        |known| known.email = protocol::Email::parse("bob@example.com").unwrap(),
        |known| known.network_id = protocol::NetworkId::from_random([2; 16]),
    ];
    for change in changes {
        let mut table = Table::new(RoomKind::Room);
        change(table.judge.users.get_mut(&table.people[2].user_id).unwrap());
        let result = table.judge(&table.adding(&table.bob, &[&table.carol]));
        assert_eq!(result, Err(Refusal::CertificateUser));
    }
}

#[test]
fn a_room_is_of_one_network() {
    let mut table = Table::new(RoomKind::Room);
    let elsewhere = protocol::NetworkId::from_random([2; 16]);
    let carol = &table.people[2];
    let other = carol.device_with(|body| body.network_id = elsewhere);
    let known = crate::groups::KnownUser {
        network_id: elsewhere,
        ..carol.known(&[&other])
    };
    table.judge.users.insert(carol.user_id, known);
    let result = table.judge(&table.adding(&table.bob, &[&other.certificate]));
    assert_eq!(result, Err(Refusal::OtherNetwork));
}

#[test]
fn a_replaced_leaf_makes_room_for_the_same_device() {
    let mut table = Table::new(RoomKind::Call);
    table.judge.asked.insert(device(&table.bob));
    table.judge.wanted.insert(device(&table.bob));
    let twice = table.judge(&table.adding(&table.alice, &[&table.bob]));
    assert_eq!(twice, Err(Refusal::DeviceTwice));
    let replaced = Description {
        adds: vec![table.bob.clone()],
        ..table.removing(&table.alice, &[2])
    };
    assert_eq!(table.judge(&replaced), Ok(()));
}

#[test]
fn a_room_holds_as_many_users_as_the_limit_says() {
    let mut table = Table::new(RoomKind::Room);
    // Two users are in; the rest is filled up with strangers, one leaf each.
    let filler = (3..=protocol::limits::MAX_ROOM_MEMBERS as u32).map(|index| {
        let stranger = Person::new(&format!("stranger{index}"));
        leaf(index, &stranger.device().certificate)
    });
    table.members.extend(filler);
    assert_eq!(table.judge(&table.adding(&table.alice, &[&table.tablet])), Ok(()));
    let result = table.judge(&table.adding(&table.alice, &[&table.carol]));
    assert_eq!(result, Err(Refusal::Full));
}

#[test]
fn a_description_is_judged_against_the_connection_it_came_over() {
    let table = Table::new(RoomKind::Room);
    assert_ne!(table.judge.sender(), device(&table.bob));
    let result = judge_commit(&table.by(&table.bob), &table.judge, NOW);
    assert_eq!(result, Err(Refusal::OtherSender));
}

/// B4: guests come into calls, one way, by who may let them in.
#[test]
fn guests_are_added_to_calls_by_who_may_and_do_nothing() {
    let visitor = guest(protocol::GuestLinkId::from_random([9; 16]), "Dana")
        .certificate
        .clone();
    let mut table = Table::new(RoomKind::Call);
    let adding = |table: &Table| table.judge(&table.adding(&table.bob, &[&visitor]));
    table.judge.asked.insert(device(&visitor));
    assert_eq!(
        adding(&table),
        Err(Refusal::AdmitByOther),
        "who asks like a member"
    );
    table.judge.admit.insert(table.people[1].user_id);
    assert_eq!(adding(&table), Err(Refusal::AddUnasked));
    table.judge.knocked.insert(device(&visitor));
    assert_eq!(adding(&table), Ok(()));
    assert_eq!(table.judge(&table.external(&visitor)), Err(Refusal::Guest));
    table.members.push(leaf(3, &visitor));
    assert_eq!(table.judge(&table.by(&visitor)), Err(Refusal::Guest));
    let (carol, tablet) = (table.carol.clone(), table.tablet.clone());
    table.judge.asked.extend([device(&carol), device(&tablet)]);
    assert_eq!(
        table.judge(&table.external(&carol)),
        Err(Refusal::ExternalBesideGuests)
    );
    assert_eq!(table.judge(&table.external(&tablet)), Ok(()), "alice is in");
    for kind in [RoomKind::Room, RoomKind::Own] {
        let mut table = Table::new(kind);
        table.judge.knocked.insert(device(&visitor));
        table.judge.admit.insert(table.people[0].user_id);
        let result = table.judge(&table.adding(&table.alice, &[&visitor]));
        assert!(
            matches!(result, Err(Refusal::Guest | Refusal::AddToOwn)),
            "{kind:?}: {result:?}"
        );
    }
}
