//! Requests about ID videos.

use std::sync::Arc;

use protocol::{Code, Millis, socket::IdVideoPut};

use super::{rules, store};
use crate::{
    app::App,
    blobs,
    failure::{Failure, causes, refuse},
    sessions::Caller,
    store::Written,
};

/// Makes a blob the asker's ID video. The one before is over in the same transaction: from then on it is answered by 410,
/// and its bytes go at once; a stop in between leaves them to the next round of what has expired. Answers when that was.
pub async fn put(app: &Arc<App>, caller: Caller, request: IdVideoPut) -> Result<Millis, Failure> {
    let now = app.clock.now();
    app.rates.uploads.take(caller.device_id, 1, now)?;
    let before = app
        .store
        .write(move |connection| {
            Box::pin(async move {
                let before = store::of_user(connection, caller.user_id).await?;
                if let Some(blob_id) = request.blob_id {
                    let found = blobs::blob(connection, blob_id).await?;
                    let own_room = store::own_room(connection, caller.user_id).await?;
                    let (Some(blob), Some(own_room)) = (found, own_room) else {
                        return Err(refuse(Code::NotFound, "there is no such blob"));
                    };
                    if before == Some(blob_id) {
                        return Ok(Written::answer(None));
                    }
                    blobs::check_kept(&blob, now)?;
                    rules::check_video(&blob, own_room)?;
                }
                store::put(
                    connection,
                    caller.user_id,
                    request.blob_id,
                    rules::over_since(now),
                )
                .await?;
                Ok(Written::answer(before))
            })
        })
        .await?;
    if let Some(blob_id) = before
        && let Err(error) = blobs::empty(app, blob_id).await
    {
        tracing::error!(blob.id = %blob_id, error = causes(&error), "a replaced ID video is still on the disk");
    }
    Ok(now)
}
