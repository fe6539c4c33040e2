#!/bin/sh
# Draws the pictures of the README into the directory given (assets/screens), from simulated results on embedded engines.
# Seed and moment are fixed, so that the pictures change with the screens alone; but the pipeline's is of the run itself.
set -eu

to=${1:-assets/screens}
bin=${CARGO_TARGET_DIR:-target}/${PROFILE:-release}
until=2026-11-20T16:20:00Z
# A little before the end, where jobs are running.
as_of=2026-11-20T16:00
work=$(mktemp -d)
daemon=
finish() {
    trap - EXIT INT TERM HUP
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

# Neither the terminal, nor this machine's configuration, nor its locale has a say in them.
for variable in $(env | sed -n 's/^\(OOT_[A-Z0-9_]*\)=.*/\1/p'); do
    [ "$variable" = OOT_LIBCHDB ] || unset "$variable"
done
unset NO_COLOR
export XDG_CONFIG_HOME="$work" XDG_CACHE_HOME="$work/cache" OOT_HUD_THEME=dark OOT_HUD_ASCII=false

"$bin/oot-ingest" simulate --data "$work/data" --history 14 --seed 7 --until "$until"
# And something of today for the health line, which no picture as of then shows.
"$bin/oot-ingest" simulate --data "$work/data" --history 1 --seed 8
: >"$work/serve.out"
"$bin/oot-ingest" serve --data "$work/data" --listen 127.0.0.1:0 --clickhouse-listen 127.0.0.1:0 >"$work/serve.out" 2>"$work/serve.log" &
daemon=$!

# Waits until a command succeeds, as long as the daemon runs.
await() {
    until "$@"; do
        kill -0 "$daemon" 2>/dev/null || {
            cat "$work/serve.log" >&2
            exit 1
        }
        sleep 0.2
    done
}
await grep -q '^listening on' "$work/serve.out"
endpoint=$(sed -n 's/^listening on //p' "$work/serve.out")
clickhouse=$(cat "$work/data/clickhouse.url")

hud() {
    LC_ALL=C.UTF-8 "$bin/oot-hud" --clickhouse "$clickhouse" --allowlist assets/allowlist.yml "$@"
}
replicated() {
    "$bin/oot-ingest" backfill --verify --data "$work/data" --clickhouse "$clickhouse" 2>/dev/null | grep -q ' 0 keys differ'
}
lag_is_known() {
    hud pipeline --ingest "$endpoint" --format json | grep -q '"lag_seconds":[0-9]'
}
picture() {
    name=$1
    shift
    hud "$@" --format svg --size 120x36 >"$work/$name.svg"
    mv "$work/$name.svg" "$to/$name.svg"
    echo "$to/$name.svg"
}

await replicated
mkdir -p "$to"
# The newest in which something failed.
pull_request=$(hud backend apple/mps-backend --as-of "$as_of" --format csv | awk -F, '
    NR == 1 { for (column = 1; column <= NF; column++) at[$column] = column }
    $at["verdict"] == "failure" && !number { number = $at["pr_number"] }
    END { print number }')
picture summary summary --as-of "$as_of"
picture backend backend apple/mps-backend --as-of "$as_of"
picture pull-request pr "$pull_request" --as-of "$as_of"
picture trends trends --range 14d --as-of "$as_of"
# What the daemon has to say of itself takes a little traffic.
"$bin/oot-ingest" simulate --url "$endpoint" --token-file "$work/data/token" --count 200 --rate 100 --seed 7 >"$work/relay.log" 2>&1
await replicated
await lag_is_known
picture pipeline pipeline --ingest "$endpoint"
# Degraded or not, it is a line.
hud status --format svg >"$work/status.svg" || [ $? = 1 ]
mv "$work/status.svg" "$to/status.svg"
echo "$to/status.svg"
