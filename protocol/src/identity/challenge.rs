use super::keys::{PublicKey, Signature, SignatureError, signed_bytes};
use crate::{DeviceId, encoding::Writer};

/// What a device signs to open or renew a session.
pub struct SessionChallenge {
    /// The device that signs.
    pub device_id: DeviceId,
    /// Drawn by the server, single use.
    pub nonce: [u8; 32],
}

impl SessionChallenge {
    /// Label under which a device key signs challenges.
    pub const LABEL: &'static str = "Conclave 1.0 session challenge";

    /// The bytes that the device key signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        signed_bytes(Self::LABEL, &self.body())
    }

    /// Checks a device's answer.
    pub fn check_signature(
        &self,
        device_key: &PublicKey,
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        device_key.check_signature(Self::LABEL, &self.body(), signature)
    }

    fn body(&self) -> Vec<u8> {
        Writer::default()
            .fixed(self.device_id.as_bytes())
            .fixed(&self.nonce)
            .finish()
    }
}
