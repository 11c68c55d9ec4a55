use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::{PublicKey, Signature, SignatureError, signed_bytes};
use crate::{
    Bytes, DeviceId, Millis, UserId,
    encoding::{Reader, Writer},
    limits::{MAX_DEVICE_NAME_LEN, MAX_DEVICES_PER_USER},
};

/// One device of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedDevice {
    /// The device.
    pub device_id: DeviceId,
    /// Its key.
    pub device_key: PublicKey,
    /// What the person calls it; up to [`MAX_DEVICE_NAME_LEN`] bytes.
    pub name: String,
    /// When it was added.
    pub added_at: Millis,
}

/// All live devices of a user, as the AIK states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceListBody {
    /// The user.
    pub user_id: UserId,
    /// The AIK that signs.
    pub aik: PublicKey,
    /// Rises by one with each list; contacts refuse one that goes backwards.
    pub version: u64,
    /// [`DeviceList::hash`] of the list before; zeros in the first.
    pub previous: [u8; 32],
    /// When it was signed. Nobody judges it yet.
    pub signed_at: Millis,
    /// The devices, at most [`MAX_DEVICES_PER_USER`].
    pub devices: Vec<ListedDevice>,
}

/// A signed device list; parsed once, its signature by the AIK *named in it* is checked as it is parsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub struct DeviceList {
    body: DeviceListBody,
    signature: Signature,
}

impl DeviceList {
    /// Label under which an AIK signs device lists.
    pub const LABEL: &'static str = "Conclave 1.0 device list";

    /// Makes a list; `sign` gets the bytes to be signed by the AIK.
    pub fn issue(body: DeviceListBody, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let signature = Signature(sign(&signed_bytes(Self::LABEL, &body.encode())));
        Self { body, signature }
    }

    /// Parses and checks the signature.
    pub fn decode(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut reader = Reader::new(bytes);
        let parsed = (|| {
            let body = DeviceListBody::read(&mut reader)?;
            let signature = Signature(reader.fixed()?);
            reader.end()?;
            Some(Self { body, signature })
        })();
        let list = parsed.ok_or(SignatureError::Malformed)?;
        list.body
            .aik
            .check_signature(Self::LABEL, &list.body.encode(), &list.signature)?;
        Ok(list)
    }

    /// The bytes that [`DeviceList::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.body.encode();
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// SHA-256 of the encoding: what the next list names as `previous`.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    /// What the AIK said.
    pub fn body(&self) -> &DeviceListBody {
        &self.body
    }

    /// Whether this is the list that comes right after `before`: same user and AIK, next version, its hash.
    pub fn follows(&self, before: &Self) -> bool {
        let (new, old) = (&self.body, &before.body);
        new.user_id == old.user_id
            && new.aik == old.aik
            && Some(new.version) == old.version.checked_add(1)
            && new.previous == before.hash()
    }
}

impl DeviceListBody {
    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer
            .fixed(self.user_id.as_bytes())
            .fixed(self.aik.as_bytes())
            .u64(self.version)
            .fixed(&self.previous)
            .u64(self.signed_at.0)
            .u8(u8::try_from(self.devices.len()).unwrap_or(u8::MAX));
        for device in &self.devices {
            writer
                .fixed(device.device_id.as_bytes())
                .fixed(device.device_key.as_bytes())
                .vec16(device.name.as_bytes())
                .u64(device.added_at.0);
        }
        writer.finish()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let user_id = UserId::from_slice(&reader.fixed::<16>()?)?;
        let aik = PublicKey::from_slice(&reader.fixed::<32>()?).ok()?;
        let version = reader.u64()?;
        let previous = reader.fixed()?;
        let signed_at = Millis(reader.u64()?);
        let count = usize::from(reader.u8()?);
        if count > MAX_DEVICES_PER_USER {
            return None;
        }
        let devices = (0..count)
            .map(|_| ListedDevice::read(reader))
            .collect::<Option<Vec<_>>>()?;
        // Of two with one id or key, neither could be revoked alone.
        let ids: BTreeSet<_> = devices.iter().map(|device| device.device_id).collect();
        let keys: BTreeSet<_> = devices
            .iter()
            .map(|device| *device.device_key.as_bytes())
            .collect();
        if ids.len() < count || keys.len() < count {
            return None;
        }
        Some(Self {
            user_id,
            aik,
            version,
            previous,
            signed_at,
            devices,
        })
    }
}

impl ListedDevice {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let device_id = DeviceId::from_slice(&reader.fixed::<16>()?)?;
        let device_key = PublicKey::from_slice(&reader.fixed::<32>()?).ok()?;
        let name = std::str::from_utf8(reader.vec16()?).ok()?;
        if name.len() > MAX_DEVICE_NAME_LEN {
            return None;
        }
        Some(Self {
            device_id,
            device_key,
            name: name.to_owned(),
            added_at: Millis(reader.u64()?),
        })
    }
}

impl TryFrom<Bytes> for DeviceList {
    type Error = SignatureError;
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        Self::decode(&bytes.0)
    }
}

impl From<DeviceList> for Bytes {
    fn from(list: DeviceList) -> Self {
        Self(list.encode())
    }
}
