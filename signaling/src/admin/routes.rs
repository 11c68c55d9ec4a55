//! `/api/v1/admin`.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use protocol::{
    Code,
    accounts::{InvitationCreate, InvitationCreated},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Invite, Role, invite};
use crate::{
    app::App,
    failure::{ProblemResponse, Refusals, refuse},
    json::Json,
    sessions::authenticate,
};

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(create_invitation))
}

/// Invites someone into the caller's network; for administrators and owners.
#[utoipa::path(
    post,
    path = "/admin/invitations",
    tag = "administration",
    security(("bearer" = [])),
    request_body = InvitationCreate,
    responses((status = 201, body = InvitationCreated), Refusals),
)]
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
