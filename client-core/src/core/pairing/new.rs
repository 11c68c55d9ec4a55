//! The new device: enters a code, and is enrolled with what the other one gives.

use protocol::{
    Bytes, DeviceId,
    accounts::NewDevice,
    pairing::{PairingCode, PairingEnter},
};

use super::{Pairing, Side};
use crate::{
    api::{Failure, PairingView, Reply},
    core::{
        Core,
        asks::{HttpAsk, PairingAsk},
        entering::Entering,
    },
    failure::failure,
    group::DeviceKey,
    identity::{Identity, Person},
    pairing::{BadMessage, Bundle, Host, Met, NewSide, Newcomer},
};

/// How far it is.
pub(super) enum New {
    Alone(Box<Alone>),
    Met(Box<MetHost>),
    Enrolling,
}

pub(super) struct Alone {
    code: PairingCode,
    side: NewSide,
    key: DeviceKey,
    newcomer: Newcomer,
    commitment: Option<Bytes>,
}

pub(super) struct MetHost {
    host: Host,
    met: Met,
    key: DeviceKey,
    newcomer: Newcomer,
    /// The command by which the person agreed.
    pub(super) agreed: Option<u32>,
    bundle: Option<Bundle>,
}

impl Alone {
    /// Whether the mailbox is known to be entered.
    pub(super) fn is_in(&self) -> bool {
        self.commitment.is_some()
    }
}

impl Core {
    /// Enters the code that another device shows.
    pub(in crate::core) fn enter_pairing(&mut self, command: u32, code: &str) {
        if !self.may_enter() {
            return self.shell.fail(command, failure("not_ready"));
        }
        let Ok(code) = PairingCode::parse(code) else {
            return self.shell.fail(command, failure("pairing_code_malformed"));
        };
        let entered_before = match &self.pairing {
            Some(Pairing {
                number,
                side: Side::New(New::Alone(alone)),
                ..
            }) if alone.code == code && !alone.is_in() => Some(*number),
            _ => None,
        };
        let number = match entered_before {
            Some(number) => number,
            None => match self.begin_to_enter(code.clone()) {
                Some(number) => number,
                None => return self.shell.fail(command, failure("internal")),
            },
        };
        let Some(Pairing { mail, .. }) = &self.pairing else {
            return;
        };
        let enter = PairingEnter {
            code,
            ticket: mail.ticket.clone(),
        };
        let ask = HttpAsk::Pairing {
            number,
            ask: PairingAsk::Enter { command },
        };
        self.shell.post(ask, "/api/v1/pairing/enter", None, &enter);
    }

    fn begin_to_enter(&mut self, code: PairingCode) -> Option<u32> {
        let key = DeviceKey::generate(&self.shell.random);
        let newcomer = Newcomer {
            device_id: DeviceId::from_random(self.shell.random.array()),
            device_key: key.public()?,
            name: self.device_name.clone(),
        };
        let alone = Alone {
            code,
            side: NewSide::new(&self.shell.random, &newcomer),
            key,
            newcomer,
            commitment: None,
        };
        Some(self.begin_pairing(Side::New(New::Alone(Box::new(alone))), None))
    }

    /// The words are the same on the new device.
    pub(in crate::core) fn join_paired(&mut self, command: u32) {
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

    /// Enrols this device, once the person has agreed and all that it needs has come.
    pub(super) fn enrol_paired(&mut self) {
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

    pub(super) fn make_paired(
        &mut self,
        met: MetHost,
        bundle: Bundle,
    ) -> Result<(String, NewDevice), Failure> {
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
    pub(in crate::core) fn on_paired_enrolment(&mut self, failed: Option<&Failure>) {
        let Some(Pairing {
            side: Side::New(New::Enrolling),
            ..
        }) = &self.pairing
        else {
            return;
        };
        match failed {
            // Nothing is known of it; the device finds out by opening a session, and the other one by the account's list.
            Some(failed) if failed.code == "offline" => {
                self.pairing = None;
                let failure = failed.clone();
                self.tell_pairing(Some(PairingView::Failed { failure }));
            }
            Some(failed) => self.fail_pairing(failed.clone()),
            None => {
                self.pairing = None;
                self.tell_pairing(None);
            }
        }
    }

    /// The known device's first message is answered by this one's keys, and no sooner: who has seen them could choose what is
    /// committed to. The first two lead to the words; its third has what this one needs.
    pub(super) fn on_said_by_known(&mut self, at: u32, message: Bytes) -> Result<(), BadMessage> {
        let Some(Pairing {
            side: Side::New(new),
            mail,
            ..
        }) = &mut self.pairing
        else {
            return Err(BadMessage);
        };
        match (at, new) {
            (0, New::Alone(alone)) => {
                alone.commitment = Some(message);
                mail.say(&self.shell, alone.side.first().to_vec());
                Ok(())
            }
            (1, new @ New::Alone(_)) => {
                let New::Alone(alone) = std::mem::replace(new, New::Enrolling) else {
                    return Err(BadMessage);
                };
                let commitment = alone.commitment.ok_or(BadMessage)?;
                let (host, met) = alone.side.meet(&commitment.0, &message.0)?;
                let view = PairingView::Compare {
                    words: met.words.clone(),
                    name: host.name.clone(),
                    email: Some(host.email.to_string()),
                };
                *new = New::Met(Box::new(MetHost {
                    host,
                    met,
                    key: alone.key,
                    newcomer: alone.newcomer,
                    agreed: None,
                    bundle: None,
                }));
                self.tell_pairing(Some(view));
                Ok(())
            }
            (2, New::Met(met)) => {
                let bundle = met.met.open(&message.0)?;
                let Newcomer {
                    device_id,
                    device_key,
                    ..
                } = met.newcomer;
                bundle.check(device_id, device_key, &met.host.email, self.shell.now)?;
                met.bundle = Some(bundle);
                self.enrol_paired();
                Ok(())
            }
            _ => Err(BadMessage),
        }
    }
}
