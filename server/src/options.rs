//! What can be set, by flags, environment variables and a file, in that order.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use clap::{ArgAction, Args};
use serde::{Deserialize, Deserializer};
use signaling::secret::Secret;

use crate::{
    s3,
    secrets::{self, from_environment},
    turn,
};

/// Largest size that can be set, which is the largest that a file can have.
const MAX_SIZE: u64 = 1 << 40;

/// Everything is optional here; [`crate::settings`] has the defaults. The names of the file's keys are those
/// of the flags.
#[derive(Args, Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeOptions {
    /// Read settings from this TOML file; its keys are the names of these flags (listen = "0.0.0.0:443").
    ///
    /// Flags win over environment variables, these over the file.
    #[arg(long, env = "CONCLAVE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,

    /// Folder of everything durable; it is made where it is missing [default: ./data]
    #[arg(long, env = "CONCLAVE_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Where the page and the API are served; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "CONCLAVE_LISTEN", value_name = "ADDR:PORT", value_parser = parse_listen)]
    #[serde(deserialize_with = "listen")]
    pub listen: Option<SocketAddr>,

    /// Where media come in, over UDP and TCP; port 0 takes a free one [default: port 10000 of the address of
    /// --listen, or of all addresses behind a proxy]
    #[arg(long, env = "CONCLAVE_MEDIA_LISTEN", value_name = "ADDR:PORT", value_parser = parse_listen)]
    #[serde(deserialize_with = "listen")]
    pub media_listen: Option<SocketAddr>,

    /// Under which addresses clients reach the media port, where they differ from those of this machine's
    /// interfaces; repeatable, or separated by commas
    #[arg(
        long,
        env = "CONCLAVE_MEDIA_ADVERTISE",
        value_name = "IP",
        value_delimiter = ',',
        action = ArgAction::Append
    )]
    pub media_advertise: Vec<IpAddr>,

    /// Threads that forward media [default: one per core]
    #[arg(long, env = "CONCLAVE_MEDIA_THREADS", value_name = "N")]
    pub media_threads: Option<usize>,

    /// TURN server for clients whose network lets nothing else through, such as turn:turn.example.org:3478?transport=udp
    /// or turns:turn.example.org:443; repeatable, or separated by commas
    #[arg(
        long,
        env = "CONCLAVE_TURN_URL",
        value_name = "URL",
        value_delimiter = ',',
        action = ArgAction::Append
    )]
    pub turn_url: Vec<String>,

    /// File with the secret that the TURN server knows too (coturn: static-auth-secret). The environment variable
    /// CONCLAVE_TURN_SECRET, or turn-secret in the file of settings, can hold the secret itself
    #[arg(long, env = "CONCLAVE_TURN_SECRET_FILE", value_name = "FILE")]
    pub turn_secret_file: Option<PathBuf>,

    /// The secret itself. Never a flag, for everybody on the machine sees those.
    #[arg(skip)]
    #[serde(deserialize_with = "secrets::secret")]
    pub turn_secret: Option<Secret>,

    /// Where people reach this server, as it stands in links, such as `https://meet.example.org`
    /// [default: from --listen, or --acme]
    #[arg(long, env = "CONCLAVE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,

    /// Address of a reverse proxy whose X-Forwarded-For is believed, for limits by address; repeatable, or separated by
    /// commas
    #[arg(
        long,
        env = "CONCLAVE_PROXY",
        value_name = "IP",
        value_delimiter = ',',
        action = ArgAction::Append
    )]
    pub proxy: Vec<IpAddr>,

    /// Database: sqlite:FILE or postgres://… [default: SQLite in the data folder]
    #[arg(
        long,
        env = "CONCLAVE_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,

    /// Largest file that people may send, such as 500M or 5G [default: 5G]
    #[arg(long, env = "CONCLAVE_MAX_FILE_SIZE", value_name = "SIZE", value_parser = parse_size)]
    #[serde(deserialize_with = "size")]
    pub max_file_size: Option<u64>,

    /// Space for all files of a room together [default: 50G, or --max-file-size if that is more]
    #[arg(long, env = "CONCLAVE_ROOM_STORAGE", value_name = "SIZE", value_parser = parse_size)]
    #[serde(deserialize_with = "size")]
    pub room_storage: Option<u64>,

    /// Where files lie: s3://BUCKET or s3://BUCKET/PREFIX, on a service that speaks S3; files that are in the data folder stay
    /// there and are not found any more [default: the data folder]
    #[arg(long, env = "CONCLAVE_BLOBS", value_name = "URL")]
    pub blobs: Option<String>,

    /// Address of the S3 service, such as `https://s3.example.org:9000` [default: Amazon's in the region]
    #[arg(long, env = "CONCLAVE_S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,

    /// Region of the bucket [default: us-east-1]
    #[arg(long, env = "CONCLAVE_S3_REGION", value_name = "NAME")]
    pub s3_region: Option<String>,

    /// Id of the access key for the bucket; it needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket there
    #[arg(long, env = "CONCLAVE_S3_ACCESS_KEY", value_name = "ID")]
    pub s3_access_key: Option<String>,

    /// File with the secret of the access key. The environment variable CONCLAVE_S3_SECRET_KEY, or s3-secret-key in the file
    /// of settings, can hold the secret itself
    #[arg(long, env = "CONCLAVE_S3_SECRET_KEY_FILE", value_name = "FILE")]
    pub s3_secret_key_file: Option<PathBuf>,

    /// The secret itself. Never a flag, for everybody on the machine sees those.
    #[arg(skip)]
    #[serde(deserialize_with = "secrets::secret")]
    pub s3_secret_key: Option<Secret>,

    /// Whether browsers that show nothing of the app are woken through the push services of their makers, which learn when,
    /// and nothing else [default: true]
    #[arg(long, env = "CONCLAVE_PUSH", value_name = "true|false")]
    pub push: Option<bool>,

    /// Push service beside those of the common browsers, such as `https://push.example.org`; repeatable, or separated by
    /// commas
    #[arg(
        long,
        env = "CONCLAVE_PUSH_SERVICE",
        value_name = "URL",
        value_delimiter = ',',
        action = ArgAction::Append
    )]
    pub push_service: Vec<String>,

    /// Certificate chain for HTTPS (PEM); needs --tls-key
    #[arg(long, env = "CONCLAVE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// Private key of --tls-cert (PEM)
    #[arg(long, env = "CONCLAVE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Get a certificate for this domain from Let's Encrypt; the server must be reachable there on port 443
    #[arg(long, env = "CONCLAVE_ACME", value_name = "DOMAIN")]
    pub acme: Option<String>,

    /// Another certification authority than Let's Encrypt: the address of its ACME directory; needs --acme
    #[arg(long, env = "CONCLAVE_ACME_DIRECTORY", value_name = "URL")]
    pub acme_directory: Option<String>,

    /// Certificate by which that authority is known (PEM), if the Internet's do not vouch for it
    #[arg(long, env = "CONCLAVE_ACME_CA", value_name = "FILE")]
    pub acme_ca: Option<PathBuf>,

    /// HTTPS with a certificate made here, for a trial between computers; browsers warn once
    #[arg(
        long,
        env = "CONCLAVE_TLS_SELF_MADE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        value_name = "true|false"
    )]
    pub tls_self_made: Option<bool>,

    /// What is logged to standard error: error, warn, info, debug or trace, also per part (info,conclave_sfu_core=debug)
    /// [default: info]
    #[arg(long, env = "CONCLAVE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
}

/// Why the file of settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It cannot be read.
    #[error("cannot read the settings {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It says something that cannot be understood.
    #[error("the settings {path} cannot be understood: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why, in one line.
        reason: String,
    },
}

impl ServeOptions {
    /// These options, and the file's where these say nothing.
    pub fn with_file(mut self) -> Result<Self, FileError> {
        self.turn_secret = self
            .turn_secret
            .or_else(|| from_environment(turn::SECRET_VARIABLE));
        self.s3_secret_key = self
            .s3_secret_key
            .or_else(|| from_environment(s3::SECRET_VARIABLE));
        let Some(path) = self.config.clone() else {
            return Ok(self);
        };
        let file = read(&path)?;
        Ok(self.or(file))
    }

    /// Takes what is not set from others. The three ways to TLS are one setting, and the two to
    /// each secret: who names one of them decides.
    pub fn or(self, other: Self) -> Self {
        let names_tls = self.tls_cert.is_some()
            || self.tls_key.is_some()
            || self.acme.is_some()
            || self.tls_self_made.is_some();
        let tls = if names_tls { Self::default() } else { other.clone() };
        let names_secret = self.turn_secret.is_some() || self.turn_secret_file.is_some();
        let secret = if names_secret {
            Self::default()
        } else {
            other.clone()
        };
        let s3_names_secret = self.s3_secret_key.is_some() || self.s3_secret_key_file.is_some();
        let s3_secret = if s3_names_secret {
            Self::default()
        } else {
            other.clone()
        };
        Self {
            config: self.config,
            data: self.data.or(other.data),
            listen: self.listen.or(other.listen),
            media_listen: self.media_listen.or(other.media_listen),
            media_advertise: if self.media_advertise.is_empty() {
                other.media_advertise
            } else {
                self.media_advertise
            },
            media_threads: self.media_threads.or(other.media_threads),
            turn_url: if self.turn_url.is_empty() {
                other.turn_url
            } else {
                self.turn_url
            },
            turn_secret_file: self.turn_secret_file.or(secret.turn_secret_file),
            turn_secret: self.turn_secret.or(secret.turn_secret),
            public_url: self.public_url.or(other.public_url),
            proxy: if self.proxy.is_empty() {
                other.proxy
            } else {
                self.proxy
            },
            database_url: self.database_url.or(other.database_url),
            max_file_size: self.max_file_size.or(other.max_file_size),
            room_storage: self.room_storage.or(other.room_storage),
            blobs: self.blobs.or(other.blobs),
            s3_endpoint: self.s3_endpoint.or(other.s3_endpoint),
            s3_region: self.s3_region.or(other.s3_region),
            s3_access_key: self.s3_access_key.or(other.s3_access_key),
            s3_secret_key_file: self.s3_secret_key_file.or(s3_secret.s3_secret_key_file),
            s3_secret_key: self.s3_secret_key.or(s3_secret.s3_secret_key),
            push: self.push.or(other.push),
            push_service: if self.push_service.is_empty() {
                other.push_service
            } else {
                self.push_service
            },
            tls_cert: self.tls_cert.or(tls.tls_cert),
            tls_key: self.tls_key.or(tls.tls_key),
            acme: self.acme.or(tls.acme),
            acme_directory: self.acme_directory.or(tls.acme_directory),
            acme_ca: self.acme_ca.or(tls.acme_ca),
            tls_self_made: self.tls_self_made.or(tls.tls_self_made),
            log: self.log.or(other.log),
        }
    }
}

fn read(path: &Path) -> Result<ServeOptions, FileError> {
    let text = std::fs::read_to_string(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| {
        let at = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.lines().count().max(1));
        let line = at.map(|line| format!("line {line}: ")).unwrap_or_default();
        FileError::Parse {
            path: path.to_owned(),
            reason: format!("{line}{}", error.message()),
        }
    })
}

/// An address with a port; `localhost` stands for 127.0.0.1.
fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    if let Some(port) = text.strip_prefix("localhost:")
        && let Ok(port) = port.parse()
    {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    text.parse()
        .map_err(|_| "write an address and a port, such as 127.0.0.1:8080 or [::]:443".to_owned())
}

/// Bytes, or so many of a unit: K, M, G or T, by 1024.
fn parse_size(text: &str) -> Result<u64, String> {
    const UNITS: [(char, u64); 4] = [('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30), ('T', 1 << 40)];
    let split = |(letter, unit): (char, u64)| {
        let digits = text.strip_suffix([letter, letter.to_ascii_lowercase()])?;
        Some((digits, unit))
    };
    let (digits, unit) = UNITS.into_iter().find_map(split).unwrap_or((text, 1));
    let size = digits.parse::<u64>().ok().and_then(|size| size.checked_mul(unit));
    size.filter(|size| (1..=MAX_SIZE).contains(size))
        .ok_or_else(|| "write a size such as 500M or 5G, 1T at most".to_owned())
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_size(&text).map(Some).map_err(serde::de::Error::custom)
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_listen(&text).map(Some).map_err(serde::de::Error::custom)
}
