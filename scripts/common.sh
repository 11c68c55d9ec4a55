# Shared by ./run and ./test: finds or installs what they need, and says what it installs.
# Sourced by bash with `set -euo pipefail`; the caller stands in the repository's root.

# Oldest Node.js that the web build runs on; a newer one is installed beside an older one, never over it.
NODE_OLDEST=20.19
NODE_INSTALLED=22.23.3

TOOLS=${CONCLAVE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/conclave/tools}
export CONCLAVE_TOOLS=$TOOLS
export PATH="$TOOLS/bin:$HOME/.cargo/bin:$PATH"

# A target directory kept outside the clone makes every clone on this machine quick.
cached_target=${XDG_CACHE_HOME:-$HOME/.cache}/conclave/target
if [ -z "${CARGO_TARGET_DIR:-}" ] && [ -d "$cached_target" ]; then
    export CARGO_TARGET_DIR=$cached_target
fi
TARGET=${CARGO_TARGET_DIR:-$PWD/target}

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else die "This needs root: $*. Run it as root, or install sudo."; fi
}

# Asks on a terminal only; elsewhere it goes on.
agree() {
    [ -t 0 ] && [ -t 2 ] || return 0
    read -r -p "$1 [Y/n] " answer
    case "$answer" in ""|y|Y|yes) ;; *) die "Stopped: nothing was installed." ;; esac
}

# debian COMMAND PACKAGE...: installs the packages unless the command (or, with a slash, the path) is there.
debian_missing=()
debian() {
    local probe=$1; shift
    case "$probe" in
        */*) compgen -G "$probe" >/dev/null && return 0 ;;
        *) have "$probe" && return 0 ;;
    esac
    debian_missing+=("$@")
}

install_debian() {
    [ ${#debian_missing[@]} -gt 0 ] || return 0
    have apt-get || die "Missing: ${debian_missing[*]}. Install them with your system's package manager."
    say "Installing from the system's packages: ${debian_missing[*]}"
    agree "Install these packages?"
    as_root apt-get update -qq >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${debian_missing[@]}" >&2
    debian_missing=()
}

ensure_rust() {
    if ! have rustup && ! have cargo; then
        say "Installing the Rust toolchain (rustup) for this user"
        agree "Install Rust?"
        if apt-cache show rustup >/dev/null 2>&1; then
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq rustup >&2
            rustup default stable >&2
        else
            curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y --profile minimal >&2
        fi
    fi
    if have rustup && ! rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
        say "Installing the Rust target wasm32-unknown-unknown"
        rustup target add wasm32-unknown-unknown >&2
    fi
}

version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }

ensure_node() {
    if have node && version_at_least "$(node --version | tr -d v)" "$NODE_OLDEST"; then return 0; fi
    have npm || { debian npm npm; install_debian; }
    local arch
    case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) die "Install Node.js $NODE_OLDEST or newer." ;; esac
    say "Installing Node.js $NODE_INSTALLED under $TOOLS"
    mkdir -p "$TOOLS/bin"
    npm install --silent --no-audit --no-fund --prefix "$TOOLS/node" "node-linux-$arch@$NODE_INSTALLED" >&2
    ln -sf "$TOOLS/node/node_modules/node-linux-$arch/bin/node" "$TOOLS/bin/node"
    hash -r
}

# Packages of the web client, exactly as locked; skipped when they are there already.
ensure_web_packages() {
    local stamp=web/node_modules/.locked
    if ! cmp -s web/package-lock.json "$stamp"; then
        say "Installing the web client's packages"
        npm --prefix web ci --silent --no-audit --no-fund >&2
        cp web/package-lock.json "$stamp"
    fi
}

# The web bundle (web/dist), from TypeScript and client-core in WebAssembly. What makes a build for tests stays out: this
# one is handed out.
build_web() {
    ensure_web_packages
    web/wasm/build.sh >&2
    (cd web && env -u VITE_TEST_LEAK -u VITE_TEST_TAP npm run --silent build) >&2
}

build_needs() {
    debian cc build-essential
    debian curl curl ca-certificates
    debian git git
    debian pkg-config pkg-config
    install_debian
    ensure_rust
    ensure_node
}
