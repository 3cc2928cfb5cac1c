import Contracts
import FoundationEssentials
import LedgerCore
import Storage

/// Makes a snapshot of the ledger while the node goes on: see docs/SNAPSHOTS.md.
package struct SnapshotExport: Sendable {
    let genesis: Genesis
    let channel: String
    let directory: DataDirectory
    let engine: LedgerEngine
    let reader: LedgerReader
    let finality: Finality

    /// How long it waits for a checkpoint that a quorum cosigned.
    private static let checkpointWaitMs = 30_000

    /// What was exported.
    package struct Summary: Sendable {
        package let height: UInt64
        package let stateHeight: UInt64
        package let entries: UInt64
        package let bytes: UInt64
    }

    /// A snapshot that is ready to be sent, and may be sent once.
    package struct Prepared: Sendable {
        fileprivate let export: SnapshotExport
        fileprivate let manifest: WireSnapshotManifest
        fileprivate let entries: StateMoment

        /// Hands the file's bytes to `send`, piece by piece, with memory for a few of them.
        package func run(_ send: ([UInt8]) async throws -> Void) async throws -> Summary {
            try await export.run(self, send)
        }
    }

    /// Waits for a sealed state and a checkpoint that a quorum cosigned over it.
    package func prepare() async throws -> Prepared {
        let moment = try await SealedMoment.next(engine: engine, reader: reader)
        do {
            return Prepared(
                export: self, manifest: try await manifest(moment), entries: moment.entries)
        } catch {
            moment.entries.release()
            throw error
        }
    }

    private func manifest(_ moment: SealedMoment) async throws -> WireSnapshotManifest {
        let (checkpoint, height) = try await checkpoint(covering: moment.rootHeight)
        var manifest = WireSnapshotManifest()
        manifest.version = SnapshotFile.version
        manifest.genesis = genesis.bytes.field
        manifest.channel = channel
        manifest.stateHeight = moment.stateHeight
        manifest.rootHeight = moment.rootHeight
        manifest.firstBody = try firstBody(moment.stateHeight)
        manifest.height = height
        manifest.checkpoint = Array(checkpoint.note.utf8).field
        return manifest
    }

    private func run(
        _ prepared: Prepared, _ send: ([UInt8]) async throws -> Void
    ) async throws -> Summary {
        defer { prepared.entries.release() }
        let manifest = prepared.manifest
        var output = Output()
        try await output.send(.manifest(manifest), send)
        try await sendBlocks(manifest, &output, send)
        try await SortedEntries(prepared.entries).forEachPart { part in
            for entry in part { try await output.add(entry, send) }
        }
        try await output.finish(send)
        return Summary(
            height: manifest.height, stateHeight: manifest.stateHeight, entries: output.entries,
            bytes: output.bytes)
    }

    /// The newest checkpoint that a quorum cosigned, with members' lines alone, and the block whose
    /// seal is its last leaf.
    private func checkpoint(covering height: UInt64) async throws -> (Checkpoint, UInt64) {
        guard let header = try reader.header(height) else {
            throw NodeError(.damaged, "the chain lacks block \(height)")
        }
        let final = try await finality.wait(
            covering: header.logSize, atMostMs: SnapshotExport.checkpointWaitMs)
        guard var final else {
            throw NodeError(
                .unavailable,
                "no checkpoint that a quorum of members cosigned covers the state yet",
                hint: "export from a running node, once the other members' nodes are reachable")
        }
        final.signatures.removeAll { $0.name == final.origin }
        guard let newest = try reader.height(sealedBySize: final.size),
            try reader.header(newest)?.logSize == final.size - 1
        else { throw NodeError(.damaged, "the newest checkpoint is not of a block's seal") }
        return (final, newest)
    }

    /// The first block whose transactions could be handed in again after the state's block.
    private func firstBody(_ stateHeight: UInt64) throws -> UInt64 {
        func time(_ height: UInt64) throws -> UInt64 {
            guard let header = try reader.header(height) else {
                throw NodeError(.damaged, "the chain lacks block \(height)")
            }
            return header.timeMs
        }
        let now = try time(stateHeight)
        let window = genesis.body.parameters.windowMaxMs
        // Times ascend.
        var low: UInt64 = 0
        var high = stateHeight
        while low < high {
            let middle = (low + high) / 2
            if try time(middle) + window > now { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private func sendBlocks(
        _ manifest: WireSnapshotManifest, _ output: inout Output,
        _ send: ([UInt8]) async throws -> Void
    ) async throws {
        var next: UInt64 = 0
        if let base = reader.firstBody, base > 0 {
            // What lies before this node's own beginning is in the snapshot that it began with.
            var blocks = try BaseBlocks(directory.snapshot)
            while next < min(base, manifest.firstBody) {
                try await output.add(try blocks.next(), send)
                next += 1
            }
        }
        while next <= manifest.height {
            guard let block = try reader.block(next) else {
                throw NodeError(.damaged, "the chain lacks block \(next)")
            }
            var wire = WireSnapshotBlock()
            if next >= manifest.firstBody {
                wire.block = block.bytes.field
            } else {
                wire = try SnapshotExport.light(block)
            }
            try await output.add(wire, send)
            next += 1
        }
    }

    /// A block without its transactions.
    static func light(_ block: Block) throws -> WireSnapshotBlock {
        let header = try Header(bytes: block.headerBytes)
        let (accepted, membership) = try SnapshotBlock.contents(
            block, header, firstLeaf: header.logSize - UInt64(header.acceptedCount))
        return light(block.headerBytes, accepted, membership)
    }

    static func light(
        _ headerBytes: [UInt8], _ accepted: [SnapshotBlock.Accepted],
        _ membership: [SnapshotBlock.Membership]
    ) -> WireSnapshotBlock {
        var wire = WireSnapshotBlock()
        wire.header = headerBytes.field
        wire.digests = accepted.flatMap(\.digest.bytes).field
        wire.ids = accepted.flatMap(\.id.bytes).field
        wire.indices =
            accepted.flatMap { accepted in
                withUnsafeBytes(of: accepted.index.bigEndian) { [UInt8]($0) }
            }.field
        wire.membership = membership.map(\.wire)
        return wire
    }

    /// Gathers blocks and entries to chunks.
    private struct Output {
        private var writer = SnapshotWriter()
        private var blocks = WireSnapshotBlocks()
        private var part = WireSnapshotEntries()
        private var waitingBytes = 0
        private(set) var entries: UInt64 = 0
        private(set) var bytes: UInt64 = 0

        /// What lies around one part of a chunk.
        private static let frameBytes = 64

        mutating func send(
            _ part: WireSnapshotChunk.OneOf_Part, _ send: ([UInt8]) async throws -> Void
        ) async throws {
            let chunk = writer.bytes(part)
            bytes += UInt64(chunk.count)
            try await send(chunk)
        }

        mutating func add(
            _ block: WireSnapshotBlock, _ send: ([UInt8]) async throws -> Void
        ) async throws {
            let size =
                block.block.count + block.header.count + 3 * block.digests.count
                + block.membership.reduce(0) { $0 + $1.submission.count + Output.frameBytes }
            if waitingBytes + size > SnapshotFile.chunkBytesUsual { try await flush(send) }
            blocks.blocks.append(block)
            waitingBytes += size + Output.frameBytes
        }

        mutating func add(
            _ entry: WireSnapshotEntry, _ send: ([UInt8]) async throws -> Void
        ) async throws {
            if !blocks.blocks.isEmpty { try await flush(send) }
            let size = entry.key.count + entry.value.count
            if waitingBytes + size > SnapshotFile.chunkBytesUsual { try await flush(send) }
            part.entries.append(entry)
            waitingBytes += size + Output.frameBytes
            entries += 1
        }

        mutating func finish(_ send: ([UInt8]) async throws -> Void) async throws {
            try await flush(send)
            let chunk = writer.end(entries: entries)
            bytes += UInt64(chunk.count)
            try await send(chunk)
        }

        private mutating func flush(_ send: ([UInt8]) async throws -> Void) async throws {
            if !blocks.blocks.isEmpty { try await self.send(.blocks(blocks), send) }
            if !part.entries.isEmpty { try await self.send(.entries(part), send) }
            blocks = WireSnapshotBlocks()
            part = WireSnapshotEntries()
            waitingBytes = 0
        }
    }
}
