import Foundation
import TestSupport

/// The program `cairn-sim`, which lies beside the tests' own.
enum Simulator {
    struct Result: Sendable {
        let exit: Int32
        let output: String
    }

    struct Late: Error {}

    private static var path: String {
        let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appending(path: "cairn-sim").path
    }

    /// The command line for numbered cases.
    static func arguments(_ cases: SeededCases) -> [String] {
        [
            "--first", "\(cases.seed)", "--count", "\(cases.total)", "--part",
            "\(cases.first + 1)/\(cases.step)",
        ]
    }

    /// Runs it to its end.
    ///
    /// - Parameter cores: how many it may use; `nil`: all.
    static func run(
        _ arguments: [String], cores: Int? = nil, timeoutSeconds: Double
    ) async throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if let cores {
            process.executableURL = URL(filePath: "/usr/bin/taskset")
            process.arguments = ["--cpu-list", "0-\(cores - 1)", path] + arguments
        }
        let file = FileManager.default.temporaryDirectory
            .appending(path: "cairn-sim-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let end = ContinuousClock.now + .seconds(timeoutSeconds)
        while process.isRunning {
            guard ContinuousClock.now < end, !Task.isCancelled else {
                process.terminate()
                throw Late()
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        let output = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        return Result(exit: process.terminationStatus, output: output)
    }

    /// The numbers of the line that sums up: `10000 seeds, 7 blocks (3 refusals), …`.
    static func numbers(in output: String) -> [String: Int] {
        let line = output.split(separator: "\n").first { $0.contains(" seeds, ") } ?? ""
        let pairs = line.split(whereSeparator: { ",()".contains($0) }).compactMap { part in
            let words = part.split(separator: " ")
            return words.first.flatMap { Int($0) }
                .map { (words.dropFirst().joined(separator: " "), $0) }
        }
        return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// What did not hold, in which seed.
    static func finding(_ output: String) -> Substring? {
        output.split(separator: "\n").first { $0.hasPrefix("seed ") && $0.contains(" fails: ") }
    }

    /// What a trace says step by step.
    static func steps(_ output: String) -> [Substring] {
        output.split(separator: "\n").filter { $0.hasPrefix("  ") }
    }
}
