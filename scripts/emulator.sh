#!/bin/sh
# Builds the DynamoDB emulator for the tests into the directory given: once, outside the tree.
set -eu
target=$1
[ -x "$target/bin/dynoxide" ] && exit 0
echo "building the DynamoDB emulator (once) into $target"
mkdir -p "$target"
CARGO_TARGET_DIR=$target/build cargo install --quiet --locked --version 3.2.0 --no-default-features \
    --features native-sqlite,http-server,cli --root "$target" dynoxide-rs || {
    echo "make: the DynamoDB emulator could not be built; see above, then run make again." >&2
    exit 1
}
rm -rf "$target/build"
