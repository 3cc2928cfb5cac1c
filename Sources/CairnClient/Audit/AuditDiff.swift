import Contracts
package import LedgerCore

/// Compares two states of one log, from what a node sends: works the newer root out from the older
/// log's edge and the blocks between, and counts what they hold. The node is not believed.
package struct AuditDiff {
    /// What is known of the two states beforehand.
    package struct Known: Sendable {
        /// The older state; `nil` takes the node's word, which the newer one then covers.
        package var from: Checkpoint?
        /// The newer state; `nil` takes what the node shows.
        package var to: Checkpoint?
        /// Whose signatures count; `nil` checks none.
        package var trust: ProofTrust?

        package init(from: Checkpoint?, to: Checkpoint?, trust: ProofTrust?) {
            self.from = from
            self.to = to
            self.trust = trust
        }
    }

    /// Largest message: a block.
    package static let messageBytesMax = WireLimit.blockBytes
    /// The head carries the genesis and all that admitted members.
    static let headBytesMax = 64 * 1024 * 1024

    private let known: Known
    private var directory: AuditDirectory
    /// Of the members at the older state.
    private let olderKeys: [NoteKey]
    private var report: AuditReport
    private var log: LogTree
    private var previous: Digest
    private var next: UInt64
    private var timeMs: UInt64
    private let toHeight: UInt64
    private let checkpoint: Checkpoint?
    private var lines: [String: AuditReport.Line] = [:]

    /// Reads the first message.
    package init(head bytes: [UInt8], known: Known) throws(AuditRefusal) {
        let head: WireAuditHead
        let genesis: Genesis
        let header: Header
        var shown: Checkpoint?
        do {
            head = try Wire.decode(
                WireAuditHead.self, from: bytes, what: "audit",
                limitBytes: AuditDiff.headBytesMax)
            genesis = try Genesis(bytes: [UInt8](head.genesis))
            header = try Header(bytes: [UInt8](head.fromHeader))
            if !head.checkpoint.isEmpty {
                shown = try Checkpoint(note: String(decoding: head.checkpoint, as: UTF8.self))
            }
        } catch {
            throw AuditRefusal(.damaged, "what the node sent is malformed")
        }
        let origin = Checkpoint.origin(network: genesis.digest, channel: head.channel)
        for checkpoint in [known.from, known.to, shown].compactMap({ $0 })
        where checkpoint.origin != origin {
            throw AuditRefusal(
                .otherLog, "a checkpoint is of \(checkpoint.origin), not of \(origin)")
        }
        if case .genesis(let trusted) = known.trust, trusted != genesis.bytes {
            throw AuditRefusal(.otherLog, "the ledger is of another network than the trusted one")
        }
        let edge = head.edge.compactMap { Digest($0) }
        guard header.network == genesis.digest, header.channel == head.channel,
            header.height == head.fromHeight, head.fromHeight <= head.toHeight,
            header.logSize < UInt64(Int64.max), edge.count == head.edge.count,
            let log = LogTree(size: header.logSize + 1, edge: edge)
        else { throw AuditRefusal(.damaged, "what the node sent contradicts itself") }
        if let from = known.from, from.size != log.size || from.root != log.root {
            throw AuditRefusal(
                .fork, "the node's log of \(log.size) leaves is not that of the first checkpoint")
        }
        self.known = known
        self.log = log
        checkpoint = known.to ?? shown
        toHeight = head.toHeight
        previous = BlockHash.of(header: [UInt8](head.fromHeader))
        next = header.height + 1
        timeMs = header.timeMs
        directory = try AuditDirectory(genesis, channel: head.channel)
        try directory.add(head.membership, size: log.size, root: log.root)
        olderKeys = directory.keys
        let state = AuditReport.State(
            height: header.height, size: log.size, root: log.root, timeMs: header.timeMs,
            signatures: "")
        report = AuditReport(
            network: genesis.digest, channel: head.channel, from: state, to: state)
    }

    /// Whether another block belongs to it.
    package var wantsMore: Bool { next <= toHeight }

    /// Takes the next block.
    package mutating func add(_ bytes: [UInt8]) throws(AuditRefusal) {
        let height = next
        let mismatch = AuditRefusal(
            .blockMismatch, "the block at height \(height) is not what its header says")
        let block: Block
        let header: Header
        let submissions: [[UInt8]]
        do {
            block = try Block(bytes: bytes)
            header = try Header(bytes: block.headerBytes)
            submissions = try Batch(bytes: block.batchBytes).submissions
        } catch {
            throw AuditRefusal(.damaged, "the block at height \(height) is malformed")
        }
        guard wantsMore, header.height == height, header.previous == previous,
            header.timeMs > timeMs, header.network == report.network,
            header.channel == report.channel
        else {
            throw AuditRefusal(
                .fork, "the block at height \(height) does not follow the one before")
        }
        guard Domain.batch.digest(block.batchBytes) == header.batch else { throw mismatch }
        var accepted = [Digest]()
        var refused = [Digest]()
        var refusals = block.refusals[...]
        var index = 0
        for bytes in submissions {
            // What does not decode was left out when the block was made.
            guard let submission = try? Submission(bytes: bytes) else { continue }
            for transaction in submission.transactions {
                if let refusal = refusals.first, refusal.index == index {
                    refusals.removeFirst()
                    refused.append(Block.Refusal.leaf(id: transaction.id, reason: refusal.reason))
                    count(transaction, by: submission.node, refusal: refusal.reason)
                } else {
                    accepted.append(transaction.digest)
                    count(transaction, by: submission.node, refusal: nil)
                    directory.note(transaction, height: height, into: &report)
                }
                index += 1
            }
        }
        guard refusals.isEmpty, refused.count == header.refusedCount,
            MerkleTree(leaves: refused).root == header.refusedRoot,
            accepted.count == header.acceptedCount,
            MerkleTree(leaves: accepted).root == header.acceptedRoot
        else { throw mismatch }
        _ = log.append(accepted)
        guard log.size == header.logSize, log.root == header.logRoot else {
            throw AuditRefusal(
                .fork, "the log at height \(height) does not go on from the older one")
        }
        let hash = block.hash
        _ = log.append([hash])
        previous = hash
        next += 1
        timeMs = header.timeMs
        report.blocks += 1
        if report.firstMs == 0 { report.firstMs = header.timeMs }
        report.lastMs = header.timeMs
    }

    private mutating func count(
        _ transaction: UnverifiedTransaction, by node: Identifier, refusal: String?
    ) {
        let contract = transaction.intent.contract
        let member = directory.member(of: node)
        let key = "\(contract) \(member.map { "\($0)" } ?? "")"
        var line = lines[key] ?? AuditReport.Line(contract: contract, member: member)
        if let refusal {
            line.refused[refusal, default: 0] += 1
        } else {
            line.accepted += 1
            if contract == Contracts.Name.records.rawValue {
                line.writes += transaction.attachment.writes.count
            }
        }
        lines[key] = line
    }

    /// Compares the log that came of it with the newer checkpoint, and checks signatures.
    package mutating func finish() throws(AuditRefusal) -> AuditReport {
        guard !wantsMore else {
            throw AuditRefusal(.damaged, "the node's answer ends before height \(toHeight)")
        }
        if let checkpoint, checkpoint.size != log.size || checkpoint.root != log.root {
            throw AuditRefusal(
                .fork,
                "the log that goes on from the first state to \(log.size) leaves is not that of "
                    + "the second checkpoint\(bothSigned(checkpoint))")
        }
        report.to = AuditReport.State(
            height: toHeight, size: log.size, root: log.root, timeMs: timeMs,
            signatures: try signatures(
                checkpoint, by: directory.keys, isGiven: known.to != nil))
        report.from.signatures =
            known.from == nil
            ? "none given: it is in the newer state"
            : try signatures(known.from, by: olderKeys, isGiven: true)
        report.lines = lines.sorted { $0.key < $1.key }.map(\.value)
        report.names = directory.names
        return report
    }

    /// Whether one key vouches for both, which convicts it.
    private func bothSigned(_ to: Checkpoint) -> String {
        guard let from = known.from else { return "" }
        let keys = directory.keys.filter { $0.verify(from) != nil && $0.verify(to) != nil }
        guard let key = keys.first else { return "" }
        return "; \(key.name) signed both"
    }

    private func signatures(
        _ checkpoint: Checkpoint?, by members: [NoteKey], isGiven: Bool
    ) throws(AuditRefusal) -> String {
        guard let trust = known.trust else { return "not checked: no --trust was given" }
        guard let checkpoint else {
            throw AuditRefusal(
                .notTrusted,
                "the node shows no checkpoint of \(log.size) leaves; name head")
        }
        let keys: [NoteKey]
        switch trust {
        case .genesis: keys = members
        case .keys(let trusted): keys = trusted
        }
        let signed = keys.count { $0.verify(checkpoint) != nil }
        guard signed * 2 > keys.count else {
            throw AuditRefusal(
                .notTrusted,
                "\(signed) of \(keys.count) keys signed the checkpoint of \(checkpoint.size) "
                    + "leaves")
        }
        return "\(signed) of \(keys.count) \(isGiven ? "(given)" : "(from the node)")"
    }
}
