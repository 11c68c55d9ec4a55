use serde::{Deserialize, Serialize};

use super::keys::{PublicKey, Signature, SignatureError, signed_bytes};
use crate::{
    Bytes, DeviceId, Email, Millis, NetworkId, UserId,
    encoding::{Reader, Writer},
};

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
    signature: Signature,
}

impl Certificate {
    /// Label under which an AIK signs certificates.
    pub const LABEL: &'static str = "Conclave 1.0 device certificate";

    /// Makes a certificate; `sign` gets the bytes to be signed by the AIK.
    pub fn issue(body: CertificateBody, sign: impl FnOnce(&[u8]) -> [u8; 64]) -> Self {
        let signature = Signature(sign(&signed_bytes(Self::LABEL, &body.encode())));
        Self { body, signature }
    }

    /// Parses and checks the signature.
    pub fn decode(bytes: &[u8]) -> Result<Self, SignatureError> {
        let mut reader = Reader::new(bytes);
        let parsed = (|| {
            let body = CertificateBody::read(&mut reader)?;
            let signature = Signature(reader.fixed()?);
            reader.end()?;
            Some(Self { body, signature })
        })();
        let certificate = parsed.ok_or(SignatureError::Malformed)?;
        let body = &certificate.body;
        body.aik
            .check_signature(Self::LABEL, &body.encode(), &certificate.signature)?;
        Ok(certificate)
    }

    /// The bytes that [`Certificate::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.body.encode();
        bytes.extend_from_slice(&self.signature.0);
        bytes
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
