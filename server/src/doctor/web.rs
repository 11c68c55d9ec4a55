//! As much of a web client as the checks need: one GET, over TLS or not, that tells why it failed.

use std::{io, net::SocketAddr, sync::Arc, time::SystemTime};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::limits::{MAX_ANSWER_LEN, PATIENCE};

/// What both kinds of connections are.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Scheme, host and port of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub https: bool,
    /// Without brackets.
    pub host: String,
    pub port: u16,
}

impl Origin {
    /// Of a URL, and the path that follows.
    pub fn of(url: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = url.split_once("://")?;
        let https = match scheme {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let usual = if https { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, usual),
        };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = bare.unwrap_or(host).to_owned();
        Some((Self { https, host, port }, path))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("{host} has no address")]
    NoAddress { host: String },
    #[error("no connection to {host} port {port}")]
    NoConnection { host: String, port: u16 },
    #[error("no TLS")]
    Tls(#[source] Box<rustls::Error>),
    #[error("no HTTP")]
    NotHttp,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    /// The server's clock.
    pub date: Option<SystemTime>,
    pub body: Vec<u8>,
}

/// Gets a path. `at` is where to connect to instead of where the host's name leads.
pub async fn get(
    origin: &Origin,
    at: Option<SocketAddr>,
    path: &str,
    tls: Arc<ClientConfig>,
) -> Result<Answer, WebError> {
    let host = at.map_or(origin.host.clone(), |at| at.ip().to_string());
    let connection = connect(&host, at.map_or(origin.port, |at| at.port())).await?;
    if origin.https {
        exchange(origin, path, secured(connection, &origin.host, tls).await?).await
    } else {
        exchange(origin, path, connection).await
    }
}

/// Connects, with the names of a host looked up.
pub async fn connect(host: &str, port: u16) -> Result<TcpStream, WebError> {
    let nowhere = || WebError::NoAddress {
        host: host.to_owned(),
    };
    let found = timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    let addresses: Vec<SocketAddr> = found.ok().and_then(Result::ok).ok_or_else(nowhere)?.collect();
    for address in addresses {
        if let Ok(Ok(connection)) = timeout(PATIENCE, TcpStream::connect(address)).await {
            return Ok(connection);
        }
    }
    Err(WebError::NoConnection {
        host: host.to_owned(),
        port,
    })
}

/// TLS as a client.
pub async fn secured<S: Stream>(
    connection: S,
    host: &str,
    tls: Arc<ClientConfig>,
) -> Result<TlsStream<S>, WebError> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| WebError::NoAddress {
        host: host.to_owned(),
    })?;
    let handshake = TlsConnector::from(tls).connect(name, connection);
    match timeout(PATIENCE, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(WebError::Tls(Box::new(reason(error)))),
        Err(_) => Err(WebError::Tls(Box::new(rustls::Error::HandshakeNotComplete))),
    }
}

fn reason(error: io::Error) -> rustls::Error {
    let inner = error
        .into_inner()
        .and_then(|inner| inner.downcast::<rustls::Error>().ok());
    inner.map_or(rustls::Error::HandshakeNotComplete, |inner| *inner)
}

/// HTTP/1.0, so that the answer comes in one piece and the connection ends.
async fn exchange(origin: &Origin, path: &str, mut stream: impl Stream) -> Result<Answer, WebError> {
    let host = &origin.host;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut bytes = Vec::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        // Some servers end TLS without a goodbye; what came until then is judged below.
        let _ = (&mut stream).take(MAX_ANSWER_LEN).read_to_end(&mut bytes).await;
        io::Result::Ok(())
    };
    let _ = timeout(PATIENCE, exchange).await;
    read(&bytes).ok_or(WebError::NotHttp)
}

fn read(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at(end);
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    let mut headers = lines.filter_map(|line| line.split_once(':'));
    let date = headers.find(|(name, _)| name.eq_ignore_ascii_case("date"));
    Some(Answer {
        status: status.parse().ok()?,
        date: date.and_then(|(_, value)| httpdate::parse_http_date(value.trim()).ok()),
        body: body.get(4..)?.to_vec(),
    })
}

/// Believes who these vouch for.
pub fn trusting(roots: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(config.with_no_client_auth())
}

/// Believes anybody. For the question who answers, where nothing secret is said; the certificate is a check of its own.
pub fn trusting_anybody() -> Arc<ClientConfig> {
    let config = ClientConfig::builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(aws_lc_rs::default_provider())));
    Arc::new(config.with_no_client_auth())
}

#[derive(Debug)]
struct Anybody(CryptoProvider);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_scheme_host_and_port() {
        let of = |url| {
            let (origin, path) = Origin::of(url).unwrap();
            (origin.https, origin.host, origin.port, path)
        };
        assert_eq!(
            of("https://a.example.org"),
            (true, "a.example.org".to_owned(), 443, "")
        );
        assert_eq!(
            of("http://[::1]:8080/a/b"),
            (false, "::1".to_owned(), 8080, "/a/b")
        );
        assert_eq!(of("https://[::1]"), (true, "::1".to_owned(), 443, ""));
        for url in ["a.example.org", "ftp://a", "http://a:b"] {
            assert_eq!(Origin::of(url), None);
        }
    }

    #[test]
    fn an_answer_has_status_date_and_body() {
        let answer =
            read(b"HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nA: b\r\n\r\nbody").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"body".as_slice()));
        let since = answer
            .date
            .unwrap()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(since.as_secs(), 784_111_777);
        for bytes in ["", "220 mail\r\n\r\n", "HTTP/1.1 200 OK\r\n"] {
            assert!(read(bytes.as_bytes()).is_none());
        }
    }
}
