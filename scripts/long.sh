#!/usr/bin/env bash
# What takes too long for every run: licences and sources of all dependencies, fuzzing, long simulations.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/common.sh

# Seconds of each fuzz target: long enough to leave the corpus of the start far behind.
FUZZ_SECONDS=${CONCLAVE_FUZZ_SECONDS:-60}

if ! have cargo-deny; then
    say "Building cargo-deny under $TOOLS"
    cargo install --quiet --locked --root "$TOOLS" cargo-deny
fi
cargo deny --locked check licenses bans sources

# The simulations and random histories, with many seeds.
cargo nextest run --profile long --locked --release -p conclave-server -p conclave-tests
CONCLAVE_SEEDS=${CONCLAVE_SEEDS:-10000} cargo nextest run --workspace --locked --release seeds

scripts/fuzz.sh "$FUZZ_SECONDS"
