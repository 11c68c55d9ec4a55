//! `/api/v1/guest`: what the page of a link shows, and the session of who came by it.

use std::sync::{Arc, PoisonError};

use axum::extract::State;
use protocol::{
    Code,
    accounts::{GuestLinkLookUp, GuestLinkView, GuestSession, GuestSessionOpen},
    identity::{GuestPass, SessionChallenge},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    rules,
    store::{self, Link},
};
use crate::{
    app::App,
    calls::{Guest, RoomForCall},
    client::Block,
    failure::{Failure, ProblemResponse, Refusals, refuse},
    json::Json,
    rooms,
    sessions::Visitor,
};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(look_up))
        .routes(routes!(open))
}

/// Where a link leads. Its id is in the body, for paths stand in logs.
#[utoipa::path(
    post,
    path = "/guest/link",
    tag = "guests",
    request_body = GuestLinkLookUp,
    responses((status = 200, body = GuestLinkView), Refusals),
)]
async fn look_up(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<GuestLinkLookUp>,
) -> Result<Json<GuestLinkView>, ProblemResponse> {
    let now = app.clock.now();
    app.rates.guest_blocks.take_from(block, now)?;
    let mut connection = app.store.read().await.map_err(Failure::from)?;
    let (link, room) = found(&mut connection, body.link_id).await?;
    let link = rules::check_good(link, room.as_ref(), now)?;
    let by = store::name_of(&mut connection, link.user_id)
        .await
        .map_err(Failure::from)?;
    let network_id = room
        .map(|room| room.network_id)
        .ok_or_else(|| refuse(Code::NotFound, "there is no such room"))?;
    Ok(Json(GuestLinkView {
        network_id,
        room_id: link.room_id,
        by,
        expires_at: link.expires_at,
    }))
}

/// Begins a guest's session, which lives with its WebSocket. Nothing of it is stored.
#[utoipa::path(
    post,
    path = "/guest/session",
    tag = "guests",
    request_body = GuestSessionOpen,
    responses((status = 200, body = GuestSession), Refusals),
)]
async fn open(
    State(app): State<Arc<App>>,
    block: Block,
    Json(body): Json<GuestSessionOpen>,
) -> Result<Json<GuestSession>, ProblemResponse> {
    let now = app.clock.now();
    let refused = || refuse(Code::Unauthenticated, "the proof does not hold");
    let pass = GuestPass::decode(&body.pass.0)
        .ok_or_else(|| refuse(Code::Malformed, "the pass is none of a guest"))?;
    let nonce: [u8; 32] = body.nonce.0.as_slice().try_into().map_err(|_| refused())?;
    let device_id = pass.device_id();
    let made = app
        .handshakes
        .challenge_made(device_id, &nonce, now)
        .ok_or_else(refused)?;
    app.rates.guest_blocks.take_from(block, now)?;
    SessionChallenge { device_id, nonce }
        .check_signature(&pass.key, &body.signature)
        .map_err(|_| refused())?;
    app.rates.guest_links.take(pass.link_id, 1, now)?;
    let (link, room) = {
        let mut connection = app.store.read().await.map_err(Failure::from)?;
        found(&mut connection, pass.link_id).await?
    };
    // Who is in stays in, whatever became of the link.
    let inside = app
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .knows_guest(device_id);
    let link = match link.filter(|_| inside) {
        Some(link) => link,
        None => rules::check_good(link, room.as_ref(), now)?,
    };
    let network_id = room.map(|room| room.network_id);
    if network_id != Some(pass.network_id) || !app.handshakes.use_up(&nonce, made, now) {
        return Err(refused().into());
    }
    let guest = Guest {
        device_id,
        user_id: pass.user_id(),
        room_id: link.room_id,
        link_id: link.link_id,
        expires_at: link.expires_at,
    };
    Ok(Json(GuestSession {
        ticket: app.tickets.issue(Visitor::Guest(guest), now),
    }))
}

/// A link and its room.
pub(super) async fn found(
    connection: &mut sqlx::AnyConnection,
    link_id: protocol::GuestLinkId,
) -> Result<(Option<Link>, Option<RoomForCall>), Failure> {
    let link = store::link(connection, link_id).await?;
    let room = match link {
        Some(link) => rooms::room_for_call(connection, link.room_id).await?,
        None => None,
    };
    Ok((link, room))
}
