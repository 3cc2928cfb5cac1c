#!/usr/bin/env bash
# Builds the program: .build/release/cairn.
set -euo pipefail
cd "$(dirname "$0")/.."
. Scripts/build-flags
Scripts/check-swift.sh
Scripts/install-packages.sh
swift build "${build_flags[@]}" --product cairn
