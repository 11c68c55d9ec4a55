use std::{io, path::PathBuf};

use crate::ClientError;

/// Why a transfer ended.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file changed while it was sent, or since an upload of it was interrupted.
    #[error("the file changed")]
    Changed,
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No file of this kind: a folder, a device.
    #[error("{path} is no file")]
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// Longer than files may be.
    #[error("the file is too long")]
    TooLong,
    /// What came is not what was sent.
    #[error("the file is damaged")]
    Damaged,
    /// Its sender does not allow that it is kept outside.
    #[error("the file may not be saved")]
    MayNotSave,
    /// Its name would lead elsewhere, or hides what it is.
    #[error("the name {name:?} is not safe")]
    UnsafeName {
        /// As its sender wrote it.
        name: String,
    },
    /// There is something at the place already.
    #[error("{path} exists")]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("{path} cannot be written: {source}")]
    Unwritable {
        /// The place.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The server said no, with a stable code.
    #[error("the server refused: {code}")]
    Refused {
        /// The code.
        code: String,
    },
    /// The server could not be reached for too long.
    #[error("the server cannot be reached")]
    Unreachable,
    /// The device said no.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}
