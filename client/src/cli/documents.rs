//! Shell completion and the manual page, from the arguments themselves.

use std::io::Write as _;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{fault::Fault, options::Arguments};

/// Prints the completion of a shell.
pub fn completion(shell: Shell) -> Result<(), Fault> {
    let mut text = vec![];
    clap_complete::generate(shell, &mut Arguments::command(), "conclave-cli", &mut text);
    print(&text)
}

/// Prints the manual page, with one section for each command.
pub fn man() -> Result<(), Fault> {
    let mut text = vec![];
    let command = Arguments::command();
    let rendered = clap_mangen::Man::new(command).render(&mut text);
    rendered.map_err(|error| Fault::system(&error))?;
    print(&text)
}

fn print(text: &[u8]) -> Result<(), Fault> {
    let printed = std::io::stdout().lock().write_all(text);
    printed.map_err(|error| Fault::system(&error))
}
