use ed25519_dalek::{Signer as _, SigningKey};
use openmls::prelude::{
    Capabilities, Ciphersuite, Credential, CredentialType, CredentialWithKey, ExtensionType, Lifetime,
    OpenMlsProvider, SignatureScheme,
};
use openmls_traits::signatures::{Signer, SignerError};
use protocol::{
    identity::{CREDENTIAL_GUEST, Certificate, PublicKey, Signature},
    room_settings::ROOM_SETTINGS_EXTENSION,
};

use super::{crypto::SuiteCrypto, storage::MlsStorage};
use crate::random::Random;

/// The suite of all groups (hybrid post-quantum; its code point 0x004E is provisional).
pub(super) const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;

/// Name of [`SUITE`], for people.
pub(crate) const SUITE_NAME: &str = "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519";

/// What OpenMLS works with: cipher, the core's generator, and a storage in memory.
pub(crate) struct Mls {
    crypto: SuiteCrypto,
    random: Random,
    storage: MlsStorage,
}

impl Mls {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            crypto: SuiteCrypto::new(random.clone()),
            random,
            storage: MlsStorage::default(),
        }
    }

    pub(crate) fn store(&self) -> &MlsStorage {
        &self.storage
    }
}

impl OpenMlsProvider for Mls {
    type CryptoProvider = SuiteCrypto;
    type RandProvider = Random;
    type StorageProvider = MlsStorage;

    fn storage(&self) -> &MlsStorage {
        &self.storage
    }

    fn crypto(&self) -> &SuiteCrypto {
        &self.crypto
    }

    fn rand(&self) -> &Random {
        &self.random
    }
}

/// The device's Ed25519 key, which signs its leaves and its sessions. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct DeviceKey(SigningKey);

impl DeviceKey {
    pub(crate) fn generate(random: &Random) -> Self {
        Self::from_secret(&random.array())
    }

    pub(crate) fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn public(&self) -> Option<PublicKey> {
        PublicKey::from_slice(self.0.verifying_key().as_bytes()).ok()
    }

    pub(crate) fn sign_bytes(&self, bytes: &[u8]) -> Signature {
        Signature(self.0.sign(bytes).to_bytes())
    }
}

impl Signer for DeviceKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

pub(super) fn credential(certificate: &Certificate) -> CredentialWithKey {
    CredentialWithKey {
        credential: Credential::new(
            CredentialType::from(certificate.credential_type()),
            certificate.encode(),
        ),
        signature_key: certificate.body().device_key.as_bytes().to_vec().into(),
    }
}

/// What every leaf of ours says it can: the one suite, the room settings, credentials of devices and of guests. (OpenMLS wants the
/// extensions of a key package, too, to be among those of its leaf.)
pub(super) fn capabilities() -> Capabilities {
    Capabilities::new(
        None,
        Some(&[SUITE]),
        Some(&[
            ExtensionType::Unknown(ROOM_SETTINGS_EXTENSION),
            ExtensionType::LastResort,
        ]),
        None,
        Some(&[CredentialType::Basic, CredentialType::Other(CREDENTIAL_GUEST)]),
    )
}

/// Never ends: the certificate's `not_after` does (see the module's documentation).
pub(super) fn lifetime() -> Lifetime {
    Lifetime::init(0, u64::MAX)
}
