//! Waking a browser that shows nothing of the app (RFC 8030, RFC 8292). The message is empty: a push service learns that a
//! device is woken, when, and by which server, and nothing else.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{RoomId, limits::MAX_PUSH_ENDPOINT_LEN};

/// Address at a push service under which one browser is woken. Whoever knows it can do so, if the service lets it: it is
/// printed nowhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PushEndpoint(String);

/// Why a text is no address of a push service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushEndpointError {
    /// Longer than [`MAX_PUSH_ENDPOINT_LEN`].
    #[error("the address is too long")]
    TooLong,
    /// No `https://…`, or `http://…` for tests, in printable ASCII.
    #[error("not an address")]
    Shape,
}

impl PushEndpoint {
    /// Parses what a browser said. Whether a push service is there is for the server to judge.
    pub fn parse(text: &str) -> Result<Self, PushEndpointError> {
        if text.len() > MAX_PUSH_ENDPOINT_LEN {
            return Err(PushEndpointError::TooLong);
        }
        let rest = text.strip_prefix("https://").or(text.strip_prefix("http://"));
        let rest = rest.ok_or(PushEndpointError::Shape)?;
        let has_host = rest
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric());
        if !has_host || !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PushEndpointError::Shape);
        }
        Ok(Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PushEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushEndpoint(…)")
    }
}

impl<'de> Deserialize<'de> for PushEndpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// How this device is to be woken; replaces what was said before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushPut {
    /// None: not at all.
    pub endpoint: Option<PushEndpoint>,
    /// Rooms that wake no device of its user, at most [`crate::limits::MAX_SILENT_ROOMS`].
    #[serde(default)]
    pub silent: Vec<RoomId>,
}

/// Whether what is sent is worth waking devices for. The server cannot see that by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// Receipts, reactions, what is only kept up to date.
    #[default]
    Nobody,
    /// Somebody said something.
    Message,
    /// Somebody calls: it is late after a minute.
    Call,
}

impl Wake {
    /// Whether nobody is woken.
    pub fn is_nobody(&self) -> bool {
        *self == Self::Nobody
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_of_push_services_are_taken_and_nothing_else() {
        for good in [
            "https://fcm.googleapis.com/fcm/send/abc:123",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAAA_-",
            "http://127.0.0.1:4321/push",
        ] {
            assert_eq!(PushEndpoint::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "",
            "https://",
            "https:///x",
            "ftp://x",
            "https://a b",
            "https://é",
            "https://a\r\nx",
        ] {
            assert_eq!(PushEndpoint::parse(bad), Err(PushEndpointError::Shape), "{bad}");
        }
        let long = format!("https://a/{}", "x".repeat(MAX_PUSH_ENDPOINT_LEN));
        assert_eq!(PushEndpoint::parse(&long), Err(PushEndpointError::TooLong));
    }

    /// R70: an address that came out of nowhere is in no log.
    #[test]
    fn an_address_is_not_printed() {
        let endpoint = PushEndpoint::parse("https://push.example/secret").unwrap();
        assert!(!format!("{endpoint:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_printable_and_short(text in "(https?://)?\\PC{0,40}[ -~]{0,40}") {
            if let Ok(endpoint) = PushEndpoint::parse(&text) {
                prop_assert!(endpoint.as_str().is_ascii() && !endpoint.as_str().contains(' '));
                let json = serde_json::to_string(&endpoint).unwrap();
                prop_assert_eq!(serde_json::from_str::<PushEndpoint>(&json).unwrap(), endpoint);
            }
        }
    }
}
