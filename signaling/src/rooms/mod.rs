//! Rooms and delivery: one append-only log per room, and the public half of its group.
//!
//! ```text
//! found, commit:  read group ─► judge (groups, outside the writer) ─► write if the epoch is still the same
//! send:           write if the epoch is the current one
//!                 └─► after it is durable: entry to all connected devices with a leaf, in the log's order
//! sign:           to the others' connected devices, and nowhere else
//! sync, ack:      from the device's own cursor; what all live devices acknowledged is trimmed
//! ```
//!
//! Membership is drawn from the public group; the server adds only who left and which leaves are to go.

mod cache;
mod commit;
mod envelope;
mod found;
mod group_write;
mod judge;
mod members;
mod read;
mod rules;
mod send;
mod sign;
mod store;
mod trim;
mod types;

pub use cache::RoomCache;
pub use commit::commit;
pub use found::found;
pub use members::{ask_for_removals, check_call, direct_rooms, end_due, leave, refresh_call, room_for_call};
pub use read::{ack, group_info, list, report, sync};
pub use send::send;
pub use sign::sign;
pub use store::is_member;
pub use trim::{DirtyRooms, delete_aged, delete_orphans, trim};
