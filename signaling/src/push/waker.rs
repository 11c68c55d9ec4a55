//! Who is woken, and how often.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use protocol::{
    Bytes, DeviceId, Millis, RoomId,
    push::{PushEndpoint, Wake},
};
use tokio::sync::Semaphore;

use super::{Courier, Pushed, store};
use crate::{
    app::App,
    failure::{Failure, causes},
    limits::{CALL_QUIET_MS, FAILED_QUIET_MS, MAX_PUSHES_AT_ONCE, MAX_WAKES_AT_ONCE, MESSAGE_QUIET_MS},
    store::Written,
};

/// Wakes devices.
#[derive(Debug)]
pub struct Waker {
    courier: Option<Arc<dyn Courier>>,
    /// When devices were woken last that did not come since. Not stored: it says when somebody was away.
    woken: Mutex<HashMap<DeviceId, Millis>>,
    pushes: Semaphore,
    wakes: AtomicUsize,
}

impl Waker {
    /// Without a courier it wakes nobody.
    pub fn new(courier: Option<Arc<dyn Courier>>) -> Self {
        Self {
            courier,
            woken: Mutex::default(),
            pushes: Semaphore::new(MAX_PUSHES_AT_ONCE),
            wakes: AtomicUsize::new(0),
        }
    }

    /// What browsers are told.
    pub fn key(&self) -> Option<Bytes> {
        self.courier.as_ref().map(|courier| courier.key())
    }

    /// Whether there is a push service at the address.
    pub fn serves(&self, endpoint: &PushEndpoint) -> bool {
        let courier = self.courier.as_ref();
        courier.is_some_and(|courier| courier.serves(endpoint))
    }

    /// The device is here: the next message that it misses wakes it at once.
    pub fn came(&self, device_id: DeviceId) {
        self.lock().remove(&device_id);
    }

    /// Wakes those of the devices that are not connected. Nobody waits for it.
    pub fn wake(app: &Arc<App>, room_id: RoomId, devices: impl Iterator<Item = DeviceId>, wake: Wake) {
        let waker = &app.waker;
        if waker.courier.is_none() || wake.is_nobody() {
            return;
        }
        let away = app.hub.away(devices);
        let now = app.clock.now();
        let asleep = waker.asleep(away, wake, now);
        if asleep.is_empty() {
            return;
        }
        if waker.wakes.fetch_add(1, Ordering::SeqCst) >= MAX_WAKES_AT_ONCE {
            waker.wakes.fetch_sub(1, Ordering::SeqCst);
            tracing::warn!("too many devices are being woken: some are not");
            return;
        }
        let app = Arc::clone(app);
        tokio::spawn(async move {
            if let Err(error) = app.waker.push_all(&app, room_id, &asleep, wake).await {
                tracing::warn!(error = causes(&error), "devices are not woken");
            }
            app.waker.wakes.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Whom it is time to wake; they count as woken from now on, so that what comes meanwhile does not wake them twice.
    fn asleep(&self, mut away: HashSet<DeviceId>, wake: Wake, now: Millis) -> HashSet<DeviceId> {
        let quiet = match wake {
            Wake::Call => CALL_QUIET_MS,
            _ => MESSAGE_QUIET_MS,
        };
        let mut woken = self.lock();
        woken.retain(|_, at| now.since(*at) < MESSAGE_QUIET_MS);
        away.retain(|device| woken.get(device).is_none_or(|at| now.since(*at) >= quiet));
        woken.extend(away.iter().map(|device| (*device, now)));
        away
    }

    async fn push_all(
        &self,
        app: &App,
        room_id: RoomId,
        asleep: &HashSet<DeviceId>,
        wake: Wake,
    ) -> Result<(), Failure> {
        let Some(courier) = &self.courier else {
            return Ok(());
        };
        let mut connection = app.store.read().await?;
        let found = store::woken_by(&mut connection, room_id).await?;
        drop(connection);
        let wanted: HashMap<DeviceId, PushEndpoint> = found
            .into_iter()
            .filter(|(device, _)| asleep.contains(device))
            .collect();
        // Whom this room does not wake, another one may.
        self.lock()
            .retain(|device, _| wanted.contains_key(device) || !asleep.contains(device));
        let pushes = wanted.into_iter();
        let pushes = pushes.map(|(device, endpoint)| self.push(app, courier, device, endpoint, wake));
        for pushed in futures_util::future::join_all(pushes).await {
            pushed?;
        }
        Ok(())
    }

    async fn push(
        &self,
        app: &App,
        courier: &Arc<dyn Courier>,
        device_id: DeviceId,
        endpoint: PushEndpoint,
        wake: Wake,
    ) -> Result<(), Failure> {
        let Ok(_permit) = self.pushes.acquire().await else {
            return Ok(());
        };
        let pushed = courier.push(endpoint.clone(), wake).await;
        let now = app.clock.now();
        // Who came meanwhile has a mark no more, and gets none.
        match pushed {
            Pushed::Taken => {}
            Pushed::Failed => {
                if let Some(at) = self.lock().get_mut(&device_id) {
                    *at = Millis(now.0.saturating_sub(MESSAGE_QUIET_MS - FAILED_QUIET_MS));
                }
            }
            Pushed::Gone => {
                self.lock().remove(&device_id);
                let forget = app.store.write(move |connection| {
                    Box::pin(async move {
                        store::forget(connection, device_id, &endpoint).await?;
                        Ok(Written::answer(()))
                    })
                });
                forget.await?;
            }
        }
        Ok(())
    }

    /// Whether nobody is being woken.
    #[cfg(test)]
    pub fn is_idle(&self) -> bool {
        self.wakes.load(Ordering::SeqCst) == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceId, Millis>> {
        self.woken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
