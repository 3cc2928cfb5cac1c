import Foundation
import Testing

/// A place that a rule objects to.
struct Finding: CustomStringConvertible, Equatable {
    let path: String
    let line: Int
    let what: String

    var description: String { "\(path):\(line): \(what)" }
}

/// One text file of the repository.
struct SourceFile: Sendable {
    /// Relative to the root, with `/`.
    let path: String
    let text: String
    /// The text with comments and string literals blanked; empty where it is not Swift.
    let code: [UInt8]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = path.hasSuffix(".swift") ? SwiftCode(text).bytes : []
    }

    /// Written by a program: no rule about style applies.
    var isGenerated: Bool {
        path.contains("/Generated/") || text.prefix(400).contains("swift-format-ignore-file")
    }

    /// The target, for a file under `Sources/TARGET` or `Tests/TARGET`.
    var target: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
}

/// The working copy that holds these tests.
enum Repository {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// What `.gitignore` leaves out, and git itself.
    private static func isIgnored(_ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return path == "data" || name == ".git" || name == "__pycache__" || name == ".venv"
            || name.hasPrefix(".build") || name.hasSuffix(".o")
    }

    /// Relative paths of all files, sorted.
    static let paths: [String] = walk("").sorted()

    private static func walk(_ folder: String) -> [String] {
        let url = folder.isEmpty ? root : root.appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            guard !isIgnored(path) else { return [] }
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
            return isFolder.boolValue ? walk(path) : [path]
        }
    }

    static func data(_ path: String) throws -> Data {
        try Data(contentsOf: root.appendingPathComponent(path))
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// The file's text; empty where it is absent or not UTF-8.
    static func text(_ path: String) -> String {
        (try? data(path)).flatMap { String(data: $0, encoding: .utf8) } ?? ""
    }

    /// All Swift files under Sources, Tests and Benchmarks.
    static let swift: [SourceFile] =
        paths
        .filter { path in
            path.hasSuffix(".swift")
                && ["Sources/", "Tests/", "Benchmarks/"].contains { path.hasPrefix($0) }
        }
        .map { SourceFile(path: $0, text: text($0)) }

    /// Swift files under Sources that a person wrote.
    static let sources: [SourceFile] = swift.filter {
        $0.path.hasPrefix("Sources/") && !$0.isGenerated
    }

    /// Swift files that a person wrote.
    static let written: [SourceFile] = swift.filter { !$0.isGenerated }
}

/// Fails with one line for each finding.
func expectNone(
    _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
) {
    guard !findings.isEmpty else { return }
    let lines = findings.map(\.description).joined(separator: "\n")
    Issue.record("\(findings.count) findings\n\(lines)", sourceLocation: sourceLocation)
}
