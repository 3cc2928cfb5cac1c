#!/usr/bin/env bash
# Runs the long versions of the tests: more seeds, more faults, longer loads.
#
# SOAK_PART=i/n   runs part i of n, so that n machines share the work (default 1/1); as many parts
#                 as a test has cases repeat one case alone
# CAIRN_SEED=N    starts from this seed instead of a fresh one
# What a test does with them: CONTRIBUTING.md, "Long tests".
set -uo pipefail
cd "$(dirname "$0")/.."
part=${SOAK_PART:-1/1}
if ! [[ $part =~ ^([1-9][0-9]{0,7})/([1-9][0-9]{0,7})$ ]] \
    || [ "${BASH_REMATCH[1]}" -gt "${BASH_REMATCH[2]}" ]; then
    echo "error: SOAK_PART is $part" >&2
    echo "hint: write SOAK_PART=i/n with 1 <= i <= n, for example SOAK_PART=1/2" >&2
    exit 2
fi
seed=${CAIRN_SEED:-$((RANDOM << 15 | RANDOM))}
echo "soak: part $part, seed $seed (repeat with: make soak SOAK_PART=$part CAIRN_SEED=$seed)"
export CAIRN_SOAK=1 SOAK_PART=$part CAIRN_SEED=$seed
exec Scripts/test.sh
