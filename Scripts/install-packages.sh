#!/usr/bin/env bash
# Installs the system packages that are missing (Debian, Ubuntu). Says nothing when all are there.
#
# usage: Scripts/install-packages.sh [--tests]
#   --tests  also what only the tests use
set -euo pipefail

# package:file that it brings. The file is looked for, so that other systems pass, too.
needed=(
    libsqlite3-dev:include/sqlite3.h
    librocksdb-dev:include/rocksdb/c.h
    libisal-dev:include/isa-l/erasure_code.h
    libjemalloc-dev:include/jemalloc/jemalloc.h
    zlib1g-dev:include/zlib.h
)
if [ "${1:-}" = --tests ]; then
    needed+=(
        curl:bin/curl openssl:bin/openssl chromium:bin/chromium chromium-driver:bin/chromedriver
        golang-go:bin/go
        golang-golang-x-mod-dev:share/gocode/src/golang.org/x/mod/sumdb/note/note.go
    )
fi

missing=()
for entry in "${needed[@]}"; do
    file=${entry#*:}
    [ -e "/usr/$file" ] || [ -e "/usr/local/$file" ] || missing+=("${entry%%:*}")
done
# For the check against fhirclient; where it lies depends on Python's version.
[ "${1:-}" != --tests ] || python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
# For the second verifier of proofs; any Python on the path that has it will do.
[ "${1:-}" != --tests ] || python3 -c 'import cryptography' 2>/dev/null \
    || /usr/bin/python3 -c 'import cryptography' 2>/dev/null || missing+=(python3-cryptography)
[ ${#missing[@]} -gt 0 ] || exit 0

fail() {
    echo "error: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

command -v apt-get >/dev/null || fail \
    "these libraries are missing and there is no apt-get to install them: ${missing[*]}" \
    "install your system's packages for SQLite, RocksDB, ISA-L, zlib, curl, OpenSSL, Chromium, Go with golang.org/x/mod, and Python with venv and cryptography, then run make again"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    by_hand="as root, run: apt-get install ${missing[*]}"
    command -v sudo >/dev/null || fail \
        "installing ${missing[*]} needs root, and sudo is not here" "$by_hand"
    as_root=(sudo)
    if [ ! -t 0 ]; then
        sudo -n true 2>/dev/null || fail \
            "installing ${missing[*]} needs root, and sudo wants a password" "$by_hand"
        as_root=(sudo -n)
    fi
fi

install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends -o Dpkg::Use-Pty=0 -qq "${missing[@]}" \
        </dev/null >"$log" 2>&1
}

echo "Installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The package lists of a fresh machine are empty or old: fetch them once where the first try fails.
if ! install; then
    "${as_root[@]}" apt-get update -qq </dev/null >"$log" 2>&1 && install || {
        cat "$log" >&2
        fail "apt-get could not install ${missing[*]}" \
            "see its words above; once they are installed, run make again"
    }
fi
