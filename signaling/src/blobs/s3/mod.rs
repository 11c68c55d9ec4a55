//! Blobs on an S3 service, for deployments whose files shall not lie on one machine.
//!
//! An object can neither grow nor be cut. So each sync puts an object of its own, whose key says which bytes of the blob
//! it holds:
//!
//! ```text
//! PREFIX/deployment                                          whose all of it is
//! PREFIX/3f/3f0c…/0000000000000000-0000000000400000-9b1d…    synced and noted
//! PREFIX/3f/3f0c…/0000000000400000-0000000000800000-03fa…    synced and noted; the blob is durable up to here
//! PREFIX/3f/3f0c…/0000000000800000-0000000000a00000-c24e…    synced and not noted: deleted before the next part
//! ```
//!
//! What was given up may still be carried out later. With a random number in each key, a put overwrites nothing, and a
//! deletion finds nothing that was put since. What a late put leaves lies behind the end, or has what others have too.

mod extents;
mod failure;
mod growing;
mod keys;
mod reading;
mod service;
mod settings;
#[cfg(test)]
mod tests;
mod trial;

use std::{io, ops::Range, sync::Arc};

use axum::body::Bytes;
use futures_util::stream;
use object_store::{ListResult, path::Path};
use protocol::{BlobId, Millis, limits::MAX_PART_LEN};
use tokio::sync::Semaphore;

pub use failure::S3Failure;
pub use settings::S3Settings;
pub use trial::{S3Step, S3Trouble, try_s3};

use self::{
    extents::{Object, cover},
    growing::Growing,
    keys::Keys,
    reading::Reading,
    service::{Enough, Listing, Service},
};
use super::{
    keep::{Doing, Extending, Free, Keep, Pieces},
    mark::MAX_MARK_LEN,
};
use crate::limits::{MAX_S3_BLOCKS, MAX_S3_FETCHES, MAX_S3_OBJECT_LEN, MAX_S3_PARTS};

const _: () = assert!(MAX_S3_OBJECT_LEN >= MAX_PART_LEN, "a part is one object");

/// A part of a bucket of blobs.
#[derive(Clone)]
pub struct S3 {
    service: Arc<Service>,
    keys: Arc<Keys>,
    /// For people.
    place: String,
    /// Memory for what is on its way there, and back.
    parts: Arc<Semaphore>,
    blocks: Arc<Semaphore>,
    fetches: Arc<Semaphore>,
}

impl S3 {
    /// Asks nobody yet.
    pub fn open(settings: &S3Settings) -> Result<Self, S3Trouble> {
        let service = Service::new(settings).map_err(|failure| S3Trouble {
            step: S3Step::Put,
            place: settings.to_string(),
            failure,
        })?;
        Ok(Self::on(service, settings))
    }

    fn on(service: Service, settings: &S3Settings) -> Self {
        Self {
            service: Arc::new(service),
            keys: Arc::new(Keys::new(&settings.prefix)),
            place: settings.to_string(),
            parts: Arc::new(Semaphore::new(MAX_S3_PARTS)),
            blocks: Arc::new(Semaphore::new(MAX_S3_BLOCKS)),
            fetches: Arc::new(Semaphore::new(MAX_S3_FETCHES)),
        }
    }

    /// The objects of a blob that reach behind `from`, up to those that begin at `to`; some more may be among them.
    async fn objects(&self, blob_id: BlobId, from: u64, to: u64) -> Result<Vec<Object>, S3Failure> {
        let listing = Listing {
            prefix: self.keys.blob(blob_id),
            after: Some(self.keys.before(blob_id, from.saturating_sub(MAX_S3_OBJECT_LEN))),
            folders: false,
        };
        let mut objects = Vec::new();
        let listed = self.service.list(listing, |page| {
            let before = objects.len();
            objects.extend(
                page.objects
                    .iter()
                    .filter_map(|object| object_of(&object.location)),
            );
            let page = objects.get(before..).unwrap_or_default();
            if page.iter().any(|object| object.start() >= to) {
                Enough::Yes
            } else {
                Enough::No
            }
        });
        listed.await?;
        Ok(objects)
    }
}

impl Keep for S3 {
    fn extend(&self, blob_id: BlobId, at: u64) -> Doing<'_, Box<dyn Extending>> {
        Box::pin(async move {
            let part = Semaphore::try_acquire_owned(self.parts.clone())
                .map_err(|_| io::Error::new(io::ErrorKind::ResourceBusy, "too many parts at once"))?;
            let objects = self.objects(blob_id, at, u64::MAX).await?;
            // That nothing is missing before the last one is looked at with each reading.
            if at > 0 && !objects.iter().any(|object| object.end() == at) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let behind = objects.into_iter().filter(|object| object.end() > at);
            let behind = behind.map(|object| self.keys.object(blob_id, object)).collect();
            self.service.delete(behind).await?;
            Ok(Box::new(Growing::new(self.clone(), blob_id, at, part)) as _)
        })
    }

    fn read(&self, blob_id: BlobId, range: Range<u64>) -> Doing<'_, Option<Pieces>> {
        Box::pin(async move {
            let objects = self.objects(blob_id, range.start, range.end).await?;
            let Some(pieces) = cover(objects, &range) else {
                return Ok(None);
            };
            let reading = Reading::new(self.clone(), blob_id, pieces);
            let pieces = stream::try_unfold(reading, |mut reading| async move {
                let bytes = reading.next().await?;
                Ok(bytes.map(|bytes| (bytes, reading)))
            });
            Ok(Some(Box::pin(pieces) as _))
        })
    }

    fn delete(&self, blob_id: BlobId) -> Doing<'_, ()> {
        Box::pin(async move {
            let listing = Listing {
                prefix: self.keys.blob(blob_id),
                ..Listing::default()
            };
            let mut keys = Vec::new();
            let listed = self.service.list(listing, |page: ListResult| {
                keys.extend(page.objects.into_iter().map(|object| object.location));
                Enough::No
            });
            listed.await?;
            // In steps, so that each has an end and what is done is done.
            for step in keys.chunks(MAX_DELETED) {
                self.service.delete(step.to_vec()).await?;
            }
            Ok(())
        })
    }

    fn free(&self) -> Doing<'_, Free> {
        Box::pin(async { Ok(Free::Unmeasured) })
    }

    fn list(&self, first: u8) -> Doing<'_, Vec<BlobId>> {
        Box::pin(async move {
            let listing = Listing {
                prefix: self.keys.shelf(first),
                after: None,
                folders: true,
            };
            let mut found = Vec::new();
            let listed = self.service.list(listing, |page: ListResult| {
                // Whatever else somebody put there is theirs.
                let ids = page.common_prefixes.iter().filter_map(blob_of);
                found.extend(ids.filter(|blob_id| blob_id.as_bytes().first() == Some(&first)));
                Enough::No
            });
            listed.await?;
            Ok(found)
        })
    }

    fn modified(&self, blob_id: BlobId) -> Doing<'_, Option<Millis>> {
        Box::pin(async move {
            let listing = Listing {
                prefix: self.keys.blob(blob_id),
                ..Listing::default()
            };
            let mut latest = None;
            let listed = self.service.list(listing, |page: ListResult| {
                let times = page
                    .objects
                    .iter()
                    .map(|object| object.last_modified.timestamp_millis());
                latest = latest.max(times.max());
                Enough::No
            });
            listed.await?;
            Ok(latest.map(|ms| Millis(u64::try_from(ms).unwrap_or(0))))
        })
    }

    fn is_empty(&self) -> Doing<'_, bool> {
        Box::pin(async move {
            let listing = Listing {
                prefix: self.keys.all(),
                after: None,
                folders: true,
            };
            let mut shelves = Vec::new();
            let listed = self.service.list(listing, |page: ListResult| {
                shelves.extend(page.common_prefixes.iter().filter_map(shelf_of));
                Enough::No
            });
            listed.await?;
            for first in shelves {
                if !self.list(first).await?.is_empty() {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    fn mark(&self) -> Doing<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            match self.service.get(&self.keys.mark(), 0..MAX_MARK_LEN as u64).await {
                Ok(mark) => Ok(Some(mark.to_vec())),
                Err(S3Failure::Missing) => Ok(None),
                Err(failure) => Err(failure.into()),
            }
        })
    }

    fn set_mark(&self, mark: String) -> Doing<'_, ()> {
        Box::pin(async move {
            Ok(self
                .service
                .put(&self.keys.mark(), Bytes::from(mark).into())
                .await?)
        })
    }
}

/// Objects deleted by one request; S3 takes no more.
const MAX_DELETED: usize = 1_000;

fn object_of(key: &Path) -> Option<Object> {
    Object::parse(key.filename()?)
}

fn shelf_of(folder: &Path) -> Option<u8> {
    let name = folder.filename()?;
    let fits = name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| u8::from_str_radix(name, 16).ok()).flatten()
}

fn blob_of(folder: &Path) -> Option<BlobId> {
    folder.filename()?.parse().ok()
}
