//! Registration, sign-in, and the password once more for what the account key has to sign.
//!
//! ```text
//! register  ExpectRegistration ──► ExpectEnrolment(registration/finish) ──► signed in
//! sign in   ExpectLogin ──► ExpectGrant ──► ExpectEnrolment(devices) ─────► signed in
//! revoke    ExpectLogin ──► ExpectGrant ──► device list over the socket
//! ```
//!
//! The keys of a device are stored before the server hears of it: should the program stop in between, the device
//! finds out by opening a session whether it was taken.

use protocol::{
    Bytes, DeviceId, Email, GuestLinkId, Problem,
    accounts::{
        Grant, InvitationLookUp, InvitationView, LoginFinish, LoginStart, LoginStartReply, NewDevice,
        RegistrationFinish, RegistrationStart, RegistrationStartReply,
    },
    identity::{DeviceList, PublicKey},
    limits::MAX_NAME_LEN,
    socket::{self, DeviceListPut, Request},
};
use serde::de::DeserializeOwned;

use super::{
    Core, Surroundings,
    asks::{Ask, HttpAsk},
    device::Device,
};
use crate::{
    account::opaque::{Finished, OpaqueError, Registering, SigningIn},
    api::{Failure, InvitationCard, Reply, Secret},
    failure::{failure, failure_with, of_problem},
    group::DeviceKey,
    identity::{Aik, Identity, LinkSecret, ListError, Person, check_newer, without_device},
    limits::MIN_PASSWORD_LEN,
};

/// What goes on; one thing at a time.
#[derive(Default)]
pub(crate) enum Entering {
    #[default]
    Idle,
    ExpectRegistration {
        command: u32,
        code: String,
        /// What the person typed, or was shown before typing the password: no other address is certified.
        email: Email,
        name: String,
        opaque: Box<Registering>,
    },
    ExpectLogin {
        command: u32,
        purpose: Purpose,
        opaque: Box<SigningIn>,
    },
    ExpectGrant {
        command: u32,
        purpose: Purpose,
        /// What the person typed: no other address is certified.
        email: Email,
        finished: Finished,
    },
    ExpectEnrolment {
        command: u32,
    },
    /// What a guest link leads to.
    ExpectGuestLink {
        link_id: GuestLinkId,
        secret: LinkSecret,
        name: String,
    },
}

/// What the password is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    SignIn,
    Revoke(DeviceId),
    /// To know that it is the one.
    Check,
    /// To make the device of the pairing of this number one of the account.
    Pair(u32),
}

/// What came over HTTP: status and body; nothing where there was no answer.
pub(crate) type HttpResult = Option<(u16, Vec<u8>)>;

impl Core {
    pub(super) fn look_up_invitation(&mut self, command: u32, code: &str) {
        let look_up = InvitationLookUp {
            invitation: code.to_owned(),
        };
        let path = "/api/v1/registration/invitation";
        self.shell
            .post(HttpAsk::Invitation { command }, path, None, &look_up);
    }

    pub(super) fn register(&mut self, command: u32, code: String, email: &str, name: &str, password: Secret) {
        let name = name.trim().to_owned();
        let result = match Email::parse(email) {
            _ if !self.may_enter() => Err(failure("not_ready")),
            Err(_) => Err(failure("email_malformed")),
            Ok(_) if self.shut_out_device().is_some() => Err(self.other_account()),
            Ok(_) if name.len() > MAX_NAME_LEN => Err(failure("name_too_long")),
            Ok(_) if is_weak(&password) => Err(failure("password_too_weak")),
            Ok(email) => Registering::start(&self.shell.random, password)
                .map(|started| (email, started))
                .map_err(|_| failure("internal")),
        };
        match result {
            Ok((email, (opaque, message))) => {
                let start = RegistrationStart {
                    invitation: code.clone(),
                    email: Some(email.clone()),
                    opaque: Bytes(message),
                };
                self.shell
                    .post(HttpAsk::Account, "/api/v1/registration/start", None, &start);
                self.entering = Entering::ExpectRegistration {
                    command,
                    code,
                    email,
                    name,
                    opaque: Box::new(opaque),
                };
            }
            Err(failure) => self.shell.fail(command, failure),
        }
    }

    pub(super) fn sign_in(&mut self, command: u32, email: &str, password: Secret) {
        match Email::parse(email) {
            _ if !self.may_enter() => self.shell.fail(command, failure("not_ready")),
            Ok(email) if self.is_others(&email) => self.shell.fail(command, self.other_account()),
            Ok(email) => self.log_in(command, Purpose::SignIn, email, password),
            Err(_) => self.shell.fail(command, failure("email_malformed")),
        }
    }

    /// The password once more, of who is signed in.
    pub(super) fn ask_password(&mut self, command: u32, purpose: Purpose, password: Secret) {
        match &self.device {
            Some(device) if device.is_enrolled() && matches!(self.entering, Entering::Idle) => {
                let email = device.identity.email().clone();
                self.log_in(command, purpose, email, password);
            }
            _ => self.shell.fail(command, failure("not_ready")),
        }
    }

    /// The store here waits for another account.
    fn is_others(&self, email: &Email) -> bool {
        self.shut_out_device()
            .is_some_and(|device| device.identity.email() != email)
    }

    fn other_account(&self) -> Failure {
        let email = self.shut_out_device().map(|device| device.identity.email());
        let email = email.map(ToString::to_string).unwrap_or_default();
        failure_with("other_account", "email", email)
    }

    /// Nobody is signed in, and nobody is on the way.
    pub(super) fn may_enter(&self) -> bool {
        matches!(self.entering, Entering::Idle)
            && self.device.as_ref().is_none_or(|device| !device.is_enrolled())
    }

    fn log_in(&mut self, command: u32, purpose: Purpose, email: Email, password: Secret) {
        match SigningIn::start(&self.shell.random, email.clone(), password) {
            Ok((opaque, message)) => {
                let start = LoginStart {
                    email,
                    opaque: Bytes(message),
                };
                self.shell
                    .post(HttpAsk::Account, "/api/v1/login/start", None, &start);
                self.entering = Entering::ExpectLogin {
                    command,
                    purpose,
                    opaque: Box::new(opaque),
                };
            }
            Err(_) => self.shell.fail(command, failure("internal")),
        }
    }

    pub(super) fn on_invitation(&mut self, command: u32, result: HttpResult) {
        let reply = match parse::<InvitationView>(result) {
            Ok(invitation) => Reply::Invitation(InvitationCard {
                network_name: invitation.network_name,
                email: invitation.email.to_string(),
                email_fixed: invitation.email_fixed,
                name: invitation.name,
            }),
            Err(failure) => Reply::Failed(failure),
        };
        self.reply(command, reply);
    }

    pub(super) fn on_account(&mut self, result: HttpResult) {
        let command = match &self.entering {
            Entering::Idle | Entering::ExpectGuestLink { .. } => return,
            Entering::ExpectRegistration { command, .. }
            | Entering::ExpectLogin { command, .. }
            | Entering::ExpectGrant { command, .. }
            | Entering::ExpectEnrolment { command } => *command,
        };
        let next = match std::mem::take(&mut self.entering) {
            waiting @ (Entering::Idle | Entering::ExpectGuestLink { .. }) => Ok(waiting),
            Entering::ExpectRegistration {
                command,
                code,
                email,
                name,
                opaque,
            } => parse(result).and_then(|reply: RegistrationStartReply| {
                check_email(&email, &reply.email)?;
                self.finish_registration(command, code, name, *opaque, &reply)
            }),
            Entering::ExpectLogin {
                command,
                purpose,
                opaque,
            } => parse(result).and_then(|reply| self.finish_login(command, purpose, *opaque, &reply)),
            Entering::ExpectGrant {
                command,
                purpose,
                email,
                finished,
            } => parse(result).and_then(|grant: Grant| {
                check_email(&email, &grant.email)?;
                self.use_grant(command, purpose, &finished, grant)
            }),
            Entering::ExpectEnrolment { command } => {
                let enrolled = self.on_enrolment(command, result);
                self.on_paired_enrolment(enrolled.as_ref().err());
                enrolled
            }
        };
        match next {
            Ok(next) => self.entering = next,
            Err(failure) => self.shell.fail(command, failure),
        }
    }

    fn finish_registration(
        &mut self,
        command: u32,
        invitation: String,
        name: String,
        opaque: Registering,
        reply: &RegistrationStartReply,
    ) -> Result<Entering, Failure> {
        let cost = self.options.password_cost;
        let finished = opaque
            .finish(&self.shell.random, cost, &reply.email, &reply.opaque.0)
            .map_err(of_opaque)?;
        let aik = Aik::generate(&self.shell.random);
        let sealed = aik.seal(
            &self.shell.random,
            &finished.export_key,
            reply.network_id,
            reply.user_id,
        );
        let person = Person {
            network_id: reply.network_id,
            user_id: reply.user_id,
            email: reply.email.clone(),
            name: name.clone(),
        };
        let device = self.make_device(person, &aik, None)?;
        let finish = RegistrationFinish {
            invitation,
            opaque: Bytes(finished.message),
            name,
            aik: aik.public(),
            sealed_aik: Bytes(sealed),
            device,
        };
        self.shell
            .post(HttpAsk::Account, "/api/v1/registration/finish", None, &finish);
        Ok(Entering::ExpectEnrolment { command })
    }

    fn finish_login(
        &mut self,
        command: u32,
        purpose: Purpose,
        opaque: SigningIn,
        reply: &LoginStartReply,
    ) -> Result<Entering, Failure> {
        let cost = self.options.password_cost;
        let email = opaque.email().clone();
        let mut finished = opaque
            .finish(&self.shell.random, cost, &reply.opaque.0)
            .map_err(of_opaque)?;
        let message = std::mem::take(&mut finished.message);
        let finish = LoginFinish {
            login_id: reply.login_id.clone(),
            opaque: Bytes(message),
        };
        self.shell
            .post(HttpAsk::Account, "/api/v1/login/finish", None, &finish);
        Ok(Entering::ExpectGrant {
            command,
            purpose,
            email,
            finished,
        })
    }

    fn use_grant(
        &mut self,
        command: u32,
        purpose: Purpose,
        finished: &Finished,
        grant: Grant,
    ) -> Result<Entering, Failure> {
        let untrusted = || failure("server_untrusted");
        let aik = Aik::unseal(
            &grant.sealed_aik.0,
            &finished.export_key,
            grant.network_id,
            grant.user_id,
        )
        .map_err(|_| untrusted())?;
        let list = grant.device_list.body();
        if list.aik != aik.public() || list.user_id != grant.user_id {
            return Err(untrusted());
        }
        match purpose {
            Purpose::SignIn => {
                let token = grant.grant.to_base64url();
                let person = Person {
                    network_id: grant.network_id,
                    user_id: grant.user_id,
                    email: grant.email,
                    name: grant.name,
                };
                let device = self.make_device(person, &aik, Some(&grant.device_list))?;
                self.shell
                    .post(HttpAsk::Account, "/api/v1/devices", Some(token), &device);
                Ok(Entering::ExpectEnrolment { command })
            }
            Purpose::Check => {
                self.own_identity(&grant)?;
                self.shell.reply(command, Reply::Done);
                Ok(Entering::Idle)
            }
            Purpose::Pair(number) => {
                self.own_identity(&grant)?;
                self.check_list(&grant.device_list)?;
                self.give_to_paired(command, number, &aik, grant)
            }
            Purpose::Revoke(device_id) => {
                self.check_list(&grant.device_list)?;
                let Some(device) = &mut self.device else {
                    return Err(failure("not_ready"));
                };
                let list =
                    without_device(&aik, &grant.device_list, device_id, self.shell.now).map_err(of_list)?;
                if !device.may_ask() {
                    return Err(failure("offline"));
                }
                device.list_sent = Some(list.clone());
                let request = Request::DeviceListPut(DeviceListPut { device_list: list });
                self.shell.request(Ask::DeviceListPut { command }, request);
                Ok(Entering::Idle)
            }
        }
    }

    /// Who is signed in, if the grant is of the same account.
    fn own_identity(&self, grant: &Grant) -> Result<&Identity, Failure> {
        let own = self.device.as_ref().map(|device| &device.identity);
        own.filter(|own| own.user_id() == grant.user_id)
            .ok_or_else(|| failure("server_untrusted"))
    }

    /// The list that the next one will follow is none of the past, by all that is known here of one's own.
    fn check_list(&self, list: &DeviceList) -> Result<(), Failure> {
        let device = self.device.as_ref().ok_or_else(|| failure("not_ready"))?;
        let card = device.people.card(device.identity.user_id());
        let known = card.map(|card| &card.device_list).into_iter();
        for known in known.chain([&device.identity.device_list]) {
            check_newer(known, list).map_err(|_| failure("server_untrusted"))?;
        }
        Ok(())
    }

    /// Makes this the device of `person`, stored but not confirmed yet.
    fn make_device(
        &mut self,
        person: Person,
        aik: &Aik,
        current: Option<&DeviceList>,
    ) -> Result<NewDevice, Failure> {
        self.make_way(&person, aik.public(), current)?;
        let key = DeviceKey::generate(&self.shell.random);
        let device_id = DeviceId::from_random(self.shell.random.array());
        let now = self.shell.now;
        let identity =
            Identity::make(person, aik, device_id, &key, &self.device_name, current, now).map_err(of_list)?;
        self.put_in_place(identity)
    }

    /// Sees to it that nothing here is another account's.
    pub(super) fn make_way(
        &mut self,
        person: &Person,
        aik: PublicKey,
        current: Option<&DeviceList>,
    ) -> Result<(), Failure> {
        match self.shut_out_device() {
            Some(device) if device.is_of(person, aik) => {
                current.map_or(Ok(()), |list| self.go_on_from(person, list))
            }
            // The store is never given up for an account that only seems to be the same.
            Some(_) => Err(self.other_account()),
            None => {
                // What a former attempt left behind.
                if self.device.take().is_some() {
                    self.shell.store.wipe();
                }
                Ok(())
            }
        }
    }

    /// Makes this core the device of an identity: stored, and not confirmed yet.
    pub(super) fn put_in_place(&mut self, identity: Identity) -> Result<NewDevice, Failure> {
        let (certificate, device_list) = (identity.certificate.clone(), identity.device_list.clone());
        let mut surroundings = Surroundings {
            shell: &mut self.shell,
            options: self.options,
        };
        let stock = match &mut self.device {
            Some(device) => device.renew(identity, &mut surroundings),
            None => {
                let (device, stock) = Device::make(identity, &mut surroundings);
                self.device = Some(Box::new(device));
                self.signed_out = None;
                stock
            }
        };
        Ok(NewDevice {
            certificate,
            device_list,
            key_packages: stock.key_packages,
            last_resort: stock.last_resort.ok_or_else(|| failure("internal"))?,
        })
    }

    /// Judges the list that the next one will follow: it names no device that a newer list known here does not name,
    /// as signing on top of it would bring a revoked device back. (A server that was restored from a copy has an older
    /// list too, without the devices that came later.) A list that was signed here for an enrolment which the server
    /// never confirmed is no measure.
    fn go_on_from(&mut self, person: &Person, list: &DeviceList) -> Result<(), Failure> {
        let device = self.device.as_mut().ok_or_else(|| failure("internal"))?;
        let card = device.people.card(person.user_id).map(|card| &card.device_list);
        let own = Some(&device.identity.device_list).filter(|_| device.identity.enrolled);
        for known in card.into_iter().chain(own) {
            if check_newer(known, list).is_err() && !names_no_other(known, list) {
                tracing::warn!("a device list of the past would bring a device back");
                return Err(failure("server_untrusted"));
            }
        }
        let card = socket::Person {
            user_id: person.user_id,
            network_id: person.network_id,
            email: person.email.clone(),
            name: person.name.clone(),
            aik: list.body().aik,
            device_list: list.clone(),
        };
        // One that is older than the card stays without.
        if let Err(error) = device.people.take(&mut self.shell.store, person.network_id, card) {
            tracing::warn!(%error, "the own card stays as it was");
        }
        Ok(())
    }

    fn on_enrolment(&mut self, command: u32, result: HttpResult) -> Result<Entering, Failure> {
        match result {
            Some((200..=299, _)) => {
                self.with_device(Device::enrolled);
                self.reply(command, Reply::Done);
                Ok(Entering::Idle)
            }
            Some((status, body)) => {
                if self.shut_out_device().is_none() {
                    self.device = None;
                    self.shell.store.wipe();
                }
                Err(failure_of(status, &body))
            }
            // It may have happened or not; the device finds out by opening a session.
            None => {
                self.with_device(|device, core| device.begin(core));
                Err(failure("offline"))
            }
        }
    }
}

/// The account key signs for the address that the person means, never for one that the server puts in its place.
fn check_email(expected: &Email, told: &Email) -> Result<(), Failure> {
    if expected == told {
        return Ok(());
    }
    tracing::warn!("the server answered for another e-mail address");
    Err(failure_with("email_differs", "email", expected.to_string()))
}

/// Whether all devices of `list` are among those of `known`.
fn names_no_other(known: &DeviceList, list: &DeviceList) -> bool {
    let known = &known.body().devices;
    list.body().devices.iter().all(|device| known.contains(device))
}

/// NIST SP 800-63B asks for length, not for classes of characters.
fn is_weak(password: &Secret) -> bool {
    password.0.chars().count() < MIN_PASSWORD_LEN
}

fn of_opaque(error: OpaqueError) -> Failure {
    match error {
        OpaqueError::WrongPassword => failure("wrong_password"),
        OpaqueError::BadMessage => failure("server_untrusted"),
    }
}

pub(super) fn of_list(error: ListError) -> Failure {
    match error {
        ListError::TooManyDevices => failure("too_many_devices"),
        ListError::NoSuchDevice => failure("not_found"),
        _ => failure("server_untrusted"),
    }
}

/// The body of an answer, or why there is none.
pub(super) fn parse<T: DeserializeOwned>(result: HttpResult) -> Result<T, Failure> {
    match result {
        Some((200..=299, body)) => from_json(&body).ok_or_else(|| failure("server_untrusted")),
        Some((status, body)) => Err(failure_of(status, &body)),
        None => Err(failure("offline")),
    }
}

fn failure_of(status: u16, body: &[u8]) -> Failure {
    match from_json::<Problem>(body) {
        Some(problem) => of_problem(&problem),
        // A proxy in between answers in its own words.
        None if status >= 500 => failure("unavailable"),
        None => failure("internal"),
    }
}

/// As text, like what comes through the socket: reading bytes would be more code for a browser to load.
fn from_json<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_str(std::str::from_utf8(body).ok()?).ok()
}
