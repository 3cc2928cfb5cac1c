import Foundation

/// The program under test, as a user has it: a file that is run.
enum CairnBinary {
    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// `CAIRN_BINARY`, else `.build/release/cairn` of this checkout.
    static func path() throws -> String {
        if let named = ProcessInfo.processInfo.environment["CAIRN_BINARY"] { return named }
        let path = repository.appending(path: ".build/release/cairn").path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Missing(description: "\(path) is not there; `make build` makes it")
        }
        return path
    }

    /// The folder that holds Package.swift.
    static let repository: URL = {
        var place = URL(filePath: #filePath)
        repeat {
            place.deleteLastPathComponent()
        } while place.path != "/"
            && !FileManager.default.fileExists(atPath: place.appending(path: "Package.swift").path)
        return place
    }()

    /// Runs a command to its end.
    ///
    /// - Parameters:
    ///   - environment: added to the test's own, from which CAIRN_… is left out.
    ///   - input: what it reads from standard input; nothing at all by default.
    /// - Throws: `ChildProcess.Late` when it is not done in time; it is killed then.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        folder: String? = nil, timeoutSeconds: Double = 120
    ) async throws -> CommandResult {
        let child = try ChildProcess(
            try path(), arguments, environment: environment, input: input, folder: folder)
        return try await child.result(timeoutSeconds: timeoutSeconds)
    }
}

/// What a command did.
struct CommandResult: Sendable, CustomStringConvertible {
    /// The exit code; 128 + n after signal n.
    let exit: Int32
    let stdout: String
    let stderr: String

    var description: String { "exit \(exit)\nstdout: \(stdout)\nstderr: \(stderr)" }
}

/// A child process whose output goes to files, so that it never waits for a reader. It is killed
/// when nobody holds it any more.
final class ChildProcess: Sendable {
    struct Late: Error, CustomStringConvertible {
        let description: String
    }

    private let process: Process
    private let output: TempFolder
    private let name: String

    /// Starts it.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:],
        input: String? = nil, folder: String? = nil
    ) throws {
        output = try TempFolder("output")
        name = ([executable] + arguments).joined(separator: " ")
        process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = ChildProcess.environment(adding: environment)
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        try output.write(Data((input ?? "").utf8), to: "in")
        try output.write(Data(), to: "out")
        try output.write(Data(), to: "err")
        let files = [
            try FileHandle(forReadingFrom: output.url("in")),
            try FileHandle(forWritingTo: output.url("out")),
            try FileHandle(forWritingTo: output.url("err")),
        ]
        // Closed at once: the process object lives on for a while, and the run loop's `select`
        // knows no descriptor above 1023.
        defer { files.forEach { try? $0.close() } }
        process.standardInput = files[0]
        process.standardOutput = files[1]
        process.standardError = files[2]
        try process.run()
    }

    deinit { kill() }

    private static func environment(adding more: [String: String]) -> [String: String] {
        ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("CAIRN_") }
            .merging(more) { $1 }
    }

    var isRunning: Bool { process.isRunning }
    var pid: Int32 { process.processIdentifier }
    var stdout: String { output.text("out") }
    var stderr: String { output.text("err") }

    func signal(_ number: Int32) {
        if process.isRunning { _ = Foundation.kill(process.processIdentifier, number) }
    }

    /// SIGKILL.
    func kill() { signal(SIGKILL) }

    /// Waits for the end; kills it when that takes too long.
    func result(timeoutSeconds: Double) async throws -> CommandResult {
        let end = Deadline(seconds: timeoutSeconds)
        while process.isRunning {
            if end.isOver {
                kill()
                throw Late(
                    description: "`\(name)` was not done after \(timeoutSeconds) s\n"
                        + "stdout: \(stdout)\nstderr: \(stderr.suffix(4_000))")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        let bySignal = process.terminationReason == .uncaughtSignal
        return CommandResult(
            exit: process.terminationStatus + (bySignal ? 128 : 0), stdout: stdout, stderr: stderr)
    }
}

/// A moment from which on something is late.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    init(seconds: Double) { end = ContinuousClock.now + .seconds(seconds) }

    var isOver: Bool { ContinuousClock.now >= end }
}

/// A folder that is removed when nobody holds it any more.
final class TempFolder: Sendable {
    let path: String

    init(_ name: String, in parent: String = NSTemporaryDirectory()) throws {
        let place = URL(filePath: parent)
            .appending(path: "cairn-system-\(name)-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        path = place.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func url(_ name: String) -> URL { URL(filePath: path).appending(path: name) }

    func write(_ data: Data, to name: String) throws { try data.write(to: url(name)) }

    /// What a file holds; nothing when there is none.
    func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: url(name))) ?? Data(), as: UTF8.self)
    }
}
