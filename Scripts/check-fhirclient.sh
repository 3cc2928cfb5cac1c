#!/usr/bin/env bash
# Reads every resource of a folder of bundles with the strict models of fhirclient, SMART's Python
# library for FHIR R4: an independent opinion about what Cairn writes.
#
# usage: Scripts/check-fhirclient.sh --prepare
#        Scripts/check-fhirclient.sh FOLDER
#   --prepare  only install it below .build, which needs pip and a network once
# Exits with 3 where it cannot be installed.
set -euo pipefail
cd "$(dirname "$0")/.." && root=$PWD && cd - >/dev/null
version=4.4.0
environment=$root/.build/fhirclient-$version

if [ ! -e "$environment/ready" ]; then
    rm -rf "$environment"
    if ! { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet --timeout 15 \
        --retries 1 --disable-pip-version-check "fhirclient==$version"; } >&2; then
        echo "error: fhirclient $version cannot be installed" >&2
        echo "hint: it needs python3 with venv, and a network" >&2
        exit 3
    fi
    touch "$environment/ready"
fi
[ "${1:-}" != --prepare ] || exit 0
if [ $# -ne 1 ] || [ ! -d "$1" ]; then
    echo "error: name a folder of bundles" >&2
    echo "hint: Scripts/check-fhirclient.sh FOLDER" >&2
    exit 2
fi
exec "$environment/bin/python" "$root/Scripts/check-fhirclient.py" "$1"
