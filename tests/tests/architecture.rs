//! The arrows between the crates, and the licences of what they build on, read from cargo itself.

#![expect(clippy::unwrap_used, reason = "what cannot be read here is a failed test")]
use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Which of our crates each crate may use directly; `ARCHITECTURE.md` draws it.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("sframe", &[]),
    ("files", &[]),
    ("client-core", &["files", "protocol", "sframe"]),
    ("client", &["client-core", "files", "protocol"]),
    ("sfu-core", &["protocol"]),
    ("sfu-node", &["protocol", "sfu-core"]),
    ("signaling", &["protocol"]),
    ("server", &["protocol", "sfu-node", "signaling"]),
    ("web-wasm", &["client-core", "protocol"]),
    ("web-wasm-media", &["client-core", "protocol"]),
    ("web-wasm-mls-bench", &["client-core"]),
    ("load", &["protocol", "sfu-core", "sfu-node"]),
];

/// What the cores must not reach: they do no IO, read no clock, start no threads.
const NO_IO: &[&str] = &["tokio", "socket2", "mio", "reqwest", "hyper", "sqlx"];

/// R53: no crate of the server has what opens media or messages (client-core, sframe).
#[test]
fn crates_use_each_other_only_along_the_arrows() {
    let metadata = metadata();
    let allowed: BTreeMap<_, BTreeSet<_>> = ARROWS
        .iter()
        .map(|(name, uses)| (*name, uses.iter().copied().collect()))
        .collect();
    for package in metadata["packages"].as_array().unwrap() {
        let name = ours(package["name"].as_str().unwrap()).unwrap();
        if name == "tests" {
            continue;
        }
        let allowed = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not on the map"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(used) = ours(dependency["name"].as_str().unwrap()) else {
                continue;
            };
            let for_tests_only = dependency["kind"] == "dev";
            assert!(
                for_tests_only || allowed.contains(used),
                "{name} must not use {used}"
            );
        }
    }
}

#[test]
fn the_cores_reach_no_io() {
    for core in ["conclave-client-core", "conclave-sfu-core"] {
        let reached: BTreeSet<String> = built_into(core).into_iter().map(|(name, _)| name).collect();
        assert!(reached.len() > 5, "{core} reaches more than {reached:?}");
        for name in NO_IO {
            assert!(!reached.contains(*name), "{core} reaches {name}");
        }
    }
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let deny = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deny.toml")).unwrap();
    let allowed = allowed_licences(&deny);
    for (name, licence) in ["conclave-server", "conclave-client", "conclave-web-wasm"]
        .into_iter()
        .flat_map(built_into)
    {
        let excepted = deny.contains(&format!("{{ crate = \"{name}\", allow = [\"{licence}\"] }}"));
        assert!(
            excepted || permitted(&licence, &allowed),
            "{name}: {licence:?} is not in deny.toml"
        );
    }
}

/// SPDX expressions as they occur: a choice (`OR`, `/`) of conjunctions (`AND`), with brackets around either.
fn permitted(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let flat = expression.replace('/', " OR ").replace(['(', ')'], "");
    flat.split(" AND ")
        .all(|part| part.split(" OR ").any(|licence| allowed.contains(licence.trim())))
}

fn allowed_licences(deny: &str) -> BTreeSet<String> {
    let list = deny.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn ours(name: &str) -> Option<&str> {
    name.strip_prefix("conclave-")
}

/// Name and licence of every package that a normal build of `root` contains.
fn built_into(root: &str) -> Vec<(String, String)> {
    let text = cargo(&[
        "tree", "--locked", "-e", "normal", "--prefix", "none", "--format", "{p}|{l}", "-p", root,
    ]);
    text.lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('|')?;
            let name = package.split(' ').next()?;
            Some((name.to_owned(), licence.trim_end_matches(" (*)").to_owned()))
        })
        .collect()
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&[
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--no-deps",
    ]))
    .unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
