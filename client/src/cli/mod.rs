//! From arguments to an exit code.
//!
//! ```text
//! options ─► Request ─► session (password, store, connection) ─► perform ─► Answer ─► print
//!                                                                  ▲
//! run: JSON lines ─► Request ──────────────────────────────────────┘
//! ```

mod answer;
mod documents;
mod enter;
mod fault;
mod find;
mod input;
mod lines;
mod options;
mod password;
mod perform;
mod print;
mod receive;
mod request;
mod run;
mod session;
mod texts;
mod transfers;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use fault::Fault;
use options::{Arguments, Command};
use session::{How, Session};

/// Runs the program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log(arguments.verbose);
    let result = match arguments.command {
        Command::Completion { shell } => documents::completion(shell),
        Command::Man => documents::man(),
        command => serve(command, arguments.how),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            print::complain(&fault);
            ExitCode::from(fault.exit.code())
        }
    }
}

fn serve(command: Command, how: How) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fault::system(&error))?;
    runtime.block_on(dispatch(command, how))
}

async fn dispatch(command: Command, how: How) -> Result<(), Fault> {
    match command {
        Command::Register { link, email, name } => enter::register(&how, &link, email, name).await,
        Command::SignIn { email } => enter::sign_in(&how, email).await,
        Command::SignOut { erase: true } => enter::erase(&how),
        Command::SignOut { erase: false } => enter::sign_out(&how).await,
        Command::Receive(options) => {
            let session = Session::open(&how).await?;
            let received = receive::receive(&session, &options).await;
            session.close(received).await
        }
        Command::Run => {
            let session = Session::open(&how).await?;
            let ran = run::run(&session).await;
            session.close(ran).await
        }
        command => {
            let request = command.into_request()?;
            let session = Session::open(&how).await?;
            let performed = perform::and_wait(&session, request).await;
            session.close(performed).await
        }
    }
}

/// Logs go to standard error, and only where somebody asks for them. They hold no personal data.
fn log(verbose: u8) {
    let level = match verbose {
        0 => "off",
        1 => "warn",
        2 => "info",
        _ => "debug",
    };
    // Of the crates below only what went wrong: what they say in passing is theirs.
    let ours =
        ["conclave_cli", "conclave_client", "conclave_client_core"].map(|name| format!("{name}={level}"));
    let below = if verbose == 0 { "off" } else { "warn" };
    let all = format!("{below},{}", ours.join(","));
    let filter = EnvFilter::try_from_env("CONCLAVE_LOG").unwrap_or_else(|_| EnvFilter::new(all));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
