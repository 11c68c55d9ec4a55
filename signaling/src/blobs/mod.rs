//! Blobs: sealed files of rooms. The server knows of one in which room it is and how long it is; not what is in it, nor
//! who made it. Its maker goes on with it and deletes it by a secret of which the server has the hash.
//!
//! ```text
//!             begin                 part, part, …             all is there          its time is over
//! (nothing) ─────────► unfinished ─────────────► … ─────────► complete ─────────► expired ─────────► (nothing)
//!                          │ nobody goes on with it for a day,    │ deleted        the row stays for a while, so that
//!                          ▼ or deleted                           ▼                who asks is told why
//!                      (nothing)                              (nothing)
//! ```
//!
//! A row comes before its bytes, and goes before them: what lies there without a row is nobody's (`sweep.rs`). How
//! much of a blob counts is what its row says, written once the bytes are synced; more than that is cut off before the
//! next part. Bytes lie in a folder or on an S3 service, which look the same to all others (`keep.rs`), and belong to one
//! database alone (`owned.rs`).

mod folder;
mod keep;
mod mark;
mod owned;
mod place;
mod range;
mod routes;
mod rules;
mod s3;
mod store;
mod sweep;
#[cfg(test)]
mod tests;
mod transfers;
mod types;
mod uploads;
mod writing;

pub use mark::DeploymentId;
pub use owned::NotOurs;
pub use place::{BlobPlace, PlaceError};
pub use routes::routes;
pub use rules::check_kept;
pub use s3::{S3Failure, S3Settings, S3Step, S3Trouble, try_s3};
pub use store::{blob, of_room};
#[cfg(test)]
pub use store::{expired, insert};
pub use sweep::{delete_files, empty, expire, sweep};
pub use types::{Blob, BlobLimits};

use keep::Keep;
use transfers::Transfers;
use uploads::Uploads;

/// What the routes of this noun share.
pub struct Blobs {
    pub limits: BlobLimits,
    keep: Box<dyn Keep>,
    uploads: Uploads,
    transfers: Transfers,
}

impl Blobs {
    /// Blobs that lie in `keep`.
    pub fn new(limits: BlobLimits, keep: Box<dyn Keep>) -> Self {
        Self {
            limits,
            keep,
            uploads: Uploads::default(),
            transfers: Transfers::default(),
        }
    }

    /// Whether there is anything of a blob.
    #[cfg(test)]
    pub(crate) async fn lies(&self, blob_id: protocol::BlobId) -> bool {
        let [first, ..] = *blob_id.as_bytes();
        self.keep.list(first).await.unwrap().contains(&blob_id)
    }
}
