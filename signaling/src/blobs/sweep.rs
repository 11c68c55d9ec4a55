//! What goes of its own accord: blobs whose time is over, uploads that nobody goes on with, and what lies there or stands
//! in the database without the other.

use std::{collections::HashSet, sync::Arc};

use protocol::BlobId;
use tokio::time::Instant;

use super::store;
use crate::{
    app::App,
    failure::{Failure, StoreError, causes},
    limits::EXPIRE_PATIENCE,
    store::Written,
};

/// One round: deletes some of what expired, and of what was given up. What fails is tried again with the next round, and
/// does not hold up the others, unless it takes long: then nothing answers there.
pub async fn expire(app: &App) -> Result<(), Failure> {
    let now = app.clock.now();
    let (expired, abandoned) = {
        let mut connection = app.store.read().await?;
        (
            store::expired(&mut connection, now).await?,
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

/// Compares what lies there with the database, a shelf at a time. Blobs without a row go; rows without bytes go as well,
/// unless there are none at all: then the place is not the right one, and somebody has to look.
pub async fn sweep(app: &App) -> Result<(), Failure> {
    let (mut any, mut lost) = (false, Vec::new());
    for first in 0..=u8::MAX {
        let files = app.blobs.keep.list(first).await.map_err(StoreError::Blobs)?;
        // After the files, for the row of a blob is there before its file.
        let (filled, empty) = {
            let mut connection = app.store.read().await?;
            store::shelf(&mut connection, first).await?
        };
        any |= !files.is_empty();
        let known: HashSet<&BlobId> = filled.iter().chain(&empty).collect();
        for blob_id in files.iter().filter(|blob_id| !known.contains(blob_id)) {
            app.blobs.keep.delete(*blob_id).await.map_err(StoreError::Blobs)?;
        }
        let files: HashSet<&BlobId> = files.iter().collect();
        for blob_id in filled.iter().filter(|blob_id| !files.contains(blob_id)) {
            // It may have come since.
            let found = app
                .blobs
                .keep
                .read(*blob_id, 0..1)
                .await
                .map_err(StoreError::Blobs)?;
            lost.extend(found.is_none().then_some(*blob_id));
        }
    }
    if lost.is_empty() {
        return Ok(());
    }
    if !any {
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
