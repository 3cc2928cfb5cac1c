import Foundation

/// The verifier in Python, which shares no code with this package.
enum SecondVerifier {
    /// Tests/SecondVerifier/verify_proof.py.
    static let script = testsFolder.appending(path: "SecondVerifier/verify_proof.py").path
    static let testsFolder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A Python that has `cryptography`; `Scripts/install-packages.sh --tests` brings one.
    static let python: String? = {
        candidates.first {
            checks($0, "from cryptography.hazmat.primitives.asymmetric import mldsa")
        }
            ?? candidates.first { checks($0, "import cryptography") }
    }()

    /// Whether that Python's library can check ML-DSA-65.
    static let knowsMLDSA = checks(
        python ?? "", "from cryptography.hazmat.primitives.asymmetric import mldsa")

    private static let candidates: [String] = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return ["/usr/bin/python3"] + folders.map { "\($0)/python3" }
    }()

    /// Whether a Python of version 3.10 or later runs a line.
    private static func checks(_ path: String, _ line: String) -> Bool {
        guard FileManager.default.isExecutableFile(atPath: path) else { return false }
        let result = try? run(
            path, ["-c", "\(line)\nimport sys; sys.version_info[1] > 9 or exit(1)"])
        return result?.exit == 0
    }

    static let absence =
        "no python3 with cryptography; Scripts/install-packages.sh --tests installs it"

    /// A folder of proofs and what they are checked with.
    final class Folder {
        let path: URL
        private var lines: [String] = []

        init() throws {
            path = URL(filePath: NSTemporaryDirectory())
                .appending(path: "cairn-vectors-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(at: path) }

        func add(_ vector: ProofVector) throws {
            let name = vector.name.isEmpty ? "\(lines.count)" : vector.name
            let proof = path.appending(path: "\(name).proof")
            let trust = path.appending(path: "\(name).trust")
            try Data(vector.proof).write(to: proof)
            try Data(vector.trust).write(to: trust)
            let since = vector.notBeforeMs.map { "\t\($0)" } ?? ""
            lines.append("\(proof.path)\t\(trust.path)\(since)\n")
        }

        /// What the verifier in Python says of each, in order.
        func verdicts() throws -> [String] {
            let list = path.appending(path: "list")
            try Data(lines.joined().utf8).write(to: list)
            let result = try run(python ?? "", [script, "--list", list.path])
            guard result.exit == 0 else { throw Problem(description: result.error) }
            return result.output.split(separator: "\n").map(String.init)
        }
    }

    struct Problem: Error, CustomStringConvertible { let description: String }

    struct Result {
        let exit: Int32
        let output: String
        let error: String
    }

    /// Runs a program to its end; its output goes to files, so that it never waits for a reader.
    static func run(_ program: String, _ arguments: [String]) throws -> Result {
        let folder = URL(filePath: NSTemporaryDirectory())
            .appending(path: "cairn-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = [folder.appending(path: "out"), folder.appending(path: "err")]
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        let handles = try files.map { try FileHandle(forWritingTo: $0) }
        defer { handles.forEach { try? $0.close() } }
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Result(exit: process.terminationStatus, output: texts[0], error: texts[1])
    }
}
