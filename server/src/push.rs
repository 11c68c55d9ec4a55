//! Carries wake-ups to the push services of browsers (RFC 8030), and shows who it is that asks (RFC 8292). The message is
//! empty: a push service learns the address of the browser, the address of this server, and when.

use std::{
    collections::HashMap,
    fmt,
    fs::OpenOptions,
    future::Future,
    io::{self, Write as _},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use protocol::{
    Bytes,
    push::{PushEndpoint, Wake},
};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use reqwest::{
    Client, StatusCode, Url,
    header::{self, HeaderMap},
    redirect,
};
use serde::Serialize;
use signaling::push::{Courier, Pushed};

/// Where the key lies in the data folder. Browsers bind their addresses to it: with another one, nobody is woken before each
/// has said its address anew.
const KEY_FILE: &str = "push.key";

/// Push services of the browsers that there are; a dot in front stands for all hosts below. Nobody else is asked, whatever
/// address a client says.
const SERVICES: [&str; 4] = [
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".push.apple.com",
    ".notify.windows.com",
];

/// How long a push service may take. Beyond: it counts as failed, and the next message tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a word of who we are holds; RFC 8292 allows a day.
const TOKEN_LIFE_S: u64 = 12 * 60 * 60;

/// It is made anew when less is left: clocks differ.
const TOKEN_LEFT_S: u64 = 60 * 60;

/// Push services that are remembered, one for each host. Beyond: all are met anew, at the cost of a signature each.
const MAX_SERVICES: usize = 64;

/// How long a push service is left alone that cannot be reached, or gets too much and does not say for how long. Without it,
/// those that wait for a service that is down would hold up the wake-ups of all others.
const REST: Duration = Duration::from_secs(30);

/// Longest rest that a push service may ask for (`Retry-After`). Beyond: so long; a service that errs wakes nobody for longer.
const MAX_REST: Duration = Duration::from_secs(10 * 60);

/// How long a push service keeps trying to wake the browser: for a message a day, for a call as long as it rings.
const MESSAGE_TTL_S: u32 = 24 * 60 * 60;
const CALL_TTL_S: u32 = 45;

/// Of several that wait for the same browser, the newest is enough (RFC 8030 §5.4).
const TOPIC: &str = "news";

/// Why nobody can be woken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The key cannot be read or written.
    #[error("cannot use {path}: check the rights of the data folder")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The key is damaged.
    #[error("{path} is no key: take it from a backup, or delete it and everybody allows notifications again")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// There is no HTTP client.
    #[error("cannot make requests to push services")]
    Client(#[from] reqwest::Error),
}

/// See the module.
pub struct PushCourier {
    inner: Arc<Inner>,
}

struct Inner {
    key: EncodingKey,
    public: Bytes,
    /// Who is responsible, for the push service: the address of this server.
    subject: String,
    /// Services beside the usual ones, by their origins.
    others: Vec<String>,
    client: Client,
    /// By origin.
    services: Mutex<HashMap<String, Service>>,
}

/// What is known of a push service.
#[derive(Default)]
struct Service {
    /// What says who we are, and until when.
    token: Option<(String, u64)>,
    /// It is not asked before.
    rests_until: Option<Instant>,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    exp: u64,
    sub: &'a str,
}

impl fmt::Debug for PushCourier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushCourier(…)")
    }
}

impl PushCourier {
    /// With the key of the data folder, which is made at the first start.
    pub fn open(data: &Path, public_url: &str, others: Vec<String>) -> Result<Self, PushError> {
        let (key, public) = key_pair(&data.join(KEY_FILE))?;
        let client = Client::builder()
            // Who answers with another address could have us ask anybody.
            .redirect(redirect::Policy::none())
            .timeout(PATIENCE)
            .no_proxy()
            // `object_store` switches HTTP/2 on for all, which nothing here was tried with.
            .http1_only()
            .build()?;
        let inner = Inner {
            key,
            public: Bytes(public),
            subject: public_url.to_owned(),
            others,
            client,
            services: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }
}

impl Courier for PushCourier {
    fn key(&self) -> Bytes {
        self.inner.public.clone()
    }

    fn serves(&self, endpoint: &PushEndpoint) -> bool {
        self.inner.served(endpoint).is_some()
    }

    fn push(&self, endpoint: PushEndpoint, wake: Wake) -> Pin<Box<dyn Future<Output = Pushed> + Send>> {
        let inner = Arc::clone(&self.inner);
        Box::pin(async move { inner.push(&endpoint, wake).await })
    }
}

impl Inner {
    /// The address, if there is a push service.
    fn served(&self, endpoint: &PushEndpoint) -> Option<Url> {
        let url = Url::parse(endpoint.as_str()).ok()?;
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let host = url.host_str()?;
        let usual = |service: &&str| match service.strip_prefix('.') {
            Some(_) => host.ends_with(*service),
            None => host == *service,
        };
        let known = url.scheme() == "https" && url.port().is_none() && SERVICES.iter().any(usual);
        let origin = url.origin().ascii_serialization();
        (known || self.others.contains(&origin)).then_some(url)
    }

    async fn push(&self, endpoint: &PushEndpoint, wake: Wake) -> Pushed {
        let Some(url) = self.served(endpoint) else {
            return Pushed::Gone;
        };
        let origin = url.origin().ascii_serialization();
        if self.rests(&origin, Instant::now()) {
            return Pushed::Failed;
        }
        let Some(authorization) = self.authorization(&origin) else {
            return Pushed::Failed;
        };
        let (ttl, urgency) = match wake {
            Wake::Call => (CALL_TTL_S, "high"),
            Wake::Message | Wake::Nobody => (MESSAGE_TTL_S, "normal"),
        };
        let request = self.client.post(url);
        let request = request
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_LENGTH, 0)
            .header("ttl", ttl)
            .header("urgency", urgency)
            .header("topic", TOPIC);
        let (pushed, rest) = match request.send().await {
            Ok(response) => answered(response.status(), response.headers()),
            Err(error) => {
                // Without the address: who has it could wake the browser.
                let error = error.without_url();
                tracing::warn!(%error, "a push service does not answer");
                // What failed within a connection may be well again in the next.
                let holds_up = error.is_timeout() || error.is_connect();
                (Pushed::Failed, holds_up.then_some(REST))
            }
        };
        if let Some(rest) = rest {
            self.with_service(&origin, |service| {
                service.rests_until = service.rests_until.max(Some(Instant::now() + rest));
            });
        }
        pushed
    }

    fn with_service<T>(&self, origin: &str, look: impl FnOnce(&mut Service) -> T) -> T {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        // Some services have a host for each region, and clients say which.
        if !services.contains_key(origin) && services.len() >= MAX_SERVICES {
            services.clear();
        }
        look(services.entry(origin.to_owned()).or_default())
    }

    fn rests(&self, origin: &str, now: Instant) -> bool {
        self.with_service(origin, |service| {
            service.rests_until = service.rests_until.filter(|until| *until > now);
            service.rests_until.is_some()
        })
    }

    fn authorization(&self, origin: &str) -> Option<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let token = self.with_service(origin, |service| {
            let kept = service.token.as_ref();
            if let Some((token, _)) = kept.filter(|(_, until)| *until > now + TOKEN_LEFT_S) {
                return Some(token.clone());
            }
            let exp = now + TOKEN_LIFE_S;
            let claims = Claims {
                aud: origin,
                exp,
                sub: &self.subject,
            };
            let made = jsonwebtoken::encode(&Header::new(Algorithm::ES256), &claims, &self.key);
            let token = made
                .inspect_err(|error| tracing::error!(%error, "cannot sign for a push service"))
                .ok()?;
            service.token = Some((token.clone(), exp));
            Some(token)
        })?;
        Some(format!("vapid t={token}, k={}", self.public.to_base64url()))
    }
}

/// What an answer says, and how long its service is to be left alone.
fn answered(status: StatusCode, headers: &HeaderMap) -> (Pushed, Option<Duration>) {
    if status.is_success() {
        return (Pushed::Taken, None);
    }
    if matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) {
        return (Pushed::Gone, None);
    }
    tracing::warn!(
        http.status = status.as_u16(),
        "a push service refuses to wake a browser"
    );
    // A date is as rare as it is hard to compare: clocks differ.
    let asked = headers
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let asked = asked.map(|seconds| Duration::from_secs(seconds).min(MAX_REST));
    let rest = match status {
        StatusCode::TOO_MANY_REQUESTS => asked.or(Some(REST)),
        // Without its word it is one mishap, for which nobody else is to miss a call.
        _ if status.is_server_error() => asked,
        // It may be for this browser alone.
        _ => None,
    };
    (Pushed::Failed, rest)
}

/// The key, and its public half: 65 bytes.
fn key_pair(path: &Path) -> Result<(EncodingKey, Vec<u8>), PushError> {
    let io = |source| PushError::Io {
        path: path.to_owned(),
        source,
    };
    let damaged = || PushError::Damaged {
        path: path.to_owned(),
    };
    let pair = match std::fs::read(path) {
        Ok(der) => KeyPair::try_from(der.as_slice()).map_err(|_| damaged())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|_| damaged())?;
            write_new(path, &pair.serialize_der()).map_err(io)?;
            pair
        }
        Err(error) => return Err(io(error)),
    };
    let public = pair.public_key_raw().to_vec();
    if !pair.is_compatible(&PKCS_ECDSA_P256_SHA256) || public.len() != 65 {
        return Err(damaged());
    }
    Ok((EncodingKey::from_ec_der(&pair.serialize_der()), public))
}

/// Whole or not at all, for nobody else to read.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let half = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&half)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&half, path)
}

/// The origin of a push service that somebody named; nothing if it is none. Without TLS on this machine alone, for tests.
pub fn origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let here = url.host_str().and_then(|host| host.parse::<IpAddr>().ok());
    let safe = url.scheme() == "https" || url.scheme() == "http" && here.is_some_and(|ip| ip.is_loopback());
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    (safe && bare).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use std::sync::atomic::{AtomicU16, Ordering};

    use axum::{Router, body::to_bytes, extract::Request, response::IntoResponse as _};
    use jsonwebtoken::{DecodingKey, Validation};
    use serde_json::Value;
    use tokio::{
        net::{TcpListener, TcpSocket},
        sync::mpsc,
    };

    use super::*;

    const URL: &str = "https://meet.example.org";

    fn courier(folder: &tempfile::TempDir, others: &[&str]) -> PushCourier {
        let others = others.iter().map(|one| origin(one).unwrap()).collect();
        PushCourier::open(folder.path(), URL, others).unwrap()
    }

    fn endpoint(text: &str) -> PushEndpoint {
        PushEndpoint::parse(text).unwrap()
    }

    /// R55, R70: what a push service gets is where, when and from whom: no body, and no header that says anything else.
    #[tokio::test]
    async fn a_push_says_nothing_but_that_there_is_something() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (told, mut got) = mpsc::unbounded_channel();
        let status = Arc::new(AtomicU16::new(201));
        let answer = Arc::clone(&status);
        let service = Router::new().fallback(move |request: Request| async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, 1 << 20).await.unwrap();
            told.send((parts, body)).unwrap();
            StatusCode::from_u16(answer.load(Ordering::SeqCst))
                .unwrap()
                .into_response()
        });
        let serving = tokio::spawn(async move { axum::serve(listener, service).await });

        let folder = tempfile::tempdir().unwrap();
        let courier = courier(&folder, &[&base]);
        let browser = endpoint(&format!("{base}/push/abc"));
        assert_eq!(courier.push(browser.clone(), Wake::Message).await, Pushed::Taken);
        let (parts, body) = got.recv().await.unwrap();
        assert!(body.is_empty());
        assert_eq!((parts.method.as_str(), parts.uri.path()), ("POST", "/push/abc"));
        let mut names: Vec<&str> = parts.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "accept",
                "authorization",
                "content-length",
                "host",
                "topic",
                "ttl",
                "urgency"
            ]
        );
        assert_eq!(parts.headers["ttl"], "86400");
        assert_eq!(parts.headers["topic"], TOPIC);

        // RFC 8292: who asks, signed with the key that browsers were told.
        let authorization = parts.headers["authorization"].to_str().unwrap();
        let key = courier.key();
        let (token, said) = authorization
            .strip_prefix("vapid t=")
            .unwrap()
            .split_once(", k=")
            .unwrap();
        assert_eq!(said, key.to_base64url());
        let part = |bytes: &[u8]| Bytes(bytes.to_vec()).to_base64url();
        let decoding = DecodingKey::from_ec_components(&part(&key.0[1..33]), &part(&key.0[33..])).unwrap();
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_audience(&[&base]);
        let claims = jsonwebtoken::decode::<Value>(token, &decoding, &validation)
            .unwrap()
            .claims;
        assert_eq!(claims["sub"], URL);
        assert_eq!(claims.as_object().unwrap().len(), 3);

        // A call is worth nothing once it is over.
        assert_eq!(courier.push(browser.clone(), Wake::Call).await, Pushed::Taken);
        let (parts, _) = got.recv().await.unwrap();
        assert_eq!(
            (&parts.headers["ttl"], &parts.headers["urgency"]),
            (&"45".parse().unwrap(), &"high".parse().unwrap())
        );
        for (code, pushed) in [
            (410, Pushed::Gone),
            (404, Pushed::Gone),
            (307, Pushed::Failed),
            (429, Pushed::Failed),
        ] {
            status.store(code, Ordering::SeqCst);
            assert_eq!(
                courier.push(browser.clone(), Wake::Message).await,
                pushed,
                "{code}"
            );
        }
        // It has too much to do, and is not asked.
        while got.try_recv().is_ok() {}
        status.store(201, Ordering::SeqCst);
        assert_eq!(courier.push(browser, Wake::Message).await, Pushed::Failed);
        assert!(got.try_recv().is_err());
        serving.abort();
    }

    /// One that is down costs its own wake-ups, and nobody else's.
    #[tokio::test]
    async fn a_service_that_cannot_be_reached_is_left_alone_and_the_others_are_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        // The port is taken, and nobody listens at it.
        let deaf = TcpSocket::new_v4().unwrap();
        deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let other = format!("http://{}", deaf.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let courier = courier(&folder, &[&base, &other]);
        let push = |at: &str| courier.push(endpoint(&format!("{at}/push/abc")), Wake::Message);
        assert_eq!(push(&other).await, Pushed::Failed);
        let served = Router::new().fallback(async || StatusCode::CREATED);
        let serving = tokio::spawn(async move { axum::serve(listener, served).await });
        assert_eq!(push(&base).await, Pushed::Taken);
        let now = Instant::now();
        assert!(courier.inner.rests(&other, now));
        assert!(!courier.inner.rests(&base, now));
        assert!(!courier.inner.rests(&other, now + REST));
        serving.abort();
    }

    #[test]
    fn a_service_that_has_too_much_to_do_says_for_how_long() {
        let rest = |code: u16, after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(after) = after {
                headers.insert(header::RETRY_AFTER, after.parse().unwrap());
            }
            answered(StatusCode::from_u16(code).unwrap(), &headers).1
        };
        assert_eq!(rest(429, Some("7")), Some(Duration::from_secs(7)));
        assert_eq!(rest(503, Some("7")), Some(Duration::from_secs(7)));
        assert_eq!(rest(429, None), Some(REST));
        assert_eq!(rest(429, Some("Fri, 27 Nov 2026 12:00:00 GMT")), Some(REST));
        assert_eq!(rest(429, Some("99999999999999")), Some(MAX_REST));
        assert_eq!(rest(429, Some("-1")), Some(REST));
        assert_eq!(rest(503, None), None, "one mishap");
        for code in [201, 400, 403, 404, 410, 413] {
            assert_eq!(rest(code, Some("7")), None, "{code}");
        }
    }

    #[test]
    fn only_push_services_are_asked() {
        let folder = tempfile::tempdir().unwrap();
        let courier = courier(&folder, &["https://ntfy.example.org"]);
        for good in [
            "https://fcm.googleapis.com/fcm/send/x",
            "https://updates.push.services.mozilla.com/wpush/v2/x",
            "https://web.push.apple.com/x",
            "https://wns2-db5p.notify.windows.com/w/?token=x",
            "https://ntfy.example.org/up",
        ] {
            assert!(courier.serves(&endpoint(good)), "{good}");
        }
        for bad in [
            "http://fcm.googleapis.com/x",
            "https://fcm.googleapis.com:8443/x",
            "https://fcm.googleapis.com.example.org/x",
            "https://fcm.googleapis.com@10.0.0.1/x",
            "https://user@fcm.googleapis.com/x",
            "https://push.apple.com.evil.example/x",
            "https://evilpush.apple.com.example/x",
            "https://notify.windows.com/x",
            "https://10.0.0.1/x",
            "http://127.0.0.1:8080/x",
            "https://ntfy.example.org:444/up",
        ] {
            assert!(!courier.serves(&endpoint(bad)), "{bad}");
        }
    }

    #[test]
    fn services_are_named_by_their_origin() {
        assert_eq!(
            origin("https://push.example.org/").as_deref(),
            Some("https://push.example.org")
        );
        assert_eq!(
            origin("http://127.0.0.1:4000").as_deref(),
            Some("http://127.0.0.1:4000")
        );
        for bad in [
            "push.example.org",
            "http://push.example.org",
            "https://a/b",
            "https://a?b",
            "https://me@a",
        ] {
            assert_eq!(origin(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_key_stays_the_same_and_a_damaged_one_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let key = courier(&folder, &[]).key();
        assert_eq!(courier(&folder, &[]).key(), key);
        let path = folder.path().join(KEY_FILE);
        let mode = std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, b"nonsense").unwrap();
        let opened = PushCourier::open(folder.path(), URL, vec![]);
        assert!(matches!(opened, Err(PushError::Damaged { .. })));
    }
}
