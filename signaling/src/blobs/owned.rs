//! A place of blobs that is used only once it is known to be this database's. Two databases on one place would each sweep
//! away what the other one has.

use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicBool, Ordering},
};

use protocol::{BlobId, Millis};

use super::{
    keep::{Doing, Extending, Free, Keep, Pieces},
    mark::DeploymentId,
};

/// Blobs without a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmarked {
    /// They lie in the data folder, beside the database or its settings: they are ours.
    Ours,
    /// They may be anybody's.
    Unknown,
}

/// Why a place is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOurs {
    /// The mark is of another database.
    #[error(
        "the files at {place} belong to another database: their mark is {theirs}, and this one's is {ours}"
    )]
    Another {
        /// For people.
        place: String,
        /// What the mark says.
        theirs: String,
        /// What it had to say.
        ours: String,
    },
    /// There are blobs, and no mark.
    #[error(
        "there are files at {place} without a mark that says whose they are; this database's would be {ours}"
    )]
    Unknown {
        /// For people.
        place: String,
        /// What the mark had to say.
        ours: String,
    },
}

/// See the module.
pub struct Owned {
    keep: Box<dyn Keep>,
    ours: DeploymentId,
    unmarked: Unmarked,
    /// For people.
    place: String,
    known: AtomicBool,
}

impl Owned {
    /// Asks nobody yet.
    pub fn new(keep: Box<dyn Keep>, ours: DeploymentId, unmarked: Unmarked, place: String) -> Self {
        Self {
            keep,
            ours,
            unmarked,
            place,
            known: AtomicBool::new(false),
        }
    }

    /// Looks whose the place is, and marks it where it is nobody's. What answers once is not asked again.
    pub async fn confirm(&self) -> io::Result<()> {
        if self.known.load(Ordering::Acquire) {
            return Ok(());
        }
        let mark = match self.keep.mark().await? {
            Some(mark) => mark,
            None if self.unmarked == Unmarked::Unknown && !self.keep.is_empty().await? => {
                return Err(not_ours(NotOurs::Unknown {
                    place: self.place.clone(),
                    ours: self.ours.to_string(),
                }));
            }
            None => {
                self.keep.set_mark(self.ours.to_string()).await?;
                // Somebody else may have come at the same time.
                self.keep.mark().await?.unwrap_or_default()
            }
        };
        let theirs = DeploymentId::parse(&mark);
        if theirs != Some(self.ours) {
            let theirs = theirs.map_or_else(|| "not one that can be read".to_owned(), |id| id.to_string());
            return Err(not_ours(NotOurs::Another {
                place: self.place.clone(),
                theirs,
                ours: self.ours.to_string(),
            }));
        }
        self.known.store(true, Ordering::Release);
        Ok(())
    }
}

fn not_ours(why: NotOurs) -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, why)
}

impl Keep for Owned {
    fn extend(&self, blob_id: BlobId, at: u64) -> Doing<'_, Box<dyn Extending>> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.extend(blob_id, at).await
        })
    }

    fn read(&self, blob_id: BlobId, range: Range<u64>) -> Doing<'_, Option<Pieces>> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.read(blob_id, range).await
        })
    }

    fn delete(&self, blob_id: BlobId) -> Doing<'_, ()> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.delete(blob_id).await
        })
    }

    fn free(&self) -> Doing<'_, Free> {
        self.keep.free()
    }

    fn list(&self, first: u8) -> Doing<'_, Vec<BlobId>> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.list(first).await
        })
    }

    fn modified(&self, blob_id: BlobId) -> Doing<'_, Option<Millis>> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.modified(blob_id).await
        })
    }

    fn is_empty(&self) -> Doing<'_, bool> {
        Box::pin(async move {
            self.confirm().await?;
            self.keep.is_empty().await
        })
    }

    fn mark(&self) -> Doing<'_, Option<Vec<u8>>> {
        self.keep.mark()
    }

    fn set_mark(&self, mark: String) -> Doing<'_, ()> {
        self.keep.set_mark(mark)
    }
}
