//! What went wrong, for people and for scripts.

use std::{fmt::Display, path::Path};

use client_core::api::Failure;
use conclave_client::{
    ClientError,
    files::FileError,
    server::{AddressError, ServerError},
    store::StoreError,
};

use super::texts;

/// How the program ends; `docs/cli.md` has the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was refused, or cannot be done.
    Failed,
    /// The server cannot be reached. What was to be sent waits.
    Unreachable,
    /// Another process has the folder.
    InUse,
    /// The password does not fit.
    WrongPassword,
    /// There is no account here, or not any more.
    SignedOut,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            // 2 is that of wrong arguments.
            Self::Unreachable => 3,
            Self::InUse => 4,
            Self::WrongPassword => 5,
            Self::SignedOut => 6,
        }
    }
}

/// A fault with its text, and a stable code.
#[derive(Debug)]
pub struct Fault {
    pub exit: Exit,
    pub code: String,
    pub text: String,
}

impl Fault {
    pub fn new(exit: Exit, code: &str, text: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.to_owned(),
            text: text.into(),
        }
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", text)
    }

    pub fn with_code(code: &str, text: impl Into<String>) -> Self {
        Self::new(Exit::Failed, code, text)
    }

    pub fn system(error: &dyn Display) -> Self {
        Self::new(Exit::Failed, "system", texts::system(&error.to_string()))
    }

    pub fn unreachable(text: &str) -> Self {
        Self::new(Exit::Unreachable, "unreachable", text)
    }

    /// Nobody is signed in; why, where it was nobody's wish.
    pub fn signed_out(reason: Option<&str>) -> Self {
        Self::new(
            Exit::SignedOut,
            reason.unwrap_or("signed_out"),
            texts::signed_out(reason),
        )
    }

    pub fn not_signed_in(folder: &Path) -> Self {
        Self::new(Exit::SignedOut, "signed_out", texts::not_signed_in(folder))
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        let exit = match failure.code.as_str() {
            "offline" => Exit::Unreachable,
            "wrong_password" => Exit::WrongPassword,
            "unauthenticated" => Exit::SignedOut,
            _ => Exit::Failed,
        };
        Self::new(exit, &failure.code, texts::failure(&failure))
    }
}

impl From<ClientError> for Fault {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Failed(failure) => failure.into(),
            ClientError::Store(error) => error.into(),
            ClientError::Start(_) => Self::with_code("store_damaged", texts::DAMAGED),
            ClientError::Stopped | ClientError::Confused => Self::with_code("internal", texts::INTERNAL),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InUse { folder } => Self::new(Exit::InUse, "in_use", texts::in_use(&folder)),
            StoreError::Missing { folder } => Self::not_signed_in(&folder),
            StoreError::WrongPassword => {
                Self::new(Exit::WrongPassword, "wrong_password", texts::WRONG_STORE_PASSWORD)
            }
            StoreError::Damaged { .. } => Self::with_code("store_damaged", texts::DAMAGED),
            StoreError::Newer => Self::with_code("store_newer", texts::NEWER),
            StoreError::Io { folder, source } => {
                Self::with_code("store_failed", texts::cannot_use(&folder, &source.to_string()))
            }
            StoreError::Database(error) => {
                Self::with_code("store_failed", texts::store_failed(&error.to_string()))
            }
            StoreError::NoRandomness => Self::with_code("store_failed", texts::NO_RANDOMNESS),
        }
    }
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Self {
        let text = texts::file(&error);
        match error {
            FileError::Client(error) => error.into(),
            FileError::Refused { code } => Self::with_code(&code, text),
            FileError::Unreachable => Self::unreachable(&text),
            FileError::Changed => Self::with_code("file_changed", text),
            FileError::Unreadable { .. } | FileError::NotAFile { .. } => {
                Self::with_code("file_unreadable", text)
            }
            FileError::TooLong => Self::with_code("too_large", text),
            FileError::Damaged => Self::with_code("file_damaged", text),
            FileError::MayNotSave => Self::with_code("may_not_save", text),
            FileError::UnsafeName { .. } => Self::with_code("unsafe_name", text),
            FileError::Exists { .. } => Self::with_code("exists", text),
            FileError::Unwritable { .. } => Self::with_code("unwritable", text),
            FileError::NoRandomness => Self::with_code("system", text),
        }
    }
}

impl From<AddressError> for Fault {
    fn from(error: AddressError) -> Self {
        Self::with_code("address", texts::address(error))
    }
}

impl From<ServerError> for Fault {
    fn from(error: ServerError) -> Self {
        Self::with_code("tls", texts::server(&error))
    }
}
