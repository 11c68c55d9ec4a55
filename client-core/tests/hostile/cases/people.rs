//! What is said of people and their devices: foreign keys, old lists, old state.

use conclave_client_core::api::Command;
use protocol::socket::Event;

use crate::run::{Run, failed_with};

/// A key package of somebody else, or one whose certificate another key signed, adds nobody.
pub fn foreign_key(run: &mut Run) {
    run.arm();
    let reply = run.add("alice", "carol");
    run.check(failed_with(&reply, "server_untrusted"), "server_untrusted");
    run.check(run.world.room("carol", run.room).is_none(), "nobody was added");
}

/// A person whom one knows does not come back under another key.
pub fn forged_person(run: &mut Run) {
    // Somebody whom alice knows already.
    let other = run.world.create_room("alice", "Other", &["carol"]);
    run.arm();
    let reply = run.add("alice", "carol");
    run.check(failed_with(&reply, "identity_changed"), "identity_changed");
    run.check(run.world.room("alice", other).is_some(), "the other room stays");
}

/// A device list never goes back.
pub fn old_device_list(run: &mut Run) {
    run.world.sign_in("bob's phone");
    run.world.run();
    run.arm();
    let alice = run.world.get("alice").device.unwrap();
    let user_id = run.world.server.user_of(run.world.get("bob").device.unwrap());
    run.world.server.event(alice, Event::PersonChanged { user_id });
    run.world.deliver();
    run.world.run();
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(run.logs.has(&["card refused", "older than"]), "refused by name");
    run.check(
        run.world
            .get("alice")
            .notices
            .contains(&"server_untrusted".to_owned()),
        "told",
    );
}

/// Own state never goes back, whatever number it is given.
pub fn old_own_state(run: &mut Run) {
    run.world.sign_in("bob's phone");
    run.world.run();
    run.arm();
    run.world.command("bob", Command::MarkRead { room_id: run.room });
    run.say("alice", "alice 0");
    run.world.command("bob", Command::MarkRead { room_id: run.room });
    run.world.run();
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(run.logs.has(&["own state refused"]), "refused by name");
}
