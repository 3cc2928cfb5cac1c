import Contracts
import LedgerCore

/// This node's blocks for other nodes, each header under this node's stamp key.
package struct BlockFeed: Sendable {
    let reader: LedgerReader
    let engine: LedgerEngine

    /// A sign of life at least this often while there is no new block.
    package static let idleMs = 2_000

    /// Hands framed messages to `send`: the blocks from `height` on, then each new one as soon as
    /// it is durable, and signs of life. Ends with an error of `send`, or when `isOver`.
    package func run(
        from height: UInt64, isOver: @Sendable () -> Bool,
        send: ([UInt8]) async throws -> Void
    ) async throws {
        var next = height
        while !isOver(), !Task.isCancelled {
            let head = engine.heads.height
            while next <= head {
                guard let block = try reader.block(next) else {
                    throw NodeError(.damaged, "the chain lacks block \(next)")
                }
                try await send(try message(block.headerBytes, block))
                next += 1
            }
            try await send(try message(engine.head.headerBytes, nil))
            _ = await engine.heads.wait(above: max(head, next - 1), atMostMs: BlockFeed.idleMs)
        }
    }

    private func message(_ headerBytes: [UInt8], _ block: Block?) throws -> [UInt8] {
        BlockMessage(
            head: try SignedHeader(
                headerBytes: headerBytes, node: engine.node, signingWith: engine.stampKey),
            block: block
        ).framed
    }
}
