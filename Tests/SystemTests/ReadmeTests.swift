import Foundation
import Testing

/// One command of a document, and the output that stands below it.
struct ConsoleStep: Sendable {
    let command: String
    let output: String

    /// The steps of every ```console block, in order.
    static func all(in text: String) -> [ConsoleStep] {
        var steps: [ConsoleStep] = []
        var isInside = false
        for line in text.components(separatedBy: "\n") {
            if line.hasPrefix("```") {
                isInside = line == "```console"
            } else if isInside, line.hasPrefix("$ ") {
                steps.append(ConsoleStep(command: String(line.dropFirst(2)), output: ""))
            } else if isInside, let last = steps.popLast() {
                steps.append(
                    ConsoleStep(command: last.command, output: last.output + line + "\n"))
            }
        }
        return steps
    }

    /// Whether an output is the one that is written down; `…` stands for anything, also for lines.
    func matches(_ found: String) -> Bool {
        var pieces = normal(output).components(separatedBy: "…")
        var rest = Substring(normal(found))
        guard let first = pieces.first, rest.hasPrefix(first) else { return false }
        rest = rest.dropFirst(first.count)
        pieces.removeFirst()
        guard let last = pieces.popLast() else { return rest.isEmpty }
        for piece in pieces {
            guard let range = rest.range(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }

    private func normal(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

@Suite("The README is true", .serialized)
struct ReadmeTests {
    private static func readme() throws -> String {
        try String(
            contentsOf: CairnBinary.repository.appending(path: "README.md"), encoding: .utf8)
    }

    /// A folder as a newcomer has it: the examples, and `cairn` on the path.
    private struct Newcomer {
        let folder: TempFolder

        init() throws {
            folder = try TempFolder("readme")
            let manager = FileManager.default
            for name in ["docs", "bin"] {
                try manager.createDirectory(
                    at: folder.url(name), withIntermediateDirectories: true)
            }
            try manager.copyItem(
                at: CairnBinary.repository.appending(path: "docs/example"),
                to: folder.url("docs/example"))
            try manager.createSymbolicLink(
                atPath: folder.url("bin/cairn").path,
                withDestinationPath: try CairnBinary.path())
        }

        var data: String { folder.url("data").path }

        func run(
            _ command: String, _ known: [String: String]
        ) async throws -> CommandResult {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let environment = known.merging(
                ["PATH": "\(folder.url("bin").path):\(path)"]) { $1 }
            let shell = try ChildProcess(
                "/bin/sh", ["-c", command], environment: environment, folder: folder.path)
            return try await shell.result(timeoutSeconds: 60)
        }
    }

    /// Runs each command in order and compares. Whole data directories are checked with the node
    /// stopped, as the text says.
    @Test func everyCommandPrintsWhatStandsBelowIt() async throws {
        let steps = ConsoleStep.all(in: try ReadmeTests.readme())
        #expect(steps.count > 8)
        let newcomer = try Newcomer()
        let network = try await SampleNetwork.start(
            newcomer.data, port: try SampleNetwork.freePorts())
        // What the first steps export.
        let known = [
            "CAIRN_SERVER": network.hospital,
            "CAIRN_WALLET": newcomer.data + "/hospital/wallets/administrator.wallet",
        ]
        for step in steps {
            if step.command.hasPrefix("cairn verify --data") {
                #expect(try await network.stop().exit == 0)
            }
            let result = try await newcomer.run(step.command, known)
            #expect(result.exit == 0, "$ \(step.command)\n\(result)")
            #expect(step.matches(result.stdout), "$ \(step.command)\n\(result)")
        }
    }

    @Test func opensWithOneSentenceAndTwoCommands() throws {
        let paragraphs = try ReadmeTests.readme().components(separatedBy: "\n\n")
        #expect(paragraphs[0] == "# Cairn")
        #expect(paragraphs[1].count { $0 == "." } == 1 && paragraphs[1].hasSuffix("."))
        let commands = try #require(paragraphs.first { $0.hasPrefix("```sh") })
            .split(separator: "\n").filter { $0.hasPrefix("make ") }
        #expect(commands.map { $0.split(separator: " ")[1] } == ["run", "test"])
    }

    /// What the server itself says to try at its first start works as it stands there.
    @Test func firstStartSaysWhatWorks() async throws {
        let newcomer = try Newcomer()
        let server = try await RunningServer.start(newcomer.data)
        let lines = server.stderr.split(separator: "\n")
            .filter { $0.hasPrefix("  ") }.map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.count == 5 && lines[0].hasPrefix("export "), "\(lines)")
        for line in lines.dropFirst() {
            let command = line.replacing(".build/release/cairn", with: "cairn")
            let result = try await newcomer.run(lines[0] + "\n" + command, [:])
            #expect(result.exit == 0 && !result.stdout.isEmpty, "\(line)\n\(result)")
        }
    }

    @Test(arguments: [
        ("a … c", "a b c", true), ("a … c", "a b d", false), ("a", "a\n", true),
        ("a", "ab", false), ("…", "anything\nat all", true), ("{\n…\n}", "{\n 1\n 2\n}", true),
        ("a … b … c", "a 1 b 2 c", true), ("a … b … c", "a 1 2 c", false), ("", "x", false),
    ])
    func ellipsesStandForAnything(_ pattern: String, _ text: String, _ isMatch: Bool) {
        #expect(ConsoleStep(command: "", output: pattern).matches(text) == isMatch)
    }
}
