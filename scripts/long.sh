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

# The server is killed twenty times, while 200 messages are sent each time.
cargo build --locked --package conclave-server --quiet
CONCLAVE_MESSAGES_PER_KILL=200 cargo nextest run --workspace --locked -E 'package(conclave-tests) and test(killed)'

# The simulations and random histories: many seeds, and other cases than those of every run. In the profile of every run:
# building all of it once more takes longer than it saves.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-$(date +%s)}
say "Property tests with PROPTEST_RNG_SEED=$PROPTEST_RNG_SEED"
CONCLAVE_SEEDS=${CONCLAVE_SEEDS:-1000} PROPTEST_CASES=${PROPTEST_CASES:-5000} cargo nextest run --workspace --locked \
    -E 'test(seeds) + test(properties) + test(mutated) + test(walk)'
# Property tests of parsers and pure rules that the names above do not find.
cargo nextest run --locked --lib -p conclave-client-core -p conclave-protocol -p conclave-sfu-core
cargo test --workspace --doc --locked --quiet

# A day of calls in virtual time: built for speed, for it is a day.
say "A day of calls in virtual time"
CONCLAVE_SOAK_MINUTES=${CONCLAVE_SOAK_MINUTES:-1440} cargo nextest run --release --locked -p conclave-sfu-core -E 'test(hours)'

# Calls in real time whose participants come and go, in minutes.
SOAK=${CONCLAVE_SOAK_REAL_MINUTES:-30}
if have ip && unshare --net true 2>/dev/null; then
    say "Calls for $SOAK minutes, with participants that come and go"
    cargo build --release --locked --package conclave-load --quiet
    "$TARGET/release/conclave-load" --soak "$SOAK"
else
    say "SKIPPED: calls for $SOAK minutes need root, for a network namespace, and ip (package iproute2)."
fi

scripts/fuzz.sh "$FUZZ_SECONDS"
