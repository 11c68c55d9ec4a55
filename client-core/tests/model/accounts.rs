//! Accounts over HTTP: OPAQUE's server side, enrolment, sessions.

use std::collections::BTreeMap;

use argon2::Argon2;
use opaque_ke::{
    CipherSuite, CredentialFinalization, CredentialRequest, Identifiers, RegistrationRequest,
    RegistrationUpload, Ristretto255, ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup,
    TripleDh,
};
use protocol::{
    Bytes, Code, DeviceId, Email, Millis, NetworkId, Problem, UserId,
    accounts::{
        ChallengeReply, ChallengeRequest, Enrolled, Grant, InvitationLookUp, InvitationView, LoginFinish,
        LoginStart, LoginStartReply, NewDevice, RegistrationFinish, RegistrationStart,
        RegistrationStartReply, RevocationAsk, RevocationReply, Session, SessionOpen,
    },
    identity::{DeviceList, PublicKey, SessionChallenge},
    socket::Person,
};
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde::Serialize;

use super::pairing::Pairings;

pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2_opaque::Sha512>;
    type Ksf = Argon2<'static>;
}

pub struct User {
    pub user_id: UserId,
    pub email: Email,
    pub name: String,
    pub aik: PublicKey,
    pub sealed_aik: Bytes,
    pub list: DeviceList,
    record: ServerRegistration<Suite>,
    pub own_state: protocol::socket::OwnState,
}

#[derive(Default)]
pub struct DeviceRecord {
    pub user_id: Option<UserId>,
    pub key_packages: Vec<Bytes>,
    pub last_resort: Option<Bytes>,
    pub highest_batch: u64,
    pub revoked: bool,
}

pub struct Accounts {
    setup: ServerSetup<Suite>,
    pub network_id: NetworkId,
    pub invitations: BTreeMap<String, (Email, UserId)>,
    pub users: BTreeMap<UserId, User>,
    pub devices: BTreeMap<DeviceId, DeviceRecord>,
    logins: BTreeMap<Vec<u8>, (UserId, ServerLogin<Suite>)>,
    grants: BTreeMap<String, UserId>,
    pub pairings: Pairings,
    nonces: BTreeMap<DeviceId, [u8; 32]>,
    pub tickets: BTreeMap<String, DeviceId>,
    pub links: super::guests::Links,
    /// Guests with a session, and the room of their link.
    pub visitors: BTreeMap<DeviceId, protocol::RoomId>,
    counter: u64,
    /// Said in the place of the account's address.
    pub false_email: Option<Email>,
    /// Of each device's newest session.
    pub tokens: BTreeMap<DeviceId, String>,
    pub blobs: super::blobs::Blobs,
}

/// The model's server needs no secrets worth the name.
struct ModelRandom(rand_chacha::ChaCha20Rng);

impl ModelRandom {
    fn new() -> Self {
        Self(rand_chacha::ChaCha20Rng::from_seed([3; 32]))
    }
}

impl opaque_ke::rand::RngCore for ModelRandom {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), opaque_ke::rand::Error> {
        self.0.fill_bytes(dest);
        Ok(())
    }
}

impl opaque_ke::rand::CryptoRng for ModelRandom {}

pub type HttpReply = Result<Vec<u8>, Problem>;

pub fn ok(reply: &impl Serialize) -> HttpReply {
    Ok(serde_json::to_vec(reply).unwrap())
}

pub fn no(code: Code) -> Problem {
    Problem::new(code, "")
}

impl Accounts {
    pub fn new() -> Self {
        Self {
            setup: ServerSetup::new(&mut ModelRandom::new()),
            network_id: NetworkId::from_random([1; 16]),
            invitations: BTreeMap::new(),
            users: BTreeMap::new(),
            devices: BTreeMap::new(),
            logins: BTreeMap::new(),
            grants: BTreeMap::new(),
            pairings: Pairings::default(),
            nonces: BTreeMap::new(),
            tickets: BTreeMap::new(),
            links: BTreeMap::new(),
            visitors: BTreeMap::new(),
            tokens: BTreeMap::new(),
            blobs: Default::default(),
            counter: 0,
            false_email: None,
        }
    }

    pub fn take_nonce(&mut self, device_id: DeviceId) -> Option<[u8; 32]> {
        self.nonces.remove(&device_id)
    }

    pub fn new_ticket(&mut self, device_id: DeviceId) -> Bytes {
        let ticket = Bytes(self.fresh().to_vec());
        self.tickets.insert(ticket.to_base64url(), device_id);
        ticket
    }

    fn fresh(&mut self) -> [u8; 32] {
        self.counter += 1;
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&self.counter.to_be_bytes());
        bytes
    }

    pub fn invite(&mut self, email: &str) -> String {
        let code = format!("invite-{}", email.split('@').next().unwrap());
        let fresh = self.fresh();
        let user_id = UserId::from_random(fresh[..16].try_into().unwrap());
        self.invitations
            .insert(code.clone(), (Email::parse(email).unwrap(), user_id));
        code
    }

    pub fn by_email(&self, email: &Email) -> Option<&User> {
        self.users.values().find(|user| user.email == *email)
    }

    pub fn person(&self, user_id: UserId) -> Option<Person> {
        let user = self.users.get(&user_id)?;
        Some(Person {
            user_id,
            network_id: self.network_id,
            email: user.email.clone(),
            name: user.name.clone(),
            aik: user.aik,
            device_list: user.list.clone(),
        })
    }

    pub fn live_devices(&self, user_id: UserId) -> Vec<DeviceId> {
        let of_user = self
            .devices
            .iter()
            .filter(|(_, d)| d.user_id == Some(user_id) && !d.revoked);
        of_user.map(|(id, _)| *id).collect()
    }

    pub fn http(&mut self, path: &str, token: Option<&str>, body: &[u8], now: Millis) -> (u16, Vec<u8>) {
        let reply = match path {
            "/api/v1/registration/start" => self.register_start(body),
            "/api/v1/registration/finish" => self.register_finish(body),
            "/api/v1/login/start" => self.login_start(body),
            "/api/v1/login/finish" => self.login_finish(body),
            "/api/v1/devices" => self.enrol(token, body),
            "/api/v1/session/challenge" => self.challenge(body),
            "/api/v1/session/open" => self.open(body, now),
            "/api/v1/guest/link" => self.guest_link(body),
            "/api/v1/guest/session" => self.guest_session(body),
            "/api/v1/session/revoked" => self.revoked(body),
            "/api/v1/pairing/open" => self.pairings.open(body, now),
            "/api/v1/pairing/enter" => self.pairings.enter(body, now),
            "/api/v1/pairing/turn" => self.pairings.turn(body, now),
            "/api/v1/pairing/close" => self.pairings.close(body),
            "/api/v1/registration/invitation" => self.invitation(body, now),
            _ => Err(no(Code::NotFound)),
        };
        match reply {
            Ok(body) => (200, body),
            Err(problem) => (problem.status, serde_json::to_vec(&problem).unwrap()),
        }
    }

    fn invitation(&mut self, body: &[u8], now: Millis) -> HttpReply {
        let look_up: InvitationLookUp = serde_json::from_slice(body).unwrap();
        let (email, _) = self
            .invitations
            .get(&look_up.invitation)
            .ok_or_else(|| no(Code::InvitationUsed))?;
        ok(&InvitationView {
            network_name: "Model".to_owned(),
            email: email.clone(),
            email_fixed: true,
            name: None,
            expires_at: now.plus(1000),
        })
    }

    fn register_start(&mut self, body: &[u8]) -> HttpReply {
        let start: RegistrationStart = serde_json::from_slice(body).unwrap();
        let invitation = self
            .invitations
            .get(&start.invitation)
            .ok_or_else(|| no(Code::InvitationUsed))?;
        let (email, user_id) = invitation.clone();
        let request = RegistrationRequest::<Suite>::deserialize(&start.opaque.0).unwrap();
        let response =
            ServerRegistration::<Suite>::start(&self.setup, request, email.as_str().as_bytes()).unwrap();
        ok(&RegistrationStartReply {
            opaque: Bytes(response.message.serialize().to_vec()),
            user_id,
            network_id: self.network_id,
            email: self.false_email.clone().unwrap_or(email),
        })
    }

    fn register_finish(&mut self, body: &[u8]) -> HttpReply {
        let finish: RegistrationFinish = serde_json::from_slice(body).unwrap();
        let invitation = self
            .invitations
            .remove(&finish.invitation)
            .ok_or_else(|| no(Code::InvitationUsed))?;
        let (email, user_id) = invitation;
        let upload = RegistrationUpload::<Suite>::deserialize(&finish.opaque.0).unwrap();
        let user = User {
            user_id,
            email,
            name: finish.name,
            aik: finish.aik,
            sealed_aik: finish.sealed_aik,
            list: finish.device.device_list.clone(),
            record: ServerRegistration::finish(upload),
            own_state: protocol::socket::OwnState {
                version: 0,
                blob: Bytes::default(),
            },
        };
        self.users.insert(user_id, user);
        Ok(self.add_device(user_id, finish.device))
    }

    fn add_device(&mut self, user_id: UserId, device: NewDevice) -> Vec<u8> {
        let body = device.certificate.body();
        assert_eq!(body.user_id, user_id);
        assert_eq!(body.aik, self.users[&user_id].aik);
        let device_id = body.device_id;
        self.users.get_mut(&user_id).unwrap().list = device.device_list;
        let record = DeviceRecord {
            user_id: Some(user_id),
            key_packages: device.key_packages,
            last_resort: Some(device.last_resort),
            ..DeviceRecord::default()
        };
        self.devices.insert(device_id, record);
        serde_json::to_vec(&Enrolled { user_id, device_id }).unwrap()
    }

    fn login_start(&mut self, body: &[u8]) -> HttpReply {
        let start: LoginStart = serde_json::from_slice(body).unwrap();
        let (record, user_id) = match self.by_email(&start.email) {
            Some(user) => (Some(user.record.clone()), user.user_id),
            None => (None, UserId::from_random([0; 16])),
        };
        let request = CredentialRequest::<Suite>::deserialize(&start.opaque.0).unwrap();
        let email = start.email.as_str().as_bytes();
        let parameters = ServerLoginParameters {
            context: None,
            identifiers: Identifiers {
                client: Some(email),
                server: Some(b"conclave"),
            },
        };
        let login = ServerLogin::start(
            &mut ModelRandom::new(),
            &self.setup,
            record,
            request,
            email,
            parameters,
        )
        .unwrap();
        let login_id = self.fresh().to_vec();
        self.logins.insert(login_id.clone(), (user_id, login.state));
        ok(&LoginStartReply {
            login_id: Bytes(login_id),
            opaque: Bytes(login.message.serialize().to_vec()),
        })
    }

    fn login_finish(&mut self, body: &[u8]) -> HttpReply {
        let finish: LoginFinish = serde_json::from_slice(body).unwrap();
        let (user_id, state) = self
            .logins
            .remove(&finish.login_id.0)
            .ok_or_else(|| no(Code::WrongPassword))?;
        let message = CredentialFinalization::<Suite>::deserialize(&finish.opaque.0).unwrap();
        let email = self.users[&user_id].email.clone();
        let parameters = ServerLoginParameters {
            context: None,
            identifiers: Identifiers {
                client: Some(email.as_str().as_bytes()),
                server: Some(b"conclave"),
            },
        };
        state
            .finish(message, parameters)
            .map_err(|_| no(Code::WrongPassword))?;
        let grant = Bytes(self.fresh().to_vec());
        self.grants.insert(grant.to_base64url(), user_id);
        let user = &self.users[&user_id];
        ok(&Grant {
            grant,
            user_id,
            network_id: self.network_id,
            email: self.false_email.clone().unwrap_or(user.email.clone()),
            name: user.name.clone(),
            sealed_aik: user.sealed_aik.clone(),
            device_list: user.list.clone(),
        })
    }

    fn enrol(&mut self, token: Option<&str>, body: &[u8]) -> HttpReply {
        let user_id = token.and_then(|token| self.grants.remove(token));
        let user_id = user_id.ok_or_else(|| no(Code::Unauthenticated))?;
        let device: NewDevice = serde_json::from_slice(body).unwrap();
        assert!(device.device_list.follows(&self.users[&user_id].list));
        Ok(self.add_device(user_id, device))
    }

    fn challenge(&mut self, body: &[u8]) -> HttpReply {
        let request: ChallengeRequest = serde_json::from_slice(body).unwrap();
        let nonce = self.fresh();
        self.nonces.insert(request.device_id, nonce);
        ok(&ChallengeReply {
            nonce: Bytes(nonce.to_vec()),
        })
    }

    fn revoked(&mut self, body: &[u8]) -> HttpReply {
        let ask: RevocationAsk = serde_json::from_slice(body).unwrap();
        let device = ask.certificate.body();
        let nonce = self.nonces.remove(&device.device_id);
        let challenge = SessionChallenge {
            device_id: device.device_id,
            nonce: nonce.ok_or_else(|| no(Code::Unauthenticated))?,
        };
        challenge
            .check_signature(&device.device_key, &ask.signature)
            .unwrap();
        let user = self.users.get(&device.user_id);
        let user = user.ok_or_else(|| no(Code::Unauthenticated))?;
        ok(&RevocationReply {
            device_list: user.list.clone(),
        })
    }

    fn open(&mut self, body: &[u8], now: Millis) -> HttpReply {
        let open: SessionOpen = serde_json::from_slice(body).unwrap();
        let nonce = self
            .nonces
            .remove(&open.device_id)
            .ok_or_else(|| no(Code::Unauthenticated))?;
        let device = self.devices.get(&open.device_id).filter(|device| !device.revoked);
        let user_id = device
            .and_then(|device| device.user_id)
            .ok_or_else(|| no(Code::Unauthenticated))?;
        let listed = self.users[&user_id].list.body().devices.iter();
        let key = listed
            .clone()
            .find(|listed| listed.device_id == open.device_id)
            .map(|listed| listed.device_key);
        let key = key.ok_or_else(|| no(Code::Unauthenticated))?;
        SessionChallenge {
            device_id: open.device_id,
            nonce,
        }
        .check_signature(&key, &open.signature)
        .map_err(|_| no(Code::Unauthenticated))?;
        let ticket = self.new_ticket(open.device_id);
        let token = Bytes(self.fresh().to_vec());
        self.tokens.insert(open.device_id, token.to_base64url());
        ok(&Session {
            token,
            expires_at: now.plus(1_000_000),
            ticket,
        })
    }
}
