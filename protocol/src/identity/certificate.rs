use serde::{Deserialize, Serialize};

use super::{
    guest::GuestPass,
    keys::{PublicKey, Signature, SignatureError, signed_bytes},
};
use crate::{
    Bytes, DeviceId, Email, Millis, NetworkId, UserId,
    encoding::{Reader, Writer},
};

/// MLS credential type of a device (RFC 9420 §17.5, basic).
pub const CREDENTIAL_BASIC: u16 = 1;

/// MLS credential type of a guest (private use range, RFC 9420 §17.5).
pub const CREDENTIAL_GUEST: u16 = 0xF0C2;

/// What an AIK says of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateBody {
    /// Network of the user.
    pub network_id: NetworkId,
    /// E-mail of the user.
    pub email: Email,
    /// The user.
    pub user_id: UserId,
    /// The device.
    pub device_id: DeviceId,
    /// The device's Ed25519 key, which is its MLS signature key.
    pub device_key: PublicKey,
    /// The AIK that signs.
    pub aik: PublicKey,
    /// Judged when a leaf enters a group; later a warning (so that an old leaf never blocks a room).
    pub not_after: Millis,
}

/// A device certificate: the bytes of the MLS credential's identity. It is parsed once, and its signature by
/// the AIK *named in it* is checked as it is parsed; whether that AIK is the user's is for the caller to judge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "Bytes")]
pub struct Certificate {
    body: CertificateBody,
    proof: Proof,
}

/// What stands behind a body.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    Aik(Signature),
    /// A guest has no AIK: whoever knows the link's secret judges the pass.
    Guest(GuestPass),
}

impl Certificate {
    /// Label under which an AIK signs certificates.
    pub const LABEL: &'static str = "Conclave 1.0 device certificate";

    /// Makes a certificate; `sign` gets the bytes to be signed by the AIK.
    pub fn issue(body: CertificateBody, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let signature = Signature(sign(&signed_bytes(Self::LABEL, &body.encode())));
        let proof = Proof::Aik(signature);
        Self { body, proof }
    }

    /// What stands in the leaf of a guest, in the form of what stands in all others: a user and a device of its own, who
    /// follow from its key, so that it cannot be taken for anybody else.
    pub fn of_guest(pass: GuestPass) -> Self {
        let body = pass.body();
        let proof = Proof::Guest(pass);
        Self { body, proof }
    }

    /// The pass, if this is a guest. Whether the link was one of the room, only who knows its secret can say.
    pub fn guest(&self) -> Option<&GuestPass> {
        match &self.proof {
            Proof::Guest(pass) => Some(pass),
            Proof::Aik(_) => None,
        }
    }

    /// Parses and checks the signature.
    pub fn decode(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut reader = Reader::new(bytes);
        let parsed = (|| {
            let body = CertificateBody::read(&mut reader)?;
            let signature = Signature(reader.fixed()?);
            reader.end()?;
            Some((body, signature))
        })();
        let (body, signature) = parsed.ok_or(SignatureError::Malformed)?;
        body.aik
            .check_signature(Self::LABEL, &body.encode(), &signature)?;
        let proof = Proof::Aik(signature);
        Ok(Self { body, proof })
    }

    /// Reads a credential by the type that MLS gives it: [`CREDENTIAL_BASIC`] is a device, [`CREDENTIAL_GUEST`] a guest.
    pub fn of_credential(credential_type: u16, bytes: &[u8]) -> Result<Self, SignatureError> {
        match credential_type {
            CREDENTIAL_BASIC => Self::decode(bytes),
            CREDENTIAL_GUEST => GuestPass::decode(bytes)
                .map(Self::of_guest)
                .ok_or(SignatureError::Malformed),
            _ => Err(SignatureError::Malformed),
        }
    }

    /// Type of the MLS credential that carries it.
    pub fn credential_type(&self) -> u16 {
        match self.proof {
            Proof::Aik(_) => CREDENTIAL_BASIC,
            Proof::Guest(_) => CREDENTIAL_GUEST,
        }
    }

    /// The bytes that [`Certificate::of_credential`] reads.
    pub fn encode(&self) -> Vec<u8> {
        match &self.proof {
            Proof::Aik(signature) => {
                let mut bytes = self.body.encode();
                bytes.extend_from_slice(&signature.0);
                bytes
            }
            Proof::Guest(pass) => pass.encode(),
        }
    }

    /// What the AIK said.
    pub fn body(&self) -> &CertificateBody {
        &self.body
    }
}

impl CertificateBody {
    fn encode(&self) -> Vec<u8> {
        Writer::default()
            .fixed(self.network_id.as_bytes())
            .vec16(self.email.as_str().as_bytes())
            .fixed(self.user_id.as_bytes())
            .fixed(self.device_id.as_bytes())
            .fixed(self.device_key.as_bytes())
            .fixed(self.aik.as_bytes())
            .u64(self.not_after.0)
            .finish()
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let network_id = NetworkId::from_slice(&reader.fixed::<16>()?)?;
        let text = std::str::from_utf8(reader.vec16()?).ok()?;
        // Only the normal form is taken: else one user would have certificates that differ in spelling.
        let email = Email::parse(text).ok().filter(|email| email.as_str() == text)?;
        Some(Self {
            network_id,
            email,
            user_id: UserId::from_slice(&reader.fixed::<16>()?)?,
            device_id: DeviceId::from_slice(&reader.fixed::<16>()?)?,
            device_key: PublicKey::from_slice(&reader.fixed::<32>()?).ok()?,
            aik: PublicKey::from_slice(&reader.fixed::<32>()?).ok()?,
            not_after: Millis(reader.u64()?),
        })
    }
}

impl TryFrom<Bytes> for Certificate {
    type Error = SignatureError;
    fn try_from(bytes: Bytes) -> Result<Self, Self::Error> {
        Self::decode(&bytes.0)
    }
}

impl From<Certificate> for Bytes {
    fn from(certificate: Certificate) -> Self {
        Self(certificate.encode())
    }
}
