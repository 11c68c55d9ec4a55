//! The epoch code: what participants read aloud to know that they are in the same group.

use sha2::{Digest as _, Sha512};

use crate::words::word;

/// Separates this use of the epoch authenticator from any other.
const LABEL: &[u8] = b"Conclave 1.0 epoch code";

/// Groups of five digits: 6 × log2(100,000) is 99 bits.
const DIGIT_GROUPS: usize = 6;

/// Words of 16 bits each: 7 × 16 is 112 bits.
const WORDS: usize = 7;

/// Digits and words of SHA-512(label ‖ epoch authenticator): 5 bytes modulo 100,000 for each group of digits, from
/// the front; 2 bytes for each word after them.
pub(super) fn epoch_code(authenticator: &[u8]) -> (Vec<String>, Vec<String>) {
    let hash = Sha512::new()
        .chain_update(LABEL)
        .chain_update(authenticator)
        .finalize();
    let (front, rest) = hash.split_at(DIGIT_GROUPS * 5);
    let digits = front
        .chunks(5)
        .map(|bytes| {
            bytes
                .iter()
                .fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
                % 100_000
        })
        .map(|number| format!("{number:05}"))
        .collect();
    let words = rest
        .chunks_exact(2)
        .take(WORDS)
        .map(|bytes| {
            word(
                bytes
                    .iter()
                    .fold(0, |number, byte| number << 8 | u16::from(*byte)),
            )
        })
        .collect();
    (digits, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B3: 30 digits, the same for the same epoch and other ones for another.
    #[test]
    fn the_code_follows_the_epoch() {
        let (digits, words) = epoch_code(b"one");
        assert_eq!(digits.concat().len(), 30);
        assert_eq!(words.len(), 7);
        assert_eq!(epoch_code(b"one"), (digits.clone(), words));
        assert_ne!(epoch_code(b"two").0, digits);
    }
}
