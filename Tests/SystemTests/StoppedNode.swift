import Foundation

/// The data directory of a node that was stopped in good order, with some 60 resources, updates, a
/// delete, files, and several blocks, written in two runs.
struct StoppedNode {
    let folder: TempFolder
    let acknowledged: Acknowledged
    /// Of a file of 300 KB.
    let large: (path: String, content: Data)

    var data: String { folder.path + "/data" }

    static func make(
        seed: UInt64, kinds: [Writer.Kind] = Writer.Kind.allCases
    ) async throws -> StoppedNode {
        let folder = try TempFolder("stopped")
        let writer = Writer("stopped", seed: seed)
        for limit in [25, 20] {
            let server = try await RunningServer.start(folder.path + "/data")
            try await writer.write(try await server.client(), kinds: kinds, limit: limit)
            _ = try await server.stop()
        }
        let server = try await RunningServer.start(folder.path + "/data")
        let client = try await server.client()
        var corpus = Corpus(seed: seed)
        for version in 1...3 {
            var resource = corpus.observation("changed-\(version)", subject: nil)
            resource["id"] = "changed"
            _ = try await client.send(
                "PUT", "/fhir/Observation/changed", try Corpus.json(resource))
        }
        let content = corpus.bytes(300_000)
        let answer = try await client.send(
            "POST", "/fhir/Binary", content, type: "application/octet-stream")
        let parts = (answer.headers["location"] ?? "").split(separator: "/")
        guard let at = parts.firstIndex(of: "Binary"), at + 1 < parts.count else {
            throw Writer.Refused(description: "\(answer)")
        }
        _ = try await server.stop()
        return StoppedNode(
            folder: folder, acknowledged: writer.acknowledged,
            large: ("Binary/\(parts[at + 1])", content))
    }

    /// Files below a folder of the data directory, by their paths in it, in order.
    func files(_ part: String = "", suffix: String = "") throws -> [String] {
        let root = part.isEmpty ? data : data + "/" + part
        let names = try FileManager.default.subpathsOfDirectory(atPath: root)
        return try names.filter { name in
            let attributes = try FileManager.default.attributesOfItem(atPath: root + "/" + name)
            return attributes[.type] as? FileAttributeType == .typeRegular
                && name.hasSuffix(suffix)
        }.map { part.isEmpty ? $0 : part + "/" + $0 }.sorted()
    }

    func read(_ file: String) throws -> Data {
        try Data(contentsOf: URL(filePath: data + "/" + file))
    }

    /// Runs `cairn verify --data --json`.
    func verify() async throws -> Verification {
        let result = try await CairnBinary.run(["verify", "--data", data, "--json"])
        return try Verification(result)
    }

    /// Changes one bit, runs `body`, and changes it back.
    func flipping<Result>(
        _ flip: Flip, _ body: () async throws -> Result
    ) async throws -> Result {
        try flip.apply(in: data)
        let result = try await body()
        try flip.apply(in: data)
        return result
    }
}

/// One bit of one file.
struct Flip: CustomStringConvertible {
    let file: String
    let offset: Int
    let bit: UInt8

    var description: String { "\(file)@\(offset) bit \(bit)" }

    func apply(in data: String) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: data + "/" + file))
        try handle.seek(toOffset: UInt64(offset))
        let byte = try handle.read(upToCount: 1)?.first ?? 0
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data([byte ^ (1 << bit)]))
        try handle.close()
    }
}

/// What `cairn verify` said.
struct Verification: CustomStringConvertible {
    struct Finding: Decodable, Hashable {
        let severity: String
        let part: String
        let place: String
        let reason: String
    }

    private struct Report: Decodable {
        let holds: Bool
        let findings: [Finding]
    }

    let exit: Int32
    let findings: [Finding]

    init(_ result: CommandResult) throws {
        exit = result.exit
        guard [0, 1].contains(result.exit) else {
            findings = []
            return
        }
        findings = try JSONDecoder().decode(Report.self, from: Data(result.stdout.utf8)).findings
    }

    var damage: [Finding] { findings.filter { $0.severity == "damage" } }
    var warnings: [Finding] { findings.filter { $0.severity == "warning" } }

    var description: String {
        "exit \(exit)"
            + findings.map { "\n\($0.severity): \($0.part): \($0.place): \($0.reason)" }
            .joined()
    }
}
