//! Members and strangers whose clients cheat: what they commit is refused, and the room goes on as if nothing had been.

use protocol::{
    DeviceId, LeafIndex,
    limits::MAX_HANDSHAKE_LEN,
    room_settings::{RoomSettings, WhoMayAdd},
};

use super::*;
use crate::groups::{GroupError, Refusal};

/// The room as outsiders of its group see it, and what is tried against it.
struct Attack<'a> {
    world: &'a World,
    alice: &'a Account,
    room: RoomId,
}

impl Attack<'_> {
    async fn summary(&self) -> RoomSummary {
        rooms(self.world, self.alice)
            .await
            .into_iter()
            .find(|room| room.room_id == self.room)
            .unwrap()
    }

    /// The group, as the server gives it to members.
    async fn group(&self, asks: &Account) -> GroupInfoReply {
        let request = Request::RoomGroupInfo(RoomRef { room_id: self.room });
        match asks.ask(self.world, request).await {
            Ok(Reply::GroupInfo(info)) => info,
            other => panic!("{other:?}"),
        }
    }

    fn request(&self, bundle: CommitBundle) -> RoomCommit {
        RoomCommit {
            room_id: self.room,
            generation: Generation(1),
            message_id: message_id(),
            bundle,
        }
    }

    /// Sends it, and sees that the log, the epoch and the members stay, and that nobody hears of it.
    async fn refused(&self, by: &Account, bundle: CommitBundle) -> Problem {
        let before = self.summary().await;
        self.alice.events();
        let problem = by
            .ask(self.world, Request::RoomCommit(self.request(bundle)))
            .await
            .expect_err("a refusal");
        let after = self.summary().await;
        assert_eq!(
            (after.last_seq, after.epoch, after.members),
            (before.last_seq, before.epoch, before.members),
            "{problem:?}"
        );
        assert!(self.alice.events().is_empty(), "{problem:?}");
        problem
    }

    async fn refused_by_rule(&self, by: &Account, bundle: CommitBundle, rule: Refusal) {
        let problem = self.refused(by, bundle).await;
        assert_eq!(problem, Problem::from(GroupError::from(rule)));
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

pub async fn external_commits(world: World) {
    let (mut alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let phone = alice.add_device(&world).await;
    let attack = Attack {
        world: &world,
        alice: &alice,
        room: room.id,
    };

    // Bob comes in again, and takes alice's leaf for his own: a Remove (type 3, by value) of another one.
    let info = attack.group(&bob).await;
    let of_bob = room.member.leaf_of(&bob.device);
    let (_, mut bundle) = bob.device.join_external(&info.group_info.0, &info.tree.0);
    let remove = |leaf: LeafIndex| [&[1, 0, 3][..], &leaf.0.to_be_bytes()].concat();
    patch(&mut bundle.commit.0, &remove(of_bob), &remove(LeafIndex(0)));
    attack
        .refused_by_rule(&bob, bundle, Refusal::ExternalProposals)
        .await;

    // One who is of the network, but not in the room.
    let dora = invited(&world, &alice, "dora@example.org").await;
    let (_, bundle) = dora.device.join_external(&info.group_info.0, &info.tree.0);
    assert_eq!(attack.refused(&dora, bundle).await.code, Code::NotFound);

    // The same commit by a member for her: it is not his to send.
    let (_, bundle) = dora.device.join_external(&info.group_info.0, &info.tree.0);
    assert_eq!(attack.refused(&bob, bundle).await.code, Code::CommitRefused);

    // A device that no list names, as one of alice's.
    let unlisted = alice.person.device();
    let (_, bundle) = unlisted.join_external(&info.group_info.0, &info.tree.0);
    attack.refused_by_rule(&phone, bundle, Refusal::OtherSender).await;

    // Carol is removed, and comes back from outside with what she knew, and with what there is now.
    let stale = carol.device.join_external(&info.group_info.0, &info.tree.0).1;
    let commit = room.commit(Wish::remove(&[room.member.leaf_of(&carol.device)]));
    accepted(alice.ask(&world, Request::RoomCommit(commit)).await);
    room.member.merge();
    assert_eq!(attack.refused(&carol, stale).await.code, Code::NotFound);
    let now = attack.group(&bob).await;
    let (_, bundle) = carol.device.join_external(&now.group_info.0, &now.tree.0);
    assert_eq!(attack.refused(&carol, bundle).await.code, Code::NotFound);

    // A device of alice that may come in does.
    let (_, bundle) = phone.device.join_external(&now.group_info.0, &now.tree.0);
    let request = Request::RoomCommit(attack.request(bundle));
    accepted(phone.ask(&world, request).await);
}

pub async fn members_beyond_the_rules(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let dora = invited(&world, &alice, "dora@example.org").await;
    let mut room = Room::found(&world, &alice, &[&bob, &carol]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let attack = Attack {
        world: &world,
        alice: &alice,
        room: room.id,
    };
    let name = GroupName::Room(room.id, Generation(1));
    let mine = settings(name, RoomKind::Room, &[&bob.person]);
    let carols = of_bob.member.leaf_of(&carol.device);
    let unlisted = carol.person.device();
    let cases = [
        (Wish::remove(&[carols]), Refusal::RemoveByNonModerator),
        (Wish::settings(mine), Refusal::SettingsByNonModerator),
        (Wish::add(&[&unlisted]), Refusal::DeviceNotListed),
    ];
    for (wish, rule) in cases {
        let bundle = of_bob.member.commit(wish);
        of_bob.member.give_up();
        attack.refused_by_rule(&bob, bundle, rule).await;
    }

    // Only moderators add from now on.
    let closed = RoomSettings {
        who_may_add: WhoMayAdd::Moderators,
        ..settings(name, RoomKind::Room, &[&alice.person])
    };
    let commit = room.commit(Wish::settings(closed));
    accepted(alice.ask(&world, Request::RoomCommit(commit.clone())).await);
    room.member.merge();
    of_bob.member.process(&commit.bundle.commit.0);
    let bundle = of_bob.member.commit(Wish::add(&[&dora.device]));
    of_bob.member.give_up();
    attack
        .refused_by_rule(&bob, bundle, Refusal::AddByNonModerator)
        .await;

    // Bob may still what he may.
    let commit = of_bob.commit(Wish::update());
    accepted(bob.ask(&world, Request::RoomCommit(commit)).await);

    // Nobody comes into a direct room, by whomever.
    let id = RoomId::from_random(random());
    let (mut member, request) = founding(&alice, id, Generation(1), RoomKind::Direct, &[&bob]);
    accepted(alice.ask(&world, Request::RoomFound(request)).await);
    member.merge();
    let attack = Attack { room: id, ..attack };
    let bundle = member.commit(Wish::add(&[&carol.device]));
    attack.refused_by_rule(&alice, bundle, Refusal::AddToDirect).await;
}

pub async fn malformed_commits(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let mut room = Room::found(&world, &alice, &[&bob]).await;
    let mut of_bob = room.joined(&world, &bob).await;
    let attack = Attack {
        world: &world,
        alice: &alice,
        room: room.id,
    };
    let good = of_bob.member.commit(Wish::add(&[&carol.device]));
    let info = attack.group(&bob).await;
    let spoil = |spoil: &dyn Fn(&mut CommitBundle)| {
        let mut bundle = good.clone();
        spoil(&mut bundle);
        bundle
    };
    let cut = |bytes: &mut Bytes, by: usize| bytes.0.truncate(bytes.0.len() - by);
    let flip = |bytes: &mut Bytes, part: usize| {
        let at = bytes.0.len() * part / 8;
        bytes.0[at] ^= 1;
    };
    let mut cases = vec![
        ("no commit", spoil(&|bundle| bundle.commit.0.clear())),
        ("a cut commit", spoil(&|bundle| cut(&mut bundle.commit, 1))),
        ("a longer commit", spoil(&|bundle| bundle.commit.0.push(0))),
        ("no group info", spoil(&|bundle| bundle.group_info.0.clear())),
        (
            "a cut group info",
            spoil(&|bundle| cut(&mut bundle.group_info, 1)),
        ),
        (
            "the group info of the epoch before",
            spoil(&|bundle| bundle.group_info = info.group_info.clone()),
        ),
        (
            "a group info that is not the committer's",
            spoil(&|bundle| flip(&mut bundle.group_info, 7)),
        ),
        (
            "a commit in the place of the group info",
            spoil(&|bundle| bundle.group_info = bundle.commit.clone()),
        ),
        ("no welcome", spoil(&|bundle| bundle.welcome = None)),
        (
            "a welcome for somebody else",
            spoil(&|bundle| bundle.welcome_to = vec![DeviceId::from_random([9; 16])]),
        ),
        ("a welcome for nobody", spoil(&|bundle| bundle.welcome_to.clear())),
        (
            "a message in the place of the commit",
            spoil(&|bundle| bundle.commit = bundle.group_info.clone()),
        ),
    ];
    for part in 1..7 {
        cases.push((
            "a commit whose bytes changed",
            spoil(&|bundle| flip(&mut bundle.commit, part)),
        ));
    }
    for (what, bundle) in cases {
        let problem = attack.refused(&bob, bundle).await;
        assert!(
            matches!(
                problem.code,
                Code::Malformed | Code::CommitRefused | Code::BadSignature
            ),
            "{what}: {problem:?}"
        );
    }
    let large = spoil(&|bundle| bundle.commit.0.resize(MAX_HANDSHAKE_LEN + 1, 0));
    assert_eq!(attack.refused(&bob, large).await.code, Code::TooLarge);
    let later = spoil(&|bundle| bundle.epoch = bundle.epoch.next());
    assert_eq!(attack.refused(&bob, later).await.code, Code::StaleEpoch);

    // The commit that all of these were made from is a good one.
    let request = Request::RoomCommit(attack.request(good.clone()));
    accepted(bob.ask(&world, request).await);
    room.member.process(&good.commit.0);
    accepted(
        alice
            .ask(&world, Request::RoomSend(room.send("to carol too")))
            .await,
    );
    let mut of_carol = room.joined(&world, &carol).await;
    accepted(
        carol
            .ask(&world, Request::RoomSend(of_carol.send("thanks")))
            .await,
    );
}
