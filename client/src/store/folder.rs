//! The folder of a store, and who has it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
};

use client_core::PasswordCost;
use zeroize::Zeroizing;

use super::{
    Records, Store, StoreError,
    keys::{KeyFile, sync_folder},
};

/// A folder that this process has for itself, for as long as this lives.
pub struct Folder {
    path: PathBuf,
    /// The lock is the system's, and ends with the file.
    _lock: File,
}

impl Folder {
    /// Takes the folder, and makes it where it is missing, for the own user alone.
    pub fn lock(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io {
            folder: path.to_owned(),
            source,
        };
        make(path).map_err(failed)?;
        let lock = for_owner().open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                folder: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether there is a store in it.
    pub fn has_store(&self) -> bool {
        self.keys().exists()
    }

    /// Makes a store in it, whose key the password seals. What a former try left is removed.
    pub async fn create(self, password: &str) -> Result<Store, StoreError> {
        self.create_at(password, PasswordCost::STANDARD).await
    }

    /// [`Self::create`] at another cost of a guess at the password.
    pub async fn create_at(self, password: &str, cost: PasswordCost) -> Result<Store, StoreError> {
        self.remove_files().map_err(|source| self.failed(source))?;
        let mut storage_key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *storage_key).map_err(|_| StoreError::NoRandomness)?;
        let keys = KeyFile::create(&self.keys(), password, cost, &storage_key)?;
        let (store, _) = Store::load(self, keys, storage_key).await?;
        Ok(store)
    }

    /// Opens the store with its password, and reads all of it.
    pub async fn open(self, password: &str) -> Result<(Store, Records), StoreError> {
        if !self.has_store() {
            return Err(StoreError::Missing {
                folder: self.path.clone(),
            });
        }
        let (keys, storage_key) = KeyFile::open(&self.keys(), password)?;
        Store::load(self, keys, storage_key).await
    }

    /// Erases the store without opening it: its keys are overwritten, so that what remains on the disk opens with nothing.
    pub fn erase(self) -> Result<(), StoreError> {
        let ended = match KeyFile::open_file(&self.keys()) {
            Ok(keys) => keys.end(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        let removed = self.remove_files();
        ended.and(removed).map_err(|source| self.failed(source))
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join("store.db")
    }

    fn keys(&self) -> PathBuf {
        self.path.join("keys")
    }

    /// Removes the files of a store, the keys first.
    pub(super) fn remove_files(&self) -> io::Result<()> {
        for name in [
            "keys",
            "keys.new",
            "store.db",
            "store.db-wal",
            "store.db-shm",
            "store.db-journal",
        ] {
            match fs::remove_file(self.path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        sync_folder(&self.keys())
    }

    pub(super) fn failed(&self, source: io::Error) -> StoreError {
        StoreError::Io {
            folder: self.path.clone(),
            source,
        }
    }
}

/// Opens a file for writing, or makes it, for the own user alone: a folder that was there before may be open to others.
pub(super) fn for_owner() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn make(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}
