//! People, their devices and their keys.

use serde::{Deserialize, Serialize};

use crate::{
    BlobId, Bytes, DeviceId, Email, NetworkId, UserId,
    identity::{DeviceList, PublicKey},
};

/// Looks one person up by the exact ID (R2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PersonLookUp {
    /// The ID.
    pub email: Email,
}

/// Cards of several people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PeopleGet {
    /// Who, at most [`crate::limits::MAX_ROOM_MEMBERS`].
    pub users: Vec<UserId>,
}

/// A contact card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Person {
    /// The user.
    pub user_id: UserId,
    /// Its network.
    pub network_id: NetworkId,
    /// The ID.
    pub email: Email,
    /// Name of the person.
    pub name: String,
    /// Account identity key.
    pub aik: PublicKey,
    /// Signed by that key.
    pub device_list: DeviceList,
}

/// Claims one key package of each live device of these users; the asker's own current device is left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyPackagesClaim {
    /// Whose.
    pub users: Vec<UserId>,
}

/// What was claimed of one user; users whom the asker may not add are left out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimedUser {
    /// The card.
    pub person: Person,
    /// One MLS key package a device.
    pub key_packages: Vec<ClaimedKeyPackage>,
}

/// A key package of one device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClaimedKeyPackage {
    /// The device.
    pub device_id: DeviceId,
    /// MLS `KeyPackage` (as an MLSMessage).
    pub key_package: Bytes,
}

/// More key packages of this device.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyPackagesAdd {
    /// Used once each; beyond [`crate::limits::KEY_PACKAGES_PER_DEVICE`] they are refused.
    pub key_packages: Vec<Bytes>,
    /// Replaces the key package of last resort.
    #[serde(default)]
    pub last_resort: Option<Bytes>,
}

/// A new device list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceListPut {
    /// Follows the current one.
    pub device_list: DeviceList,
}

/// The user's own state: one blob, sealed under a key that only the user's devices have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwnState {
    /// In a put: the version that this becomes, one above the current. 0 = there is none yet.
    pub version: u64,
    /// Sealed; empty where there is none yet.
    pub blob: Bytes,
}

/// How a user stands with a contact, as far as the server has to know: no more than it enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPut {
    /// The contact.
    pub user_id: UserId,
    /// How.
    pub standing: ContactStanding,
}

/// See [`ContactPut`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactStanding {
    /// The server knows nothing: that is forgotten which it knew.
    Open,
    /// The user verified the contact. Said only where a policy makes the server ask.
    Accepted,
    /// The user wants neither messages nor calls with the contact (R29).
    Declined,
}

/// The user's ID video (R31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdVideoPut {
    /// A complete blob of the user's own room, at most [`crate::limits::MAX_ID_VIDEO_LEN`] long. None: there is no video any
    /// more.
    pub blob_id: Option<BlobId>,
}
