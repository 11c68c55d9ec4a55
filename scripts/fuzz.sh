#!/usr/bin/env bash
# Fuzzes each target for some seconds: scripts/fuzz.sh SECONDS [TARGET...]. Prints executions and coverage.
# First a build with a planted bug has to fail: a fuzzer that cannot find it proves nothing.
set -euo pipefail
cd "$(dirname "$0")/../tests/fuzz"
seconds=$1; shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(frame file socket datagram rtp)

# Longest search for the planted bug; it takes a second or two.
PLANTED_SECONDS=60

target=${CARGO_TARGET_DIR:-$PWD/../../target}/fuzz
corpus=$target/corpus
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing"

# Only our code and its dependencies for this machine are instrumented, hence the explicit target.
build() {
    CARGO_TARGET_DIR=$target RUSTFLAGS="$flags" \
        cargo build --release --locked --quiet --target x86_64-unknown-linux-gnu --bins
    mkdir -p "$target/$1"
    for name in "${targets[@]}"; do cp "$target/x86_64-unknown-linux-gnu/release/$name" "$target/$1/"; done
}

CONCLAVE_PLANTED=1 build planted
build plain
for name in "${targets[@]}"; do
    mkdir -p "$corpus/$name"
    scratch=$(mktemp -d)
    if "$target/planted/$name" -max_total_time=$PLANTED_SECONDS \
        -artifact_prefix="$scratch/" "$scratch" >"$scratch.log" 2>&1; then
        echo "fuzz $name: the planted bug was not found" >&2
        exit 1
    fi
    grep -q "the planted bug" "$scratch.log" || { cat "$scratch.log" >&2; exit 1; }
    rm -rf "$scratch" "$scratch.log"
    log=$target/$name.log
    if ! "$target/plain/$name" -max_total_time="$seconds" -print_final_stats=1 \
        -artifact_prefix="$target/$name-" "$corpus/$name" "seeds/$name" >"$log" 2>&1; then
        tail -40 "$log" >&2
        echo "fuzz $name: failed; the input is beside $log" >&2
        exit 1
    fi
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
    echo "fuzz $name: $executions executions in $seconds s, $coverage edges, the planted bug found, no other"
done
