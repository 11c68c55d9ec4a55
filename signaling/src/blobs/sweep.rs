//! What goes of its own accord: blobs whose time is over, uploads that nobody goes on with, and what lies there or stands
//! in the database without the other.

use std::{collections::HashSet, io, sync::Arc, time::Duration};

use protocol::{BlobId, Millis};
use tokio::time::Instant;

use super::store;
use crate::{
    app::App,
    failure::{Failure, StoreError, causes},
    limits::{EXPIRE_PATIENCE, MAX_SWEEP_FAILURES, ORPHAN_GRACE_MS, SWEEP_PATIENCE},
    random::random,
    store::Written,
};

/// One round: deletes some of what expired, and of what was given up. What fails is tried again with the next round, and
/// does not hold up the others, unless it takes long: then nothing answers there.
pub async fn expire(app: &App) -> Result<(), Failure> {
    let now = app.clock.now();
    let (expired, abandoned) = {
        let mut connection = app.store.read().await?;
        (
            // Elsewhere each time, so that those that cannot be deleted hide no others.
            store::expired(&mut connection, now, BlobId::from_random(random())).await?,
            store::abandoned(&mut connection, now).await?,
        )
    };
    let (mut failed, begun) = (None, Instant::now());
    for blob_id in expired {
        failed = empty(app, blob_id).await.err().or(failed);
        if failed.is_some() && begun.elapsed() > EXPIRE_PATIENCE {
            break;
        }
    }
    for blob_id in abandoned {
        if failed.is_some() && begun.elapsed() > EXPIRE_PATIENCE {
            break;
        }
        failed = give_up(app, blob_id).await.err().or(failed);
    }
    app.store
        .write(move |connection| {
            Box::pin(async move {
                store::delete_forgotten(connection, now).await?;
                Ok(Written::answer(()))
            })
        })
        .await?;
    failed.map_or(Ok(()), Err)
}

/// The row stays, so that who asks is told that the time is over.
pub async fn empty(app: &App, blob_id: BlobId) -> Result<(), Failure> {
    let _claim = app.blobs.uploads.claim(blob_id).await;
    app.blobs.uploads.end(blob_id);
    app.blobs.keep.delete(blob_id).await.map_err(StoreError::Blobs)?;
    let now = app.clock.now();
    app.store
        .write(move |connection| {
            Box::pin(async move {
                store::emptied(connection, blob_id, now).await?;
                Ok(Written::answer(()))
            })
        })
        .await
}

async fn give_up(app: &App, blob_id: BlobId) -> Result<(), Failure> {
    let _claim = app.blobs.uploads.claim(blob_id).await;
    let now = app.clock.now();
    let given_up = app
        .store
        .write(move |connection| {
            Box::pin(async move {
                // Somebody may have gone on with it just before.
                let blob = store::blob(connection, blob_id).await?;
                let over = blob
                    .and_then(|blob| blob.unfinished_until)
                    .is_some_and(|until| until <= now);
                if over {
                    store::delete(connection, blob_id).await?;
                }
                Ok(Written::answer(over))
            })
        })
        .await?;
    if given_up {
        app.blobs.uploads.end(blob_id);
        app.blobs.keep.delete(blob_id).await.map_err(StoreError::Blobs)?;
    }
    Ok(())
}

/// Compares what lies there with the database, a shelf at a time. Blobs without a row go once nobody has written them for a
/// while, for a database that was restored or copied does not know the newest; and none goes where there is no row at all.
/// Rows without bytes go as well, unless there are no bytes of any blob: then the place is not the right one, and somebody
/// has to look. What fails holds up no others, unless it takes long: then nothing answers there.
pub async fn sweep(app: &App) -> Result<(), Failure> {
    let mut round = Round::default();
    // Elsewhere each time, so that those that are always reached late are reached.
    let [begin] = random::<1>();
    for first in (0..=u8::MAX).map(|step| begin.wrapping_add(step)) {
        round.shelf(app, first).await?;
        if round.trouble.is_too_long() {
            break;
        }
    }
    round.forget_lost(app).await?;
    round.trouble.first.map_or(Ok(()), Err)
}

/// What a sweep found.
#[derive(Default)]
struct Round {
    any: bool,
    lost: Vec<BlobId>,
    trouble: Trouble,
}

/// What failed at the place of blobs.
#[derive(Default)]
struct Trouble {
    first: Option<Failure>,
    in_a_row: u32,
    took: Duration,
}

impl Trouble {
    /// What came of it; nothing where it failed.
    async fn of<T>(&mut self, work: impl Future<Output = io::Result<T>>) -> Option<T> {
        let begun = Instant::now();
        match work.await {
            Ok(value) => {
                self.in_a_row = 0;
                Some(value)
            }
            Err(error) => {
                self.in_a_row += 1;
                self.took += begun.elapsed();
                self.first.get_or_insert(StoreError::Blobs(error).into());
                None
            }
        }
    }

    fn is_too_long(&self) -> bool {
        self.in_a_row >= MAX_SWEEP_FAILURES || self.took > SWEEP_PATIENCE
    }
}

impl Round {
    async fn shelf(&mut self, app: &App, first: u8) -> Result<(), Failure> {
        let keep = app.blobs.keep.as_ref();
        let Some(files) = self.trouble.of(keep.list(first)).await else {
            return Ok(());
        };
        self.any |= !files.is_empty();
        // After the files, for the row of a blob is there before its file.
        let (filled, empty) = {
            let mut connection = app.store.read().await?;
            store::shelf(&mut connection, first).await?
        };
        let known: HashSet<&BlobId> = filled.iter().chain(&empty).collect();
        let orphans: Vec<BlobId> = files
            .iter()
            .filter(|blob_id| !known.contains(blob_id))
            .copied()
            .collect();
        self.delete_orphans(app, &orphans).await?;
        let files: HashSet<&BlobId> = files.iter().collect();
        for blob_id in filled.iter().filter(|blob_id| !files.contains(blob_id)) {
            if self.trouble.is_too_long() {
                break;
            }
            // It may have come since.
            let found = self.trouble.of(keep.read(*blob_id, 0..1)).await;
            self.lost
                .extend(found.is_some_and(|found| found.is_none()).then_some(*blob_id));
        }
        Ok(())
    }

    async fn delete_orphans(&mut self, app: &App, orphans: &[BlobId]) -> Result<(), Failure> {
        if orphans.is_empty() {
            return Ok(());
        }
        let any_row = {
            let mut connection = app.store.read().await?;
            store::is_any(&mut connection).await?
        };
        if !any_row {
            tracing::error!(
                blobs = orphans.len(),
                "there are files, and the database knows of none at all; they are left"
            );
            return Ok(());
        }
        let keep = app.blobs.keep.as_ref();
        let until = Millis(app.clock.now().0.saturating_sub(ORPHAN_GRACE_MS));
        for blob_id in orphans {
            if self.trouble.is_too_long() {
                return Ok(());
            }
            let modified = self.trouble.of(keep.modified(*blob_id)).await.flatten();
            if modified.is_some_and(|modified| modified <= until) {
                self.trouble.of(keep.delete(*blob_id)).await;
            }
        }
        Ok(())
    }

    async fn forget_lost(&mut self, app: &App) -> Result<(), Failure> {
        let lost = std::mem::take(&mut self.lost);
        if lost.is_empty() {
            return Ok(());
        }
        if !self.any {
            tracing::error!(blobs = lost.len(), "the bytes of all blobs are missing");
            return Ok(());
        }
        tracing::warn!(
            blobs = lost.len(),
            "the bytes of some blobs are missing; they are forgotten"
        );
        app.store
            .write(move |connection| {
                Box::pin(async move {
                    for blob_id in lost {
                        store::delete(connection, blob_id).await?;
                    }
                    Ok(Written::answer(()))
                })
            })
            .await
    }
}

/// Deletes the bytes of blobs whose rows are gone. What is left by a stop in the middle, the next sweep finds.
pub fn delete_files(app: &Arc<App>, blobs: Vec<BlobId>) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        for blob_id in blobs {
            let _claim = app.blobs.uploads.claim(blob_id).await;
            app.blobs.uploads.end(blob_id);
            if let Err(error) = app.blobs.keep.delete(blob_id).await {
                tracing::error!(blob.id = %blob_id, error = causes(&error), "a blob was not deleted");
            }
        }
    });
}
