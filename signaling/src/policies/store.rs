//! Policies in the database.

use protocol::{
    NetworkId,
    policies::{Policies, Verify},
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{failure::StoreError, store::Row};

/// The policies of a network; nothing if there is no such network.
pub async fn policies(
    connection: &mut AnyConnection,
    network_id: NetworkId,
) -> Result<Option<Policies>, StoreError> {
    let row = sqlx::query(
        "SELECT verify_inside, verify_outside, outside_contacts, forwarding FROM networks WHERE network_id = $1",
    )
    .bind(network_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(policies_of).transpose()
}

/// The policies of all networks.
pub async fn all(connection: &mut AnyConnection) -> Result<Vec<(NetworkId, Policies)>, StoreError> {
    let rows = sqlx::query(
        "SELECT network_id, verify_inside, verify_outside, outside_contacts, forwarding FROM networks",
    )
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| Ok((row.get_as("network_id")?, policies_of(row)?)))
        .collect()
}

/// Replaces the policies of a network.
pub async fn set(
    connection: &mut AnyConnection,
    network_id: NetworkId,
    policies: &Policies,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE networks SET verify_inside = $2, verify_outside = $3, outside_contacts = $4, forwarding = $5
         WHERE network_id = $1",
    )
    .bind(network_id.as_bytes().as_slice())
    .bind(to_stored(policies.verify_inside))
    .bind(to_stored(policies.verify_outside))
    .bind(i64::from(policies.outside_contacts))
    .bind(i64::from(policies.forwarding))
    .execute(connection)
    .await?;
    Ok(())
}

fn policies_of(row: &AnyRow) -> Result<Policies, StoreError> {
    let verify = |column| from_stored(row.get_as(column)?).ok_or(StoreError::Damaged { column });
    Ok(Policies {
        verify_inside: verify("verify_inside")?,
        verify_outside: verify("verify_outside")?,
        outside_contacts: row.get_as::<i64>("outside_contacts")? != 0,
        forwarding: row.get_as::<i64>("forwarding")? != 0,
    })
}

fn to_stored(verify: Verify) -> i64 {
    match verify {
        Verify::Off => 1,
        Verify::Optional => 2,
        Verify::Required => 3,
    }
}

fn from_stored(stored: i64) -> Option<Verify> {
    [Verify::Off, Verify::Optional, Verify::Required]
        .into_iter()
        .find(|verify| to_stored(*verify) == stored)
}
