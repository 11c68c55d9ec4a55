//! Secrets of the settings. They stand in a file, in an environment variable or in the file of settings, and are never
//! flags: command lines are seen by everyone on the machine.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer};
use signaling::secret::Secret;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Here.
    Given(Secret),
    /// In a file.
    File(PathBuf),
}

/// A secret is named twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twice;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read.
    #[error("cannot read {path}: check {flag}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What named it.
        flag: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// There is nothing in the file.
    #[error("{path} is empty: write {what} into it")]
    Empty {
        /// The file.
        path: PathBuf,
        /// What should be there.
        what: &'static str,
    },
}

impl SecretSource {
    /// The one that is named, if any.
    pub fn of(given: Option<&Secret>, file: Option<&PathBuf>) -> Result<Option<Self>, Twice> {
        match (given, file) {
            (Some(_), Some(_)) => Err(Twice),
            (Some(secret), None) => Ok(Some(Self::Given(secret.clone()))),
            (None, file) => Ok(file.cloned().map(Self::File)),
        }
    }

    /// The secret itself; `flag` names its file, and `what` says what should be in it.
    pub fn resolve(&self, flag: &'static str, what: &'static str) -> Result<Secret, SecretError> {
        let path = match self {
            Self::Given(secret) => return Ok(secret.clone()),
            Self::File(path) => path.clone(),
        };
        match std::fs::read_to_string(&path) {
            Ok(text) => Secret::new(&text).ok_or(SecretError::Empty { path, what }),
            Err(source) => Err(SecretError::Read { path, flag, source }),
        }
    }
}

/// The secret of an environment variable.
pub fn from_environment(variable: &str) -> Option<Secret> {
    Secret::new(&std::env::var(variable).unwrap_or_default())
}

/// A secret in the file of settings.
pub fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let secret = Secret::new(&text);
    secret
        .map(Some)
        .ok_or_else(|| serde::de::Error::custom("a secret is empty"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_its_file_and_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let source = SecretSource::of(None, Some(&path)).unwrap().unwrap();
        let resolve = || source.resolve("--turn-secret-file", "the secret");
        assert!(matches!(resolve(), Err(SecretError::Read { .. })));
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(resolve(), Err(SecretError::Empty { .. })));
        std::fs::write(&path, "north\n").unwrap();
        assert_eq!(resolve().ok(), Secret::new("north"));
    }
}
