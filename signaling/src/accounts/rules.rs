//! What a new device and its account must look like.

use protocol::{
    Code, DeviceId, Email, Millis, NetworkId, Problem, UserId,
    accounts::NewDevice,
    identity::{DeviceList, PublicKey},
    limits::{
        CERTIFICATE_LIFE_MS, KEY_PACKAGES_PER_DEVICE, MAX_DEVICES_PER_USER, MAX_KEY_PACKAGE_LEN,
        MAX_NAME_LEN, MAX_SEALED_AIK_LEN,
    },
};

use crate::limits::CLOCK_SKEW_MS;

/// Whose device it is to be.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The user.
    pub user_id: UserId,
    /// The user's network.
    pub network_id: NetworkId,
    /// The user's ID.
    pub email: Email,
    /// The user's account identity key.
    pub aik: PublicKey,
}

/// Checks a new device against its owner and the device list before it (nothing at registration).
pub fn check_new_device(
    owner: &Owner,
    before: Option<&DeviceList>,
    device: &NewDevice,
    now: Millis,
) -> Result<(), Problem> {
    let body = device.certificate.body();
    let certified = body.user_id == owner.user_id
        && body.network_id == owner.network_id
        && body.email == owner.email
        && body.aik == owner.aik;
    if !certified {
        return Err(Problem::new(
            Code::BadSignature,
            "the certificate is not of this user",
        ));
    }
    if body.not_after <= now || body.not_after > now.plus(CERTIFICATE_LIFE_MS + CLOCK_SKEW_MS) {
        return Err(Problem::new(
            Code::BadSignature,
            "the certificate's life is not as it should be",
        ));
    }
    check_list(owner, before, &device.device_list)?;
    let listed = device
        .device_list
        .body()
        .devices
        .iter()
        .find(|listed| listed.device_id == body.device_id);
    if listed.is_none_or(|listed| listed.device_key != body.device_key) {
        return Err(Problem::new(
            Code::BadSignature,
            "the device list does not have the device",
        ));
    }
    check_others(before, &device.device_list, Some(body.device_id))?;
    check_key_packages(&device.key_packages)?;
    check_key_packages(std::slice::from_ref(&device.last_resort))
}

/// Checks that a list comes right after the one before, and is of this user.
pub fn check_list(owner: &Owner, before: Option<&DeviceList>, list: &DeviceList) -> Result<(), Problem> {
    let body = list.body();
    if body.user_id != owner.user_id || body.aik != owner.aik {
        return Err(Problem::new(
            Code::BadSignature,
            "the device list is not of this user",
        ));
    }
    match before {
        Some(before) if !list.follows(before) => Err(Problem::new(
            Code::Conflict,
            "the device list does not follow the current one",
        )),
        None if body.version != 1 || body.previous != [0; 32] => Err(Problem::new(
            Code::BadSignature,
            "the first device list must have version 1",
        )),
        _ => Ok(()),
    }
}

/// Checks that a list names no device but those of the list before, and `new`. Each device once, with the key
/// that it had.
pub fn check_others(
    before: Option<&DeviceList>,
    list: &DeviceList,
    new: Option<DeviceId>,
) -> Result<(), Problem> {
    let known = before
        .map(|before| before.body().devices.as_slice())
        .unwrap_or_default();
    if new.is_some() && known.len() >= MAX_DEVICES_PER_USER && list.body().devices.len() >= known.len() {
        return Err(Problem::new(Code::TooManyDevices, "remove a device first"));
    }
    let devices = &list.body().devices;
    for (at, device) in devices.iter().enumerate() {
        if devices
            .iter()
            .take(at)
            .any(|other| other.device_id == device.device_id)
        {
            return Err(Problem::new(
                Code::BadSignature,
                "the device list has a device twice",
            ));
        }
        let before = known.iter().find(|known| known.device_id == device.device_id);
        let fits = match before {
            Some(before) => Some(device.device_id) != new && before.device_key == device.device_key,
            None => Some(device.device_id) == new,
        };
        if !fits {
            return Err(Problem::new(
                Code::BadSignature,
                "the device list has a device of unknown origin",
            ));
        }
    }
    Ok(())
}

/// Checks count and sizes of key packages.
pub fn check_key_packages<B: AsRef<[u8]>>(key_packages: &[B]) -> Result<(), Problem> {
    if key_packages.len() > KEY_PACKAGES_PER_DEVICE {
        return Err(Problem::new(Code::TooLarge, "too many key packages"));
    }
    if key_packages
        .iter()
        .any(|package| package.as_ref().len() > MAX_KEY_PACKAGE_LEN)
    {
        return Err(Problem::new(Code::TooLarge, "a key package is too large"));
    }
    if key_packages.iter().any(|package| package.as_ref().is_empty()) {
        return Err(Problem::new(Code::Malformed, "a key package is empty"));
    }
    Ok(())
}

/// The name as it is stored: trimmed, not empty, not too long, without control characters.
pub fn check_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::Malformed,
            "the name is empty or has control characters",
        ));
    }
    if name.len() > MAX_NAME_LEN {
        return Err(Problem::new(Code::TooLarge, "the name is too long"));
    }
    Ok(name.to_owned())
}

/// Checks the size of the sealed AIK.
pub fn check_sealed_aik(sealed: &[u8]) -> Result<(), Problem> {
    if sealed.is_empty() || sealed.len() > MAX_SEALED_AIK_LEN {
        return Err(Problem::new(
            Code::TooLarge,
            "the sealed key is empty or too large",
        ));
    }
    Ok(())
}
