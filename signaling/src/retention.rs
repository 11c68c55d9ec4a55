//! What happens of its own accord: trimming, and time for calls.

use std::{sync::Arc, sync::PoisonError};

use tokio::{
    select,
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{
    app::App,
    failure::Failure,
    limits::{CALLS_STEP, RETENTION_STEP},
    rooms, sessions,
    store::Written,
};

/// Starts the tasks that run until `stop` says true.
pub fn start(app: &Arc<App>, stop: &watch::Receiver<bool>) {
    tokio::spawn(until(stop.clone(), keep_trimming(Arc::clone(app))));
    tokio::spawn(until(stop.clone(), keep_calls_going(Arc::clone(app))));
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
        tracing::error!(error = ?error, "rooms are not trimmed until something is acknowledged in them");
    }
    let mut step = interval(RETENTION_STEP);
    step.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        step.tick().await;
        if let Err(error) = trim_once(&app).await {
            tracing::error!(error = ?error, "trimming failed; it is tried again");
        }
    }
}

async fn mark_all(app: &App) -> Result<(), Failure> {
    let mut connection = app.store.read().await?;
    Ok(app.dirty_rooms.mark_all(&mut connection).await?)
}

/// One round (R56): what is acknowledged, expired or too old goes.
pub async fn trim_once(app: &Arc<App>) -> Result<(), Failure> {
    for room_id in app.dirty_rooms.take() {
        // Steps of their own, so that messages get in between.
        while app
            .store
            .write(move |connection| {
                Box::pin(async move { Ok(Written::answer(rooms::trim(connection, room_id).await?)) })
            })
            .await?
        {}
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
                Ok(Written::answer(()))
            })
        })
        .await
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
