//! Signs: handed on to who is connected now. Nothing of one is written anywhere, not even to the log of the process.

use std::sync::Arc;

use protocol::{
    Code,
    room_settings::RoomKind,
    socket::{Event, RoomSign},
};

use super::send::{check_contact, load_audience, no_room, stale};
use crate::{
    app::App,
    failure::{Failure, refuse},
    sessions::Caller,
};

/// Hands a sign to the connected devices of the room's other users.
///
/// It takes what [`super::send`] takes: a live leaf at the current epoch, and two who talk with each other. The audience that
/// this reads is not remembered: outside the writer it may be out of date by the time that it would be.
pub async fn sign(app: &Arc<App>, caller: Caller, request: RoomSign) -> Result<(), Failure> {
    app.rates.signs.take(caller.device_id, 1, app.clock.now())?;
    let RoomSign {
        room_id,
        generation,
        epoch,
        ..
    } = request;
    let mut connection = app.store.read().await?;
    let audience = match app.room_cache.get(room_id, generation, epoch) {
        Some(audience) => audience,
        None => load_audience(&mut connection, room_id).await?,
    };
    if !audience.has(caller.device_id) {
        return Err(no_room());
    }
    if audience.generation != generation || audience.epoch != epoch {
        return Err(stale());
    }
    if audience.kind == RoomKind::Own {
        return Err(refuse(
            Code::Forbidden,
            "one's own devices give each other no signs",
        ));
    }
    if let Some(other) = audience.other(caller.user_id) {
        check_contact(&mut connection, caller, other, None).await?;
    }
    drop(connection);
    app.hub
        .to_devices_in_passing(audience.others(caller.user_id), &Event::RoomSign(request));
    Ok(())
}
