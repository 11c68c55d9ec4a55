//! A part on its way to the service: collected, for an object is put as a whole.

use std::io;

use axum::body::Bytes;
use object_store::PutPayload;
use protocol::BlobId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    S3,
    extents::{Extent, Object},
};
use crate::{
    blobs::keep::{Doing, Extending},
    limits::{MAX_S3_OBJECT_LEN, S3_BLOCK_LEN},
};

/// See the module. It takes memory block by block. The first is its own; where there is no other one left, what came goes
/// into an object at once, so that nobody waits for strangers whose parts come slowly.
pub struct Growing {
    s3: S3,
    blob_id: BlobId,
    /// Where the next object begins.
    at: u64,
    blocks: Vec<Vec<u8>>,
    held: Vec<OwnedSemaphorePermit>,
    /// The right to the first block.
    _part: OwnedSemaphorePermit,
}

impl Growing {
    pub fn new(s3: S3, blob_id: BlobId, at: u64, part: OwnedSemaphorePermit) -> Self {
        Self {
            s3,
            blob_id,
            at,
            blocks: Vec::new(),
            held: Vec::new(),
            _part: part,
        }
    }

    async fn take(&mut self, mut bytes: Bytes) -> io::Result<()> {
        while !bytes.is_empty() {
            let block = self.block().await?;
            let some = bytes.split_to(bytes.len().min(S3_BLOCK_LEN - block.len()));
            // Copied: a piece of a body may hold far more memory than it is long.
            block.extend_from_slice(&some);
        }
        Ok(())
    }

    /// A block that is not full.
    async fn block(&mut self) -> io::Result<&mut Vec<u8>> {
        let full = self.blocks.last().is_none_or(|block| block.len() == S3_BLOCK_LEN);
        if full {
            if !self.blocks.is_empty() && !self.has_more_memory() {
                self.put().await?;
            }
            self.blocks.push(Vec::with_capacity(S3_BLOCK_LEN));
        }
        self.blocks.last_mut().ok_or_else(|| io::Error::other("no block"))
    }

    fn has_more_memory(&mut self) -> bool {
        let most = usize::try_from(MAX_S3_OBJECT_LEN).map_or(1, |len| len / S3_BLOCK_LEN);
        if self.blocks.len() >= most {
            return false;
        }
        let permit = Semaphore::try_acquire_owned(self.s3.blocks.clone());
        permit.map(|permit| self.held.push(permit)).is_ok()
    }

    /// Stores what was collected as an object.
    async fn put(&mut self) -> io::Result<()> {
        let len = self.blocks.iter().map(Vec::len).sum();
        let Some(extent) = Extent::new(self.at, len) else {
            return Ok(());
        };
        let payload: PutPayload = self.blocks.drain(..).map(Bytes::from).collect();
        let key = self.s3.keys.object(self.blob_id, Object::new(extent));
        self.s3.service.put(&key, payload).await?;
        self.at = extent.end();
        self.held.clear();
        Ok(())
    }
}

impl Extending for Growing {
    fn write(&mut self, bytes: Bytes) -> Doing<'_, ()> {
        Box::pin(self.take(bytes))
    }

    fn sync(mut self: Box<Self>) -> Doing<'static, ()> {
        Box::pin(async move { self.put().await })
    }
}
