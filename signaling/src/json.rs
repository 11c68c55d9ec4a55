//! JSON bodies, with problem documents where a body is not what it should be.

use axum::{
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use protocol::{Code, Problem};
use serde::{Serialize, de::DeserializeOwned};

use crate::failure::ProblemResponse;

/// A JSON body in or out.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ProblemResponse;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(ProblemResponse(problem_of(&rejection))),
        }
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
