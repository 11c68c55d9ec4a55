#!/usr/bin/env bash
# Builds client-core for the browser into web/src/core/generated/wasm/: `core` for the core worker, `media` for
# the frame-transform worker. Does nothing when nothing changed. Tools that are missing go to $CONCLAVE_TOOLS.
# `build.sh bench` builds, apart from these, what bench.mjs measures of MLS, and prints the folder that it is in.
set -euo pipefail
cd "$(dirname "$0")/../.."

TOOLS=${CONCLAVE_TOOLS:-$HOME/.cache/conclave/tools}
TARGET=${CARGO_TARGET_DIR:-target}
OUT=web/src/core/generated/wasm
NEW=$TARGET/web-wasm
BINARYEN=132.0.0
# SIMD: every browser with encoded transforms has it, but Safari before 16.4; it makes sealing a twentieth faster.
# Inlining beyond the usual: the rounds of AES stay apart otherwise; a tenth faster for a few kilobytes.
MEDIA="-Ctarget-feature=+simd128 -Cllvm-args=-inline-threshold=2000"
# What rustc uses, and every browser with encoded transforms has.
FEATURES="--enable-simd --enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext"

say() { printf 'wasm: %s\n' "$*" >&2; }

# Everything that the modules are made of.
inputs() {
    find Cargo.toml Cargo.lock protocol client-core web/wasm -type f \
        \( -name '*.rs' -o -name '*.txt' -o -name 'Cargo.*' -o -name build.sh \) ! -path '*/tests/*' ! -path '*/mls-bench/*' ! -path '*/target/*' -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum
    rustc --version
}

# wasm-bindgen as a library: half of what its command line program needs to be built.
ensure_bindgen() {
    local version
    version=$(sha256sum web/wasm/bindgen/Cargo.lock web/wasm/bindgen/src/main.rs | sha256sum | cut -c1-16)
    bindgen=$TOOLS/bin/conclave-bindgen-$version
    [ -x "$bindgen" ] && return
    say "building wasm-bindgen"
    mkdir -p "$TOOLS/bin"
    cargo build --quiet --release --locked --manifest-path web/wasm/bindgen/Cargo.toml --target-dir "$TOOLS/bindgen-target"
    cp "$TOOLS/bindgen-target/release/conclave-bindgen" "$bindgen"
    rm -rf "$TOOLS/bindgen-target"
}

ensure_wasm_opt() {
    wasm_opt=$TOOLS/binaryen-$BINARYEN/node_modules/.bin/wasm-opt
    [ -x "$wasm_opt" ] && return
    say "installing wasm-opt (binaryen $BINARYEN)"
    npm install --silent --no-audit --no-fund --prefix "$TOOLS/binaryen-$BINARYEN" "binaryen@$BINARYEN" >&2
}

# `module PROFILE CRATE NAME LEVEL FLAGS`: the wasm file of a crate, made ready for the web and small. The name section goes with
# wasm-opt; `strip` in the cargo profile would take what wasm-bindgen needs.
module() {
    local profile=$1 crate=$2 name=$3 level=$4 flags=${5:-}
    RUSTFLAGS=$flags cargo build --quiet --locked --profile "$profile" --target wasm32-unknown-unknown --package "${crate//_/-}"
    "$bindgen" "$TARGET/wasm32-unknown-unknown/$profile/$crate.wasm" "$NEW" "$name"
    "$wasm_opt" $FEATURES "$level" --converge -o "$NEW/${name}_bg.opt" "$NEW/${name}_bg.wasm"
    mv "$NEW/${name}_bg.opt" "$NEW/${name}_bg.wasm"
    say "$name: $(stat -c %s "$NEW/${name}_bg.wasm") bytes, gzipped $(gzip -9c "$NEW/${name}_bg.wasm" | wc -c)"
}

if [ "${1:-}" = bench ]; then
    ensure_bindgen
    ensure_wasm_opt
    NEW=$TARGET/web-wasm-bench
    mkdir -p "$NEW"
    module wasm conclave_web_wasm_mls_bench mls -Oz
    realpath "$NEW"
    exit 0
fi

stamp=$(inputs | sha256sum | cut -c1-64)
if [ "$(cat "$OUT/.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

ensure_bindgen
ensure_wasm_opt
say "building client-core for the browser"
rm -rf "$NEW"
mkdir -p "$NEW"
module wasm conclave_web_wasm core -Oz
module wasm-media conclave_web_wasm_media media -O4 "$MEDIA"
echo "$stamp" >"$NEW/.stamp"
rm -rf "$OUT"
mv "$NEW" "$OUT"
