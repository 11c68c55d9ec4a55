//! A part of an upload, from the request's body to the disk.

use std::{io, sync::Arc};

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use protocol::{BlobId, Code, Problem, limits::MAX_PART_LEN};
use tokio::{select, time::timeout};

use super::{keep::Extending, routes::own_upload, rules, store, types::Blob, uploads::Claim};
use crate::{
    app::App,
    failure::{Failure, StoreError, refuse},
    limits::{BODY_PATIENCE, UNFINISHED_LIFE_MS},
    sessions::Caller,
    store::Written,
    tokens::TokenHash,
};

/// What a part says of itself.
pub struct Part {
    pub caller: Caller,
    pub blob_id: BlobId,
    pub secret_hash: TokenHash,
    /// Where it begins.
    pub offset: u64,
    /// How long it is; nothing where that is not known before it ends.
    pub len: Option<u64>,
}

/// How an upload stands after a part, and why the part is not all there.
pub struct Outcome {
    pub blob: Blob,
    pub refusal: Option<Problem>,
}

/// How a body ended.
enum End {
    Whole,
    /// The connection broke, nothing came for too long, or a newer request wants the upload.
    CutOff,
    /// More came than there is room for.
    TooLong,
}

/// Takes a part. What came of one that was cut off stays, so that nobody sends it twice.
pub async fn take_part(app: Arc<App>, part: Part, body: Body) -> Result<Outcome, Failure> {
    let mut claim = app.blobs.uploads.claim(part.blob_id).await;
    // Read anew, for it may have grown or gone while this waited.
    let before = own_upload(&app, part.caller, part.blob_id, &part.secret_hash).await?;
    if let Err(problem) = rules::check_part(&before, part.offset, part.len) {
        return Ok(Outcome {
            blob: before,
            refusal: Some(problem),
        });
    }
    // Before anything is done for it, where its length is said.
    let said_short = part.len.is_some_and(|len| rules::is_short(&before, len));
    if said_short {
        take_short(&app, part.blob_id)?;
    }
    let room = (before.size - before.received).min(MAX_PART_LEN);
    let mut growing = app
        .blobs
        .keep
        .extend(before.blob_id, before.received)
        .await
        .map_err(StoreError::Blobs)?;
    let (taken, end) = pour(body.into_data_stream(), growing.as_mut(), room, &mut claim)
        .await
        .map_err(StoreError::Blobs)?;
    let refusal = match end {
        End::Whole => None,
        End::CutOff => Some(Problem::new(Code::Unavailable, "the part was cut off")),
        End::TooLong => return Err(refuse(Code::TooLarge, "the part is too long")),
    };
    if taken == 0 {
        return Ok(Outcome {
            blob: before,
            refusal,
        });
    }
    if !said_short && rules::is_short(&before, taken) {
        take_short(&app, part.blob_id)?;
    }
    growing.sync().await.map_err(StoreError::Blobs)?;
    let blob = note(&app, before, taken).await?;
    Ok(Outcome { blob, refusal })
}

/// Parts that bring little may not be many.
fn take_short(app: &App, blob_id: BlobId) -> Result<(), Failure> {
    app.rates.short_parts.take(blob_id, 1, app.clock.now())
}

async fn pour(
    mut body: BodyDataStream,
    growing: &mut dyn Extending,
    room: u64,
    claim: &mut Claim,
) -> io::Result<(u64, End)> {
    let mut taken = 0;
    loop {
        let next = select! {
            biased;
            () = claim.superseded() => return Ok((taken, End::CutOff)),
            next = timeout(BODY_PATIENCE, body.next()) => next,
        };
        let piece = match next {
            Ok(Some(Ok(piece))) => piece,
            Ok(None) => return Ok((taken, End::Whole)),
            Ok(Some(Err(_))) | Err(_) => return Ok((taken, End::CutOff)),
        };
        if piece.len() as u64 > room - taken {
            return Ok((taken, End::TooLong));
        }
        taken += piece.len() as u64;
        growing.write(piece).await?;
    }
}

/// Writes down how much is durable now.
async fn note(app: &App, before: Blob, taken: u64) -> Result<Blob, Failure> {
    let received = before.received + taken;
    let complete = received == before.size;
    let blob = Blob {
        received,
        unfinished_until: (!complete).then(|| app.clock.now().plus(UNFINISHED_LIFE_MS)),
        ..before
    };
    app.store
        .write(move |connection| {
            Box::pin(async move {
                if store::grow(connection, &blob, before.received).await? {
                    Ok(Written::answer(()))
                } else {
                    Err(refuse(Code::NotFound, "the upload is gone"))
                }
            })
        })
        .await?;
    if complete {
        app.blobs.uploads.end(blob.blob_id);
    }
    Ok(blob)
}
