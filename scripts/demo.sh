#!/bin/sh
# The whole path on this machine: daemon on its embedded engines, a simulated relay, and the terminal on top.
#   --no-traffic   no simulated relay
#   --data DIR     keep the data there; without it they are thrown away at the end
set -eu

traffic=yes
data=
while [ $# -gt 0 ]; do
    case $1 in
        --no-traffic) traffic=no ;;
        --data) data=${2:?"demo: --data needs a directory"}; shift ;;
        *) echo "demo: $1 is not known; there are --no-traffic and --data DIR" >&2; exit 2 ;;
    esac
    shift
done

bin=${CARGO_TARGET_DIR:-target}/release
log=$(mktemp -d)
kept=$data
[ -n "$data" ] || data=$log/data
relay= daemon=
finish() {
    trap - EXIT INT TERM HUP
    for process in $relay $daemon; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$log"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

if [ "$traffic" = yes ] && [ ! -f "$data/store.db" ]; then
    echo "filling the last three days"
    "$bin/oot-ingest" simulate --data "$data" --history 3
fi

# On these ports, once it listens. Fails when the daemon ends before that.
serve() {
    : >"$log/serve.out"
    "$bin/oot-ingest" serve --data "$data" --listen "127.0.0.1:$1" --clickhouse-listen "127.0.0.1:$2" \
        >"$log/serve.out" 2>"$log/serve.log" &
    daemon=$!
    until grep -q '^listening on' "$log/serve.out"; do
        kill -0 "$daemon" 2>/dev/null || return 1
        sleep 0.1
    done
}

# On the usual ports both programs find it without being told where it is; they may be taken.
serve 8054 8154 || { grep -q 'in use' "$log/serve.log" && serve 0 0; } || {
    grep '^oot-ingest:' "$log/serve.log" >&2 || cat "$log/serve.log" >&2
    exit 1
}
endpoint=$(sed -n 's/^listening on //p' "$log/serve.out")
clickhouse=$(cat "$data/clickhouse.url")

echo "endpoint    $endpoint/api/oot/results, with the token in $data/token"
echo "ClickHouse  $clickhouse   (in another terminal: oot-hud --clickhouse $clickhouse)"
if [ "$traffic" = no ]; then
    echo "post        curl -H \"X-OOT-Relay-Token: \$(cat $data/token)\" --data-binary @assets/payloads/12-minimal.json $endpoint/api/oot/results"
fi

# The first screen shows what was filled: it is on its way for a second or two.
waited=0
until [ $waited -ge 50 ] || "$bin/oot-hud" pipeline --ingest "$endpoint" --format json 2>&1 | grep -Eq '"lag_seconds":0(\.0)?[,}]'; do
    sleep 0.2
    waited=$((waited + 1))
done

if [ "$traffic" = yes ]; then
    "$bin/oot-ingest" simulate --url "$endpoint" --token-file "$data/token" >"$log/relay.log" 2>&1 &
    relay=$!
fi

status=0
"$bin/oot-hud" --clickhouse "$clickhouse" --ingest "$endpoint" --allowlist assets/allowlist.yml --refresh 2 || status=$?
[ -z "$kept" ] || echo "the data are kept in $kept"
exit $status
