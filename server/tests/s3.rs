//! Files on an S3 service: what `conclave serve` and `conclave doctor` say of one that is well, refuses, or is away.

#![expect(clippy::unwrap_used, reason = "helpers of tests; a failure is the test's")]

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Output, Stdio},
};

use axum::{Router, error_handling::HandleError, http::StatusCode};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;
use serde_json::Value;

const KEY: &str = "AKIDNORTH";
const SECRET: &str = "north-of-both-sides";

/// A service with a bucket `team-files`, until the folder and the runtime go.
struct Service {
    address: SocketAddr,
    folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Service {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("team-files")).unwrap();
        let mut service = S3ServiceBuilder::new(FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let service = HandleError::new(service.build(), |_| async { StatusCode::INTERNAL_SERVER_ERROR });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, Router::new().fallback_service(service)).await });
        Self {
            address,
            folder,
            _runtime: runtime,
        }
    }
}

fn conclave(command: &str, data: &Path, service: SocketAddr, secret: &str) -> Command {
    let secret_file = data.join("s3-secret");
    std::fs::write(&secret_file, secret).unwrap();
    let mut conclave = Command::new(env!("CARGO_BIN_EXE_conclave"));
    conclave
        .env_clear()
        .args([
            command,
            "--listen",
            "127.0.0.1:0",
            "--media-listen",
            "127.0.0.1:0",
        ])
        .args(["--blobs", "s3://team-files/conclave", "--s3-access-key", KEY])
        .args(["--s3-endpoint", &format!("http://{service}")])
        .arg("--s3-secret-key-file")
        .arg(secret_file)
        .arg("--data")
        .arg(data.join("data"));
    conclave
}

/// Ends the server once it is ready; what it logged until then.
fn serves(mut command: Command) -> String {
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let ready = lines.map(Result::unwrap).any(|line| line.starts_with("ready: "));
    child.kill().unwrap();
    let Output { stderr, .. } = child.wait_with_output().unwrap();
    let log = String::from_utf8(stderr).unwrap();
    assert!(ready, "{log}");
    log
}

/// Outcome and words of the doctor's check.
fn examined(mut command: Command) -> (String, String) {
    let output = command.arg("--json").output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report.get("checks").unwrap().as_array().unwrap();
    let check = checks
        .iter()
        .find(|check| check.get("name").unwrap() == "s3")
        .unwrap();
    let outcome = check.get("outcome").unwrap().as_str().unwrap();
    (outcome.to_owned(), check.to_string())
}

#[test]
fn a_service_that_is_well_takes_files() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    let log = serves(conclave("serve", folder.path(), service.address, SECRET));
    assert!(!log.contains("ERROR") && !log.contains(SECRET), "{log}");
    assert!(
        !folder.path().join("data/blobs").exists(),
        "nothing is in the data folder"
    );
    let (outcome, words) = examined(conclave("doctor", folder.path(), service.address, SECRET));
    assert_eq!(outcome, "ok", "{words}");
    assert!(words.contains("s3://team-files/conclave"), "{words}");
    let trials = service.folder.path().join("team-files/conclave/trial");
    assert_eq!(std::fs::read_dir(trials).unwrap().count(), 0, "it leaves nothing");
}

#[test]
fn a_service_that_refuses_the_key_is_said_at_the_start() {
    let (service, folder) = (Service::start(), tempfile::tempdir().unwrap());
    let output = conclave("serve", folder.path(), service.address, "guessed")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && output.stdout.is_empty(), "{said}");
    let last = said.lines().last().unwrap();
    for word in [
        "error: ",
        "s3://team-files/conclave",
        "SignatureDoesNotMatch",
        "--s3-access-key",
    ] {
        assert!(last.contains(word), "{last}");
    }
    let (outcome, words) = examined(conclave("doctor", folder.path(), service.address, "guessed"));
    assert_eq!(outcome, "failed");
    for said in [said, words] {
        assert!(said.contains("s3:PutObject"), "{said}");
        assert!(!said.contains("guessed") && !said.contains(KEY), "{said}");
    }
}

/// A mistyped data folder, an empty volume, a copied environment.
#[test]
fn files_of_another_database_are_left_alone_and_said_at_the_start() {
    let service = Service::start();
    let [ours, theirs] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    serves(conclave("serve", ours.path(), service.address, SECRET));
    let place = service.folder.path().join("team-files/conclave");
    let mark = std::fs::read_to_string(place.join("deployment")).unwrap();
    let refused = || {
        let mut command = conclave("serve", theirs.path(), service.address, SECRET);
        let output = command.output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        said.lines().last().unwrap().to_owned()
    };
    let said = refused();
    for word in [
        "error: ",
        "s3://team-files/conclave",
        mark.as_str(),
        "--data",
        "--blobs",
    ] {
        assert!(said.contains(word), "{said}");
    }
    // Files whose mark was lost may be anybody's.
    std::fs::remove_file(place.join("deployment")).unwrap();
    let shelf = place.join("07/07070707-0707-4707-8707-070707070707");
    std::fs::create_dir_all(&shelf).unwrap();
    std::fs::write(
        shelf.join("0000000000000000-0000000000000001-0000000000000000"),
        "a",
    )
    .unwrap();
    let said = refused();
    assert!(said.contains("s3://team-files/conclave/deployment"), "{said}");
    // Who is sure says so.
    std::fs::write(place.join("deployment"), &mark).unwrap();
    serves(conclave("serve", ours.path(), service.address, SECRET));
    assert_eq!(
        std::fs::read_dir(&shelf).unwrap().count(),
        1,
        "nothing was deleted"
    );
}

/// All that is not files works without, so the server starts.
#[test]
fn a_service_that_is_away_keeps_no_server_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let log = serves(conclave("serve", folder.path(), gone, SECRET));
    let error = log.lines().find(|line| line.contains("ERROR")).unwrap();
    assert!(
        error.contains("cannot be reached") && error.contains("refused"),
        "{error}"
    );
    let (outcome, words) = examined(conclave("doctor", folder.path(), gone, SECRET));
    assert_eq!(outcome, "failed");
    assert!(words.contains("--s3-endpoint"), "{words}");
}

#[test]
fn the_secret_is_no_flag_and_its_file_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    let gone = "127.0.0.1:9".parse().unwrap();
    let mut command = conclave("serve", folder.path(), gone, "");
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("s3-secret is empty"), "{said}");
    let mut command = conclave("serve", folder.path(), gone, SECRET);
    let refused = command.args(["--s3-secret-key", SECRET]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let mut command = conclave("serve", folder.path(), gone, SECRET);
    command.env("CONCLAVE_S3_SECRET_KEY", SECRET);
    let said = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(said.contains("choose one of --s3-secret-key-file"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}
