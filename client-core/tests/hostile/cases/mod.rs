//! The attacks, and what must come of each.

mod entries;
mod entry;
mod people;
mod withheld;

use crate::{model::logs::Logs, run::Run};

/// What the server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Old entries again, under the same id or a new one.
    Replay { fresh_id: bool },
    /// Two messages of one sender the wrong way round.
    Reorder,
    /// Two commits of one epoch, each shown to its own author.
    Fork,
    /// Bits of messages changed.
    Tamper,
    /// The key package of somebody else.
    ForeignKeyPackage,
    /// A certificate, key package and device list by a key of the server's, for a person one knows.
    ForgedPerson,
    /// A certificate that names the right account key and is signed by another.
    WrongCertificate,
    /// A leaf of a stranger by an external commit.
    UninvitedStranger,
    /// A leaf that claims to be a device of a member.
    UninvitedDevice,
    /// A commit that one member is never shown.
    WithheldCommit,
    /// An own commit that was accepted, and that the log never shows.
    WithheldOwnCommit,
    /// A group of the server's own in the place of the room.
    FakeFounding,
    /// A welcome or its tree changed on the way.
    SpoiltWelcome,
    /// A device list from before.
    OldDeviceList,
    /// Own state from before.
    OldOwnState,
}

/// Runs one attack.
pub fn attack(seed: u64, attack: Attack) {
    Logs::during(|logs| {
        let mut run = Run::prepare(seed, attack, logs.clone());
        match attack {
            Attack::Replay { fresh_id } => entries::replay(&mut run, fresh_id),
            Attack::Reorder => entries::reorder(&mut run),
            Attack::Fork => entries::fork(&mut run),
            Attack::Tamper => entries::tamper(&mut run),
            Attack::ForeignKeyPackage | Attack::WrongCertificate => people::foreign_key(&mut run),
            Attack::ForgedPerson => people::forged_person(&mut run),
            Attack::OldDeviceList => people::old_device_list(&mut run),
            Attack::OldOwnState => people::old_own_state(&mut run),
            Attack::UninvitedStranger => entry::uninvited(&mut run, "mallory", "has no leaf"),
            Attack::UninvitedDevice => {
                let posing = if seed.is_multiple_of(3) { "alice" } else { "bob" };
                entry::uninvited(&mut run, posing, "different account keys");
            }
            Attack::FakeFounding => entry::fake_founding(&mut run),
            Attack::SpoiltWelcome => entry::spoilt_welcome(&mut run),
            Attack::WithheldCommit => withheld::commit(&mut run),
            Attack::WithheldOwnCommit => withheld::own_commit(&mut run),
        }
        run.nothing_false_is_shown();
    });
}
