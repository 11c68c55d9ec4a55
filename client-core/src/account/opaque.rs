//! OPAQUE (RFC 9807), client side: the password never leaves the device, not even as a hash.

use argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, Identifiers, RegistrationResponse, Ristretto255,
    TripleDh, errors::ProtocolError,
};
use protocol::Email;
use zeroize::Zeroizing;

use crate::{api::Secret, random::Random};

/// OPAQUE-3DH with ristretto255 and SHA-512, Argon2id for the password.
pub(crate) struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_opaque::Sha512>;
    type Ksf = Argon2<'static>;
}

/// Name of the server in the protocol (`idS`).
pub(crate) const SERVER_IDENTIFIER: &[u8] = b"conclave";

/// Cost of trying one password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
}

impl PasswordCost {
    /// What accounts have: Argon2id, 64 MiB, 3 passes, one lane. More keeps phones waiting, less makes a stolen
    /// database (with its `ServerSetup`) cheaper to guess at.
    pub const STANDARD: Self = Self {
        memory_kib: 64 * 1024,
        passes: 3,
    };

    /// For tests alone: next to nothing.
    pub const FOR_TESTS: Self = Self {
        memory_kib: 8,
        passes: 1,
    };

    pub(crate) fn argon2(self) -> Argon2<'static> {
        // Parameters that Argon2 does not take are replaced by its default ones.
        let params = Params::new(self.memory_kib, self.passes, 1, None).unwrap_or_default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// The server's answer does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OpaqueError {
    /// E-mail and password do not fit together (or the server plays false: the two look the same).
    #[error("wrong password")]
    WrongPassword,
    #[error("the server's message cannot be used")]
    BadMessage,
}

impl From<ProtocolError> for OpaqueError {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::InvalidLoginError => Self::WrongPassword,
            _ => Self::BadMessage,
        }
    }
}

/// A registration that waits for the server's answer.
pub(crate) struct Registering {
    state: ClientRegistration<Suite>,
    password: Secret,
}

/// A sign-in that waits for the server's answer.
pub(crate) struct SigningIn {
    state: ClientLogin<Suite>,
    password: Secret,
    email: Email,
}

/// The last message, and the key that only this password gives.
pub(crate) struct Finished {
    pub(crate) message: Vec<u8>,
    pub(crate) export_key: Zeroizing<Vec<u8>>,
}

impl Registering {
    /// First message and what waits for the answer.
    pub(crate) fn start(random: &Random, password: Secret) -> Result<(Self, Vec<u8>), OpaqueError> {
        let start = ClientRegistration::<Suite>::start(&mut random.clone(), password.0.as_bytes())?;
        Ok((
            Self {
                state: start.state,
                password,
            },
            start.message.serialize().to_vec(),
        ))
    }

    pub(crate) fn finish(
        self,
        random: &Random,
        cost: PasswordCost,
        email: &Email,
        response: &[u8],
    ) -> Result<Finished, OpaqueError> {
        let response = RegistrationResponse::deserialize(response)?;
        let ksf = cost.argon2();
        let parameters = ClientRegistrationFinishParameters::new(identifiers(email), Some(&ksf));
        let password = self.password.0.as_bytes();
        let finish = self
            .state
            .finish(&mut random.clone(), password, response, parameters)?;
        Ok(Finished {
            message: finish.message.serialize().to_vec(),
            export_key: Zeroizing::new(finish.export_key.to_vec()),
        })
    }
}

impl SigningIn {
    pub(crate) fn start(
        random: &Random,
        email: Email,
        password: Secret,
    ) -> Result<(Self, Vec<u8>), OpaqueError> {
        let start = ClientLogin::<Suite>::start(&mut random.clone(), password.0.as_bytes())?;
        Ok((
            Self {
                state: start.state,
                password,
                email,
            },
            start.message.serialize().to_vec(),
        ))
    }

    /// The address as typed, in its normal form.
    pub(crate) fn email(&self) -> &Email {
        &self.email
    }

    pub(crate) fn finish(
        self,
        random: &Random,
        cost: PasswordCost,
        response: &[u8],
    ) -> Result<Finished, OpaqueError> {
        let response = CredentialResponse::deserialize(response)?;
        let ksf = cost.argon2();
        let parameters = ClientLoginFinishParameters::new(None, identifiers(&self.email), Some(&ksf));
        let password = self.password.0.as_bytes();
        let finish = self
            .state
            .finish(&mut random.clone(), password, response, parameters)?;
        Ok(Finished {
            message: finish.message.serialize().to_vec(),
            export_key: Zeroizing::new(finish.export_key.to_vec()),
        })
    }
}

fn identifiers(email: &Email) -> Identifiers<'_> {
    Identifiers {
        client: Some(email.as_str().as_bytes()),
        server: Some(SERVER_IDENTIFIER),
    }
}
