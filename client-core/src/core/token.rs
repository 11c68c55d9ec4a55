//! The session's token, for requests over HTTP.

use protocol::Millis;

use super::session::Session;
use crate::{api::Secret, limits::TOKEN_DOUBT_MS};

/// A token, and since when it is the newest.
pub(super) struct Token {
    text: Secret,
    since: Millis,
}

impl Token {
    pub(super) fn new(text: String, since: Millis) -> Self {
        Self {
            text: Secret(text),
            since,
        }
    }
}

impl Session {
    /// The newest. It may be stale, until another session begins.
    pub(super) fn token(&self) -> Option<&Secret> {
        self.token.as_ref().map(|token| &token.text)
    }

    /// The server does not take the token. One that is not quite new has ended, as each does within a day, though the
    /// socket may go on: then another session is begun.
    pub(super) fn doubt_token(&mut self, now: Millis) {
        let is_old = |token: &Token| now.since(token.since) >= TOKEN_DOUBT_MS;
        if self.has_socket() && self.token.as_ref().is_some_and(is_old) {
            self.doubted_until = Some(now);
        }
    }
}
