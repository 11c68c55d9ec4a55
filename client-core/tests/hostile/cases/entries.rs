//! What the log shows: old entries, in another order, two branches, changed bits.

use conclave_client_core::api::RoomKeys;
use protocol::MessageId;

use crate::{run::Run, server::Hostile};

/// Old entries again are no messages: nobody sees anything twice, and the room goes on.
pub fn replay(run: &mut Run, fresh_id: bool) {
    run.chatter(2);
    run.arm();
    let log = run.world.server.rooms[&run.room].log.clone();
    for (n, entry) in log.into_iter().enumerate() {
        let mut entry = entry;
        if fresh_id {
            entry.message_id = MessageId::from_random([u8::try_from(n).unwrap(); 16]);
        }
        Hostile::push(&mut run.world.server, run.room, entry);
        run.world.deliver();
    }
    run.world.run();
    run.check(run.logs.has(&["message refused"]), "refused by name");
    run.chatter(1);
    run.world.run();
    run.all_see_the_last_of("alice");
    run.all_see_the_last_of("bob");
}

/// A message that comes after a later one of its sender is refused: its key is gone.
pub fn reorder(run: &mut Run) {
    run.arm();
    for n in 0..4 {
        run.say("alice", &format!("alice {n}"));
    }
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(
        run.logs.has(&["message refused", "used before"]),
        "the late message is refused by name",
    );
}

/// Two members are shown two valid commits of one epoch, each its own: from there on neither takes a word of the
/// other's branch, and it shows.
pub fn fork(run: &mut Run) {
    run.arm();
    run.add("bob", "carol");
    run.add("alice", "mallory");
    let (alices, bobs) = (
        run.world.texts("alice", run.room),
        run.world.texts("bob", run.room),
    );
    run.chatter(2);
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(
        run.logs.has(&["message refused", "refused by MLS"])
            || run.logs.has(&["message refused", "another group or epoch"])
            || run.logs.has(&["a commit is missing"]),
        "refused by name",
    );
    for (name, before, other) in [("alice", alices, "bob"), ("bob", bobs, "alice")] {
        let after = run.world.texts(name, run.room);
        let crossed = after
            .iter()
            .any(|text| text.starts_with(other) && !before.contains(text));
        run.check(!crossed, "a word of the other branch is shown");
    }
    run.check(run.is_stale("alice") || run.is_stale("bob"), "shown as stale");
}

/// Changed bits open nothing.
pub fn tamper(run: &mut Run) {
    run.arm();
    run.say("alice", "alice 0");
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(
        run.logs.has(&["refused"]) || run.keys("bob") != Some(RoomKeys::Ready),
        "refused by name",
    );
    run.shared.lock().unwrap().armed = false;
}
