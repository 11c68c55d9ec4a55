//! Requests about being woken.

use std::sync::Arc;

use protocol::{Code, limits::MAX_SILENT_ROOMS, push::PushPut};

use super::store;
use crate::{
    app::App,
    failure::{Failure, refuse},
    sessions::Caller,
    store::Written,
};

/// Keeps how the asker's device is woken, in the place of what was kept before.
pub async fn put(app: &Arc<App>, caller: Caller, request: PushPut) -> Result<(), Failure> {
    if request.silent.len() > MAX_SILENT_ROOMS {
        return Err(refuse(Code::Full, "too many rooms"));
    }
    if let Some(endpoint) = &request.endpoint
        && !app.waker.serves(endpoint)
    {
        return Err(refuse(Code::Forbidden, "no push service that this server knows"));
    }
    app.rates.pushes.take(caller.device_id, 1, app.clock.now())?;
    app.store
        .write(move |connection| {
            Box::pin(async move {
                store::put(connection, caller.device_id, &request).await?;
                Ok(Written::answer(()))
            })
        })
        .await
}
