/// Which target may use which: the arrows of docs/ARCHITECTURE.md. They point downwards only.
enum Imports {
    /// Targets of this package that a target may import.
    static let arrows: [String: Set<String>] = [
        "CISAL": [], "CRocksDB": [],
        "LedgerCore": [], "FHIR": [], "Ordering": [], "SampleData": [],
        "Contracts": ["LedgerCore"],
        "KeyValue": ["CRocksDB"],
        "Vault": ["LedgerCore", "KeyValue", "CISAL"],
        "Identity": ["LedgerCore"],
        "Storage": ["LedgerCore", "KeyValue"],
        "CairnClient": ["LedgerCore", "Contracts", "Identity", "FHIR"],
        "Node": [
            "LedgerCore", "Contracts", "FHIR", "KeyValue", "Vault", "Identity", "Ordering",
            "Storage",
        ],
        "Gateway": ["LedgerCore", "Contracts", "FHIR", "Identity", "Node"],
        "cairn": [
            "LedgerCore", "Contracts", "FHIR", "Identity", "Ordering", "Vault", "Node", "Gateway",
            "CairnClient", "SampleData",
        ],
    ]

    /// All that a pure target may import from elsewhere.
    static let purelyExternal: [String: Set<String>] = [
        "LedgerCore": ["Crypto", "SwiftProtobuf", "FoundationEssentials"],
        "Contracts": ["SwiftProtobuf"],
        "FHIR": [],
        "SampleData": [],
    ]

    /// Heavy libraries, and the targets that wrap them.
    static let wrapped: [String: Set<String>] = [
        "GRDB": ["Storage"],
        "JWTKit": ["Identity"],
        "X509": ["Identity"],
        "SwiftASN1": ["Identity"],
        "CryptoExtras": ["Identity", "Vault"],
        "Hummingbird": ["Gateway"],
        "HummingbirdCore": ["Gateway"],
        "HummingbirdTLS": ["Gateway"],
        "AsyncHTTPClient": ["Vault", "Ordering", "CairnClient"],
        "NIOCore": ["Vault", "Ordering", "CairnClient", "Gateway", "cairn"],
        "NIOPosix": ["Vault", "Ordering", "CairnClient", "Gateway", "cairn"],
        "NIOHTTP1": ["CairnClient", "Gateway"],
        "NIOSSL": ["Identity", "CairnClient", "Gateway"],
        "ArgumentParser": ["cairn"],
    ]

    /// The module of an import line, or `nil`.
    static func module(_ line: String) -> String? {
        let kinds: Set<String> = [
            "struct", "enum", "class", "func", "var", "let", "protocol", "typealias",
        ]
        let parts = line.split(separator: " ").map(String.init)
        guard let index = parts.firstIndex(of: "import"),
            parts[..<index].allSatisfy({ $0.hasPrefix("@") || isAccess($0) })
        else { return nil }
        return parts[(index + 1)...].first { !kinds.contains($0) }
            .flatMap { $0.split(separator: ".").first.map(String.init) }
    }

    private static func isAccess(_ word: String) -> Bool {
        ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }

    static func findings(in file: SourceFile) -> [Finding] {
        guard let allowed = arrows[file.target] else {
            return [
                Finding(
                    path: file.path, line: 1,
                    what: "target \(file.target) is not in Imports.arrows")
            ]
        }
        return SwiftCode(blanked: file.code).lines.enumerated().compactMap { index, line in
            guard let module = module(line) else { return nil }
            return problem(module, file.target, allowed).map {
                Finding(path: file.path, line: index + 1, what: $0)
            }
        }
    }

    private static func problem(_ module: String, _ target: String, _ allowed: Set<String>)
        -> String?
    {
        if arrows[module] != nil {
            return allowed.contains(module) ? nil : "\(target) must not import \(module)"
        }
        if let external = purelyExternal[target] {
            return external.contains(module)
                ? nil : "\(target) is pure and must not import \(module)"
        }
        if let wrappers = wrapped[module], !wrappers.contains(target) {
            return "\(module) is for \(wrappers.sorted().joined(separator: ", ")) alone"
        }
        return nil
    }
}
