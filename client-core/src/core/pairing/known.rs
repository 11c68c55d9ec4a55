//! The device that is signed in: shows a code, and gives the new device what it needs.

use protocol::{
    accounts::Grant,
    identity::DeviceList,
    pairing::{PairingOpen, PairingOpened},
};

use super::{Pairing, Side};
use crate::{
    api::{Failure, PairingView, Reply, Secret},
    core::{
        Core,
        asks::{HttpAsk, PairingAsk},
        entering::{Entering, Purpose, of_list},
    },
    failure::failure,
    identity::{Aik, Person, certify},
    limits::PAIRING_ASK_MS,
    pairing::{BadMessage, Bundle, Host, KnownSide, Met, Newcomer},
};

/// How far it is.
pub(super) enum Known {
    Alone(KnownSide),
    Met { newcomer: Newcomer, met: Met },
    Given(Newcomer),
}

impl Core {
    /// Opens a pairing for a device that is signed in, in place of an earlier one.
    pub(in crate::core) fn open_pairing(&mut self, command: u32) {
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
        let number = self.begin_pairing(Side::Known(Known::Alone(side)), Some(first));
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

    /// The words are the same on the device that is signed in: the new one is to be of the account.
    pub(in crate::core) fn admit_paired(&mut self, command: u32, password: Secret) {
        match &self.pairing {
            Some(Pairing {
                number,
                side: Side::Known(Known::Met { .. }),
                ..
            }) => self.ask_password(command, Purpose::Pair(*number), password),
            _ => self.shell.fail(command, failure("pairing_over")),
        }
    }

    pub(super) fn on_opened(&mut self, command: u32, opened: &PairingOpened) {
        let now = self.shell.now;
        if let Some(Pairing { mail, .. }) = &mut self.pairing {
            mail.said = 1;
            mail.ask_at = Some(now.plus(PAIRING_ASK_MS));
            let view = PairingView::Code {
                code: opened.code.to_string(),
                expires_at: mail.expires_at,
            };
            self.shell.reply(command, Reply::Done);
            self.tell_pairing(Some(view));
        }
    }

    /// What the new device of this pairing needs, made with the account's key and given to it. The password was typed for that
    /// one alone, whatever was begun meanwhile.
    pub(in crate::core) fn give_to_paired(
        &mut self,
        command: u32,
        number: u32,
        aik: &Aik,
        grant: Grant,
    ) -> Result<Entering, Failure> {
        let current = self.pairing.as_mut().filter(|pairing| pairing.number == number);
        let Some(Pairing {
            side: Side::Known(known),
            mail,
            ..
        }) = current
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
        let (certificate, device_list) =
            certify(&person, aik, keys, &newcomer.name, current, self.shell.now).map_err(of_list)?;
        let bundle = Bundle {
            grant: grant.grant,
            certificate,
            device_list,
            own_state_key: aik.own_state_key(),
        };
        mail.say(&self.shell, met.seal(&bundle));
        *known = Known::Given(newcomer.clone());
        self.tell_pairing(Some(PairingView::Working));
        self.shell.reply(command, Reply::Done);
        Ok(Entering::Idle)
    }

    /// Whether the account's own list names the device by now: that tells it, and nobody's word.
    pub(super) fn look_for_paired(&mut self) {
        let Some(Pairing {
            side: Side::Known(Known::Given(newcomer)),
            ..
        }) = &self.pairing
        else {
            return;
        };
        let list = self.device.as_ref().map(|device| &device.identity.device_list);
        if list.is_some_and(|list| names(list, newcomer)) {
            let name = newcomer.name.clone();
            self.close_pairing();
            self.tell_pairing(Some(PairingView::Done { name }));
        }
    }

    /// The new device's message leads to the words.
    pub(super) fn on_said_by_new(&mut self, message: &[u8]) -> Result<(), BadMessage> {
        let Some(Pairing {
            side: Side::Known(known),
            mail,
            ..
        }) = &mut self.pairing
        else {
            return Err(BadMessage);
        };
        match known {
            Known::Alone(alone) => {
                let identity = self.device.as_ref().map(|device| &device.identity);
                let identity = identity.ok_or(BadMessage)?;
                let host = Host {
                    email: identity.email().clone(),
                    name: identity.name.clone(),
                };
                let (newcomer, second, met) = alone.meet(&self.shell.random, message, &host)?;
                mail.say(&self.shell, second);
                let view = PairingView::Compare {
                    words: met.words.clone(),
                    name: newcomer.name.clone(),
                    email: None,
                };
                *known = Known::Met { newcomer, met };
                self.tell_pairing(Some(view));
                Ok(())
            }
            _ => Err(BadMessage),
        }
    }
}

fn names(list: &DeviceList, newcomer: &Newcomer) -> bool {
    let mut devices = list.body().devices.iter();
    devices.any(|listed| (listed.device_id, listed.device_key) == (newcomer.device_id, newcomer.device_key))
}
