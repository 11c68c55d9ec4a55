//! Addresses and links, as people paste them.

use std::{fmt, str::FromStr};

use reqwest::Url;

/// Why a text is no address or link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No address of the form `https://meet.example.org`.
    #[error("not an address")]
    Malformed,
    /// Without TLS, and not on this machine.
    #[error("without TLS, and not on this machine")]
    Plain,
    /// An address, but no invitation.
    #[error("not an invitation")]
    NoInvitation,
}

/// Where a server is: scheme, host and port, nothing else. Without TLS only on this machine, for who is on the way would
/// read tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerAddress {
    url: Url,
}

impl ServerAddress {
    /// The address as `https://host` or `https://host:port`.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Host without brackets, as names of certificates have it.
    pub(crate) fn host(&self) -> &str {
        let host = self.url.host_str().unwrap_or_default();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or(443)
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of a path from `/api/` on, for HTTP.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Likewise for the WebSocket.
    pub(crate) fn socket_at(&self, path: &str) -> String {
        self.at(path).replacen("http", "ws", 1)
    }
}

impl FromStr for ServerAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let url = parse(text)?;
        let alone = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        alone.then_some(Self { url }).ok_or(AddressError::Malformed)
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin())
    }
}

impl fmt::Debug for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An invitation: `https://meet.example.org/invite/CODE`. The code is a secret until it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationLink {
    /// The server that it leads to.
    pub server: ServerAddress,
    /// The last part.
    pub code: String,
}

/// Longest code in bytes; those that servers make have 22. Beyond: no invitation.
const MAX_CODE_LEN: usize = 64;

impl FromStr for InvitationLink {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let mut url = parse(text)?;
        let code = url.path().strip_prefix("/invite/").unwrap_or_default().to_owned();
        let is_code = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if code.is_empty() || code.len() > MAX_CODE_LEN || !code.chars().all(is_code) {
            return Err(AddressError::NoInvitation);
        }
        url.set_path("/");
        url.set_query(None);
        url.set_fragment(None);
        let server = ServerAddress { url };
        Ok(Self { server, code })
    }
}

impl fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/invite/…", self.server)
    }
}

fn parse(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text.trim()).map_err(|_| AddressError::Malformed)?;
    let named = url.username().is_empty() && url.password().is_none();
    let host = url.host_str().filter(|_| named).ok_or(AddressError::Malformed)?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(host) => Ok(url),
        "http" => Err(AddressError::Plain),
        _ => Err(AddressError::Malformed),
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let loopback = address.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    loopback || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_are_an_origin_and_nothing_else() {
        for (text, origin) in [
            ("https://meet.example.org", "https://meet.example.org"),
            (
                " https://Meet.example.org:8443/ ",
                "https://meet.example.org:8443",
            ),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<ServerAddress>().unwrap().origin(), origin);
        }
        for (text, error) in [
            ("meet.example.org", AddressError::Malformed),
            ("", AddressError::Malformed),
            ("https://meet.example.org/rooms", AddressError::Malformed),
            ("https://alice:secret@meet.example.org", AddressError::Malformed),
            ("ftp://meet.example.org", AddressError::Malformed),
            ("http://meet.example.org", AddressError::Plain),
            ("http://192.0.2.1:8080", AddressError::Plain),
        ] {
            assert_eq!(text.parse::<ServerAddress>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn a_link_has_a_server_and_a_code_which_is_not_printed() {
        let link: InvitationLink = "https://meet.example.org/invite/AbC-_9".parse().unwrap();
        assert_eq!(link.server.origin(), "https://meet.example.org");
        assert_eq!(link.code, "AbC-_9");
        assert!(!format!("{link:?}").contains("AbC"));
        for text in [
            "https://meet.example.org/invite/",
            "https://meet.example.org/",
            "https://meet.example.org/invite/a/b",
        ] {
            assert_eq!(
                text.parse::<InvitationLink>().unwrap_err(),
                AddressError::NoInvitation
            );
        }
    }

    proptest! {
        #[test]
        fn what_parses_leads_to_the_same_server_again(text in "https?://[a-z0-9.:@/\\[\\]-]{0,24}") {
            if let Ok(address) = text.parse::<ServerAddress>() {
                prop_assert_eq!(&address.origin().parse::<ServerAddress>().unwrap(), &address);
                prop_assert!(address.is_tls() || is_this_machine(address.url.host_str().unwrap()));
            }
        }
    }
}
