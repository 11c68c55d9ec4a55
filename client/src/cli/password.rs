//! The password: from a file, from the environment, or typed without an echo. Never an argument, which everybody on the
//! machine sees.

use std::{fs::File, io::Read as _, path::Path};

use client_core::api::Secret;
use zeroize::Zeroizing;

use super::{fault::Fault, session::How, texts};

/// Variable that may hold it.
const VARIABLE: &str = "CONCLAVE_PASSWORD";

/// Longest password in bytes, so that a wrong file is not read whole.
const MAX_LEN: u64 = 4096;

/// The password of the account, which is also the store's.
pub fn ask(how: &How) -> Result<Secret, Fault> {
    match given(how)? {
        Some(password) => Ok(password),
        None => prompt(texts::PASSWORD),
    }
}

/// A new password: typed twice, where it is typed.
pub fn ask_new(how: &How) -> Result<Secret, Fault> {
    if let Some(password) = given(how)? {
        return Ok(password);
    }
    let password = prompt(texts::NEW_PASSWORD)?;
    if prompt(texts::NEW_PASSWORD_AGAIN)? != password {
        return Err(Fault::failed(texts::PASSWORDS_DIFFER));
    }
    Ok(password)
}

fn given(how: &How) -> Result<Option<Secret>, Fault> {
    if let Some(path) = &how.password_file {
        return read(path).map(Some);
    }
    match std::env::var(VARIABLE) {
        Ok(password) if password.is_empty() => Err(Fault::failed(texts::EMPTY_PASSWORD)),
        Ok(password) => Ok(Some(Secret(password))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Fault::failed(texts::NOT_TEXT)),
    }
}

fn read(path: &Path) -> Result<Secret, Fault> {
    let unreadable = |error: std::io::Error| Fault::failed(texts::cannot_read(path, &error.to_string()));
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_LEN).read_to_string(&mut text).map_err(unreadable)?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(Fault::failed(texts::EMPTY_PASSWORD));
    }
    Ok(Secret(line.to_owned()))
}

fn prompt(words: &str) -> Result<Secret, Fault> {
    let typed = rpassword::prompt_password(words);
    let typed = typed.map_err(|_| Fault::failed(texts::NO_TERMINAL))?;
    if typed.is_empty() {
        return Err(Fault::failed(texts::EMPTY_PASSWORD));
    }
    Ok(Secret(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (text, password) in [("a b c", "a b c"), ("a b c\nd\n", "a b c"), (" a\r\n", " a")] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().0, password);
        }
        for text in ["", "\n", "\na"] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).is_err());
        }
        assert!(read(&folder.path().join("none")).is_err());
    }
}
