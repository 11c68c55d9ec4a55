//! Real commits by real members, honest and hostile, against the server's half of the group.

mod honest;
mod hostile;
mod mutated;
mod table;

use std::rc::Rc;

use protocol::{
    Epoch,
    room_settings::{RoomKind, RoomSettings},
};

use super::{
    CommitEffect, GroupError, GroupName, PublicGroupState, Refusal,
    testing::{Device, Member, NOW, Person, TestJudge, Wish, room_name, settings},
};

/// Alice and bob, with a device each, in a room that alice founded and moderates; carol is outside.
struct Room {
    alice: Person,
    bob: Person,
    carol: Person,
    laptop: Rc<Device>,
    bobs: Rc<Device>,
    carols: Rc<Device>,
    judge: TestJudge,
    name: GroupName,
    settings: RoomSettings,
    server: PublicGroupState,
    alice_member: Member,
    bob_member: Member,
}

impl Room {
    fn new() -> Self {
        Self::of_kind(RoomKind::Room)
    }

    fn of_kind(kind: RoomKind) -> Self {
        let (alice, bob, carol) = (Person::new("alice"), Person::new("bob"), Person::new("carol"));
        let (laptop, bobs, carols) = (alice.device(), bob.device(), carol.device());
        let mut judge = TestJudge::new(&[(&alice, &[&laptop]), (&bob, &[&bobs]), (&carol, &[&carols])]);
        let name = room_name();
        let settings = settings(name, kind, &[&alice]);
        let (mut alice_member, founding) = laptop.found(name, &settings);
        let mut server = judge.found(&laptop, &founding);

        let bundle = alice_member.commit(Wish::add(&[&bobs]));
        server.apply(&bundle, judge.by(&laptop), NOW).unwrap();
        alice_member.merge();
        let bob_member = bobs.join(&bundle.welcome.unwrap().0, &server.tree().unwrap());
        Self {
            alice,
            bob,
            carol,
            laptop,
            bobs,
            carols,
            judge,
            name,
            settings,
            server,
            alice_member,
            bob_member,
        }
    }

    /// Alice commits; the server's answer.
    fn alice_commits(&mut self, wish: Wish) -> Result<CommitEffect, GroupError> {
        let bundle = self.alice_member.commit(wish);
        self.server.apply(&bundle, self.judge.by(&self.laptop), NOW)
    }

    /// Bob commits; the server's answer.
    fn bob_commits(&mut self, wish: Wish) -> Result<CommitEffect, GroupError> {
        let bundle = self.bob_member.commit(wish);
        self.server.apply(&bundle, self.judge.by(&self.bobs), NOW)
    }

    /// The server refuses with this, and nothing has changed.
    #[track_caller]
    fn assert_refused(&self, result: Result<CommitEffect, GroupError>, refusal: Refusal) {
        assert_eq!(result.unwrap_err(), GroupError::Refused(refusal));
        assert_eq!(self.server.epoch(), Epoch(1));
        assert_eq!(self.server.leaves().len(), 2);
    }
}
