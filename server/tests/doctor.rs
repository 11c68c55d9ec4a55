//! `conclave doctor` against real servers on free ports: a deployment that is well, and each thing that can be wrong.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "helpers of tests; a failure is the test's"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    thread,
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;

fn conclave(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conclave"));
    command.args(arguments).env_clear();
    command
}

/// A folder on a disk: the system's for temporary files may be in memory, which is one of the things that are wrong.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A server that runs until it is dropped, and where it listens.
struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    data: tempfile::TempDir,
    http: String,
    media: String,
}

impl Serving {
    fn start(more: &[&str]) -> Self {
        let data = folder();
        let mut command = conclave(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--media-listen",
            "127.0.0.1:0",
        ]);
        command.arg("--data").arg(data.path().join("data")).args(more);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        let mut serving = Self {
            child,
            log,
            data,
            http: String::new(),
            media: String::new(),
        };
        let line = line_with(&mut serving.log, " media.listen=");
        let field = |name: &str| {
            let rest = line.split(name).nth(1).unwrap();
            rest.split_whitespace().next().unwrap().to_owned()
        };
        serving.http = field(" listen=");
        serving.media = field(" media.listen=");
        serving
    }

    fn examine(&self, more: &[&str]) -> Findings {
        let data = self.data.path().join("data");
        let own = [
            "--listen",
            &self.http,
            "--media-listen",
            &self.media,
            "--data",
            data.to_str().unwrap(),
        ];
        examine(&[&own[..], more].concat())
    }
}

/// Reads until a line has this in it.
fn line_with(log: &mut impl BufRead, words: &str) -> String {
    loop {
        let mut line = String::new();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "the program ended early");
        if line.contains(words) {
            return line;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the doctor found.
struct Findings {
    success: bool,
    checks: Vec<Value>,
}

impl Findings {
    /// Outcome and words of the first check of a name.
    fn of(&self, name: &str) -> (&str, String) {
        let check = self.checks.iter().find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("no {name} in {:?}", self.checks));
        let advice = check["advice"].as_str().unwrap_or_default();
        (
            check["outcome"].as_str().unwrap(),
            format!("{} {advice}", check["found"].as_str().unwrap()),
        )
    }

    /// This is wrong, and what is said of it names `word`.
    fn blames(&self, name: &str, word: &str) {
        let (outcome, words) = self.of(name);
        assert_eq!(outcome, "failed", "{words}");
        assert!(words.contains(word), "{words}");
        assert!(!self.success);
    }
}

fn examine(arguments: &[&str]) -> Findings {
    let output = conclave(&["doctor", "--json"]).args(arguments).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    Findings {
        success: output.status.success(),
        checks: report["checks"].as_array().unwrap().clone(),
    }
}

/// Answers the first question of each connection with the same words, as long as the test runs.
fn answering(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    address
}

/// An address at which nobody answers, and the system says so at once.
fn nobody() -> String {
    UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}

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

fn with_turn(url: &str, secret: &str) -> Findings {
    let folder = folder();
    let file = folder.path().join("secret");
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    let data = folder.path().join("data");
    examine(&[
        "--listen",
        "127.0.0.1:0",
        "--media-listen",
        "127.0.0.1:0",
        "--data",
        data.to_str().unwrap(),
        "--turn-url",
        url,
        "--turn-secret-file",
        file.to_str().unwrap(),
    ])
}

#[test]
fn a_turn_server_that_is_none_or_does_not_answer_is_found() {
    with_turn(&format!("turn:{}", nobody()), "north").blames("turn", "no answer");
    with_turn(&format!("turn:{}?transport=tcp", nobody()), "north").blames("turn", "check --turn-url");
    let web = answering(b"HTTP/1.0 400 Bad Request\r\n\r\n");
    with_turn(&format!("turn:{web}?transport=tcp"), "north").blames("turn", "no TURN server");
}

/// coturn on a free port of this machine, until it is dropped.
struct Coturn {
    child: Child,
    log: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
    address: String,
}

impl Coturn {
    /// Nothing, and a word about it, where coturn is not installed; `./test` installs it.
    fn start(secret: &str) -> Option<Self> {
        let folder = folder();
        let address = nobody();
        let port = address.rsplit(':').next().unwrap();
        let config = folder.path().join("turnserver.conf");
        let lines = [
            "listening-ip=127.0.0.1",
            "relay-ip=127.0.0.1",
            &format!("listening-port={port}"),
            "use-auth-secret",
            &format!("static-auth-secret={secret}"),
            "realm=turn.example.org",
            "no-cli",
            "no-tls",
            "no-dtls",
            "log-file=stdout",
            "verbose",
            &format!("pidfile={}", folder.path().join("pid").display()),
            &format!("userdb={}", folder.path().join("turndb").display()),
        ];
        std::fs::write(&config, lines.join("\n")).unwrap();
        let mut command = Command::new("turnserver");
        command
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else {
            println!("skipped: coturn is not installed (Debian: apt-get install coturn)");
            return None;
        };
        let log = BufReader::new(child.stdout.take().unwrap());
        let mut coturn = Self {
            child,
            log,
            _folder: folder,
            address,
        };
        // It says so for each protocol; UDP is the last.
        line_with(&mut coturn.log, "UDP listener opened on");
        Some(coturn)
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn coturn_relays_for_the_secret_that_it_shares_and_for_no_other() {
    let Some(coturn) = Coturn::start("north") else {
        return;
    };
    for transport in ["udp", "tcp"] {
        let url = format!("turn:{}?transport={transport}", coturn.address);
        let found = with_turn(&url, "north");
        assert_eq!(found.of("turn").0, "ok", "{}", found.of("turn").1);
        with_turn(&url, "south").blames("turn", "same secret");
    }
}
