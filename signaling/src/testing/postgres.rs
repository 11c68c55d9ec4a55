//! A PostgreSQL to test against: the one that `CONCLAVE_TEST_POSTGRES` names, or a cluster of our own that ends
//! with the test.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use sqlx::Connection as _;

use crate::random::random;

/// Where Debian's packages have the programs, newest first.
const FOLDERS: [&str; 4] = [
    "/usr/lib/postgresql/17/bin",
    "/usr/lib/postgresql/16/bin",
    "/usr/lib/postgresql/15/bin",
    "/usr/bin",
];

/// How often a cluster is asked whether it is up, before it is given up.
const TRIES: u32 = 600;

/// A running PostgreSQL.
pub struct Postgres {
    url: String,
    _own: Option<Cluster>,
}

struct Cluster {
    server: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // SIGINT to the server itself: a fast shutdown. `kill` is asked, for the server may run as another user.
        let _ = Command::new("kill")
            .args(["-INT", &self.server.id().to_string()])
            .status();
        let _ = self.server.wait();
    }
}

impl Postgres {
    /// Finds or starts one; says loudly why there is none.
    pub async fn find() -> Option<Self> {
        if let Ok(url) = std::env::var("CONCLAVE_TEST_POSTGRES") {
            return Some(Self { url, _own: None });
        }
        match start().await {
            Ok((url, cluster)) => Some(Self {
                url,
                _own: Some(cluster),
            }),
            Err(reason) => {
                println!("SKIPPED on PostgreSQL: {reason}");
                println!("Install postgresql, or name a server in CONCLAVE_TEST_POSTGRES.");
                None
            }
        }
    }

    /// A fresh database.
    pub async fn database(&self) -> String {
        let name = format!("t{}", u64::from_ne_bytes(random()));
        let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        let (base, query) = self
            .url
            .split_once('?')
            .map_or((self.url.as_str(), ""), |(base, query)| (base, query));
        let (server, _) = base.rsplit_once('/').unwrap();
        format!("{server}/{name}?{query}")
    }
}

async fn start() -> Result<(String, Cluster), String> {
    let programs = FOLDERS
        .iter()
        .map(Path::new)
        .find(|folder| folder.join("initdb").exists())
        .ok_or("there is no initdb")?;
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let root = users_id() == 0;
    if root {
        // PostgreSQL refuses to run as root.
        let (user, group) = id_of("postgres")?;
        chown(folder.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))
            .map_err(|error| error.to_string())?;
    }
    let data = folder.path().join("data");
    let made = command(root, programs.join("initdb"))
        .args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "-D",
        ])
        .arg(&data)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return Err("initdb failed".to_owned());
    }
    let server = command(root, programs.join("postgres"))
        .arg("-D")
        .arg(&data)
        // On a socket in the folder alone: no port is taken.
        .args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"])
        .arg(folder.path())
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let url = format!(
        "postgres://postgres@localhost/postgres?host={}",
        folder.path().display()
    );
    let cluster = Cluster {
        server,
        _folder: folder,
    };
    let mut step = tokio::time::interval(std::time::Duration::from_millis(50));
    for _ in 0..TRIES {
        step.tick().await;
        if let Ok(connection) = sqlx::PgConnection::connect(&url).await {
            let _ = connection.close().await;
            return Ok((url, cluster));
        }
    }
    Err("the server does not answer".to_owned())
}

/// The program, as the user postgres where we are root.
fn command(root: bool, program: PathBuf) -> Command {
    if !root {
        return Command::new(program);
    }
    // setpriv becomes the program, so that the child's id is the server's.
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
        .arg(program);
    command
}

fn users_id() -> u32 {
    id(&["-u"]).unwrap_or(u32::MAX)
}

fn id_of(user: &str) -> Result<(u32, u32), String> {
    let missing = || format!("there is no user {user}");
    Ok((
        id(&["-u", user]).ok_or_else(missing)?,
        id(&["-g", user]).ok_or_else(missing)?,
    ))
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
