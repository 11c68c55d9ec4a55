//! The database: SQLite or PostgreSQL behind one SQL text.
//!
//! ```text
//! reads  ─────────────► pool of connections
//! writes ─► Store::write ─► writer (one task) ─► one transaction for all that wait ─► durable ─► answers, events
//! ```
//!
//! One writer gathers commits, so that a disk sync serves all writes that waited for the one before. Nothing is
//! answered, and no event sent, before its transaction is durable. The SQL of each noun is in its own folder.

mod open;
mod row;
mod writer;

use std::path::Path;

use sqlx::{Any, AnyConnection, AnyPool, pool::PoolConnection};

pub use row::Row;
use writer::Writer;
pub use writer::{JobFuture, Written};

use crate::failure::{Failure, StoreError};

/// Which database is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of our own.
    Sqlite,
    /// A server.
    Postgres,
}

/// The database.
pub struct Store {
    readers: AnyPool,
    writer: Writer,
}

impl Store {
    /// Opens and migrates the database: `url`, or SQLite in `data_dir`.
    pub async fn open(data_dir: &Path, url: Option<&str>) -> Result<Self, sqlx::Error> {
        let (readers, writing, engine) = open::open(data_dir, url).await?;
        Ok(Self {
            readers,
            writer: Writer::start(writing, engine),
        })
    }

    /// A connection for reading.
    pub async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Does `work` in a transaction; its writes stand all or not at all. Answers when they are durable.
    pub async fn write<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut AnyConnection) -> JobFuture<'c, T> + Send + 'static,
    {
        self.writer.submit(true, work).await
    }

    /// Like [`Store::write`], but cheaper, for work that refuses only before it writes.
    pub async fn append<T, W>(&self, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut AnyConnection) -> JobFuture<'c, T> + Send + 'static,
    {
        self.writer.submit(false, work).await
    }

    /// Finishes the writes that wait, then closes.
    pub async fn close(&self) {
        self.writer.stop().await;
        self.readers.close().await;
    }
}
