import Glibc
import LedgerCore
import Synchronization

/// A snapshot's file, read once from its beginning.
package final class SnapshotSource: Sendable {
    private let descriptor: Int32
    private let path: String
    private let state = Mutex(State())

    /// What was read ahead.
    private struct State {
        var buffer = [UInt8](repeating: 0, count: 0)
        var start = 0
    }

    private static let aheadBytes = 1 << 20

    /// Opens it.
    package init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw NodeError(.notFound, "\(path) cannot be read", hint: "check the name")
        }
    }

    deinit { close(descriptor) }

    /// The next bytes; fewer than asked for only at the end.
    package func read(_ count: Int) throws -> [UInt8] {
        try state.withLock { state in
            var bytes = [UInt8]()
            bytes.reserveCapacity(min(count, SnapshotSource.aheadBytes))
            while bytes.count < count {
                if state.start == state.buffer.count {
                    state.start = 0
                    state.buffer = try more()
                    if state.buffer.isEmpty { break }
                }
                let end = min(state.buffer.count, state.start + count - bytes.count)
                bytes += state.buffer[state.start..<end]
                state.start = end
            }
            return bytes
        }
    }

    private func more() throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: SnapshotSource.aheadBytes) {
            buffer, used in
            var count: Int
            repeat {
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            failed = count < 0
            used = max(0, count)
        }
        guard !failed else { throw NodeError(.damaged, "\(path) cannot be read") }
        return bytes
    }
}

/// The blocks that a snapshot file begins with, one after the other, each in its light form.
struct BaseBlocks {
    private let path: String
    private var chunks: SnapshotChunks
    private var waiting: [WireSnapshotBlock] = []

    init(_ path: String) throws {
        self.path = path
        chunks = try SnapshotChunks(read: try SnapshotSource(path).read)
        guard case .manifest = try chunks.next() else { throw BaseBlocks.damaged(path) }
    }

    /// The next block; the caller knows that there is one.
    mutating func next() throws -> WireSnapshotBlock {
        while waiting.isEmpty {
            guard case .blocks(let blocks) = try chunks.next() else {
                throw BaseBlocks.damaged(path)
            }
            waiting = blocks.blocks.reversed()
        }
        guard let block = waiting.popLast() else { throw BaseBlocks.damaged(path) }
        return block.block.isEmpty
            ? block : try SnapshotExport.light(Block(bytes: [UInt8](block.block)))
    }

    private static func damaged(_ path: String) -> NodeError {
        NodeError(
            .damaged, "\(path) does not hold the blocks that this node began with",
            hint: "run cairn snapshot verify on it")
    }
}
