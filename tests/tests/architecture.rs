//! The arrows between the crates, and the licences of what they build on, read from `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Which of our crates each crate may use directly; `ARCHITECTURE.md` draws it.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("client-core", &["protocol"]),
    ("sfu-core", &["protocol"]),
    ("sfu-node", &["protocol", "sfu-core"]),
    ("signaling", &["protocol"]),
    ("server", &["protocol", "sfu-node", "signaling"]),
    ("web-wasm", &["client-core"]),
];

/// What the cores must not reach: they do no IO, read no clock, start no threads.
const NO_IO: &[&str] = &["tokio", "socket2", "mio", "reqwest", "hyper", "sqlx"];

#[test]
fn crates_use_each_other_only_along_the_arrows() {
    let metadata = metadata(&["--no-deps"]);
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
    let metadata = metadata(&[]);
    for core in ["conclave-client-core", "conclave-sfu-core"] {
        let reached = reachable(&metadata, core);
        for name in NO_IO {
            assert!(!reached.contains(*name), "{core} reaches {name}");
        }
    }
}

#[test]
fn every_dependency_has_a_permissive_licence() {
    let deny = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deny.toml")).unwrap();
    let allowed = allowed_licences(&deny);
    let metadata = metadata(&[]);
    let reached: BTreeSet<String> = ["conclave-server", "conclave-web-wasm"]
        .iter()
        .flat_map(|program| reachable(&metadata, program))
        .collect();
    for package in metadata["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if !reached.contains(name) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("");
        let excepted = deny.contains(&format!("{{ crate = \"{name}\", allow = [\"{licence}\"] }}"));
        assert!(
            excepted || permitted(licence, &allowed),
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

/// Names of all packages that a normal build of `root` contains.
fn reachable(metadata: &Value, root: &str) -> BTreeSet<String> {
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let mut open: Vec<&str> = names
        .iter()
        .filter(|(_, name)| **name == root)
        .map(|(id, _)| *id)
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        for dependency in nodes[id]["deps"].as_array().unwrap() {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            if kinds.iter().any(|kind| kind["kind"].is_null()) {
                open.push(dependency["pkg"].as_str().unwrap());
            }
        }
    }
    seen.into_iter().map(|id| names[id].to_owned()).collect()
}

fn metadata(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
