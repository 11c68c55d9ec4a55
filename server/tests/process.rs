//! The program as a process: what scripts and people see of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests; a failure is the test's"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

fn conclave(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conclave"));
    command.args(arguments).env_clear();
    command
}

fn serve(data: &Path, more: &[&str]) -> Command {
    let mut command = conclave(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--media-listen",
        "127.0.0.1:0",
    ]);
    command.arg("--data").arg(data).args(more);
    command
}

/// A server that runs until it is dropped.
struct Running {
    child: Child,
    url: String,
    invitation: Option<String>,
}

impl Running {
    fn start(command: Command) -> Self {
        Self::start_logging(command, Stdio::null())
    }

    fn start_logging(mut command: Command, log: Stdio) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut running = Self {
            child,
            url: String::new(),
            invitation: None,
        };
        for line in BufReader::new(running.child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some(link) = line.strip_prefix("invitation: ") {
                running.invitation = Some(link.to_owned());
            } else if let Some(url) = line.strip_prefix("ready: ") {
                running.url = url.to_owned();
                return running;
            } else {
                panic!("standard output says {line:?}");
            }
        }
        panic!("the server ended before it was ready");
    }

    fn address(&self) -> SocketAddr {
        let port = self.url.rsplit(':').next().unwrap();
        format!("127.0.0.1:{port}").parse().unwrap()
    }

    /// Head and body of a GET.
    fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        ))
    }

    /// Head and body of a POST of JSON.
    fn post(&self, path: &str, body: &str) -> String {
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).to_ascii_lowercase()
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Codes of invitations are secrets of whoever got the link.
#[test]
fn no_log_has_the_code_of_an_invitation() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = std::fs::File::create(&path).unwrap();
    // All that libraries have to say of requests, too.
    let filter = "info,conclave=trace,signaling=trace,conclave_signaling=trace,axum=trace,axum_server=trace,\
                  tower_http=trace,hyper=trace,sqlx=info";
    let command = serve(&folder.path().join("data"), &["--log", filter]);
    let server = Running::start_logging(command, log.into());
    let link = server.invitation.clone().unwrap();
    let code = link.rsplit('/').next().unwrap();
    server.get(&format!("/invite/{code}"));
    for code in [code, "no-such-code"] {
        let answer = server.post(
            "/api/v1/registration/invitation",
            &format!("{{\"invitation\":\"{code}\"}}"),
        );
        assert!(
            answer.contains("email_fixed") || answer.contains("invitation_used"),
            "{answer}"
        );
        server.get(&format!("/api/v1/invitations/{code}"));
    }
    drop(server);
    let log = std::fs::read_to_string(path).unwrap();
    assert!(log.contains("serving"), "{log}");
    assert!(!log.contains(code), "{log}");
}

fn refused(mut command: Command) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(stdout.is_empty());
    let said = String::from_utf8(stderr).unwrap();
    assert_eq!(
        said.lines().filter(|line| line.starts_with("error: ")).count(),
        1,
        "{said}"
    );
    said
}

#[test]
fn it_says_when_it_is_ready_and_answers_with_the_policy() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(serve(data.path(), &[]));
    assert!(server.url.starts_with("http://localhost:"));
    for path in ["/", "/rooms/1", "/api/v1/nothing", "/assets/nothing.js"] {
        let answer = server.get(path);
        assert!(
            answer.contains("\r\ncontent-security-policy: default-src 'none'; script-src 'self'"),
            "{answer}"
        );
        assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"));
        assert!(answer.contains("\r\nreferrer-policy: no-referrer\r\n"));
    }
    assert!(server.get("/api/v1/nothing").starts_with("http/1.1 404"));
}

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let data = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for flag in ["--listen", "--media-listen"] {
        let mut command = conclave(&["serve", flag, &address]);
        let other = if flag == "--listen" {
            "--media-listen"
        } else {
            "--listen"
        };
        command.args([other, "127.0.0.1:0", "--data"]).arg(data.path());
        let said = refused(command);
        assert!(
            said.contains(&address) && said.contains("in use") && said.contains(flag),
            "{said}"
        );
    }
}

#[test]
fn what_cannot_be_is_said_with_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("conclave.toml");
    std::fs::write(&file, "[listen]\n").unwrap();
    let blocked = data.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, word) in [
        (vec!["--tls-cert", "cert.pem"], "--tls-key"),
        (vec!["--public-url", "here"], "--public-url"),
        (vec!["--log", "=="], "--log"),
        (vec!["--config", file], "conclave.toml"),
        (vec!["--config", "/nowhere.toml"], "/nowhere.toml"),
        (vec!["--data", blocked.to_str().unwrap()], "--data"),
        (
            vec!["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"],
            "/nowhere.pem",
        ),
    ] {
        let mut command = conclave(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--media-listen",
            "127.0.0.1:0",
        ]);
        if !arguments.contains(&"--data") {
            command.arg("--data").arg(data.path().join("data"));
        }
        command.args(arguments);
        let said = refused(command);
        assert!(said.contains(word), "{said}");
    }
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("conclave.toml");
    let url = |name: &str| format!("https://{name}.example.org");
    std::fs::write(&file, format!("public-url = '{}'\nlog = 'error'\n", url("file"))).unwrap();
    let ready = |from_environment: bool, from_flags: bool| {
        let mut command = serve(&data.path().join("data"), &[]);
        command.env("CONCLAVE_CONFIG", &file);
        if from_environment {
            command.env("CONCLAVE_PUBLIC_URL", url("environment"));
        }
        if from_flags {
            command.args(["--public-url", &url("flag")]);
        }
        let running = Running::start(command);
        running.url.clone()
    };
    assert_eq!(ready(false, false), url("file"));
    assert_eq!(ready(true, false), url("environment"));
    assert_eq!(ready(true, true), url("flag"));
}

#[test]
fn it_stops_when_it_is_told_to_and_starts_again() {
    let data = tempfile::tempdir().unwrap();
    for name in ["-TERM", "-INT"] {
        let mut server = Running::start(serve(data.path(), &[]));
        server.signal(name);
        assert!(server.child.wait().unwrap().success());
    }
}

/// A pipe whose reader is gone must neither end the server nor make it deaf.
#[test]
fn it_serves_and_stops_though_nobody_reads_its_logs() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Running::start_logging(serve(data.path(), &["--log", "trace"]), Stdio::piped());
    drop(server.child.stderr.take());
    assert!(server.get("/api/v1/nothing").starts_with("http/1.1 404"));
    server.signal("-TERM");
    assert!(server.child.wait().unwrap().success());
}

#[test]
fn it_says_what_is_wrong_by_its_exit_code_though_nobody_reads() {
    let mut command = conclave(&["admin", "invite", "bob@example.org", "--data", "/nowhere"]);
    let mut child = command
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn a_self_made_certificate_serves_https_and_stays() {
    let data = tempfile::tempdir().unwrap();
    let made = || {
        let server = Running::start(serve(data.path(), &["--tls-self-made"]));
        assert!(server.url.starts_with("https://localhost:"));
        // A TLS record of the server's, where plain HTTP would answer in text.
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(first, [0x15], "an alert");
        std::fs::read(data.path().join("tls-self-made/cert.pem")).unwrap()
    };
    assert_eq!(made(), made());
}

/// A STUN request that names nobody, framed as ICE-TCP does it.
#[test]
fn the_port_of_https_takes_media_too_and_that_of_http_does_not() {
    let data = tempfile::tempdir().unwrap();
    let answer = |more: &[&str]| {
        let server = Running::start(serve(data.path(), more));
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = [0, 48, 0, 1, 0, 28, 0x21, 0x12, 0xa4, 0x42];
        let question = [&head[..], &[7; 12], &[0x80, 0x22, 0, 24], &[b' '; 24]].concat();
        stream.write_all(&question).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    };
    let answered = answer(&["--tls-self-made"]);
    assert_eq!(answered.get(..4), Some([0, 32, 1, 1].as_slice()), "{answered:?}");
    assert_ne!(answer(&[]).get(..2), Some([0, 32].as_slice()));
}

#[test]
fn a_secret_of_turn_is_no_flag_and_its_file_must_be_there() {
    let mut command = conclave(&["serve", "--turn-secret", "north"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
    let data = tempfile::tempdir().unwrap();
    let url = ["--turn-url", "turn:turn.example.org"];
    let said = refused(serve(data.path(), &url));
    assert!(said.contains("--turn-secret-file"), "{said}");
    let missing = [url, ["--turn-secret-file", "/nowhere"]].concat();
    let said = refused(serve(data.path(), &missing));
    assert!(said.contains("/nowhere"), "{said}");
    let mut command = serve(data.path(), &url);
    command.env("CONCLAVE_TURN_SECRET", "north");
    drop(Running::start(command));
}

#[test]
fn the_first_start_invites_and_later_ones_do_not() {
    let data = tempfile::tempdir().unwrap();
    let first = Running::start(serve(data.path(), &[]));
    assert!(
        first
            .invitation
            .as_ref()
            .unwrap()
            .starts_with(&format!("{}/invite/", first.url))
    );
    drop(first);
    assert_eq!(Running::start(serve(data.path(), &[])).invitation, None);
}

#[test]
fn an_administrator_invites_while_the_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let server = Running::start(serve(data.path(), &[]));
    let admin = |arguments: &[&str]| {
        let mut command = conclave(&["admin"]);
        command.args(arguments).arg("--data").arg(data.path());
        command.output().unwrap()
    };
    let invited = admin(&[
        "invite",
        "--name",
        "Bob",
        "--role",
        "administrator",
        "bob@example.org",
    ]);
    let said = String::from_utf8(invited.stdout).unwrap();
    assert!(
        said.starts_with(&format!("invitation: {}/invite/", server.url)),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
    let network = String::from_utf8(admin(&["create-network", "Another"]).stdout).unwrap();
    assert!(network.starts_with("network: "));
    let refused = admin(&["invite", "bob"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("bob"));
}

#[test]
fn administration_without_data_says_where_it_looked() {
    let mut command = conclave(&["admin", "invite", "bob@example.org", "--data", "/nowhere"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere"));
}
