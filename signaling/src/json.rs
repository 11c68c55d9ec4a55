//! JSON bodies, with problem documents where a body is not what it should be.

use std::time::Duration;

use axum::{
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::{Code, Problem};
use serde::{Serialize, de::DeserializeOwned};
use tokio::time::timeout;

use crate::{failure::ProblemResponse, limits::BODY_PATIENCE};

/// A JSON body in or out.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ProblemResponse;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        read(request, state, BODY_PATIENCE)
            .await
            .map(Self)
            .map_err(ProblemResponse)
    }
}

async fn read<T: DeserializeOwned, S: Send + Sync>(
    request: Request,
    state: &S,
    patience: Duration,
) -> Result<T, Problem> {
    match timeout(patience, axum::Json::<T>::from_request(request, state)).await {
        Ok(Ok(axum::Json(body))) => Ok(body),
        Ok(Err(rejection)) => Err(problem_of(&rejection)),
        Err(_) => Err(Problem::new(Code::Unavailable, "the body took too long to come")),
    }
}

/// The text of a parser's complaint may quote the body, which may be secret: only its kind is told.
fn problem_of(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::JsonDataError(_) => {
            Problem::new(Code::Malformed, "a field is missing or not as it should be")
        }
        JsonRejection::JsonSyntaxError(_) => Problem::new(Code::Malformed, "the body is no JSON"),
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(Code::Malformed, "the content type must be application/json")
        }
        other if other.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::TooLarge, "the body is too large")
        }
        _ => Problem::new(Code::Malformed, "the body cannot be read"),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, Bytes};

    use super::*;

    #[tokio::test]
    async fn a_body_that_never_comes_is_not_waited_for() {
        let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
        let request = Request::post("/")
            .header("content-type", "application/json")
            .body(Body::from_stream(never))
            .unwrap();
        let refused = read::<String, _>(request, &(), Duration::from_millis(1)).await;
        assert_eq!(refused.unwrap_err().code, Code::Unavailable);
    }
}
