/// A construct that some targets, or all, do without.
struct BannedConstruct: Sendable {
    let token: String
    let why: String
    /// `nil`: every target.
    var targets: Set<String>?
    var except: Set<String> = []

    /// Targets whose results reach a hash or must be the same everywhere.
    static let pure: Set<String> = ["LedgerCore", "Contracts", "FHIR", "SampleData"]

    static let all: [BannedConstruct] = everywhere + clocks + randomness

    private static let everywhere = [
        BannedConstruct(token: "try!", why: "handle the error or pass it on"),
        BannedConstruct(token: "as!", why: "use a conditional cast"),
        BannedConstruct(token: "fatalError(", why: "throw, or use a precondition that says why"),
        BannedConstruct(token: "print(", why: "log, or answer", except: ["cairn"]),
        BannedConstruct(token: "debugPrint(", why: "log, or answer"),
        BannedConstruct(token: "Task {", why: "use a task group"),
        BannedConstruct(token: "Task(", why: "use a task group"),
        BannedConstruct(token: "Task.detached", why: "use a task group"),
        BannedConstruct(token: "@unchecked Sendable", why: "use Mutex or a value type"),
        BannedConstruct(token: "nonisolated(unsafe)", why: "use Mutex or a value type"),
    ]

    private static let clocks = [
        "Date(", "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday",
        "DispatchTime", "time(nil)", "Task.sleep",
    ].map { BannedConstruct(token: $0, why: "pure targets read no clock", targets: pure) }

    private static let randomness = [
        ".random(", ".randomElement(", ".shuffled(", "SystemRandomNumberGenerator", "arc4random",
        "getrandom", "SymmetricKey(size", "PrivateKey()", "UUID()",
    ].map { BannedConstruct(token: $0, why: "pure targets draw no randomness", targets: pure) }

    func applies(to target: String) -> Bool {
        !except.contains(target) && (targets?.contains(target) ?? true)
    }

    func findings(in file: SourceFile) -> [Finding] {
        guard applies(to: file.target) else { return [] }
        let code = SwiftCode(blanked: file.code)
        return code.offsets(of: token).map {
            Finding(path: file.path, line: code.line(at: $0), what: "`\(token)`: \(why)")
        }
    }
}

/// Words in comments that say something is not finished.
enum UnfinishedMarks {
    static let marks = ["TODO", "FIXME", "XXX", "HACK"]

    static func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().flatMap { index, line in
            marks.filter { mark in
                line.split { !$0.isLetter && !$0.isNumber }.contains { $0 == mark }
            }.map {
                Finding(path: file.path, line: index + 1, what: "`\($0)`: finish it or file it")
            }
        }
    }
}

/// Loops over a dictionary or set in an order that differs between runs.
///
/// Finds names that the same file declares with such a type and then walks without `.sorted`. It
/// misses types that are inferred from a call; the tests of replay catch those.
enum UnsortedIteration {
    static let targets: Set<String> = ["LedgerCore", "Contracts", "SampleData"]

    static func findings(in file: SourceFile) -> [Finding] {
        guard targets.contains(file.target) else { return [] }
        let lines = SwiftCode(blanked: file.code).lines
        let names = declared(lines)
        return lines.enumerated().flatMap { index, line -> [Finding] in
            let rest = line + lines[(index + 1)...].prefix(3).joined()
            guard !rest.contains(".sorted") else { return [] }
            return names.filter { walks(line, $0) }.map {
                Finding(path: file.path, line: index + 1, what: "`\($0)` is walked unsorted")
            }
        }
    }

    /// Names with a dictionary's or set's type written out.
    private static func declared(_ lines: [String]) -> [String] {
        var names: Set<String> = []
        for line in lines {
            let parts = line.replacing("=", with: " = ").split(separator: " ").map(String.init)
            for (index, part) in parts.enumerated() where part == "var" || part == "let" {
                guard index + 2 < parts.count else { continue }
                let type = parts[(index + 2)...].drop { $0 == "=" }.joined(separator: " ")
                if isUnordered(type) {
                    names.insert(parts[index + 1].filter { $0 != ":" })
                }
            }
        }
        return names.sorted()
    }

    private static func isUnordered(_ type: String) -> Bool {
        if type.hasPrefix("Set<") || type.hasPrefix("Set(") { return true }
        if type.hasPrefix("Dictionary<") || type.hasPrefix("Dictionary(") { return true }
        guard type.hasPrefix("["), let close = type.firstIndex(of: "]") else { return false }
        return type[..<close].contains(": ") || type.hasPrefix("[:]")
    }

    private static func walks(_ line: String, _ name: String) -> Bool {
        let walked = ["", ".keys", ".values"].flatMap { part in
            ["map", "flatMap", "compactMap", "forEach", "reduce"].map {
                "\(name)\(part).\($0)"
            } + ["in \(name)\(part) {", "in \(name)\(part) where", "Array(\(name)\(part))"]
        }
        let code = SwiftCode(blanked: Array(line.utf8))
        return walked.contains { !code.offsets(of: $0).isEmpty }
    }
}
