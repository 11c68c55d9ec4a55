//! The device's own stock of key packages: what others need to add it while it is offline.

use protocol::{
    Bytes, Millis,
    identity::Certificate,
    limits::{KEY_PACKAGES_LOW, KEY_PACKAGES_PER_DEVICE},
};
use serde::{Deserialize, Serialize};

use crate::{
    group::{DeviceKey, FreshKeyPackage, Mls},
    limits::{KEY_PACKAGE_LIFE_MS, LAST_RESORT_LIFE_MS},
    store::{BadRecord, Loaded, Store, take_one},
};

const RECORD: &str = "key_packages";

/// Key packages whose secrets this device holds.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct KeyPackages {
    made: Vec<Made>,
    /// The one of last resort was used: it is replaced as soon as possible.
    used_last_resort: bool,
    #[serde(skip)]
    pub(crate) sending: bool,
}

#[derive(Serialize, Deserialize)]
struct Made {
    reference: serde_bytes::ByteBuf,
    at: Millis,
    last_resort: bool,
}

/// Key packages for the server.
#[derive(Default)]
pub(crate) struct Stock {
    pub(crate) key_packages: Vec<Bytes>,
    pub(crate) last_resort: Option<Bytes>,
}

/// Who makes key packages, and when.
pub(crate) struct Maker<'a> {
    pub(crate) mls: &'a Mls,
    pub(crate) key: &'a DeviceKey,
    pub(crate) certificate: &'a Certificate,
    pub(crate) now: Millis,
}

impl KeyPackages {
    pub(crate) fn load(loaded: &mut Loaded) -> Result<Self, BadRecord> {
        Ok(take_one(loaded, RECORD)?.unwrap_or_default())
    }

    /// Forgets all, as their secrets are gone.
    pub(crate) fn reset(&mut self) {
        self.made.clear();
        self.used_last_resort = true;
    }

    pub(crate) fn last_resort_used(&mut self, store: &mut Store) {
        self.used_last_resort = true;
        store.put(RECORD, self);
    }

    /// The stock for a server that has `left` of this device; nothing where that is enough.
    pub(crate) fn refill(
        &mut self,
        store: &mut Store,
        maker: Maker<'_>,
        left: usize,
        full: usize,
    ) -> Option<Stock> {
        let Maker {
            mls,
            key,
            certificate,
            now,
        } = maker;
        self.forget_old(mls, now);
        let full = full.min(KEY_PACKAGES_PER_DEVICE);
        let count = if left < full.min(KEY_PACKAGES_LOW) {
            full.saturating_sub(left)
        } else {
            0
        };
        let last = self.made.iter().rev().find(|made| made.last_resort);
        let last_resort =
            self.used_last_resort || last.is_none_or(|made| now.since(made.at) >= LAST_RESORT_LIFE_MS);
        if count == 0 && !last_resort {
            return None;
        }
        let mut make = |last_resort| {
            let fresh = FreshKeyPackage::make(mls, key, certificate, last_resort);
            let fresh = fresh
                .inspect_err(|error| tracing::error!(%error, "cannot make a key package"))
                .ok()?;
            self.made.push(Made {
                reference: fresh.reference.into(),
                at: now,
                last_resort,
            });
            Some(Bytes(fresh.bytes))
        };
        let key_packages = (0..count).map_while(|_| make(false)).collect();
        let last_resort = if last_resort { make(true) } else { None };
        self.used_last_resort = false;
        store.put(RECORD, self);
        Some(Stock {
            key_packages,
            last_resort,
        })
    }

    fn forget_old(&mut self, mls: &Mls, now: Millis) {
        self.made.retain(|made| {
            let old = now.since(made.at) >= KEY_PACKAGE_LIFE_MS;
            if old {
                FreshKeyPackage::forget(mls, &made.reference);
            }
            !old
        });
    }
}
