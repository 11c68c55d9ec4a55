//! Requests of the core over HTTP.

use std::{error::Error, io};

use client_core::api::Input;
use futures_util::StreamExt as _;
use reqwest::{Client, Method, RequestBuilder, Response, header, redirect};

use super::{Server, ServerError, tls::Tls};
use crate::limits::{CONNECT_PATIENCE, HTTP_PATIENCE, MAX_ANSWER_LEN};

/// What the core wants sent.
pub(crate) struct CoreRequest {
    pub(crate) id: u64,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// Neither proxies nor redirections: the WebSocket would not go where they lead.
pub(super) fn client(tls: &Tls) -> Result<Client, ServerError> {
    Client::builder()
        .tls_backend_preconfigured(tls.config())
        .redirect(redirect::Policy::none())
        .no_proxy()
        // The same whatever else is built: what needs HTTP/2 switches it on for all.
        .http1_only()
        .connect_timeout(CONNECT_PATIENCE)
        .build()
        .map_err(|error| ServerError::Tls(error.to_string()))
}

impl Server {
    /// Sends a request of the core; answers with what it is to hear of it.
    pub(crate) async fn answer(&self, request: CoreRequest) -> Input {
        let id = request.id;
        match self.ask(request).await {
            Some((status, body)) => Input::HttpAnswer { id, status, body },
            None => Input::HttpFailed { id },
        }
    }

    async fn ask(&self, request: CoreRequest) -> Option<(u16, Vec<u8>)> {
        let CoreRequest {
            method,
            path,
            token,
            headers,
            body,
            ..
        } = request;
        let method = Method::from_bytes(method.as_bytes()).ok()?;
        let mut builder = self.request(method, &path).timeout(HTTP_PATIENCE);
        if let Some(token) = token {
            builder = builder.bearer_auth(token);
        }
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        if !body.is_empty() {
            builder = builder
                .header(header::CONTENT_TYPE, "application/json")
                .body(body);
        }
        let response = builder.send().await;
        self.note_trust(response.as_ref().is_err_and(|error| is_about_trust(error)));
        let response = response
            .inspect_err(|error| tracing::debug!(%error, "no answer"))
            .ok()?;
        let status = response.status().as_u16();
        Some((status, body_of(response).await?))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.address.at(path))
    }
}

/// Whether a certificate was refused, somewhere below.
fn is_about_trust(error: &(dyn Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // What an error of the system wraps is not among its sources.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.is_some_and(|wrapped| is_about_trust(wrapped)) || error.source().is_some_and(is_about_trust)
}

/// The body of an answer, if it is no longer than it may be.
pub(crate) async fn body_of(response: Response) -> Option<Vec<u8>> {
    let mut body = vec![];
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.ok()?;
        if body.len() + piece.len() > MAX_ANSWER_LEN {
            return None;
        }
        body.extend_from_slice(&piece);
    }
    Some(body)
}
