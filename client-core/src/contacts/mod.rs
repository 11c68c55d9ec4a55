//! Contacts: what the user said of them, what they show of themselves, and what follows from it for messages and calls.
//!
//! ```text
//!             verified by video or in person              key, e-mail or name is another
//! Unverified ───────────────────────────────► Verified ─────────────────────────────────► Changed
//!     ▲  │ declined, blocked                      │ declined, blocked                        │ verified anew, or
//!     │  ▼                                        ▼                                          ▼ taken as it is
//!     └─ Declined, Blocked ◄──────────────────────┘                                  Verified, Unverified
//!        taken back
//! ```

mod book;
pub(crate) mod rules;
#[cfg(test)]
mod vectors;
mod words;

pub(crate) use book::{Book, ShownVideo, Statement, Verdict};
pub(crate) use words::words;
