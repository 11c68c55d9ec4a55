//! What the server keeps to itself cannot be told from slowness, until the stated time is over.

use conclave_client_core::api::Command;

use crate::run::Run;

/// A commit that one member is never shown, while what follows it is.
pub fn commit(run: &mut Run) {
    run.arm();
    run.add("alice", "carol");
    run.say("alice", "alice 0");
    run.check(run.acted() > 0, "the attack did not happen");
    run.stale_after_the_stated_time("bob");
    run.check(run.logs.has(&["a commit"]), "named");
}

/// An own commit that was accepted, and that the log never shows.
pub fn own_commit(run: &mut Run) {
    run.arm();
    let people = vec!["carol@example.org".to_owned()];
    let add = Command::AddPeople {
        room_id: run.room,
        people,
    };
    run.world.begin("bob", add);
    run.world.run_for(1_000);
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(!run.is_stale("bob"), "not at once");
    run.stale_after_the_stated_time("bob");
}
