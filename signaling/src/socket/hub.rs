//! Who is connected, and handing events to them.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::extract::ws::Utf8Bytes;
use protocol::{
    DeviceId, UserId,
    socket::{ByeReason, Event, ServerFrame},
};
use tokio::sync::Notify;

use super::outbound::Outbound;

/// All connections of this process: one for each device.
#[derive(Default)]
pub struct Hub {
    connected: Mutex<Connected>,
    stopping: AtomicBool,
    /// Told at each end of a connection.
    ended: Notify,
}

#[derive(Default)]
struct Connected {
    devices: HashMap<DeviceId, (UserId, Arc<Outbound>)>,
    users: HashMap<UserId, Vec<DeviceId>>,
}

impl Connected {
    fn remove(&mut self, device_id: DeviceId) {
        let Some((user_id, _)) = self.devices.remove(&device_id) else {
            return;
        };
        let Some(devices) = self.users.get_mut(&user_id) else {
            return;
        };
        devices.retain(|other| *other != device_id);
        if devices.is_empty() {
            self.users.remove(&user_id);
        }
    }
}

impl Hub {
    /// Takes a connection in; an older one of the same device is closed. Nothing when the service stops.
    pub fn connect(&self, device_id: DeviceId, user_id: UserId) -> Option<Arc<Outbound>> {
        let outbound = Arc::new(Outbound::default());
        let mut connected = self.lock();
        if self.stopping.load(Ordering::SeqCst) {
            return None;
        }
        let former = connected
            .devices
            .insert(device_id, (user_id, Arc::clone(&outbound)));
        let devices = connected.users.entry(user_id).or_default();
        if !devices.contains(&device_id) {
            devices.push(device_id);
        }
        drop(connected);
        if let Some((_, former)) = former {
            former.close(ByeReason::Replaced);
        }
        Some(outbound)
    }

    /// Takes a connection out; false if another has its place already.
    pub fn disconnect(&self, device_id: DeviceId, outbound: &Arc<Outbound>) -> bool {
        let mut connected = self.lock();
        let current = connected
            .devices
            .get(&device_id)
            .is_some_and(|(_, own)| Arc::ptr_eq(own, outbound));
        if current {
            connected.remove(device_id);
        }
        drop(connected);
        self.ended.notify_waiters();
        current
    }

    /// Those of some devices that are not connected.
    pub fn away(&self, devices: impl Iterator<Item = DeviceId>) -> HashSet<DeviceId> {
        let connected = self.lock();
        devices
            .filter(|device| !connected.devices.contains_key(device))
            .collect()
    }

    /// Ends the connection of a device.
    pub fn close(&self, device_id: DeviceId, reason: ByeReason) {
        if let Some((_, outbound)) = self.lock().devices.get(&device_id) {
            outbound.close(reason);
        }
    }

    /// An event for one device.
    pub fn to_device(&self, device_id: DeviceId, event: &Event) {
        self.to_devices(std::iter::once(device_id), event);
    }

    /// An event for some devices; written down once.
    pub fn to_devices(&self, devices: impl Iterator<Item = DeviceId>, event: &Event) {
        self.hand(devices, event, Outbound::push);
    }

    /// Likewise of an event that is worth nothing later: connections that are behind do not get it.
    pub fn to_devices_in_passing(&self, devices: impl Iterator<Item = DeviceId>, event: &Event) {
        self.hand(devices, event, Outbound::push_in_passing);
    }

    fn hand(
        &self,
        devices: impl Iterator<Item = DeviceId>,
        event: &Event,
        push: impl Fn(&Outbound, Utf8Bytes),
    ) {
        let connected = self.lock();
        let receivers = devices.filter_map(|device| connected.devices.get(&device));
        let receivers = receivers
            .map(|(_, outbound)| Arc::clone(outbound))
            .collect::<Vec<_>>();
        drop(connected);
        if receivers.is_empty() {
            return;
        }
        let Some(frame) = event_frame(event) else { return };
        for outbound in receivers {
            push(&outbound, frame.clone());
        }
    }

    /// An event for everybody.
    pub fn to_all(&self, event: &Event) {
        let devices: Vec<_> = self.lock().devices.keys().copied().collect();
        self.to_devices(devices.into_iter(), event);
    }

    /// An event for all devices of a user.
    pub fn to_user(&self, user_id: UserId, event: &Event) {
        let devices = self.lock().users.get(&user_id).cloned().unwrap_or_default();
        self.to_devices(devices.into_iter(), event);
    }

    /// An event for the other devices of a user.
    pub fn to_user_except(&self, user_id: UserId, device_id: DeviceId, event: &Event) {
        let devices = self.lock().users.get(&user_id).cloned().unwrap_or_default();
        self.to_devices(devices.into_iter().filter(|other| *other != device_id), event);
    }

    /// Ends all connections, and takes no more; returns when all have ended.
    pub async fn stop(&self) {
        {
            let connected = self.lock();
            self.stopping.store(true, Ordering::SeqCst);
            for (_, outbound) in connected.devices.values() {
                outbound.close(ByeReason::Restart);
            }
        }
        loop {
            let ended = self.ended.notified();
            if self.lock().devices.is_empty() {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connected> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn event_frame(event: &Event) -> Option<Utf8Bytes> {
    frame(&ServerFrame::Event(Box::new(event.clone())))
}

/// A frame as text.
pub fn frame(frame: &ServerFrame) -> Option<Utf8Bytes> {
    match serde_json::to_string(frame) {
        Ok(text) => Some(text.into()),
        Err(error) => {
            tracing::error!(error = %error, "a frame cannot be written down");
            None
        }
    }
}
