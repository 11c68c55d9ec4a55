//! Headers that tell browsers what a page of this server may do.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::{self, Next},
    response::Response,
};

/// No inline script, nothing from elsewhere, WebAssembly allowed, never inside another page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    connect-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; \
    font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Devices that calls need are this page's alone; the rest is nobody's.
const PERMISSIONS_POLICY: &str = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), \
    autoplay=(self), screen-wake-lock=(self), clipboard-write=(self), speaker-selection=(self), geolocation=(), \
    payment=(), usb=(), serial=(), hid=(), midi=(), browsing-topics=()";

/// How long browsers insist on HTTPS: a year.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Whether a browser may be told to insist on HTTPS from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// HTTPS with a certificate that browsers trust.
    Trusted,
    /// Plain HTTP, or a certificate that nobody vouches for.
    Untrusted,
}

static ALWAYS: LazyLock<Vec<(HeaderName, HeaderValue)>> = LazyLock::new(|| {
    let fixed = HeaderValue::from_static;
    vec![
        (header::CONTENT_SECURITY_POLICY, fixed(CONTENT_SECURITY_POLICY)),
        (
            HeaderName::from_static("permissions-policy"),
            fixed(PERMISSIONS_POLICY),
        ),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::X_FRAME_OPTIONS, fixed("DENY")),
        (header::REFERRER_POLICY, fixed("no-referrer")),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            fixed("same-origin"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            fixed("same-origin"),
        ),
        (HeaderName::from_static("x-robots-tag"), fixed("noindex")),
    ]
});

/// Adds the headers to every answer, those of errors included.
pub fn secure(router: Router, transport: Transport) -> Router {
    router.layer(middleware::from_fn(
        move |request: Request, next: Next| async move {
            let mut response: Response = next.run(request).await;
            let headers = response.headers_mut();
            for (name, value) in ALWAYS.iter() {
                headers.insert(name, value.clone());
            }
            if transport == Transport::Trusted {
                let value = HeaderValue::from_static(STRICT_TRANSPORT_SECURITY);
                headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
            }
            // The API's answers are for the one who asked.
            headers
                .entry(header::CACHE_CONTROL)
                .or_insert(HeaderValue::from_static("no-store"));
            response
        },
    ))
}
