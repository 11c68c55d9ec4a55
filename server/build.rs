//! Builds the program anew when the web bundle in it has changed.

use std::{env, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let bundle = Path::new("../web/dist");
    // Debug builds read the bundle from disk. A path that does not exist makes cargo look again each time.
    if bundle.exists() || env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", bundle.display());
    }
}
