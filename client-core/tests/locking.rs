//! The lock of a device's store: the core says whether the password is the account's, and no more.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod model;

use conclave_client_core::api::{Command, Reply, Secret};
use model::World;

fn lock(password: &str) -> Command {
    Command::SetLock {
        on: true,
        password: Secret(password.to_owned()),
    }
}

/// R47: nobody locks a store by a password that would not be known again.
#[test]
fn a_store_is_locked_by_the_password_of_the_account_alone() {
    let mut world = World::new(1);
    world.register("alice");
    let code = |reply: Reply| match reply {
        Reply::Failed(failure) => failure.code,
        reply => panic!("{reply:?}"),
    };
    assert_eq!(
        code(world.command("alice", lock("not the password"))),
        "wrong_password"
    );
    let before = world.get("alice").store.clone();
    let reply = world.command("alice", lock(model::world::PASSWORD));
    assert!(matches!(reply, Reply::Done), "{reply:?}");
    assert_eq!(world.get("alice").store, before, "nothing of it is stored");
    world.assert_online("alice");
    let unlock = Command::Unlock {
        password: Secret(model::world::PASSWORD.to_owned()),
    };
    assert_eq!(
        code(world.command("alice", unlock)),
        "internal",
        "there is a core already"
    );
    world.go_offline("alice");
    assert_eq!(
        code(world.command("alice", lock(model::world::PASSWORD))),
        "offline"
    );
}
