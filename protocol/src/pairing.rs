//! Pairing over HTTP, under `/api/v1/pairing`: a new device and one that is signed in hand each other messages that the server
//! cannot read. It keeps them in memory, for as long as a code lives.
//!
//! ```text
//! signed in   POST pairing/open ─► code ┄┄ shown, scanned or typed ┄┄► POST pairing/enter   new
//!             POST pairing/turn ◄──────────── messages ─────────────► POST pairing/turn
//! ```
//!
//! Each side draws a ticket and shows it with whatever it asks. A request may be sent again: what the server has of it stays.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Bytes, Millis};

/// Letters and digits of a code: Crockford's, without those that are taken for others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a code. It tells nobody anything by itself; 40 bits keep strangers from entering by chance.
const CODE_LEN: usize = 8;

/// What a person reads from one device and types into the other.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PairingCode([u8; CODE_LEN]);

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pairing code has {CODE_LEN} letters and digits")]
pub struct NoCode;

impl PairingCode {
    /// A code of random bits.
    pub fn from_random(random: [u8; CODE_LEN]) -> Self {
        Self(random.map(|byte| ALPHABET.get(usize::from(byte & 31)).copied().unwrap_or_default()))
    }

    /// Reads what a person typed: small letters, spaces and hyphens do not matter, nor does what looks alike.
    pub fn parse(text: &str) -> Result<Self, NoCode> {
        let typed = text
            .chars()
            .filter(|char| !char.is_whitespace() && !matches!(char, '-' | '–'));
        let read = typed.map(|char| match char.to_ascii_uppercase() {
            'O' => Ok(b'0'),
            'I' | 'L' => Ok(b'1'),
            char => u8::try_from(char)
                .ok()
                .filter(|byte| ALPHABET.contains(byte))
                .ok_or(NoCode),
        });
        // One more than there may be is enough to see that there are too many.
        let read: Vec<u8> = read.take(CODE_LEN + 1).collect::<Result<_, _>>()?;
        read.try_into().map(Self).map_err(|_| NoCode)
    }
}

impl fmt::Display for PairingCode {
    /// In two halves, as people read them: `K7Q2-9MXP`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            if at == CODE_LEN / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*byte))?;
        }
        Ok(())
    }
}

impl fmt::Debug for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairingCode(…)")
    }
}

impl TryFrom<String> for PairingCode {
    type Error = NoCode;

    fn try_from(text: String) -> Result<Self, NoCode> {
        Self::parse(&text)
    }
}

impl From<PairingCode> for String {
    fn from(code: PairingCode) -> Self {
        code.to_string()
    }
}

/// `POST pairing/open` (bearer): a device that is signed in wants to be paired. What it opened before ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingOpen {
    /// 32 random bytes: whose side this is.
    pub ticket: Bytes,
    /// Its first message.
    pub first: Bytes,
}

/// Answer to [`PairingOpen`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingOpened {
    /// The code, for one new device.
    pub code: PairingCode,
    /// When it ends, with everything that was said.
    pub expires_at: Millis,
}

/// `POST pairing/enter`: a new device. `not_found` where there is no such code (any more), `conflict` where another device
/// has entered it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingEnter {
    /// The code.
    pub code: PairingCode,
    /// 32 random bytes: whose side this is.
    pub ticket: Bytes,
}

/// `POST pairing/turn`: says something, and hears what the other side said. `not_found` where the pairing has ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingTurn {
    /// The side's ticket.
    pub ticket: Bytes,
    /// How many messages of the other side are known.
    pub known: u32,
    /// What is said.
    pub say: Option<PairingSay>,
}

/// A message of one side.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingSay {
    /// How many this side has said before: the same again is taken for what it is.
    pub after: u32,
    /// The message.
    pub message: Bytes,
}

/// Answer to [`PairingEnter`] and [`PairingTurn`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingHeard {
    /// What the other side said that is not known yet.
    pub messages: Vec<Bytes>,
}

/// `POST pairing/close`: it is over, for both sides (204).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingClose {
    /// The side's ticket.
    pub ticket: Bytes,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = PairingCode::parse("K7Q2-9MXP").unwrap();
        assert_eq!(code.to_string(), "K7Q2-9MXP");
        for text in ["k7q29mxp", " k7q2 9mxp ", "K-7-Q-2-9-M-X-P", "k7q2–9mxp"] {
            assert_eq!(PairingCode::parse(text), Ok(code.clone()), "{text}");
        }
        assert_eq!(
            PairingCode::parse("oOiI lL00").unwrap(),
            PairingCode::parse("0011-1100").unwrap()
        );
        for text in [
            "",
            "K7Q2-9MX",
            "K7Q2-9MXPP",
            "K7Q2-9MXU",
            "K7Q2-9MXÄ",
            "K7Q2_9MXP",
        ] {
            assert_eq!(PairingCode::parse(text), Err(NoCode), "{text}");
        }
        assert_eq!(format!("{code:?}"), "PairingCode(…)");
    }

    proptest! {
        #[test]
        fn a_code_comes_back_as_it_was(random in any::<[u8; CODE_LEN]>()) {
            let code = PairingCode::from_random(random);
            let text = serde_json::to_string(&code).unwrap();
            prop_assert_eq!(serde_json::from_str::<PairingCode>(&text).unwrap(), code);
        }

        #[test]
        fn whatever_is_typed_is_a_code_or_none(text in any::<String>()) {
            if let Ok(code) = PairingCode::parse(&text) {
                prop_assert_eq!(PairingCode::parse(&code.to_string()), Ok(code));
            }
        }
    }
}
