//! `/api/v1/session`, and how other routes learn who asks.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, header::AUTHORIZATION},
};
use protocol::{
    Bytes, Code, Millis,
    accounts::{ChallengeReply, ChallengeRequest, RevocationAsk, RevocationReply, Session, SessionOpen},
    identity::SessionChallenge,
    limits::SESSION_LIFE_MS,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Caller, Visitor, store};
use crate::{
    admin::Role,
    app::App,
    client::Block,
    failure::{Failure, ProblemResponse, Refusals, refuse},
    json::Json,
    limits::HOUR_MS,
    people,
    random::random,
    store::Written,
    tokens::hash_token,
};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(challenge))
        .routes(routes!(open))
        .routes(routes!(revoked))
}

/// What a device has to sign. Unknown devices get a challenge too: nobody learns which exist.
#[utoipa::path(
    post,
    path = "/session/challenge",
    tag = "sessions",
    request_body = ChallengeRequest,
    responses((status = 200, body = ChallengeReply), Refusals),
)]
async fn challenge(State(app): State<Arc<App>>, Json(body): Json<ChallengeRequest>) -> Json<ChallengeReply> {
    let nonce = app.handshakes.challenge(body.device_id, app.clock.now());
    Json(ChallengeReply {
        nonce: nonce.to_vec().into(),
    })
}

/// Begins a session, which ends the one before.
#[utoipa::path(
    post,
    path = "/session/open",
    tag = "sessions",
    request_body = SessionOpen,
    responses((status = 200, body = Session), Refusals),
)]
async fn open(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<SessionOpen>,
) -> Result<Json<Session>, ProblemResponse> {
    let now = app.clock.now();
    let refused = || {
        refuse(
            Code::Unauthenticated,
            "unknown device, or the proof does not hold",
        )
    };
    let nonce: [u8; 32] = body.nonce.0.as_slice().try_into().map_err(|_| refused())?;
    let made = app
        .handshakes
        .challenge_made(body.device_id, &nonce, now)
        .ok_or_else(refused)?;
    app.rates.session_blocks.take_from(block, now)?;
    let known = {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        store::device(&mut connection, body.device_id)
            .await
            .map_err(Failure::from)?
    };
    let (caller, device_key) = known.ok_or_else(refused)?;
    SessionChallenge {
        device_id: body.device_id,
        nonce,
    }
    .check_signature(&device_key, &body.signature)
    .map_err(|_| refused())?;
    app.rates.sessions.take(caller.device_id, 1, now)?;
    if !app.handshakes.use_up(&nonce, made, now) {
        return Err(refused().into());
    }

    let token = random::<32>();
    let token_hash = hash_token(&token);
    let expires_at = session_end(now);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                if store::begin(connection, caller.device_id, token_hash, expires_at).await? {
                    Ok(Written::answer(()))
                } else {
                    Err(refuse(Code::Unauthenticated, "the device is gone"))
                }
            })
        })
        .await?;
    let ticket = app.tickets.issue(Visitor::Device(caller), now);
    Ok(Json(Session {
        token: token.to_vec().into(),
        expires_at,
        ticket,
    }))
}

/// Shows a device that gets no session its account's device list, by which it knows whether the account revoked it.
/// Nothing is remembered of devices that are gone: that one was of the account, its certificate says.
#[utoipa::path(
    post,
    path = "/session/revoked",
    tag = "sessions",
    request_body = RevocationAsk,
    responses((status = 200, body = RevocationReply), Refusals),
)]
async fn revoked(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<RevocationAsk>,
) -> Result<Json<RevocationReply>, ProblemResponse> {
    let now = app.clock.now();
    let refused = || {
        refuse(
            Code::Unauthenticated,
            "unknown account, or the proof does not hold",
        )
    };
    let device = body.certificate.body();
    let nonce: [u8; 32] = body.nonce.0.as_slice().try_into().map_err(|_| refused())?;
    app.handshakes
        .challenge_made(device.device_id, &nonce, now)
        .ok_or_else(refused)?;
    app.rates.session_blocks.take_from(block, now)?;
    SessionChallenge {
        device_id: device.device_id,
        nonce,
    }
    .check_signature(&device.device_key, &body.signature)
    .map_err(|_| refused())?;
    let mut connection = app.store.read().await.map_err(Failure::from)?;
    let owner = people::owner(&mut connection, device.user_id)
        .await
        .map_err(Failure::from)?;
    let (_, device_list) = owner
        .filter(|(owner, _)| owner.aik == device.aik && owner.network_id == device.network_id)
        .ok_or_else(refused)?;
    Ok(Json(RevocationReply { device_list }))
}

/// When a session that begins now ends: a whole hour, for the time is stored and must not tell when the device
/// was last used.
fn session_end(now: Millis) -> Millis {
    let end = now.plus(SESSION_LIFE_MS).0;
    Millis(end - end % HOUR_MS)
}

/// The token of `Authorization: Bearer <base64url>`.
pub fn bearer(headers: &HeaderMap) -> Option<Bytes> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    Bytes::from_base64url(token.trim())
}

/// Who asks, by the session token, and what the user may do.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<(Caller, Role), Failure> {
    let refused = || refuse(Code::Unauthenticated, "no session, or one that has ended");
    let token = bearer(headers).ok_or_else(refused)?;
    let mut connection = app.store.read().await?;
    let found = store::find(&mut connection, hash_token(&token.0), app.clock.now()).await?;
    found.ok_or_else(refused)
}
