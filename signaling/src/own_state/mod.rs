//! The user's own state: one sealed blob, written by compare-and-swap.

mod store;

use std::sync::Arc;

use protocol::{
    Code,
    limits::MAX_OWN_STATE_LEN,
    socket::{Event, OwnState},
};

pub use store::version;

use crate::{
    app::App,
    failure::{Failure, refuse},
    sessions::Caller,
    store::Written,
};

/// The current state; version 0 and empty where there is none.
pub async fn get(app: &App, caller: Caller) -> Result<OwnState, Failure> {
    let mut connection = app.store.read().await?;
    Ok(store::get(&mut connection, caller.user_id).await?)
}

/// Stores the next version.
pub async fn put(app: &Arc<App>, caller: Caller, state: OwnState) -> Result<(), Failure> {
    if state.blob.0.len() > MAX_OWN_STATE_LEN {
        return Err(refuse(Code::TooLarge, "the own state is too large"));
    }
    let announcer = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let version = state.version;
                if !store::put(connection, caller.user_id, &state).await? {
                    return Err(refuse(Code::Conflict, "another device was first"));
                }
                Ok(Written::then((), move || {
                    let event = Event::OwnStateChanged { version };
                    announcer
                        .hub
                        .to_user_except(caller.user_id, caller.device_id, &event);
                }))
            })
        })
        .await
}
