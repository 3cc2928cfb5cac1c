import Crypto

/// The digest of a block header, hashed twice (DESIGN section 4): what the next header and the
/// log's seal leaf hold.
package enum BlockHash {
    package static func of(header bytes: [UInt8]) -> Digest {
        Digest(SHA256.hash(data: Domain.header.digest(bytes).bytes))
    }
}

/// What the ordering service decided for one height.
package struct Batch: Hashable, Sendable {
    package var timeMs: UInt64
    package var seal: Seal
    /// Exact bytes of submissions, in order.
    package var submissions: [[UInt8]]

    /// What the block's header says of the state. The raw values are the wire's.
    package enum Seal: Int, Sendable {
        case none = 0
        /// The root of the state after this block.
        case now = 1
        /// A seal of the state after this block begins, and a later header carries its root; this
        /// one carries the root of the seal that was begun before it, if there is one.
        case begin = 2
    }

    package init(timeMs: UInt64, seal: Seal, submissions: [[UInt8]]) {
        self.timeMs = timeMs
        self.seal = seal
        self.submissions = submissions
    }

    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireBatch.self, from: bytes, what: "batch", limitBytes: WireLimit.batchBytes)
        guard let seal = Seal(rawValue: wire.seal.rawValue) else {
            throw MalformedBytes("batch", .badField)
        }
        self.init(
            timeMs: wire.timeMs, seal: seal,
            submissions: wire.submissions.map { [UInt8]($0) })
    }

    package var bytes: [UInt8] {
        var wire = WireBatch()
        wire.timeMs = timeMs
        wire.seal = WireStateSeal(rawValue: seal.rawValue) ?? .none
        wire.submissions = submissions.map(\.field)
        return Wire.encode(wire)
    }
}

/// The header of a block: a pure function of the previous header, the batch and the state.
package struct Header: Hashable, Sendable {
    package var network: Digest
    package var channel: String
    package var height: UInt64
    package var timeMs: UInt64
    package var previous: Digest
    package var acceptedRoot: Digest
    package var acceptedCount: Int
    package var refusedRoot: Digest
    package var refusedCount: Int
    /// Leaves of the log before this block's seal, and the root over them.
    package var logSize: UInt64
    package var logRoot: Digest
    package var stateWrites: Digest
    package var stateRoot: Digest?
    /// How many blocks before this one the state was as `stateRoot` says; 0: after this one.
    package var stateLag: UInt64
    package var ordering: Ordering
    package var batch: Digest

    /// The format that this code writes.
    package static let version: UInt32 = 1

    /// Which ordering service a channel uses. The raw values are the wire's.
    package enum Ordering: Int, Sendable { case local = 1, etcd, cometbft }

    package init(
        network: Digest, channel: String, height: UInt64, timeMs: UInt64, previous: Digest,
        acceptedRoot: Digest, acceptedCount: Int, refusedRoot: Digest, refusedCount: Int,
        logSize: UInt64, logRoot: Digest, stateWrites: Digest, stateRoot: Digest?,
        stateLag: UInt64 = 0, ordering: Ordering, batch: Digest
    ) {
        self.network = network
        self.channel = channel
        self.height = height
        self.timeMs = timeMs
        self.previous = previous
        self.acceptedRoot = acceptedRoot
        self.acceptedCount = acceptedCount
        self.refusedRoot = refusedRoot
        self.refusedCount = refusedCount
        self.logSize = logSize
        self.logRoot = logRoot
        self.stateWrites = stateWrites
        self.stateRoot = stateRoot
        self.stateLag = stateLag
        self.ordering = ordering
        self.batch = batch
    }

    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireHeader.self, from: bytes, what: "header", limitBytes: WireLimit.headerBytes)
        guard wire.version == Header.version, Name.isValid(wire.channel),
            let ordering = Ordering(rawValue: wire.ordering.kind.rawValue),
            wire.stateLag == 0 || !wire.stateRoot.isEmpty && wire.stateLag < wire.height
        else { throw MalformedBytes("header", .badField) }
        self.init(
            network: try Digest(field: wire.network, of: "header"), channel: wire.channel,
            height: wire.height, timeMs: wire.timeMs,
            previous: try Digest(field: wire.previous, of: "header"),
            acceptedRoot: try Digest(field: wire.acceptedRoot, of: "header"),
            acceptedCount: Int(wire.acceptedCount),
            refusedRoot: try Digest(field: wire.refusedRoot, of: "header"),
            refusedCount: Int(wire.refusedCount), logSize: wire.logSize,
            logRoot: try Digest(field: wire.logRoot, of: "header"),
            stateWrites: try Digest(field: wire.stateWrites, of: "header"),
            stateRoot: wire.stateRoot.isEmpty
                ? nil : try Digest(field: wire.stateRoot, of: "header"),
            stateLag: wire.stateLag, ordering: ordering,
            batch: try Digest(field: wire.ordering.batch, of: "header"))
    }

    /// The bytes that the block hash covers.
    package var bytes: [UInt8] {
        var wire = WireHeader()
        wire.version = Header.version
        wire.network = network.bytes.field
        wire.channel = channel
        wire.height = height
        wire.timeMs = timeMs
        wire.previous = previous.bytes.field
        wire.acceptedRoot = acceptedRoot.bytes.field
        wire.acceptedCount = UInt32(acceptedCount)
        wire.refusedRoot = refusedRoot.bytes.field
        wire.refusedCount = UInt32(refusedCount)
        wire.logSize = logSize
        wire.logRoot = logRoot.bytes.field
        wire.stateWrites = stateWrites.bytes.field
        if let stateRoot { wire.stateRoot = stateRoot.bytes.field }
        wire.stateLag = stateLag
        wire.ordering.kind = WireOrderingKind(rawValue: ordering.rawValue) ?? .unspecified
        wire.ordering.batch = batch.bytes.field
        return Wire.encode(wire)
    }
}

/// A block as the chain keeps it.
package struct Block: Sendable {
    package let headerBytes: [UInt8]
    package let batchBytes: [UInt8]
    package let refusals: [Refusal]

    /// A transaction of the batch that was not accepted, by its position and a stable reason.
    package struct Refusal: Hashable, Sendable {
        package let index: Int
        package let reason: String

        package init(index: Int, reason: String) {
            self.index = index
            self.reason = reason
        }

        /// The leaf of the header's root of refusals.
        package static func leaf(id: Digest, reason: String) -> Digest {
            Domain.refusal.digest(id.bytes, Array(reason.utf8))
        }
    }

    package init(headerBytes: [UInt8], batchBytes: [UInt8], refusals: [Refusal]) {
        self.headerBytes = headerBytes
        self.batchBytes = batchBytes
        self.refusals = refusals
    }

    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireBlock.self, from: bytes, what: "block", limitBytes: WireLimit.blockBytes)
        self.init(
            headerBytes: [UInt8](wire.header), batchBytes: [UInt8](wire.batch),
            refusals: wire.refusals.map { Refusal(index: Int($0.index), reason: $0.reason) })
    }

    package var bytes: [UInt8] {
        var wire = WireBlock()
        wire.header = headerBytes.field
        wire.batch = batchBytes.field
        wire.refusals = refusals.map { refusal in
            var entry = WireRefusal()
            entry.index = UInt32(refusal.index)
            entry.reason = refusal.reason
            return entry
        }
        return Wire.encode(wire)
    }

    /// The block hash: the seal leaf, and what the next header names.
    package var hash: Digest { BlockHash.of(header: headerBytes) }
}

/// One state entry that a block wrote or removed.
package struct StateWrite: Hashable, Sendable {
    package let key: [UInt8]
    /// `nil` removes.
    package let value: [UInt8]?

    package init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }

    /// Digest of writes sorted by key, lengths between the parts.
    package static func digest(of sorted: [StateWrite]) -> Digest {
        var hasher = SHA256()
        hasher.update(data: Domain.stateWrites.prefix)
        func length(_ count: Int) {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: count).bigEndian) {
                hasher.update(bufferPointer: $0)
            }
        }
        for write in sorted {
            length(write.key.count)
            hasher.update(data: write.key)
            // A removal is told from an empty value by a length that no value can have.
            length(write.value?.count ?? Int(UInt32.max))
            hasher.update(data: write.value ?? [])
        }
        return Digest(hasher.finalize())
    }
}
