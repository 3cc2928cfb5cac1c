#!/usr/bin/env bash
# Tries a running node's API against its own OpenAPI document with schemathesis, which makes requests of
# its own, good ones and bad ones: no answer may be a server's fault, and each must be as described.
#
# usage: Scripts/check-openapi.sh --prepare
#        Scripts/check-openapi.sh URL TOKEN SEED EXAMPLES
#   --prepare  only install it below .build, which needs pip and a network once
# Exits with 3 where it cannot be installed.
set -euo pipefail
cd "$(dirname "$0")/.." && root=$PWD && cd - >/dev/null
version=4.32.5
environment=$root/.build/schemathesis-$version

if [ ! -e "$environment/ready" ]; then
    rm -rf "$environment"
    if ! { python3 -m venv "$environment" && "$environment/bin/pip" install --quiet --timeout 15 \
        --retries 1 --disable-pip-version-check "schemathesis==$version"; } >&2; then
        echo "error: schemathesis $version cannot be installed" >&2
        echo "hint: it needs python3 with venv, and a network" >&2
        exit 3
    fi
    touch "$environment/ready"
fi
[ "${1:-}" != --prepare ] || exit 0
if [ $# -ne 4 ]; then
    echo "error: name a node, a token, a seed and a number of examples" >&2
    echo "hint: Scripts/check-openapi.sh http://localhost:8080 TOKEN 1 20" >&2
    exit 2
fi
export SCHEMATHESIS_HOOKS=openapi_hooks PYTHONPATH=$root/Scripts PYTHONDONTWRITEBYTECODE=1
# Where it leaves what it remembers of a run.
cd "$environment"
# The live stream does not end by itself; it has tests of its own.
exec "$environment/bin/schemathesis" run "$1/api/v1/openapi.json" \
    --header "Authorization: Bearer $2" --seed "$3" --max-examples "$4" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-path-regex '/events$' --phases examples,coverage,fuzzing --continue-on-failure \
    --request-timeout 20 --max-redirects 0 --suppress-health-check all --warnings off --no-color \
    --no-shrink
