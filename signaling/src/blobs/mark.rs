//! Whose blobs lie in a place: an id that is in the database, and in a small mark beside the blobs.

use std::fmt;

use crate::random::random;

/// Name of the mark beside the shelves, whose names have two digits.
pub const MARK_NAME: &str = "deployment";

/// What of a mark is read; one of ours is shorter.
pub const MAX_MARK_LEN: usize = 64;

/// Names a deployment: its database, and copies of that. Unlike the server's generation it stays when a backup is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeploymentId([u8; 16]);

impl DeploymentId {
    /// For a database that has none yet.
    pub fn generate() -> Self {
        Self(random())
    }

    /// As the database has it.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Likewise.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads a mark, in the one form that [`fmt::Display`] writes; an editor may have ended its line.
    pub fn parse(mark: &[u8]) -> Option<Self> {
        let mark = mark.strip_suffix(b"\n").unwrap_or(mark);
        let digits: &[u8; 32] = mark.try_into().ok()?;
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let is_digit = |digit: &u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(digit);
            if !pair.iter().all(is_digit) {
                return None;
            }
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for DeploymentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_mark_is_read_as_it_was_written(bytes in any::<[u8; 16]>()) {
            let id = DeploymentId(bytes);
            prop_assert_eq!(DeploymentId::parse(id.to_string().as_bytes()), Some(id));
            prop_assert_eq!(DeploymentId::parse(format!("{id}\n").as_bytes()), Some(id));
            prop_assert!(id.to_string().len() < MAX_MARK_LEN);
        }

        #[test]
        fn whatever_is_read_is_written_the_same(text in "[0-9a-fA-F+\n -]{0,34}|[0-9a-f]{32}") {
            if let Some(id) = DeploymentId::parse(text.as_bytes()) {
                prop_assert_eq!(id.to_string(), text.trim_end_matches('\n'));
            }
        }
    }
}
