//! Two people with native devices, and a server.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::{cli::Cli, program::Program};

/// A server, and two devices with a room.
pub struct Scene {
    /// The server.
    pub program: Program,
    /// Its folder.
    pub data: tempfile::TempDir,
    /// The administrator's device.
    pub alice: Cli,
    /// Somebody else's.
    pub bob: Cli,
    /// The room "Team" of the two.
    pub room: String,
}

impl Scene {
    /// All of it, on a server of its own.
    pub async fn open() -> Result<Self> {
        let data = tempfile::tempdir()?;
        let program = Program::start(data.path(), "127.0.0.1:0", &[]).await?;
        let alice = Cli::register(program.invitation.as_deref().context("no invitation")?, "alice").await?;
        let bob = Cli::register(&invite(&program, data.path(), "bob").await?, "bob").await?;
        let made = alice.run(&["room", "create", "Team", "bob@example.org"]).await?;
        Ok(Self {
            room: made.line()?.to_owned(),
            program,
            data,
            alice,
            bob,
        })
    }

    /// The server dies, and comes back at the same address.
    pub async fn restart(&mut self) -> Result<()> {
        self.program.kill().await?;
        self.come_back().await
    }

    /// It comes back at the same address.
    pub async fn come_back(&mut self) -> Result<()> {
        let listen = self
            .program
            .url
            .trim_start_matches("http://")
            .replace("localhost", "127.0.0.1");
        self.program = Program::start(self.data.path(), &listen, &[]).await?;
        Ok(())
    }
}

async fn invite(program: &Program, data: &Path, name: &str) -> Result<String> {
    let code = Program::invite(data, &format!("{name}@example.org")).await?;
    Ok(format!("{}/invite/{code}", program.url))
}
