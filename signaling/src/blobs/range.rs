//! Which part of a blob a request wants (RFC 9110 §14).

use std::ops::Range;

use axum::http::HeaderValue;

/// What to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of it: nothing else was asked for, or what was asked for makes no sense (the RFC's way to deal with it).
    Whole,
    /// A part.
    Part(Range<u64>),
    /// Nothing: the part lies behind the end.
    Beyond,
}

/// Reads `Range`. Several ranges at once are answered with the whole; our clients never ask for them.
pub fn wanted(header: Option<&HeaderValue>, size: u64) -> Wanted {
    let asked = header
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split_once('='))
        .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
        .and_then(|(_, range)| range.trim().split_once('-'));
    let Some((first, last)) = asked else {
        return Wanted::Whole;
    };
    match (number(first), number(last)) {
        // The last so many bytes.
        (None, Some(0)) if first.is_empty() => Wanted::Beyond,
        (None, Some(len)) if first.is_empty() => Wanted::Part(size.saturating_sub(len)..size),
        (Some(first), _) if last.is_empty() && first < size => Wanted::Part(first..size),
        (Some(first), Some(last)) if first <= last && first < size => {
            Wanted::Part(first..last.saturating_add(1).min(size))
        }
        (Some(first), Some(last)) if first <= last => Wanted::Beyond,
        (Some(_), None) if last.is_empty() => Wanted::Beyond,
        _ => Wanted::Whole,
    }
}

/// Digits alone: no sign, no blanks.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(text: &str) -> Wanted {
        wanted(Some(&HeaderValue::from_str(text).unwrap()), 100)
    }

    #[test]
    fn a_range_lies_within_the_blob() {
        assert_eq!(wanted(None, 100), Wanted::Whole);
        for (text, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=0-99", 0..100),
            ("bytes=10-", 10..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
            ("Bytes=99-4000", 99..100),
            ("bytes=0-99999999999999999999999", 0..100),
        ] {
            assert_eq!(of(text), Wanted::Part(range), "{text}");
        }
        for text in [
            "bytes=100-",
            "bytes=100-200",
            "bytes=-0",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(of(text), Wanted::Beyond, "{text}");
        }
        for text in [
            "bytes=9-3",
            "bytes=-",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=1-2,4-5",
            "lines=1-2",
            "bytes 1-2",
            "",
        ] {
            assert_eq!(of(text), Wanted::Whole, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_asked_no_more_than_there_is_is_given(text in "(bytes=)?[-0-9a, ]{0,12}", size in 1..200_u64) {
            if let Wanted::Part(range) = wanted(HeaderValue::from_str(&text).ok().as_ref(), size) {
                prop_assert!(range.start < range.end && range.end <= size);
            }
        }
    }
}
