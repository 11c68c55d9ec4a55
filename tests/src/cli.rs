//! The program `conclave-cli` as a process of its own, with a folder of its own.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use crate::{device::PATIENCE, people::PASSWORD, program::Program};

/// A device that is used by commands.
pub struct Cli {
    /// Its folder is `device` in here; the rest is for the test's own files.
    pub folder: TempDir,
    /// Arguments of each command.
    pub more: Vec<String>,
    /// What it gives as the password.
    pub password: String,
}

/// What came of a command.
#[derive(Debug)]
pub struct Outcome {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub complaint: String,
}

impl Outcome {
    /// The one line that was printed, where it was done.
    pub fn line(&self) -> Result<&str> {
        ensure!(self.code == 0, "{self:?}");
        Ok(self.out.trim_end())
    }

    /// The lines as JSON.
    pub fn json(&self) -> Result<Vec<Value>> {
        let lines = self.out.lines();
        lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
    }

    /// A field of each line.
    pub fn texts(&self) -> Result<Vec<String>> {
        let text = |value: &Value| {
            let text = value.get("text").and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        Ok(self.json()?.iter().map(text).collect())
    }
}

impl Cli {
    /// A folder without a device.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            more: vec![],
            password: PASSWORD.to_owned(),
        })
    }

    /// Registers by an invitation link.
    pub async fn register(link: &str, name: &str) -> Result<Self> {
        let cli = Self::new()?;
        let email = format!("{name}@example.org");
        let entered = cli
            .run(&["register", link, "--email", &email, "--name", name])
            .await?;
        ensure!(entered.code == 0, "{entered:?}");
        Ok(cli)
    }

    /// Path of a file of the test's own.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        let output = timeout(PATIENCE, self.command(arguments)?.output()).await;
        let output = output.with_context(|| format!("not in time: {arguments:?}"))??;
        Ok(Outcome {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout)?,
            complaint: String::from_utf8(output.stderr)?,
        })
    }

    /// A command that is not started yet, in the test's folder.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(Program::beside("conclave-cli")?);
        command
            .env_clear()
            .env("CONCLAVE_PASSWORD", &self.password)
            .env("CONCLAVE_CLI_DATA", self.path("device"))
            .current_dir(self.folder.path())
            .args(&self.more)
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(command)
    }

    /// Starts `run`.
    pub fn start(&self) -> Result<Bot> {
        let mut command = self.command(&["run"])?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        Ok(Bot {
            to: child.stdin.take().context("stdin")?,
            from: BufReader::new(child.stdout.take().context("stdout")?).lines(),
            child,
        })
    }
}

/// A device that stays.
pub struct Bot {
    /// The process.
    pub child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Bot {
    /// Gives it a line.
    pub async fn say(&mut self, line: &str) -> Result<()> {
        self.to.write_all(format!("{line}\n").as_bytes()).await?;
        Ok(self.to.flush().await?)
    }

    /// Waits for a line of a type; others go by.
    pub async fn hear(&mut self, kind: &str) -> Result<Value> {
        let heard = timeout(PATIENCE, async {
            while let Some(line) = self.from.next_line().await? {
                let line: Value = serde_json::from_str(&line)?;
                if line.get("type").is_some_and(|found| found == kind) {
                    return Ok(line);
                }
            }
            bail!("it ended")
        });
        heard.await.with_context(|| format!("not in time: {kind}"))?
    }

    /// Waits for its end; its exit code.
    pub async fn end(mut self) -> Result<i32> {
        drop(self.to);
        let ended = timeout(PATIENCE, self.child.wait())
            .await
            .context("it does not end")??;
        Ok(ended.code().unwrap_or(-1))
    }
}
