//! The database below: names, cells, sealed bytes.

use std::path::Path;

use sqlx::{
    Connection as _, Row as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous},
};

use super::{StoreError, folder::for_owner, keys::Cell};
use crate::limits::{COMPACT_AT_PERCENT, COMPACT_FROM_PAGES};

/// What the tables are; a newer program raises it with each step that it adds.
const SCHEMA: i64 = 1;

/// A record as it is stored.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cell: Cell,
    pub(super) value: Vec<u8>,
}

/// The one connection.
pub(super) struct Database(SqliteConnection);

impl Database {
    /// Opens it, or makes it. Each transaction is on the disk when it is done; what is deleted is overwritten.
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite gives its journals the rights of the file.
        for_owner().open(path).map_err(sqlx::Error::Io)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .locking_mode(SqliteLockingMode::Exclusive)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("secure_delete", "ON")
            .pragma("temp_store", "MEMORY");
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let version = number(&mut connection, "PRAGMA user_version").await?;
        if version > SCHEMA {
            return Err(StoreError::Newer);
        }
        if version == 0 {
            let mut transaction = connection.begin().await?;
            sqlx::query(
                "CREATE TABLE records (name TEXT PRIMARY KEY, cell INTEGER NOT NULL, value BLOB NOT NULL)",
            )
            .execute(&mut *transaction)
            .await?;
            sqlx::query("PRAGMA user_version = 1")
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        Ok(Self(connection))
    }

    pub(super) async fn rows(&mut self) -> Result<Vec<Row>, StoreError> {
        let rows = sqlx::query("SELECT name, cell, value FROM records")
            .fetch_all(&mut self.0)
            .await?;
        rows.into_iter()
            .map(|row| {
                let cell = u32::try_from(row.try_get::<i64, _>(1)?).map_err(|_| StoreError::Damaged {
                    what: "a record has no cell",
                })?;
                Ok(Row {
                    name: row.try_get(0)?,
                    cell: Cell(cell),
                    value: row.try_get(2)?,
                })
            })
            .collect()
    }

    /// One transaction; it is durable when this returns.
    pub(super) async fn write(
        &mut self,
        wipe: bool,
        rows: &[(String, Option<Row>)],
    ) -> Result<(), StoreError> {
        let mut transaction = self.0.begin().await?;
        if wipe {
            sqlx::query("DELETE FROM records")
                .execute(&mut *transaction)
                .await?;
        }
        for (name, row) in rows {
            let query = match row {
                Some(Row { cell, value, .. }) => sqlx::query(
                    "INSERT INTO records (name, cell, value) VALUES ($1, $2, $3)
                     ON CONFLICT (name) DO UPDATE SET cell = excluded.cell, value = excluded.value",
                )
                .bind(name)
                .bind(i64::from(cell.0))
                .bind(value.as_slice()),
                None => sqlx::query("DELETE FROM records WHERE name = $1").bind(name),
            };
            query.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Gives back space where much is empty. What is copied in it is sealed and alive.
    pub(super) async fn compact(&mut self) -> Result<(), StoreError> {
        let empty = number(&mut self.0, "PRAGMA freelist_count").await?;
        let all = number(&mut self.0, "PRAGMA page_count").await?;
        if empty >= COMPACT_FROM_PAGES && empty * 100 >= all * COMPACT_AT_PERCENT {
            sqlx::query("VACUUM").execute(&mut self.0).await?;
        }
        Ok(())
    }

    /// Closes it, after which its log is empty.
    pub(super) async fn close(mut self) -> Result<(), StoreError> {
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&mut self.0)
            .await?;
        self.0.close().await?;
        Ok(())
    }
}

async fn number(connection: &mut SqliteConnection, query: &'static str) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar(query).fetch_one(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R50: what is deleted is overwritten; and nothing counts as stored before it is on the disk.
    #[tokio::test]
    async fn it_is_durable_overwrites_what_is_deleted_and_is_for_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(&folder.path().join("store.db")).await.unwrap();
        let full = 2;
        for (pragma, value) in [("PRAGMA synchronous", full), ("PRAGMA secure_delete", 1)] {
            assert_eq!(number(&mut database.0, pragma).await.unwrap(), value, "{pragma}");
        }
        for (pragma, value) in [
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA locking_mode", "exclusive"),
        ] {
            let set: String = sqlx::query_scalar(pragma)
                .fetch_one(&mut database.0)
                .await
                .unwrap();
            assert_eq!(set, value, "{pragma}");
        }
    }

    #[tokio::test]
    async fn what_is_empty_is_given_back_when_it_is_much() {
        let folder = tempfile::tempdir().unwrap();
        let mut database = Database::open(&folder.path().join("store.db")).await.unwrap();
        let row = |n: u32| Row {
            name: n.to_string(),
            cell: Cell(n),
            value: vec![7; 20_000],
        };
        let written: Vec<_> = (0..100).map(|n| (n.to_string(), Some(row(n)))).collect();
        database.write(false, &written).await.unwrap();
        let ended: Vec<_> = (0..90).map(|n: u32| (n.to_string(), None)).collect();
        database.write(false, &ended).await.unwrap();
        let before = number(&mut database.0, "PRAGMA page_count").await.unwrap();
        database.compact().await.unwrap();
        let after = number(&mut database.0, "PRAGMA page_count").await.unwrap();
        assert!(after * 4 < before, "{before} pages became {after}");
        assert_eq!(database.rows().await.unwrap().len(), 10);
    }
}
