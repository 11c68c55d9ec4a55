//! `conclave doctor` against real servers on free ports: a deployment that is well, and each thing that can be wrong.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests; a failure is the test's"
)]

mod support;
mod turn;

use std::{
    net::UdpSocket,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use self::support::{Findings, Serving, answering, conclave, examine, folder, nobody};

#[test]
fn a_server_that_is_well_has_nothing_to_do() {
    let server = Serving::start(&[]);
    let found = server.examine(&[]);
    assert!(found.success, "{:?}", found.checks);
    for name in [
        "settings",
        "data_folder",
        "http_port",
        "public_url",
        "certificate",
        "media_udp",
        "media_tcp",
    ] {
        assert_eq!(found.of(name).0, "ok", "{}", found.of(name).1);
    }
    // Nothing was named for these, and what cannot be known is said to be so.
    for name in ["turn", "clock"] {
        assert_eq!(found.of(name).0, "unknown");
    }
}

#[test]
fn https_of_its_own_is_trusted_and_takes_media_too() {
    let server = Serving::start(&["--tls-self-made"]);
    let found = server.examine(&["--tls-self-made"]);
    assert!(found.success, "{:?}", found.checks);
    let (outcome, words) = found.of("certificate");
    assert!(outcome == "ok" && words.contains("warns once"), "{words}");
    let (_, words) = found.of("media_tcp");
    assert!(
        words.contains(&server.media) && words.contains(&server.http),
        "{words}"
    );
}

#[test]
fn a_server_that_does_not_run_is_no_fault_and_its_ports_are_free() {
    let data = folder();
    let (http, media) = (nobody(), nobody());
    let arguments = [
        "--listen",
        &http,
        "--media-listen",
        &media,
        "--data",
        data.path().to_str().unwrap(),
    ];
    let found = examine(&arguments);
    assert!(found.success, "{:?}", found.checks);
    assert_eq!(found.of("http_port").0, "ok");
    for name in ["public_url", "media_udp", "media_tcp"] {
        let (outcome, words) = found.of(name);
        assert!(
            outcome == "unknown" && words.contains("start the server"),
            "{words}"
        );
    }
    assert_eq!(
        std::fs::read_dir(data.path()).unwrap().count(),
        0,
        "it leaves nothing"
    );
}

#[test]
fn lines_say_the_same_to_people() {
    let data = folder();
    let mut command = conclave(&[
        "doctor",
        "--listen",
        &nobody(),
        "--media-listen",
        &nobody(),
        "--data",
    ]);
    let output = command.arg(data.path().join("data")).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{lines}");
    assert!(lines.lines().all(|line| line.ends_with('.')), "{lines}");
    assert!(lines.starts_with("ok       settings: "), "{lines}");
}

#[test]
fn settings_that_serve_would_refuse_are_refused() {
    examine(&["--config", "/nowhere.toml"]).blames("settings", "/nowhere.toml");
    examine(&["--turn-url", "turn:turn.example.org"]).blames("settings", "--turn-secret-file");
    examine(&["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"]).blames("settings", "/nowhere.pem");
}

#[test]
fn a_data_folder_that_cannot_be_written_or_does_not_last_is_found() {
    let blocked = folder();
    let file = blocked.path().join("file");
    std::fs::write(&file, "").unwrap();
    let other = [
        "--listen",
        "127.0.0.1:0",
        "--media-listen",
        "127.0.0.1:0",
        "--data",
    ];
    examine(&[&other[..], &[file.to_str().unwrap()]].concat()).blames("data_folder", "--data");
    // Where the system has a filesystem in memory in its usual place.
    if Path::new("/dev/shm").is_dir() {
        let memory = tempfile::tempdir_in("/dev/shm").unwrap();
        let found = examine(&[&other[..], &[memory.path().to_str().unwrap()]].concat());
        found.blames("data_folder", "in memory");
    }
}

#[test]
fn ports_that_others_have_are_found() {
    let data = folder();
    let mail = answering(b"220 mail\r\n");
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    let media = other.local_addr().unwrap().to_string();
    let arguments = [
        "--listen",
        &mail,
        "--media-listen",
        &media,
        "--data",
        data.path().to_str().unwrap(),
    ];
    let found = examine(&arguments);
    found.blames("http_port", "in use by another program");
    found.blames("media_udp", "--media-listen");
    assert_eq!(found.of("media_tcp").0, "unknown");
    let elsewhere = [
        "--listen",
        "192.0.2.1:80",
        "--data",
        data.path().to_str().unwrap(),
        "--media-listen",
        &media,
    ];
    examine(&elsewhere).blames("http_port", "not an address of this machine");
}

#[test]
fn a_public_address_that_leads_elsewhere_is_found() {
    let (server, other) = (Serving::start(&[]), Serving::start(&[]));
    let at = |address: &str| server.examine(&["--public-url", &format!("http://{address}")]);
    at(&other.http).blames("public_url", "another Conclave");
    at(&answering(b"HTTP/1.0 200 OK\r\n\r\nwelcome")).blames("public_url", "no Conclave");
    at(&nobody()).blames("public_url", "cannot be reached");
    server
        .examine(&["--public-url", "http://nowhere.invalid"])
        .blames("certificate", "plain HTTP");
}

#[test]
fn media_that_are_announced_where_they_do_not_get_in_are_found() {
    // Another address of the loopback interface, where nobody listens.
    let server = Serving::start(&[]);
    let found = server.examine(&["--media-advertise", "127.0.0.2"]);
    found.blames("media_udp", "127.0.0.2");
    found.blames("media_tcp", "--media-advertise");
}

/// An authority, and certificates by it.
struct Authority {
    folder: tempfile::TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let folder = folder();
        std::fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is said of a certificate for `name` that is good for `days` more (less than none: it has ended).
    fn examine(&self, name: &str, days: i64, trusted: bool) -> Findings {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let now = std::time::SystemTime::now();
        let end = std::time::Duration::from_secs(days.unsigned_abs() * 24 * 60 * 60 + 60);
        params.not_after = if days < 0 { now - end } else { now + end }.into();
        let made = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.path("cert.pem"), made.pem()).unwrap();
        std::fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
        let (cert, key, ca, data) = (
            self.path("cert.pem"),
            self.path("key.pem"),
            self.path("ca.pem"),
            self.path("data"),
        );
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let (cert, key, ca, data) = (text(&cert), text(&key), text(&ca), text(&data));
        let mut arguments = vec![
            "--tls-cert",
            &cert,
            "--tls-key",
            &key,
            "--public-url",
            "https://meet.invalid",
        ];
        let (http, media) = (nobody(), nobody());
        arguments.extend(["--data", &data, "--listen", &http, "--media-listen", &media]);
        if trusted {
            arguments.extend(["--trust", &ca]);
        }
        examine(&arguments)
    }
}

#[test]
fn certificates_are_judged_as_browsers_do() {
    let authority = Authority::new();
    let found = authority.examine("meet.invalid", 60, true);
    let (outcome, words) = found.of("certificate");
    assert!(outcome == "ok" && words.contains("ends in 60 days"), "{words}");
    authority
        .examine("meet.invalid", 60, false)
        .blames("certificate", "--trust");
    authority
        .examine("other.invalid", 60, true)
        .blames("certificate", "names this host");
    authority
        .examine("meet.invalid", -1, true)
        .blames("certificate", "renew it");
    authority
        .examine("meet.invalid", 3, true)
        .blames("certificate", "ends in 3 days");
}

#[test]
fn a_clock_that_is_off_is_found_and_one_that_is_not_is_not() {
    let server = Serving::start(&[]);
    let old = answering(b"HTTP/1.0 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
    let against = |address: &str| server.examine(&["--clock-url", &format!("http://{address}")]);
    against(&old).blames("clock", "ahead of");
    // Any other web server tells its time; this one runs on the same clock.
    assert_eq!(against(&server.http).of("clock").0, "ok");
    assert_eq!(against(&nobody()).of("clock").0, "unknown");
}
