//! TURN servers that are none, and coturn itself.

use std::{
    io::BufReader,
    process::{Child, ChildStdout, Command, Stdio},
};

use super::support::{Findings, answering, examine, folder, line_with, nobody};

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
