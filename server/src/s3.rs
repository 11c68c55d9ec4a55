//! Files on an S3 service, as it is set, and what to do where that does not work.

use std::{fmt, net::IpAddr};

use reqwest::Url;
use signaling::{BlobPlace, NotOurs, S3Failure, S3Settings, S3Trouble};

use crate::{
    options::ServeOptions,
    secrets::{SecretError, SecretSource},
};

/// Environment variable of the secret of the access key.
pub const SECRET_VARIABLE: &str = "CONCLAVE_S3_SECRET_KEY";

/// What services are told that know no regions; Amazon's first.
pub const USUAL_REGION: &str = "us-east-1";

/// Shortest and longest name of a bucket.
const BUCKET_LEN: std::ops::RangeInclusive<usize> = 3..=63;

/// Longest prefix. A key has 1,024 bytes at most, of which ours take less than a hundred.
const MAX_PREFIX_LEN: usize = 512;

/// Where files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobSettings {
    /// In the data folder.
    Folder,
    /// On an S3 service.
    S3(S3Place),
}

/// An S3 service as it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Place {
    pub bucket: BucketUrl,
    /// The address of the service; nothing for Amazon's.
    pub endpoint: Option<String>,
    pub region: String,
    /// Id of the access key.
    pub access_key: String,
    /// Its secret, or where it is.
    pub secret: SecretSource,
}

/// What does not fit together, or cannot be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobContradiction {
    /// The place of files is none. What it says is not said again, for it may have credentials in it.
    #[error(
        "--blobs is no place for files: write it like s3://BUCKET/PREFIX, or leave it out for the data folder"
    )]
    BadBlobs,
    /// The address of the S3 service is none.
    #[error(
        "--s3-endpoint is not an address: write it like https://s3.example.org:9000, without path or credentials"
    )]
    BadS3Endpoint,
    /// Nothing can have such a name.
    #[error("{0} is empty, or has characters in it that it cannot have")]
    BadS3Word(&'static str),
    /// An S3 service without a key.
    #[error("--blobs s3://… needs the id of an access key: --s3-access-key ID")]
    S3WithoutKey,
    /// A key without its secret.
    #[error(
        "--blobs s3://… needs the secret of the access key: --s3-secret-key-file FILE, or CONCLAVE_S3_SECRET_KEY"
    )]
    S3WithoutSecret,
    /// The secret twice.
    #[error("choose one of --s3-secret-key-file and CONCLAVE_S3_SECRET_KEY (s3-secret-key in the file)")]
    SeveralS3Secrets,
    /// A service without a bucket.
    #[error("{0} needs the place of files: --blobs s3://BUCKET/PREFIX")]
    S3WithoutBucket(&'static str),
}

impl BlobSettings {
    /// Reads what is set of it.
    pub fn from_options(options: &ServeOptions) -> Result<Self, BlobContradiction> {
        let secret = SecretSource::of(
            options.s3_secret_key.as_ref(),
            options.s3_secret_key_file.as_ref(),
        )
        .map_err(|_| BlobContradiction::SeveralS3Secrets)?;
        let Some(text) = &options.blobs else {
            // What is said and does nothing was meant to do something.
            let said = [
                ("--s3-endpoint", options.s3_endpoint.is_some()),
                ("--s3-region", options.s3_region.is_some()),
                ("--s3-access-key", options.s3_access_key.is_some()),
                ("the secret of an access key", secret.is_some()),
            ];
            let idle = said.into_iter().find(|(_, said)| *said);
            return idle.map_or(Ok(Self::Folder), |(flag, _)| {
                Err(BlobContradiction::S3WithoutBucket(flag))
            });
        };
        let word = |flag, text: &String| {
            let good = is_word(text).then(|| text.clone());
            good.ok_or(BlobContradiction::BadS3Word(flag))
        };
        let named = options.s3_endpoint.as_deref();
        let region = options.s3_region.as_ref().map(|text| word("--s3-region", text));
        let access_key = options
            .s3_access_key
            .as_ref()
            .ok_or(BlobContradiction::S3WithoutKey)?;
        Ok(Self::S3(S3Place {
            bucket: BucketUrl::parse(text).ok_or(BlobContradiction::BadBlobs)?,
            endpoint: named
                .map(|text| endpoint(text).ok_or(BlobContradiction::BadS3Endpoint))
                .transpose()?,
            region: region.unwrap_or_else(|| Ok(USUAL_REGION.to_owned()))?,
            access_key: word("--s3-access-key", access_key)?,
            secret: secret.ok_or(BlobContradiction::S3WithoutSecret)?,
        }))
    }

    /// With the secret read.
    pub fn resolve(&self) -> Result<BlobPlace, SecretError> {
        Ok(match self {
            Self::Folder => BlobPlace::Folder,
            Self::S3(place) => BlobPlace::S3(place.resolve()?),
        })
    }
}

impl S3Place {
    /// With the secret read.
    pub fn resolve(&self) -> Result<S3Settings, SecretError> {
        let secret = self
            .secret
            .resolve("--s3-secret-key-file", "the secret of the access key")?;
        Ok(S3Settings {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            bucket: self.bucket.bucket.clone(),
            prefix: self.bucket.prefix.clone(),
            access_key: self.access_key.clone(),
            secret,
        })
    }

    /// Whether what goes to the service can be read and changed on the way. Files are sealed; the objects' names are not.
    pub fn is_in_clear(&self) -> bool {
        self.endpoint.as_deref().is_some_and(|url| {
            url.starts_with("http://") && !Url::parse(url).is_ok_and(|url| is_this_machine(&url))
        })
    }
}

/// Names alone say nothing: `127.example.org` may be anywhere.
fn is_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || bare
                .parse::<IpAddr>()
                .is_ok_and(|ip| ip.to_canonical().is_loopback())
    })
}

/// A part of a bucket: `s3://BUCKET/PREFIX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketUrl {
    pub bucket: String,
    /// Without a slash at either end; may be empty.
    pub prefix: String,
}

impl BucketUrl {
    /// Reads it; letters, digits, `-`, `_` and `.` are all that there may be.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("s3://")?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (bucket, prefix) = match rest.split_once('/') {
            Some((bucket, prefix)) => (bucket, Some(prefix)),
            None => (rest, None),
        };
        let well = BUCKET_LEN.contains(&bucket.len())
            && is_name(bucket)
            && prefix.is_none_or(|prefix| prefix.len() <= MAX_PREFIX_LEN && prefix.split('/').all(is_name));
        well.then(|| Self {
            bucket: bucket.to_owned(),
            prefix: prefix.unwrap_or_default().to_owned(),
        })
    }
}

impl fmt::Display for BucketUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() {
            return Ok(());
        }
        write!(out, "/{}", self.prefix)
    }
}

fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(fits)
}

/// The address of a service, without a slash at its end; nothing if it is none, or says more than that.
pub fn endpoint(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (web && bare).then(|| url.origin().ascii_serialization())
}

/// Whether it can be the name of a region, or the id of an access key.
pub fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && text.chars().all(|c| c.is_ascii_graphic())
}

/// What to do about it.
pub fn advice(trouble: &S3Trouble) -> String {
    let permission = trouble.step.permission();
    match &trouble.failure {
        S3Failure::Unreachable { .. } => {
            "check --s3-endpoint, that the service runs, and that its certificate is one that this machine trusts".to_owned()
        }
        S3Failure::Silent => "check --s3-endpoint, and firewalls between this machine and the service".to_owned(),
        S3Failure::Refused { .. } => format!(
            "check --s3-access-key and its secret, the clock of this machine, and that the key may do {permission} in the \
             bucket"
        ),
        S3Failure::NoBucket => "make the bucket, or check --blobs, --s3-endpoint and --s3-region".to_owned(),
        S3Failure::OtherRegion => "name the region of the bucket with --s3-region".to_owned(),
        S3Failure::Missing => "what was put is not there right after; choose a service that is consistent".to_owned(),
        S3Failure::Failed { .. } => {
            "look into the log of the service, and check that --s3-endpoint is the address of its S3 interface".to_owned()
        }
    }
}

/// What to do where files are another database's, or may be.
pub fn advice_for_owner(why: &NotOurs, blobs: &BlobSettings) -> String {
    match (why, blobs) {
        (NotOurs::Another { .. }, BlobSettings::Folder) => {
            "name the database that belongs to this data folder with --database-url, or another folder with --data"
                .to_owned()
        }
        (NotOurs::Another { .. }, BlobSettings::S3(_)) => {
            "check --data and --database-url, or choose another place with --blobs: each database needs one of its own"
                .to_owned()
        }
        (NotOurs::Unknown { ours, .. }, _) => {
            let place = match blobs {
                BlobSettings::S3(place) => format!("{}/", place.bucket),
                BlobSettings::Folder => String::new(),
            };
            format!(
                "choose an empty place with --blobs; or, if these files are surely this database's, put an object \
                 {place}deployment with the text {ours} first"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use proptest::prelude::*;

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

    #[test]
    fn a_part_of_a_bucket_has_bucket_and_prefix() {
        for (text, bucket, prefix) in [
            ("s3://team-files", "team-files", ""),
            ("s3://team-files/", "team-files", ""),
            ("s3://team.files/conclave", "team.files", "conclave"),
            ("s3://team-files/a/b_1/", "team-files", "a/b_1"),
        ] {
            let url = BucketUrl::parse(text).unwrap();
            assert_eq!(
                (url.bucket.as_str(), url.prefix.as_str()),
                (bucket, prefix),
                "{text}"
            );
            assert_eq!(url.to_string(), text.trim_end_matches('/'));
        }
        for text in [
            "",
            "team-files",
            "/srv/files",
            "s3:team-files",
            "s3://",
            "s3:///a",
            "s3://ab",
            "s3://-ab/c",
            "S3://team-files",
            "s3://team files",
            "s3://key:secret@team-files",
            "s3://team-files//",
            "s3://team-files/a//b",
            "s3://team-files/../other",
            "s3://team-files/.",
            "s3://team-files/a?b",
            "s3://team-files/%2e%2e",
            "https://team-files.s3.amazonaws.com",
        ] {
            assert_eq!(BucketUrl::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_the_same(text in "(s3://)?[a-c./_%: -]{0,24}") {
            if let Some(url) = BucketUrl::parse(&text) {
                prop_assert_eq!(url.to_string(), text.strip_suffix('/').unwrap_or(&text));
                prop_assert!(url.prefix.split('/').all(|part| part != ".." && part != "."));
            }
        }
    }

    #[test]
    fn a_service_is_named_by_its_origin() {
        for (text, origin) in [
            ("https://s3.example.org", "https://s3.example.org"),
            ("https://s3.example.org:9000/", "https://s3.example.org:9000"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ] {
            assert_eq!(endpoint(text).as_deref(), Some(origin));
        }
        for text in [
            "s3.example.org",
            "s3.example.org:9000",
            "ftp://s3.example.org",
            "https://s3.example.org/bucket",
            "https://key:secret@s3.example.org",
            "https://key@s3.example.org",
            "https://s3.example.org?a",
            "https://",
        ] {
            assert_eq!(endpoint(text), None, "{text}");
        }
    }

    #[test]
    fn what_goes_in_clear_beyond_this_machine_is_known() {
        let clear = |url: &str| {
            let place = S3Place {
                bucket: BucketUrl::parse("s3://team-files").unwrap(),
                endpoint: endpoint(url),
                region: USUAL_REGION.to_owned(),
                access_key: "a".to_owned(),
                secret: SecretSource::File("a".into()),
            };
            place.is_in_clear()
        };
        assert!(clear("http://minio:9000") && clear("http://192.0.2.1"));
        assert!(
            !clear("https://minio:9000") && !clear("http://127.0.0.1:9000") && !clear("http://localhost:1")
        );
        assert!(
            !clear("http://[::1]:9000") && !clear("http://127.8.0.1") && !clear("http://[::ffff:127.0.0.1]")
        );
        for elsewhere in [
            "http://127.evil.example",
            "http://127.0.0.1.example:9000",
            "http://localhost.example",
        ] {
            assert!(clear(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn files_lie_in_the_data_folder_or_where_all_is_named() {
        let place = |line: &[&str]| BlobSettings::from_options(&flags(line));
        assert_eq!(place(&[]), Ok(BlobSettings::Folder));
        let bucket = ["--blobs", "s3://team-files/conclave"];
        let key = ["--s3-access-key", "AKIDNORTH"];
        let secret = ["--s3-secret-key-file", "/run/secret"];
        let all = [&bucket[..], &key, &secret].concat();
        let Ok(BlobSettings::S3(amazon)) = place(&all) else {
            panic!("a place on S3");
        };
        assert_eq!((amazon.endpoint, amazon.region.as_str()), (None, "us-east-1"));
        let more = [
            "--s3-endpoint",
            "https://s3.example.org:9000/",
            "--s3-region",
            "eu-north-1",
        ];
        let Ok(BlobSettings::S3(own)) = place(&[&all[..], &more].concat()) else {
            panic!("a place on S3");
        };
        assert_eq!(own.endpoint.as_deref(), Some("https://s3.example.org:9000"));
        assert_eq!(own.region, "eu-north-1");

        assert_eq!(
            place(&[&bucket[..], &secret].concat()),
            Err(BlobContradiction::S3WithoutKey)
        );
        assert_eq!(
            place(&[bucket, key].concat()),
            Err(BlobContradiction::S3WithoutSecret)
        );
        for idle in [&key[..], &secret, &more[..2], &more[2..]] {
            assert!(
                matches!(place(idle), Err(BlobContradiction::S3WithoutBucket(_))),
                "{idle:?}"
            );
        }
        let bad = place(&[&["--blobs", "/srv/files"][..], &key, &secret].concat());
        assert_eq!(bad, Err(BlobContradiction::BadBlobs));
        for bad in [["--s3-region", "eu north"], ["--s3-region", ""]] {
            assert!(matches!(
                place(&[&all[..], &bad].concat()),
                Err(BlobContradiction::BadS3Word(_))
            ));
        }
        // What may be a secret is not said again.
        let endpoint = place(&[&all[..], &["--s3-endpoint", "https://key:north@s3.example.org"]].concat());
        assert!(!endpoint.unwrap_err().to_string().contains("north"));

        let file: ServeOptions = toml::from_str(
            "blobs = 's3://other-files'\ns3-access-key = 'AKIDSOUTH'\ns3-secret-key = 'north'",
        )
        .unwrap();
        assert!(!format!("{file:?}").contains("north"));
        let of = |options: ServeOptions| BlobSettings::from_options(&options).unwrap();
        let BlobSettings::S3(given) = of(file.clone()) else {
            panic!("a place on S3");
        };
        assert!(matches!(given.secret, SecretSource::Given(_)));
        let BlobSettings::S3(named) = of(flags(&secret).or(file.clone())) else {
            panic!("a place on S3");
        };
        assert!(
            matches!(named.secret, SecretSource::File(_)),
            "one secret replaces the other"
        );
        let both = ServeOptions {
            s3_secret_key_file: Some("/run/secret".into()),
            ..file
        };
        assert_eq!(
            BlobSettings::from_options(&both),
            Err(BlobContradiction::SeveralS3Secrets)
        );
    }
}
