//! How many bodies go to and fro for one device at a time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use protocol::DeviceId;

use crate::{
    failure::{Failure, refuse_for_now},
    limits::{MAX_TRANSFERS_PER_DEVICE, TRANSFER_RETRY_MS},
};

/// Counts for each device; nothing is kept of who transfers nothing.
#[derive(Clone, Default)]
pub struct Transfers(Arc<Mutex<HashMap<DeviceId, usize>>>);

/// A place; given back when dropped.
pub struct Transfer {
    device_id: DeviceId,
    counts: Transfers,
}

impl Transfers {
    /// Takes a place, or says that all are taken.
    pub fn take(&self, device_id: DeviceId) -> Result<Transfer, Failure> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(device_id).or_default();
        if *count >= MAX_TRANSFERS_PER_DEVICE {
            return Err(refuse_for_now(TRANSFER_RETRY_MS));
        }
        *count += 1;
        Ok(Transfer {
            device_id,
            counts: self.clone(),
        })
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.device_id) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.device_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_so_many_places_and_gets_them_back() {
        let transfers = Transfers::default();
        let (alice, bob) = (DeviceId::from_random([1; 16]), DeviceId::from_random([2; 16]));
        let taken: Vec<_> = (0..MAX_TRANSFERS_PER_DEVICE)
            .map(|_| transfers.take(alice).unwrap())
            .collect();
        assert!(transfers.take(alice).is_err());
        assert!(transfers.take(bob).is_ok());
        drop(taken);
        assert!(transfers.take(alice).is_ok());
        assert!(transfers.0.lock().unwrap().is_empty());
    }
}
