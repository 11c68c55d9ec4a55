//! `/api/v1/blobs`.

use std::{ops::Range, sync::Arc};

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures_util::StreamExt as _;
use protocol::{
    BlobId, Bytes, Code, Millis, Problem,
    blobs::{
        BlobCreate, BlobCreated, PART_MEDIA_TYPE, UPLOAD_COMPLETE, UPLOAD_LENGTH, UPLOAD_LIMIT,
        UPLOAD_OFFSET, UPLOAD_SECRET,
    },
    limits::MAX_PART_LEN,
};
use sqlx::AnyConnection;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    range::{Wanted, wanted},
    rules, store,
    types::{Blob, BlobLimits},
    uploads::Begun,
    writing::{Outcome, Part, take_part},
};
use crate::{
    app::App,
    failure::{Failure, ProblemResponse, Refusals, StoreError, refuse, refuse_for_now},
    id_videos,
    json::Json,
    limits::UNFINISHED_RETRY_MS,
    rooms,
    sessions::{Caller, authenticate},
    store::Written,
    tokens::{TokenHash, hash_token},
};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(create))
        .routes(routes!(progress, append))
        .routes(routes!(get, delete))
}

/// Begins an upload into a room of the caller.
#[utoipa::path(
    post,
    path = "/blobs",
    tag = "blobs",
    security(("bearer" = [])),
    request_body = BlobCreate,
    responses((status = 201, body = BlobCreated), Refusals),
)]
async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(body): Json<BlobCreate>,
) -> Result<Response, ProblemResponse> {
    let now = app.clock.now();
    let (caller, _) = authenticate(&app, &headers).await?;
    let limits = app.blobs.limits;
    let new = rules::check_new(&body, limits, now)?;
    app.rates.uploads.take(caller.device_id, 1, now)?;
    check_room(&app).await?;
    let begun = app.blobs.uploads.begin(&new, caller.user_id, limits);
    if begun == Begun::TooMany {
        return Err(refuse_for_now(UNFINISHED_RETRY_MS).into());
    }
    let stored = app
        .store
        .write(move |connection| {
            Box::pin(async move {
                if !rooms::is_member(connection, new.room_id, caller.user_id).await? {
                    return Err(no_blob());
                }
                if let Some(known) = store::blob(connection, new.blob_id).await? {
                    rules::check_kept(&known, now)?;
                    return Ok(Written::answer(rules::check_known(known, &new)?));
                }
                let used = store::used(connection, new.room_id, now).await?;
                rules::check_quota(&new, limits, used)?;
                store::insert(connection, &new).await?;
                Ok(Written::answer(new))
            })
        })
        .await;
    let going_on = matches!(&stored, Ok(blob) if !blob.is_complete());
    if begun == Begun::Now && !going_on {
        app.blobs.uploads.end(new.blob_id);
    }
    let blob = stored?;
    let place = format!("/api/v1/blobs/{}/upload", blob.blob_id);
    let created = BlobCreated {
        offset: blob.received,
        complete: blob.is_complete(),
        max_part_len: MAX_PART_LEN,
        expires_at: blob.expires_at,
    };
    Ok((StatusCode::CREATED, [(header::LOCATION, place)], Json(created)).into_response())
}

/// Before anything more is written.
async fn check_room(app: &App) -> Result<(), Failure> {
    let free = app.blobs.keep.free().await.map_err(StoreError::Blobs)?;
    rules::check_room(app.blobs.limits, free).map_err(Failure::Refused)
}

/// How much of an upload is durable. A part that is still on its way is cut off: who asks takes it for lost.
#[utoipa::path(
    head,
    path = "/blobs/{blob_id}/upload",
    tag = "blobs",
    security(("bearer" = [])),
    params(
        ("blob_id" = BlobId, Path),
        ("upload-secret" = Bytes, Header, description = "The upload's secret"),
    ),
    responses((status = 204, description = "See upload-offset, upload-complete, upload-length, upload-limit"), Refusals),
)]
async fn progress(
    State(app): State<Arc<App>>,
    Path(blob_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let (caller, _) = authenticate(&app, &headers).await?;
    let (blob_id, secret_hash) = (id_of(&blob_id)?, secret_of(&headers)?);
    own_upload(&app, caller, blob_id, &secret_hash).await?;
    let _claim = app.blobs.uploads.claim(blob_id).await;
    let blob = own_upload(&app, caller, blob_id, &secret_hash).await?;
    Ok((StatusCode::NO_CONTENT, upload_headers(&blob, app.blobs.limits)).into_response())
}

/// Adds a part, which must begin where the upload ends. With the last byte, the blob is complete.
#[utoipa::path(
    patch,
    path = "/blobs/{blob_id}/upload",
    tag = "blobs",
    security(("bearer" = [])),
    params(
        ("blob_id" = BlobId, Path),
        ("upload-secret" = Bytes, Header, description = "The upload's secret"),
        ("upload-offset" = u64, Header, description = "Where the part begins"),
    ),
    request_body(content = Vec<u8>, content_type = "application/partial-upload"),
    responses((status = 204, description = "Durable; see upload-offset, upload-complete"), Refusals),
)]
async fn append(
    State(app): State<Arc<App>>,
    Path(blob_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ProblemResponse> {
    let (caller, _) = authenticate(&app, &headers).await?;
    let part = Part {
        caller,
        blob_id: id_of(&blob_id)?,
        secret_hash: secret_of(&headers)?,
        offset: number_of(&headers, UPLOAD_OFFSET)
            .ok_or_else(|| refuse(Code::Malformed, "upload-offset must say where the part begins"))?,
        len: number_of(&headers, header::CONTENT_LENGTH.as_str()),
    };
    if text_of(&headers, header::CONTENT_TYPE.as_str()) != Some(PART_MEDIA_TYPE) {
        let problem = Problem::new(
            Code::Malformed,
            "the content type must be application/partial-upload",
        );
        return Err(ProblemResponse(Problem {
            status: 415,
            ..problem
        }));
    }
    // Before anybody's upload is held up.
    let blob = own_upload(&app, caller, part.blob_id, &part.secret_hash).await?;
    check_room(&app).await?;
    let transfer = app.blobs.transfers.take(caller.device_id)?;
    app.blobs.uploads.begin(&blob, caller.user_id, app.blobs.limits);
    // In a task of its own: when the connection breaks, this handler is dropped, and what came is kept all the same.
    let taken = tokio::spawn({
        let app = Arc::clone(&app);
        async move {
            let outcome = take_part(app, part, body).await;
            drop(transfer);
            outcome
        }
    });
    let Outcome { blob, refusal } = taken.await.map_err(|_| Failure::Store(StoreError::GivenUp))??;
    let headers = upload_headers(&blob, app.blobs.limits);
    Ok(match refusal {
        Some(problem) => (headers, ProblemResponse(problem)).into_response(),
        None => (StatusCode::NO_CONTENT, headers).into_response(),
    })
}

/// The blob, or a part of it, for the members of its room; an ID video also for the contacts of who shows it.
#[utoipa::path(
    get,
    path = "/blobs/{blob_id}",
    tag = "blobs",
    security(("bearer" = [])),
    params(
        ("blob_id" = BlobId, Path),
        ("range" = Option<String>, Header, description = "One range of bytes (RFC 9110)"),
    ),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
        Refusals,
    ),
)]
async fn get(
    State(app): State<Arc<App>>,
    Path(blob_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let (caller, _) = authenticate(&app, &headers).await?;
    let blob_id = id_of(&blob_id)?;
    let now = app.clock.now();
    let blob = {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        found_for(&mut connection, blob_id, caller, now)
            .await
            .map_err(Failure::from)?
            .ok_or_else(no_blob)?
    };
    rules::check_kept(&blob, now)?;
    if !blob.is_complete() {
        return Err(refuse(Code::NotFound, "not all of it is there yet").into());
    }
    let tag = format!("\"{blob_id}\"");
    // A range of something else than what the client has is of no use to it.
    let other = text_of(&headers, header::IF_RANGE.as_str()).is_some_and(|known| known != tag);
    let asked = headers.get(header::RANGE).filter(|_| !other);
    let (status, range) = match wanted(asked, blob.size) {
        Wanted::Whole => (StatusCode::OK, 0..blob.size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Beyond => return Ok(beyond(blob.size)),
    };
    let transfer = app.blobs.transfers.take(caller.device_id)?;
    let pieces = app.blobs.keep.read(blob_id, range.clone()).await;
    let Some(pieces) = pieces.map_err(|error| Failure::Store(StoreError::Blobs(error)))? else {
        tracing::error!(blob.id = %blob_id, "the bytes of a blob are missing");
        return Err(no_blob().into());
    };
    // The place is held until the last byte is out, or the client gone.
    let body = Body::from_stream(pieces.inspect(move |_| {
        let _held = &transfer;
    }));
    Ok((status, content_headers(&tag, &range, blob.size), body).into_response())
}

/// A blob that the caller may get.
async fn found_for(
    connection: &mut AnyConnection,
    blob_id: BlobId,
    caller: Caller,
    now: Millis,
) -> Result<Option<Blob>, StoreError> {
    if let Some(blob) = store::blob_for(connection, blob_id, caller.user_id).await? {
        return Ok(Some(blob));
    }
    if id_videos::shown_to(connection, blob_id, caller.user_id, now).await? {
        return store::blob(connection, blob_id).await;
    }
    Ok(None)
}

/// Deletes a blob, or ends its upload, by the upload's secret. That works for who is in the room no more, too.
#[utoipa::path(
    delete,
    path = "/blobs/{blob_id}",
    tag = "blobs",
    security(("bearer" = [])),
    params(
        ("blob_id" = BlobId, Path),
        ("upload-secret" = Bytes, Header, description = "The upload's secret"),
    ),
    responses((status = 204), Refusals),
)]
async fn delete(
    State(app): State<Arc<App>>,
    Path(blob_id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ProblemResponse> {
    authenticate(&app, &headers).await?;
    let (blob_id, secret_hash) = (id_of(&blob_id)?, secret_of(&headers)?);
    let made_with = |blob: Option<Blob>| {
        blob.filter(|blob| blob.is_made_with(&secret_hash))
            .ok_or_else(no_blob)
    };
    {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        let blob = store::blob(&mut connection, blob_id).await;
        made_with(blob.map_err(Failure::from)?)?;
    }
    let _claim = app.blobs.uploads.claim(blob_id).await;
    app.store
        .write(move |connection| {
            Box::pin(async move {
                store::delete(connection, blob_id).await?;
                Ok(Written::answer(()))
            })
        })
        .await?;
    app.blobs.uploads.end(blob_id);
    let deleted = app.blobs.keep.delete(blob_id).await;
    deleted.map_err(|error| Failure::Store(StoreError::Blobs(error)))?;
    Ok(StatusCode::NO_CONTENT)
}

/// An upload that the caller made, into a room where the caller still is.
pub(super) async fn own_upload(
    app: &App,
    caller: Caller,
    blob_id: BlobId,
    secret_hash: &TokenHash,
) -> Result<Blob, Failure> {
    let mut connection = app.store.read().await?;
    let blob = store::blob_for(&mut connection, blob_id, caller.user_id)
        .await?
        .filter(|blob| blob.is_made_with(secret_hash))
        .ok_or_else(no_blob)?;
    rules::check_kept(&blob, app.clock.now())?;
    Ok(blob)
}

/// Whoever may not know of a blob or a room is told the same as where there is none.
fn no_blob() -> Failure {
    refuse(Code::NotFound, "there is no such blob or room")
}

fn id_of(text: &str) -> Result<BlobId, Failure> {
    text.parse().map_err(|_| no_blob())
}

fn secret_of(headers: &HeaderMap) -> Result<TokenHash, Failure> {
    text_of(headers, UPLOAD_SECRET)
        .and_then(Bytes::from_base64url)
        .map(|secret| hash_token(&secret.0))
        .ok_or_else(|| refuse(Code::Malformed, "upload-secret must have the upload's secret"))
}

fn number_of(headers: &HeaderMap, name: &str) -> Option<u64> {
    text_of(headers, name)?.parse().ok()
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn upload_headers(blob: &Blob, limits: BlobLimits) -> HeaderMap {
    let complete = if blob.is_complete() { "?1" } else { "?0" };
    let limit = format!("max-size={}, max-append-size={MAX_PART_LEN}", limits.max_len);
    let mut headers = HeaderMap::new();
    let mut set = |name, value| headers.insert(HeaderName::from_static(name), value);
    set(UPLOAD_OFFSET, HeaderValue::from(blob.received));
    set(UPLOAD_LENGTH, HeaderValue::from(blob.size));
    set(UPLOAD_COMPLETE, HeaderValue::from_static(complete));
    if let Ok(limit) = HeaderValue::from_str(&limit) {
        set(UPLOAD_LIMIT, limit);
    }
    headers
}

fn content_headers(tag: &str, range: &Range<u64>, size: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    let len = range.end - range.start;
    set(header::CONTENT_TYPE, "application/octet-stream");
    set(header::CONTENT_LENGTH, &len.to_string());
    set(header::ACCEPT_RANGES, "bytes");
    set(header::ETAG, tag);
    if len < size {
        let last = range.end.saturating_sub(1);
        set(
            header::CONTENT_RANGE,
            &format!("bytes {}-{last}/{size}", range.start),
        );
    }
    headers
}

fn beyond(size: u64) -> Response {
    let problem = Problem::new(Code::Malformed, "the range lies behind the end");
    let content_range = (header::CONTENT_RANGE, format!("bytes */{size}"));
    (
        [content_range],
        ProblemResponse(Problem {
            status: 416,
            ..problem
        }),
    )
        .into_response()
}
