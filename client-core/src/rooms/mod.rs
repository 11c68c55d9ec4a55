//! Rooms: their groups, their logs, their outboxes.
//!
//! ```text
//!             ┌► Founding ──────────────┐ accepted
//! (command) ──┘                         ▼
//! (welcome) ─────────────────────────► Member ──commit that cannot be processed──► report, drop the group
//!                                       ▲  ▲                                              │
//! (listed) ──► ExpectWelcome ──welcome──┘  └──accepted── JoiningFromOutside ◄─────────────┘ once
//!                    └──none came──► external commit ───────────┘   └─refused─► Broken ──founded anew──► Member
//! ```
//!
//! [`Room::drive`] does the next thing, one request at a time: bring the log up to date, finish the commit that is
//! on its way, remove whom the server asks to remove, do what was wished, renew the own leaf, send the outbox.

mod acts;
mod aside;
mod commit;
mod contacts;
mod draft;
mod ending;
mod entries;
mod env;
mod events;
mod face;
mod founding;
mod guests;
mod joining;
mod reading;
mod receipts;
mod ringing;
mod send;
mod state;
mod stored;
mod typing;
mod view;

pub(crate) use ending::AT_ONCE;
pub(crate) use env::{Env, Notes};
pub(crate) use founding::{NewRoom, is_passing};
pub(crate) use state::{RECORDS, Room, wait_of};
pub(crate) use stored::{Charter, Intent, Setting};
pub(crate) use view::Lens;
