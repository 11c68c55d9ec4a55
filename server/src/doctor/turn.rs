//! Whether the TURN servers relay for who has credentials of this server.

use std::{io, net::Ipv6Addr, sync::Arc};

use md5::{Digest as _, Md5};
use protocol::socket::IceServer;
use rustls::ClientConfig;
use signaling::Clock;
use tokio::net::UdpSocket;

use super::{
    report::Check,
    stun::{
        ALLOCATE, Answer, FAILURE, LIFETIME, NONCE, REALM, REFRESH, REQUESTED_TRANSPORT, Request, SUCCESS,
        USERNAME, ask_stream, ask_udp,
    },
    web::{self, Stream, WebError},
};
use crate::turn::{TurnSettings, TurnTransport, TurnUrl};

const NAME: &str = "turn";

/// UDP, in REQUESTED-TRANSPORT: how the TURN server speaks to the media port.
const RELAY_OVER_UDP: [u8; 4] = [17, 0, 0, 0];

/// "Unauthorized" (RFC 8489 §14.8).
const UNAUTHORIZED: u16 = 401;

/// One check for each server, each with credentials as clients get them.
pub async fn check(settings: Option<&TurnSettings>, tls: Arc<ClientConfig>) -> Vec<Check> {
    let Some(settings) = settings else {
        let advice =
            "name a TURN server with --turn-url if some networks let neither UDP nor TCP to the media port";
        return vec![Check::unknown(NAME, "none is set", advice)];
    };
    let turn = match settings.resolve() {
        Ok(turn) => turn,
        Err(error) => return vec![Check::failed(NAME, "there is no secret", error.to_string())],
    };
    let mut checks = Vec::new();
    for url in &settings.urls {
        let credentials = turn.credentials(Clock::system().now());
        checks.push(match allocate(url, &credentials, tls.clone()).await {
            Ok(()) => Check::ok(NAME, format!("{url} relays for the credentials of this server")),
            Err(failure) => Check::failed(NAME, format!("{url}: {failure}"), failure.advice(url)),
        });
    }
    checks
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Web(#[from] WebError),
    #[error("no answer")]
    NoAnswer(#[source] io::Error),
    #[error("it relays for anybody")]
    Open,
    #[error("what answers is no TURN server")]
    NotTurn,
    #[error("it does not take the credentials of this server")]
    Unauthorized,
    #[error("it refuses to relay: {code} {words}")]
    Refused { code: u16, words: String },
}

impl Failure {
    fn advice(&self, url: &TurnUrl) -> String {
        let TurnUrl { host, port, .. } = url;
        match self {
            Self::Web(WebError::Tls(error)) => {
                format!("check the certificate of the TURN server for {host} ({error})")
            }
            Self::Web(_) | Self::NoAnswer(_) => {
                format!(
                    "check --turn-url, that the TURN server runs, and that firewalls let port {port} through"
                )
            }
            Self::Open => {
                "close it: set use-auth-secret and static-auth-secret in the TURN server, else strangers \
                           send through it"
                    .to_owned()
            }
            Self::NotTurn => "check host and port of --turn-url".to_owned(),
            Self::Unauthorized => {
                "give both the same secret (coturn: use-auth-secret and static-auth-secret), and \
                                   check the clocks of both machines"
                    .to_owned()
            }
            Self::Refused { .. } => "look into the log of the TURN server".to_owned(),
        }
    }
}

enum Way {
    Udp(UdpSocket),
    Stream(Box<dyn Stream>),
}

impl Way {
    async fn open(url: &TurnUrl, tls: Arc<ClientConfig>) -> Result<Self, Failure> {
        let TurnUrl { host, port, .. } = url;
        match url.transport {
            TurnTransport::Udp => {
                let found = tokio::net::lookup_host((host.as_str(), *port)).await.ok();
                let Some(address) = found.and_then(|mut found| found.next()) else {
                    return Err(WebError::NoAddress { host: host.clone() }.into());
                };
                let any = if address.is_ipv4() {
                    "0.0.0.0:0".to_owned()
                } else {
                    format!("[{}]:0", Ipv6Addr::UNSPECIFIED)
                };
                let socket = UdpSocket::bind(any).await.map_err(Failure::NoAnswer)?;
                socket.connect(address).await.map_err(Failure::NoAnswer)?;
                Ok(Self::Udp(socket))
            }
            TurnTransport::Tcp => Ok(Self::Stream(Box::new(web::connect(host, *port).await?))),
            TurnTransport::Tls => {
                let connection = web::connect(host, *port).await?;
                Ok(Self::Stream(Box::new(web::secured(connection, host, tls).await?)))
            }
        }
    }

    async fn ask(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        let answer = match self {
            Self::Udp(socket) => ask_udp(socket, request).await,
            Self::Stream(stream) => ask_stream(stream.as_mut(), request).await,
        };
        answer.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Failure::NotTurn,
            _ => Failure::NoAnswer(error),
        })
    }
}

/// Asks for a relay as a browser does (RFC 8656 §7), and gives it back.
async fn allocate(url: &TurnUrl, credentials: &IceServer, tls: Arc<ClientConfig>) -> Result<(), Failure> {
    let mut way = Way::open(url, tls).await?;
    let plain = Request::new(ALLOCATE).with(REQUESTED_TRANSPORT, &RELAY_OVER_UDP);
    let challenge = way.ask(&plain.finish()).await?;
    if challenge.kind == ALLOCATE | SUCCESS {
        return Err(Failure::Open);
    }
    let (Some(realm), Some(nonce)) = (challenge.get(REALM), challenge.get(NONCE)) else {
        return Err(refusal(&challenge));
    };
    let IceServer {
        username, credential, ..
    } = credentials;
    let key = long_term_key(username, &String::from_utf8_lossy(realm), credential);
    let signed = |request: Request| {
        let request = request.with(USERNAME, username.as_bytes());
        request
            .with(REALM, realm)
            .with(NONCE, nonce)
            .signed(&key)
            .finish()
    };
    let request = Request::new(ALLOCATE).with(REQUESTED_TRANSPORT, &RELAY_OVER_UDP);
    let answer = way.ask(&signed(request)).await?;
    if answer.kind != ALLOCATE | SUCCESS {
        return Err(refusal(&answer));
    }
    // What is not given back ends by itself after some minutes.
    let _ = way
        .ask(&signed(Request::new(REFRESH).with(LIFETIME, &[0; 4])))
        .await;
    Ok(())
}

fn refusal(answer: &Answer) -> Failure {
    match answer.error() {
        Some((UNAUTHORIZED, _)) => Failure::Unauthorized,
        Some((code, words)) if answer.kind == ALLOCATE | FAILURE => Failure::Refused { code, words },
        _ => Failure::NotTurn,
    }
}

/// Key of long-term credentials (RFC 8489 §9.2.2).
pub fn long_term_key(username: &str, realm: &str, password: &str) -> Vec<u8> {
    Md5::digest(format!("{username}:{realm}:{password}")).to_vec()
}
