#!/usr/bin/env bash
# Builds client-core for the browser into web/src/core/generated/wasm/: `core` for the core worker, `media` for
# the frame-transform worker. Does nothing when nothing changed. Tools that are missing go to $CONCLAVE_TOOLS.
set -euo pipefail
cd "$(dirname "$0")/../.."

TOOLS=${CONCLAVE_TOOLS:-$HOME/.cache/conclave/tools}
TARGET=${CARGO_TARGET_DIR:-target}
OUT=web/src/core/generated/wasm
NEW=$TARGET/web-wasm
BINARYEN=132.0.0
# What rustc uses, and every browser with encoded transforms has.
FEATURES="--enable-bulk-memory --enable-bulk-memory-opt --enable-multivalue --enable-mutable-globals --enable-nontrapping-float-to-int --enable-reference-types --enable-sign-ext"

say() { printf 'wasm: %s\n' "$*" >&2; }

# Everything that the modules are made of.
inputs() {
    find Cargo.toml Cargo.lock protocol client-core web/wasm -type f \
        \( -name '*.rs' -o -name 'Cargo.*' -o -name build.sh \) ! -path '*/tests/*' ! -path '*/target/*' -print0 |
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

# `module CRATE NAME`: the wasm file of a crate, made ready for the web and small. The name section goes with
# wasm-opt; `strip` in the cargo profile would take what wasm-bindgen needs.
module() {
    "$bindgen" "$TARGET/wasm32-unknown-unknown/wasm/$1.wasm" "$NEW" "$2"
    "$wasm_opt" $FEATURES "$3" -o "$NEW/$2_bg.opt" "$NEW/${2}_bg.wasm"
    mv "$NEW/$2_bg.opt" "$NEW/${2}_bg.wasm"
    say "$2: $(stat -c %s "$NEW/${2}_bg.wasm") bytes, gzipped $(gzip -9c "$NEW/${2}_bg.wasm" | wc -c)"
}

stamp=$(inputs | sha256sum | cut -c1-64)
if [ "$(cat "$OUT/.stamp" 2>/dev/null)" = "$stamp" ]; then exit 0; fi

ensure_bindgen
ensure_wasm_opt
say "building client-core for the browser"
cargo build --quiet --locked --profile wasm --target wasm32-unknown-unknown \
    --package conclave-web-wasm --package conclave-web-wasm-media
rm -rf "$NEW"
mkdir -p "$NEW"
module conclave_web_wasm core -Oz
module conclave_web_wasm_media media -O3
echo "$stamp" >"$NEW/.stamp"
rm -rf "$OUT"
mv "$NEW" "$OUT"
