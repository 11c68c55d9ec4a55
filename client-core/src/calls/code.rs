//! The epoch code: what participants read aloud to know that they are in the same group.

use sha2::{Digest as _, Sha512};

/// Separates this use of the epoch authenticator from any other.
const LABEL: &[u8] = b"Conclave 1.0 epoch code";

/// Groups of five digits: 6 × log2(100,000) is 99 bits.
const DIGIT_GROUPS: usize = 6;

/// Words of 16 bits each: 7 × 16 is 112 bits.
const WORDS: usize = 7;

const CONSONANTS: [char; 16] = [
    'b', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z',
];
const VOWELS: [char; 4] = ['a', 'i', 'o', 'u'];

/// Digits and words of SHA-512(label ‖ epoch authenticator): 5 bytes modulo 100,000 for each group of digits, from
/// the front; 2 bytes for each word after them. A word is a proquint: consonant, vowel, consonant, vowel, consonant,
/// with 4, 2, 4, 2 and 4 bits, so that it can be said in any language.
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

fn word(number: u16) -> String {
    let consonant = |shift: u16| {
        CONSONANTS
            .get(usize::from(number >> shift & 15))
            .copied()
            .unwrap_or('b')
    };
    let vowel = |shift: u16| {
        VOWELS
            .get(usize::from(number >> shift & 3))
            .copied()
            .unwrap_or('a')
    };
    [consonant(12), vowel(10), consonant(6), vowel(4), consonant(0)]
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the proquint proposal: 127.0.0.1 is lusab-babad.
    #[test]
    fn words_are_proquints() {
        assert_eq!(
            (word(0x7f00), word(0x0001)),
            ("lusab".to_owned(), "babad".to_owned())
        );
    }

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
