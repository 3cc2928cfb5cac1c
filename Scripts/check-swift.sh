#!/usr/bin/env bash
# Checks that Swift is new enough; says nothing when it is.
set -euo pipefail

wanted=6.3
hint="install Swift $wanted or newer from https://www.swift.org/install and put it on your PATH"
if ! command -v swift >/dev/null; then
    echo "error: swift is not on the PATH" >&2
    echo "hint: $hint" >&2
    exit 1
fi
found=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+(\.[0-9]+)?).*/\1/p' | head -n 1)
oldest=$(printf '%s\n%s\n' "$wanted" "${found:-0}" | sort -V | head -n 1)
if [ "$oldest" != "$wanted" ]; then
    echo "error: Swift ${found:-of an unknown version} is too old; Cairn needs $wanted" >&2
    echo "hint: $hint" >&2
    exit 1
fi
