//! Where the bytes of blobs lie: what the rest of this noun needs of it.

use std::{io, ops::Range, pin::Pin};

use axum::body::Bytes;
use futures_util::Stream;
use protocol::{BlobId, Millis};

/// Work that may fail as input and output do.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 'a>>;

/// Bytes as they come.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Room for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// So many bytes, on a disk that others use as well.
    Bytes(u64),
    /// A service that does not say; it takes what comes, or refuses it.
    Unmeasured,
}

/// A place for the bytes of blobs. Nobody writes a blob twice at a time; that is seen to above.
pub trait Keep: Send + Sync {
    /// Goes on with a blob of which `at` bytes are durable, as its last noted sync left it; what may lie behind them is
    /// thrown away. Fails where there are fewer.
    fn extend(&self, blob_id: BlobId, at: u64) -> Doing<'_, Box<dyn Extending>>;

    /// A part of a blob, which lies within it; nothing where the blob is not there, or is shorter.
    fn read(&self, blob_id: BlobId, range: Range<u64>) -> Doing<'_, Option<Pieces>>;

    /// Deletes a blob, durably; well also where there is none.
    fn delete(&self, blob_id: BlobId) -> Doing<'_, ()>;

    /// How much there is room for.
    fn free(&self) -> Doing<'_, Free>;

    /// The blobs whose id begins with a byte, so that nobody has to hold all at once.
    fn list(&self, first: u8) -> Doing<'_, Vec<BlobId>>;

    /// When something of a blob was last written, by the clock of the place; nothing where there is nothing of it.
    fn modified(&self, blob_id: BlobId) -> Doing<'_, Option<Millis>>;

    /// Whether there is no blob at all.
    fn is_empty(&self) -> Doing<'_, bool>;

    /// What says whose the place is, or the beginning of that; nothing where nobody said so.
    fn mark(&self) -> Doing<'_, Option<Vec<u8>>>;

    /// Says so, durably.
    fn set_mark(&self, mark: String) -> Doing<'_, ()>;
}

/// A blob that grows.
pub trait Extending: Send {
    /// Takes bytes, which are not durable yet.
    fn write(&mut self, bytes: Bytes) -> Doing<'_, ()>;

    /// Makes all of it durable.
    fn sync(self: Box<Self>) -> Doing<'static, ()>;
}
