//! The service, and asking it.

use std::{
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    body::to_bytes,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request as HttpRequest, StatusCode, header},
};
use protocol::{
    Bytes, Millis, Problem,
    accounts::InvitationLookUp,
    push::{PushEndpoint, Wake},
    sfu::{SfuGone, SfuLink, ToSfu},
};
use serde::Serialize;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Postgres, S3Server};
use crate::{
    BlobLimits, BlobPlace, Clock, OpenError, Service, Settings, admin::Invitation, app::App,
    groups::testing::NOW, push::Pushed, secret::Secret, turn::Turn,
};

/// An SFU that notes what it is told.
#[derive(Default)]
pub struct Sfu(pub Mutex<Vec<ToSfu>>);

impl SfuLink for Sfu {
    fn send(&self, message: ToSfu) -> Result<(), SfuGone> {
        self.0.lock().unwrap().push(message);
        Ok(())
    }
}

/// A service with a clock of its own.
pub struct World {
    pub service: Arc<Service>,
    pub folder: Arc<tempfile::TempDir>,
    pub first: Option<Invitation>,
    database: Option<String>,
    blobs: BlobLimits,
    /// Where files lie, if not in the folder.
    pub s3: Option<Arc<S3Server>>,
    now: Arc<AtomicU64>,
    /// Where requests come from; not known at first.
    pub from: Mutex<Option<IpAddr>>,
    pub courier: Arc<Courier>,
}

/// A push service that notes whom it is asked to wake, and answers as it is told to.
#[derive(Debug)]
pub struct Courier {
    pub pushes: Mutex<Vec<(String, Wake)>>,
    pub answer: Mutex<Pushed>,
}

impl Courier {
    pub const SERVICE: &'static str = "https://push.example/";

    fn new() -> Self {
        Self {
            pushes: Mutex::default(),
            answer: Mutex::new(Pushed::Taken),
        }
    }
}

impl crate::push::Courier for Courier {
    fn key(&self) -> Bytes {
        Bytes(vec![4; 65])
    }

    fn serves(&self, endpoint: &PushEndpoint) -> bool {
        endpoint.as_str().starts_with(Self::SERVICE)
    }

    fn push(&self, endpoint: PushEndpoint, wake: Wake) -> Pin<Box<dyn Future<Output = Pushed> + Send>> {
        let name = endpoint.as_str().trim_start_matches(Self::SERVICE).to_owned();
        self.pushes.lock().unwrap().push((name, wake));
        let answer = *self.answer.lock().unwrap();
        Box::pin(async move {
            tokio::task::yield_now().await;
            answer
        })
    }
}

/// What came back.
pub struct Body {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Body {
    /// The body as a type.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        self.read()
    }

    /// The problem that it is.
    pub fn problem(&self) -> Problem {
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        let problem: Problem = self.read();
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }
}

impl World {
    pub const URL: &'static str = "https://meet.example.org";
    pub const TURN: &'static str = "turn:turn.example.org:3478?transport=udp";

    /// On SQLite.
    pub async fn new() -> Self {
        Self::on(None, None).await
    }

    /// On SQLite, with files on an S3 service.
    pub async fn on_s3() -> Self {
        Self::on(None, Some(Arc::new(S3Server::start().await))).await
    }

    /// On a database of PostgreSQL.
    pub async fn on_postgres(postgres: &Postgres) -> Self {
        Self::on(Some(postgres.database().await), None).await
    }

    /// The same data after a stop and a start, with other limits.
    pub async fn restart_with(self, blobs: BlobLimits) -> Self {
        Self { blobs, ..self }.restart().await
    }

    async fn on(database: Option<String>, s3: Option<Arc<S3Server>>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let now = Arc::new(AtomicU64::new(NOW.0));
        // Whatever disk the tests run on.
        let blobs = BlobLimits {
            disk_reserve: 0,
            ..BlobLimits::default()
        };
        let courier = Arc::new(Courier::new());
        let service = open(&folder, database.clone(), (blobs, s3.as_deref()), &now, &courier)
            .await
            .unwrap();
        let first = service.first_invitation().await;
        Self {
            courier,
            service,
            folder,
            first,
            database,
            blobs,
            s3,
            now,
            from: Mutex::default(),
        }
    }

    /// The same data after a stop and a start.
    pub async fn restart(self) -> Self {
        self.service.shutdown().await;
        let service = open(
            &self.folder,
            self.database.clone(),
            (self.blobs, self.s3.as_deref()),
            &self.now,
            &self.courier,
        )
        .await
        .unwrap();
        let first = service.first_invitation().await;
        Self {
            service,
            first,
            ..self
        }
    }

    /// With the same settings, but for the data folder, which is new.
    pub async fn open_elsewhere(&self) -> Result<Arc<Service>, OpenError> {
        let folder = tempfile::tempdir().unwrap();
        let place = (self.blobs, self.s3.as_deref());
        open(&folder, None, place, &self.now, &self.courier).await
    }

    pub fn app(&self) -> &Arc<App> {
        self.service.app()
    }

    pub fn now(&self) -> Millis {
        Millis(self.now.load(Ordering::SeqCst))
    }

    pub fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Clock::from_fn(move || Millis(now.load(Ordering::SeqCst)))
    }

    pub fn database(&self) -> Option<String> {
        self.database.clone()
    }

    /// Lets time pass.
    pub fn advance(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    /// One HTTP request under `/api/v1/`.
    pub async fn http(&self, mut request: HttpRequest<axum::body::Body>) -> Body {
        if let Some(from) = *self.from.lock().unwrap() {
            let from = ConnectInfo(SocketAddr::new(from, 1));
            request.extensions_mut().insert(from);
        }
        let response = self.service.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Body {
            status: parts.status,
            headers: parts.headers,
            bytes,
        }
    }

    /// What an invitation is for.
    pub async fn invitation(&self, code: &str) -> Body {
        let invitation = code.to_owned();
        self.post("registration/invitation", &InvitationLookUp { invitation })
            .await
    }

    pub async fn get(&self, path: &str) -> Body {
        let request = HttpRequest::builder().uri(format!("/api/v1/{path}"));
        self.http(request.body(axum::body::Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: &impl Serialize) -> Body {
        self.post_as(path, None, body).await
    }

    pub async fn post_as(&self, path: &str, token: Option<&Bytes>, body: &impl Serialize) -> Body {
        self.post_raw(path, token, serde_json::to_vec(body).unwrap())
            .await
    }

    pub async fn post_raw(&self, path: &str, token: Option<&Bytes>, body: Vec<u8>) -> Body {
        let mut request = HttpRequest::builder()
            .method(Method::POST)
            .uri(format!("/api/v1/{path}"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.to_base64url()));
        }
        self.http(request.body(body.into()).unwrap()).await
    }
}

async fn open(
    folder: &tempfile::TempDir,
    database_url: Option<String>,
    (blobs, s3): (BlobLimits, Option<&S3Server>),
    now: &Arc<AtomicU64>,
    courier: &Arc<Courier>,
) -> Result<Arc<Service>, OpenError> {
    let now = Arc::clone(now);
    let settings = Settings {
        data_dir: folder.path().to_owned(),
        database_url,
        public_url: World::URL.to_owned(),
        proxies: vec![],
        turn: Some(Turn {
            urls: vec![World::TURN.to_owned()],
            secret: Secret::new("a secret of both servers").unwrap(),
        }),
        blobs,
        blob_place: s3.map_or(BlobPlace::Folder, |s3| BlobPlace::S3(s3.settings())),
        courier: Some(Arc::clone(courier) as _),
        clock: Clock::from_fn(move || Millis(now.load(Ordering::SeqCst))),
    };
    Service::open(settings, Arc::new(Sfu::default())).await
}
