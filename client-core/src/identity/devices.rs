//! Making and checking device lists.

use protocol::{
    DeviceId, Millis,
    identity::{CertificateBody, DeviceList, DeviceListBody, ListedDevice},
    limits::{MAX_DEVICE_NAME_LEN, MAX_DEVICES_PER_USER},
};

use super::Aik;

/// Why a list was not made or not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ListError {
    #[error("the device key is not usable")]
    BadKey,
    #[error("the list is signed by another account key")]
    OtherAik,
    #[error("the list is of another user")]
    OtherUser,
    #[error("the list is older than version {known}")]
    Backwards { known: u64 },
    #[error("there are two lists of version {version}")]
    Fork { version: u64 },
    #[error("the user has the most devices allowed")]
    TooManyDevices,
    #[error("there is no such device in the list")]
    NoSuchDevice,
    #[error("the list has the device, or its key, already")]
    Twice,
}

/// The list that has one device more than `current`.
pub(crate) fn with_device(
    aik: &Aik,
    device: &CertificateBody,
    device_name: &str,
    current: Option<&DeviceList>,
    now: Millis,
) -> Result<DeviceList, ListError> {
    let mut devices = current
        .map(|list| list.body().devices.clone())
        .unwrap_or_default();
    if devices.len() >= MAX_DEVICES_PER_USER {
        return Err(ListError::TooManyDevices);
    }
    // Of two with one id or key, neither could be revoked alone.
    let is_same = |listed: &ListedDevice| {
        listed.device_id == device.device_id || listed.device_key == device.device_key
    };
    if devices.iter().any(is_same) {
        return Err(ListError::Twice);
    }
    devices.push(ListedDevice {
        device_id: device.device_id,
        device_key: device.device_key,
        name: shorten(device_name),
        added_at: now,
    });
    Ok(next(aik, device.user_id, current, devices, now))
}

/// The list without one device.
pub(crate) fn without_device(
    aik: &Aik,
    current: &DeviceList,
    device_id: DeviceId,
    now: Millis,
) -> Result<DeviceList, ListError> {
    let mut devices = current.body().devices.clone();
    let before = devices.len();
    devices.retain(|device| device.device_id != device_id);
    if devices.len() == before {
        return Err(ListError::NoSuchDevice);
    }
    Ok(next(aik, current.body().user_id, Some(current), devices, now))
}

fn next(
    aik: &Aik,
    user_id: protocol::UserId,
    current: Option<&DeviceList>,
    devices: Vec<ListedDevice>,
    now: Millis,
) -> DeviceList {
    let body = DeviceListBody {
        user_id,
        aik: aik.public(),
        version: current.map_or(1, |list| list.body().version.saturating_add(1)),
        previous: current.map_or([0; 32], DeviceList::hash),
        signed_at: now,
        devices,
    };
    DeviceList::issue(body, |bytes| aik.sign(bytes))
}

/// Judges a list against the newest that one knows of the same user and account key: it may be the same, or come
/// later, and never go back or fork.
pub(crate) fn check_newer(known: &DeviceList, new: &DeviceList) -> Result<(), ListError> {
    let (old, body) = (known.body(), new.body());
    if body.user_id != old.user_id {
        return Err(ListError::OtherUser);
    }
    if body.aik != old.aik {
        return Err(ListError::OtherAik);
    }
    if body.version < old.version {
        return Err(ListError::Backwards { known: old.version });
    }
    let next = old.version.saturating_add(1);
    let same_but_other = body.version == old.version && new.hash() != known.hash();
    if same_but_other || (body.version == next && !new.follows(known)) {
        return Err(ListError::Fork {
            version: body.version,
        });
    }
    Ok(())
}

/// Cuts at a character, so that the list stays readable for everybody.
fn shorten(name: &str) -> String {
    let mut end = name.len().min(MAX_DEVICE_NAME_LEN);
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    name.get(..end).unwrap_or_default().to_owned()
}
