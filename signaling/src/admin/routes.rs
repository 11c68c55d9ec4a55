//! `/api/v1/admin`.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use protocol::{
    Code,
    accounts::{InvitationCreate, InvitationCreated},
};

use super::{Invite, Role, invite};
use crate::{
    app::App,
    failure::{ProblemResponse, refuse},
    json::Json,
    sessions::authenticate,
};

/// The routes of this noun.
pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/admin/invitations", post(create_invitation))
}

async fn create_invitation(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Json(body): Json<InvitationCreate>,
) -> Result<(StatusCode, Json<InvitationCreated>), ProblemResponse> {
    let now = app.clock.now();
    let (caller, role) = authenticate(&app, &headers).await?;
    if !role.may_invite() {
        return Err(refuse(Code::Forbidden, "only administrators invite people").into());
    }
    app.rates.invitations.take(caller.device_id, 1, now)?;
    let request = Invite {
        network: Some(caller.network_id),
        email: body.email,
        name: body.name,
        role: Role::Member,
    };
    let invitation = invite(&app.store, &app.public_url, request, now).await?;
    Ok((
        StatusCode::CREATED,
        Json(InvitationCreated {
            url: invitation.url,
            expires_at: invitation.expires_at,
        }),
    ))
}
