//! What a new device gets: all that it needs to be enrolled, and nothing of the account key's secret.

use protocol::{
    Bytes, DeviceId, Email, Millis,
    encoding::{Reader, Writer},
    identity::{Certificate, DeviceList, PublicKey},
};
use zeroize::Zeroizing;

use super::BadMessage;

/// The third message. Its key is wiped when dropped; the grant is good once, for minutes.
pub(crate) struct Bundle {
    /// Lets the device be enrolled, once.
    pub(crate) grant: Bytes,
    pub(crate) certificate: Certificate,
    /// Names the new device.
    pub(crate) device_list: DeviceList,
    pub(crate) own_state_key: Zeroizing<[u8; 32]>,
}

impl Bundle {
    pub(super) fn write(&self) -> Zeroizing<Vec<u8>> {
        let bytes = Writer::default()
            .vec16(&self.grant.0)
            .vec16(&self.certificate.encode())
            .vec16(&self.device_list.encode())
            .fixed(&self.own_state_key)
            .finish();
        Zeroizing::new(bytes)
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let bundle = Self {
            grant: Bytes(reader.vec16()?.to_vec()),
            certificate: Certificate::decode(reader.vec16()?).ok()?,
            device_list: DeviceList::decode(reader.vec16()?).ok()?,
            own_state_key: Zeroizing::new(reader.fixed()?),
        };
        reader.end().map(|()| bundle)
    }

    /// Whether it makes just this device one of the account that was shown, and nothing else.
    pub(crate) fn check(
        &self,
        device_id: DeviceId,
        device_key: PublicKey,
        email: &Email,
        now: Millis,
    ) -> Result<(), BadMessage> {
        let (body, list) = (self.certificate.body(), self.device_list.body());
        let certified = body.device_id == device_id
            && body.device_key == device_key
            && body.email == *email
            && body.not_after > now;
        let of_account = list.user_id == body.user_id && list.aik == body.aik;
        let named = list
            .devices
            .iter()
            .any(|listed| listed.device_id == device_id && listed.device_key == device_key);
        (certified && of_account && named && self.certificate.guest().is_none())
            .then_some(())
            .ok_or(BadMessage)
    }
}
