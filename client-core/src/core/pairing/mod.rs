//! A pairing that goes on: the mailbox on the server, and how far the two sides are.
//!
//! ```text
//! known   open ─► code ─► they meet: words ─► password, and what the new device needs is given ─► the account's list names it
//! new     enter ────────► they meet: words ─► the person agrees, what it needs has come ─► enrolled
//! ```
//!
//! Nothing of it is stored: a program that is started anew begins anew.

mod known;
mod mail;
mod new;

use protocol::{
    Millis,
    pairing::{PairingClose, PairingHeard, PairingOpened},
};

use super::{
    Core,
    asks::{HttpAsk, PairingAsk},
    entering::{HttpResult, parse},
};
use crate::{
    api::{Event, Failure, PairingView, Reply},
    failure::failure,
    limits::{PAIRING_ASK_MS, PAIRING_RETRY_MS},
};

use known::Known;
use mail::Mail;
use new::New;

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

impl Core {
    /// In place of an earlier one.
    fn begin_pairing(&mut self, side: Side, first: Option<Vec<u8>>) -> u32 {
        if self.pairing.is_some() {
            self.fail_pairing(failure("pairing_over"));
        }
        self.pairings = self.pairings.wrapping_add(1);
        self.pairing = Some(Pairing {
            number: self.pairings,
            side,
            mail: Mail::new(&self.shell, first),
        });
        self.pairings
    }

    /// The person does not want it any more, or the words differ.
    pub(super) fn end_pairing(&mut self, command: u32) {
        let enrols = matches!(
            &self.pairing,
            Some(Pairing {
                side: Side::New(New::Enrolling),
                ..
            })
        );
        // What the server may have done already is not taken back.
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
        self.look_for_paired();
        let Some(Pairing { number, side, mail }) = &mut self.pairing else {
            return;
        };
        if mail.expires_at <= now {
            let code = match side {
                // Nobody looks at it.
                Side::New(New::Alone(alone)) if !alone.is_in() => {
                    self.pairing = None;
                    return;
                }
                Side::Known(Known::Given(_)) => "pairing_unsure",
                _ => "pairing_over",
            };
            return self.fail_pairing(failure(code));
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
                    self.on_heard(false, heard);
                }
                Err(failed) => {
                    // It may have been taken: then the same ticket enters again.
                    if !is_passing(&failed) {
                        self.pairing = None;
                    }
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
                // The code has its time.
                Err(failed) if is_passing(&failed) => {
                    let at = self.shell.now.plus(PAIRING_RETRY_MS);
                    if let Some(pairing) = &mut self.pairing {
                        pairing.mail.ask_at = Some(at);
                    }
                }
                Err(failed) => self.on_mailbox_gone(failed),
            },
        }
    }

    fn on_heard(&mut self, said: bool, PairingHeard { messages }: PairingHeard) {
        for message in messages {
            let Some(Pairing { mail, side, .. }) = &mut self.pairing else {
                return;
            };
            let at = mail.known;
            mail.known = at.saturating_add(1);
            let taken = match side {
                Side::Known(_) => self.on_said_by_new(&message.0),
                Side::New(_) => self.on_said_by_known(at, message),
            };
            if taken.is_err() {
                tracing::warn!("what a pairing's other side said does not hold");
                return self.fail_pairing(failure("pairing_differs"));
            }
        }
        let now = self.shell.now;
        let Some(Pairing { mail, .. }) = &mut self.pairing else {
            return;
        };
        mail.said = mail.said.saturating_add(u32::from(said));
        let wait = if mail.is_said() { PAIRING_ASK_MS } else { 0 };
        mail.ask_at = Some(now.plus(wait));
    }

    fn on_mailbox_gone(&mut self, failed: Failure) {
        match &mut self.pairing {
            // The new device may have ended it, having what it needs: the account's list will tell.
            Some(Pairing {
                side: Side::Known(Known::Given(_)),
                mail,
                ..
            }) => mail.ask_at = None,
            Some(Pairing {
                side: Side::New(New::Enrolling),
                mail,
                ..
            }) => mail.ask_at = None,
            _ if failed.code == "not_found" => self.fail_pairing(failure("pairing_over")),
            _ => self.fail_pairing(failed),
        }
    }
}

/// The server cannot be reached now, or wants patience.
fn is_passing(failed: &Failure) -> bool {
    matches!(failed.code.as_str(), "offline" | "unavailable" | "rate_limited")
}
