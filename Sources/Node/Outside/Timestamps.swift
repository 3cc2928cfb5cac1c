import Identity
import LedgerCore
import Synchronization

/// Timestamps of an authority outside of the network over this node's published checkpoints, in
/// `DIR/timestamps`: for each size that was stamped the signed note, and the authority's response
/// over the SHA-256 of its bytes.
///
/// A block that stands for longer than the window without a timestamp is a warning, or, where the
/// operator asked for that, the end of writes until there is one.
package final class Timestamps: Sendable {
    private let plan: TimestampPlan?
    private let folder: String
    private let publication: Publication
    private let reader: LedgerReader
    private let clock: @Sendable () -> UInt64
    private let toleranceMs: UInt64
    private let shared: Mutex<Shared>

    private struct Shared {
        /// The sizes that were stamped, ascending.
        var sizes: [UInt64]
        /// Since when the oldest block without a timestamp has been there, for that many stamped
        /// leaves.
        var pending: (size: UInt64, sinceMs: UInt64)?
        var timeMs: UInt64?
        var problem: String?
        var failures = 0
        var retryMs: UInt64 = 0
        var stampedMs: UInt64 = 0
        var pauseMs: UInt64 = Timestamps.pauseMsMin
    }

    /// How it goes.
    package struct Status: Sendable {
        /// Leaves that the newest timestamp covers.
        package let size: UInt64
        /// What the newest one says since this start, milliseconds since 1970.
        package let timeMs: UInt64?
        /// How long the oldest block that none covers has been there; 0: all are covered.
        package let pendingMs: UInt64
        /// Whether that is longer than the window.
        package let isLate: Bool
        /// Whether writes are refused for it.
        package let isClosed: Bool
        /// Why there was none, the last time; `nil` while all is well.
        package let problem: String?
        /// Requests that brought none, since the start.
        package let failures: Int
    }

    private static let lookMs = 250
    private static let pauseMsMin: UInt64 = 1_000
    private static let pauseMsMax: UInt64 = 60_000

    init(
        plan: TimestampPlan?, folder: String, publication: Publication, reader: LedgerReader,
        toleranceMs: UInt64, clock: @escaping @Sendable () -> UInt64
    ) throws {
        self.plan = plan
        self.folder = folder
        self.publication = publication
        self.reader = reader
        self.toleranceMs = toleranceMs
        self.clock = clock
        let names = FileSystem.exists(folder) ? try FileSystem.names(in: folder) : []
        let sizes = names.compactMap { name in
            name.hasSuffix(".tsr") ? UInt64(name.dropLast(4)) : nil
        }
        shared = Mutex(Shared(sizes: sizes.sorted()))
    }

    /// How it goes; `nil` where no authority was named.
    package func status() throws -> Status? {
        guard let plan else { return nil }
        let pendingMs = try pendingMs()
        let isLate = pendingMs > plan.windowMs
        return shared.withLock { shared in
            Status(
                size: shared.sizes.last ?? 0, timeMs: shared.timeMs, pendingMs: pendingMs,
                isLate: isLate, isClosed: isLate && plan.isRequired, problem: shared.problem,
                failures: shared.failures)
        }
    }

    /// - Throws: `NodeError.unavailable` where a timestamp is required and has not come in time.
    package func requireInTime() throws {
        guard let plan, plan.isRequired, try pendingMs() > plan.windowMs else { return }
        throw NodeError(
            .unavailable,
            "no timestamp has come for \(plan.windowMs / 1_000) s, and this node takes no writes "
                + "without; reads go on",
            hint: "the node's operator finds the reason in its log and under /readyz")
    }

    /// How long the oldest block that no timestamp covers has been there.
    private func pendingMs() throws -> UInt64 {
        let size = shared.withLock { $0.sizes.last ?? 0 }
        let known = shared.withLock { $0.pending }
        if let known, known.size == size { return clock() - min(known.sinceMs, clock()) }
        let covered = try reader.height(sealedBySize: size)
        guard let block = try reader.block(covered.map { $0 + 1 } ?? 0) else { return 0 }
        let since = try Header(bytes: block.headerBytes).timeMs
        shared.withLock { $0.pending = (size, since) }
        let now = clock()
        return now - min(since, now)
    }

    // MARK: Reading

    /// A checkpoint that was stamped, with what the authority answered.
    package struct Kept: Sendable {
        package let note: [UInt8]
        /// DER, `application/timestamp-reply`.
        package let response: [UInt8]
    }

    /// Sizes that were stamped, the newest first, below `size`.
    package func sizes(below size: UInt64, atMost count: Int) -> [UInt64] {
        shared.withLock { shared in
            Array(shared.sizes.lazy.reversed().drop { $0 >= size }.prefix(count))
        }
    }

    /// What is kept of a size; `nil` where it was not stamped.
    package func kept(_ size: UInt64) throws -> Kept? {
        guard shared.withLock({ $0.sizes.contains(size) }) else { return nil }
        return Kept(
            note: try FileSystem.read(
                "\(folder)/\(size).note", limitBytes: Checkpoint.noteBytesMax),
            response: try FileSystem.read(
                "\(folder)/\(size).tsr", limitBytes: TimestampAuthority.responseBytesMax))
    }

    // MARK: Asking

    /// Asks for timestamps as the plan says, until it is cancelled.
    func run(_ transport: OutsideTransport) async {
        guard let plan else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(Timestamps.lookMs))
            guard let checkpoint = try? publication.newest(), isDue(checkpoint.size, plan) else {
                continue
            }
            await stamp(checkpoint, plan, transport)
        }
    }

    private func isDue(_ size: UInt64, _ plan: TimestampPlan) -> Bool {
        let now = clock()
        return shared.withLock { shared in
            size > shared.sizes.last ?? 0 && now >= shared.retryMs
                && (shared.stampedMs == 0 || now >= shared.stampedMs + plan.intervalMs)
        }
    }

    private func stamp(
        _ checkpoint: Checkpoint, _ plan: TimestampPlan, _ transport: OutsideTransport
    ) async {
        do {
            let note = Array(checkpoint.note.utf8)
            let (response, timestamp) = try await ask(Digest.sha256(note), plan, transport)
            try FileSystem.makeDirectory(folder, mode: 0o700)
            // The response counts, and is the last to be there.
            let path = "\(folder)/\(checkpoint.size)"
            try FileSystem.write(note, to: path + ".note", mode: 0o600)
            try FileSystem.write(response, to: path + ".tsr", mode: 0o600)
            let now = clock()
            shared.withLock { shared in
                shared.sizes.append(checkpoint.size)
                shared.timeMs = timestamp.timeMs
                shared.problem = nil
                shared.stampedMs = now
                shared.pauseMs = Timestamps.pauseMsMin
            }
        } catch {
            note(Timestamps.words(error))
        }
    }

    private func ask(
        _ digest: Digest, _ plan: TimestampPlan, _ transport: OutsideTransport
    ) async throws -> (response: [UInt8], Timestamp) {
        var random = SystemRandomNumberGenerator()
        let request = TimestampRequest(digest: digest, using: &random)
        let answer = try await transport.post(
            plan.url, "application/timestamp-query", try request.der,
            TimestampAuthority.responseBytesMax)
        guard answer.status == 200 else {
            throw NodeError(
                .unavailable, "the timestamp authority answers with status \(answer.status)")
        }
        let timestamp = try await plan.authority.check(answer.body, of: request)
        let now = clock()
        let apart =
            timestamp.timeMs > now ? timestamp.timeMs - now : now - timestamp.timeMs
        guard apart <= toleranceMs else { throw TimestampError.wrongTime }
        return (answer.body, timestamp)
    }

    private func note(_ problem: String) {
        let now = clock()
        shared.withLock { shared in
            shared.problem = problem
            shared.failures += 1
            shared.retryMs = now + shared.pauseMs
            shared.pauseMs = min(shared.pauseMs * 2, Timestamps.pauseMsMax)
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as TimestampError: "\(error.rawValue): \(error.description)"
        case let error as NodeError: error.message
        default: "the timestamp authority does not answer"
        }
    }
}
