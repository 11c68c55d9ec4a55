//! Lines of standard input, none longer than it may be.

use std::{
    io::{self, BufRead, Read as _},
    thread,
};

use tokio::sync::mpsc;

use super::request::MAX_LINE_LEN;

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Text(String),
    /// One that was too long has gone by.
    TooLong,
    End,
}

/// Read by a thread of its own, for such a read cannot be taken back: the program ends without it.
pub struct Lines(mpsc::Receiver<Line>);

impl Lines {
    /// Begins to read, one line ahead.
    pub fn of_standard_input() -> Self {
        let (out, lines) = mpsc::channel(1);
        thread::spawn(move || {
            let mut input = io::stdin().lock();
            while let Some(line) = read(&mut input) {
                if out.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self(lines)
    }

    /// The next line. May be dropped at any moment.
    pub async fn next(&mut self) -> Line {
        self.0.recv().await.unwrap_or(Line::End)
    }
}

/// The next line; nothing at the end, or where it cannot be read.
fn read(input: &mut impl BufRead) -> Option<Line> {
    let mut bytes = vec![];
    let most = MAX_LINE_LEN as u64 + 1;
    if input.by_ref().take(most).read_until(b'\n', &mut bytes).ok()? == 0 {
        return None;
    }
    if bytes.len() > MAX_LINE_LEN && !bytes.ends_with(b"\n") {
        input.skip_until(b'\n').ok()?;
        return Some(Line::TooLong);
    }
    Some(Line::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_goes_by_and_the_next_is_read() {
        let long = "x".repeat(3 * MAX_LINE_LEN);
        let text = format!("a\n{long}\nb\n\nc");
        let mut input = text.as_bytes();
        let lines: Vec<Line> = std::iter::from_fn(|| read(&mut input)).collect();
        let text = |text: &str| Line::Text(text.to_owned());
        assert_eq!(
            lines,
            [text("a\n"), Line::TooLong, text("b\n"), text("\n"), text("c")]
        );
    }
}
