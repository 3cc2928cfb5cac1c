#!/usr/bin/env bash
# Regenerates the Generated folders from proto/: vault.proto goes to Vault, sidecar.proto to Node, the
# rest to LedgerCore.
# Needs protoc (Debian: protobuf-compiler); protoc-gen-swift is built from the swift-protobuf
# checkout of this package.
set -euo pipefail
cd "$(dirname "$0")/.."
plugin=${PROTOC_GEN_SWIFT:-}
if [ -z "$plugin" ]; then
    swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build-protoc \
        --product protoc-gen-swift
    plugin=$(find .build-protoc -name protoc-gen-swift -type f -perm -u+x | head -n 1)
fi

# generate FOLDER SCHEMA...
generate() {
    local out=$1
    shift
    rm -f "$out"/*.pb.swift
    protoc --plugin=protoc-gen-swift="$plugin" --proto_path=proto \
        --swift_out="$out" --swift_opt=Visibility=Package --swift_opt=FileNaming=DropPath \
        --swift_opt=UseAccessLevelOnImports=true "$@"
}

mapfile -t ledger < <(ls proto/cairn/v1/*.proto | grep -vE '/(vault|sidecar)\.proto$')
generate Sources/LedgerCore/Generated "${ledger[@]}"
generate Sources/Vault/Generated proto/cairn/v1/vault.proto
generate Sources/Node/Generated proto/cairn/v1/sidecar.proto

# The tests compare schemas and generated files with this, so that neither changes alone.
cksum proto/cairn/v1/*.proto Sources/*/Generated/*.pb.swift >Scripts/generated-proto.cksum
