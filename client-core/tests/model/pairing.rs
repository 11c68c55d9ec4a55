//! Pairing over HTTP: two sides, in order; and what a false server makes of it.

use protocol::{
    Bytes, Code, Millis,
    limits::PAIRING_LIFE_MS,
    pairing::{
        PairingClose, PairingCode, PairingEnter, PairingHeard, PairingOpen, PairingOpened, PairingTurn,
    },
};

use super::accounts::{HttpReply, no, ok};

/// Changes a message as it comes: of which side (0 is the one that is signed in), the how manieth, and what it says.
pub type Tamper = Box<dyn FnMut(usize, usize, &mut Vec<u8>)>;

#[derive(Default)]
pub struct Pairings {
    pairing: Option<Pairing>,
    opened: u8,
    pub tamper: Option<Tamper>,
    /// The next answer to somebody who enters is lost.
    pub lose_next: bool,
    /// How far the server's clock is from the devices'.
    pub clock: i64,
}

struct Pairing {
    code: PairingCode,
    expires_at: Millis,
    tickets: [Option<Bytes>; 2],
    said: [Vec<Bytes>; 2],
}

impl Pairings {
    pub fn open(&mut self, body: &[u8], now: Millis) -> HttpReply {
        let open: PairingOpen = serde_json::from_slice(body).unwrap();
        self.opened += 1;
        let code = PairingCode::from_random([self.opened; 8]);
        let expires_at = now.plus(PAIRING_LIFE_MS);
        self.pairing = Some(Pairing {
            code: code.clone(),
            expires_at,
            tickets: [Some(open.ticket), None],
            said: [vec![], vec![]],
        });
        self.say(0, open.first);
        let expires_at = Millis(expires_at.0.saturating_add_signed(self.clock));
        ok(&PairingOpened { code, expires_at })
    }

    pub fn enter(&mut self, body: &[u8], now: Millis) -> HttpReply {
        let enter: PairingEnter = serde_json::from_slice(body).unwrap();
        let pairing = self.live(now).filter(|pairing| pairing.code == enter.code);
        let pairing = pairing.ok_or_else(|| no(Code::NotFound))?;
        if pairing.tickets[1]
            .as_ref()
            .is_some_and(|ticket| *ticket != enter.ticket)
        {
            return Err(no(Code::Conflict));
        }
        pairing.tickets[1] = Some(enter.ticket);
        let messages = pairing.said[0].clone();
        if std::mem::take(&mut self.lose_next) {
            return Err(no(Code::Unavailable));
        }
        ok(&PairingHeard { messages })
    }

    pub fn turn(&mut self, body: &[u8], now: Millis) -> HttpReply {
        let turn: PairingTurn = serde_json::from_slice(body).unwrap();
        let pairing = self.live(now).ok_or_else(|| no(Code::NotFound))?;
        let side = pairing
            .tickets
            .iter()
            .position(|ticket| ticket.as_ref() == Some(&turn.ticket))
            .ok_or_else(|| no(Code::NotFound))?;
        let known = usize::try_from(turn.known).unwrap();
        let messages = pairing.said[1 - side].iter().skip(known).cloned().collect();
        if let Some(say) = turn.say {
            let before = pairing.said[side].len();
            assert_eq!(
                usize::try_from(say.after).unwrap(),
                before,
                "said in order, and once"
            );
            self.say(side, say.message);
        }
        ok(&PairingHeard { messages })
    }

    pub fn close(&mut self, body: &[u8]) -> HttpReply {
        let close: PairingClose = serde_json::from_slice(body).unwrap();
        let has = |pairing: &Pairing| {
            pairing
                .tickets
                .iter()
                .flatten()
                .any(|ticket| *ticket == close.ticket)
        };
        self.pairing.take_if(|pairing| has(pairing));
        Ok(vec![])
    }

    fn say(&mut self, side: usize, mut message: Bytes) {
        let said = &mut self.pairing.as_mut().unwrap().said[side];
        if let Some(tamper) = &mut self.tamper {
            tamper(side, said.len(), &mut message.0);
        }
        said.push(message);
    }

    fn live(&mut self, now: Millis) -> Option<&mut Pairing> {
        self.pairing.take_if(|pairing| pairing.expires_at <= now);
        self.pairing.as_mut()
    }
}
