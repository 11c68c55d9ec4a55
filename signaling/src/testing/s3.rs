//! An S3 service: a real one, of this process, on a folder that goes with it.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::to_bytes,
    error_handling::HandleError,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    serve::ListenerExt as _,
};
use protocol::BlobId;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::{S3Settings, secret::Secret};

/// How a service feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// It has too much to do.
    Failing,
    /// It deletes nothing of this blob: it is locked.
    Keeping(BlobId),
}

/// See the module.
pub struct S3Server {
    folder: tempfile::TempDir,
    pub address: SocketAddr,
    mood: Arc<Mutex<Mood>>,
    serving: AbortHandle,
}

impl S3Server {
    pub const BUCKET: &'static str = "team-files";
    const KEY: &'static str = "AKIDNORTH";
    pub const SECRET: &'static str = "a secret of both sides";

    /// With an empty bucket.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(Self::BUCKET)).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(Self::KEY, Self::SECRET));
        let service = HandleError::new(service.build(), |_| async { StatusCode::INTERNAL_SERVER_ERROR });
        let mood = Arc::new(Mutex::new(Mood::Well));
        let felt = Arc::clone(&mood);
        let router = Router::new().fallback_service(service).layer(middleware::from_fn(
            move |request: Request, next: Next| {
                let mood = *felt.lock().unwrap();
                async move {
                    match mood {
                        Mood::Well => next.run(request).await,
                        Mood::Failing => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                        Mood::Keeping(blob_id) => keep(blob_id, request, next).await,
                    }
                }
            },
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        // Else it waits for acknowledgements, 40 ms each time.
        let listener = listener.tap_io(|connection| connection.set_nodelay(true).unwrap());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            folder,
            address,
            mood,
            serving: serving.abort_handle(),
        }
    }

    pub fn is(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// How to reach it; what it has lies under a prefix.
    pub fn settings(&self) -> S3Settings {
        Self::settings_at(self.address)
    }

    pub fn settings_at(address: SocketAddr) -> S3Settings {
        S3Settings {
            endpoint: Some(format!("http://{address}")),
            region: "us-east-1".to_owned(),
            bucket: Self::BUCKET.to_owned(),
            prefix: "conclave/blobs".to_owned(),
            access_key: Self::KEY.to_owned(),
            secret: Secret::new(Self::SECRET).unwrap(),
        }
    }

    /// Where its objects are files.
    pub fn objects(&self) -> PathBuf {
        self.folder.path().join(Self::BUCKET).join("conclave/blobs")
    }
}

/// Does what is asked, but for deletions of a blob.
async fn keep(blob_id: BlobId, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let deletes = parts.uri.query().is_some_and(|query| query.starts_with("delete"));
    if deletes && String::from_utf8_lossy(&body).contains(&blob_id.to_string()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    next.run(Request::from_parts(parts, body.into())).await
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
