#!/usr/bin/env bash
# Builds the micro-benchmarks and prints a table; takes the names of what to measure.
#
# usage: Benchmarks/run.sh [WORD]: only operations whose names hold WORD
set -euo pipefail
cd "$(dirname "$0")"
# Access between targets is `package`: the house's sources are built here, in one package.
ln -sfn ../Sources .build-sources
swift build --configuration release --product Micro --explicit-target-dependency-import-check error >&2
exec .build/release/Micro "$@"
