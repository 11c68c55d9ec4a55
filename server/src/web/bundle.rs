//! Files of the web client. Release builds carry them inside, debug builds read them from `web/dist`, or, for
//! tests, from the folder that [`TEST_BUNDLE`] names.

use std::borrow::Cow;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Bundle;

/// A file of the bundle and the SHA-256 of its content.
pub(super) struct File {
    pub(super) data: Cow<'static, [u8]>,
    pub(super) hash: [u8; 32],
}

const INDEX: &str = "index.html";

/// Files under it have a hash of their content in their name.
const HASHED: &str = "assets/";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// May be kept, but must be asked for each time, so that a new bundle is seen at once.
const REVALIDATE: &str = "no-cache";

/// Names a folder with another build of the client, such as one that tests can look into. Programs that are handed
/// out know nothing of it.
#[cfg(debug_assertions)]
const TEST_BUNDLE: &str = "CONCLAVE_TEST_BUNDLE";

/// Answers everything that is not the API: a file of the bundle, or its page for the addresses that the
/// client itself understands (`/rooms/…`, `/invite/…`).
pub async fn serve_bundle(request: Request) -> Response {
    let get = |name: &str| {
        #[cfg(debug_assertions)]
        if let Some(folder) = std::env::var_os(TEST_BUNDLE) {
            return read_from(folder.as_ref(), name);
        }
        let file = Bundle::get(name)?;
        Some(File {
            hash: file.metadata.sha256_hash(),
            data: file.data,
        })
    };
    serve_from(&request, get)
}

/// Reads anew each time; nothing outside the folder.
#[cfg(debug_assertions)]
fn read_from(folder: &std::path::Path, name: &str) -> Option<File> {
    use std::path::{Component, Path};

    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let data = std::fs::read(inside.then(|| folder.join(name))?).ok()?;
    // Such a folder stays as it is for as long as a test runs.
    Some(File {
        hash: [0; 32],
        data: data.into(),
    })
}

pub(super) fn serve_from(request: &Request, get: impl Fn(&str) -> Option<File>) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if path == "api" || path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let is_page =
        !path.starts_with(HASHED) && !path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    let name = if is_page { INDEX } else { path };
    let accepted = request.headers();
    let variants = [(".br", "br"), (".gz", "gzip")]
        .into_iter()
        .filter(|(_, coding)| accepts(accepted, coding));
    for (suffix, coding) in variants {
        if let Some(file) = get(&format!("{name}{suffix}")) {
            return answer(name, file, Some(coding), accepted);
        }
    }
    match get(name) {
        Some(file) => answer(name, file, None, accepted),
        None if is_page => {
            let text =
                "The web client was not built into this program. Start it by ./run, which builds it.\n";
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(name: &str, file: File, coding: Option<&'static str>, asked: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex(&file.hash));
    let mut headers = HeaderMap::new();
    let mut set = |name, value: &str| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, content_type(name));
    set(
        header::CACHE_CONTROL,
        if name.starts_with(HASHED) {
            IMMUTABLE
        } else {
            REVALIDATE
        },
    );
    set(header::ETAG, &tag);
    set(header::VARY, "accept-encoding");
    if let Some(coding) = coding {
        set(header::CONTENT_ENCODING, coding);
    }
    if asked
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    (headers, body).into_response()
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next() == Some(coding) && !parts.any(|part| part == "q=0")
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
