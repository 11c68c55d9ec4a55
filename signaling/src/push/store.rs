//! Where devices are woken, in the database.

use protocol::{
    DeviceId, RoomId,
    push::{PushEndpoint, PushPut},
};
use sqlx::AnyConnection;

use crate::{failure::StoreError, store::Row};

/// Keeps what a device said, in the place of what it said before. Which rooms are silent it says for all devices of its user,
/// for those that are closed do not hear of it. Rooms that a device is not in are passed over.
pub async fn put(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    request: &PushPut,
) -> Result<(), StoreError> {
    let device = device_id.as_bytes().as_slice();
    // What is silent for it goes with it.
    sqlx::query("DELETE FROM push_endpoints WHERE device_id = $1")
        .bind(device)
        .execute(&mut *connection)
        .await?;
    // Who is not woken says nothing of rooms.
    let Some(endpoint) = &request.endpoint else {
        return Ok(());
    };
    sqlx::query("INSERT INTO push_endpoints (device_id, endpoint) VALUES ($1, $2)")
        .bind(device)
        .bind(endpoint.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "DELETE FROM push_silent_rooms WHERE device_id IN
             (SELECT device_id FROM devices WHERE user_id = (SELECT user_id FROM devices WHERE device_id = $1))",
    )
    .bind(device)
    .execute(&mut *connection)
    .await?;
    for room_id in &request.silent {
        sqlx::query(
            "INSERT INTO push_silent_rooms (device_id, room_id)
             SELECT p.device_id, l.room_id FROM devices d
             JOIN push_endpoints p ON p.device_id = d.device_id
             JOIN room_leaves l ON l.device_id = d.device_id AND l.room_id = $2
             WHERE d.user_id = (SELECT user_id FROM devices WHERE device_id = $1)
             ON CONFLICT DO NOTHING",
        )
        .bind(device)
        .bind(room_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// The devices in a room that are to be woken by what is said there.
pub async fn woken_by(
    connection: &mut AnyConnection,
    room_id: RoomId,
) -> Result<Vec<(DeviceId, PushEndpoint)>, StoreError> {
    let rows = sqlx::query(
        "SELECT p.device_id, p.endpoint FROM room_leaves l
         JOIN push_endpoints p ON p.device_id = l.device_id
         LEFT JOIN push_silent_rooms s ON s.device_id = l.device_id AND s.room_id = l.room_id
         WHERE l.room_id = $1 AND s.device_id IS NULL",
    )
    .bind(room_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let found = rows.iter().map(|row| {
        let endpoint: String = row.get_as("endpoint")?;
        Ok((row.get_as("device_id")?, PushEndpoint::parse(&endpoint).ok()))
    });
    let found: Vec<(DeviceId, Option<PushEndpoint>)> = found.collect::<Result<_, StoreError>>()?;
    let good = found
        .into_iter()
        .filter_map(|(device_id, endpoint)| Some((device_id, endpoint?)));
    Ok(good.collect())
}

/// Forgets an address, unless the device has another one by now.
pub async fn forget(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    endpoint: &PushEndpoint,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM push_endpoints WHERE device_id = $1 AND endpoint = $2")
        .bind(device_id.as_bytes().as_slice())
        .bind(endpoint.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
