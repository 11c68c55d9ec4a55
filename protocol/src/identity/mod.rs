//! Signed structures of identity: who signs what, and how it is checked.
//!
//! ```text
//! account identity key (AIK, Ed25519) ──signs──► device certificate  (the MLS credential)
//!                                     └─signs──► device list         (versioned, hash-chained)
//! device key (Ed25519, MLS signature key) ──signs──► session challenge
//!                                         └─signs──► guest link
//! ```
//!
//! Every signature covers `label ‖ TLS encoding`, the label itself length-prefixed. "Verified" is the state of
//! a contact whom the user accepted; checking a signature is spelled `check_signature`.

mod certificate;
mod challenge;
mod device_list;
mod guest;
mod keys;

pub use certificate::{CREDENTIAL_BASIC, CREDENTIAL_GUEST, Certificate, CertificateBody};
pub use challenge::SessionChallenge;
pub use device_list::{DeviceList, DeviceListBody, ListedDevice};
pub use guest::{GuestLink, GuestPass, clean_name, guest_name, is_invisible};
pub use keys::{PublicKey, Signature, SignatureError, signed_bytes};

#[cfg(test)]
mod tests;
