//! A part of a blob on its way from the service: piece by piece, each fetched when the one before was taken. A request
//! does not wait for whoever reads slowly, so that it has an end, and no object is in memory as a whole.

use std::{io, vec};

use axum::body::Bytes;
use protocol::BlobId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{S3, extents::Piece};
use crate::limits::{BLOB_READ_LEN, S3_FETCH_LEN};

/// See the module.
pub struct Reading {
    s3: S3,
    blob_id: BlobId,
    pieces: vec::IntoIter<Piece>,
    /// What is left of one.
    piece: Option<Piece>,
    /// Memory of what was handed out last.
    held: Option<OwnedSemaphorePermit>,
}

impl Reading {
    pub fn new(s3: S3, blob_id: BlobId, pieces: Vec<Piece>) -> Self {
        Self {
            s3,
            blob_id,
            pieces: pieces.into_iter(),
            piece: None,
            held: None,
        }
    }

    /// The next bytes; nothing at the end.
    pub async fn next(&mut self) -> io::Result<Option<Bytes>> {
        self.held = None;
        let piece = self.piece.take().filter(|piece| !piece.range.is_empty());
        let Some(mut piece) = piece.or_else(|| self.pieces.next()) else {
            return Ok(None);
        };
        self.held = Semaphore::try_acquire_owned(self.s3.fetches.clone()).ok();
        // Without memory for more it goes on in small steps, as from a folder.
        let most = if self.held.is_some() {
            S3_FETCH_LEN
        } else {
            BLOB_READ_LEN
        };
        let (start, begin) = (piece.range.start, piece.of.start());
        let end = piece.range.end.min(start.saturating_add(most as u64));
        let key = self.s3.keys.object(self.blob_id, piece.of);
        let bytes = self.s3.service.get(&key, start - begin..end - begin).await?;
        if bytes.len() as u64 != end - start {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        piece.range.start = end;
        self.piece = Some(piece);
        Ok(Some(bytes))
    }
}
