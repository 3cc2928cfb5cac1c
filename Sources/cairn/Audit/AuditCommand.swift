import ArgumentParser
import CairnClient
import LedgerCore
import NIOCore
import Node
import Synchronization

/// `cairn audit`
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Compare two states of a ledger's log: is it one log, and what happened between.",
        discussion: CommandStatus.discussion(
            examples: """
                  cairn audit diff last-year.note head --trust genesis.cairn
                  cairn audit diff 0 120 --data ./data
                """),
        subcommands: [AuditDiffCommand.self])
}

/// `cairn audit diff FROM TO`
struct AuditDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "What was accepted and refused between two checkpoints of one log.",
        discussion: """
            FROM and TO are files of checkpoints (signed notes, as `cairn head` shows them), \
            heights of blocks, or `head`, the newest checkpoint. The node is not believed: the \
            newer log's root is worked out from the older log and every transaction between, and \
            must be the newer checkpoint's. Where it is not, or where the log is shorter than it \
            was, the command says so and ends with 1. With --trust, more than half of the members, \
            or of the keys in the file, must have signed the checkpoint of the newer state, and of \
            the older one where its file is given.


            """
                + CommandStatus.discussion(
                    examples: """
                          cairn audit diff last-year.note head --trust genesis.cairn
                          cairn audit diff 0 head --json
                          cairn audit diff last-year.note head --data ./data
                        """))

    @Argument(help: "The older state: a checkpoint's file, or a height.")
    var from: String

    @Argument(help: "The newer state: a checkpoint's file, a height, or head.")
    var to: String

    @Option(help: "The genesis file, or a file of checkpoint keys.")
    var trust: String?

    @Option(help: "The data directory of a stopped node, instead of a server.")
    var data: String?

    @OptionGroup package var channel: ChannelOptions
    @OptionGroup package var server: ServerOptions
    @OptionGroup package var output: OutputOptions

    init() {}

    func validate() throws {
        guard from != "head" else {
            throw ValidationError("FROM is a checkpoint's file or a height")
        }
    }

    func run() async throws {
        let (older, newer) = (try AuditPlace(from), try AuditPlace(to))
        let work = AuditWork(
            known: AuditDiff.Known(
                from: older.checkpoint, to: newer.checkpoint,
                trust: try trust.map(SnapshotChecking.trust)))
        if let data {
            try await AuditDiffCommand.offline(data, older, newer, work)
        } else {
            let target = channel.target("audit") + "?" + older.query("from") + newer.query("&to")
            do {
                try await server.withClient { client, _ in
                    try await client.download(ClientRequest(.get, target)) { piece in
                        try work.add([UInt8](buffer: piece))
                    }
                }
            } catch ClientError.refused(409, let answer) {
                throw AuditDiffCommand.missing(.fork, answer.message)
            } catch ClientError.notFound(404, let answer) {
                throw AuditDiffCommand.missing(.rolledBack, answer.message)
            }
        }
        AuditTelling.tell(try work.finish(), output)
    }

    private static func offline(
        _ data: String, _ older: AuditPlace, _ newer: AuditPlace, _ work: AuditWork
    ) async throws {
        do {
            guard FileSystem.exists(DataDirectory(data).genesis) else {
                throw NodeError(
                    .notFound, "\(data) holds no network", hint: "name a node's folder with --data")
            }
            let node = try CairnNode.open(
                NodeConfiguration(directory: DataDirectory(data)), clock: ServeCommand.clock)
            do {
                try await node.audit.range(from: older.place, to: newer.place).run {
                    try work.add($0)
                }
            } catch {
                try node.close()
                switch error {
                case let error as NodeError where error.code == .conflict:
                    throw missing(.fork, error.message)
                case let error as NodeError where error.code == .notFound:
                    throw missing(.rolledBack, error.message)
                default: throw error
                }
            }
            try node.close()
        } catch let error as NodeError {
            throw CommandFailure(
                error.code == .damaged ? .checkFailed : .usage, error.code.rawValue, error.message,
                hint: error.hint ?? "")
        }
    }

    private static func missing(
        _ reason: AuditRefusal.Reason, _ message: String
    ) -> CommandFailure {
        CommandFailure(
            .checkFailed, reason.rawValue, message,
            hint: "keep the checkpoint: it convicts the log; compare with another member's node")
    }
}

/// FROM or TO on the command line.
struct AuditPlace {
    let place: AuditSource.Place
    let checkpoint: Checkpoint?

    init(_ text: String) throws {
        if text == "head" {
            (place, checkpoint) = (.newest, nil)
        } else if let height = UInt64(text), String(height) == text {
            (place, checkpoint) = (.height(height), nil)
        } else {
            let read = try SnapshotChecking.checkpoint(text)
            (place, checkpoint) = (.size(read.size), read)
        }
    }

    /// Its part of the request.
    func query(_ name: String) -> String {
        switch place {
        case .newest: ""
        case .height(let height): "\(name)=\(height)"
        case .size(let size): "\(name)Size=\(size)"
        }
    }
}

/// Takes the node's answer apart as it comes.
final class AuditWork: Sendable {
    private let known: AuditDiff.Known
    private let state: Mutex<State>

    private struct State {
        var frames = FrameReader(bytesMax: AuditDiff.messageBytesMax)
        var diff: AuditDiff?
    }

    init(known: AuditDiff.Known) {
        self.known = known
        state = Mutex(State())
    }

    func add(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            do {
                for message in try state.frames.add(bytes) {
                    if state.diff == nil {
                        state.diff = try AuditDiff(head: message, known: known)
                    } else {
                        try state.diff?.add(message)
                    }
                }
            } catch let refusal as AuditRefusal {
                throw CommandFailure(refusal)
            }
        }
    }

    func finish() throws -> AuditReport {
        try state.withLock { state in
            guard var diff = state.diff else {
                throw ClientError.unexpected(what: "it holds no states of a log")
            }
            do {
                return try diff.finish()
            } catch let refusal as AuditRefusal {
                throw CommandFailure(refusal)
            }
        }
    }
}

extension CommandFailure {
    init(_ refusal: AuditRefusal) {
        self.init(
            .checkFailed, refusal.reason.rawValue,
            "the comparison does not hold: \(refusal.message)",
            hint: "keep both checkpoints; compare with another member's node")
    }
}
