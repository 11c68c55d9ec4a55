//! Where calls hand out their events.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use protocol::{DeviceId, RoomId, socket::Event};
use tokio::sync::Notify;

use super::hub::Hub;
use crate::{Clock, app::App, calls::Outbox, failure::causes, rooms, turn::Turn};

/// Hands events to devices at once, and events to rooms in a task that can ask the database for the members.
/// Events to rooms tell the whole of a call's state: of several that wait for one room only the newest counts.
pub struct CallOutbox {
    hub: Arc<Hub>,
    waiting: Mutex<HashMap<RoomId, Event>>,
    arrived: Notify,
    /// For guests who come in: they get no answer that could carry credentials.
    relay: OnceLock<(Turn, Clock)>,
}

impl CallOutbox {
    pub fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            waiting: Mutex::default(),
            arrived: Notify::new(),
            relay: OnceLock::new(),
        }
    }

    /// TURN servers that guests may use in calls.
    pub fn set_relay(&self, turn: Turn, clock: Clock) {
        // Once, when the service begins.
        let _ = self.relay.set((turn, clock));
    }

    /// Hands out what waits for rooms, for as long as the service lives.
    pub async fn run(&self, app: &App) {
        loop {
            self.arrived.notified().await;
            let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            for (room_id, event) in waiting {
                let read = async {
                    let mut connection = app.store.read().await?;
                    rooms::room_for_call(&mut connection, room_id).await
                };
                match read.await {
                    Ok(Some(room)) => {
                        for user_id in room.members {
                            self.hub.to_user(user_id, &event);
                        }
                    }
                    Ok(None) => {}
                    Err(error) => {
                        tracing::error!(room.id = %room_id, error = causes(&error), "members were not told of a call");
                    }
                }
            }
        }
    }
}

impl Outbox for CallOutbox {
    fn to_device(&self, device: DeviceId, mut event: Event) {
        if let (Event::GuestAdmitted(joined), Some((turn, clock))) = (&mut event, self.relay.get()) {
            joined.ice_servers = vec![turn.credentials(clock.now())];
        }
        self.hub.to_device(device, &event);
    }

    fn to_room(&self, room: RoomId, event: Event) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(room, event);
        self.arrived.notify_one();
    }
}
