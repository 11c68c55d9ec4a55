//! The ID of a person (R1).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::limits::MAX_EMAIL_LEN;

/// An e-mail address in its one normal form: trimmed, lower case, the domain in ASCII.
///
/// Two addresses that differ only in case are the same ID. A domain outside ASCII is taken only in its IDNA
/// (`xn--`) form: who types Unicode is asked for that form, so that look-alike letters never make a second ID.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Email(String);

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// There must be exactly one `@` with something on both sides.
    #[error("an e-mail address looks like name@example.org")]
    Shape,
    /// Longer than [`MAX_EMAIL_LEN`].
    #[error("the e-mail address is too long")]
    TooLong,
    /// A character that no address in use has.
    #[error("the e-mail address has a character that is not allowed")]
    Character,
}

impl Email {
    /// Parses and normalises what a person typed.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.len() > MAX_EMAIL_LEN {
            return Err(EmailError::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::Shape)?;
        if local.is_empty() || local.contains('@') {
            return Err(EmailError::Shape);
        }
        let local_ok = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let domain_ok = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        if !local.chars().all(local_ok) || !domain.chars().all(domain_ok) {
            return Err(EmailError::Character);
        }
        let label_ok = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
        if !domain.split('.').all(label_ok) {
            return Err(EmailError::Shape);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The address of who has none: no account can be made for it, for nothing is ever delivered there (RFC 2606).
    pub fn nobody() -> Self {
        Self("guest@guest.invalid".to_owned())
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Addresses are personal data: logs that print a structure must not print them.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

impl<'de> Deserialize<'de> for Email {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R1: one ID per address, whatever the case it was typed in.
    #[test]
    fn case_and_surrounding_space_make_no_second_id() {
        assert_eq!(
            Email::parse(" Alice@Example.ORG ").unwrap(),
            Email::parse("alice@example.org").unwrap()
        );
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, error) in [
            ("", EmailError::Shape),
            ("alice", EmailError::Shape),
            ("@example.org", EmailError::Shape),
            ("a@b@c.org", EmailError::Shape),
            ("alice@", EmailError::Shape),
            ("alice@example..org", EmailError::Shape),
            ("al ice@example.org", EmailError::Character),
            ("alice@exämple.org", EmailError::Character),
        ] {
            assert_eq!(Email::parse(text).unwrap_err(), error, "{text}");
        }
        assert_eq!(
            Email::parse(&format!("{}@x.org", "a".repeat(300))).unwrap_err(),
            EmailError::TooLong
        );
    }
}
