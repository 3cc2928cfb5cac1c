#!/usr/bin/env bash
# Builds the fuzzers with libFuzzer and the address sanitizer, and runs them over the corpus.
#
# usage: Tests/Fuzzing/run.sh SECONDS [ENTRY...]  fuzzes each entry for that long, two at a time
#        Tests/Fuzzing/run.sh minimise [ENTRY...] rewrites the corpus with the least inputs that
#                                                 reach the same code
#
# Without names it takes all entries, of which SOAK_PART=i/n takes those with number mod n = i - 1.
# CAIRN_SEED=N begins libFuzzer's randomness; what it does depends on time, too.
#
# What ends a fuzzer (a crash, a sanitizer's finding, 10 s for one input, more than the memory below)
# is left in .build/fuzz/findings, and its run is told how to repeat it. A fuzzer starts from the
# corpus beside this file; what it finds new goes to .build/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
scratch=$root/.build/fuzz
mode=${1:?seconds, or the word minimise}
shift
entries=("$@")
if [ $# -eq 0 ]; then
    part=${SOAK_PART:-1/1}
    number=0
    for folder in Corpus/*/; do
        [ $((number % ${part#*/})) -ne $((${part%/*} - 1)) ] || entries+=("$(basename "$folder")")
        number=$((number + 1))
    done
fi
[ ${#entries[@]} -gt 0 ] || exit 0

# What one input may take: decoders allocate what they read, and no more.
limits=(-max_len=65536 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64)
seed=$((${CAIRN_SEED:-0} % 4294967296))

ln -sfn ../../Sources .build-sources
products=()
for entry in "${entries[@]}"; do products+=("fuzz-$entry"); done
build() {
    swift build --configuration release --scratch-path "$scratch/build" \
        --explicit-target-dependency-import-check error \
        -Xswiftc -sanitize=fuzzer,address "$@"
}
# One after the other: they share all but their last file.
for product in "${products[@]}"; do build --product "$product"; done
bin=$(build --show-bin-path)

export SWIFT_BACKTRACE=enable=no
# Leaks show as memory: the leak check itself takes constants of indirect enums for leaks.
export ASAN_OPTIONS=detect_leaks=0
mkdir -p "$scratch/findings"
fuzz() {
    local entry=$1 log=$scratch/$1.log
    mkdir -p "$scratch/corpus/$entry"
    if ! "$bin/fuzz-$entry" "${limits[@]}" -max_total_time="$mode" -seed="$seed" -print_final_stats=1 \
        -artifact_prefix="$scratch/findings/$entry-" \
        "$scratch/corpus/$entry" "Corpus/$entry" >"$log" 2>&1
    then
        tail -n 40 "$log" >&2
        echo "error: the fuzzer of $entry found something; its input is in $scratch/findings" >&2
        echo "hint: repeat with $bin/fuzz-$entry FILE; mend it, and add the file to the corpus" >&2
        return 1
    fi
    echo "$entry: $(grep -o 'stat::number_of_executed_units: .*' "$log" | tr -s ' '),$(
        grep -o ' cov: [0-9]*' "$log" | tail -n 1)"
}

if [ "$mode" = minimise ]; then
    for entry in "${entries[@]}"; do
        mkdir -p "$scratch/corpus/$entry"
        new=$(mktemp -d)
        # By the places that are reached, not by how often: that keeps it small.
        "$bin/fuzz-$entry" "${limits[@]}" -set_cover_merge=1 -use_counters=0 -use_cmp=0 \
            "$new" "Corpus/$entry" "$scratch/corpus/$entry" \
            >"$scratch/$entry.log" 2>&1
        rm -f "Corpus/$entry/"*
        mv "$new"/* "Corpus/$entry/"
        rmdir "$new"
        echo "$entry: $(find "Corpus/$entry" -type f | wc -l) inputs"
    done
    exit
fi

failed=0
running=()
for entry in "${entries[@]}"; do
    if [ ${#running[@]} -ge 2 ]; then
        wait "${running[0]}" || failed=1
        running=("${running[@]:1}")
    fi
    fuzz "$entry" &
    running+=($!)
done
for process in "${running[@]}"; do wait "$process" || failed=1; done
exit "$failed"
