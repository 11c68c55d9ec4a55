//! What goes over the server, in order and once.

use protocol::{
    Bytes, Millis,
    limits::{PAIRING_LIFE_MS, PAIRING_TICKET_LEN},
    pairing::{PairingSay, PairingTurn},
};

use crate::core::shell::Shell;

/// See the module.
pub(super) struct Mail {
    pub(super) ticket: Bytes,
    /// Messages of this side; the known one's first goes with the opening.
    own: Vec<Bytes>,
    /// How many of them the server has, and how many it has given.
    pub(super) said: u32,
    pub(super) known: u32,
    pub(super) expires_at: Millis,
    /// When to ask next; nothing while there is no mailbox yet, or an answer is to come.
    pub(super) ask_at: Option<Millis>,
}

impl Mail {
    pub(super) fn new(shell: &Shell, first: Option<Vec<u8>>) -> Self {
        Self {
            ticket: Bytes(shell.random.array::<PAIRING_TICKET_LEN>().to_vec()),
            own: first.into_iter().map(Bytes).collect(),
            said: 0,
            known: 0,
            expires_at: shell.now.plus(PAIRING_LIFE_MS),
            ask_at: None,
        }
    }

    pub(super) fn first(&self) -> Bytes {
        self.own.first().cloned().unwrap_or_default()
    }

    pub(super) fn say(&mut self, shell: &Shell, message: Vec<u8>) {
        self.own.push(Bytes(message));
        // Where an answer is to come, it leads on.
        self.ask_at = self.ask_at.map(|at| at.min(shell.now));
    }

    pub(super) fn is_said(&self) -> bool {
        self.own.len() <= self.said as usize
    }

    pub(super) fn turn(&self) -> PairingTurn {
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
