import Foundation

/// A timestamp authority for tests, by `openssl ts`: `Tests/Interop/tsa.py`, which says what its
/// modes are.
package final class StampingAuthority: Sendable {
    package struct Failed: Error, CustomStringConvertible { package let description: String }

    /// Its certificates and keys.
    package let folder: String

    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Interop/tsa.py").path
    private static let python = "/usr/bin/env"

    /// Whether python3 and openssl are there.
    package static let isThere: Bool =
        (try? run(["python3", "-c", "import shutil; assert shutil.which('openssl')"])) != nil
    /// Why a test was skipped.
    package static let absence = "no python3 or no openssl on the path"

    /// Makes authorities and signers, which takes a second.
    package init() throws {
        folder = NSTemporaryDirectory() + "/cairn-tsa-\(UUID().uuidString)"
        try StampingAuthority.run(["python3", StampingAuthority.script, "prepare", folder])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// The certificate of the authority that issued the signers', in PEM; or another one.
    package func root(_ name: String = "root") throws -> String {
        try String(contentsOfFile: "\(folder)/\(name).pem", encoding: .utf8)
    }

    /// The answer to a request (DER) in one of its modes.
    package func reply(_ mode: String, to query: [UInt8]) throws -> [UInt8] {
        let name = "\(folder)/\(UUID().uuidString)"
        try Data(query).write(to: URL(filePath: name + ".in"))
        try StampingAuthority.run([
            "python3", StampingAuthority.script, "reply", folder, mode, name + ".in", name + ".out",
        ])
        return [UInt8](try Data(contentsOf: URL(filePath: name + ".out")))
    }

    /// How `tsa.py serve` answers from now on.
    package func set(_ mode: String) throws {
        try Data(mode.utf8).write(to: URL(filePath: folder + "/mode"), options: .atomic)
    }

    /// The arguments with which `/usr/bin/env` serves it over HTTP; it prints its port.
    package var serving: [String] { ["python3", StampingAuthority.script, "serve", folder] }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = arguments
        let problems = Pipe()
        process.standardError = problems
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let said = problems.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failed(description: String(decoding: said, as: UTF8.self))
        }
    }
}
