//! ID videos: which sealed blob shows who a user is. At most one of each user; it lies in the user's own room, and those who
//! share a direct room with the user may get it, by the key that the user's devices tell them there (R28, R30, R31).
//!
//! ```text
//! upload into the own room (blobs) ─► put: kept without end, the one before over in the same transaction ─► its bytes deleted
//! ```

mod requests;
mod rules;
mod store;

pub use requests::put;
pub use store::shown_to;
