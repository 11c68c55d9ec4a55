//! Answers and faults, for people or as JSON.

use std::io::{self, IsTerminal as _, Write as _};

use conclave_client::files::TURNS;
use serde_json::json;

use super::{
    answer::{Answer, Check, Me, Status},
    fault::Fault,
    lines,
    session::How,
    texts,
};

/// Prints an answer.
pub fn answer(how: &How, answer: &Answer) -> Result<(), Fault> {
    if how.json {
        return as_json(answer);
    }
    let mut out = io::stdout().lock();
    let printed = out.write_all(text(answer).as_bytes()).and_then(|()| out.flush());
    printed.map_err(|error| Fault::system(&error))
}

/// Lists are a line for each.
fn as_json(answer: &Answer) -> Result<(), Fault> {
    match answer {
        Answer::Rooms { rooms } => rooms.iter().try_for_each(lines::put),
        Answer::People { people } => people.iter().try_for_each(lines::put),
        answer => lines::put(answer),
    }
}

/// That it is done.
pub fn done(how: &How) -> Result<(), Fault> {
    answer(how, &Answer::DONE)
}

/// A word beside what was asked for.
pub fn note(text: &str) {
    // Where nobody reads it, nobody misses it.
    let _ = writeln!(io::stderr(), "{text}");
}

/// What went wrong.
pub fn complain(fault: &Fault) {
    note(&format!("error: {}", fault.text));
}

/// For people, and for scripts that split lines at tabs. What others wrote has no line ends and no control characters here.
fn text(answer: &Answer) -> String {
    match answer {
        Answer::Done { .. } => String::new(),
        Answer::Me(me) => me_text(me),
        Answer::Status(status) => status_text(status),
        Answer::Rooms { rooms } => lines_of(rooms, |room| {
            vec![
                room.room_id.to_string(),
                room.unread.to_string(),
                room.members.to_string(),
                room.title.clone(),
            ]
        }),
        Answer::People { people } => lines_of(people, |person| {
            vec![
                person.email.clone(),
                word(&json!(person.trust)),
                person.fingerprint.clone(),
                person.name.clone(),
            ]
        }),
        Answer::Room(made) => format!("{}\n", made.room_id),
        Answer::Sent(sent) => format!("{}\n", sent.message_id),
        Answer::Saved(saved) => format!("{}\n", plain(&saved.path)),
        Answer::Check(check) => check_text(check),
    }
}

fn lines_of<T>(all: &[T], columns: impl Fn(&T) -> Vec<String>) -> String {
    let line = |one| {
        let columns: Vec<String> = columns(one).iter().map(|text| plain(text)).collect();
        columns.join("\t") + "\n"
    };
    all.iter().map(line).collect()
}

fn me_text(me: &Me) -> String {
    format!(
        "{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n",
        texts::EMAIL,
        me.email,
        texts::NAME,
        plain(&me.name),
        texts::FINGERPRINT,
        me.fingerprint,
        texts::DEVICE,
        me.device_id,
        texts::SERVER,
        me.server,
    )
}

fn status_text(status: &Status) -> String {
    format!(
        "{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n",
        texts::SERVER,
        status.server,
        texts::CONNECTION,
        word(&json!(status.connection)),
        texts::ROOMS,
        status.rooms,
        texts::UNREAD,
        status.unread,
        texts::UNSENT,
        status.unsent,
        texts::UPLOADS,
        status.uploads,
    )
}

fn check_text(check: &Check) -> String {
    format!(
        "{}: {}\n{}: {}\n{}: {}\n{}: {}\n{}: {}\n",
        texts::EMAIL,
        check.email,
        texts::NAME,
        plain(&check.name),
        texts::FINGERPRINT,
        check.fingerprint,
        texts::WORDS,
        check.words.join(" "),
        texts::TRUST,
        word(&json!(check.trust)),
    )
}

/// A stable word of the core's.
fn word(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Nothing that a terminal obeys.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || TURNS.contains(&c) {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// How far a transfer is, on a terminal.
pub struct Bar {
    shows: bool,
    shown: String,
}

impl Bar {
    pub fn new(how: &How) -> Self {
        Self {
            shows: !how.json && io::stderr().is_terminal(),
            shown: String::new(),
        }
    }

    pub fn show(&mut self, text: &str) {
        if self.shows && self.shown != text {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
            text.clone_into(&mut self.shown);
        }
    }

    pub fn end(&self) {
        if self.shows && !self.shown.is_empty() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_moves_no_cursor_and_ends_no_line() {
        assert_eq!(plain("Team\n\x1b[2J\tA"), "Team  [2J A");
    }
}
