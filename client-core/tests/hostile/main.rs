//! A server that cheats: what it does is refused with a named error or shown as stale; nothing is opened, sent or
//! shown that should not be.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, and the model of the world around the devices, say by a panic what went wrong"
)]

mod cases;
#[path = "../model/mod.rs"]
mod model;
mod run;
mod server;

use cases::Attack;

const ATTACKS: [Attack; 16] = [
    Attack::Replay { fresh_id: false },
    Attack::Replay { fresh_id: true },
    Attack::Reorder,
    Attack::Fork,
    Attack::Tamper,
    Attack::ForeignKeyPackage,
    Attack::ForgedPerson,
    Attack::WrongCertificate,
    Attack::UninvitedStranger,
    Attack::UninvitedDevice,
    Attack::WithheldCommit,
    Attack::WithheldOwnCommit,
    Attack::FakeFounding,
    Attack::SpoiltWelcome,
    Attack::OldDeviceList,
    Attack::OldOwnState,
];

/// R34: whatever the server does, it gets nothing and passes nothing off.
#[test]
fn a_hostile_server_gets_nothing_and_passes_nothing_off_over_many_seeds() {
    let seeds = std::env::var("CONCLAVE_SEEDS")
        .ok()
        .and_then(|seeds| seeds.parse().ok())
        .unwrap_or(32);
    // A thousand cover every attack sixty times; more of the same show nothing new.
    let failed: Vec<String> = (0..u64::min(seeds, 1_000))
        .filter_map(|seed| {
            let chosen = ATTACKS[usize::try_from(seed).unwrap() % ATTACKS.len()];
            let outcome = std::panic::catch_unwind(|| cases::attack(seed, chosen));
            outcome.is_err().then(|| format!("{seed}: {chosen:?}"))
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
