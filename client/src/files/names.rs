//! Names of files, as strangers write them.

use std::path::{Component, Path};

/// Longest name in bytes, as file systems have it.
const MAX_NAME_LEN: usize = 255;

/// Marks that turn the direction of writing: what is behind them looks as if it stood elsewhere ("exe.gpj" for "jpg.exe").
pub const TURNS: [char; 12] = [
    '\u{061c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// The name, if a file of that name in a folder is a plain, visible file of that folder; else nothing.
pub fn safe_name(name: &str) -> Option<&str> {
    let is_bad = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':') || TURNS.contains(&c);
    let fits = !name.is_empty() && name.len() <= MAX_NAME_LEN && name.trim() == name;
    let visible = !name.starts_with('.') && !name.ends_with('.');
    let mut parts = Path::new(name).components();
    let alone = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
    (fits && visible && alone && !name.contains(is_bad)).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_lead_elsewhere_or_hide_are_refused() {
        for name in ["plan.pdf", "a plan (2).tar.gz", "Übersicht.txt", "文件.txt"] {
            assert_eq!(safe_name(name), Some(name));
        }
        for name in [
            "",
            ".",
            "..",
            "../plan.pdf",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:plan",
            ".bashrc",
            "plan\0.pdf",
            "plan\n.pdf",
            " plan",
            "plan ",
            "plan.",
            "gpj.\u{202e}exe",
        ] {
            assert_eq!(safe_name(name), None, "{name:?}");
        }
        assert_eq!(safe_name(&"x".repeat(256)), None);
    }

    proptest! {
        #[test]
        fn a_safe_name_stays_in_its_folder(name in "[./\\\\a-z :\u{202e}]{0,12}") {
            if let Some(name) = safe_name(&name) {
                let folder = Path::new("/folder");
                let path = folder.join(name);
                prop_assert_eq!(path.parent(), Some(folder));
                prop_assert!(!name.starts_with('.'));
            }
        }
    }
}
