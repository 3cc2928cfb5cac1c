// swift-tools-version: 6.2
import PackageDescription

// The rooms are the house's own sources, reached by a link that run.sh makes: what they share is
// `package`, so the measurements must be built in one package with them. The package above does not
// know of this one, and `make test` builds none of it.
let rooms = ".build-sources/"

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .unsafeFlags(["-enable-testing"]),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")

/// A target of the house, with the settings that it has there.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(
        name: name, dependencies: dependencies, path: rooms + name, swiftSettings: strict)
}

let package = Package(
    name: "cairn",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        .systemLibrary(name: "CRocksDB", path: rooms + "CRocksDB"),
        .systemLibrary(name: "CISAL", path: rooms + "CISAL"),
        .target(
            name: "CMalloc", path: rooms + "CMalloc", linkerSettings: [.linkedLibrary("jemalloc")]),
        room("LedgerCore", [crypto, protobuf]),
        room("Contracts", ["LedgerCore", protobuf]),
        room("FHIR", []),
        room("KeyValue", ["CRocksDB"]),
        room("Vault", ["LedgerCore", "KeyValue", "CISAL", crypto, protobuf]),
        room("Identity", ["LedgerCore", crypto, cryptoExtras, x509, asn1, jwt, httpTypes]),
        .executableTarget(
            name: "Micro",
            dependencies: [
                "LedgerCore", "Contracts", "FHIR", "Vault", "Identity", "CMalloc", crypto, protobuf,
            ],
            path: "Micro", swiftSettings: strict),
    ]
)
