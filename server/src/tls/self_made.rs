//! A certificate made here, kept in the data folder so that browsers are asked about it once.

use std::{
    collections::BTreeSet,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

use super::TlsError;
use crate::settings::first_interface;

/// Paths of certificate and key. Made where they are missing, and anew where a name is missing in them.
pub fn files(data: &Path, public_url: &str, bound: SocketAddr) -> Result<(PathBuf, PathBuf), TlsError> {
    let folder = folder(data);
    let (cert, key, names) = (
        folder.join("cert.pem"),
        folder.join("key.pem"),
        folder.join("names"),
    );
    let needed = needed_names(public_url, bound);
    let known: BTreeSet<String> = fs::read_to_string(&names)
        .unwrap_or_default()
        .lines()
        .map(str::to_owned)
        .collect();
    if cert.exists() && key.exists() && needed.is_subset(&known) {
        return Ok((cert, key));
    }
    let all: Vec<String> = needed.union(&known).cloned().collect();
    let listed = all.join("\n");
    let pair = KeyPair::generate()?;
    let mut params = CertificateParams::new(all)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Conclave (made here)");
    let made = params.self_signed(&pair)?;
    let write = |path: &Path, text: &str| {
        private(path, text).map_err(|source| TlsError::Write {
            path: path.to_owned(),
            source,
        })
    };
    fs::create_dir_all(&folder).map_err(|source| TlsError::Write { path: folder, source })?;
    write(&key, &pair.serialize_pem())?;
    write(&cert, &made.pem())?;
    write(&names, &listed)?;
    Ok((cert, key))
}

/// Where they are.
pub fn folder(data: &Path) -> PathBuf {
    data.join("tls-self-made")
}

fn needed_names(public_url: &str, bound: SocketAddr) -> BTreeSet<String> {
    let host = public_url.split("://").nth(1).unwrap_or_default();
    let host = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next(),
        None => host.split(':').next(),
    };
    let address = if bound.ip().is_unspecified() {
        first_interface()
    } else {
        Some(bound.ip())
    };
    let names = ["localhost", "127.0.0.1", "::1"]
        .into_iter()
        .chain(host)
        .map(str::to_owned);
    names
        .chain(address.map(|ip| ip.to_string()))
        .filter(|name| !name.is_empty())
        .collect()
}

/// Writes a file that only its owner may read.
fn private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_stays_until_a_name_is_missing() {
        let data = tempfile::tempdir().unwrap();
        let bound = "127.0.0.1:8443".parse().unwrap();
        let made = |url: &str| {
            let (cert, key) = files(data.path(), url, bound).unwrap();
            super::super::from_files(&cert, &key).unwrap();
            fs::read_to_string(cert).unwrap()
        };
        let first = made("https://localhost:8443");
        assert_eq!(first, made("https://localhost:8443"));
        let second = made("https://meet.example.org");
        assert_ne!(first, second);
        assert_eq!(second, made("https://localhost:8443"), "former names stay in it");
    }

    #[test]
    fn names_are_those_of_the_address_and_of_this_machine() {
        let names = needed_names("https://[2001:db8::1]:8443", "192.0.2.1:8443".parse().unwrap());
        assert!(
            ["2001:db8::1", "192.0.2.1", "localhost"]
                .iter()
                .all(|name| names.contains(*name))
        );
    }
}
