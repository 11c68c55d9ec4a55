//! Words that people read aloud, or compare, in any language.

const CONSONANTS: [char; 16] = [
    'b', 'd', 'f', 'g', 'h', 'j', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z',
];
const VOWELS: [char; 4] = ['a', 'i', 'o', 'u'];

/// A proquint: consonant, vowel, consonant, vowel, consonant, with 4, 2, 4, 2 and 4 bits of the number.
pub(crate) fn word(number: u16) -> String {
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
}
