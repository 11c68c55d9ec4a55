//! B1: words that stand for an account key, for a person to say in an ID video and for another to compare.

use protocol::{NetworkId, encoding::Writer, identity::PublicKey};

use crate::account::opaque::PasswordCost;

/// Separates this use of Argon2id from any other.
const LABEL: &[u8] = b"Conclave 1.0 ID words";

/// The English list of BIP-39: 2,048 words, of which the first four letters tell which it is, sorted.
const LIST: &str = include_str!("words.txt");

/// Words of 11 bits each: 66 bits. A key to which the same words belong takes 2^65 tries of half a second.
const WORDS: usize = 6;
const BITS: usize = 11;

/// Bytes that the words are taken from.
const LEN: usize = (WORDS * BITS).div_ceil(8);

/// The words of an account key on a day, which is counted from the beginning of 1970. The day keeps anybody from gathering
/// recordings of all the words that there are, and from trying keys for one video on all days at once.
///
/// Nothing where Argon2id does not take its parameters.
pub(crate) fn words(
    cost: PasswordCost,
    aik: &PublicKey,
    network_id: NetworkId,
    day: u32,
) -> Option<Vec<String>> {
    let salt = Writer::default()
        .vec16(LABEL)
        .fixed(network_id.as_bytes())
        .u64(u64::from(day))
        .finish();
    let mut bytes = [0; LEN];
    cost.argon2()
        .hash_password_into(&aik.fingerprint(), &salt, &mut bytes)
        .ok()?;
    let list: Vec<&str> = LIST.lines().collect();
    (0..WORDS)
        .map(|place| list.get(number(&bytes, place)).map(|word| (*word).to_owned()))
        .collect()
}

/// The 11 bits at a place, from the most significant of the first byte on.
fn number(bytes: &[u8], place: usize) -> usize {
    let first = place * BITS;
    (first..first + BITS).fold(0, |number, bit| {
        let byte = bytes.get(bit / 8).copied().unwrap_or_default();
        number << 1 | usize::from(byte >> (7 - bit % 8) & 1)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{identity::Aik, random::Random};

    fn key(seed: u8) -> PublicKey {
        Aik::generate(&Random::new([seed; 32])).public()
    }

    fn of(seed: u8, network: u8, day: u32) -> Vec<String> {
        let network = NetworkId::from_random([network; 16]);
        words(PasswordCost::FOR_TESTS, &key(seed), network, day).unwrap()
    }

    #[test]
    fn the_list_has_as_many_words_as_eleven_bits_have_values_and_none_twice() {
        let list: Vec<&str> = LIST.lines().collect();
        assert_eq!(list.len(), 1 << BITS);
        assert!(list.is_sorted());
        let begins: std::collections::BTreeSet<_> =
            list.iter().map(|word| &word[..word.len().min(4)]).collect();
        assert_eq!(begins.len(), list.len());
        assert!(
            list.iter()
                .all(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()))
        );
    }

    /// B1: another key, network or day has other words.
    #[test]
    fn words_follow_the_key_the_network_and_the_day() {
        let words = of(1, 1, 20_000);
        assert_eq!(words.len(), WORDS);
        assert_eq!(of(1, 1, 20_000), words);
        for other in [of(2, 1, 20_000), of(1, 2, 20_000), of(1, 1, 20_001)] {
            assert_ne!(other, words);
        }
    }

    proptest! {
        /// The words are the bits, one after the other.
        #[test]
        fn numbers_are_the_bits_in_their_order(bytes in any::<[u8; LEN]>()) {
            let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
            for place in 0..WORDS {
                let expected = usize::from_str_radix(&bits[place * BITS..(place + 1) * BITS], 2).unwrap();
                prop_assert_eq!(number(&bytes, place), expected);
            }
        }
    }
}
