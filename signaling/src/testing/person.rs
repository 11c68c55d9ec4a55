//! People who register, sign in and ask.

use std::{rc::Rc, sync::Arc};

use axum::http::StatusCode;
use opaque_ke::{
    ClientLogin, ClientLoginFinishParameters, ClientRegistration, ClientRegistrationFinishParameters,
    CredentialResponse, Identifiers, RegistrationResponse,
    argon2::{Algorithm, Argon2, Params, Version},
};
use openmls::prelude::tls_codec::Serialize as _;
use openmls_traits::signatures::Signer as _;
use protocol::{
    Bytes, DeviceId, Email, Problem,
    accounts::{
        ChallengeReply, ChallengeRequest, Enrolled, Grant, LoginFinish, LoginStart, LoginStartReply,
        NewDevice, RegistrationFinish, RegistrationStart, RegistrationStartReply, Session, SessionOpen,
    },
    identity::{DeviceList, DeviceListBody, ListedDevice, SessionChallenge, Signature},
    socket::{Event, Reply, Request},
};

use super::{Body, World};
use crate::{
    accounts::{Suite, SystemRandom},
    groups::testing::{Device, Person, public},
    sessions::Caller,
    socket::{Next, Outbound, dispatch},
};

/// Argon2id with the least cost: tests stretch no real password.
struct Cheap;

impl Cheap {
    fn ksf() -> Argon2<'static> {
        Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8, 1, 1, None).unwrap(),
        )
    }
}

/// A person with an account, on one device.
pub struct Account {
    pub person: Rc<Person>,
    pub device: Rc<Device>,
    pub list: DeviceList,
    pub caller: Caller,
    pub session: Session,
    /// Highest batch counter so far.
    pub batch: u64,
    outbound: Arc<Outbound>,
}

impl Account {
    pub const PASSWORD: &'static [u8] = b"correct horse battery staple";

    /// Registers by the link of an invitation.
    pub async fn register(world: &World, link: &str, email: Option<&str>) -> Self {
        let code = link.rsplit('/').next().unwrap().to_owned();
        let (start, body) = Self::prepare(world, &code, email).await;
        let reply = world.post("registration/finish", &body.finish).await;
        assert_eq!(
            reply.status,
            StatusCode::CREATED,
            "{}",
            String::from_utf8_lossy(&reply.bytes)
        );
        let enrolled: Enrolled = reply.read();
        assert_eq!(enrolled.user_id, start.user_id);
        Self::connect(world, Rc::new(body.person), body.device, body.list).await
    }

    /// Everything up to the last request of a registration.
    pub async fn prepare(
        world: &World,
        code: &str,
        email: Option<&str>,
    ) -> (RegistrationStartReply, Prepared) {
        let started = ClientRegistration::<Suite>::start(&mut SystemRandom, Self::PASSWORD).unwrap();
        let request = RegistrationStart {
            invitation: code.to_owned(),
            email: email.map(|email| Email::parse(email).unwrap()),
            opaque: started.message.serialize().to_vec().into(),
        };
        let reply = world.post("registration/start", &request).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&reply.bytes)
        );
        let start: RegistrationStartReply = reply.read();

        let mut person = Person::new("someone");
        person.user_id = start.user_id;
        person.network_id = start.network_id;
        person.email = start.email.clone();
        let device = person.device();
        let list = sign_list(&person, None, &[&device]);
        let response = RegistrationResponse::deserialize(&start.opaque.0).unwrap();
        let ksf = Cheap::ksf();
        let parameters = ClientRegistrationFinishParameters::new(identifiers(&person.email), Some(&ksf));
        let finished = started
            .state
            .finish(&mut SystemRandom, Self::PASSWORD, response, parameters)
            .unwrap();
        let finish = RegistrationFinish {
            invitation: code.to_owned(),
            opaque: finished.message.serialize().to_vec().into(),
            name: " Some One ".to_owned(),
            aik: public(&person.aik),
            sealed_aik: vec![7; 80].into(),
            device: new_device(&device, &list),
        };
        (
            start,
            Prepared {
                person,
                device,
                list,
                finish,
            },
        )
    }

    /// Signs in with the password; the device is still to be added.
    pub async fn sign_in(world: &World, email: &str, password: &[u8]) -> Result<Grant, Problem> {
        let email = Email::parse(email).unwrap();
        let Started { state, reply, .. } = start(world, &email, password).await?;
        let (reply, _) = finish(world, &email, password, state, reply).await;
        if reply.status == StatusCode::OK {
            Ok(reply.read())
        } else {
            Err(reply.problem())
        }
    }

    /// Another device of this person.
    pub async fn add_device(&mut self, world: &World) -> Self {
        let email = self.person.email.as_str().to_owned();
        let grant = Self::sign_in(world, &email, Self::PASSWORD).await.unwrap();
        let device = self.person.device();
        let list = sign_list_after(&self.person, &grant.device_list, Some(&device), &[]);
        let reply = world
            .post_as("devices", Some(&grant.grant), &new_device(&device, &list))
            .await;
        assert_eq!(
            reply.status,
            StatusCode::CREATED,
            "{}",
            String::from_utf8_lossy(&reply.bytes)
        );
        self.list = list.clone();
        Self::connect(world, Rc::clone(&self.person), device, list).await
    }

    /// The connection ends.
    pub fn go(&self, world: &World) {
        world.app().hub.disconnect(self.device.device_id, &self.outbound);
    }

    /// Another one begins.
    pub fn come(&mut self, world: &World) {
        let (device_id, user_id) = (self.caller.device_id, self.caller.user_id);
        self.outbound = world.app().hub.connect(device_id, user_id).unwrap();
        self.outbound.open();
        world.app().waker.came(device_id);
    }

    /// Opens a session and a place in the hub.
    async fn connect(world: &World, person: Rc<Person>, device: Rc<Device>, list: DeviceList) -> Self {
        let session: Session = open_session(world, &device).await.read();
        let (device_id, user_id) = (device.device_id, person.user_id);
        let caller = Caller {
            device_id,
            user_id,
            network_id: person.network_id,
        };
        let outbound = world.app().hub.connect(device_id, user_id).unwrap();
        outbound.open();
        Self {
            person,
            device,
            list,
            caller,
            session,
            batch: 1,
            outbound,
        }
    }

    /// The link of an invitation that this person (an administrator) makes.
    pub async fn invite(&self, world: &World, email: &str) -> Body {
        let body = serde_json::json!({ "email": email });
        world
            .post_as("admin/invitations", Some(&self.session.token), &body)
            .await
    }

    /// One request over the WebSocket's dispatch.
    pub async fn ask(&self, world: &World, request: Request) -> Result<Reply, Problem> {
        dispatch(world.app(), self.caller, self.batch, request)
            .await
            .map_err(Problem::from)
    }

    /// Events that arrived since the last look.
    pub fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(next) = self.outbound.take() {
            match next {
                Next::Frame(text) => {
                    let frame: protocol::socket::ServerFrame = serde_json::from_str(text.as_str()).unwrap();
                    let protocol::socket::ServerFrame::Event(event) = frame else {
                        panic!("no event")
                    };
                    events.push(*event);
                }
                Next::Bye(reason) => {
                    events.push(Event::Bye(reason));
                    break;
                }
            }
        }
        events
    }

    /// A list that follows the current one without some devices.
    pub fn list_without(&self, gone: &[DeviceId]) -> DeviceList {
        sign_list_after(&self.person, &self.list, None, gone)
    }
}

/// A sign-in between its two requests.
pub struct Started {
    email: Email,
    state: ClientLogin<Suite>,
    reply: LoginStartReply,
}

async fn start(world: &World, email: &Email, password: &[u8]) -> Result<Started, Problem> {
    let started = ClientLogin::<Suite>::start(&mut SystemRandom, password).unwrap();
    let opaque = started.message.serialize().to_vec().into();
    let reply = world
        .post(
            "login/start",
            &LoginStart {
                email: email.clone(),
                opaque,
            },
        )
        .await;
    if reply.status != StatusCode::OK {
        return Err(reply.problem());
    }
    Ok(Started {
        email: email.clone(),
        state: started.state,
        reply: reply.read(),
    })
}

async fn finish(
    world: &World,
    email: &Email,
    password: &[u8],
    state: ClientLogin<Suite>,
    reply: LoginStartReply,
) -> (Body, LoginFinish) {
    let response = CredentialResponse::deserialize(&reply.opaque.0).unwrap();
    let ksf = Cheap::ksf();
    let parameters = ClientLoginFinishParameters::new(None, identifiers(email), Some(&ksf));
    let opaque = match state.finish(&mut SystemRandom, password, response, parameters) {
        Ok(finished) => finished.message.serialize().to_vec(),
        // What a client that guessed wrong could send at best.
        Err(_) => vec![0; 64],
    };
    let request = LoginFinish {
        login_id: reply.login_id,
        opaque: opaque.into(),
    };
    (world.post("login/finish", &request).await, request)
}

/// The first half of a sign-in with the right password.
pub async fn start_login(world: &World, email: &str) -> Started {
    start(world, &Email::parse(email).unwrap(), Account::PASSWORD)
        .await
        .unwrap()
}

/// The second half, and what was sent.
pub async fn finish_login(world: &World, started: Started) -> (Body, LoginFinish) {
    finish(
        world,
        &started.email,
        Account::PASSWORD,
        started.state,
        started.reply,
    )
    .await
}

/// Both halves.
pub async fn login(world: &World, email: &str) -> (Body, LoginFinish) {
    let started = start_login(world, email).await;
    finish_login(world, started).await
}

/// A registration before its last request.
pub struct Prepared {
    pub person: Person,
    pub device: Rc<Device>,
    pub list: DeviceList,
    pub finish: RegistrationFinish,
}

/// Answers a challenge.
pub async fn open_session(world: &World, device: &Device) -> Body {
    let device_id = device.device_id;
    let challenge: ChallengeReply = world
        .post("session/challenge", &ChallengeRequest { device_id })
        .await
        .read();
    let open = sign_challenge(device, &challenge);
    world.post("session/open", &open).await
}

pub fn sign_challenge(device: &Device, challenge: &ChallengeReply) -> SessionOpen {
    let device_id = device.device_id;
    let nonce: [u8; 32] = challenge.nonce.0.clone().try_into().unwrap();
    let signature = device
        .keys
        .sign(&SessionChallenge { device_id, nonce }.to_be_signed())
        .unwrap();
    SessionOpen {
        device_id,
        nonce: challenge.nonce.clone(),
        signature: Signature(signature.try_into().unwrap()),
    }
}

fn identifiers(email: &Email) -> Identifiers<'_> {
    Identifiers {
        client: Some(email.as_str().as_bytes()),
        server: Some(b"conclave"),
    }
}

pub fn new_device(device: &Device, list: &DeviceList) -> NewDevice {
    let key_package = || Bytes(device.key_package().tls_serialize_detached().unwrap());
    NewDevice {
        certificate: device.certificate.clone(),
        device_list: list.clone(),
        key_packages: vec![key_package(), key_package()],
        last_resort: key_package(),
    }
}

fn listed(device: &Device) -> ListedDevice {
    ListedDevice {
        device_id: device.device_id,
        device_key: public(&device.keys),
        name: "a device".to_owned(),
        added_at: crate::groups::testing::NOW,
    }
}

pub fn sign_list(person: &Person, before: Option<&DeviceList>, devices: &[&Rc<Device>]) -> DeviceList {
    let body = DeviceListBody {
        user_id: person.user_id,
        aik: public(&person.aik),
        version: before.map_or(1, |before| before.body().version + 1),
        previous: before.map_or([0; 32], DeviceList::hash),
        signed_at: crate::groups::testing::NOW,
        devices: devices.iter().map(|device| listed(device)).collect(),
    };
    sign(person, body)
}

fn sign_list_after(
    person: &Person,
    before: &DeviceList,
    new: Option<&Rc<Device>>,
    gone: &[DeviceId],
) -> DeviceList {
    let mut body = before.body().clone();
    body.version += 1;
    body.previous = before.hash();
    body.devices.retain(|device| !gone.contains(&device.device_id));
    body.devices.extend(new.map(|device| listed(device)));
    sign(person, body)
}

/// The list that adds a device to another.
pub fn list_after(person: &Person, before: &DeviceList, device: &Rc<Device>) -> DeviceList {
    sign_list_after(person, before, Some(device), &[])
}

/// A list that follows the current one and has a device that never was added.
pub fn list_with(account: &Account, device: &Rc<Device>) -> DeviceList {
    sign_list_after(&account.person, &account.list, Some(device), &[])
}

fn sign(person: &Person, body: DeviceListBody) -> DeviceList {
    DeviceList::issue(body, |bytes| person.aik.sign(bytes).unwrap().try_into().unwrap())
}
