//! `GET /api/v1/ws?ticket=…`.

use std::sync::Arc;

use axum::{
    extract::{
        Query, State, WebSocketUpgrade, rejection::QueryRejection, ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, header},
    response::Response,
};
use protocol::{Bytes, Code, Problem, limits::MAX_SOCKET_FRAME_LEN};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::connection;
use crate::{
    app::App,
    failure::{ProblemResponse, Refusals},
    limits::SOCKET_READ_BUFFER,
};

/// The route of the WebSocket.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(upgrade))
}

#[derive(Deserialize)]
struct Ticket {
    ticket: Bytes,
}

/// The WebSocket of a device. Its frames are those of `docs/protocol.md`.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "sessions",
    params(("ticket" = String, Query, description = "From session/open; base64url, works once")),
    responses((status = 101), Refusals),
)]
async fn upgrade(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    ticket: Result<Query<Ticket>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ProblemResponse> {
    if !is_own_origin(&app.public_url, &headers) {
        return Err(Problem::new(Code::Forbidden, "a page of another origin").into());
    }
    let upgrade = upgrade.map_err(|_| Problem::new(Code::Malformed, "not a WebSocket handshake"))?;
    let visitor = ticket
        .ok()
        .and_then(|Query(query)| app.tickets.redeem(&query.ticket.0, app.clock.now()));
    let visitor = visitor.ok_or_else(|| {
        Problem::new(
            Code::Unauthenticated,
            "the ticket is unknown, was used, or has ended",
        )
    })?;
    let outbound = app
        .hub
        .connect(visitor.device_id(), visitor.user_id())
        .ok_or_else(|| Problem::new(Code::Unavailable, "the server stops"))?;
    app.waker.came(visitor.device_id());
    let guard = connection::Guard::new(Arc::clone(&app), visitor, outbound);
    // The defaults keep 128 KB of write buffer for every idle connection.
    Ok(upgrade
        .read_buffer_size(SOCKET_READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(MAX_SOCKET_FRAME_LEN)
        .max_frame_size(MAX_SOCKET_FRAME_LEN)
        .on_upgrade(move |socket| connection::run(socket, guard)))
}

/// Whether the page that asks is ours: of the public address, or of the address that was asked. Programs that
/// are no browser send no origin.
fn is_own_origin(public_url: &str, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    if origin_of(public_url).eq_ignore_ascii_case(origin) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    host.is_some()
        && authority.is_some_and(|authority| host.is_some_and(|host| host.eq_ignore_ascii_case(authority)))
}

/// Scheme and authority of a URL.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url
        .get(start..)
        .and_then(|rest| rest.find('/'))
        .map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>, host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        headers
    }

    #[test]
    fn only_pages_of_our_own_origin_connect() {
        let url = "https://meet.example.org/app";
        for (origin, host, own) in [
            (None, "meet.example.org", true),
            (Some("https://meet.example.org"), "meet.example.org", true),
            (Some("https://meet.example.org"), "10.0.0.7:8443", true),
            (Some("https://10.0.0.7:8443"), "10.0.0.7:8443", true),
            (Some("https://evil.example"), "meet.example.org", false),
            (Some("null"), "meet.example.org", false),
            (
                Some("https://meet.example.org.evil.example"),
                "meet.example.org",
                false,
            ),
        ] {
            assert_eq!(
                is_own_origin(url, &headers(origin, host)),
                own,
                "{origin:?} at {host}"
            );
        }
    }
}
