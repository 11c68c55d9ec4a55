//! What the device keeps, on a disk: one folder, one process at a time.
//!
//! ```text
//! DIR/lock       held by the process that has the store (a lock of the system, gone with the process)
//! DIR/keys       the storage key, sealed by the password; behind it a cell of 32 random bytes for each record
//! DIR/store.db   SQLite: each record of the core, which is sealed already, sealed again by its cell
//! ```
//!
//! A record opens with the storage key *and* its cell. Deleting or replacing a record overwrites the cell in place, and with
//! that ends whatever copies of the record the database, its log, or the file system still hold: they were never written
//! under another key. Cells go first where records come, and last where they go, so that a crash leaves a cell without a
//! record at worst, which the next start overwrites.
//!
//! ```text
//! write   new cells ─ sync ─► transaction, durable ─► old cells overwritten ─ sync ─► persisted
//! ```

mod database;
mod folder;
mod keys;
mod sealing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::PathBuf,
};

use client_core::api::Batch;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub use folder::Folder;

use database::{Database, Row};
use keys::{CELL_LEN, Cell, KeyFile};
use sealing::Cells;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it.
    #[error("{folder} is in use by another process")]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// There is none in the folder.
    #[error("there is no store in {folder}")]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// The password does not open it.
    #[error("the password does not open the store")]
    WrongPassword,
    /// Something in it is not as it was written.
    #[error("the store is damaged: {what}")]
    Damaged {
        /// What.
        what: &'static str,
    },
    /// Made by a newer program.
    #[error("the store was made by a newer program")]
    Newer,
    /// The system refused.
    #[error("{folder}: {source}")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database refused.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// A store that is open.
pub struct Store {
    folder: Folder,
    keys: KeyFile,
    cells: Cells,
    database: Database,
    storage_key: Zeroizing<[u8; 32]>,
    /// Which cell seals which record.
    places: BTreeMap<String, Cell>,
    /// Cells that seal nothing, overwritten.
    free: BTreeSet<Cell>,
    /// A batch failed: what is in memory and what is on the disk may differ, so nothing is written any more.
    failed: bool,
}

/// A name of the client's own records, which no name of the core has: those are hexadecimal, or `batch`.
const OWN_PREFIX: &str = "client/";

/// Records of a store, as the core wrote them.
pub type Records = Vec<(String, Vec<u8>)>;

impl Store {
    /// Reads all records, makes sure that nothing else has a cell, and compacts where that is worth it.
    async fn load(
        folder: Folder,
        keys: KeyFile,
        storage_key: Zeroizing<[u8; 32]>,
    ) -> Result<(Self, Records), StoreError> {
        // One that was moved away may come back: its keys are not given up for that.
        if !folder.database().exists() && keys.has_cells() {
            return Err(StoreError::Damaged {
                what: "the database is not there",
            });
        }
        let mut database = Database::open(&folder.database()).await?;
        let rows = database.rows().await?;
        let cells = Cells::new(&storage_key);
        let mut store = Self {
            folder,
            keys,
            cells,
            database,
            storage_key,
            places: BTreeMap::new(),
            free: BTreeSet::new(),
            failed: false,
        };
        let mut records = vec![];
        for Row { name, cell, value } in rows {
            let opened = store.open_row(&name, cell, &value)?;
            store.places.insert(name.clone(), cell);
            records.push((name, opened));
        }
        store.end_other_cells()?;
        store.database.compact().await?;
        Ok((store, records))
    }

    /// The key that seals the records inside, for the core.
    pub fn storage_key(&self) -> &[u8; 32] {
        &self.storage_key
    }

    /// Stores a batch of the core. It is durable when this returns; where it fails, no later one is taken.
    pub async fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.write_all(batch.wipe, batch.records).await
    }

    /// Stores something of the client's own, under a name of its own.
    pub async fn put_own<T: Serialize>(&mut self, name: &str, value: &T) -> Result<(), StoreError> {
        let value = serde_json::to_vec(value).unwrap_or_default();
        self.write_all(false, vec![(format!("{OWN_PREFIX}{name}"), Some(value))])
            .await
    }

    /// Takes something of the client's own out of what was loaded.
    pub fn take_own<T: DeserializeOwned>(records: &mut Records, name: &str) -> Option<T> {
        let name = format!("{OWN_PREFIX}{name}");
        let place = records.iter().position(|(stored, _)| *stored == name)?;
        let (_, value) = records.swap_remove(place);
        serde_json::from_slice(&value).ok()
    }

    /// Closes it: what the database's log has is in the database after that.
    pub async fn close(self) -> Result<(), StoreError> {
        self.database.close().await
    }

    /// Ends it: the keys first, then the files. What remains of the files on the disk opens with nothing any more.
    pub async fn erase(self) -> Result<(), StoreError> {
        let Self {
            folder,
            keys,
            database,
            ..
        } = self;
        let ended = keys.end().map_err(|source| folder.failed(source));
        let closed = database.close().await;
        folder.remove_files().map_err(|source| folder.failed(source))?;
        ended.and(closed)
    }

    async fn write_all(
        &mut self,
        wipe: bool,
        records: Vec<(String, Option<Vec<u8>>)>,
    ) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Damaged {
                what: "an earlier change was not stored",
            });
        }
        self.failed = true;
        let mut rows = vec![];
        for (name, value) in records {
            let row = match value {
                Some(value) => Some(self.seal_row(&name, &value)?),
                None => None,
            };
            rows.push((name, row));
        }
        self.sync_keys()?;
        self.database.write(wipe, &rows).await?;
        let mut ended: Vec<Cell> = vec![];
        if wipe {
            ended.extend(std::mem::take(&mut self.places).into_values());
        }
        for (name, row) in rows {
            let former = match row {
                Some(Row { cell, .. }) => self.places.insert(name, cell),
                None => self.places.remove(&name),
            };
            ended.extend(former);
        }
        for cell in &ended {
            self.keys
                .end_cell(*cell)
                .map_err(|source| self.folder.failed(source))?;
        }
        if !ended.is_empty() {
            self.sync_keys()?;
        }
        self.free.extend(ended);
        self.failed = false;
        Ok(())
    }

    /// Seals a record by a cell of its own.
    fn seal_row(&mut self, name: &str, value: &[u8]) -> Result<Row, StoreError> {
        let cell = self.free.pop_first().unwrap_or_else(|| self.keys.next_cell());
        let mut random = Zeroizing::new([0; CELL_LEN]);
        getrandom::fill(&mut *random).map_err(|_| StoreError::NoRandomness)?;
        self.keys
            .put_cell(cell, &random)
            .map_err(|source| self.folder.failed(source))?;
        Ok(Row {
            name: name.to_owned(),
            cell,
            value: self.cells.seal(&random, name, value),
        })
    }

    fn open_row(&self, name: &str, cell: Cell, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = StoreError::Damaged {
            what: "a record does not open",
        };
        let random = self
            .keys
            .cell(cell)
            .map_err(|source| self.folder.failed(source))?;
        let opened = random.and_then(|random| self.cells.open(&random, name, value));
        opened.ok_or(damaged)
    }

    /// Overwrites cells of records that are not there: a crash came in between.
    fn end_other_cells(&mut self) -> Result<(), StoreError> {
        let used: BTreeSet<Cell> = self.places.values().copied().collect();
        let free = self.keys.all_cells().filter(|cell| !used.contains(cell));
        self.free = free.collect();
        let mut any = false;
        for cell in &self.free {
            let ended = self.keys.end_cell_if_used(*cell);
            any |= ended.map_err(|source| self.folder.failed(source))?;
        }
        if any { self.sync_keys() } else { Ok(()) }
    }

    fn sync_keys(&self) -> Result<(), StoreError> {
        self.keys.sync().map_err(|source| self.folder.failed(source))
    }
}

/// What the client itself keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// The server's address.
    pub server: String,
    /// Up to where messages were handed out, by room.
    #[serde(default)]
    pub handed_out: BTreeMap<String, u64>,
}
