//! Padding of application messages, so that their length tells little.

/// Smallest bucket in bytes: most texts and all receipts look the same.
const SMALLEST: usize = 256;

/// Ends the content; the rest is zeros (ISO/IEC 7816-4).
const MARK: u8 = 0x80;

/// Pads to the next bucket. Buckets are 256 bytes, then powers of two and the steps halfway between them: at
/// most half as much again, and some dozens of lengths in all.
pub(crate) fn pad(content: &[u8]) -> Vec<u8> {
    let mut padded = content.to_vec();
    padded.push(MARK);
    padded.resize(bucket(padded.len()), 0);
    padded
}

/// The content; nothing where the padding is not one.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let end = padded.iter().rposition(|byte| *byte != 0)?;
    let (content, tail) = padded.split_at_checked(end)?;
    (tail.first() == Some(&MARK) && bucket(end.saturating_add(1)) == padded.len()).then_some(content)
}

fn bucket(len: usize) -> usize {
    let power = len
        .max(SMALLEST)
        .checked_next_power_of_two()
        .unwrap_or(usize::MAX);
    let halfway = power / 4 * 3;
    if len <= halfway && halfway > SMALLEST {
        halfway
    } else {
        power
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// B15: the length of a short message tells nothing.
    #[test]
    fn short_messages_all_have_one_length() {
        for len in 0..SMALLEST {
            assert_eq!(pad(&vec![1; len]).len(), SMALLEST, "{len}");
        }
        assert_eq!(pad(&[0; 256]).len(), 384);
        assert_eq!(pad(&[0; 384]).len(), 512);
    }

    proptest! {
        #[test]
        fn padding_comes_off_whatever_the_content(content in proptest::collection::vec(any::<u8>(), 0..2000)) {
            let padded = pad(&content);
            prop_assert!(padded.len() <= SMALLEST.max((content.len() + 1) * 3 / 2));
            prop_assert_eq!(unpad(&padded), Some(&content[..]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = unpad(&bytes);
        }
    }
}
