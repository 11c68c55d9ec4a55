//! From options to what is done: defaults, and what contradicts itself.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
};

use signaling::BlobLimits;

use crate::{
    options::ServeOptions,
    s3::{BlobContradiction, BlobSettings},
    secrets::SecretSource,
    turn::{TurnSettings, TurnUrl},
};

/// Port of media where none is said. UDP and TCP, above the reserved ones and outside the range that systems
/// hand out by themselves.
const MEDIA_PORT: u16 = 10_000;

/// What the server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Folder of everything durable.
    pub data: PathBuf,
    /// Where the page and the API are served.
    pub listen: SocketAddr,
    /// Where media come in.
    pub media_listen: SocketAddr,
    /// Under which addresses clients reach that; empty for those of the interfaces.
    pub media_advertise: Vec<IpAddr>,
    /// Threads that forward media.
    pub media_threads: usize,
    /// TURN servers for clients.
    pub turn: Option<TurnSettings>,
    /// What was said of the public address, without a slash at the end.
    pub public_url: Option<String>,
    /// Reverse proxies that are believed who asked them.
    pub proxies: Vec<IpAddr>,
    /// Which database; SQLite in `data` where none is named.
    pub database_url: Option<String>,
    /// How large files may be.
    pub blobs: BlobLimits,
    /// Where they lie.
    pub blob_place: BlobSettings,
    /// Origins of push services beside the usual ones; nothing where nobody is to be woken.
    pub push_services: Option<Vec<String>>,
    /// How HTTPS is served.
    pub tls: Tls,
    /// What is logged.
    pub log: String,
}

/// Where the certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP: on loopback, or behind a proxy.
    Off,
    /// From files (PEM).
    Files {
        /// The chain.
        cert: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// From Let's Encrypt, or another authority that speaks ACME (RFC 8555).
    Acme {
        /// For this name.
        domain: String,
        /// The authority's directory, where it is not Let's Encrypt.
        directory: Option<String>,
        /// Its certificate (PEM), where the Internet's authorities do not vouch for it.
        ca: Option<PathBuf>,
    },
    /// Made here.
    SelfMade,
}

/// Settings that contradict each other or cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// A certificate without its key, or the other way round.
    #[error("--tls-cert and --tls-key belong together: give both")]
    HalfCertificate,
    /// More than one way to TLS.
    #[error("choose one of --tls-cert with --tls-key, --acme and --tls-self-made")]
    SeveralCertificates,
    /// An authority without a domain.
    #[error("--acme-directory and --acme-ca need --acme DOMAIN")]
    AcmeWithoutDomain,
    /// TURN servers without a secret.
    #[error(
        "--turn-url needs the secret of the TURN server: --turn-secret-file FILE, or CONCLAVE_TURN_SECRET"
    )]
    TurnWithoutSecret,
    /// A secret without TURN servers.
    #[error("the secret of a TURN server needs its address: --turn-url")]
    SecretWithoutTurn,
    /// The secret twice.
    #[error("choose one of --turn-secret-file and CONCLAVE_TURN_SECRET (turn-secret in the file)")]
    SeveralSecrets,
    /// The address of a TURN server is none.
    #[error("--turn-url {0:?} is not an address: write it like turn:turn.example.org:3478?transport=udp")]
    BadTurnUrl(String),
    /// The public address is none.
    #[error("--public-url {0:?} is not an address: write it like https://meet.example.org, without a path")]
    BadPublicUrl(String),
    /// No room has space for the largest file.
    #[error("--room-storage must not be less than --max-file-size")]
    RoomBelowFile,
    /// The address of a push service is none.
    #[error("--push-service {0:?} is not an address: write it like https://push.example.org, without a path")]
    BadPushService(String),
    /// The place of files does not fit together.
    #[error(transparent)]
    Blobs(#[from] BlobContradiction),
    /// The domain is none.
    #[error("--acme {0:?} is not a domain name: write it like meet.example.org")]
    BadDomain(String),
}

fn push_services(on: bool, named: &[String]) -> Result<Option<Vec<String>>, Contradiction> {
    let origins = named.iter().map(|text| {
        let origin = crate::push::origin(text);
        origin.ok_or_else(|| Contradiction::BadPushService(text.clone()))
    });
    let origins = origins.collect::<Result<_, _>>()?;
    Ok(on.then_some(origins))
}

impl Settings {
    /// Fills in the defaults.
    pub fn from_options(options: ServeOptions) -> Result<Self, Contradiction> {
        let tls = tls(&options)?;
        let turn = turn(&options)?;
        let blob_place = BlobSettings::from_options(&options)?;
        let public_url = options.public_url.map(checked_url).transpose()?;
        let listen = options.listen.unwrap_or((Ipv4Addr::LOCALHOST, 8080).into());
        let behind_proxy = public_url.as_deref().is_some_and(|url| !is_local(url));
        let media_ip = match listen.ip() {
            ip if !(ip.is_loopback() && behind_proxy) => ip,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            data: options.data.unwrap_or_else(|| PathBuf::from("data")),
            listen,
            media_listen: options.media_listen.unwrap_or((media_ip, MEDIA_PORT).into()),
            media_advertise: options.media_advertise,
            media_threads: options.media_threads.unwrap_or_else(cores).max(1),
            turn,
            public_url,
            proxies: options.proxy,
            database_url: options.database_url,
            blobs: blobs(options.max_file_size, options.room_storage)?,
            blob_place,
            push_services: push_services(options.push.unwrap_or(true), &options.push_service)?,
            tls,
            log: options.log.unwrap_or_else(|| "info".to_owned()),
        })
    }

    /// Whether there seems to be a proxy of which nothing was said.
    pub fn has_unnamed_proxy(&self) -> bool {
        let elsewhere = self.public_url.as_deref().is_some_and(|url| !is_local(url));
        self.listen.ip().is_loopback() && elsewhere && self.proxies.is_empty()
    }

    /// Where people reach the server that listens on `bound`.
    pub fn public_url_at(&self, bound: SocketAddr) -> String {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let (scheme, usual) = if self.tls == Tls::Off {
            ("http", 80)
        } else {
            ("https", 443)
        };
        let host = match (&self.tls, bound.ip()) {
            (Tls::Acme { domain, .. }, _) => domain.clone(),
            (_, ip) if ip.is_loopback() => "localhost".to_owned(),
            (_, ip) if ip.is_unspecified() => first_interface().map_or("localhost".to_owned(), bracketed),
            (_, ip) => bracketed(ip),
        };
        match bound.port() {
            port if port == usual => format!("{scheme}://{host}"),
            port => format!("{scheme}://{host}:{port}"),
        }
    }
}

fn tls(options: &ServeOptions) -> Result<Tls, Contradiction> {
    let files = match (&options.tls_cert, &options.tls_key) {
        (Some(cert), Some(key)) => Some(Tls::Files {
            cert: cert.clone(),
            key: key.clone(),
        }),
        (None, None) => None,
        _ => return Err(Contradiction::HalfCertificate),
    };
    let acme = match &options.acme {
        Some(domain) if !is_domain(domain) => return Err(Contradiction::BadDomain(domain.clone())),
        Some(domain) => Some(Tls::Acme {
            domain: domain.clone(),
            directory: options.acme_directory.clone(),
            ca: options.acme_ca.clone(),
        }),
        None if options.acme_directory.is_some() || options.acme_ca.is_some() => {
            return Err(Contradiction::AcmeWithoutDomain);
        }
        None => None,
    };
    let self_made = options.tls_self_made.unwrap_or(false).then_some(Tls::SelfMade);
    let mut ways = [files, acme, self_made].into_iter().flatten();
    match (ways.next(), ways.next()) {
        (_, Some(_)) => Err(Contradiction::SeveralCertificates),
        (way, None) => Ok(way.unwrap_or(Tls::Off)),
    }
}

fn turn(options: &ServeOptions) -> Result<Option<TurnSettings>, Contradiction> {
    let parse = |text: &String| TurnUrl::parse(text).ok_or_else(|| Contradiction::BadTurnUrl(text.clone()));
    let urls: Vec<TurnUrl> = options.turn_url.iter().map(parse).collect::<Result<_, _>>()?;
    let secret = SecretSource::of(options.turn_secret.as_ref(), options.turn_secret_file.as_ref())
        .map_err(|_| Contradiction::SeveralSecrets)?;
    match (urls.is_empty(), secret) {
        (true, None) => Ok(None),
        (true, Some(_)) => Err(Contradiction::SecretWithoutTurn),
        (false, None) => Err(Contradiction::TurnWithoutSecret),
        (false, Some(secret)) => Ok(Some(TurnSettings { urls, secret })),
    }
}

fn blobs(max_len: Option<u64>, room_quota: Option<u64>) -> Result<BlobLimits, Contradiction> {
    let usual = BlobLimits::default();
    let max_len = max_len.unwrap_or(usual.max_len);
    let room_quota = room_quota.unwrap_or(usual.room_quota.max(max_len));
    if room_quota < max_len {
        return Err(Contradiction::RoomBelowFile);
    }
    Ok(BlobLimits {
        max_len,
        room_quota,
        ..usual
    })
}

fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

fn checked_url(url: String) -> Result<String, Contradiction> {
    let trimmed = url.trim_end_matches('/');
    let host = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    let is_host = |host: &str| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    if host.is_some_and(is_host) {
        Ok(trimmed.to_ascii_lowercase())
    } else {
        Err(Contradiction::BadPublicUrl(url))
    }
}

/// Whether an address is one that only this machine reaches.
pub fn is_local(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]"
}

fn bracketed(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// An address under which other computers may reach this one.
pub fn first_interface() -> Option<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_default();
    let mut ips: Vec<IpAddr> = found.iter().map(|interface| interface.ip()).collect();
    ips.retain(|ip| !ip.is_loopback() && !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local()));
    ips.into_iter().min_by_key(|ip| ip.is_ipv6())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: ServeOptions,
    }

    fn flags(line: &[&str]) -> ServeOptions {
        Line::try_parse_from(std::iter::once("conclave").chain(line.iter().copied()))
            .unwrap()
            .options
    }

    fn settings(line: &[&str]) -> Result<Settings, Contradiction> {
        Settings::from_options(flags(line))
    }

    fn file(text: &str) -> ServeOptions {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn without_a_word_it_serves_this_machine() {
        let settings = settings(&[]).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(settings.media_listen.to_string(), "127.0.0.1:10000");
        assert_eq!(settings.data, PathBuf::from("data"));
        assert_eq!(settings.public_url_at(settings.listen), "http://localhost:8080");
        assert_eq!(settings.tls, Tls::Off);
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let file = file(
            "listen = '127.0.0.1:1'\nmedia-listen = '127.0.0.1:2'\ndata = '/srv/c'\nacme = 'a.example.org'\n\
             media-advertise = ['203.0.113.1']\nmedia-threads = 3\nlog = 'warn'",
        );
        let line = flags(&[
            "--listen",
            "localhost:9",
            "--tls-self-made",
            "--media-advertise",
            "10.0.0.1,10.0.0.2",
        ]);
        let settings = Settings::from_options(line.or(file)).unwrap();
        assert_eq!(settings.listen.to_string(), "127.0.0.1:9");
        assert_eq!(settings.media_listen.to_string(), "127.0.0.1:2");
        assert_eq!(settings.data, PathBuf::from("/srv/c"));
        assert_eq!(settings.media_advertise.len(), 2);
        assert_eq!(settings.media_threads, 3);
        assert_eq!(settings.log, "warn");
        assert_eq!(settings.tls, Tls::SelfMade, "one way to TLS replaces the other");
    }

    #[test]
    fn a_file_with_an_unknown_key_is_refused() {
        assert!(toml::from_str::<ServeOptions>("lisetn = '127.0.0.1:1'").is_err());
        assert!(toml::from_str::<ServeOptions>("listen = 'here'").is_err());
    }

    #[test]
    fn behind_a_proxy_media_come_in_everywhere() {
        let settings = settings(&["--public-url", "https://meet.example.org/"]).unwrap();
        assert_eq!(settings.media_listen.to_string(), "0.0.0.0:10000");
        assert_eq!(
            settings.public_url_at(settings.listen),
            "https://meet.example.org"
        );
    }

    #[test]
    fn a_proxy_is_named_or_missed() {
        let url = ["--public-url", "https://meet.example.org"];
        assert!(settings(&url).unwrap().has_unnamed_proxy());
        let named = settings(&[&url[..], &["--proxy", "127.0.0.1,::1"]].concat()).unwrap();
        assert_eq!(named.proxies.len(), 2);
        assert!(!named.has_unnamed_proxy());
        assert!(!settings(&[]).unwrap().has_unnamed_proxy());
    }

    #[test]
    fn the_public_address_follows_the_way_to_tls() {
        let url = |line: &[&str]| {
            let settings = settings(line).unwrap();
            settings.public_url_at(settings.listen)
        };
        assert_eq!(
            url(&["--acme", "meet.example.org", "--listen", "0.0.0.0:443"]),
            "https://meet.example.org"
        );
        assert_eq!(
            url(&["--tls-self-made", "--listen", "192.0.2.1:8443"]),
            "https://192.0.2.1:8443"
        );
        assert_eq!(
            url(&["--tls-self-made", "--listen", "[::1]:443"]),
            "https://localhost"
        );
    }

    #[test]
    fn contradictions_are_said() {
        assert_eq!(
            settings(&["--tls-cert", "a"]),
            Err(Contradiction::HalfCertificate)
        );
        let both = settings(&["--acme", "a.example.org", "--tls-self-made"]);
        assert_eq!(both, Err(Contradiction::SeveralCertificates));
        let nameless = settings(&["--acme-directory", "https://ca.example.org/directory"]);
        assert_eq!(nameless, Err(Contradiction::AcmeWithoutDomain));
        for url in ["meet.example.org", "https://", "https://a/b", "ftp://a"] {
            assert_eq!(
                settings(&["--public-url", url]),
                Err(Contradiction::BadPublicUrl(url.to_owned()))
            );
        }
        assert!(matches!(
            settings(&["--acme", "localhost"]),
            Err(Contradiction::BadDomain(_))
        ));
    }

    #[test]
    fn a_room_has_space_for_the_largest_file() {
        let limits = |line: &[&str]| settings(line).map(|settings| settings.blobs);
        assert_eq!(limits(&[]), Ok(BlobLimits::default()));
        let large = limits(&["--max-file-size", "100G"]).unwrap();
        assert_eq!((large.max_len, large.room_quota), (100 << 30, 100 << 30));
        let both = limits(&["--max-file-size", "10m", "--room-storage", "4096K"]);
        assert_eq!(both, Err(Contradiction::RoomBelowFile));
        let file = file("max-file-size = '1M'\nroom-storage = '1024'");
        assert_eq!(
            (file.max_file_size, file.room_storage),
            (Some(1 << 20), Some(1024))
        );
        for size in ["0", "", "G", "1X", "-1", "1.5G", "2T", "99999999999999999999G"] {
            assert!(
                toml::from_str::<ServeOptions>(&format!("max-file-size = '{size}'")).is_err(),
                "{size}"
            );
        }
    }

    #[test]
    fn turn_needs_addresses_and_one_secret() {
        let url = ["--turn-url", "turn:a.example.org,turns:a.example.org:443"];
        let secret = ["--turn-secret-file", "/run/secret"];
        let turn = settings(&[url, secret].concat()).unwrap().turn.unwrap();
        assert_eq!(turn.urls.len(), 2);
        assert_eq!(turn.secret, SecretSource::File("/run/secret".into()));
        assert_eq!(settings(&url), Err(Contradiction::TurnWithoutSecret));
        assert_eq!(settings(&secret), Err(Contradiction::SecretWithoutTurn));
        let bad = settings(&[["--turn-url", "turn.example.org"], secret].concat());
        assert_eq!(bad, Err(Contradiction::BadTurnUrl("turn.example.org".to_owned())));

        let file = file("turn-url = ['turn:b.example.org']\nturn-secret = 'north'");
        let turn = Settings::from_options(flags(&[]).or(file.clone()))
            .unwrap()
            .turn
            .unwrap();
        assert!(matches!(turn.secret, SecretSource::Given(_)));
        let turn = Settings::from_options(flags(&secret).or(file.clone()))
            .unwrap()
            .turn
            .unwrap();
        assert!(
            matches!(turn.secret, SecretSource::File(_)),
            "one secret replaces the other"
        );
        assert!(!format!("{file:?}").contains("north"));
        let both = ServeOptions {
            turn_secret_file: Some("/run/secret".into()),
            ..file
        };
        assert_eq!(Settings::from_options(both), Err(Contradiction::SeveralSecrets));
    }
}
