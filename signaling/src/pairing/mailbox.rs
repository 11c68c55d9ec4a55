//! Pairings that are under way.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use protocol::{
    Bytes, Code, DeviceId, Millis,
    limits::PAIRING_LIFE_MS,
    pairing::{PairingCode, PairingSay},
};

use crate::{
    failure::{Failure, refuse, refuse_for_now},
    limits::{MAX_PAIRING_MESSAGE_LEN, MAX_PAIRING_MESSAGES, MAX_PAIRINGS},
    tokens::{TokenHash, hash_token},
};

/// See the module.
#[derive(Default)]
pub struct Mailbox(Mutex<HashMap<PairingCode, Pairing>>);

struct Pairing {
    /// The device that is signed in.
    opener: DeviceId,
    expires_at: Millis,
    known: Side,
    /// Nothing until somebody enters.
    new: Option<Side>,
}

struct Side {
    ticket: TokenHash,
    said: Vec<Bytes>,
}

impl Side {
    fn new(ticket: &Bytes) -> Self {
        Self {
            ticket: hash_token(&ticket.0),
            said: vec![],
        }
    }

    fn say(&mut self, PairingSay { after, message }: PairingSay) -> Result<(), Failure> {
        check_message(&message)?;
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        match self.said.get(after) {
            // The answer was lost, and it is said again.
            Some(said) if *said == message => Ok(()),
            None if after == self.said.len() && after < MAX_PAIRING_MESSAGES => {
                self.said.push(message);
                Ok(())
            }
            _ => Err(refuse(Code::Malformed, "this was not to be said now")),
        }
    }

    fn heard(&self, known: u32) -> Vec<Bytes> {
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        self.said.iter().skip(known).cloned().collect()
    }
}

fn check_message(message: &Bytes) -> Result<(), Failure> {
    if message.0.len() > MAX_PAIRING_MESSAGE_LEN {
        return Err(refuse(Code::TooLarge, "the message is too long"));
    }
    Ok(())
}

fn gone() -> Failure {
    refuse(Code::NotFound, "there is no such pairing, or none any more")
}

impl Mailbox {
    /// Opens a pairing of a device, whose earlier one ends. Asked again with the same ticket, it is the same one.
    pub fn open(
        &self,
        opener: DeviceId,
        ticket: &Bytes,
        first: Bytes,
        code: PairingCode,
        now: Millis,
    ) -> Result<(PairingCode, Millis), Failure> {
        check_message(&first)?;
        let mut known = Side::new(ticket);
        known.said.push(first);
        let mut pairings = self.live(now);
        let same = |pairing: &Pairing| pairing.opener == opener && pairing.known.ticket == known.ticket;
        if let Some((code, pairing)) = pairings.iter().find(|(_, pairing)| same(pairing)) {
            return Ok((code.clone(), pairing.expires_at));
        }
        pairings.retain(|_, pairing| pairing.opener != opener);
        // A code that is taken comes once in a billion years; the device asks again.
        if pairings.len() >= MAX_PAIRINGS || pairings.contains_key(&code) {
            return Err(refuse_for_now(PAIRING_LIFE_MS));
        }
        let expires_at = now.plus(PAIRING_LIFE_MS);
        let pairing = Pairing {
            opener,
            expires_at,
            known,
            new: None,
        };
        pairings.insert(code.clone(), pairing);
        Ok((code, expires_at))
    }

    /// A new device enters; what the other said so far.
    pub fn enter(&self, code: &PairingCode, ticket: &Bytes, now: Millis) -> Result<Vec<Bytes>, Failure> {
        let side = Side::new(ticket);
        let mut pairings = self.live(now);
        let pairing = pairings.get_mut(code).ok_or_else(gone)?;
        match &pairing.new {
            Some(entered) if entered.ticket != side.ticket => {
                return Err(refuse(Code::Conflict, "another device has entered this code"));
            }
            Some(_) => {}
            None => pairing.new = Some(side),
        }
        Ok(pairing.known.heard(0))
    }

    /// One side says something, and hears what the other said.
    pub fn turn(
        &self,
        ticket: &Bytes,
        known: u32,
        say: Option<PairingSay>,
        now: Millis,
    ) -> Result<Vec<Bytes>, Failure> {
        let ticket = hash_token(&ticket.0);
        let mut pairings = self.live(now);
        let pairing = pairings.values_mut().find(|pairing| pairing.has(&ticket));
        let Pairing {
            known: opened, new, ..
        } = pairing.ok_or_else(gone)?;
        let (own, other) = if opened.ticket == ticket {
            (Some(opened), new.as_ref())
        } else {
            (new.as_mut(), Some(&*opened))
        };
        if let Some((say, own)) = say.zip(own) {
            own.say(say)?;
        }
        Ok(other.map(|other| other.heard(known)).unwrap_or_default())
    }

    /// One side ends it.
    pub fn close(&self, ticket: &Bytes, now: Millis) {
        let ticket = hash_token(&ticket.0);
        self.live(now).retain(|_, pairing| !pairing.has(&ticket));
    }

    /// Without those whose time is over.
    fn live(&self, now: Millis) -> MutexGuard<'_, HashMap<PairingCode, Pairing>> {
        let mut pairings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pairings.retain(|_, pairing| pairing.expires_at > now);
        pairings
    }
}

impl Pairing {
    fn has(&self, ticket: &TokenHash) -> bool {
        self.known.ticket == *ticket || self.new.as_ref().is_some_and(|side| side.ticket == *ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_000);

    fn device(number: u8) -> DeviceId {
        DeviceId::from_random([number; 16])
    }

    fn code(number: u8) -> PairingCode {
        PairingCode::from_random([number; 8])
    }

    fn bytes(text: &str) -> Bytes {
        Bytes(text.as_bytes().to_vec())
    }

    fn say(after: u32, text: &str) -> Option<PairingSay> {
        Some(PairingSay {
            after,
            message: bytes(text),
        })
    }

    fn opened(mailbox: &Mailbox, number: u8) -> PairingCode {
        let ticket = bytes(&format!("known {number}"));
        let opened = mailbox.open(device(number), &ticket, bytes("one"), code(number), NOW);
        opened.unwrap().0
    }

    fn refused<T>(result: Result<T, Failure>) -> Code {
        match result {
            Err(Failure::Refused(problem)) => problem.code,
            Err(other) => panic!("{other:?}"),
            Ok(_) => panic!("it was not refused"),
        }
    }

    #[test]
    fn two_sides_hear_each_other_in_order_and_once() {
        let mailbox = Mailbox::default();
        let code = opened(&mailbox, 1);
        let (known, new) = (bytes("known 1"), bytes("new"));
        assert_eq!(mailbox.turn(&known, 0, None, NOW).unwrap(), []);
        let heard = mailbox.enter(&code, &new, NOW).unwrap();
        assert_eq!(heard, [bytes("one")]);
        let heard = mailbox.turn(&new, 1, say(0, "two"), NOW).unwrap();
        assert_eq!(heard, []);
        let heard = mailbox.turn(&known, 0, say(1, "three"), NOW).unwrap();
        assert_eq!(heard, [bytes("two")]);
        // The answer was lost.
        let heard = mailbox.turn(&known, 1, say(1, "three"), NOW).unwrap();
        assert_eq!(heard, []);
        let heard = mailbox.turn(&new, 1, say(1, "four"), NOW).unwrap();
        assert_eq!(heard, [bytes("three")]);
        assert_eq!(mailbox.turn(&new, u32::MAX, None, NOW).unwrap(), []);
        // What was said stays as it was said, and nothing is left out.
        for wrong in [
            say(1, "five"),
            say(0, "five"),
            say(3, "five"),
            say(u32::MAX, "five"),
        ] {
            assert_eq!(refused(mailbox.turn(&known, 1, wrong, NOW)), Code::Malformed);
        }
        mailbox.close(&new, NOW);
        assert_eq!(refused(mailbox.turn(&known, 1, None, NOW)), Code::NotFound);
    }

    #[test]
    fn a_code_is_entered_by_one_device_and_ends() {
        let mailbox = Mailbox::default();
        let code = opened(&mailbox, 1);
        let enter = |ticket: &str, now| mailbox.enter(&code, &bytes(ticket), now);
        assert!(enter("new", NOW).is_ok());
        assert!(enter("new", NOW).is_ok(), "the answer was lost");
        assert_eq!(refused(enter("stranger", NOW)), Code::Conflict);
        assert_eq!(
            refused(mailbox.enter(&super::tests::code(9), &bytes("new"), NOW)),
            Code::NotFound
        );
        assert_eq!(
            refused(mailbox.turn(&bytes("stranger"), 0, None, NOW)),
            Code::NotFound
        );
        let later = NOW.plus(PAIRING_LIFE_MS);
        assert_eq!(refused(enter("new", later)), Code::NotFound);
        assert_eq!(
            refused(mailbox.turn(&bytes("known 1"), 0, None, later)),
            Code::NotFound
        );
    }

    #[test]
    fn a_device_has_one_pairing_and_all_have_so_many() {
        let mailbox = Mailbox::default();
        let open =
            |ticket: &str, number| mailbox.open(device(1), &bytes(ticket), bytes("one"), code(number), NOW);
        let first = open("first", 1).unwrap();
        assert_eq!(open("first", 2).unwrap(), first, "the answer was lost");
        assert_eq!(open("second", 2).unwrap().0, code(2));
        assert_eq!(
            refused(mailbox.enter(&code(1), &bytes("new"), NOW)),
            Code::NotFound
        );
        assert!(open("third", 2).is_ok());
        assert_eq!(mailbox.live(NOW).len(), 1);
        for number in 1..MAX_PAIRINGS as u64 {
            let [.., a, b] = number.to_be_bytes();
            let other = DeviceId::from_random([a, b, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]);
            let spelled = PairingCode::from_random([a & 31, b & 31, b >> 5, 3, 3, 3, 3, 3]);
            let ticket = Bytes(number.to_be_bytes().to_vec());
            assert!(
                mailbox.open(other, &ticket, bytes("one"), spelled, NOW).is_ok(),
                "{number}"
            );
        }
        let last = mailbox.open(device(200), &bytes("last"), bytes("one"), code(30), NOW);
        assert_eq!(refused(last), Code::RateLimited);
        let later = NOW.plus(PAIRING_LIFE_MS);
        let last = mailbox.open(device(200), &bytes("last"), bytes("one"), code(30), later);
        assert!(last.is_ok());
    }

    #[test]
    fn messages_are_few_and_short() {
        let mailbox = Mailbox::default();
        opened(&mailbox, 1);
        let known = bytes("known 1");
        let long = Bytes(vec![0; MAX_PAIRING_MESSAGE_LEN + 1]);
        let too_long = Some(PairingSay {
            after: 1,
            message: long.clone(),
        });
        assert_eq!(refused(mailbox.turn(&known, 0, too_long, NOW)), Code::TooLarge);
        let opened = mailbox.open(device(2), &bytes("x"), long, code(2), NOW);
        assert_eq!(refused(opened), Code::TooLarge);
        for after in 1..MAX_PAIRING_MESSAGES as u32 {
            assert!(mailbox.turn(&known, 0, say(after, "more"), NOW).is_ok());
        }
        let one_more = say(MAX_PAIRING_MESSAGES as u32, "more");
        assert_eq!(refused(mailbox.turn(&known, 0, one_more, NOW)), Code::Malformed);
    }
}
