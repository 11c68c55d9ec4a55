//! Who comes in: by commits that nobody asked for, into groups that the server made, by welcomes that it spoilt.

use conclave_client_core::api::{Reply, RoomKeys};
use protocol::{
    Generation, MessageId, Seq,
    socket::{Entry, EntryKind, Event},
};

use crate::{run::Run, server::Hostile};

/// An external commit by the server's own keys, in the name of somebody: refused by every member by that rule.
pub fn uninvited(run: &mut Run, posing: &str, rule: &str) {
    run.arm();
    let mask = Hostile::mask(&run.world.server, run.world.get(posing).device.unwrap());
    let mut shared = run.shared.lock().unwrap();
    let certificate = shared.forger.certificate(&mask, None);
    let group = &run.world.server.rooms[&run.room].group;
    let bundle = shared
        .forger
        .join(certificate, &group.group_info.clone(), &group.tree());
    drop(shared);
    let entry = Entry {
        seq: Seq(0),
        generation: Generation(1),
        epoch: bundle.epoch,
        kind: EntryKind::Commit,
        payload: bundle.commit,
        message_id: MessageId::from_random([9; 16]),
        sent_at: run.world.now,
        expires_at: None,
    };
    Hostile::push(&mut run.world.server, run.room, entry);
    run.world.deliver();
    run.world.run();
    run.check(run.logs.has(&["commit refused", rule]), "refused by that rule");
    run.chatter(1);
    run.forger_opens_nothing();
}

/// A group around the forged leaf alone, in the place of the room: nobody enters it, and nothing that is written opens for it.
pub fn fake_founding(run: &mut Run) {
    run.arm();
    let bob = run.world.get("bob").device.unwrap();
    run.world.server.event(bob, Event::RoomsChanged);
    run.world.deliver();
    run.say("bob", "bob 0");
    run.world.run_for(20_000);
    run.check(run.acted() > 0, "the attack did not happen");
    run.check(run.logs.has(&["the group was refused"]), "refused by name");
    run.check(run.is_stale("bob"), "shown as stale");
    run.forger_opens_nothing();
}

/// A welcome that does not open leads in from outside.
pub fn spoilt_welcome(run: &mut Run) {
    run.arm();
    let reply = run.add("alice", "carol");
    run.check(matches!(reply, Reply::Done), "the add itself is fine");
    run.world.run_for(20_000);
    run.check(run.acted() > 0, "the attack did not happen");
    run.say("alice", "alice 0");
    // A flip in what nobody reads may pass; else the device comes in from outside.
    run.check(
        run.logs.has(&["welcome refused"]) || run.keys("carol") == Some(RoomKeys::Ready),
        "refused by name",
    );
}
