//! Blobs over HTTP (`protocol/src/blobs.rs`).

use std::time::Duration;

use client_core::api::{Command, Reply, Secret};
use protocol::{
    BlobId, Bytes, Millis, Problem, RoomId,
    blobs::{BlobCreate, BlobCreated, PART_MEDIA_TYPE, UPLOAD_OFFSET, UPLOAD_SECRET},
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};

use super::FileError;
use crate::{
    Client, ClientError,
    limits::{BLOB_PATIENCE, PART_PATIENCE, SILENCE},
    server::body_of,
};

/// Why a request did not do.
pub(super) enum Trouble {
    /// It may work later.
    Passing { retry_after: Option<Duration> },
    /// It will not.
    Final(FileError),
}

/// How much of an upload is durable, or a refusal that says so.
pub(super) type Offset = u64;

/// The server's blobs, with the session's token.
pub(super) struct Blobs<'a> {
    client: &'a Client,
    token: Option<Secret>,
}

/// What goes with a request.
enum Body {
    None,
    Json(Vec<u8>),
    Part(Vec<u8>),
}

/// A request about a blob.
struct Ask<'a> {
    method: Method,
    path: String,
    headers: Vec<(&'a str, String)>,
    body: Body,
    /// Of the whole answer; nothing where its reader sees to it.
    patience: Option<Duration>,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client, token: None }
    }

    /// Begins an upload, or finds one that was begun: how much of it is durable.
    pub(super) async fn create(
        &mut self,
        blob_id: BlobId,
        room_id: RoomId,
        size: u64,
        expires_at: Millis,
        secret: &Secret,
    ) -> Result<Offset, Trouble> {
        let secret = Bytes::from_base64url(&secret.0).unwrap_or_default();
        let create = BlobCreate {
            blob_id,
            room_id,
            size,
            expires_at,
            secret,
        };
        let body = serde_json::to_vec(&create).unwrap_or_default();
        let answer = self
            .ask(&Ask {
                method: Method::POST,
                path: String::new(),
                headers: vec![],
                body: Body::Json(body),
                patience: Some(BLOB_PATIENCE),
            })
            .await?;
        let body = body_of(answer).await.ok_or_else(passing)?;
        let created: BlobCreated = serde_json::from_slice(&body).map_err(|_| passing())?;
        Ok(created.offset)
    }

    /// How much of an upload is durable.
    pub(super) async fn progress(&mut self, blob_id: BlobId, secret: &Secret) -> Result<Offset, Trouble> {
        let answer = self
            .ask(&Ask {
                method: Method::HEAD,
                path: format!("/{blob_id}/upload"),
                headers: vec![(UPLOAD_SECRET, secret.0.clone())],
                body: Body::None,
                patience: Some(BLOB_PATIENCE),
            })
            .await?;
        offset_of(&answer).ok_or_else(passing)
    }

    /// Adds a part that begins at `offset`; how much is durable then.
    pub(super) async fn part(
        &mut self,
        blob_id: BlobId,
        secret: &Secret,
        offset: Offset,
        bytes: Vec<u8>,
    ) -> Result<Offset, Trouble> {
        let answer = self
            .once_more(&Ask {
                method: Method::PATCH,
                path: format!("/{blob_id}/upload"),
                headers: vec![
                    (UPLOAD_SECRET, secret.0.clone()),
                    (UPLOAD_OFFSET, offset.to_string()),
                ],
                body: Body::Part(bytes),
                patience: Some(PART_PATIENCE),
            })
            .await?;
        // A part that does not fit says where the upload is.
        let fits = answer.status().is_success() || answer.status() == StatusCode::CONFLICT;
        match offset_of(&answer) {
            Some(offset) if fits => Ok(offset),
            _ => Err(trouble_of(answer).await),
        }
    }

    /// The blob from `offset` on.
    pub(super) async fn get(&mut self, blob_id: BlobId, offset: u64) -> Result<Response, Trouble> {
        let range = (offset > 0).then(|| (header::RANGE.as_str(), format!("bytes={offset}-")));
        let answer = self
            .ask(&Ask {
                method: Method::GET,
                path: format!("/{blob_id}"),
                headers: range.into_iter().collect(),
                body: Body::None,
                patience: None,
            })
            .await?;
        if offset > 0 && answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(passing());
        }
        Ok(answer)
    }

    async fn ask(&mut self, ask: &Ask<'_>) -> Result<Response, Trouble> {
        let answer = self.once_more(ask).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        Err(trouble_of(answer).await)
    }

    /// Sends it; again with a newer token where the one in hand is refused, for a device opens another session each time
    /// that it connects anew.
    async fn once_more(&mut self, ask: &Ask<'_>) -> Result<Response, Trouble> {
        let answer = self.once(ask).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let stale = self.token.take();
        let token = self.give_token(stale.clone()).await?;
        if Some(&token) == stale.as_ref() {
            return Err(passing());
        }
        self.token = Some(token);
        let answer = self.once(ask).await?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.token = None;
            return Err(passing());
        }
        Ok(answer)
    }

    async fn once(&mut self, ask: &Ask<'_>) -> Result<Response, Trouble> {
        let token = match &self.token {
            Some(token) => token.clone(),
            None => self.give_token(None).await?,
        };
        let path = format!("/api/v1/blobs{}", ask.path);
        let server = self.client.server();
        let mut request: RequestBuilder = server.request(ask.method.clone(), &path).bearer_auth(&token.0);
        self.token = Some(token);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        request = match &ask.body {
            Body::None => request,
            Body::Json(body) => request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.clone()),
            Body::Part(bytes) => request
                .header(header::CONTENT_TYPE, PART_MEDIA_TYPE)
                .body(bytes.clone()),
        };
        if let Some(patience) = ask.patience {
            request = request.timeout(patience);
        }
        let sent = tokio::time::timeout(ask.patience.unwrap_or(SILENCE), request.send()).await;
        sent.map_err(|_| passing())?.map_err(|error| {
            tracing::debug!(%error, "no answer about a blob");
            passing()
        })
    }

    async fn give_token(&self, stale: Option<Secret>) -> Result<Secret, Trouble> {
        match self.client.ask(Command::GiveToken { stale }).await {
            Ok(Reply::Token { token }) => Ok(token),
            Ok(_) => Err(Trouble::Final(ClientError::Confused.into())),
            // Not connected yet.
            Err(ClientError::Failed(failure)) if failure.code == "offline" => Err(passing()),
            Err(error) => Err(Trouble::Final(error.into())),
        }
    }
}

pub(super) fn passing() -> Trouble {
    Trouble::Passing { retry_after: None }
}

fn offset_of(answer: &Response) -> Option<Offset> {
    answer.headers().get(UPLOAD_OFFSET)?.to_str().ok()?.parse().ok()
}

/// What an answer that is no success says. What is between us and the server may say such things too, without our codes.
async fn trouble_of(answer: Response) -> Trouble {
    let status = answer.status();
    let problem: Option<Problem> = match body_of(answer).await {
        Some(body) => serde_json::from_slice(&body).ok(),
        None => None,
    };
    let retry_after = problem.as_ref().and_then(|problem| problem.retry_after_ms);
    let retry_after = retry_after.map(Duration::from_millis);
    // A full disk does not get emptier while somebody waits.
    let passes = status.is_server_error() && status != StatusCode::INSUFFICIENT_STORAGE;
    if passes
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
        || retry_after.is_some()
    {
        return Trouble::Passing { retry_after };
    }
    let code = problem.and_then(|problem| serde_json::to_value(problem.code).ok());
    let code = code.as_ref().and_then(|code| code.as_str());
    Trouble::Final(FileError::Refused {
        code: code.unwrap_or_else(|| usual_code(status)).to_owned(),
    })
}

/// An answer to `HEAD` has no body, and so no code.
fn usual_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not_found",
        410 => "file_expired",
        413 => "too_large",
        _ => "internal",
    }
}
