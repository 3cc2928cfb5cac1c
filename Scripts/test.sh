#!/usr/bin/env bash
# Checks the format, builds program and tests in one configuration, and runs all tests.
#
# TEST_FILTER=REGEX runs only the tests whose names match.
set -uo pipefail
cd "$(dirname "$0")/.."
. Scripts/build-flags
step() { printf '\n== %s (%ds)\n' "$1" "$SECONDS"; }

Scripts/check-swift.sh || exit 1
Scripts/install-packages.sh --tests || exit 1

step "format"
Scripts/lint.sh || exit 1

step "build"
swift build "${build_flags[@]}" --build-tests || exit 1

step "test"
report=.build/test-report.xml
rm -f "$report"
arguments=("${build_flags[@]}" --skip-build --disable-xctest --xunit-output "$report")
[ -z "${TEST_FILTER:-}" ] || arguments+=(--filter "$TEST_FILTER")
swift test "${arguments[@]}" </dev/null
code=$?

step "result"
Scripts/summarise-tests.py "$report"
summary=$?
# The tests' own exit code decides; no report, or an empty one, is a failure as well.
[ "$code" -ne 0 ] || code=$summary
exit "$code"
