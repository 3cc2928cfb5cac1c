package import Contracts
import LedgerCore
package import Storage

/// The way of a block to the disk, into the applied state and to those who wait for it, in the one
/// order in which a crash at any place takes back nothing that was answered.
///
/// `LedgerEngine` goes it with its threads and queues; the simulator goes the same with a simulated
/// disk and crashes between any two steps.
package struct BlockWriter: Sendable {
    private let chain: ChainLog
    private let store: any LedgerStore
    private let stateHistoryBlocks: UInt64
    private let hasSpace: @Sendable () -> Bool

    /// - Parameters:
    ///   - stateHistoryBlocks: for how many blocks back the state can be proved.
    ///   - hasSpace: whether the disk has room for a block of another node and what follows from it
    ///     in state and index.
    package init(
        chain: ChainLog, store: any LedgerStore,
        stateHistoryBlocks: UInt64 = NodeConfiguration.stateHistoryBlocksDefault,
        hasSpace: @escaping @Sendable () -> Bool
    ) {
        self.chain = chain
        self.store = store
        self.stateHistoryBlocks = stateHistoryBlocks
        self.hasSpace = hasSpace
    }

    /// Makes a block durable in the chain, then applies it, then tells of it.
    ///
    /// - Parameters:
    ///   - header: what another node made of the same batch, `nil` where this node orders. Where
    ///     there is one the block must be kept: a full disk is waited for.
    ///   - waitForSpace: returns when it is worth trying again; what it throws gives the block up.
    ///   - applied: called once the block is durable and applied.
    /// - Returns: `false` where the block did not fit on the disk and was not made.
    /// - Throws: `Divergence` where the other node came to another block; what chain and store
    ///   throw. Nothing may be written after it.
    package func write(
        _ executed: ExecutedBlock, header: [UInt8]?, waitForSpace: () async throws -> Void,
        applied: (ExecutedBlock) async throws -> Void
    ) async throws -> Bool {
        if let header, header != executed.block.headerBytes {
            throw Divergence(executed.header, other: header)
        }
        let mustFit = header != nil
        var position = try append(executed, mustFit: mustFit)
        while position == nil, mustFit {
            try await waitForSpace()
            position = try append(executed, mustFit: mustFit)
        }
        guard let position else { return false }
        CrashPoint.afterChainAppend.pass()
        try chain.sync()
        CrashPoint.afterChainSync.pass()
        try store.commit(executed.commit(at: position))
        CrashPoint.afterState.pass()
        let height = executed.tip.height
        if height % EngineLimit.pruningBlocks == 0 {
            try store.prune(below: height - min(height, stateHistoryBlocks))
        }
        try await applied(executed)
        return true
    }

    /// Appends a block to the chain; `nil` where it does not fit on the disk.
    private func append(_ executed: ExecutedBlock, mustFit: Bool) throws -> ChainPosition? {
        guard !mustFit || hasSpace() else { return nil }
        do {
            return try chain.append(height: executed.tip.height, payload: executed.block.bytes)
        } catch ChainLogError.full {
            return nil
        }
    }

    /// Takes applied blocks over into the index, then answers those who wait for them.
    package static func publish(
        _ blocks: [ExecutedBlock], index: ([ExecutedBlock]) async throws -> Void,
        answer: (ExecutedBlock) throws -> Void
    ) async throws {
        try await index(blocks)
        CrashPoint.afterIndex.pass()
        for block in blocks { try answer(block) }
        CrashPoint.afterAnswer.pass()
    }
}
