use openmls::prelude::{
    KeyPackage, KeyPackageIn, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider as _,
    ProtocolVersion,
    tls_codec::{DeserializeBytes as _, Serialize as _},
};
use openmls_traits::storage::StorageProvider as _;
use protocol::identity::Certificate;

use super::{
    crypto::is_usable_key,
    provider::{DeviceKey, Mls, SUITE, capabilities, credential, lifetime},
    reading::{has_usable_key, leaf_certificate},
    rules::RuleError,
};

/// A key package that was just made; its secrets are in the storage under `reference`.
pub(crate) struct FreshKeyPackage {
    /// MLSMessage(KeyPackage).
    pub(crate) bytes: Vec<u8>,
    /// TLS-encoded `KeyPackageRef`.
    pub(crate) reference: Vec<u8>,
}

/// A key package of another device, its signature and structure checked.
#[derive(Clone)]
pub(crate) struct OthersKeyPackage {
    pub(super) inner: KeyPackage,
    /// As it came, to parse it again later.
    pub(crate) bytes: Vec<u8>,
    /// Certificate of its leaf; whether it is the right one is for the caller to judge.
    pub(crate) certificate: Certificate,
}

/// Why a key package was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyPackageError {
    #[error("the key package cannot be read")]
    Malformed,
    #[error("the key package is invalid: {0}")]
    Invalid(String),
    #[error("the key package is of another suite")]
    OtherSuite,
    #[error("nobody can encrypt to the keys of the key package")]
    UnusableKey,
    #[error("the key package is not of device {device_id} as its user's account key certifies it")]
    Foreign { device_id: protocol::DeviceId },
    #[error("the leaf of the key package: {0}")]
    Leaf(#[from] RuleError),
}

impl FreshKeyPackage {
    pub(crate) fn make(
        mls: &Mls,
        key: &DeviceKey,
        certificate: &Certificate,
        last_resort: bool,
    ) -> Result<Self, KeyPackageError> {
        let invalid = |error: &dyn std::fmt::Display| KeyPackageError::Invalid(error.to_string());
        let mut builder = KeyPackage::builder()
            .leaf_node_capabilities(capabilities())
            .key_package_lifetime(lifetime());
        if last_resort {
            builder = builder.mark_as_last_resort();
        }
        let bundle = builder
            .build(SUITE, mls, key, credential(certificate))
            .map_err(|e| invalid(&e))?;
        let reference = bundle
            .key_package()
            .hash_ref(mls.crypto())
            .map_err(|e| invalid(&e))?
            .tls_serialize_detached()
            .map_err(|e| invalid(&e))?;
        let bytes = MlsMessageOut::from(bundle.into_key_package())
            .to_bytes()
            .map_err(|e| invalid(&e))?;
        Ok(Self { bytes, reference })
    }

    /// Forgets the secrets of a key package that will not be used any more.
    pub(crate) fn forget(mls: &Mls, reference: &[u8]) {
        if let Ok(reference) = openmls::prelude::KeyPackageRef::tls_deserialize_exact_bytes(reference) {
            // Our storage does not fail on deleting.
            let _ = mls.storage().delete_key_package(&reference);
        }
    }
}

impl OthersKeyPackage {
    pub(crate) fn parse(mls: &Mls, bytes: &[u8]) -> Result<Self, KeyPackageError> {
        let message =
            MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(|_| KeyPackageError::Malformed)?;
        let MlsMessageBodyIn::KeyPackage(key_package) = message.extract() else {
            return Err(KeyPackageError::Malformed);
        };
        let key_package: KeyPackageIn = key_package;
        let inner = key_package
            .validate(mls.crypto(), ProtocolVersion::Mls10)
            .map_err(|error| KeyPackageError::Invalid(error.to_string()))?;
        if inner.ciphersuite() != SUITE {
            return Err(KeyPackageError::OtherSuite);
        }
        let leaf = inner.leaf_node();
        if !has_usable_key(leaf) || !is_usable_key(inner.hpke_init_key().as_slice()) {
            return Err(KeyPackageError::UnusableKey);
        }
        let certificate = leaf_certificate(leaf.credential(), leaf.signature_key().as_slice())?;
        Ok(Self {
            inner,
            bytes: bytes.to_vec(),
            certificate,
        })
    }
}
