//! The local store: what the device keeps, sealed before it leaves the core.
//!
//! ```text
//! put / delete ──► writes of this input ──► take_batch ──► Output::Persist
//! ```
//!
//! Every record is sealed with AES-256-GCM under a random key of its own; that key is wrapped under the storage
//! key; both are bound to the record's name (see [`sealing`]). Names in the store are pseudorandom, so that they
//! tell nothing of rooms and people. Batches have a counter which the server echoes: a store that was rolled back
//! shows itself.

mod password;
mod sealing;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{
    api::{BATCH_RECORD, Batch},
    compact,
    limits::{BATCH_END, MAX_BATCH_JUMP},
    random::Random,
    sorted::SortedMap,
};

pub use password::{UnlockError, lock_storage_key, password_key, unlock_storage_key};
use sealing::StorageKey;

/// Writes wait here until the end of an input; what was loaded is handed out once.
pub(crate) struct Store {
    key: StorageKey,
    random: Random,
    writes: SortedMap<String, Option<Zeroizing<Vec<u8>>>>,
    wipe: bool,
    batch: u64,
}

/// The records of a store that was opened, by their clear names.
pub(crate) type Loaded = SortedMap<String, Zeroizing<Vec<u8>>>;

/// A record does not open under the storage key, or is under another name than its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record {stored_name} cannot be opened")]
pub(crate) struct BadRecord {
    pub(crate) stored_name: String,
}

/// No number is left for another batch. Counting on from the same one would let what is said leave before it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the numbers of batches are spent")]
pub(crate) struct NumbersSpent;

impl Store {
    pub(crate) fn open(
        storage_key: [u8; 32],
        random: Random,
        records: Vec<(String, Vec<u8>)>,
    ) -> Result<(Self, Loaded), BadRecord> {
        let key = StorageKey::new(storage_key);
        let opened = records.into_iter().map(|(stored_name, sealed)| {
            let opened = key.open(&stored_name, &sealed);
            opened.ok_or(BadRecord { stored_name })
        });
        let mut loaded = opened.collect::<Result<Loaded, _>>()?;
        let batch = match loaded.remove(BATCH_RECORD) {
            Some(value) => compact::from_slice(&value).ok_or(BadRecord {
                stored_name: BATCH_RECORD.to_owned(),
            })?,
            None => 0,
        };
        Ok((
            Self {
                key,
                random,
                writes: SortedMap::new(),
                wipe: false,
                batch,
            },
            loaded,
        ))
    }

    pub(crate) fn put<T: Serialize + ?Sized>(&mut self, name: impl Into<String>, value: &T) {
        self.put_bytes(name, compact::to_vec(value));
    }

    pub(crate) fn put_bytes(&mut self, name: impl Into<String>, value: Zeroizing<Vec<u8>>) {
        self.writes.insert(name.into(), Some(value));
    }

    pub(crate) fn delete(&mut self, name: impl Into<String>) {
        self.writes.insert(name.into(), None);
    }

    /// Forgets everything that was stored, and what waits to be.
    pub(crate) fn wipe(&mut self) {
        self.writes.clear();
        self.wipe = true;
    }

    /// Number of the newest batch that was taken (or loaded).
    pub(crate) fn batch(&self) -> u64 {
        self.batch
    }

    /// Whether a device whose newest batch is this one can have written `number`.
    pub(crate) fn can_have_written(&self, number: u64) -> bool {
        number < BATCH_END && number.saturating_sub(self.batch) <= MAX_BATCH_JUMP
    }

    /// Lets the counter jump, after a rollback: the next batch is `above` plus one.
    pub(crate) fn skip_batches(&mut self, above: u64) {
        self.batch = self.batch.max(above);
    }

    /// What is to be stored because of this input; nothing if nothing changed.
    pub(crate) fn take_batch(&mut self) -> Result<Option<Batch>, NumbersSpent> {
        if self.writes.is_empty() && !self.wipe {
            return Ok(None);
        }
        let next = self.batch.checked_add(1).filter(|next| *next < BATCH_END);
        self.batch = next.ok_or(NumbersSpent)?;
        let mut records: Vec<_> = std::mem::take(&mut self.writes)
            .into_iter()
            .map(|(name, value)| {
                let stored_name = self.key.stored_name(&name);
                let sealed = value.map(|value| self.key.seal(&self.random, &stored_name, &name, &value));
                (stored_name, sealed)
            })
            .collect();
        let number = compact::to_vec(&self.batch);
        let sealed = self.key.seal(&self.random, BATCH_RECORD, BATCH_RECORD, &number);
        records.push((BATCH_RECORD.to_owned(), Some(sealed)));
        Ok(Some(Batch {
            number: self.batch,
            wipe: std::mem::take(&mut self.wipe),
            records,
        }))
    }
}

/// Takes the records whose name starts with `prefix` out of what was loaded; the rest of the name is the key.
/// Fails with the first name whose value cannot be read.
pub(crate) fn take_all<T: DeserializeOwned>(
    loaded: &mut Loaded,
    prefix: &str,
) -> Result<Vec<(String, T)>, BadRecord> {
    let taken = take_bytes(loaded, prefix).into_iter();
    taken
        .map(|(key, bytes)| match compact::from_slice(&bytes) {
            Some(value) => Ok((key, value)),
            None => Err(BadRecord {
                stored_name: format!("{prefix}{key}"),
            }),
        })
        .collect()
}

/// [`take_all`] of what is read elsewhere.
pub(crate) fn take_bytes(loaded: &mut Loaded, prefix: &str) -> Vec<(String, Zeroizing<Vec<u8>>)> {
    let taken = loaded
        .take_from(prefix, |name| name.starts_with(prefix))
        .into_iter();
    taken
        .map(|(name, bytes)| (name.strip_prefix(prefix).unwrap_or_default().to_owned(), bytes))
        .collect()
}

/// Takes one record, if it is there.
pub(crate) fn take_one<T: DeserializeOwned>(loaded: &mut Loaded, name: &str) -> Result<Option<T>, BadRecord> {
    loaded
        .remove(name)
        .map(|bytes| {
            compact::from_slice(&bytes).ok_or_else(|| BadRecord {
                stored_name: name.to_owned(),
            })
        })
        .transpose()
}
