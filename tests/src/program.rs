//! The program `conclave` as a process of its own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, bail};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A running `conclave serve`; killed when dropped.
pub struct Program {
    child: Child,
    /// Its address.
    pub url: String,
    /// The invitation that a first start prints.
    pub invitation: Option<String>,
}

impl Program {
    /// Path of the program that cargo built beside this test.
    pub fn path() -> Result<PathBuf> {
        match std::env::var_os("CONCLAVE_PROGRAM") {
            Some(path) => Ok(PathBuf::from(path)),
            None => Self::beside("conclave"),
        }
    }

    /// Path of another program that cargo built there.
    pub fn beside(name: &str) -> Result<PathBuf> {
        let mut directory = std::env::current_exe()?;
        directory.pop();
        if directory.ends_with("deps") {
            directory.pop();
        }
        let path = directory.join(name);
        if !path.exists() {
            bail!(
                "{} is not built; build the packages conclave-server and conclave-client first",
                path.display()
            );
        }
        Ok(path)
    }

    /// Starts it on `data`, listening on `listen` (port 0: a free one), with more arguments.
    pub async fn start(data: &Path, listen: &str, more: &[&str]) -> Result<Self> {
        Self::run(Command::new(Self::path()?), data, listen, more).await
    }

    /// Starts it under strace, which writes the system calls named in `calls` to `trace`, with the paths of
    /// files. The tracer runs beside it (`-D`), so that ending this child ends both.
    pub async fn start_traced(data: &Path, calls: &str, trace: &Path) -> Result<Self> {
        let mut command = Command::new("strace");
        command
            .args([
                "-D",
                "-f",
                "-y",
                "-s",
                "256",
                "-e",
                &format!("trace={calls}"),
                "-o",
            ])
            .arg(trace)
            .arg(Self::path()?);
        Self::run(command, data, "127.0.0.1:0", &[]).await
    }

    async fn run(mut command: Command, data: &Path, listen: &str, more: &[&str]) -> Result<Self> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(data.join("server.log"))?;
        let mut child = command
            .args([
                "serve",
                "--media-listen",
                "127.0.0.1:0",
                "--listen",
                listen,
                "--data",
            ])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("stdout")?).lines();
        let mut invitation = None;
        while let Some(line) = lines.next_line().await? {
            if let Some(link) = line.strip_prefix("invitation: ") {
                invitation = Some(link.to_owned());
            }
            if let Some(url) = line.strip_prefix("ready: ") {
                // Read on, so that the program never waits for a full pipe; it prints little.
                let url = url.to_owned();
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self {
                    child,
                    url,
                    invitation,
                });
            }
        }
        bail!(
            "the program ended before it was ready; see {}",
            data.join("server.log").display()
        )
    }

    /// Process id.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// `kill -9`.
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.context("kill")
    }

    /// Invites someone through `conclave admin`; the code of the link.
    pub async fn invite(data: &Path, email: &str) -> Result<String> {
        let told = Self::admin(data, "invite", &[email]).await?;
        let link = told.lines().find_map(|line| line.strip_prefix("invitation: "));
        Ok(code_of(link.context("no invitation")?))
    }

    /// What an administrator's command says.
    pub async fn admin(data: &Path, what: &str, args: &[&str]) -> Result<String> {
        let output = Command::new(Self::path()?)
            .args(["admin", what, "--data"])
            .arg(data)
            .args(args)
            .output()
            .await?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        anyhow::ensure!(output.status.success(), "{complaint}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// The last part of an invitation link.
pub fn code_of(link: &str) -> String {
    link.rsplit('/').next().unwrap_or_default().to_owned()
}
