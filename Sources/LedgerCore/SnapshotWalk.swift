/// What a snapshot says of itself; nothing of it is believed before the walk ends.
package struct SnapshotManifest: Sendable {
    package let genesis: Genesis
    package let channel: String
    /// The block whose state the entries are.
    package let stateHeight: UInt64
    /// The block whose header carries that state's root.
    package let rootHeight: UInt64
    /// Blocks from here on are whole.
    package let firstBody: UInt64
    /// The newest block.
    package let height: UInt64
    /// Of the log up to the newest block's seal.
    package let checkpoint: Checkpoint

    init(_ wire: WireSnapshotManifest) throws(SnapshotRefusal) {
        guard wire.version == SnapshotFile.version else {
            throw SnapshotRefusal(
                .versionUnknown,
                "the snapshot has version \(wire.version), known is "
                    + "\(SnapshotFile.version)")
        }
        do {
            genesis = try Genesis(bytes: [UInt8](wire.genesis))
        } catch {
            throw SnapshotRefusal(.genesisInvalid, "the genesis in the snapshot does not hold")
        }
        guard let note = String(validating: wire.checkpoint, as: UTF8.self),
            let checkpoint = try? Checkpoint(note: note)
        else { throw SnapshotRefusal(.checkpointInvalid, "the checkpoint is malformed") }
        let origin = Checkpoint.origin(network: genesis.digest, channel: wire.channel)
        guard checkpoint.origin == origin,
            genesis.body.channels.contains(where: { $0.name == wire.channel })
        else { throw SnapshotRefusal(.checkpointInvalid, "the checkpoint is of another log") }
        guard wire.firstBody <= wire.stateHeight, wire.stateHeight <= wire.rootHeight,
            wire.rootHeight <= wire.height, wire.height < UInt64(Int64.max)
        else { throw SnapshotRefusal(.outOfOrder, "the snapshot's heights contradict each other") }
        self.checkpoint = checkpoint
        channel = wire.channel
        stateHeight = wire.stateHeight
        rootHeight = wire.rootHeight
        firstBody = wire.firstBody
        height = wire.height
    }

    /// Milliseconds after which no transaction can be accepted again.
    var windowMs: UInt64 { genesis.body.parameters.windowMaxMs }
}

/// One state entry with its place in the tree.
package struct SnapshotEntry: Sendable {
    package let key: [UInt8]
    package let value: [UInt8]
    package let path: Digest
    package let leaf: Digest
}

/// Goes through a snapshot once, with memory for one chunk, and checks all of it that needs no
/// contract: chunks and order; that each header follows the one before; that blocks are what their
/// headers say; the log's root in every header and in the checkpoint; the state's root from the
/// entries. Who the members are, and so whose cosignatures count, is the visitor's matter.
package struct SnapshotWalk {
    /// Sees the parts in their order, each when it was checked against those before.
    package struct Visitor {
        package var manifest: (SnapshotManifest) throws -> Void
        package var block: (SnapshotBlock) throws -> Void
        package var entries: ([SnapshotEntry]) throws -> Void

        package init(
            manifest: @escaping (SnapshotManifest) throws -> Void = { _ in },
            block: @escaping (SnapshotBlock) throws -> Void = { _ in },
            entries: @escaping ([SnapshotEntry]) throws -> Void = { _ in }
        ) {
            self.manifest = manifest
            self.block = block
            self.entries = entries
        }
    }

    /// What was found.
    package struct Summary: Sendable {
        package let manifest: SnapshotManifest
        /// Leaves of the log.
        package let leaves: UInt64
        package let transactions: UInt64
        package let entries: UInt64
        package let stateRoot: Digest
        /// Of the newest block, milliseconds since 1970.
        package let timeMs: UInt64
        package let hash: Digest
    }

    /// Where the blocks stand.
    private struct Position {
        var next: UInt64 = 0
        var hash = Digest.zero
        var timeMs: UInt64 = 0
        var log = LogTree()
        var transactions: UInt64 = 0
        /// The time of the newest block that is not whole.
        var lightMs: UInt64?
        var stateRoot: Digest?
    }

    private var chunks: SnapshotChunks
    private let visitor: Visitor

    /// - Parameter read: the next bytes of the file; fewer than asked for only at its end.
    package init(read: @escaping (_ count: Int) throws -> [UInt8], visitor: Visitor) throws {
        chunks = try SnapshotChunks(read: read)
        self.visitor = visitor
    }

    /// Reads to the end.
    ///
    /// - Throws: ``SnapshotRefusal`` at the first thing that does not hold; what the visitor
    ///   throws.
    package mutating func run() throws -> Summary {
        guard case .manifest(let wire) = try chunks.next() else {
            throw SnapshotRefusal(.outOfOrder, "the snapshot does not begin with its manifest")
        }
        let manifest = try SnapshotManifest(wire)
        try visitor.manifest(manifest)
        var position = Position()
        var root = StateRoot()
        var entries: UInt64 = 0
        while true {
            switch try chunks.next() {
            case .blocks(let blocks) where entries == 0:
                for block in blocks.blocks { try take(block, manifest, &position) }
            case .entries(let wire):
                try requireBlocks(manifest, position)
                let batch = try wire.entries.map { try SnapshotWalk.entry($0) }
                for entry in batch where !root.add(path: entry.path, leaf: entry.leaf) {
                    throw SnapshotRefusal(.outOfOrder, "the entries are not in order")
                }
                entries += UInt64(batch.count)
                try visitor.entries(batch)
            case .end(let end):
                try requireBlocks(manifest, position)
                guard end.entries == entries, end.chunks == chunks.count else {
                    throw SnapshotRefusal(.truncated, "the snapshot's end counts other parts")
                }
                try chunks.requireEnd()
                guard let sealed = position.stateRoot, sealed == root.root else {
                    throw SnapshotRefusal(
                        .stateMismatch, "the entries do not lead to the header's state root")
                }
                return Summary(
                    manifest: manifest, leaves: position.log.size,
                    transactions: position.transactions, entries: entries, stateRoot: sealed,
                    timeMs: position.timeMs, hash: position.hash)
            default: throw SnapshotRefusal(.outOfOrder, "a chunk is not in its place")
            }
        }
    }

    private static func entry(_ wire: WireSnapshotEntry) throws(SnapshotRefusal) -> SnapshotEntry {
        guard (1...SnapshotFile.keyBytesMax).contains(wire.key.count),
            wire.value.count <= SnapshotFile.valueBytesMax
        else { throw SnapshotRefusal(.damaged, "an entry is longer than entries are") }
        let key = [UInt8](wire.key)
        let value = [UInt8](wire.value)
        let path = StateTree.path(of: key)
        return SnapshotEntry(
            key: key, value: value, path: path, leaf: StateTree.leaf(path: path, value: value))
    }

    private func take(
        _ wire: WireSnapshotBlock, _ manifest: SnapshotManifest, _ position: inout Position
    ) throws {
        let height = position.next
        guard height <= manifest.height else {
            throw SnapshotRefusal(.outOfOrder, "there are blocks beyond the snapshot's height")
        }
        var block = try SnapshotBlock(
            wire, isWhole: height >= manifest.firstBody, firstLeaf: position.log.size)
        let header = block.header
        guard header.network == manifest.genesis.digest, header.channel == manifest.channel,
            header.height == height, header.previous == position.hash,
            height == 0 || header.timeMs > position.timeMs
        else {
            throw SnapshotRefusal(
                .headerBroken, "the header at height \(height) does not follow the one before")
        }
        block.tiles = position.log.append(block.accepted.map(\.digest))
        guard header.logSize == position.log.size, header.logRoot == position.log.root else {
            throw SnapshotRefusal(
                .logMismatch, "the header at height \(height) names another log than its leaves")
        }
        block.tiles += position.log.append([block.hash])
        block.log = position.log
        if block.block == nil { position.lightMs = header.timeMs }
        if height == manifest.stateHeight, let lightMs = position.lightMs {
            let (endMs, overflows) = lightMs.addingReportingOverflow(manifest.windowMs)
            guard !overflows, endMs <= header.timeMs else {
                throw SnapshotRefusal(
                    .bodyMissing, "a block whose transactions could come again is not whole")
            }
        }
        if height == manifest.rootHeight {
            guard let root = header.stateRoot,
                header.stateLag == manifest.rootHeight - manifest.stateHeight
            else {
                throw SnapshotRefusal(
                    .stateMismatch, "the header at height \(height) carries no root of that state")
            }
            position.stateRoot = root
        }
        position.next += 1
        position.hash = block.hash
        position.timeMs = header.timeMs
        position.transactions += UInt64(block.accepted.count)
        try visitor.block(block)
    }

    /// All blocks are there, and the checkpoint is of their log.
    private func requireBlocks(
        _ manifest: SnapshotManifest, _ position: Position
    ) throws(SnapshotRefusal) {
        guard position.next == manifest.height + 1 else {
            throw SnapshotRefusal(.outOfOrder, "the blocks end at another height than it says")
        }
        guard manifest.checkpoint.size == position.log.size,
            manifest.checkpoint.root == position.log.root
        else {
            throw SnapshotRefusal(.logMismatch, "the checkpoint is of another log than the leaves")
        }
    }
}
