# Shared by packaging/run and tests/run: Debian packages, installed when missing.
# To be sourced; sets nothing but functions and the two lists.

# What the build needs: a C and C++ compiler, the assembler of OpenH264's fast
# paths, ALSA's headers and libclang (for the V4L2 bindings).
BUILD_PACKAGES="build-essential pkg-config nasm libasound2-dev libclang-dev"

# What a window needs at run time, beside a display.
WINDOW_PACKAGES="libegl1 libgl1 libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libxrandr2"

say() { printf '%s\n' "$*" >&2; }

# Ends with a plain sentence on systems where we don't know the packages' names.
require_debian() {
    if command -v apt-get >/dev/null 2>&1 && command -v dpkg-query >/dev/null 2>&1; then
        return
    fi
    say "This script knows Debian 12 (and its relatives with apt) only."
    say "On $(uname -s) please install by hand: $1"
    say "then run: $2"
    exit 1
}

require_rust() {
    if ! command -v cargo >/dev/null 2>&1; then
        say "Rust is missing. Install it from https://rustup.rs and run this again."
        exit 1
    fi
}

# Installs those of the named packages that are missing, and says which.
install_missing() {
    missing=""
    for package in "$@"; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "Installing:$missing"
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1; then
            say "These packages need root: run this as root, or install sudo, or run"
            say "  apt-get install$missing"
            exit 1
        fi
        as_root="sudo"
    fi
    # Word splitting is what turns the list into arguments.
    # shellcheck disable=SC2086
    {
        $as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get update -q -o Acquire::Retries=5 >&2 &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -o Acquire::Retries=5 -q -y --no-install-recommends $missing >&2
    } || {
        say "apt-get could not install:$missing"
        exit 1
    }
}
