#!/usr/bin/env bash
# Builds the comparison of key-value stores under the load of the ledger's state, and prints a table.
#
# usage: Benchmarks/Stores/run.sh FOLDER [RECORDS ...]
#   FOLDER   where the stores lie meanwhile: a disk with 12 GB of room for five million records
#   RECORDS  how many are there before a measurement: 1000000 and 5000000 by default
# RUNS=3 and LENGTH=5 say how many runs each mode has, and how many seconds one takes; ONLY=lmdb takes
# the modes that have this in their names. BEFORE names a command that each run is started by, such as
# `nice -n -10`.
set -euo pipefail
if [ $# -eq 0 ]; then
    echo "error: name a folder for the stores" >&2
    echo "hint: Benchmarks/Stores/run.sh /var/tmp/stores" >&2
    exit 2
fi
folder=$1
shift
[ $# -gt 0 ] || set -- 1000000 5000000
cd "$(dirname "$0")"

packages=()
for entry in librocksdb-dev:rocksdb/c.h liblmdb-dev:lmdb.h libsqlite3-dev:sqlite3.h; do
    [ -e "/usr/include/${entry#*:}" ] || packages+=("${entry%%:*}")
done
command -v g++ >/dev/null || packages+=(g++)
if [ ${#packages[@]} -gt 0 ]; then
    echo "Installing ${packages[*]}" >&2
    apt-get install --yes --no-install-recommends -qq "${packages[@]}" >/dev/null || {
        echo "error: ${packages[*]} cannot be installed" >&2
        echo "hint: as root, run: apt-get install ${packages[*]}" >&2
        exit 1
    }
fi

work=$folder/stores-$$
mkdir -p "$work"
trap 'rm -rf "$work"' EXIT
g++ -O2 -std=c++17 -Wall -Wextra -Werror -o "$work/stores" ./*.cpp -lrocksdb -llmdb -lsqlite3
"$work/stores" columns >"$work/figures"
modes=$("$work/stores" modes | grep -- "${ONLY:-}")
for records in "$@"; do
    for store in $(cut -f2 <<<"$modes" | uniq); do
        echo "$store: filling with $records records" >&2
        "$work/stores" fill "$store" "$work" "$records"
        for mode in $(awk -v store="$store" '$2 == store { print $1 }' <<<"$modes"); do
            for run in $(seq "${RUNS:-3}"); do
                echo "$mode: run $run" >&2
                # What a fill or a run before left to be written would be paid for here.
                sync "$work/$store"/*
                sleep 1
                ${BEFORE:-} "$work/stores" run "$mode" "$work" "${LENGTH:-5}" |
                    sed "s/^/$records\t/" | tee -a "$work/figures" >&2
            done
        done
        rm -rf "${work:?}/$store"
    done
done
./table.py "$work/figures"
