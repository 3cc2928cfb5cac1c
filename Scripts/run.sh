#!/usr/bin/env bash
# Builds the program and starts a sample network on this machine: a hospital and a clinic, each a
# process with its own keys and data, and sixty invented patients. Ctrl-C stops both; the next run
# goes on with the same data.
#
# CAIRN_DATA names another folder, CAIRN_PORT another first port; three in a row are used.
# CAIRN_BINARY names a program that is built already.
set -euo pipefail
cd "$(dirname "$0")/.."

cairn=${CAIRN_BINARY:-}
if [[ -z $cairn ]]; then
    Scripts/build.sh
    cairn=.build/release/cairn
fi
data=${CAIRN_DATA:-./data}
port=${CAIRN_PORT:-8080}
declare -A name=([hospital]="City Hospital" [clinic]="Harbour Clinic")
declare -A url=([hospital]="http://localhost:$port" [clinic]="http://localhost:$((port + 1))")
declare -A pid=()
mkdir -p "$data/people"

stop() {
    trap '' INT TERM
    trap - EXIT
    # The clinic first: it hands in what it has.
    for member in clinic hospital; do
        [[ -z ${pid[$member]:-} ]] || kill "${pid[$member]}" 2>/dev/null || true
        [[ -z ${pid[$member]:-} ]] || wait "${pid[$member]}" 2>/dev/null || true
    done
    [[ -z ${invite:-} ]] || kill "$invite" 2>/dev/null || true
    exit "${1:-0}"
}
trap 'stop $?' EXIT
trap 'echo; echo "Both stopped; their data is in $data."; stop 0' INT TERM

# start MEMBER OPTION…: starts its node and waits until it takes requests. What it says is kept
# beside its data.
start() {
    local member=$1 output=$data/$1.out
    shift
    : >"$output"
    "$cairn" serve --data "$data/$member" --listen "${url[$member]#http://}" \
        --member "${name[$member]}" "$@" >"$output" 2>&1 &
    pid[$member]=$!
    until grep -q '^ready ' "$output"; do
        if ! kill -0 "${pid[$member]}" 2>/dev/null; then
            echo "${name[$member]} did not start:" >&2
            cat "$output" >&2
            exit 1
        fi
        sleep 0.1
    done
}

# as MEMBER COMMAND…: a command at that member, in its administrator's name.
as() {
    local member=$1
    shift
    CAIRN_SERVER=${url[$member]} CAIRN_WALLET=$data/$member/wallets/administrator.wallet \
        "$cairn" "$@"
}

start hospital --sample --peer-listen "localhost:$((port + 2))"
if [[ -e $data/clinic/genesis.cairn ]]; then
    start clinic
else
    as hospital network invite --wait --yes >"$data/invitation.out" &
    invite=$!
    until link=$(grep -m 1 '#' "$data/invitation.out"); do
        kill -0 "$invite" 2>/dev/null || exit 1
        sleep 0.1
    done
    start clinic --join "$link"
    wait "$invite"
    invite=
    rm "$data/invitation.out"
fi

# The sample is written once, and a second load stores nothing.
if [[ ! -e $data/sample/sample.json ]]; then
    rm -rf "$data/sample"
    "$cairn" sample --out "$data/sample" >"$data/sample.out"
    rm "$data/sample.out"
fi
echo "Loading sixty invented patients:"
for member in hospital clinic; do
    printf '  %-16s' "${name[$member]}"
    as "$member" load "$data/sample/$member"
done

# A wallet without its person on the ledger is left over from a run that was cut off.
declare -A enrolled=()
for member in hospital clinic; do enrolled[$member]=$(as "$member" person list); done
while IFS=$'\t' read -r member person role label title who; do
    wallet=$data/people/$label.wallet
    [[ ${enrolled[$member]} == *"$person"* ]] && continue
    rm -f "$wallet"
    "$cairn" wallet new --person "$person" --label "$who" --out "$wallet" \
        --genesis "$data/$member/genesis.cairn" --server "${url[$member]}" >/dev/null
    as "$member" person enrol --wallet-public "$wallet" --role "$role" >/dev/null
done <"$data/sample/people.tsv"

echo
echo "City Hospital    ${url[hospital]}"
echo "Harbour Clinic   ${url[clinic]}"
echo
echo "Open one of these links; each logs one person in, once, within ten minutes:"
while IFS=$'\t' read -r member person role label title who; do
    printf '\n  %s, %s at %s\n  %s\n' "$who" "$title" "${name[$member]}" \
        "$(as "$member" link --person "$person")"
done <"$data/sample/people.tsv"
echo
echo "Ctrl-C stops both. For new links, start it again."

set +e
wait -n
status=$?
for member in hospital clinic; do
    if ! kill -0 "${pid[$member]}" 2>/dev/null; then
        echo "${name[$member]} ended; it said:" >&2
        tail -n 20 "$data/$member.out" >&2
    fi
done
exit "$((status ? status : 1))"
