#!/usr/bin/env bash
# Checks the format of all Swift files; generated ones ask to be passed over.
set -euo pipefail
cd "$(dirname "$0")/.."
folders=(Sources Tests)
[ ! -d Benchmarks ] || folders+=(Benchmarks)
if ! swift format lint --strict --recursive --parallel "${folders[@]}"; then
    echo "error: some files are not in the house's format" >&2
    echo "hint: run make format, then look at what is left" >&2
    exit 1
fi
