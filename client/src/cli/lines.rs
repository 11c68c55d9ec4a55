//! Lines of JSON on standard output.

use std::io::{self, Write as _};

use serde::Serialize;

use super::fault::Fault;
use conclave_client::files::TURNS;

/// Prints a line, and sees to it that it is out.
pub fn put(line: &impl Serialize) -> Result<(), Fault> {
    let mut text = harmless(&serde_json::to_string(line).map_err(|error| Fault::system(&error))?);
    text.push('\n');
    let mut out = io::stdout().lock();
    let put = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    put.map_err(|error| Fault::system(&error))
}

/// The same JSON, without what a terminal would obey, or what turns or breaks lines: strangers choose texts and names. Outside
/// of strings JSON has no such characters.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        let is_harmful =
            matches!(character, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}') || TURNS.contains(&character);
        if is_harmful {
            text.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_terminal_obeys_is_written_as_its_number() {
        let text = "a\u{9b}2Jb\u{202e}c\u{2028}d\u{1b}[31m ü 👩‍🚀";
        let line = harmless(&serde_json::to_string(text).unwrap());
        assert_eq!(line, r#""a\u009b2Jb\u202ec\u2028d\u001b[31m ü 👩‍🚀""#);
    }

    proptest! {
        #[test]
        fn it_means_the_same(text in "\\PC{0,20}[\u{0}-\u{9f}\u{2028}-\u{202f}\u{2066}-\u{2069}]{0,20}") {
            let line = harmless(&serde_json::to_string(&text).unwrap());
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
        }
    }
}
