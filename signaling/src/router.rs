//! All routes under `/api/`.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, header},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use futures_util::StreamExt as _;
use protocol::{
    Code, PROTOCOL_VERSION, Problem,
    accounts::ServerInfo,
    limits::{MAX_JSON_BODY_LEN, MAX_PART_LEN},
};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder,
    security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    accounts, admin,
    app::App,
    blobs,
    failure::{Failure, ProblemResponse, Refusals},
    guests,
    json::Json,
    pairing, sessions, socket,
};

/// The service over HTTP. What it answers is for one client at one time: nothing may keep it.
pub fn router(app: Arc<App>) -> Router {
    let (router, description) = described().split_for_parts();
    let description = axum::Json(description);
    router
        .route("/api/openapi.json", get(move || async { description }))
        .route("/api/{*rest}", axum::routing::any(no_such_route))
        .method_not_allowed_fallback(no_such_method)
        .layer(DefaultBodyLimit::max(MAX_JSON_BODY_LEN))
        .layer(middleware::from_fn(refuse_large))
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(app)
}

/// All routes of version 1, each with its description: [`routes!`] takes path and method from it, so that no route is
/// without one.
fn described() -> OpenApiRouter<Arc<App>> {
    let version_1 = OpenApiRouter::new()
        .routes(routes!(server))
        .routes(routes!(health))
        .merge(accounts::routes())
        .merge(sessions::routes())
        .merge(admin::routes())
        .merge(guests::routes())
        .merge(pairing::routes())
        .merge(blobs::routes())
        .merge(socket::routes());
    OpenApiRouter::with_openapi(about()).nest("/api/v1", version_1)
}

fn about() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Conclave")
        .version(PROTOCOL_VERSION.to_string())
        .description(Some(
            "Accounts, devices, sessions and files over HTTP. Rooms, messages and calls go over the WebSocket.",
        ))
        .build();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    // The refusals of the routes name these two without bringing them along.
    let components = ComponentsBuilder::new()
        .schema_from::<Problem>()
        .schema_from::<Code>()
        .security_scheme("bearer", bearer)
        .build();
    OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build()
}

/// As much of a body that is too large is read away before the answer, and for so long: while something unread stands in the
/// connection, closing it takes the answer back, and the client knows of a broken connection alone. More would be work for
/// whoever sends it; who sends more still gets the answer, if it is quick.
const MAX_READ_AWAY: u64 = 8 * 1024 * 1024;
const READ_AWAY_FOR: Duration = Duration::from_secs(5);

/// Who says that the body is too large is told so, and nothing of it is kept; who does not say is cut off at the limit.
async fn refuse_large(request: Request, next: Next) -> Result<Response, ProblemResponse> {
    // Parts of blobs alone come by PATCH.
    let limit = if request.method() == Method::PATCH {
        MAX_PART_LEN
    } else {
        MAX_JSON_BODY_LEN as u64
    };
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = length.filter(|length| *length > limit) {
        if length <= MAX_READ_AWAY {
            let mut body = request.into_body().into_data_stream();
            let read_away = async { while let Some(Ok(_)) = body.next().await {} };
            // Whether it came or not, the answer is the same.
            let _ = tokio::time::timeout(READ_AWAY_FOR, read_away).await;
        }
        return Err(Problem::new(Code::TooLarge, "the body is too large").into());
    }
    Ok(next.run(request).await)
}

/// What a client wants to know first.
#[utoipa::path(get, path = "/server", tag = "server", responses((status = 200, body = ServerInfo), Refusals))]
async fn server(State(app): State<Arc<App>>) -> Json<ServerInfo> {
    Json(ServerInfo {
        oldest_version: PROTOCOL_VERSION,
        newest_version: PROTOCOL_VERSION,
        server_generation: app.server_generation.clone(),
        now: app.clock.now(),
        push_key: app.waker.key(),
    })
}

/// 200 as long as the database answers.
#[utoipa::path(get, path = "/health", tag = "server", responses((status = 200, body = str), Refusals))]
async fn health(State(app): State<Arc<App>>) -> Result<&'static str, ProblemResponse> {
    let mut connection = app.store.read().await.map_err(Failure::from)?;
    sqlx::query("SELECT 1 AS one")
        .execute(&mut *connection)
        .await
        .map_err(Failure::from)?;
    Ok("ok")
}

async fn no_such_route() -> ProblemResponse {
    Problem::new(Code::NotFound, "there is no such route").into()
}

async fn no_such_method() -> ProblemResponse {
    ProblemResponse(Problem {
        status: 405,
        ..Problem::new(Code::Malformed, "the route takes another method")
    })
}
