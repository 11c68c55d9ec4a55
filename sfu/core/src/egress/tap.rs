//! Takes the SRTP keys out of a DTLS handshake that `str0m` runs.
//!
//! `str0m` never sees them: it holds no SRTP context, so that it can send no packet of its own under a number that we
//! use as well. It goes on with SDP, ICE and DTLS.

use std::{
    cell::RefCell,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Instant,
};

use str0m::crypto::{
    CryptoError, CryptoProvider,
    dtls::{
        DtlsCert, DtlsImplError, DtlsInstance, DtlsOutput, DtlsProvider, DtlsVersion, KeyingMaterial,
        ProtocolVersion, SrtpProfile,
    },
    from_feature_flags,
};
use zeroize::Zeroizing;

/// Which AEAD a connection uses (RFC 7714).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Gcm128,
    Gcm256,
}

impl Profile {
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Gcm128 => 16,
            Self::Gcm256 => 32,
        }
    }
}

/// Length in bytes of a master salt (RFC 7714 §12).
pub(crate) const SALT_LEN: usize = 12;

/// Master key and master salt of one direction.
pub(crate) struct Master {
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) salt: Zeroizing<[u8; SALT_LEN]>,
}

/// What a handshake agreed on.
pub(crate) struct SrtpKeys {
    pub(crate) profile: Profile,
    /// Of what we send.
    pub(crate) ours: Master,
    /// Of what the client sends.
    pub(crate) theirs: Master,
}

impl SrtpKeys {
    /// Takes the exported material apart (RFC 5764 §4.2): the client's key, the server's, the client's salt, the
    /// server's. Nothing where the profile is none of ours, or the length does not fit.
    fn split(material: &[u8], profile: SrtpProfile, we_are_client: bool) -> Option<Self> {
        let profile = match profile {
            SrtpProfile::AEAD_AES_128_GCM => Profile::Gcm128,
            SrtpProfile::AEAD_AES_256_GCM => Profile::Gcm256,
            _ => return None,
        };
        let (client_key, rest) = material.split_at_checked(profile.key_len())?;
        let (server_key, rest) = rest.split_at_checked(profile.key_len())?;
        let (client_salt, server_salt) = rest.split_at_checked(SALT_LEN)?;
        let master = |key: &[u8], salt: &[u8]| {
            Some(Master {
                key: Zeroizing::new(key.to_vec()),
                salt: Zeroizing::new(salt.try_into().ok()?),
            })
        };
        let (client, server) = (master(client_key, client_salt)?, master(server_key, server_salt)?);
        let (ours, theirs) = if we_are_client {
            (client, server)
        } else {
            (server, client)
        };
        Some(Self {
            profile,
            ours,
            theirs,
        })
    }
}

/// Where the keys of one connection arrive.
#[derive(Clone, Default)]
pub(crate) struct KeyTap(Arc<Mutex<Option<SrtpKeys>>>);

impl std::fmt::Debug for KeyTap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyTap")
    }
}

impl KeyTap {
    /// Runs `build`, which makes one connection with [`provider`]; returns it with the tap of its handshake. Nothing where
    /// it made none.
    pub(crate) fn of<R>(build: impl FnOnce() -> R) -> (R, Option<Self>) {
        MADE.set(None);
        let built = build();
        (built, MADE.take())
    }

    /// The keys, once they are there; they are given once.
    pub(crate) fn take(&self) -> Option<SrtpKeys> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, keys: SrtpKeys) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }
}

thread_local! {
    /// The tap of the connection that this thread made last: providers are shared by all, and know of no connection.
    static MADE: RefCell<Option<KeyTap>> = const { RefCell::new(None) };
}

/// The primitives that `str0m` uses by itself, with a tap at its DTLS.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        Arc::new(CryptoProvider {
            dtls_provider: &TappedProvider,
            ..from_feature_flags()
        })
    });
    PROVIDER.clone()
}

#[derive(Debug)]
struct TappedProvider;

impl DtlsProvider for TappedProvider {
    fn generate_certificate(&self) -> Option<DtlsCert> {
        from_feature_flags().dtls_provider.generate_certificate()
    }

    fn new_dtls(
        &self,
        cert: &DtlsCert,
        now: Instant,
        dtls_version: DtlsVersion,
        mtu: Option<usize>,
    ) -> Result<Box<dyn DtlsInstance>, CryptoError> {
        let dtls = from_feature_flags()
            .dtls_provider
            .new_dtls(cert, now, dtls_version, mtu)?;
        let tap = KeyTap::default();
        MADE.set(Some(tap.clone()));
        Ok(Box::new(TappedDtls { dtls, tap, now }))
    }
}

#[derive(Debug)]
struct TappedDtls {
    dtls: Box<dyn DtlsInstance>,
    tap: KeyTap,
    now: Instant,
}

impl TappedDtls {
    fn keep(&self, material: &KeyingMaterial, profile: SrtpProfile) {
        match SrtpKeys::split(material, profile, self.dtls.is_active()) {
            Some(keys) => self.tap.put(keys),
            None => tracing::warn!(?profile, "a client has no SRTP profile that we have"),
        }
    }
}

impl DtlsInstance for TappedDtls {
    fn set_active(&mut self, active: bool) {
        self.dtls.set_active(active);
    }

    fn handle_packet(&mut self, packet: &[u8]) -> Result<(), DtlsImplError> {
        self.dtls.handle_packet(packet)
    }

    fn poll_output<'a>(&mut self, buf: &'a mut [u8]) -> DtlsOutput<'a> {
        match self.dtls.poll_output(buf) {
            DtlsOutput::KeyingMaterial(material, profile) => {
                self.keep(&material, profile);
                // It comes back for the rest at once.
                DtlsOutput::Timeout(self.now)
            }
            output => output,
        }
    }

    fn handle_timeout(&mut self, now: Instant) -> Result<(), DtlsImplError> {
        self.now = now;
        self.dtls.handle_timeout(now)
    }

    fn send_application_data(&mut self, data: &[u8]) -> Result<usize, DtlsImplError> {
        self.dtls.send_application_data(data)
    }

    fn is_active(&self) -> bool {
        self.dtls.is_active()
    }

    fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.dtls.protocol_version()
    }

    fn is_closing(&self) -> bool {
        self.dtls.is_closing()
    }

    fn is_closed(&self) -> bool {
        self.dtls.is_closed()
    }

    fn close(&mut self) -> Result<(), DtlsImplError> {
        self.dtls.close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn material_is_taken_apart_by_the_role() {
        let material: Vec<u8> = (0..56).collect();
        let keys = SrtpKeys::split(&material, SrtpProfile::AEAD_AES_128_GCM, false).unwrap();
        assert_eq!(keys.profile, Profile::Gcm128);
        assert_eq!(*keys.theirs.key, (0..16).collect::<Vec<u8>>());
        assert_eq!(*keys.ours.key, (16..32).collect::<Vec<u8>>());
        assert_eq!(keys.theirs.salt.as_slice(), (32..44).collect::<Vec<u8>>());
        assert_eq!(keys.ours.salt.as_slice(), (44..56).collect::<Vec<u8>>());
        let keys = SrtpKeys::split(&material, SrtpProfile::AEAD_AES_128_GCM, true).unwrap();
        assert_eq!(*keys.ours.key, (0..16).collect::<Vec<u8>>());
        assert!(SrtpKeys::split(&material, SrtpProfile::AEAD_AES_256_GCM, true).is_none());
        assert!(SrtpKeys::split(&material, SrtpProfile::AES128_CM_SHA1_80, true).is_none());
    }
}
