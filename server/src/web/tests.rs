//! What browsers get.

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{StatusCode, header},
    response::Response,
    routing::get,
};
use tower::ServiceExt;

use super::{
    Transport,
    bundle::{File, serve_from},
    secure,
};

fn file(text: &str) -> File {
    File {
        data: text.as_bytes().to_vec().into(),
        hash: [7; 32],
    }
}

fn bundle(name: &str) -> Option<File> {
    match name {
        "index.html" => Some(file("page")),
        "favicon.svg" => Some(file("<svg/>")),
        "assets/app-1a2b.js" => Some(file("script")),
        "assets/app-1a2b.js.gz" => Some(file("zipped")),
        _ => None,
    }
}

fn ask(method: &str, path: &str, headers: &[(header::HeaderName, &str)]) -> Response {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    serve_from(&request.body(Body::empty()).unwrap(), bundle)
}

fn header_of(response: &Response, name: header::HeaderName) -> &str {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
        .unwrap_or_default()
}

#[test]
fn every_address_of_the_client_is_its_page() {
    for path in ["/", "/rooms/9b2c", "/invite/abc-DEF_1", "/settings"] {
        let page = ask("GET", path, &[]);
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        assert_eq!(header_of(&page, header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header_of(&page, header::CACHE_CONTROL), "no-cache");
    }
}

#[test]
fn hashed_files_may_be_kept_for_ever_and_others_not() {
    let script = ask("GET", "/assets/app-1a2b.js", &[]);
    assert!(header_of(&script, header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(
        header_of(&script, header::CONTENT_TYPE),
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        header_of(&ask("GET", "/favicon.svg", &[]), header::CACHE_CONTROL),
        "no-cache"
    );
}

#[test]
fn a_compressed_variant_goes_to_who_takes_it() {
    let zipped = ask(
        "GET",
        "/assets/app-1a2b.js",
        &[(header::ACCEPT_ENCODING, "br, gzip;q=0.8")],
    );
    assert_eq!(header_of(&zipped, header::CONTENT_ENCODING), "gzip");
    assert_eq!(
        header_of(&zipped, header::CONTENT_TYPE),
        "text/javascript; charset=utf-8"
    );
    let plain = ask(
        "GET",
        "/assets/app-1a2b.js",
        &[(header::ACCEPT_ENCODING, "gzip;q=0")],
    );
    assert_eq!(header_of(&plain, header::CONTENT_ENCODING), "");
}

#[test]
fn what_is_not_there_is_not_the_page() {
    for path in ["/assets/gone-1.js", "/favicon.png", "/api/v1/nothing", "/api"] {
        assert_eq!(ask("GET", path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(
        ask("POST", "/rooms", &[]).status(),
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[test]
fn a_known_file_is_not_sent_again() {
    let tag = header_of(&ask("GET", "/", &[]), header::ETAG).to_owned();
    assert_eq!(
        ask("GET", "/", &[(header::IF_NONE_MATCH, &tag)]).status(),
        StatusCode::NOT_MODIFIED
    );
}

#[test]
fn a_program_without_the_client_says_how_to_get_it() {
    let request = Request::builder().uri("/").body(Body::empty()).unwrap();
    assert_eq!(
        serve_from(&request, |_| None).status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

/// R69: a page loads from, and talks to, its own server alone.
#[tokio::test]
async fn every_answer_carries_the_policy() {
    let router = Router::new()
        .route("/", get(|| async { "x" }))
        .fallback(|| async { StatusCode::NOT_FOUND });
    for (path, transport) in [("/", Transport::Trusted), ("/nothing", Transport::Untrusted)] {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = secure(router.clone(), transport).oneshot(request).await.unwrap();
        let policy = header_of(&response, header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';")
        );
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"));
        assert_eq!(header_of(&response, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header_of(&response, header::REFERRER_POLICY), "no-referrer");
        let insists = response.headers().contains_key(header::STRICT_TRANSPORT_SECURITY);
        assert_eq!(insists, transport == Transport::Trusted);
    }
}
