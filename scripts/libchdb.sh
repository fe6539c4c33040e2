#!/bin/sh
# Fetches libchdb, the ClickHouse engine as a library, to the path given: once, outside the tree.
set -eu
target=$1
version=26.7.3-stable.1

[ -f "$target" ] && exit 0

case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=@chdb/lib-linux-x64-gnu ;;
    Linux-aarch64 | Linux-arm64) package=@chdb/lib-linux-arm64-gnu ;;
    Darwin-arm64) package=@chdb/lib-darwin-arm64 ;;
    Darwin-x86_64) package=@chdb/lib-darwin-x64 ;;
    *)
        echo "make: there is no libchdb for $(uname -s) on $(uname -m); use a ClickHouse server instead (--clickhouse URL)." >&2
        exit 1
        ;;
esac

directory=$(dirname "$target")
mkdir -p "$directory"
work=$(mktemp -d "$directory/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

echo "fetching libchdb $version (178 MB, once) into $directory"
(cd "$work" && exec npm pack --silent "$package@$version") >"$work/npm.out" 2>"$work/npm.err" &
npm=$!
seconds=0
while kill -0 "$npm" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    if [ -t 1 ]; then printf '\r  %s s ' "$seconds"; elif [ $((seconds % 10)) = 0 ]; then echo "  $seconds s"; fi
done
[ -t 1 ] && printf '\r'
if ! wait "$npm"; then
    echo "make: npm could not fetch $package@$version ($(grep -m1 . "$work/npm.err" || echo 'it does not say why')); check the network, then run make again." >&2
    exit 1
fi
echo "unpacking"
if ! tar -xzf "$work"/*.tgz -C "$work"; then
    echo "make: libchdb could not be unpacked into $directory: is the disk full?" >&2
    exit 1
fi
mv "$work/package/$(basename "$target")" "$target.part"
mv "$target.part" "$target"
echo "libchdb is at $target"
