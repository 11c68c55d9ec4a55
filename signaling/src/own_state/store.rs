//! Own states in the database.

use protocol::{UserId, socket::OwnState};
use sqlx::AnyConnection;

use crate::{failure::StoreError, store::Row};

/// The current state.
pub async fn get(connection: &mut AnyConnection, user_id: UserId) -> Result<OwnState, StoreError> {
    let row = sqlx::query("SELECT version, blob FROM own_states WHERE user_id = $1")
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(OwnState {
            version: 0,
            blob: Vec::new().into(),
        });
    };
    Ok(OwnState {
        version: row.get_as("version")?,
        blob: row.get_as::<Vec<u8>>("blob")?.into(),
    })
}

/// The version of the current state; 0 where there is none.
pub async fn version(connection: &mut AnyConnection, user_id: UserId) -> Result<u64, StoreError> {
    let row = sqlx::query("SELECT version FROM own_states WHERE user_id = $1")
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map_or(Ok(0), |row| row.get_as("version"))
}

/// Stores a state if it is the next version; false if it is not.
pub async fn put(
    connection: &mut AnyConnection,
    user_id: UserId,
    state: &OwnState,
) -> Result<bool, StoreError> {
    let Ok(version) = i64::try_from(state.version) else {
        return Ok(false);
    };
    let query = if version == 1 {
        "INSERT INTO own_states (user_id, version, blob) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "UPDATE own_states SET version = $2, blob = $3 WHERE user_id = $1 AND version = $2 - 1"
    };
    let put = sqlx::query(query)
        .bind(user_id.as_bytes().as_slice())
        .bind(version)
        .bind(state.blob.0.as_slice())
        .execute(connection)
        .await?;
    Ok(put.rows_affected() == 1)
}
