//! Lines of JSON on standard output.

use std::io::{self, Write as _};

use serde::Serialize;

use super::fault::Fault;

/// Prints a line, and sees to it that it is out.
pub fn put(line: &impl Serialize) -> Result<(), Fault> {
    let mut text = serde_json::to_vec(line).map_err(|error| Fault::system(&error))?;
    text.push(b'\n');
    let mut out = io::stdout().lock();
    let put = out.write_all(&text).and_then(|()| out.flush());
    put.map_err(|error| Fault::system(&error))
}
