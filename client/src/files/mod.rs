//! Files on their way up and down: sealed and opened here, chunk by chunk, so that memory does not grow with the file.
//!
//! A transfer that loses its connection goes on where the server is, until nothing came through for as long as its owner is
//! patient. What it takes to go on later is noted in the store before anything is sent ([`upload`]).

mod blobs;
mod download;
mod error;
mod kinds;
mod names;
mod patience;
mod upload;

pub use download::{Saved, Target, download};
pub use error::FileError;
pub use kinds::media_type_of;
pub use names::{TURNS, safe_name};
pub use upload::{FileWish, Uploaded, upload};

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file that are through.
    pub done: u64,
    /// Length of the file.
    pub total: u64,
    /// What is going on.
    pub state: TransferState,
}

/// What a transfer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferState {
    /// The beginning of an upload that was interrupted is compared with what was sent.
    Checking,
    /// Bytes go through.
    Running,
    /// The connection is lost; it is tried again.
    Waiting,
}
