#!/usr/bin/env bash
# Builds the program and starts a node; Ctrl-C stops it, the next run goes on with the same data.
#
# CAIRN_DATA and CAIRN_LISTEN name another folder and address.
set -euo pipefail
cd "$(dirname "$0")/.."
Scripts/build.sh
exec .build/release/cairn serve \
    --data "${CAIRN_DATA:-./data}" --listen "${CAIRN_LISTEN:-localhost:8080}"
