//! Devices that come and go.

use std::sync::Arc;

use protocol::{
    Code, DeviceId, NetworkId, RoomId, UserId,
    accounts::NewDevice,
    identity::DeviceList,
    socket::{ByeReason, Event},
};
use sqlx::AnyConnection;

use super::store;
use crate::{
    accounts::Owner,
    app::App,
    failure::{Failure, StoreError, refuse},
    rooms,
    sessions::Caller,
    store::Row,
};

/// What a new device list changed, to be announced once it is durable.
#[derive(Debug)]
pub struct ListChange {
    user_id: Option<UserId>,
    network_id: NetworkId,
    /// Devices that are no more.
    ended: Vec<DeviceId>,
    /// Rooms that are to remove their leaves.
    rooms: Vec<RoomId>,
    /// Users who are told.
    company: Vec<UserId>,
}

impl ListChange {
    /// Ends the connections of devices that are no more, and tells who has to know.
    pub fn announce(self, app: &Arc<App>) {
        app.tickets
            .retain(|visitor| !self.ended.contains(&visitor.device_id()));
        for device_id in &self.ended {
            app.hub.close(*device_id, ByeReason::SignedOut);
        }
        if let Some(user_id) = self.user_id {
            for other in &self.company {
                app.hub.to_user(*other, &Event::PersonChanged { user_id });
            }
        }
        if !self.rooms.is_empty() {
            // Whoever shares a room may have to remove a leaf there.
            for other in &self.company {
                app.hub.to_user(*other, &Event::RoomsChanged);
            }
        }
        self.forget_rooms(app);
        for room_id in self.rooms {
            rooms::refresh_call(app, room_id, self.network_id);
        }
    }

    /// To be called within the write too, so that what is written after it sees the rooms as they are now.
    pub fn forget_rooms(&self, app: &App) {
        for room_id in &self.rooms {
            app.room_cache.forget(*room_id);
        }
    }
}

/// Stores a device that was checked, with its keys; the list that names it is stored apart.
pub async fn enrol(
    connection: &mut AnyConnection,
    user_id: UserId,
    device: &NewDevice,
) -> Result<(), Failure> {
    let body = device.certificate.body();
    let inserted = sqlx::query(
        "INSERT INTO devices (device_id, user_id, device_key, certificate, highest_batch)
         VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING",
    )
    .bind(body.device_id.as_bytes().as_slice())
    .bind(user_id.as_bytes().as_slice())
    .bind(body.device_key.as_bytes().as_slice())
    .bind(device.certificate.encode())
    .execute(&mut *connection)
    .await?;
    if inserted.rows_affected() == 0 {
        return Err(refuse(Code::Conflict, "there is a device of this id"));
    }
    store::add_key_packages(connection, body.device_id, &device.key_packages).await?;
    store::put_last_resort(connection, body.device_id, &device.last_resort).await?;
    Ok(())
}

/// Stores a list that was checked, and ends the devices that it does not name.
pub async fn change_list(
    connection: &mut AnyConnection,
    owner: &Owner,
    before: &DeviceList,
    list: &DeviceList,
) -> Result<ListChange, Failure> {
    put_list(connection, list).await?;
    let named = |device: DeviceId| {
        list.body()
            .devices
            .iter()
            .any(|listed| listed.device_id == device)
    };
    let mut change = ListChange {
        user_id: Some(owner.user_id),
        network_id: owner.network_id,
        ended: Vec::new(),
        rooms: Vec::new(),
        company: store::company(connection, owner.user_id).await?,
    };
    for device in before
        .body()
        .devices
        .iter()
        .filter(|listed| !named(listed.device_id))
    {
        end_device(connection, device.device_id, &mut change).await?;
    }
    Ok(change)
}

/// Ends one device.
pub async fn sign_out(connection: &mut AnyConnection, caller: Caller) -> Result<ListChange, StoreError> {
    let mut change = ListChange {
        user_id: None,
        network_id: caller.network_id,
        ended: Vec::new(),
        rooms: Vec::new(),
        company: store::company(connection, caller.user_id).await?,
    };
    end_device(connection, caller.device_id, &mut change).await?;
    Ok(change)
}

async fn end_device(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    change: &mut ListChange,
) -> Result<(), StoreError> {
    // Sessions and key packages go with it.
    sqlx::query("DELETE FROM devices WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    sqlx::query("DELETE FROM welcomes WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query("SELECT room_id FROM room_leaves WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .fetch_all(&mut *connection)
        .await?;
    for row in rows {
        let room_id = row.get_as("room_id")?;
        rooms::ask_for_removals(connection, room_id).await?;
        if !change.rooms.contains(&room_id) {
            change.rooms.push(room_id);
        }
    }
    change.ended.push(device_id);
    Ok(())
}

/// Stores a list that was checked, if it comes right after the one that is stored.
pub async fn put_list(connection: &mut AnyConnection, list: &DeviceList) -> Result<(), Failure> {
    let body = list.body();
    let put = sqlx::query(
        "INSERT INTO device_lists (user_id, version, list) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, list = excluded.list
         WHERE device_lists.version = excluded.version - 1",
    )
    .bind(body.user_id.as_bytes().as_slice())
    .bind(body.version.cast_signed())
    .bind(list.encode())
    .execute(connection)
    .await?;
    if put.rows_affected() == 0 {
        return Err(refuse(
            Code::Conflict,
            "the device list does not follow the current one",
        ));
    }
    Ok(())
}
