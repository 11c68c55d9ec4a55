//! `/api/v1/pairing`. Codes and tickets are in bodies, for paths stand in logs.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use protocol::{
    Bytes, Code,
    limits::PAIRING_TICKET_LEN,
    pairing::{
        PairingClose, PairingCode, PairingEnter, PairingHeard, PairingOpen, PairingOpened, PairingTurn,
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    client::Block,
    failure::{Failure, ProblemResponse, Refusals, refuse},
    json::Json,
    random::random,
    sessions::authenticate,
    tokens::hash_token,
};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(open))
        .routes(routes!(enter))
        .routes(routes!(turn))
        .routes(routes!(close))
}

/// A device that is signed in opens a pairing.
#[utoipa::path(
    post,
    path = "/pairing/open",
    tag = "pairing",
    security(("bearer" = [])),
    request_body = PairingOpen,
    responses((status = 200, body = PairingOpened), Refusals),
)]
async fn open(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(body): Json<PairingOpen>,
) -> Result<Json<PairingOpened>, ProblemResponse> {
    let (caller, _) = authenticate(&app, &headers).await?;
    check_ticket(&body.ticket)?;
    let now = app.clock.now();
    app.rates.pairings.take(caller.device_id, 1, now)?;
    let code = PairingCode::from_random(random());
    let (code, expires_at) = app
        .pairings
        .open(caller.device_id, &body.ticket, body.first, code, now)?;
    Ok(Json(PairingOpened { code, expires_at }))
}

/// A new device enters by a code.
#[utoipa::path(
    post,
    path = "/pairing/enter",
    tag = "pairing",
    request_body = PairingEnter,
    responses((status = 200, body = PairingHeard), Refusals),
)]
async fn enter(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<PairingEnter>,
) -> Result<Json<PairingHeard>, ProblemResponse> {
    check_ticket(&body.ticket)?;
    let now = app.clock.now();
    app.rates.pairing_blocks.take_from(block, now)?;
    let messages = app.pairings.enter(&body.code, &body.ticket, now)?;
    Ok(Json(PairingHeard { messages }))
}

/// One side says something, and hears what the other said.
#[utoipa::path(
    post,
    path = "/pairing/turn",
    tag = "pairing",
    request_body = PairingTurn,
    responses((status = 200, body = PairingHeard), Refusals),
)]
async fn turn(
    State(app): State<Arc<App>>,
    Json(body): Json<PairingTurn>,
) -> Result<Json<PairingHeard>, ProblemResponse> {
    let now = app.clock.now();
    app.rates.pairing_turns.take(hash_token(&body.ticket.0), 1, now)?;
    let messages = app.pairings.turn(&body.ticket, body.known, body.say, now)?;
    Ok(Json(PairingHeard { messages }))
}

/// It is over, for both sides.
#[utoipa::path(
    post,
    path = "/pairing/close",
    tag = "pairing",
    request_body = PairingClose,
    responses((status = 204, description = "There is no such pairing (any more)"), Refusals),
)]
async fn close(State(app): State<Arc<App>>, Json(body): Json<PairingClose>) -> StatusCode {
    app.pairings.close(&body.ticket, app.clock.now());
    StatusCode::NO_CONTENT
}

/// Nobody must guess one.
fn check_ticket(ticket: &Bytes) -> Result<(), Failure> {
    if ticket.0.len() != PAIRING_TICKET_LEN {
        return Err(refuse(Code::Malformed, "a ticket has 32 bytes"));
    }
    Ok(())
}
