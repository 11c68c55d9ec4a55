//! What the documents name is there: files, headings, constants, labels; and every value of the protocol's document
//! stands in the vectors that the code is tested with.

#![expect(clippy::unwrap_used, reason = "what cannot be read here is a failed test")]
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold no document and no source of ours.
const NOT_OURS: &[&str] = &["target", "node_modules", "dist", "data", "pkg", "generated"];

#[test]
fn every_link_leads_somewhere() {
    let mut links = 0;
    for document in documents() {
        let text = fs::read_to_string(&document).unwrap();
        for link in links_of(&text) {
            links += 1;
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => document.clone(),
                path => document.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{}: {link}", document.display());
            if !heading.is_empty() {
                let headings = headings_of(&fs::read_to_string(&target).unwrap());
                assert!(headings.contains(heading), "{}: {link}", document.display());
            }
        }
    }
    assert!(links > 20, "only {links} links were found");
}

/// A word in backticks is a path where its first part is a file or folder of the repository's root.
#[test]
fn every_file_that_is_named_is_there() {
    let entries = fs::read_dir(root()).unwrap();
    let top: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !NOT_OURS.contains(&name.as_str()))
        .collect();
    let mut named = 0;
    for document in documents() {
        for word in spans_of(&fs::read_to_string(&document).unwrap()) {
            let path = word.split([' ', '`']).next().unwrap().trim_start_matches("./");
            let (first, rest) = path.split_once('/').unwrap_or((path, ""));
            // A crate or a command may have the name of a folder; with a slash behind it, it is the folder.
            if !top.contains(first) || !path.contains('/') || NOT_OURS.contains(&rest) {
                continue;
            }
            named += 1;
            assert!(root().join(path).exists(), "{}: {word}", document.display());
        }
    }
    assert!(named > 40, "only {named} files are named");
}

/// Hex of 16 digits or more in the protocol's document is a value of the vectors, or of what they are made from.
#[test]
fn every_value_of_the_protocol_is_tested() {
    let vectors: String = files(&root().join("docs/vectors"), "json")
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let protocol = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let is_hex = |word: &&str| word.len() >= 16 && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    let words = protocol.split(|c: char| !c.is_ascii_alphanumeric());
    let values: Vec<&str> = words.filter(is_hex).collect();
    for value in &values {
        assert!(vectors.contains(value), "{value} is in no vector");
    }
    assert!(values.len() > 5, "{values:?}");
}

/// Both ways: the document names no label that the code does not have, and the code has none that it does not name.
#[test]
fn labels_are_the_same_in_code_and_document() {
    let protocol = fs::read_to_string(root().join("docs/protocol.md")).unwrap();
    let mut sources = files(&root(), "rs");
    sources.retain(|file| {
        let path = file.to_string_lossy();
        !path.contains("/tests") && !path.ends_with("vectors.rs")
    });
    let code: String = sources
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let labels = |text: &str, quotes: &[char]| -> BTreeSet<String> {
        text.match_indices("Conclave 1.0 ")
            .filter(|(at, _)| text[..*at].ends_with(quotes))
            .map(|(at, _)| text[at..].split(quotes).next().unwrap().to_owned())
            .collect()
    };
    let in_code = labels(&code, &['"']);
    let in_document = labels(&protocol, &['"', '`']);
    assert_eq!(in_code, in_document);
    assert!(in_code.len() >= 7, "{in_code:?}");
}

#[test]
fn every_dependency_has_its_reason() {
    let decisions = fs::read_to_string(root().join("docs/decisions.md")).unwrap();
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table = workspace.split("[workspace.dependencies]").nth(1).unwrap();
    let table = table.split("\n[").next().unwrap();
    let entries = table.lines().filter_map(|line| line.split_once(" = "));
    let mut names: Vec<String> = entries
        .filter(|(name, value)| !name.starts_with('#') && !value.contains("path = "))
        .map(|(name, _)| name.to_owned())
        .collect();
    let package = fs::read_to_string(root().join("web/package.json")).unwrap();
    let lists = package.split("ependencies\": {").skip(1);
    let lists = lists.map(|list| list.split('}').next().unwrap());
    names.extend(lists.flat_map(|list| list.split('"').skip(1).step_by(4).map(str::to_owned)));
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        assert!(decisions.contains(&format!("`{name}`")), "{name}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn documents() -> Vec<PathBuf> {
    files(&root(), "md")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && !NOT_OURS.contains(&name.as_str()) {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Targets of `[text](target)`.
fn links_of(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1);
    after.filter_map(|rest| rest.split(')').next())
}

/// Words in single backticks, outside indented blocks.
fn spans_of(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.starts_with("    "));
    lines
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// Anchors of the headings, as forges make them.
fn headings_of(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let words = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
            kept.collect::<String>().replace(' ', "-")
        })
        .collect()
}
