//! Who one is: the account identity key and what it signs.
//!
//! The AIK exists in the open only while it signs: it is made at registration, and unsealed from the server's blob
//! with the password when a device is added or revoked. What stays on a device is the key of own state, which is
//! derived from it.

mod aik;
mod devices;
mod guest;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

pub(crate) use aik::Aik;
pub(crate) use devices::{ListError, check_newer, with_device, without_device};
pub(crate) use guest::{Entered, LinkSecret};

use protocol::{
    Bytes, DeviceId, Email, Millis, NetworkId, UserId,
    identity::{Certificate, CertificateBody, DeviceList, GuestPass, PublicKey, SessionChallenge, Signature},
    limits::CERTIFICATE_LIFE_MS,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    group::{DeviceKey, rules::Account},
    random::Random,
};

/// The device's identity, as stored.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) device_id: DeviceId,
    device_key: Zeroizing<[u8; 32]>,
    pub(crate) certificate: Certificate,
    /// Newest list of the own devices.
    pub(crate) device_list: DeviceList,
    /// Seals own state.
    pub(crate) own_state_key: Zeroizing<[u8; 32]>,
    /// The server confirmed the device. Until then it may not exist there (the program may have been stopped
    /// between storing the keys and hearing of the account).
    pub(crate) enrolled: bool,
    /// The server does not take the device any more, and has not shown that the account revoked it. The store stays as
    /// it is until the person proves the password, or erases it.
    pub(crate) shut_out: bool,
    /// The person signs out: should the program stop before the server has answered, the next start erases the store.
    pub(crate) leaving: bool,
    /// Which life of the server this device knows: another one was restored from a copy, and may have lost what it
    /// had accepted.
    pub(crate) server_generation: Option<Bytes>,
}

/// What a device is made from.
pub(crate) struct Person {
    pub(crate) network_id: NetworkId,
    pub(crate) user_id: UserId,
    pub(crate) email: Email,
    pub(crate) name: String,
}

/// The certificate of a device of `person`, and the list with it that follows `current`.
pub(crate) fn certify(
    person: &Person,
    aik: &Aik,
    (device_id, device_key): (DeviceId, PublicKey),
    device_name: &str,
    current: Option<&DeviceList>,
    now: Millis,
) -> Result<(Certificate, DeviceList), ListError> {
    let body = CertificateBody {
        network_id: person.network_id,
        email: person.email.clone(),
        user_id: person.user_id,
        device_id,
        device_key,
        aik: aik.public(),
        not_after: now.plus(CERTIFICATE_LIFE_MS),
    };
    let certificate = Certificate::issue(body, |bytes| aik.sign(bytes));
    let device_list = with_device(aik, certificate.body(), device_name, current, now)?;
    Ok((certificate, device_list))
}

impl Identity {
    /// Makes a device of `person`, certified by `aik`, in a list that follows `current`.
    pub(crate) fn make(
        person: Person,
        aik: &Aik,
        device_id: DeviceId,
        device_key: &DeviceKey,
        device_name: &str,
        current: Option<&DeviceList>,
        now: Millis,
    ) -> Result<Self, ListError> {
        let public = device_key.public().ok_or(ListError::BadKey)?;
        let (certificate, device_list) =
            certify(&person, aik, (device_id, public), device_name, current, now)?;
        Ok(Self::of_certified(
            person.name,
            device_key,
            certificate,
            device_list,
            aik.own_state_key(),
        ))
    }

    /// A device that somebody who has the account's key certified.
    pub(crate) fn of_certified(
        name: String,
        device_key: &DeviceKey,
        certificate: Certificate,
        device_list: DeviceList,
        own_state_key: Zeroizing<[u8; 32]>,
    ) -> Self {
        Self {
            name,
            device_id: certificate.body().device_id,
            device_key: Zeroizing::new(*device_key.secret()),
            certificate,
            device_list,
            own_state_key,
            enrolled: false,
            shut_out: false,
            leaving: false,
            server_generation: None,
        }
    }

    /// The identity of a guest: for one visit, never stored. Its device list is signed by a key that is thrown away, for
    /// nobody looks at it.
    pub(crate) fn of_guest(
        pass: GuestPass,
        device_key: &DeviceKey,
        random: &Random,
        now: Millis,
    ) -> Result<Self, ListError> {
        let aik = Aik::generate(random);
        let name = pass.name.clone();
        let certificate = Certificate::of_guest(pass);
        Ok(Self {
            name,
            device_id: certificate.body().device_id,
            device_key: Zeroizing::new(*device_key.secret()),
            device_list: with_device(&aik, certificate.body(), "", None, now)?,
            certificate,
            own_state_key: aik.own_state_key(),
            enrolled: true,
            shut_out: false,
            leaving: false,
            server_generation: None,
        })
    }

    pub(crate) fn device_key(&self) -> DeviceKey {
        DeviceKey::from_secret(&self.device_key)
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.certificate.body().user_id
    }

    pub(crate) fn email(&self) -> &Email {
        &self.certificate.body().email
    }

    pub(crate) fn account(&self) -> Account {
        let body = self.certificate.body();
        Account {
            network_id: body.network_id,
            user_id: body.user_id,
            email: body.email.clone(),
            aik: body.aik,
        }
    }

    /// Whether `list` shows that the account revoked this device: it is by the same account key, not older than the
    /// newest list known here, and does not name the device.
    pub(crate) fn is_revoked_by(&self, list: &DeviceList) -> bool {
        let named = list
            .body()
            .devices
            .iter()
            .any(|listed| listed.device_id == self.device_id);
        self.enrolled && !named && check_newer(&self.device_list, list).is_ok()
    }

    /// Answers a session challenge.
    pub(crate) fn sign_challenge(&self, nonce: [u8; 32]) -> Signature {
        let challenge = SessionChallenge {
            device_id: self.device_id,
            nonce,
        };
        self.device_key().sign_bytes(&challenge.to_be_signed())
    }
}
