#!/usr/bin/env bash
# Measures a node from outside, on an empty folder: load, size on disk, memory, reads at a fixed rate
# and at full speed, start with existing data. Beside reads stands /livez: the same server and client
# without credentials, index and vault.
#
# usage: Benchmarks/node.sh CAIRN FOLDER_TO_LOAD        (wrk is used where it is installed)
set -euo pipefail
cairn=$(realpath "$1")
input=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

start() {
    local begun
    begun=$(date +%s%N)
    : >ready
    "$cairn" serve --data data --listen 127.0.0.1:0 >ready 2>/dev/null &
    server=$!
    until grep -q ready ready; do
        kill -0 "$server"
        sleep 0.01
    done
    echo "started in $((($(date +%s%N) - begun) / 1000000)) ms"
    export CAIRN_SERVER CAIRN_WALLET=data/wallets/administrator.wallet
    CAIRN_SERVER=$(sed -n 's/^ready //p' ready)
}
stop() {
    kill -TERM "$server"
    wait "$server"
    server=""
}
memory() {
    echo "memory, $1: $(awk '/^(VmHWM|VmRSS|RssAnon)/ {printf "%s %d MiB  ", $1, $2 / 1024}' \
        "/proc/$server/status")"
}
busy() { cut -d' ' -f1 /proc/loadavg; }

echo "load of the machine: $(busy)"
start
sleep 3
memory "after the start"
"$cairn" load --json "$input"
memory "after the load"
du -sb data/* | awk '{printf "%s %s  ", $2, $1; sum += $1} END {print "sum " sum}'

token=$("$cairn" token)
bearer="Authorization: Bearer $token"
paths=$(curl -sf -H "$bearer" "$CAIRN_SERVER/fhir/Patient?_count=20" | python3 -c '
import json, sys
for entry in json.load(sys.stdin)["entry"]:
    print("/fhir/Patient/" + entry["resource"]["id"])')
first=$(head -n 1 <<<"$paths")
for _ in 1 2 3; do
    echo "load of the machine: $(busy)"
    echo "livez at 1,000/s: $("$here/fixed-rate.py" "$CAIRN_SERVER" /livez)"
    # shellcheck disable=SC2086
    echo "read at 1,000/s: $("$here/fixed-rate.py" --header "$bearer" "$CAIRN_SERVER" $paths)"
done
if command -v wrk >/dev/null; then
    for _ in 1 2 3; do
        echo "livez: $(wrk -t1 -c16 -d8 "$CAIRN_SERVER/livez" | grep Requests/sec)"
        echo "read: $(wrk -t1 -c16 -d8 -H "$bearer" "$CAIRN_SERVER$first" \
            | grep -E 'Requests/sec|Non-2xx')"
    done
fi
sleep 60
memory "after 60 s of rest"
stop
start
sleep 3
memory "after a restart"
stop
