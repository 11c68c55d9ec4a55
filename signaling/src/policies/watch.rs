//! Noticing that an administrator changed policies, which `conclave admin` does beside the running service.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use protocol::{NetworkId, policies::Policies, socket::Event};

use super::store;
use crate::{app::App, failure::StoreError};

/// The policies as they were last seen.
#[derive(Default)]
pub struct Watch(Mutex<Option<HashMap<NetworkId, Policies>>>);

impl Watch {
    /// Looks at the policies, and tells the clients if they are others than before. Clients ask for their own network's.
    pub async fn look(&self, app: &App) -> Result<(), StoreError> {
        let found: HashMap<_, _> = {
            let mut connection = app.store.read().await?;
            store::all(&mut connection).await?.into_iter().collect()
        };
        let before = {
            let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.replace(found.clone())
        };
        if before.is_some_and(|before| before != found) {
            app.hub.to_all(&Event::PoliciesChanged);
        }
        Ok(())
    }
}
