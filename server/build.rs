//! Builds a release anew when the web bundle in it has changed.

use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let bundle = Path::new("../web/dist");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={}", bundle.display());
    } else {
        // Debug builds read the bundle from disk, but from a folder only that was there when they were built.
        fs::create_dir_all(bundle)?;
    }
    Ok(())
}
