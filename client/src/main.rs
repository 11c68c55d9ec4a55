//! The program `conclave-cli`: a device for scripts, bots and tests. [`docs/cli.md`](../../docs/cli.md) has its commands, the
//! shape of what it prints, and its exit codes.
//!
//! Standard output carries what was asked for; everything else goes to standard error. What went wrong is said in one
//! sentence that says what to do.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
