//! Where the chunks of a file lie, in the file and in the blob. All of it follows from the file's length.

use std::ops::Range;

/// Plain bytes of a chunk, but for the last. Larger ones cost memory and make a video wait for more than it needs, smaller
/// ones cost tags and calls.
pub const CHUNK_LEN: u64 = 64 * 1024;

/// Bytes that sealing adds to a chunk.
pub const TAG_LEN: u64 = 16;

/// Longest file. Far above what servers take, far below where a chunk's index would not fit.
pub const MAX_LEN: u64 = 1 << 40;

/// Length of the smallest padded file: below it, lengths would tell the most, and padding costs the least.
const SMALLEST: u64 = 4096;

/// The file is longer than [`MAX_LEN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a file of {len} bytes is too long to be sealed")]
pub struct FileTooLong {
    /// Its length.
    pub len: u64,
}

/// The chunks of a file of some length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    len: u64,
    padded: u64,
}

impl Layout {
    /// Of a file of `len` bytes; an empty one has a chunk, too.
    pub fn new(len: u64) -> Result<Self, FileTooLong> {
        if len > MAX_LEN {
            return Err(FileTooLong { len });
        }
        let padded = padme(len.max(SMALLEST));
        Ok(Self { len, padded })
    }

    /// Length of the file.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> u32 {
        // At most 2^40 / 2^16, and a little for the padding.
        u32::try_from(self.padded.div_ceil(CHUNK_LEN)).unwrap_or(u32::MAX)
    }

    /// Length of the blob.
    pub fn sealed_len(&self) -> u64 {
        self.padded + TAG_LEN * u64::from(self.chunks())
    }

    /// Whether a chunk is the last one.
    pub fn is_last(&self, index: u32) -> bool {
        index.saturating_add(1) == self.chunks()
    }

    /// Which bytes of the file a chunk holds: none where it is all padding. Nothing where there is no such chunk.
    pub fn plain_range(&self, index: u32) -> Option<Range<u64>> {
        let padded = self.padded_range(index)?;
        Some(padded.start.min(self.len)..padded.end.min(self.len))
    }

    /// Where a sealed chunk lies in the blob. Nothing where there is no such chunk.
    pub fn sealed_range(&self, index: u32) -> Option<Range<u64>> {
        let padded = self.padded_range(index)?;
        let tags = TAG_LEN * u64::from(index);
        Some(padded.start + tags..padded.end + tags + TAG_LEN)
    }

    /// How long a chunk is with its padding and without its tag.
    pub(crate) fn padded_range(&self, index: u32) -> Option<Range<u64>> {
        let start = u64::from(index) * CHUNK_LEN;
        (start < self.padded).then(|| start..self.padded.min(start + CHUNK_LEN))
    }
}

/// The next length of Padmé (Nikitin et al.: "Reducing Metadata Leakage from Encrypted Files and Communication with
/// PURBs", 2019): at most 12 % more, and a file of 5 GiB has one of a thousand lengths.
fn padme(len: u64) -> u64 {
    // Of the number's E + 1 bits, the last E - S must be 0, where S bits suffice to write E.
    let e = len.ilog2();
    let s = e.checked_ilog2().map_or(0, |log| log + 1);
    let mask = (1_u64 << e.saturating_sub(s)) - 1;
    (len + mask) & !mask
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Lengths of the paper's own code.
    #[test]
    fn lengths_are_those_of_padme() {
        for (len, padded) in [
            (4096, 4096),
            (4097, 4352),
            (10_000, 10_240),
            (65_536, 65_536),
            (1_000_000, 1_015_808),
        ] {
            assert_eq!(padme(len), padded, "{len}");
        }
    }

    #[test]
    fn a_file_has_at_least_one_chunk() {
        let layout = Layout::new(0).unwrap();
        assert_eq!((layout.chunks(), layout.sealed_len()), (1, SMALLEST + TAG_LEN));
        assert_eq!(layout.plain_range(0), Some(0..0));
        assert_eq!(layout.sealed_range(1), None);
        assert!(Layout::new(MAX_LEN).is_ok());
        assert_eq!(Layout::new(MAX_LEN + 1), Err(FileTooLong { len: MAX_LEN + 1 }));
    }

    proptest! {
        #[test]
        fn chunks_cover_the_file_and_the_blob_without_a_gap(len in 0..20_u64 << 20) {
            let layout = Layout::new(len).unwrap();
            let (mut plain, mut sealed) = (0, 0);
            for index in 0..layout.chunks() {
                let (of_file, of_blob) = (layout.plain_range(index).unwrap(), layout.sealed_range(index).unwrap());
                prop_assert_eq!(of_file.start, plain);
                prop_assert_eq!(of_blob.start, sealed);
                prop_assert_eq!(layout.is_last(index), index + 1 == layout.chunks());
                (plain, sealed) = (of_file.end, of_blob.end);
            }
            prop_assert_eq!((plain, sealed), (len, layout.sealed_len()));
            prop_assert_eq!(layout.plain_range(layout.chunks()), None);
        }

        #[test]
        fn padding_costs_little(len in SMALLEST..MAX_LEN) {
            let padded = padme(len);
            prop_assert!(padded >= len && padded - len <= len * 12 / 100);
            prop_assert_eq!(padme(padded), padded);
        }
    }
}
