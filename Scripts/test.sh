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

# Runs tests and says what came of it. Their own exit code decides; no report, or an empty one, is a
# failure as well.
run_tests() {
    local report=.build/test-report.xml code summary
    rm -f "$report"
    swift test "${build_flags[@]}" --skip-build --disable-xctest --xunit-output "$report" "$@" \
        </dev/null
    code=$?
    step "result"
    Scripts/summarise-tests.py "$report"
    summary=$?
    [ "$code" -ne 0 ] || code=$summary
    return "$code"
}

step "test"
if [ -n "${TEST_FILTER:-}" ]; then
    run_tests --filter "$TEST_FILTER"
else
    # Apart, so that long calculations keep no process waiting for its test.
    failed=0
    run_tests --skip SystemTests --skip '(Node|Gateway)Tests\.(?!OrphanModel)' || failed=1
    step "test, nodes in one process"
    run_tests --filter '(Node|Gateway)Tests\.(?!OrphanModel)' || failed=1
    step "test, with processes"
    run_tests --filter SystemTests || failed=1
    if [ -n "${CAIRN_SOAK:-}" ]; then
        step "fuzz"
        Tests/Fuzzing/run.sh 600 || failed=1
    fi
    exit "$failed"
fi
