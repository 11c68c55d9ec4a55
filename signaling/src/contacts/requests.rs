//! Requests about contacts.

use std::sync::Arc;

use protocol::{
    Code,
    policies::Policies,
    socket::{ContactPut, ContactStanding, Event},
};

use super::{rules, store};
use crate::{
    app::App,
    failure::{Failure, refuse},
    people, policies, rooms,
    sessions::Caller,
    store::Written,
};

/// The policies of the asker's network.
pub async fn get_policies(app: &App, caller: Caller) -> Result<Policies, Failure> {
    let mut connection = app.store.read().await?;
    let found = policies::policies(&mut connection, caller.network_id).await?;
    Ok(found.unwrap_or_default())
}

/// Keeps how the asker stands with a contact. Both are told that something about their rooms changed; who declined whom is
/// nobody's to learn.
pub async fn put(app: &Arc<App>, caller: Caller, request: ContactPut) -> Result<(), Failure> {
    if request.user_id == caller.user_id {
        return Err(refuse(Code::Malformed, "nobody is one's own contact"));
    }
    app.rates.contacts.take(caller.device_id, 1, app.clock.now())?;
    let announcer = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let known = store::known_of(connection, caller.user_id).await?;
                let is_known = known.iter().any(|one| one.user_id == request.user_id);
                if request.standing != ContactStanding::Open && !is_known {
                    rules::check_count(known.len())?;
                    let person = people::person(connection, caller.network_id, request.user_id).await?;
                    if person.is_none() {
                        return Err(refuse(Code::NotFound, "there is no such user"));
                    }
                }
                store::put(connection, caller.user_id, request).await?;
                let shared = rooms::direct_rooms(connection, caller.user_id, request.user_id).await?;
                Ok(Written::then((), move || {
                    if shared.is_empty() {
                        return;
                    }
                    for user_id in [caller.user_id, request.user_id] {
                        announcer.hub.to_user(user_id, &Event::RoomsChanged);
                    }
                    for room_id in shared {
                        rooms::refresh_call(&announcer, room_id, caller.network_id);
                    }
                }))
            })
        })
        .await
}
