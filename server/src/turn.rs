//! Which TURN servers clients are told of, and where the secret that is shared with them comes from.

use std::fmt;

use signaling::turn::Turn;

use crate::secrets::{SecretError, SecretSource};

/// Environment variable of the secret itself.
pub const SECRET_VARIABLE: &str = "CONCLAVE_TURN_SECRET";

/// Port of TURN where none is named, without and with TLS (RFC 5766 §4).
const TURN_PORT: u16 = 3478;
const TURNS_PORT: u16 = 5349;

/// TURN as it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnSettings {
    /// At least one.
    pub urls: Vec<TurnUrl>,
    /// The secret, or where it is.
    pub secret: SecretSource,
}

impl TurnSettings {
    /// With the secret read.
    pub fn resolve(&self) -> Result<Turn, SecretError> {
        let secret = self
            .secret
            .resolve("--turn-secret-file", "the TURN server's static-auth-secret")?;
        let urls = self.urls.iter().map(TurnUrl::to_string).collect();
        Ok(Turn { urls, secret })
    }
}

/// How clients speak to a TURN server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnTransport {
    Udp,
    Tcp,
    /// `turns:`, over TCP.
    Tls,
}

/// Address of a TURN server (RFC 7065).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnUrl {
    text: String,
    /// Name or address, without brackets.
    pub host: String,
    pub port: u16,
    pub transport: TurnTransport,
}

impl TurnUrl {
    /// Reads `turn:HOST[:PORT][?transport=udp|tcp]`, and `turns:` likewise.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once(':')?;
        let (server, query) = match rest.split_once('?') {
            Some((server, query)) => (server, Some(query)),
            None => (rest, None),
        };
        let (transport, usual) = match (scheme, query) {
            ("turn", None | Some("transport=udp")) => (TurnTransport::Udp, TURN_PORT),
            ("turn", Some("transport=tcp")) => (TurnTransport::Tcp, TURN_PORT),
            ("turns", None | Some("transport=tcp")) => (TurnTransport::Tls, TURNS_PORT),
            _ => return None,
        };
        let (host, port) = match server.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().ok().filter(|port| *port != 0)?)
            }
            _ => (server, usual),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let fits = match bare {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                !host.is_empty()
                    && host
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
            }
        };
        fits.then(|| Self {
            text: text.to_owned(),
            host: bare.unwrap_or(host).to_owned(),
            port,
            transport,
        })
    }
}

impl fmt::Display for TurnUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_host_port_and_transport() {
        for (text, host, port, transport) in [
            (
                "turn:turn.example.org",
                "turn.example.org",
                3478,
                TurnTransport::Udp,
            ),
            (
                "turn:192.0.2.1:80?transport=tcp",
                "192.0.2.1",
                80,
                TurnTransport::Tcp,
            ),
            (
                "turn:[2001:db8::1]:9?transport=udp",
                "2001:db8::1",
                9,
                TurnTransport::Udp,
            ),
            ("turn:[2001:db8::1]", "2001:db8::1", 3478, TurnTransport::Udp),
            (
                "turns:turn.example.org?transport=tcp",
                "turn.example.org",
                5349,
                TurnTransport::Tls,
            ),
            (
                "turns:turn.example.org:443",
                "turn.example.org",
                443,
                TurnTransport::Tls,
            ),
        ] {
            let url = TurnUrl::parse(text).unwrap();
            assert_eq!(
                (url.host.as_str(), url.port, url.transport),
                (host, port, transport),
                "{text}"
            );
            assert_eq!(url.to_string(), text);
        }
    }

    #[test]
    fn what_browsers_would_refuse_is_refused() {
        for text in [
            "turn.example.org:3478",
            "stun:turn.example.org",
            "turn://turn.example.org",
            "turn:",
            "turn::3478",
            "turn:a b",
            "turn:a:0",
            "turn:a:70000",
            "turn:2001:db8::1",
            "turn:a?transport=quic",
            "turns:a?transport=udp",
        ] {
            assert_eq!(TurnUrl::parse(text), None, "{text}");
        }
    }
}
