//! How work fails inside the service, and what of it a client gets to know.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{Code, Problem};

/// The database failed, or holds what it must not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error("the database failed")]
    Sql(#[from] sqlx::Error),
    /// A stored value is not what its column holds.
    #[error("column {column} holds a value that cannot be read")]
    Damaged {
        /// The column.
        column: &'static str,
    },
    /// The place of blobs cannot be used.
    #[error("the place of blobs failed")]
    Blobs(#[source] std::io::Error),
    /// The transaction that this write was part of was given up, or the writer has stopped.
    #[error("the write was given up")]
    GivenUp,
}

/// An error and its causes in one line, for the log. Never the debug form: a database's details quote values.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The client is told why.
    #[error(transparent)]
    Refused(#[from] Problem),
    /// The service is at fault; the client learns only that.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(StoreError::Sql(error))
    }
}

/// A refusal, for `return Err(refuse(…))`.
pub fn refuse(code: Code, detail: &str) -> Failure {
    Failure::Refused(Problem::new(code, detail))
}

/// A refusal with a time to wait.
pub fn refuse_for_now(retry_after_ms: u64) -> Failure {
    Failure::Refused(Problem {
        retry_after_ms: Some(retry_after_ms),
        ..Problem::new(Code::RateLimited, "too many requests")
    })
}

impl From<Failure> for Problem {
    /// The boundary where a fault is logged, once; refusals are the client's business and are not logged.
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(problem) => problem,
            Failure::Store(error) => {
                tracing::error!(error = causes(&error), "a request failed");
                match error {
                    StoreError::Damaged { .. } => Self::new(Code::Internal, "a fault of the server"),
                    StoreError::Blobs(_) => Self::new(Code::Unavailable, "files cannot be used now"),
                    StoreError::Sql(_) | StoreError::GivenUp => {
                        Self::new(Code::Unavailable, "the database cannot be used now")
                    }
                }
            }
        }
    }
}

/// What an HTTP handler answers when it does not do as asked: RFC 9457.
#[derive(Debug)]
pub struct ProblemResponse(pub Problem);

impl<E: Into<Problem>> From<E> for ProblemResponse {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ProblemResponse {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = self.0.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.div_ceil(1000)));
        }
        response
    }
}

/// The refusals of every route, for its description.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "read by the derive")]
pub enum Refusals {
    /// What went wrong, by `code`.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Refused(Problem),
    /// A fault of the server.
    #[response(status = "5XX", content_type = "application/problem+json")]
    Failed(Problem),
}
