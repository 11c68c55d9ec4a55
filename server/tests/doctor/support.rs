//! Servers to look at, and what the doctor finds.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, UdpSocket},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
};

use serde_json::Value;

pub fn conclave(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conclave"));
    command.args(arguments).env_clear();
    command
}

/// A folder on a disk: the system's for temporary files may be in memory, which is one of the things that are wrong.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// A server that runs until it is dropped, and where it listens.
pub struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    data: tempfile::TempDir,
    pub http: String,
    pub media: String,
}

impl Serving {
    pub fn start(more: &[&str]) -> Self {
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

    pub fn examine(&self, more: &[&str]) -> Findings {
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
pub fn line_with(log: &mut impl BufRead, words: &str) -> String {
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
pub struct Findings {
    pub success: bool,
    pub checks: Vec<Value>,
}

impl Findings {
    /// Outcome and words of the first check of a name.
    pub fn of(&self, name: &str) -> (&str, String) {
        let check = self.checks.iter().find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("no {name} in {:?}", self.checks));
        let advice = check["advice"].as_str().unwrap_or_default();
        (
            check["outcome"].as_str().unwrap(),
            format!("{} {advice}", check["found"].as_str().unwrap()),
        )
    }

    /// This is wrong, and what is said of it names `word`.
    pub fn blames(&self, name: &str, word: &str) {
        let (outcome, words) = self.of(name);
        assert_eq!(outcome, "failed", "{words}");
        assert!(words.contains(word), "{words}");
        assert!(!self.success);
    }
}

pub fn examine(arguments: &[&str]) -> Findings {
    let output = conclave(&["doctor", "--json"]).args(arguments).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    Findings {
        success: output.status.success(),
        checks: report["checks"].as_array().unwrap().clone(),
    }
}

/// Answers the first question of each connection with the same words, as long as the test runs.
pub fn answering(answer: &'static [u8]) -> String {
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
pub fn nobody() -> String {
    UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string()
}
