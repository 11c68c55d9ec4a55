//! What people see of the server: its public address, its certificate; and its clock.

use std::{path::Path, sync::Arc, time::SystemTime};

use protocol::accounts::ServerInfo;
use rustls::{CertificateError, ClientConfig, Error as TlsFailure, ServerConfig};
use tokio_rustls::{TlsAcceptor, client::TlsStream};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{
    limits::{CERTIFICATE_DAYS, CLOCK_SECONDS},
    local::ask,
    report::Check,
    web::{self, Origin, Stream, WebError},
};
use crate::{
    settings::{Settings, Tls, is_local},
    tls,
};

const URL: &str = "public_url";
const CERTIFICATE: &str = "certificate";
const CLOCK: &str = "clock";

/// Of a day.
const SECONDS: i64 = 24 * 60 * 60;

/// Directory of the authority that is asked where none is named.
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// The public address, where this server answers locally as `local`; and whether anything answers.
pub async fn check_url(
    url: &str,
    public: &Origin,
    local: Option<&ServerInfo>,
    anybody: Arc<ClientConfig>,
) -> (Check, bool) {
    let answer = ask(public, None, anybody).await;
    let answers = answer.is_ok();
    let check = match (answer, local) {
        (Ok(info), Some(local)) if info.server_generation == local.server_generation => Check::ok(
            URL,
            format!("{url} answers as this server, asked from this machine"),
        ),
        (Ok(_), Some(_)) => Check::failed(
            URL,
            format!("another Conclave answers at {url}"),
            "let the name lead to this machine (DNS), and the proxy to this server",
        ),
        (Ok(_), None) => Check::unknown(
            URL,
            format!("a Conclave answers at {url}, but this one does not run here to be compared"),
            "start the server, or check --listen, and run this again",
        ),
        (Err(WebError::NotHttp), _) => Check::failed(
            URL,
            format!("what answers at {url} is no Conclave"),
            "check --public-url, and that the proxy leads to this server",
        ),
        (Err(error), None) => Check::unknown(
            URL,
            format!("{url} cannot be reached ({error}), for the server does not run"),
            "start the server and run this again",
        ),
        (Err(error), Some(_)) => Check::failed(
            URL,
            format!("{url} cannot be reached from this machine ({error})"),
            "check --public-url, the name in DNS, and that firewalls and the proxy let its port through",
        ),
    };
    (check, answers)
}

/// The certificate that browsers get: from who answers, or else from the files that are set.
pub async fn check_certificate(
    settings: &Settings,
    url: &str,
    public: &Origin,
    answers: bool,
    trusted: Arc<ClientConfig>,
) -> Check {
    if !public.https {
        return if is_local(url) {
            Check::ok(
                CERTIFICATE,
                "none is needed, for only this machine reaches the server",
            )
        } else {
            let advice = "serve HTTPS: --acme DOMAIN, --tls-cert, or a proxy with HTTPS";
            let found = format!("{url} is plain HTTP, where browsers refuse camera and microphone");
            Check::failed(CERTIFICATE, found, advice)
        };
    }
    if answers {
        let seen = match web::connect(&public.host, public.port).await {
            Ok(connection) => web::secured(connection, &public.host, trusted).await,
            Err(error) => Err(error),
        };
        return judge(settings, public, seen);
    }
    match &settings.tls {
        Tls::Files { cert, key } => judge(settings, public, of_files(cert, key, public, trusted).await),
        _ => Check::unknown(
            CERTIFICATE,
            "there is none to look at, for nobody answers",
            "start the server and run this again",
        ),
    }
}

/// A handshake in memory: what a browser would say of these files.
async fn of_files(
    cert: &Path,
    key: &Path,
    public: &Origin,
    trusted: Arc<ClientConfig>,
) -> Result<TlsStream<impl Stream>, WebError> {
    // They were read before, when the settings were checked.
    let server: ServerConfig = tls::from_files(cert, key).map_err(|_| WebError::NotHttp)?;
    let (here, there) = tokio::io::duplex(super::limits::MAX_STUN_LEN);
    let serving = TlsAcceptor::from(Arc::new(server)).accept(there);
    let (seen, _) = tokio::join!(web::secured(here, &public.host, trusted), serving);
    seen
}

fn judge<S>(settings: &Settings, public: &Origin, seen: Result<TlsStream<S>, WebError>) -> Check {
    let host = &public.host;
    let stream = match seen {
        Ok(stream) => stream,
        Err(error) => {
            let (found, advice) = refusal(&error, host);
            return Check::failed(CERTIFICATE, found, advice);
        }
    };
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let parsed = chain
        .first()
        .and_then(|first| X509Certificate::from_der(first).ok());
    let Some((_, certificate)) = parsed else {
        let advice = "get another one from its authority";
        return Check::failed(CERTIFICATE, "it cannot be read", advice);
    };
    let days = (certificate.validity().not_after.timestamp() - seconds_since_1970()) / SECONDS;
    let found = format!("it is for {host} and ends in {days} days");
    match &settings.tls {
        Tls::SelfMade => Check::ok(
            CERTIFICATE,
            format!("{found}; made here, so that each browser warns once"),
        ),
        _ if days < CERTIFICATE_DAYS => {
            let advice = "renew it; with --acme look into the log for why that did not happen by itself";
            Check::failed(CERTIFICATE, found, advice)
        }
        _ => Check::ok(CERTIFICATE, found),
    }
}

fn refusal(error: &WebError, host: &str) -> (String, String) {
    let failure = match error {
        WebError::Tls(failure) => failure.as_ref(),
        other => return (other.to_string(), "check --public-url".to_owned()),
    };
    let advice = match failure {
        TlsFailure::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "renew it; if it should be good still, check this machine's clock",
        TlsFailure::InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "check this machine's clock",
        TlsFailure::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "get one that names this host, or correct --public-url",
        TlsFailure::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "put the whole chain into the file of --tls-cert; if an authority of your own made it, name that one's \
             certificate with --trust"
        }
        _ => "look into the log of the server, or of the proxy",
    };
    (
        format!("browsers do not take it for {host} ({failure})"),
        advice.to_owned(),
    )
}

fn seconds_since_1970() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Whom to compare the clock with: who is named, else the authority of certificates, else the proxy. Nobody else is asked,
/// so that the server tells no stranger of itself.
fn clock_of<'a>(settings: &'a Settings, named: Option<&'a str>, url: &'a str) -> Option<&'a str> {
    match (&settings.tls, named) {
        (_, Some(named)) => Some(named),
        (Tls::Acme { directory, .. }, None) => Some(directory.as_deref().unwrap_or(LETS_ENCRYPT)),
        (Tls::Off, None) if !is_local(url) => Some(url),
        _ => None,
    }
}

/// The clock, by the `Date` of another web server.
pub async fn check_clock(
    settings: &Settings,
    named: Option<&str>,
    url: &str,
    anybody: Arc<ClientConfig>,
) -> Check {
    let advice = "name a web server to compare with, such as --clock-url https://example.org";
    let Some(url) = clock_of(settings, named, url) else {
        return Check::unknown(
            CLOCK,
            "there is no other clock to compare this machine's with",
            advice,
        );
    };
    let Some((origin, path)) = Origin::of(url) else {
        return Check::unknown(CLOCK, format!("{url} is no address of a web server"), advice);
    };
    let path = if path.is_empty() { "/" } else { path };
    let answer = web::get(&origin, None, path, anybody).await;
    let Some(date) = answer.ok().and_then(|answer| answer.date) else {
        return Check::unknown(CLOCK, format!("{url} does not tell its time"), advice);
    };
    let now = SystemTime::now();
    let off = now
        .duration_since(date)
        .or_else(|_| date.duration_since(now))
        .unwrap_or_default();
    let way = if now > date { "ahead of" } else { "behind" };
    if off.as_secs() > CLOCK_SECONDS {
        let found = format!("it is {} seconds {way} the one of {url}", off.as_secs());
        return Check::failed(CLOCK, found, "let the system keep the time (NTP)");
    }
    Check::ok(
        CLOCK,
        format!("it agrees with the one of {url} within {CLOCK_SECONDS} seconds, if that is right"),
    )
}
