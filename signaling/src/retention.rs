//! What happens of its own accord: trimming, and time for calls.

use std::sync::{Arc, PoisonError};

use protocol::RoomId;
use tokio::{
    select,
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    app::App,
    blobs,
    failure::{Failure, causes},
    guests,
    limits::{CALLS_STEP, RETENTION_STEP, SWEEP_STEP},
    rooms, sessions,
    store::Written,
};

/// Starts the tasks that run until `stop` says true.
pub fn start(app: &Arc<App>, stop: &watch::Receiver<bool>) {
    tokio::spawn(until(stop.clone(), keep_trimming(Arc::clone(app))));
    tokio::spawn(until(stop.clone(), keep_calls_going(Arc::clone(app))));
    tokio::spawn(until(stop.clone(), keep_sweeping(Arc::clone(app))));
    let outbox = Arc::clone(app);
    tokio::spawn(until(stop.clone(), async move {
        outbox.call_outbox.run(&outbox).await
    }));
}

async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    select! {
        () = work => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn keep_trimming(app: Arc<App>) {
    if let Err(error) = mark_all(&app).await {
        tracing::error!(
            error = causes(&error),
            "rooms are not trimmed until something is acknowledged in them"
        );
    }
    let mut step = interval(RETENTION_STEP);
    step.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        step.tick().await;
        if let Err(error) = trim_once(&app).await {
            tracing::error!(error = causes(&error), "trimming failed; it is tried again");
        }
        if let Err(error) = app.policies.look(&app).await {
            tracing::error!(
                error = causes(&error),
                "policies were not read; it is tried again"
            );
        }
    }
}

async fn mark_all(app: &App) -> Result<(), Failure> {
    let mut connection = app.store.read().await?;
    Ok(app.dirty_rooms.mark_all(&mut connection).await?)
}

/// One round (R56): what is acknowledged, expired or too old goes, rooms whose time is over (R38), and blobs with them
/// (R44).
pub async fn trim_once(app: &Arc<App>) -> Result<(), Failure> {
    rooms::end_due(app).await?;
    let mut dirty = app.dirty_rooms.take().into_iter();
    while let Some(room_id) = dirty.next() {
        if let Err(failure) = trim_room(app, room_id).await {
            std::iter::once(room_id)
                .chain(dirty)
                .for_each(|room_id| app.dirty_rooms.mark(room_id));
            return Err(failure);
        }
    }
    let now = app.clock.now();
    while app
        .store
        .write(move |connection| {
            Box::pin(async move { Ok(Written::answer(rooms::delete_aged(connection, now).await?)) })
        })
        .await?
    {}
    app.store
        .write(move |connection| {
            Box::pin(async move {
                rooms::delete_orphans(connection).await?;
                sessions::delete_expired(connection, now).await?;
                guests::delete_expired(connection, now).await?;
                Ok(Written::answer(()))
            })
        })
        .await?;
    blobs::expire(app).await
}

/// In steps of their own, so that messages get in between.
async fn trim_room(app: &App, room_id: RoomId) -> Result<(), Failure> {
    while app
        .store
        .write(move |connection| {
            Box::pin(async move { Ok(Written::answer(rooms::trim(connection, room_id).await?)) })
        })
        .await?
    {}
    Ok(())
}

/// The first time at the start: a stop may have left something.
async fn keep_sweeping(app: Arc<App>) {
    let mut step = interval(SWEEP_STEP);
    step.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        step.tick().await;
        if let Err(error) = blobs::sweep(&app).await {
            tracing::error!(error = causes(&error), "blobs were not swept; it is tried again");
        }
    }
}

/// Without a call this costs one look at an empty list.
async fn keep_calls_going(app: Arc<App>) {
    let mut step = interval(CALLS_STEP);
    step.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        step.tick().await;
        let now = app.clock.now();
        app.calls.lock().unwrap_or_else(PoisonError::into_inner).tick(now);
    }
}
