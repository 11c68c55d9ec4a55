//! What of a blob an object holds, and which objects make up a part of it.

use std::{fmt, ops::Range};

use crate::random::random;

/// Digits of a number in a key; so many that keys sort as their numbers do.
const DIGITS: usize = 16;

/// The bytes of a blob that one object holds: at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extent {
    start: u64,
    end: u64,
}

impl Extent {
    /// `len` bytes from `start`; nothing where that is no part of any blob.
    pub fn new(start: u64, len: usize) -> Option<Self> {
        let end = start.checked_add(u64::try_from(len).ok()?)?;
        (start < end).then_some(Self { start, end })
    }

    pub fn end(self) -> u64 {
        self.end
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", digits(self.start), digits(self.end))
    }
}

/// An object of a blob: the last part of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    extent: Extent,
    /// Random, so that no two puts are of one object: a deletion that was given up, and is carried out late, finds nothing
    /// that was put since.
    attempt: u64,
}

impl Object {
    /// One that was never there.
    pub fn new(extent: Extent) -> Self {
        Self {
            extent,
            attempt: u64::from_be_bytes(random()),
        }
    }

    /// Reads it, in the one form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.splitn(3, '-').map(number);
        let (start, end, attempt) = (numbers.next()??, numbers.next()??, numbers.next()??);
        (start < end).then_some(Self {
            extent: Extent { start, end },
            attempt,
        })
    }

    pub fn start(self) -> u64 {
        self.extent.start
    }

    pub fn end(self) -> u64 {
        self.extent.end
    }
}

impl fmt::Display for Object {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.extent, digits(self.attempt))
    }
}

/// A number as keys have it.
pub fn digits(number: u64) -> String {
    format!("{number:0DIGITS$x}")
}

fn number(text: &str) -> Option<u64> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = text.len() == DIGITS && text.bytes().all(is_digit);
    fits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// Bytes of a blob, and the object that has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub of: Object,
    /// Within the blob.
    pub range: Range<u64>,
}

/// The pieces of which a part of a blob is made, in order; nothing where one is missing. Of several objects with the same
/// bytes, the one that reaches furthest, and of those the first by its key: a late put may have left more than one.
pub fn cover(mut objects: Vec<Object>, range: &Range<u64>) -> Option<Vec<Piece>> {
    objects.sort_unstable();
    let mut objects = objects.into_iter().peekable();
    let (mut pieces, mut at) = (Vec::new(), range.start);
    while at < range.end {
        let mut furthest: Option<Object> = None;
        while let Some(object) = objects.next_if(|object| object.start() <= at) {
            if furthest.is_none_or(|known| known.end() < object.end()) {
                furthest = Some(object);
            }
        }
        let of = furthest.filter(|object| object.end() > at)?;
        let end = of.end().min(range.end);
        pieces.push(Piece { of, range: at..end });
        at = end;
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn objects(ends: &[(u64, u64)]) -> Vec<Object> {
        let extents = ends.iter().map(|&(start, end)| Extent { start, end });
        extents.map(Object::new).collect()
    }

    fn covered(ends: &[(u64, u64)], range: Range<u64>) -> Option<Vec<(u64, Range<u64>)>> {
        let pieces = cover(objects(ends), &range)?;
        Some(
            pieces
                .into_iter()
                .map(|piece| (piece.of.start(), piece.range))
                .collect(),
        )
    }

    #[test]
    fn a_key_says_from_where_to_where() {
        let extent = Extent::new(0x12_3456, 10).unwrap();
        assert_eq!(extent.to_string(), "0000000000123456-0000000000123460");
        let object = Object {
            extent,
            attempt: 0xf0,
        };
        assert_eq!(
            object.to_string(),
            "0000000000123456-0000000000123460-00000000000000f0"
        );
        for bad in [
            "",
            "0000000000000000",
            "0000000000000000-",
            "0000000000000001-0000000000000002",
            "0000000000000001-0000000000000002-",
            "0000000000000001-0000000000000001-0000000000000000",
            "0000000000000002-0000000000000001-0000000000000000",
            "000000000000000A-000000000000000F-0000000000000000",
            "+000000000000001-000000000000000f-0000000000000000",
            "00000000000000001-00000000000000002-00000000000000000",
            "0000000000000001-0000000000000002-0000000000000000-",
            "0000000000000001-0000000000000002-0000000000000000-0000000000000000",
        ] {
            assert_eq!(Object::parse(bad), None, "{bad}");
        }
        assert_eq!(Extent::new(5, 0), None);
        assert_eq!(Extent::new(u64::MAX, 1), None);
    }

    #[test]
    fn a_part_is_made_of_objects_without_a_gap() {
        let three = [(0, 10), (10, 20), (20, 25)];
        assert_eq!(
            covered(&three, 0..25).unwrap(),
            [(0, 0..10), (10, 10..20), (20, 20..25)]
        );
        assert_eq!(covered(&three, 12..13).unwrap(), [(10, 12..13)]);
        assert_eq!(
            covered(&three, 9..21).unwrap(),
            [(0, 9..10), (10, 10..20), (20, 20..21)]
        );
        assert_eq!(covered(&three, 0..26), None, "it is shorter");
        assert_eq!(covered(&[(0, 10), (11, 20)], 0..20), None, "a gap");
        assert_eq!(covered(&[(1, 10)], 0..5), None, "the beginning is missing");
        assert_eq!(covered(&[], 0..1), None);
        // What a late put left beside what was put after it.
        let late = [(0, 10), (0, 3), (3, 20), (10, 12)];
        assert_eq!(covered(&late, 0..20).unwrap(), [(0, 0..10), (3, 10..20)]);
    }

    proptest! {
        #[test]
        fn a_key_is_read_as_it_was_written(start in any::<u64>(), len in 1..=u32::MAX, attempt in any::<u64>()) {
            let Some(extent) = Extent::new(start, len as usize) else { return Ok(()) };
            let object = Object { extent, attempt };
            prop_assert_eq!(Object::parse(&object.to_string()), Some(object));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(
            text in "[0-9a-fA-F+ -]{0,60}|[0-9a-f]{16}-[0-9a-f]{16}|[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{16}",
        ) {
            if let Some(object) = Object::parse(&text) {
                prop_assert!(object.start() < object.end());
                prop_assert_eq!(object.to_string(), text);
            }
        }

        #[test]
        fn keys_sort_as_they_begin(one in 0..1_u64 << 62, other in 0..1_u64 << 62, len in 1..9_usize) {
            let name = |start| Object::new(Extent::new(start, len).unwrap()).to_string();
            prop_assert!(one == other || name(one).cmp(&name(other)) == one.cmp(&other));
            prop_assert_eq!(name(one) > digits(other), one >= other);
        }

        #[test]
        fn a_cover_is_the_range_and_lies_within_its_objects(
            ends in prop::collection::vec((0..40_u64, 1..12_usize), 0..20), start in 0..30_u64, len in 1..20_u64,
        ) {
            let extents = ends.iter().filter_map(|&(start, len)| Extent::new(start, len));
            let objects: Vec<Object> = extents.map(Object::new).collect();
            let range = start..start + len;
            let whole = range.clone().all(|at| objects.iter().any(|one| one.start() <= at && at < one.end()));
            let pieces = cover(objects.clone(), &range);
            let mut turned = objects.clone();
            turned.reverse();
            prop_assert_eq!(&pieces, &cover(turned, &range), "in whatever order they are listed");
            prop_assert_eq!(pieces.is_some(), whole);
            let mut at = range.start;
            for piece in pieces.into_iter().flatten() {
                prop_assert!(objects.contains(&piece.of));
                prop_assert!(piece.of.start() <= piece.range.start && piece.range.end <= piece.of.end());
                prop_assert_eq!(piece.range.start, at);
                prop_assert!(piece.range.end > at);
                at = piece.range.end;
            }
            prop_assert!(!whole || at == range.end);
        }
    }
}
