import Contracts
import LedgerCore
import Storage

/// Brings state and index up to the chain at start-up.
struct Recovery {
    let identity: NodeIdentity
    let chain: ChainLog
    let state: LedgerState
    let execution: Execution

    /// Whether a directory without a genesis file may be founded anew: only where nothing was ever
    /// committed in it.
    static func mayFound(_ directory: DataDirectory) throws -> Bool {
        guard FileSystem.exists(directory.chain) else { return true }
        return try FileSystem.names(in: directory.chain).isEmpty
    }

    /// Applies blocks that the chain has and the state has not; writes block 0 into an empty chain.
    ///
    /// - Returns: where the channel stands, its newest header, and how many blocks were applied
    ///   again.
    /// - Throws: `NodeError.damaged` where a block does not follow from the one before and the
    ///   state.
    func applyChain() throws -> (tip: LedgerTip, headerBytes: [UInt8], replayed: Int) {
        var tip = try LedgerTip(readFrom: state.store)
        if chain.last == nil { return try foundChain() }
        var headerBytes = [UInt8]()
        if let tip {
            guard let place = try state.store.block(tip.height) else {
                throw damaged(tip.height, "the applied state does not know its own block")
            }
            let block = try Block(bytes: try chain.read(place.position).payload)
            guard block.hash == tip.hash else {
                throw damaged(tip.height, "the applied state is of another chain")
            }
            headerBytes = block.headerBytes
        }
        var replayed = 0
        let next = tip.map { $0.height + 1 } ?? 0
        guard let last = chain.last, next <= last else {
            return (try unwrap(tip), headerBytes, 0)
        }
        try chain.forEach(from: next) { record in
            let executed = try apply(record, after: tip)
            try state.store.commit(executed.commit(at: record.position))
            tip = executed.tip
            headerBytes = executed.block.headerBytes
            replayed += 1
        }
        return (try unwrap(tip), headerBytes, replayed)
    }

    private func unwrap(_ tip: LedgerTip?) throws -> LedgerTip {
        guard let tip else { throw damaged(0, "the chain has no block") }
        return tip
    }

    private func foundChain() throws -> (tip: LedgerTip, headerBytes: [UInt8], replayed: Int) {
        let executed = try founded()
        let position = try chain.append(height: 0, payload: executed.block.bytes)
        try chain.sync()
        try state.store.commit(executed.commit(at: position))
        return (executed.tip, executed.block.headerBytes, 0)
    }

    private func founded() throws -> ExecutedBlock {
        do {
            return try execution.genesis(identity.genesis)
        } catch let lacked as LackedVersion {
            throw lacked.halt(before: 0)
        }
    }

    private func apply(_ record: ChainRecord, after tip: LedgerTip?) throws -> ExecutedBlock {
        let block = try Block(bytes: record.payload)
        let executed: ExecutedBlock
        if let tip {
            let batch = try Batch(bytes: block.batchBytes)
            do {
                executed = try execution.apply(
                    batch, submissions: batch.submissions.compactMap { try? Submission(bytes: $0) },
                    verified: [:], after: tip)
            } catch let lacked as LackedVersion {
                throw lacked.halt(before: record.height)
            }
        } else {
            executed = try founded()
        }
        guard executed.block.headerBytes == block.headerBytes else {
            throw damaged(
                record.height, "the block in the chain is not what its batch and the state lead to")
        }
        return executed
    }

    /// Adds to the index what it lacks of the applied blocks.
    func applyIndex(
        tip: LedgerTip, index: RecordIndex, indexer: Indexer, reader: LedgerReader
    ) throws {
        // What lies before a snapshot is with other nodes, and none of it is this member's.
        let next = max(try index.appliedHeight.map { $0 + 1 } ?? 0, reader.firstBody ?? 0)
        guard next <= tip.height else { return }
        var waiting = [PublishedBlock]()
        for height in next...tip.height {
            guard let block = try reader.block(height) else {
                throw damaged(height, "the chain lacks a block that the state has")
            }
            let versions = try accepted(block).flatMap(indexer.versions)
            waiting.append(PublishedBlock(height: height, versions: versions))
            if waiting.count == Recovery.indexBatch {
                try index.apply(waiting)
                waiting.removeAll()
            }
        }
        try index.apply(waiting)
    }

    /// Blocks in one index transaction while catching up.
    private static let indexBatch = 64

    private func accepted(_ block: Block) throws -> [UnverifiedTransaction] {
        let refused = Set(block.refusals.map(\.index))
        let all = try Batch(bytes: block.batchBytes).submissions
            .compactMap { try? Submission(bytes: $0) }.flatMap(\.transactions)
        return all.indices.filter { !refused.contains($0) }.map { all[$0] }
    }

    private func damaged(_ height: UInt64, _ what: String) -> NodeError {
        NodeError(
            .damaged, "height \(height): \(what)",
            hint: "run cairn verify on the data directory; it names what is damaged")
    }
}

extension Recovery {
    /// Opens chain and state; an empty state of a node that began with a snapshot is built from it.
    init(_ directory: DataDirectory, _ identity: NodeIdentity, channel: String) throws {
        let network = identity.genesis.digest
        let store = try RocksLedgerStore(directory: directory.state)
        self.identity = identity
        state = LedgerState(store: store)
        chain = try ChainLog.open(
            directory: directory.chain, network: network, channel: channel,
            knownDurable: try store.head()?.height)
        try SnapshotBeginning(directory: directory, genesis: identity.genesis, channel: channel)
            .load(into: store, chain: chain)
        execution = state.execution(network: network, channel: channel)
    }
}
