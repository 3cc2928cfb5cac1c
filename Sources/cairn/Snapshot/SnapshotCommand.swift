import ArgumentParser
import CairnClient
import FHIR
import LedgerCore
import NIOCore
import Node

/// `cairn snapshot`
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Save a ledger's state with what shows that it holds, and check such a file.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn snapshot export --out main.snapshot
                  cairn snapshot verify main.snapshot --trust genesis.cairn
                  cairn serve --member Clinic --join URL#INVITATION --snapshot main.snapshot
                """),
        subcommands: [SnapshotExportCommand.self, SnapshotVerifyCommand.self])
}

/// `cairn snapshot export`
struct SnapshotExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write a snapshot of a node's ledger to a file.",
        discussion: """
            The node goes on meanwhile. The file holds no record's content and no key: headers, \
            blocks of the last minutes, members, people, records' ids and versions, claims' keyed \
            hashes. With --data it is made from a stopped node's folder, where that member's own \
            signature is a quorum.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn snapshot export --out main.snapshot
                          cairn snapshot export --data ./data --out main.snapshot
                        """))

    @Option(help: "The file to write; it must not exist.")
    var out: String

    @Option(help: "The data directory of a stopped node, instead of a server.")
    var data: String?

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let file = try FileStreaming(out)
        if let data {
            try await SnapshotExportCommand.offline(data, to: file)
        } else {
            let target = channel.target("snapshot")
            try await server.withClient { client, _ in
                try await client.download(ClientRequest(.get, target)) { piece in
                    try file.write([UInt8](buffer: piece))
                }
            }
        }
        try file.finish()
        // What a broken connection left out shows here.
        let summary: SnapshotWalk.Summary
        do {
            var walk = try SnapshotWalk(
                read: try SnapshotSource(out).read, visitor: SnapshotWalk.Visitor())
            summary = try walk.run()
        } catch let refusal as SnapshotRefusal {
            throw CommandFailure(refusal)
        }
        SnapshotTelling.tell(summary, [("file", out)], output)
    }

    private static func offline(_ data: String, to file: FileStreaming) async throws {
        do {
            guard FileSystem.exists(DataDirectory(data).genesis) else {
                throw NodeError(
                    .notFound, "\(data) holds no network", hint: "name a node's folder with --data")
            }
            let node = try CairnNode.open(
                NodeConfiguration(directory: DataDirectory(data)), clock: ServeCommand.clock)
            do {
                _ = try await node.snapshots.prepare().run { try file.write($0) }
            } catch {
                try node.close()
                throw error
            }
            try node.close()
        } catch let error as NodeError {
            throw CommandFailure(
                error.code == .conflict ? .usage : .checkFailed, error.code.rawValue,
                error.message, hint: error.hint ?? "")
        }
    }
}

/// `cairn snapshot verify`
struct SnapshotVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a snapshot offline, from its first byte to its last.",
        discussion: """
            The trust file is the network's genesis, or checkpoint keys of members (one on each \
            line), and must have come by another way than the snapshot. With --checkpoint the \
            snapshot's log must go on from a checkpoint that is known, for example the one that \
            `cairn head --json` showed earlier, as a signed note.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn snapshot verify main.snapshot --trust genesis.cairn
                          cairn snapshot verify a.snapshot --trust keys.txt --checkpoint last.note
                        """))

    @Argument(help: "The snapshot.")
    var file: String

    @Option(help: "The genesis file, or a file of checkpoint keys.")
    var trust: String

    @Option(help: "A checkpoint that is known: a signed note.")
    var checkpoint: String?

    @OptionGroup package var output: OutputOptions

    init() {}

    func run() async throws {
        let report = try SnapshotChecking.check(
            file, trust: try SnapshotChecking.trust(trust),
            known: try checkpoint.map(SnapshotChecking.checkpoint))
        SnapshotTelling.tell(
            report.summary,
            [("cosigned", report.cosigned), ("membership", "\(report.membership) replayed")], output
        )
    }
}

/// Checking a snapshot, apart from the command line.
enum SnapshotChecking {
    static func check(
        _ path: String, trust: ProofTrust, known: Checkpoint? = nil
    ) throws -> SnapshotVerifier.Report {
        do {
            return try SnapshotVerifier(trust: trust, known: known)
                .verify(read: try SnapshotSource(path).read)
        } catch let refusal as SnapshotRefusal {
            throw CommandFailure(refusal)
        } catch let error as NodeError {
            throw CommandFailure.usage(error.message, hint: error.hint ?? "")
        }
    }

    static func trust(_ path: String) throws -> ProofTrust {
        do {
            return try ProofTrust(
                file: try FileWriting.read(path, bytesMax: WireLimit.genesisBytes))
        } catch is ProofTrust.Problem {
            throw CommandFailure.usage(
                "\(path) is neither a genesis file nor a file of checkpoint keys",
                hint: "a member's administrator has DIR/genesis.cairn")
        }
    }

    static func checkpoint(_ path: String) throws -> Checkpoint {
        let bytes = try FileWriting.read(path, bytesMax: Checkpoint.noteBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self),
            let checkpoint = try? Checkpoint(note: text)
        else {
            throw CommandFailure.usage(
                "\(path) is no signed note of a checkpoint", hint: "check the name")
        }
        return checkpoint
    }
}

extension CommandFailure {
    init(_ refusal: SnapshotRefusal) {
        self.init(
            .checkFailed, refusal.reason.rawValue, "the snapshot does not hold: \(refusal.message)",
            hint: "do not rely on it; ask for another one, and compare the trust file")
    }
}

/// What a snapshot says, for a person or a script.
enum SnapshotTelling {
    static func tell(
        _ summary: SnapshotWalk.Summary, _ more: [(String, String)], _ output: OutputOptions
    ) {
        let manifest = summary.manifest
        let texts =
            [
                ("network", "\(manifest.genesis.digest)"), ("channel", manifest.channel),
                ("hash", "\(summary.hash)"), ("stateRoot", "\(summary.stateRoot)"),
            ] + more
        let numbers = [
            ("height", manifest.height), ("stateHeight", manifest.stateHeight),
            ("firstBody", manifest.firstBody), ("leaves", summary.leaves),
            ("transactions", summary.transactions), ("entries", summary.entries),
        ]
        guard output.json else {
            for (name, value) in texts { Output.line("\(name) \(value)") }
            for (name, value) in numbers { Output.line("\(name) \(value)") }
            return Output.line("the snapshot holds")
        }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("holds")
        writer.boolean(true)
        for (name, value) in texts { writer.member(name, value) }
        for (name, value) in numbers {
            writer.key(name)
            writer.integer(Int(clamping: value))
        }
        writer.endObject()
        Output.json(writer.bytes)
    }
}
