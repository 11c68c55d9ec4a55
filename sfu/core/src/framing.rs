//! Framing of datagrams on a TCP connection: a length of two bytes, then the datagram (RFC 4571 §2).

use crate::limits::MAX_DATAGRAM_LEN;

/// A peer sent a frame that is larger than any datagram it may send; the stream is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {len} bytes is larger than {MAX_DATAGRAM_LEN}")]
pub struct FrameTooLarge {
    /// The announced length.
    pub len: usize,
}

/// Splits the first frame off a buffer.
///
/// Returns the datagram and how many bytes of the buffer it took, or `None` while the frame is incomplete.
pub fn split_frame(buffer: &[u8]) -> Result<Option<(&[u8], usize)>, FrameTooLarge> {
    let Some((len, rest)) = buffer.split_first_chunk::<2>() else {
        return Ok(None);
    };
    let len = usize::from(u16::from_be_bytes(*len));
    if len > MAX_DATAGRAM_LEN {
        return Err(FrameTooLarge { len });
    }
    Ok(rest.get(..len).map(|datagram| (datagram, len + 2)))
}

/// Appends a datagram with its length to a buffer. A datagram of more than [`u16::MAX`] bytes, which no peer
/// makes, is left out.
pub fn push_frame(buffer: &mut Vec<u8>, datagram: &[u8]) {
    let Ok(len) = u16::try_from(datagram.len()) else {
        return;
    };
    buffer.extend_from_slice(&len.to_be_bytes());
    buffer.extend_from_slice(datagram);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_frame_larger_than_a_datagram_is_an_error_before_it_arrives() {
        assert_eq!(split_frame(&[0xff, 0xff]), Err(FrameTooLarge { len: 0xffff }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
            if let Ok(Some((datagram, taken))) = split_frame(&bytes) {
                prop_assert_eq!(datagram.len() + 2, taken);
                prop_assert!(taken <= bytes.len());
            }
        }

        #[test]
        fn frames_come_out_as_they_went_in_however_the_stream_is_cut(
            datagrams in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..1500), 0..8),
            cut in 1usize..700,
        ) {
            let mut stream = Vec::new();
            for datagram in &datagrams {
                push_frame(&mut stream, datagram);
            }
            let mut buffer = Vec::new();
            let mut found = Vec::new();
            for piece in stream.chunks(cut) {
                buffer.extend_from_slice(piece);
                while let Some((datagram, taken)) = split_frame(&buffer).unwrap() {
                    found.push(datagram.to_vec());
                    buffer.drain(..taken);
                }
            }
            prop_assert_eq!(found, datagrams);
            prop_assert!(buffer.is_empty());
        }
    }
}
