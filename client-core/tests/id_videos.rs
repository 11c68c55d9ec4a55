//! One's own ID video, where a device or the connection fails in between: the server keeps one and has deleted the one before,
//! so that nobody may go on to show that.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::Command;
use model::{
    Honest, World,
    contacting::{card, file, plan, record, two, user},
};
use protocol::{BlobId, UserId};

fn shown(world: &mut World, name: &str, of: UserId) -> Option<BlobId> {
    card(world, name, of).video.map(|video| video.file.blob_id)
}

fn show(world: &mut World, name: &str, number: u8) -> Command {
    let day = plan(world, name).day;
    Command::ShowIdVideo {
        file: Box::new(file(number)),
        day,
    }
}

/// R31: killed at any step, before or after it is durable, the device shows what the server keeps, and the contact is told of
/// that one.
#[test]
fn a_device_that_is_killed_while_it_shows_another_video_shows_the_one_that_is_kept() {
    for durable in [false, true] {
        for step in 1.. {
            let case = format!("killed at batch {step}, durable: {durable}");
            let (mut world, _, alice, _) = two(Box::new(Honest));
            record(&mut world, "alice", 1);
            world.run_for(10_000);
            let command = show(&mut world, "alice", 2);
            let at = world.get("alice").batches + step;
            world.installations.get_mut("alice").unwrap().crash_at = Some((at, durable));
            world.begin("alice", command);
            world.run_for(10_000);
            let killed = world.get("alice").core.is_none();
            if killed {
                world.start("alice");
                world.run_for(10_000);
            }
            let kept = world.server.contacts.videos.get(&alice).copied();
            assert!(kept.is_some(), "{case}");
            for name in ["alice", "bob"] {
                assert_eq!(shown(&mut world, name, alice), kept, "{case}: {name}");
            }
            if !killed {
                assert!(step > 2, "nothing was stored in between");
                assert_eq!(kept, Some(file(2).blob_id));
                break;
            }
        }
    }
}

/// Of two devices that show one each, whichever hears of it late, all show what the server kept last.
#[test]
fn two_devices_settle_on_the_video_that_is_kept() {
    let (mut world, _, alice, _) = two(Box::new(Honest));
    world.sign_in("alice's phone");
    world.run_for(10_000);
    let first = show(&mut world, "alice", 1);
    // The server has taken it when the device goes away, which hears nothing of it.
    world.begin("alice", first);
    while world.server.contacts.videos.is_empty() {
        assert!(world.step(), "the server is not asked");
    }
    world.kill("alice");
    world.run();
    record(&mut world, "alice's phone", 2);
    world.run_for(10_000);
    world.start("alice");
    world.run_for(10_000);
    assert_eq!(world.server.contacts.videos[&alice], file(2).blob_id);
    for name in ["alice", "alice's phone", "bob"] {
        assert_eq!(shown(&mut world, name, alice), Some(file(2).blob_id), "{name}");
    }
    // And the later word of the first holds again.
    record(&mut world, "alice", 3);
    world.run_for(10_000);
    assert_eq!(user(&world, "alice's phone"), alice);
    for name in ["alice", "alice's phone", "bob"] {
        assert_eq!(shown(&mut world, name, alice), Some(file(3).blob_id), "{name}");
    }
}

/// Who is offline when it is recorded waits, and hears that it was done.
#[test]
fn a_lost_connection_delays_it_and_loses_nothing() {
    let (mut world, _, alice, _) = two(Box::new(Honest));
    let command = show(&mut world, "alice", 1);
    world.begin("alice", command);
    world.go_offline("alice");
    world.run_for(10_000);
    world.go_online("alice");
    world.run_for(10_000);
    assert_eq!(world.server.contacts.videos.get(&alice), Some(&file(1).blob_id));
    for name in ["alice", "bob"] {
        assert_eq!(shown(&mut world, name, alice), Some(file(1).blob_id), "{name}");
    }
    let replies = &world.get("alice").replies;
    let failed = |reply: &conclave_client_core::api::Reply| {
        matches!(reply, conclave_client_core::api::Reply::Failed(_))
    };
    assert!(!replies.values().any(failed));
}

/// A device that comes back after days does not put an old recording in the place of a newer one.
#[test]
fn what_waited_too_long_is_not_shown() {
    let (mut world, _, alice, _) = two(Box::new(Honest));
    let command = show(&mut world, "alice", 1);
    let command = world.begin("alice", command);
    world.go_offline("alice");
    world.run_for(3 * 24 * 60 * 60 * 1000);
    world.go_online("alice");
    world.run_for(10_000);
    assert!(world.server.contacts.videos.is_empty());
    assert_eq!(shown(&mut world, "bob", alice), None);
    let reply = &world.get("alice").replies[&command];
    assert!(
        matches!(reply, conclave_client_core::api::Reply::Failed(failure) if failure.code == "id_video_refused"),
        "{reply:?}"
    );
}
