#!/bin/sh
# Is there what a build needs? If not: one sentence that says what is missing and what to do.
set -eu

fail() {
    echo "make: $1" >&2
    exit 1
}

command -v cargo >/dev/null || fail "cargo is missing: install Rust 1.94.1 or newer with rustup, then run make again."
command -v cc >/dev/null || fail "a C compiler (cc) is missing: install one (on Debian: apt install build-essential), then run make again."
command -v npm >/dev/null || fail "npm is missing, and libchdb comes through it: install Node.js with npm (on Debian: apt install npm), then run make again."

# Kilobytes for the build's output, and for libchdb on its way into the cache.
enough_disk() {
    directory=$1
    while [ ! -d "$directory" ]; do directory=$(dirname "$directory"); done
    free=$(df -Pk "$directory" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$2" ] || fail "not enough disk at $directory: $(($2 / 1048576)) GB are needed, $((free / 1024)) MB are free; make room, then run make again."
}

enough_disk "${CARGO_TARGET_DIR:-$PWD/target}" 4194304
[ -f "$1" ] || enough_disk "$(dirname "$1")" 2097152
