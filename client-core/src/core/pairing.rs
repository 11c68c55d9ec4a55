//! A pairing that goes on: the mailbox on the server, and how far the two sides are.
//!
//! ```text
//! known   open ─► code ─► they meet: words ─► password, and what the new device needs is given ─► it says that it is enrolled
//! new     enter ────────► they meet: words ─► the person agrees, what it needs has come ─► enrolled, and said
//! ```
//!
//! Nothing of it is stored: a program that is started anew begins anew.

use protocol::{
    Bytes, DeviceId, Millis,
    accounts::{Grant, NewDevice},
    limits::{PAIRING_LIFE_MS, PAIRING_TICKET_LEN},
    pairing::{
        PairingClose, PairingCode, PairingEnter, PairingHeard, PairingOpen, PairingOpened, PairingSay,
        PairingTurn,
    },
};

use super::{
    Core,
    asks::{HttpAsk, PairingAsk},
    entering::{Entering, HttpResult, Purpose, parse},
    shell::Shell,
};
use crate::{
    api::{Event, Failure, PairingView, Reply, Secret},
    failure::failure,
    group::DeviceKey,
    identity::{Aik, Identity, Person, certify},
    limits::{PAIRING_ASK_MS, PAIRING_RETRY_MS},
    pairing::{BadMessage, Bundle, Host, KnownSide, Met, NewSide, Newcomer},
};

/// Says that the new device is enrolled.
const ENROLLED: &[u8] = b"enrolled";

/// See the module.
pub(super) struct Pairing {
    /// Of all that this core ever had: an answer to an earlier one is none to this.
    number: u32,
    side: Side,
    mail: Mail,
}

enum Side {
    Known(Known),
    New(New),
}

/// The device that is signed in.
enum Known {
    Alone(KnownSide),
    Met { newcomer: Newcomer, met: Met },
    Given { name: String },
}

/// The new device.
enum New {
    Alone {
        side: NewSide,
        key: DeviceKey,
        newcomer: Newcomer,
        commitment: Option<Bytes>,
    },
    Met(Box<MetHost>),
    Enrolling,
    Enrolled,
}

struct MetHost {
    host: Host,
    met: Met,
    key: DeviceKey,
    newcomer: Newcomer,
    /// The command by which the person agreed.
    agreed: Option<u32>,
    bundle: Option<Bundle>,
}

/// What goes over the server, in order and once.
struct Mail {
    ticket: Bytes,
    /// Messages of this side; the first went with the opening or entering.
    own: Vec<Bytes>,
    /// How many of them the server has, and how many it has given.
    said: u32,
    known: u32,
    expires_at: Millis,
    /// When to ask next; nothing while there is no mailbox yet, or an answer is to come.
    ask_at: Option<Millis>,
}

impl Mail {
    fn new(shell: &Shell, first: Vec<u8>) -> Self {
        Self {
            ticket: Bytes(shell.random.array::<PAIRING_TICKET_LEN>().to_vec()),
            own: vec![Bytes(first)],
            said: 0,
            known: 0,
            expires_at: shell.now.plus(PAIRING_LIFE_MS),
            ask_at: None,
        }
    }

    fn first(&self) -> Bytes {
        self.own.first().cloned().unwrap_or_default()
    }

    fn say(&mut self, shell: &Shell, message: Vec<u8>) {
        self.own.push(Bytes(message));
        // Where an answer is to come, it leads on.
        self.ask_at = self.ask_at.map(|at| at.min(shell.now));
    }

    fn is_said(&self) -> bool {
        self.own.len() <= self.said as usize
    }

    fn turn(&self) -> PairingTurn {
        let say = self.own.get(self.said as usize).map(|message| PairingSay {
            after: self.said,
            message: message.clone(),
        });
        PairingTurn {
            ticket: self.ticket.clone(),
            known: self.known,
            say,
        }
    }
}

impl Core {
    /// Opens a pairing for a device that is signed in, in place of an earlier one.
    pub(super) fn open_pairing(&mut self, command: u32) {
        let token = self
            .device
            .as_ref()
            .filter(|device| device.is_enrolled() && device.may_ask())
            .and_then(|device| device.session.token().cloned());
        let Some(token) = token else {
            return self.shell.fail(command, failure("offline"));
        };
        let side = KnownSide::new(&self.shell.random);
        let first = side.first();
        let number = self.begin_pairing(Side::Known(Known::Alone(side)), first);
        let Some(Pairing { mail, .. }) = &self.pairing else {
            return;
        };
        let open = PairingOpen {
            ticket: mail.ticket.clone(),
            first: mail.first(),
        };
        let ask = HttpAsk::Pairing {
            number,
            ask: PairingAsk::Open { command },
        };
        self.shell
            .post(ask, "/api/v1/pairing/open", Some(token.0.clone()), &open);
    }

    /// Enters the code that another device shows.
    pub(super) fn enter_pairing(&mut self, command: u32, code: &str) {
        if !self.may_enter() {
            return self.shell.fail(command, failure("not_ready"));
        }
        let Ok(code) = PairingCode::parse(code) else {
            return self.shell.fail(command, failure("pairing_code_malformed"));
        };
        let key = DeviceKey::generate(&self.shell.random);
        let Some(device_key) = key.public() else {
            return self.shell.fail(command, failure("internal"));
        };
        let newcomer = Newcomer {
            device_id: DeviceId::from_random(self.shell.random.array()),
            device_key,
            name: self.device_name.clone(),
        };
        let side = NewSide::new(&self.shell.random, &newcomer);
        let first = side.first().to_vec();
        let step = New::Alone {
            side,
            key,
            newcomer,
            commitment: None,
        };
        let number = self.begin_pairing(Side::New(step), first);
        let Some(Pairing { mail, .. }) = &self.pairing else {
            return;
        };
        let enter = PairingEnter {
            code,
            ticket: mail.ticket.clone(),
            first: mail.first(),
        };
        let ask = HttpAsk::Pairing {
            number,
            ask: PairingAsk::Enter { command },
        };
        self.shell.post(ask, "/api/v1/pairing/enter", None, &enter);
    }

    fn begin_pairing(&mut self, side: Side, first: Vec<u8>) -> u32 {
        self.close_pairing();
        self.pairings = self.pairings.wrapping_add(1);
        self.pairing = Some(Pairing {
            number: self.pairings,
            side,
            mail: Mail::new(&self.shell, first),
        });
        self.pairings
    }

    /// The words are the same on the device that is signed in: the new one is to be of the account.
    pub(super) fn admit_paired(&mut self, command: u32, password: Secret) {
        let met = matches!(
            &self.pairing,
            Some(Pairing {
                side: Side::Known(Known::Met { .. }),
                ..
            })
        );
        if met {
            self.ask_password(command, Purpose::Pair, password);
        } else {
            self.shell.fail(command, failure("pairing_over"));
        }
    }

    /// The words are the same on the new device.
    pub(super) fn join_paired(&mut self, command: u32) {
        let Some(Pairing {
            side: Side::New(New::Met(met)),
            ..
        }) = &mut self.pairing
        else {
            return self.shell.fail(command, failure("pairing_over"));
        };
        if let Some(before) = met.agreed.replace(command) {
            self.shell.reply(before, Reply::Done);
        }
        self.tell_pairing(Some(PairingView::Working));
        self.enrol_paired();
    }

    /// The person does not want it any more, or the words differ.
    pub(super) fn end_pairing(&mut self, command: u32) {
        let enrols = matches!(
            &self.pairing,
            Some(Pairing {
                side: Side::New(New::Enrolling | New::Enrolled),
                ..
            })
        );
        // What the server may have done already is told to the other side, whoever looks at it here.
        if !enrols {
            self.close_pairing();
        }
        self.tell_pairing(None);
        self.shell.reply(command, Reply::Done);
    }

    /// Tells the server that it is over, where there is one.
    pub(super) fn close_pairing(&mut self) {
        let Some(pairing) = self.pairing.take() else {
            return;
        };
        if let Side::New(New::Met(met)) = &pairing.side
            && let Some(command) = met.agreed
        {
            self.shell.fail(command, failure("pairing_over"));
        }
        let close = PairingClose {
            ticket: pairing.mail.ticket,
        };
        let ask = HttpAsk::Pairing {
            number: pairing.number,
            ask: PairingAsk::Close,
        };
        self.shell.post(ask, "/api/v1/pairing/close", None, &close);
    }

    fn fail_pairing(&mut self, failure: Failure) {
        self.close_pairing();
        self.tell_pairing(Some(PairingView::Failed { failure }));
    }

    pub(super) fn tell_pairing(&mut self, pairing: Option<PairingView>) {
        self.shell.event(Event::Pairing { pairing });
    }

    /// Asks the server when it is time.
    pub(super) fn pairing_on_time(&mut self) {
        let now = self.shell.now;
        let Some(Pairing { number, mail, .. }) = &mut self.pairing else {
            return;
        };
        if mail.expires_at <= now {
            return self.fail_pairing(failure("pairing_over"));
        }
        if mail.ask_at.is_some_and(|at| at <= now) {
            mail.ask_at = None;
            let (number, turn) = (*number, mail.turn());
            let says = turn.say.is_some();
            let ask = HttpAsk::Pairing {
                number,
                ask: PairingAsk::Turn { says },
            };
            self.shell.post(ask, "/api/v1/pairing/turn", None, &turn);
        }
    }

    pub(super) fn pairing_wakes(&self) -> Option<Millis> {
        let mail = &self.pairing.as_ref()?.mail;
        Some(mail.ask_at.unwrap_or(mail.expires_at).min(mail.expires_at))
    }

    pub(super) fn on_pairing(&mut self, number: u32, ask: PairingAsk, result: HttpResult) {
        let current = self
            .pairing
            .as_ref()
            .is_some_and(|pairing| pairing.number == number);
        match ask {
            PairingAsk::Close => {}
            PairingAsk::Open { command } | PairingAsk::Enter { command } if !current => {
                self.shell.fail(command, failure("pairing_over"));
            }
            PairingAsk::Turn { .. } if !current => {}
            PairingAsk::Open { command } => match parse::<PairingOpened>(result) {
                Ok(opened) => self.on_opened(command, &opened),
                Err(failed) => {
                    self.pairing = None;
                    if failed.code == "unauthenticated" {
                        let now = self.shell.now;
                        self.with_device(|device, _| device.session.doubt_token(now));
                    }
                    self.shell.fail(command, failed);
                }
            },
            PairingAsk::Enter { command } => match parse::<PairingHeard>(result) {
                Ok(heard) => {
                    self.shell.reply(command, Reply::Done);
                    self.tell_pairing(Some(PairingView::Working));
                    self.on_heard(true, heard);
                }
                Err(failed) => {
                    self.pairing = None;
                    let failed = match failed.code.as_str() {
                        "not_found" => failure("pairing_unknown"),
                        "conflict" => failure("pairing_taken"),
                        _ => failed,
                    };
                    self.shell.fail(command, failed);
                }
            },
            PairingAsk::Turn { says } => match parse::<PairingHeard>(result) {
                Ok(heard) => self.on_heard(says, heard),
                Err(failed) if failed.code == "not_found" => self.fail_pairing(failure("pairing_over")),
                // The server cannot be reached now, or wants patience; the code has its time.
                Err(_) => {
                    let at = self.shell.now.plus(PAIRING_RETRY_MS);
                    if let Some(pairing) = &mut self.pairing {
                        pairing.mail.ask_at = Some(at);
                    }
                }
            },
        }
    }

    fn on_opened(&mut self, command: u32, opened: &PairingOpened) {
        let now = self.shell.now;
        if let Some(Pairing { mail, .. }) = &mut self.pairing {
            mail.said = 1;
            mail.expires_at = opened.expires_at.min(mail.expires_at);
            mail.ask_at = Some(now.plus(PAIRING_ASK_MS));
            let view = PairingView::Code {
                code: opened.code.to_string(),
                expires_at: mail.expires_at,
            };
            self.tell_pairing(Some(view));
            self.shell.reply(command, Reply::Done);
        }
    }

    fn on_heard(&mut self, said: bool, PairingHeard { messages }: PairingHeard) {
        for message in messages {
            let Some(Pairing { mail, .. }) = &mut self.pairing else {
                return;
            };
            let at = mail.known;
            mail.known = at.saturating_add(1);
            if self.on_message(at, message).is_err() {
                tracing::warn!("what a pairing's other side said does not hold");
                return self.fail_pairing(failure("pairing_differs"));
            }
        }
        let now = self.shell.now;
        let Some(Pairing { mail, side, .. }) = &mut self.pairing else {
            return;
        };
        mail.said = mail.said.saturating_add(u32::from(said));
        if matches!(side, Side::New(New::Enrolled)) && mail.is_said() {
            // The other side ends it, when it has heard.
            self.pairing = None;
            return;
        }
        let wait = if mail.is_said() { PAIRING_ASK_MS } else { 0 };
        mail.ask_at = Some(now.plus(wait));
    }

    fn on_message(&mut self, at: u32, message: Bytes) -> Result<(), BadMessage> {
        let Some(Pairing { side, mail, .. }) = &mut self.pairing else {
            return Ok(());
        };
        match side {
            Side::Known(known) => {
                if let Known::Alone(alone) = known {
                    let identity = self.device.as_ref().map(|device| &device.identity);
                    let identity = identity.ok_or(BadMessage)?;
                    let host = Host {
                        email: identity.email().clone(),
                        name: identity.name.clone(),
                    };
                    let (newcomer, second, met) = alone.meet(&self.shell.random, &message.0, &host)?;
                    mail.say(&self.shell, second);
                    let view = PairingView::Compare {
                        words: met.words.clone(),
                        name: newcomer.name.clone(),
                        email: None,
                    };
                    *known = Known::Met { newcomer, met };
                    self.tell_pairing(Some(view));
                } else if let Known::Given { name } = known {
                    if message.0 != ENROLLED {
                        return Err(BadMessage);
                    }
                    let name = name.clone();
                    self.close_pairing();
                    self.tell_pairing(Some(PairingView::Done { name }));
                } else {
                    return Err(BadMessage);
                }
                Ok(())
            }
            Side::New(new) => match (at, std::mem::replace(new, New::Enrolling)) {
                (
                    0,
                    New::Alone {
                        side,
                        key,
                        newcomer,
                        commitment: None,
                    },
                ) => {
                    *new = New::Alone {
                        side,
                        key,
                        newcomer,
                        commitment: Some(message),
                    };
                    Ok(())
                }
                (
                    1,
                    New::Alone {
                        side,
                        key,
                        newcomer,
                        commitment: Some(commitment),
                    },
                ) => {
                    let (host, met) = side.meet(&commitment.0, &message.0)?;
                    let view = PairingView::Compare {
                        words: met.words.clone(),
                        name: host.name.clone(),
                        email: Some(host.email.to_string()),
                    };
                    *new = New::Met(Box::new(MetHost {
                        host,
                        met,
                        key,
                        newcomer,
                        agreed: None,
                        bundle: None,
                    }));
                    self.tell_pairing(Some(view));
                    Ok(())
                }
                (2, New::Met(mut met)) => {
                    let bundle = met.met.open(&message.0)?;
                    let Newcomer {
                        device_id,
                        device_key,
                        ..
                    } = met.newcomer;
                    bundle.check(device_id, device_key, &met.host.email, self.shell.now)?;
                    met.bundle = Some(bundle);
                    *new = New::Met(met);
                    self.enrol_paired();
                    Ok(())
                }
                (_, before) => {
                    *new = before;
                    Err(BadMessage)
                }
            },
        }
    }

    /// What the new device needs, made with the account's key and given to it.
    pub(super) fn give_to_paired(
        &mut self,
        command: u32,
        aik: &Aik,
        grant: Grant,
    ) -> Result<Entering, Failure> {
        let Some(Pairing {
            side: Side::Known(known),
            mail,
            ..
        }) = &mut self.pairing
        else {
            return Err(failure("pairing_over"));
        };
        let Known::Met { newcomer, met } = known else {
            return Err(failure("pairing_over"));
        };
        let person = Person {
            network_id: grant.network_id,
            user_id: grant.user_id,
            email: grant.email,
            name: grant.name,
        };
        let keys = (newcomer.device_id, newcomer.device_key);
        let current = Some(&grant.device_list);
        let (certificate, device_list) = certify(&person, aik, keys, &newcomer.name, current, self.shell.now)
            .map_err(super::entering::of_list)?;
        let bundle = Bundle {
            grant: grant.grant,
            certificate,
            device_list,
            own_state_key: aik.own_state_key(),
        };
        mail.say(&self.shell, met.seal(&bundle));
        let name = newcomer.name.clone();
        *known = Known::Given { name };
        self.tell_pairing(Some(PairingView::Working));
        self.shell.reply(command, Reply::Done);
        Ok(Entering::Idle)
    }

    /// Enrols this device, once the person has agreed and all that it needs has come.
    fn enrol_paired(&mut self) {
        let Some(Pairing {
            side: Side::New(new), ..
        }) = &mut self.pairing
        else {
            return;
        };
        let ready = matches!(new, New::Met(met) if met.agreed.is_some() && met.bundle.is_some());
        if !ready {
            return;
        }
        let New::Met(mut met) = std::mem::replace(new, New::Enrolling) else {
            return;
        };
        let (Some(command), Some(bundle)) = (met.agreed.take(), met.bundle.take()) else {
            return;
        };
        match self.make_paired(*met, bundle) {
            Ok((grant, device)) => {
                self.shell
                    .post(HttpAsk::Account, "/api/v1/devices", Some(grant), &device);
                self.entering = Entering::ExpectEnrolment { command };
            }
            Err(failed) => {
                self.shell.fail(command, failed.clone());
                self.fail_pairing(failed);
            }
        }
    }

    fn make_paired(&mut self, met: MetHost, bundle: Bundle) -> Result<(String, NewDevice), Failure> {
        if !self.may_enter() {
            return Err(failure("not_ready"));
        }
        let body = bundle.certificate.body();
        let person = Person {
            network_id: body.network_id,
            user_id: body.user_id,
            email: met.host.email,
            name: met.host.name,
        };
        self.make_way(&person, body.aik, Some(&bundle.device_list))?;
        let identity = Identity::of_certified(
            person.name,
            &met.key,
            bundle.certificate,
            bundle.device_list,
            bundle.own_state_key,
        );
        Ok((bundle.grant.to_base64url(), self.put_in_place(identity)?))
    }

    /// The server has answered the enrolment of this device, which a pairing may have led to.
    pub(super) fn on_paired_enrolment(&mut self, failed: Option<&Failure>) {
        let Some(Pairing {
            side: Side::New(new @ New::Enrolling),
            mail,
            ..
        }) = &mut self.pairing
        else {
            return;
        };
        match failed {
            Some(failed) => self.fail_pairing(failed.clone()),
            None => {
                *new = New::Enrolled;
                mail.say(&self.shell, ENROLLED.to_vec());
                self.tell_pairing(None);
            }
        }
    }
}
