//! Removing, locking and ending: a moderator of the room does, and the server keeps to it.

use protocol::{Code, limits::CALL_LINGER_MS, room_settings::WhoMayAdd};

use super::*;
use crate::groups::{GroupError, Refusal};

impl World {
    /// All in, and alice moderates the room.
    fn moderated() -> Self {
        let mut world = Self::new();
        world.room.moderators = vec![world.clients[ALICE].user_id];
        world.person("dave");
        world.all_in();
        world
    }

    fn setting(&mut self, by: &str, change: impl FnOnce(&mut RoomSettings)) -> Result<Accepted, CallError> {
        self.commit(by, self.changed(by, change))
    }

    fn changed(&self, by: &str, change: impl FnOnce(&mut RoomSettings)) -> Wish {
        let call = &self.calls.calls[&self.clients[by].call_id()];
        let mut settings = call.group.as_ref().unwrap().state.settings().clone();
        change(&mut settings);
        Wish::settings(settings)
    }

    fn lock(&mut self, by: &str) -> Result<Accepted, CallError> {
        self.setting(by, |settings| settings.who_may_add = WhoMayAdd::Moderators)
    }

    fn end(&mut self, by: &str) -> Result<(), CallError> {
        let client = &self.clients[by];
        self.calls.end(client.caller(), client.call(), self.now)
    }
}

fn refused(refusal: Refusal) -> CallError {
    CallError::Group(GroupError::Refused(refusal))
}

#[test]
fn only_a_moderator_of_the_room_removes_locks_and_ends() {
    let mut world = World::moderated();
    let removing = world.removing(BOB, CAROL);
    assert_eq!(
        world.commit(BOB, removing).unwrap_err(),
        refused(Refusal::RemoveByNonModerator)
    );
    assert_eq!(
        world.lock(BOB).unwrap_err(),
        refused(Refusal::SettingsByNonModerator)
    );
    assert_eq!(world.end(BOB).unwrap_err(), CallError::NoModerator);
    assert!(world.lock(ALICE).is_ok());
    // Who is none any more in the room, is none in its call.
    world.room.moderators.clear();
    world.calls.room_changed(&world.room, world.now);
    assert_eq!(
        world.lock(ALICE).unwrap_err(),
        refused(Refusal::SettingsByNonModerator)
    );
    assert_eq!(world.end(ALICE).unwrap_err(), CallError::NoModerator);
}

#[test]
fn whom_a_moderator_removed_does_not_come_in_as_long_as_the_call_lasts() {
    let mut world = World::moderated();
    let carol = world.clients[CAROL].user_id;
    let wish = Wish {
        remove: vec![world.leaf(ALICE, CAROL)],
        ..world.changed(ALICE, |settings| settings.removed.push(carol))
    };
    world.commit(ALICE, wish).unwrap();
    world.deliver();
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::Removed);
    assert_eq!(CallError::Removed.code(), Code::CallRemoved);
    for name in [ALICE, BOB] {
        world.leave(name);
    }
    assert!(world.join(CAROL).is_ok(), "another call");
}

#[test]
fn into_a_locked_call_nobody_new_comes() {
    let mut world = World::moderated();
    // Dave is at the door when it is locked.
    world.join("dave").unwrap();
    world.lock(ALICE).unwrap();
    world.deliver();
    let adding = world.adding(&["dave"]);
    assert_eq!(
        world.commit(BOB, adding).unwrap_err(),
        refused(Refusal::CallLocked)
    );
    assert_eq!(
        world.join_external("dave").unwrap_err(),
        refused(Refusal::CallLocked)
    );
    assert_eq!(refused(Refusal::CallLocked).code(), Code::CallLocked);
    world.leave("dave");
    assert_eq!(world.join("dave").unwrap_err(), CallError::Locked);
    assert!(
        world
            .calls
            .summary(world.room.room_id)
            .unwrap()
            .participants
            .len()
            == 3
    );

    world
        .setting(ALICE, |settings| settings.who_may_add = WhoMayAdd::Members)
        .unwrap();
    world.deliver();
    assert!(world.join("dave").is_ok());
    let adding = world.adding(&["dave"]);
    assert!(world.commit(BOB, adding).is_ok());
}

/// Its former leaf is its right to come in: nobody is asked to remove that first.
#[test]
fn who_enters_a_locked_call_anew_is_let_in_with_one_commit() {
    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    let carol = world.device(CAROL);
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS - 1);
    world.join(CAROL).unwrap();
    assert_eq!(kinds(&world.events_to(ALICE)), ["join request"]);
    let wish = Wish {
        remove: vec![world.leaf(ALICE, CAROL)],
        ..world.adding(&[CAROL])
    };
    world.commit(ALICE, wish).unwrap();
    world.deliver();
    assert_eq!(world.keys(CAROL), world.keys(ALICE));

    // Too late: the leaf is gone, and with it the right.
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS);
    let removing = world.removing(ALICE, CAROL);
    world.commit(ALICE, removing).unwrap();
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::Locked);
}

#[test]
fn a_call_that_was_ended_is_not_begun_again_by_who_was_cut_off() {
    let mut world = World::moderated();
    let (call_id, carol) = (world.clients[CAROL].call_id(), world.device(CAROL));
    world.calls.disconnected(carol, world.now);
    world.events();
    world.sent();
    world.end(ALICE).unwrap();
    assert!(matches!(world.sent()[..], [ToSfu::Close { call_id: closed }] if closed == call_id));
    assert!(matches!(
        world.events()[..],
        [(To::Room(_), Event::CallChanged { call: None, .. })]
    ));
    assert!(world.calls.summary(world.room.room_id).is_none());

    let client = &world.clients[CAROL];
    let back = CallJoin {
        room_id: world.room.room_id,
        key_package: key_package_bytes(&client.device.key_package()),
        back_to: Some(call_id),
    };
    let refused = world
        .calls
        .join(client.caller(), back, &world.room, world.now)
        .unwrap_err();
    assert_eq!(
        (refused.clone(), refused.code()),
        (CallError::Ended, Code::CallEnded)
    );
    assert!(world.calls.summary(world.room.room_id).is_none());
    assert!(world.join(CAROL).is_ok(), "by one's own wish");
    world.leave(CAROL);
    world.pass(crate::calls::limits::ENDED_MEMORY_MS);
    world.assert_empty();
}
