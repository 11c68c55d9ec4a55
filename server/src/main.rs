//! The program `conclave`: everything of a deployment in one process.
//!
//! - `conclave serve` puts signaling, an SFU node and the web bundle together.
//! - `conclave doctor` checks what others would reach of it.
//! - `conclave admin …` works on the same data, also while the server runs.
//!
//! Standard output carries one line per fact that a script may wait for (`ready: URL`, `invitation: URL`);
//! logs go to standard error. What went wrong is said in one sentence, with exit code 1.

mod admin;
mod beside;
mod doctor;
mod options;
mod push;
mod s3;
mod secrets;
mod serve;
mod settings;
mod tls;
mod turn;
mod web;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// Self-hosted, end-to-end-encrypted calls, rooms and messages.
#[derive(Debug, Parser)]
#[command(name = "conclave", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web client, the API and calls.
    Serve(Box<options::ServeOptions>),
    /// Check whether everything that people need of this server works, and say what to do about the rest; takes the settings
    /// of `serve`.
    Doctor(Box<doctor::DoctorOptions>),
    /// Create networks and invite people; works while the server runs.
    Admin(admin::AdminOptions),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Serve(options) => run(serve::serve(*options)).map(|()| true),
        Command::Doctor(options) => run(doctor::doctor(*options)),
        Command::Admin(options) => run(admin::admin(options)).map(|()| true),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // The whole chain in one line: what failed, and why.
            // Straight to standard error, for logs may be switched off; where nobody reads it, the exit code remains.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

/// Prints a fact for scripts, which may have read all that they want and be gone.
pub(crate) fn say(fact: &str, value: &str) {
    writeln!(io::stdout(), "{fact}: {value}").ok();
}
