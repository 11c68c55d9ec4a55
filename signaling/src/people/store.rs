//! People, devices and key packages in the database.

use std::collections::HashMap;

use protocol::{
    Bytes, DeviceId, Email, NetworkId, UserId,
    identity::{Certificate, DeviceList},
    socket::{ClaimedKeyPackage, Person},
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{accounts::Owner, failure::StoreError, groups::KnownUser, store::Row};

/// Who owns devices, and the current device list; nothing for users who are not registered.
pub async fn owner(
    connection: &mut AnyConnection,
    user_id: UserId,
) -> Result<Option<(Owner, DeviceList)>, StoreError> {
    let row = sqlx::query(
        "SELECT u.user_id, u.network_id, u.email, u.aik, l.list
         FROM users u JOIN device_lists l ON l.user_id = u.user_id
         WHERE u.user_id = $1",
    )
    .bind(user_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner = Owner {
        user_id,
        network_id: row.get_as("network_id")?,
        email: row.get_as("email")?,
        aik: row.get_as("aik")?,
    };
    Ok(Some((owner, row.get_as("list")?)))
}

/// The card of a registered user of the network, by ID.
pub async fn person_by_email(
    connection: &mut AnyConnection,
    network_id: NetworkId,
    email: &Email,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query(
        "SELECT u.user_id, u.network_id, u.email, u.name, u.aik, l.list
         FROM users u JOIN device_lists l ON l.user_id = u.user_id
         WHERE u.email = $1 AND u.network_id = $2",
    )
    .bind(email.as_str())
    .bind(network_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(person_of).transpose()
}

/// The card of a registered user of the network.
pub async fn person(
    connection: &mut AnyConnection,
    network_id: NetworkId,
    user_id: UserId,
) -> Result<Option<Person>, StoreError> {
    let row = sqlx::query(
        "SELECT u.user_id, u.network_id, u.email, u.name, u.aik, l.list
         FROM users u JOIN device_lists l ON l.user_id = u.user_id
         WHERE u.user_id = $1 AND u.network_id = $2",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(network_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(person_of).transpose()
}

fn person_of(row: &AnyRow) -> Result<Person, StoreError> {
    Ok(Person {
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
        email: row.get_as("email")?,
        name: row.get_as("name")?,
        aik: row.get_as("aik")?,
        device_list: row.get_as("list")?,
    })
}

/// Users who share a room with the user, the user too.
pub async fn company(connection: &mut AnyConnection, user_id: UserId) -> Result<Vec<UserId>, StoreError> {
    let rows = sqlx::query(
        "SELECT DISTINCT other.user_id
         FROM room_members own JOIN room_members other ON other.room_id = own.room_id
         WHERE own.user_id = $1",
    )
    .bind(user_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let mut company = rows
        .iter()
        .map(|row| row.get_as("user_id"))
        .collect::<Result<Vec<_>, _>>()?;
    if !company.contains(&user_id) {
        company.push(user_id);
    }
    Ok(company)
}

/// What judging a commit needs of users; who is unknown, not registered or of another network is left out.
pub async fn known_users(
    connection: &mut AnyConnection,
    network_id: NetworkId,
    users: &[UserId],
) -> Result<HashMap<UserId, KnownUser>, StoreError> {
    let mut known = HashMap::with_capacity(users.len());
    for user_id in users {
        let Some((owner, _)) = owner(connection, *user_id).await? else {
            continue;
        };
        if owner.network_id != network_id {
            continue;
        }
        let rows = sqlx::query("SELECT device_id, device_key FROM devices WHERE user_id = $1")
            .bind(user_id.as_bytes().as_slice())
            .fetch_all(&mut *connection)
            .await?;
        let live_devices = rows
            .iter()
            .map(|row| Ok((row.get_as("device_id")?, row.get_as("device_key")?)))
            .collect::<Result<_, StoreError>>()?;
        let user = KnownUser {
            aik: owner.aik,
            email: owner.email,
            network_id: owner.network_id,
            live_devices,
        };
        known.insert(*user_id, user);
    }
    Ok(known)
}

/// The certificate of a live device.
pub async fn certificate(
    connection: &mut AnyConnection,
    device_id: DeviceId,
) -> Result<Option<Certificate>, StoreError> {
    let row = sqlx::query("SELECT certificate FROM devices WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.get_as("certificate")).transpose()
}

/// The live devices of a user.
pub async fn devices_of(
    connection: &mut AnyConnection,
    user_id: UserId,
) -> Result<Vec<DeviceId>, StoreError> {
    let rows = sqlx::query("SELECT device_id FROM devices WHERE user_id = $1 ORDER BY device_id")
        .bind(user_id.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| row.get_as("device_id")).collect()
}

/// How many single-use key packages a device has left.
pub async fn key_packages_left(
    connection: &mut AnyConnection,
    device_id: DeviceId,
) -> Result<u32, StoreError> {
    let row = sqlx::query("SELECT COUNT(*) AS n FROM key_packages WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .fetch_one(connection)
        .await?;
    let count: u64 = row.get_as("n")?;
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Adds single-use key packages.
pub async fn add_key_packages(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    key_packages: &[Bytes],
) -> Result<(), StoreError> {
    for key_package in key_packages {
        sqlx::query("INSERT INTO key_packages (device_id, key_package) VALUES ($1, $2)")
            .bind(device_id.as_bytes().as_slice())
            .bind(key_package.0.as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Replaces the key package of last resort.
pub async fn put_last_resort(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    key_package: &Bytes,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO last_resorts (device_id, key_package) VALUES ($1, $2)
         ON CONFLICT (device_id) DO UPDATE SET key_package = excluded.key_package",
    )
    .bind(device_id.as_bytes().as_slice())
    .bind(key_package.0.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the oldest single-use key package of a device, or shows the one of last resort.
pub async fn claim(
    connection: &mut AnyConnection,
    device_id: DeviceId,
) -> Result<Option<ClaimedKeyPackage>, StoreError> {
    let once = sqlx::query(
        "DELETE FROM key_packages
         WHERE id = (SELECT MIN(id) FROM key_packages WHERE device_id = $1)
         RETURNING key_package",
    )
    .bind(device_id.as_bytes().as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    let row = match once {
        Some(row) => Some(row),
        None => {
            sqlx::query("SELECT key_package FROM last_resorts WHERE device_id = $1")
                .bind(device_id.as_bytes().as_slice())
                .fetch_optional(connection)
                .await?
        }
    };
    let Some(row) = row else { return Ok(None) };
    let key_package: Vec<u8> = row.get_as("key_package")?;
    Ok(Some(ClaimedKeyPackage {
        device_id,
        key_package: key_package.into(),
    }))
}

/// Remembers the batch counter of a hello if it is not lower, and answers the highest *before* it; nothing if
/// there is no such device.
pub async fn raise_batch(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    batch: u64,
) -> Result<Option<u64>, StoreError> {
    let row = sqlx::query("SELECT highest_batch FROM devices WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let highest: u64 = row.get_as("highest_batch")?;
    if let Ok(batch) = i64::try_from(batch) {
        sqlx::query("UPDATE devices SET highest_batch = $2 WHERE device_id = $1 AND highest_batch < $2")
            .bind(device_id.as_bytes().as_slice())
            .bind(batch)
            .execute(connection)
            .await?;
    }
    Ok(Some(highest))
}
