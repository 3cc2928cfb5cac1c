import Contracts
import LedgerCore

/// This node's blocks for other nodes, each header under this node's stamp key.
package struct BlockFeed: Sendable {
    let reader: LedgerReader
    let engine: LedgerEngine

    /// A sign of life at least this often while there is no new block.
    package static let idleMs = 2_000

    /// Hands framed messages to `send`: where this node stands, the blocks from `height` on, then
    /// each new one as soon as it is durable, and signs of life. Ends with an error of `send`, or
    /// when `isOver`.
    package func run(
        from height: UInt64, isOver: @Sendable () -> Bool,
        send: ([UInt8]) async throws -> Void
    ) async throws {
        var next = height
        // Whoever is far behind knows from the first message how far.
        try await send(try message(engine.head.headerBytes, nil))
        while !isOver(), !Task.isCancelled {
            let (tip, headerBytes) = engine.head
            while next <= tip.height {
                guard let block = try reader.block(next) else {
                    throw NodeError(.damaged, "the chain lacks block \(next)")
                }
                try await send(try message(block.headerBytes, block))
                next += 1
            }
            // Of the block that was sent last, even where there is a newer one by now.
            try await send(try message(headerBytes, nil))
            _ = await engine.heads.wait(
                above: max(tip.height, next - 1), atMostMs: BlockFeed.idleMs)
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
