//! Signed structures of identity: who signs what, and how it is checked.
//!
//! ```text
//! account identity key (AIK, Ed25519) ──signs──► device certificate  (the MLS credential)
//!                                     └─signs──► device list         (versioned, hash-chained)
//! device key (Ed25519, MLS signature key) ──signs──► session challenge
//! ```
//!
//! Every signature covers `label ‖ TLS encoding`, the label itself length-prefixed. "Verified" is the state of
//! a contact whom the user accepted; checking a signature is spelled `check_signature`.

mod certificate;
mod challenge;
mod device_list;
mod keys;

pub use certificate::{Certificate, CertificateBody};
pub use challenge::SessionChallenge;
pub use device_list::{DeviceList, DeviceListBody, ListedDevice};
pub use keys::{PublicKey, Signature, SignatureError, signed_bytes};

#[cfg(test)]
mod tests;
