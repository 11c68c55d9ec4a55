//! The server's half of OPAQUE (RFC 9807).

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, Identifiers, RegistrationRequest,
    RegistrationUpload, Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup,
    TripleDh, argon2::Argon2, rand,
};
use protocol::Email;
use zeroize::Zeroizing;

use crate::{random::random, sealed::hmac};

/// Ristretto255 with SHA-512 for the OPRF and the key exchange; the client stretches with Argon2id.
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_opaque::Sha512>;
    type Ksf = Argon2<'static>;
}

/// File name of the server setup in the data folder. It is the deployment's crown jewel: it stays outside the
/// database and its dumps, for a dump with it permits guesses at passwords.
const SETUP_FILE: &str = "opaque-server-setup";

/// First byte of the file.
const SETUP_VERSION: u8 = 1;

/// Identifier of the server in OPAQUE.
const SERVER_IDENTIFIER: &[u8] = b"conclave";

/// The server's secrets for sign-in.
pub struct Opaque {
    setup: ServerSetup<Suite>,
    /// Makes the credential identifier of an address, whether it has an account or not, so that what a stranger
    /// is answered does not change when the account comes into being.
    identifier_key: Zeroizing<[u8; 32]>,
}

/// Why there is no server setup.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The file cannot be read or made.
    #[error("cannot use {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is not a server setup.
    #[error("{path} is damaged")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Bytes that are no message of OPAQUE, or a proof that does not hold.
#[derive(Debug, thiserror::Error)]
#[error("not a message of OPAQUE, or a proof that does not hold")]
pub struct OpaqueError;

/// The server's answer to a sign-in, and its state until the client's proof comes.
pub struct LoginStarted {
    /// `CredentialResponse`.
    pub response: Vec<u8>,
    /// For [`Opaque::finish_login`]; secret.
    pub state: Zeroizing<Vec<u8>>,
}

impl Opaque {
    /// Reads the server setup in `data_dir`, or makes one.
    pub fn open(data_dir: &Path) -> Result<Self, SetupError> {
        let path = data_dir.join(SETUP_FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_setup(&path).map_err(|source| SetupError::Io {
                    path: path.clone(),
                    source,
                })?
            }
            Err(source) => return Err(SetupError::Io { path, source }),
        };
        Self::parse(&bytes).ok_or(SetupError::Damaged { path })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (identifier_key, setup) = rest.split_first_chunk::<32>()?;
        if *version != SETUP_VERSION {
            return None;
        }
        Some(Self {
            setup: ServerSetup::deserialize(setup).ok()?,
            identifier_key: Zeroizing::new(*identifier_key),
        })
    }

    /// `RegistrationRequest` → `RegistrationResponse`.
    pub fn start_registration(&self, email: &Email, request: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        let request = RegistrationRequest::<Suite>::deserialize(request).map_err(|_| OpaqueError)?;
        let started = ServerRegistration::start(&self.setup, request, &self.identifier(email))
            .map_err(|_| OpaqueError)?;
        Ok(started.message.serialize().to_vec())
    }

    /// `RegistrationUpload` → the record to store.
    pub fn finish_registration(upload: &[u8]) -> Result<Vec<u8>, OpaqueError> {
        let upload = RegistrationUpload::<Suite>::deserialize(upload).map_err(|_| OpaqueError)?;
        Ok(ServerRegistration::finish(upload).serialize().to_vec())
    }

    /// `CredentialRequest` → `CredentialResponse`. Without a record, an answer of the same shape and time that no
    /// password fits.
    pub fn start_login(
        &self,
        email: &Email,
        record: Option<&[u8]>,
        request: &[u8],
    ) -> Result<LoginStarted, OpaqueError> {
        let request = CredentialRequest::deserialize(request).map_err(|_| OpaqueError)?;
        let record = record
            .map(ServerRegistration::<Suite>::deserialize)
            .transpose()
            .map_err(|_| OpaqueError)?;
        let started = ServerLogin::start(
            &mut SystemRandom,
            &self.setup,
            record,
            request,
            &self.identifier(email),
            parameters(email),
        )
        .map_err(|_| OpaqueError)?;
        Ok(LoginStarted {
            response: started.message.serialize().to_vec(),
            state: Zeroizing::new(started.state.serialize().to_vec()),
        })
    }

    /// Checks `CredentialFinalization`: whether the client knew the password.
    pub fn finish_login(email: &Email, state: &[u8], finalization: &[u8]) -> Result<(), OpaqueError> {
        let finalization = CredentialFinalization::deserialize(finalization).map_err(|_| OpaqueError)?;
        let state = ServerLogin::<Suite>::deserialize(state).map_err(|_| OpaqueError)?;
        state
            .finish(finalization, parameters(email))
            .map(drop)
            .map_err(|_| OpaqueError)
    }

    fn identifier(&self, email: &Email) -> [u8; 16] {
        hmac(&self.identifier_key, &[email.as_str().as_bytes()])
    }
}

fn parameters(email: &Email) -> ServerLoginParameters<'_, '_> {
    let identifiers = Identifiers {
        client: Some(email.as_str().as_bytes()),
        server: Some(SERVER_IDENTIFIER),
    };
    ServerLoginParameters {
        context: None,
        identifiers,
    }
}

/// Makes the file: version ‖ identifier key ‖ OPAQUE server setup, for the owner's eyes only, and durable before
/// the first record depends on it. A half-written file never has the final name.
fn make_setup(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let setup = ServerSetup::<Suite>::new(&mut SystemRandom);
    let setup = Zeroizing::new(setup.serialize().to_vec());
    let key = Zeroizing::new(random::<32>());
    let bytes = Zeroizing::new([[SETUP_VERSION].as_slice(), key.as_slice(), &setup].concat());

    let new = path.with_extension("new");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(bytes)
}

/// The system's randomness in the shape that opaque-ke takes (rand 0.8).
pub struct SystemRandom;

impl rand::RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        u32::from_ne_bytes(random())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_ne_bytes(random())
    }

    #[expect(
        clippy::expect_used,
        reason = "going on without randomness would be worse than stopping"
    )]
    fn fill_bytes(&mut self, to: &mut [u8]) {
        getrandom::fill(to).expect("the system gives randomness");
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand::Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl rand::CryptoRng for SystemRandom {}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The file is made here as `docs/protocol.md` has it: version, identifier key, server setup.
    #[test]
    fn credential_identifiers_are_those_of_the_document() {
        let file: Value = serde_json::from_str(include_str!("../../../docs/vectors/server.json")).unwrap();
        let section = &file["credential_identifier"];
        let setup = ServerSetup::<Suite>::new(&mut SystemRandom).serialize();
        let key = section["takes"]["identifier_key"].as_str().unwrap().as_bytes();
        let key: Vec<u8> = key
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let opaque = Opaque::parse(&[&[SETUP_VERSION], &key[..], &setup].concat()).unwrap();
        let email = Email::parse(section["takes"]["email"].as_str().unwrap()).unwrap();
        let identifier = opaque
            .identifier(&email)
            .map(|byte| format!("{byte:02x}"))
            .concat();
        assert_eq!(section["gives"]["identifier"], identifier);
    }
}
