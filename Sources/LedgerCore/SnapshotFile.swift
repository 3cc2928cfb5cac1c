/// The file form of a snapshot (docs/SNAPSHOTS.md): a magic line, then chunks.
///
/// A chunk is its payload's length (4 bytes, big-endian), the payload, and a digest over the
/// payload and the digest before, so that no chunk can be altered, moved, repeated or left out. The
/// last one says how many there were, and nothing follows it.
package enum SnapshotFile {
    package static let magic = Array("cairn-snapshot-1\n".utf8)
    /// The format that this code writes.
    package static let version: UInt32 = 1
    /// The longest payload: one whole block and its lists. What is longer is not read.
    package static let chunkBytesMax = 32 * 1024 * 1024
    /// A writer begins a new chunk at this size: small enough to hold a few in memory.
    package static let chunkBytesUsual = 1024 * 1024
    /// The longest key of a state entry.
    package static let keyBytesMax = 256
    /// The longest value: contracts write no entry that is longer than a transaction.
    package static let valueBytesMax = WireLimit.transactionBytes
    /// What a chunk adds to its payload.
    static let overheadBytes = 4 + Digest.size

    static func digest(_ payload: [UInt8], after previous: Digest) -> Digest {
        Domain.snapshot.digest(previous.bytes, payload)
    }
}

/// Why a snapshot is not taken: a stable reason, and a line for a person.
package struct SnapshotRefusal: Error, Hashable, Sendable {
    package let reason: Reason
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    /// Every reason by its word.
    package enum Reason: String, Sendable, CaseIterable {
        /// No snapshot, or a byte of it was altered: magic, length, digest or encoding.
        case damaged = "snapshot-damaged"
        /// It ends early.
        case truncated = "snapshot-truncated"
        /// Something follows its end.
        case trailing = "snapshot-trailing-bytes"
        /// Chunks, heights or entries are not in their order.
        case outOfOrder = "snapshot-out-of-order"
        /// A version of the format that this program does not know.
        case versionUnknown = "snapshot-version-unknown"
        /// The genesis in it does not hold.
        case genesisInvalid = "genesis-invalid"
        /// It is of another network than the trusted genesis.
        case genesisNotTrusted = "genesis-not-trusted"
        /// Block 0 is not what the genesis founds.
        case genesisSeal = "genesis-seal"
        /// A header is malformed or does not follow the one before it.
        case headerBroken = "header-broken"
        /// What is shown of a block is not what its header says.
        case blockMismatch = "block-mismatch"
        /// A block so new that its transactions could come again is not whole.
        case bodyMissing = "body-missing"
        /// A header or the checkpoint names another log than the leaves lead to.
        case logMismatch = "log-mismatch"
        /// The entries do not lead to the state root in the header.
        case stateMismatch = "state-mismatch"
        /// The checkpoint is malformed, or of another log.
        case checkpointInvalid = "checkpoint-invalid"
        /// The trusted keys did not sign the checkpoint.
        case checkpointNotTrusted = "checkpoint-not-trusted"
        /// A signature on the checkpoint is no member's, or does not hold.
        case cosignatureInvalid = "cosignature-invalid"
        /// Half or more of the members did not cosign.
        case quorumMissing = "quorum-missing"
        /// A membership transaction is refused, misplaced, or one is missing.
        case membershipInvalid = "membership-invalid"
        /// It ends before the checkpoint that is known.
        case olderThanKnown = "older-than-known"
        /// Its log does not go on from the checkpoint that is known.
        case otherHistory = "other-history"
    }
}

/// Turns the parts of a snapshot into the bytes of its file.
package struct SnapshotWriter {
    private var previous = Digest.zero
    private var chunks: UInt64 = 0

    package init() {}

    /// The bytes of the next chunk; before the first one the magic line.
    package mutating func bytes(_ part: WireSnapshotChunk.OneOf_Part) -> [UInt8] {
        var chunk = WireSnapshotChunk()
        chunk.part = part
        let payload = Wire.encode(chunk)
        let digest = SnapshotFile.digest(payload, after: previous)
        var bytes = chunks == 0 ? SnapshotFile.magic : []
        bytes.reserveCapacity(bytes.count + payload.count + SnapshotFile.overheadBytes)
        withUnsafeBytes(of: UInt32(payload.count).bigEndian) { bytes.append(contentsOf: $0) }
        bytes += payload
        bytes += digest.bytes
        previous = digest
        chunks += 1
        return bytes
    }

    /// The bytes of the last chunk.
    package mutating func end(entries: UInt64) -> [UInt8] {
        var end = WireSnapshotEnd()
        end.entries = entries
        end.chunks = chunks + 1
        return bytes(.end(end))
    }
}

/// Reads chunks one after the other, with memory for one.
package struct SnapshotChunks {
    private let read: (_ count: Int) throws -> [UInt8]
    private var previous = Digest.zero
    private(set) var count: UInt64 = 0

    /// - Parameter read: the next bytes; fewer than asked for only at the end.
    package init(read: @escaping (Int) throws -> [UInt8]) throws {
        self.read = read
        guard try read(SnapshotFile.magic.count) == SnapshotFile.magic else {
            throw SnapshotRefusal(.damaged, "this is no snapshot of a version that is known")
        }
    }

    /// The next chunk, whose digest holds.
    package mutating func next() throws -> WireSnapshotChunk.OneOf_Part {
        let length = try whole(4).reduce(0) { $0 << 8 | Int($1) }
        guard (1...SnapshotFile.chunkBytesMax).contains(length) else {
            throw SnapshotRefusal(.damaged, "chunk \(count + 1) has an impossible length")
        }
        let payload = try whole(length)
        let digest = SnapshotFile.digest(payload, after: previous)
        guard try whole(Digest.size) == digest.bytes else {
            throw SnapshotRefusal(
                .damaged, "chunk \(count + 1) was altered, or is not in its place")
        }
        let part: WireSnapshotChunk.OneOf_Part?
        do {
            part = try Wire.decode(
                WireSnapshotChunk.self, from: payload, what: "snapshot",
                limitBytes: SnapshotFile.chunkBytesMax
            ).part
        } catch {
            throw SnapshotRefusal(.damaged, "chunk \(count + 1) is malformed")
        }
        guard let part else { throw SnapshotRefusal(.damaged, "chunk \(count + 1) is empty") }
        previous = digest
        count += 1
        return part
    }

    /// Refuses whatever follows.
    func requireEnd() throws {
        guard try read(1).isEmpty else {
            throw SnapshotRefusal(.trailing, "something follows the snapshot's end")
        }
    }

    private func whole(_ length: Int) throws -> [UInt8] {
        let bytes = try read(length)
        guard bytes.count == length else {
            throw SnapshotRefusal(
                .truncated, "the snapshot ends within or before chunk \(count + 1)")
        }
        return bytes
    }
}
