import Contracts
import Identity
import LedgerCore
import Ordering
import Synchronization

/// Follows the blocks of the node that orders: checks what it signed, hands the batches on to be
/// applied, and keeps its signatures.
package final class Follower: Sendable {
    private let engine: LedgerEngine
    private let reader: LedgerReader
    private let ordering: FollowedOrdering
    private let leaderKey: Digest
    private let signatures: SignatureLog
    private let evidence: EvidenceFolder
    private let clock: @Sendable () -> UInt64
    private let shared = Mutex(Shared())
    /// The header that was delivered last: the next one follows it.
    private let last: Mutex<(height: UInt64, hash: Digest)>

    private struct Shared {
        var status = FollowStatus()
        /// When this connection was made, or the other node last heard on it.
        var connectionHeardMs: UInt64 = 0
    }

    private static let pauseMsMin = 100
    private static let pauseMsMax = 3_000
    /// After so long without a word, where there should be one every two seconds, this machine or
    /// the connection stood still: what is under way is no news any more.
    private static let silenceMsMax: UInt64 = 10_000

    init(
        engine: LedgerEngine, reader: LedgerReader, ordering: FollowedOrdering, leaderKey: Digest,
        signatures: SignatureLog, evidence: EvidenceFolder, clock: @escaping @Sendable () -> UInt64
    ) {
        self.engine = engine
        self.reader = reader
        self.ordering = ordering
        self.leaderKey = leaderKey
        self.signatures = signatures
        self.evidence = evidence
        self.clock = clock
        last = Mutex((engine.head.tip.height, engine.head.tip.hash))
    }

    /// How following goes.
    package var status: FollowStatus {
        let tip = engine.head.tip
        var status = shared.withLock { $0.status }
        status.height = tip.height
        status.timeMs = tip.timeMs
        return status
    }

    /// The node that is followed, as the ledger knows it.
    package func leader() throws -> Leader {
        let leader = try Leader.find(
            transportKey: leaderKey, in: engine.state, network: engine.network,
            channel: engine.channel)
        guard let leader else {
            throw NodeError(
                .unavailable, "the ordering node's key is of no node on the ledger",
                hint: "join the network again with a new invitation")
        }
        return leader
    }

    /// Follows until it is cancelled, or the engine is halted.
    func run(_ transport: PeerTransport) async {
        var pause = Follower.pauseMsMin
        while !Task.isCancelled, engine.halted == nil {
            let before = clock()
            shared.withLock { $0.connectionHeardMs = before }
            do {
                try await transport.follow(ordering.status.nextHeight) { [self] bytes in
                    try await take(bytes)
                }
                note("the ordering node ended the stream")
            } catch let contradiction as Contradicted {
                ordering.disconnected()
                await contradicted(contradiction)
                return
            } catch {
                note(Follower.words(error))
            }
            ordering.disconnected()
            // A connection that held for a while is tried again at once.
            pause =
                clock() > before + 5_000
                ? Follower.pauseMsMin : min(pause * 2, Follower.pauseMsMax)
            try? await Task.sleep(for: .milliseconds(pause))
        }
    }

    private func note(_ problem: String) {
        shared.withLock {
            $0.status.isConnected = false
            $0.status.problem = problem
        }
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as NodeError: error.message
        case let error as PeerRefusal: "\(error.code.rawValue): \(error.message)"
        default: "\(error)"
        }
    }

    /// Checks one message and hands its batch on.
    func take(_ bytes: [UInt8]) async throws {
        let message = try BlockMessage(bytes: bytes)
        let leader = try self.leader()
        let head = message.head
        guard head.node == leader.node, head.holds(key: leader.stampKey),
            head.header.network == engine.network, head.header.channel == engine.channel
        else {
            throw NodeError(
                .damaged, "a block is not signed by the ordering node, or is of another ledger")
        }
        try hear(head.header, isBlock: message.block != nil)
        guard let block = message.block else { return try await heard(head) }
        let (height, hash) = last.withLock { $0 }
        guard head.header.height == height + 1 else {
            throw NodeError(.damaged, "block \(head.header.height) came after block \(height)")
        }
        guard head.header.previous == hash else { throw Contradicted(head, at: height) }
        let batch = try Batch(bytes: block.batchBytes)
        signatures.keep(head)
        noteDrift(head.header.timeMs)
        let taken = await ordering.deliver(
            OrderedBatch(
                height: head.header.height, timeMs: batch.timeMs, seal: SealMark(batch.seal),
                entries: batch.submissions, header: block.headerBytes))
        guard taken else { throw CancellationError() }
        last.withLock { $0 = (head.header.height, head.hash) }
    }

    /// Notes where the other node stands.
    private func hear(_ header: Header, isBlock: Bool) throws {
        let now = clock()
        let isLate = shared.withLock { shared in
            defer { shared.connectionHeardMs = now }
            guard now <= shared.connectionHeardMs + Follower.silenceMsMax else { return true }
            shared.status.heardMs = now
            shared.status.problem = nil
            // While it catches up, blocks come that are older than what was said at first.
            if !isBlock || header.height >= shared.status.leaderHeight {
                shared.status.leaderHeight = header.height
                shared.status.leaderTimeMs = header.timeMs
            }
            return false
        }
        guard !isLate else {
            throw NodeError(
                .unavailable,
                "nothing was heard of the ordering node for more than "
                    + "\(Follower.silenceMsMax / 1_000) seconds")
        }
    }

    /// How far a block's time is from this node's clock, where the block came as it was made: not
    /// while this node catches up, or is slower than the other one.
    private func noteDrift(_ timeMs: UInt64) {
        let now = clock()
        let isUpToDate = engine.head.tip.height == last.withLock { $0.height }
        shared.withLock {
            let isNews = $0.status.isConnected && isUpToDate
            $0.status.driftMs = isNews ? (timeMs > now ? timeMs - now : now - timeMs) : 0
        }
    }

    /// What the node that orders signed about the block of a height.
    func signed(_ height: UInt64, headerBytes: [UInt8]) -> SignedHeader? {
        signatures.read(height, headerBytes: headerBytes)
    }

    /// Writes evidence and stops everything but reads.
    func convict(_ evidence: Evidence?, height: UInt64) {
        halt(height: height, evidence: evidence.flatMap { self.evidence.write($0) })
    }

    /// A sign of life: the other node's newest header, which this node may hold already.
    private func heard(_ head: SignedHeader) async throws {
        let (height, hash) = last.withLock { $0 }
        let known: Digest?
        if head.header.height == height {
            known = hash
        } else {
            known = try reader.block(head.header.height)?.hash
        }
        if let known, known != head.hash { throw Contradicted(head, at: head.header.height) }
        // There is more to come.
        if head.header.height > height { return }
        guard head.header.height >= height else {
            throw NodeError(
                .damaged,
                "the ordering node is at height \(head.header.height) and has lost blocks up to "
                    + "\(height), which it had signed")
        }
        shared.withLock { $0.status.isConnected = true }
        await ordering.caughtUp()
    }

    /// The other node signed something that its earlier signature at `height` contradicts.
    private struct Contradicted: Error {
        let head: SignedHeader
        let height: UInt64

        init(_ head: SignedHeader, at height: UInt64) {
            self.head = head
            self.height = height
        }
    }

    private func contradicted(_ contradiction: Contradicted) async {
        var path: String?
        // The last blocks may still wait to be applied; they are in the chain in a moment.
        if contradiction.height > 0 {
            _ = await engine.heads.wait(above: contradiction.height - 1, atMostMs: 5_000)
        }
        if let block = try? reader.block(contradiction.height),
            let first = signatures.read(contradiction.height, headerBytes: block.headerBytes)
        {
            path = evidence.write(
                Evidence(
                    network: engine.network, first: first,
                    contradiction: .header(contradiction.head)
                ))
        }
        halt(height: contradiction.height, evidence: path)
    }

    /// Stops everything but reads: the node that orders has shown two histories.
    private func halt(height: UInt64, evidence path: String?) {
        let error = NodeError(
            .halted, "halted at height \(height): the ordering node signed two histories",
            hint: path.map {
                "tell the other members, and give them \($0); cairn verify --evidence checks it"
            } ?? "tell the other members; its first statement was not kept, so there is no evidence"
        )
        note(error.message)
        engine.halt(because: error)
    }
}

/// `DIR/evidence`: contradictions that other nodes signed.
struct EvidenceFolder: Sendable {
    let path: String

    /// Writes evidence and gives its path; `nil` where it cannot be written.
    func write(_ evidence: Evidence) -> String? {
        let name = "\(path)/height-\(evidence.first.header.height).evidence"
        do {
            try FileSystem.makeDirectory(path, mode: 0o700)
            try FileSystem.write(evidence.file, to: name, mode: 0o600)
            return name
        } catch {
            return nil
        }
    }
}
