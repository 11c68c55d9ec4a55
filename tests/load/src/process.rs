//! A process that is measured.

use std::{
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use anyhow::{Context as _, Result};

/// Linux tells times in hundredths of a second, on all machines that there are.
const TICK: Duration = Duration::from_millis(10);

/// Ends with this value.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Result<Self> {
        let name = command.get_program().to_owned();
        Ok(Self(
            command
                .spawn()
                .with_context(|| format!("cannot start {}", name.display()))?,
        ))
    }

    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// Time that all threads computed for it, in it and in the kernel.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.read("stat")?;
        // The name before the bracket may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("a name")?;
        let mut times = fields.split_whitespace().skip(11);
        let mut time = || -> Result<u32> { Ok(times.next().context("a time")?.parse()?) };
        Ok(TICK * (time()? + time()?))
    }

    pub fn resident_kb(&self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.context("VmRSS")?.parse()?)
    }

    fn read(&self, file: &str) -> Result<String> {
        let path = PathBuf::from(format!("/proc/{}/{file}", self.0.id()));
        std::fs::read_to_string(path).context("the measured process is gone")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
