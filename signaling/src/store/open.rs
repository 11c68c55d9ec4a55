//! Connecting and migrating.

use std::{path::Path, sync::Once};

use sqlx::{
    AnyConnection, AnyPool, Executor as _,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
};

use super::Engine;
use crate::limits::{ACQUIRE_TIMEOUT, BUSY_TIMEOUT, MAX_READ_CONNECTIONS};

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// File name of the SQLite database in the data folder.
const SQLITE_FILE: &str = "conclave.sqlite";

/// Pools for reading and for writing; the latter has one connection, for there is one writer.
pub async fn open(data_dir: &Path, url: Option<&str>) -> Result<(AnyPool, AnyPool, Engine), sqlx::Error> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);

    let url = url.map_or_else(|| sqlite_url(data_dir), str::to_owned);
    let engine = if url.starts_with("sqlite:") {
        Engine::Sqlite
    } else {
        Engine::Postgres
    };
    let options: AnyConnectOptions = url.parse()?;

    let writing = pool(engine, 1).connect_with(options.clone()).await?;
    match engine {
        Engine::Sqlite => SQLITE.run(&writing).await?,
        Engine::Postgres => POSTGRES.run(&writing).await?,
    }
    let readers = pool(engine, MAX_READ_CONNECTIONS).connect_with(options).await?;
    Ok((readers, writing, engine))
}

fn sqlite_url(data_dir: &Path) -> String {
    let path = data_dir.join(SQLITE_FILE);
    // The path stands in a URL: `%`, `?` and `#` have a meaning there.
    let path = path
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23");
    format!("sqlite://{path}?mode=rwc")
}

fn pool(engine: Engine, connections: u32) -> AnyPoolOptions {
    let options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT);
    match engine {
        Engine::Postgres => options,
        Engine::Sqlite => options.after_connect(|connection, _| Box::pin(set_up_sqlite(connection))),
    }
}

/// Durable at each commit, and readers beside the writer. The checkpoint is rarer than the default, for it is
/// what makes single commits slow.
async fn set_up_sqlite(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let timeout = BUSY_TIMEOUT.as_millis();
    // The order matters: switching to WAL may itself have to wait for another process.
    let pragmas = format!(
        "PRAGMA busy_timeout = {timeout};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA wal_autocheckpoint = 10000;
         PRAGMA secure_delete = FAST;"
    );
    connection
        .execute(sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas)))
        .await?;
    Ok(())
}
