// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // Tests build in release too (docs/decisions/0002), and look inside.
    .unsafeFlags(["-enable-testing"]),
]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let jwt: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle: Target.Dependency = .product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser", package: "swift-argument-parser")

let nioHTTPTypes: Target.Dependency = .product(
    name: "NIOHTTPTypes", package: "swift-nio-extras")

/// A target of the house. Arrows point only downwards: see docs/ARCHITECTURE.md.
func room(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

/// The tests of one target.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "cairn",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        // C libraries of the system.
        .systemLibrary(name: "CRocksDB"),
        .systemLibrary(name: "CISAL"),
        .target(name: "CMalloc", linkerSettings: [.linkedLibrary("jemalloc")]),

        // Pure: no clock, no randomness, no I/O.
        room("LedgerCore", [crypto, protobuf]),
        room("Contracts", ["LedgerCore", protobuf]),
        room("FHIR", []),
        room("SampleData", []),

        // One heavy dependency each.
        room("KeyValue", ["CRocksDB"]),
        room("Storage", ["LedgerCore", "KeyValue", crypto, grdb]),
        room("Vault", ["LedgerCore", "KeyValue", "CISAL", crypto, protobuf]),
        room("Identity", ["LedgerCore", crypto, cryptoExtras, x509, asn1, jwt, httpTypes]),
        room("Ordering", []),

        // Assemblies.
        room(
            "Node",
            [
                "LedgerCore", "Contracts", "FHIR", "KeyValue", "Storage", "Vault", "Identity",
                "Ordering", crypto, protobuf,
            ]),
        room(
            "Gateway",
            [
                "Node", "FHIR", "Identity", "LedgerCore", "Contracts", hummingbird, hummingbirdTLS,
                nioCore, nioPosix, nioSSL, nioHTTPTypes, httpTypes, lifecycle, logging, coreMetrics,
            ],
            // In the program itself: docs/decisions/0009.
            resources: [.embedInCode("Console/Assets")]),
        room(
            "CairnClient",
            [
                "LedgerCore", "Contracts", "Identity", "FHIR", crypto, protobuf, httpClient,
                nioCore, nioPosix, nioHTTP1, nioSSL,
            ]),
        .executableTarget(
            name: "cairn",
            dependencies: [
                "Gateway", "Node", "Vault", "Ordering", "CairnClient", "Identity", "LedgerCore",
                "Contracts", "FHIR", "SampleData", "CMalloc", arguments, lifecycle, signals,
                logging, nioCore, protobuf, crypto,
            ],
            swiftSettings: strict),

        // Seeds, long versions, shared data, an authenticator: what tests have in common.
        .target(
            name: "TestSupport", dependencies: ["LedgerCore", crypto], path: "Tests/TestSupport",
            swiftSettings: strict),

        // Chain, state and pipeline on simulated machines: a program, for it runs a million seeds.
        .executableTarget(
            name: "cairn-sim",
            dependencies: [
                "TestSupport", "Node", "Storage", "Contracts", "LedgerCore", "Ordering",
                "Identity", "KeyValue", crypto, protobuf,
            ],
            path: "Tests/Simulation", swiftSettings: strict),
        // What the fuzzers call: Tests/Fuzzing is a package that builds these with libFuzzer.
        .target(
            name: "FuzzEntries",
            dependencies: ["LedgerCore", "Contracts", "CairnClient", protobuf],
            path: "Tests/Fuzzing/Entries", swiftSettings: strict),

        tests("LedgerCoreTests", ["TestSupport", "LedgerCore", crypto, protobuf]),
        tests("ContractsTests", ["TestSupport", "Contracts", "LedgerCore", crypto, protobuf]),
        tests("FHIRTests", ["TestSupport", "FHIR"]),
        tests("SampleDataTests", ["TestSupport", "SampleData", "FHIR"]),
        tests("KeyValueTests", ["KeyValue"]),
        tests(
            "StorageTests", ["TestSupport", "Storage", "KeyValue", "LedgerCore", crypto, grdb]),
        tests("VaultTests", ["TestSupport", "Vault", "KeyValue", "LedgerCore", crypto]),
        tests(
            "IdentityTests",
            ["TestSupport", "Identity", "LedgerCore", crypto, x509, httpTypes, jwt]),
        tests(
            "NodeTests",
            [
                "TestSupport", "Node", "LedgerCore", "Contracts", "FHIR", "Identity", "KeyValue",
                "Ordering", "Storage", "Vault", "CairnClient", crypto,
            ]),
        tests(
            "CairnClientTests",
            [
                "TestSupport", "CairnClient", "cairn", "LedgerCore", "Contracts", "Identity",
                "FHIR", crypto, protobuf, arguments,
            ]),
        tests("OrderingTests", ["Ordering"]),
        tests(
            "GatewayTests",
            [
                "Gateway", "Node", "FHIR", "Identity", "LedgerCore", "Contracts", "CairnClient",
                crypto, httpClient, nioCore, nioPosix, nioHTTP1, nioSSL, logging, lifecycle,
            ]),
        // What lies on disk is altered on purpose.
        tests("SystemTests", ["TestSupport", "KeyValue", "LedgerCore", "Identity", "Storage"]),
        // Run cairn-sim, which lies beside them.
        tests("SimulationTests", ["TestSupport"]),
        tests("FuzzingTests", ["TestSupport", "FuzzEntries"]),
        tests("TidyTests", []),
    ]
)
