package import Contracts
package import LedgerCore
import Ordering

/// What became of a submitted transaction.
package struct CommittedTransaction: Sendable {
    package let receipt: WriteReceipt
    package let refusal: RefusalReason?
    package let height: UInt64
    package let timeMs: UInt64
}

/// The bounds of the engine's queues.
enum EngineLimit {
    /// Callers that wait to be handed in; beyond that they are told to come back.
    static let waitingSubmissions = 20_000
    /// Blocks applied but not yet in the index: bounds how far the index lags.
    static let unpublishedBlocks = 16
    /// Seals in the making: the next one begins when the last one is out.
    static let begunSeals = 2
    /// Bytes of transactions in one submission; half the wire's limit.
    static let submissionBytes = WireLimit.submissionBytes / 2
    /// Transactions in one submission.
    static let submissionTransactions = 2048
    /// How long a caller waits for the decision of another node that orders: below the time after
    /// which clients and proxies give up by themselves.
    static let decisionWaitMs = 10_000
    static let expiryPauseMs = 250
    /// Every so many blocks old versions of the state tree are let go.
    static let pruningBlocks: UInt64 = 64
    /// Pause before a block that must be kept is tried again on a full disk.
    static let fullDiskPauseMs = 1_000

    /// The first transactions that fit into one submission.
    static func group(
        _ transactions: ArraySlice<UnverifiedTransaction>
    ) -> ArraySlice<UnverifiedTransaction> {
        var bytes = 0
        var count = 0
        for transaction in transactions {
            bytes += transaction.bytes.count
            if count > 0, bytes > submissionBytes || count == submissionTransactions { break }
            count += 1
        }
        return transactions.prefix(count)
    }
}

/// Receipts of one block: its tree is built and its hash signed once.
struct ReceiptMaker {
    let block: ExecutedBlock
    let node: Identifier
    let accepted: MerkleTree
    let refused: MerkleTree
    let signature: [UInt8]

    init(block: ExecutedBlock, node: Identifier, stampKey: SigningKey) throws {
        self.block = block
        self.node = node
        accepted = MerkleTree(leaves: block.acceptedDigests)
        refused = MerkleTree(leaves: block.refusalLeaves)
        signature = try stampKey.sign(WriteReceipt.message(block: block.tip.hash))
    }

    func receipt(_ outcome: ExecutedBlock.Outcome) -> WriteReceipt {
        let tree = outcome.refusal == nil ? accepted : refused
        return WriteReceipt(
            transaction: outcome.transaction.id, digest: outcome.transaction.digest,
            refused: outcome.refusal?.rawValue, index: outcome.index,
            path: tree.path(to: outcome.index), headerBytes: block.block.headerBytes, node: node,
            signature: signature)
    }
}

/// Stamp problems as callers read them.
enum StampRefusal {
    static func error(_ error: any Error) -> any Error {
        switch error {
        case StampProblem.unknownKey:
            NodeError(
                .forbidden, "a stamp names a key that the ledger does not know",
                hint: "enrol the wallet's key first: cairn person add-key")
        case StampProblem.doesNotHold(_, let fault): NodeError(fault)
        default: error
        }
    }
}

extension NodeError {
    /// Why a stamp does not hold, and what to do.
    fileprivate init(_ fault: EStamp.Fault) {
        switch fault {
        case .webauthn(let found):
            self.init(
                .forbidden, "a passkey's stamp does not hold: \(found.rawValue)",
                hint: "stamp on a page of the origins that the key was enrolled for, with PIN or "
                    + "biometrics; the challenge is the digest of the stamp's message")
        case .malleable:
            self.init(
                .forbidden, "a stamp's signature has a high s",
                hint: "replace s by the curve's order minus s")
        case .scheme:
            self.init(
                .forbidden, "a stamp names another scheme than its key's",
                hint: "stamp with the scheme that the key was enrolled for")
        case .place, .signature:
            self.init(
                .forbidden, "a stamp does not hold for what was sent",
                hint: "stamp the exact bytes that are sent, with the key that is named")
        }
    }
}

/// What the ordering service reports, as callers read it.
enum OrderingProblem {
    /// The decision has not come in time.
    static let undecided = NodeError(
        .unavailable, "the ordering node has not decided in time; the write may still be ordered",
        hint: "repeat it under the same Idempotency-Key: it finds out, and stores nothing twice")

    static func error(_ error: OrderingError) -> NodeError {
        switch error {
        case .unreachable:
            NodeError(
                .unavailable,
                "the ordering node is not reachable, or this node has yet to catch up with it; "
                    + "nothing was stored",
                hint: "reads go on; try the write again in a moment")
        case .closed:
            NodeError(.unavailable, "the node is stopping", hint: "try again in a moment")
        case .refused(let reason):
            NodeError(
                .unavailable, "the ordering node does not take it: \(reason); nothing was stored",
                hint: "tell the operators of both nodes")
        case .full, .tooLong:
            NodeError(
                .busy, "the ordering service does not take more at the moment",
                hint: "try again in a second")
        }
    }
}

extension LackedVersion {
    /// Why the block of that height is not made here.
    func halt(before height: UInt64) -> NodeError {
        NodeError(
            .halted, "halted before height \(height): \(message)",
            hint: (release.isEmpty ? "install a newer Cairn" : "install Cairn \(release) or newer")
                + " and start the node again; until then it reads, and takes nothing")
    }
}

/// A block came out another way than at the node that orders.
struct Divergence: Error {
    let error: NodeError

    init(_ own: Header, other bytes: [UInt8]) {
        var parts = [String]()
        if let other = try? Header(bytes: bytes) {
            func compare(_ name: String, _ same: Bool) { if !same { parts.append(name) } }
            compare("height", own.height == other.height)
            compare("time", own.timeMs == other.timeMs)
            compare("previous block", own.previous == other.previous)
            compare("batch", own.batch == other.batch)
            compare(
                "accepted transactions",
                own.acceptedRoot == other.acceptedRoot && own.acceptedCount == other.acceptedCount)
            compare(
                "refused transactions",
                own.refusedRoot == other.refusedRoot && own.refusedCount == other.refusedCount)
            compare("log", own.logRoot == other.logRoot && own.logSize == other.logSize)
            compare("state writes", own.stateWrites == other.stateWrites)
            compare(
                "state root",
                own.stateRoot == other.stateRoot && own.stateLag == other.stateLag)
        }
        let what = parts.isEmpty ? "header" : parts.joined(separator: ", ")
        error = NodeError(
            .halted,
            "halted at height \(own.height): this node does not come to the same block as the "
                + "ordering node; different: \(what)",
            hint: "run cairn verify on both nodes' data; it names which of them was altered")
    }
}
