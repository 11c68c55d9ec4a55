//! Shell completion and the manual page, from the arguments themselves.

use std::io::{self, Write as _};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;

use super::{fault::Fault, options::Arguments};

/// Prints the completion of a shell.
pub fn completion(shell: Shell) -> Result<(), Fault> {
    print(completion_of(shell).as_bytes())
}

fn completion_of(shell: Shell) -> String {
    let mut text = vec![];
    clap_complete::generate(shell, &mut Arguments::command(), "conclave-cli", &mut text);
    let text = String::from_utf8_lossy(&text);
    match shell {
        // The generator (clap_complete 4.6) writes the hyphen of our name in two ways, so that no command finds its options.
        Shell::Bash => text.replace("conclave__subcmd__cli__", "conclave__cli__"),
        _ => text.into_owned(),
    }
}

/// Prints the manual page, with a section for each command.
pub fn man() -> Result<(), Fault> {
    let page = page().map_err(|error| Fault::system(&error))?;
    print(page.as_bytes())
}

fn page() -> io::Result<String> {
    let command = Arguments::command();
    let whole = rendered(command.clone())?;
    // Its list of commands names pages of their own; here each has a section.
    let left_out = ["SUBCOMMANDS", "VERSION"];
    let mut parts = whole.split(".SH ");
    let mut page = parts.next().unwrap_or_default().to_owned();
    add_parts(&mut page, ".SH ", parts, &left_out);
    add_commands(&mut page, "conclave-cli", &command)?;
    Ok(page)
}

fn add_parts<'a>(page: &mut String, mark: &str, parts: impl Iterator<Item = &'a str>, left_out: &[&str]) {
    for part in parts.filter(|part| !left_out.iter().any(|name| part.starts_with(name))) {
        page.push_str(mark);
        page.push_str(part);
    }
}

fn add_commands(page: &mut String, name: &str, command: &Command) -> io::Result<()> {
    for inner in command.get_subcommands() {
        let name = format!("{name} {}", inner.get_name());
        if inner.has_subcommands() {
            add_commands(page, &name, inner)?;
            continue;
        }
        page.push_str(&format!(".SH {}\n", name.to_uppercase().replace('-', "\\-")));
        let inner = inner.clone().bin_name(name.clone()).display_name(name);
        // Its sections are parts of a section. Title and name stand there already.
        let rendered = rendered(inner)?;
        add_parts(page, ".SS ", rendered.split(".SH ").skip(1), &["NAME", "VERSION"]);
    }
    Ok(())
}

fn rendered(command: Command) -> io::Result<String> {
    let mut text = vec![];
    clap_mangen::Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn print(text: &[u8]) -> Result<(), Fault> {
    let printed = io::stdout().lock().write_all(text);
    printed.map_err(|error| Fault::system(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_page_has_every_command_and_option() {
        let page = page().unwrap();
        for part in [
            "CONCLAVE\\-CLI ROOM CREATE",
            "CONCLAVE\\-CLI FILE GET",
            "reply\\-to",
            "overwrite",
            "fingerprint",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn each_shell_has_its_completion() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            assert!(completion_of(shell).contains("password-file"), "{shell}");
        }
    }

    #[test]
    fn each_command_that_bash_knows_has_its_options() {
        let text = completion_of(Shell::Bash);
        let commands = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("cmd=\"")?.strip_suffix('"'));
        let commands: Vec<&str> = commands.filter(|command| !command.is_empty()).collect();
        assert!(commands.len() > 10);
        for command in commands {
            let label = format!("{command})");
            assert!(text.lines().any(|line| line.trim() == label), "{command}");
        }
    }
}
