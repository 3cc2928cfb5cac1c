/// Where a record lies: enough to read it with one call to the disk.
package struct ChainPosition: Hashable, Sendable {
    /// The first height of the segment, which names its file.
    package let segment: UInt64
    /// The offset of the record's header in that file.
    package let offset: UInt64
    /// The payload's length in bytes.
    package let length: UInt32

    package init(segment: UInt64, offset: UInt64, length: UInt32) {
        self.segment = segment
        self.offset = offset
        self.length = length
    }

    /// The segment's file name.
    package var fileName: String { ChainFormat.fileName(firstHeight: segment) }
}

/// A record whose digests were checked.
package struct ChainRecord: Hashable, Sendable {
    package let height: UInt64
    package let payload: [UInt8]
    package let position: ChainPosition
}

/// The limits of the chain's files.
package enum ChainLimits {
    /// A segment is closed once it is at least this long: small enough to copy and to check in
    /// under a second, large enough that years of blocks are some thousand files.
    package static let segmentBytes: UInt64 = 64 << 20
    /// The longest payload. A block's limits lie far below; more is damage, and is not allocated.
    package static let payloadBytesMax = 32 << 20
    /// The longest channel name.
    package static let channelBytesMax = ChainFormat.channelBytesMax
    /// Segment files kept open for reading.
    static let readersMax = 16
}

/// How much `ChainLog.open` checks.
package enum ChainVerification: Sendable {
    /// Every segment's header and all of the newest segment: constant work. Damage further back
    /// shows when it is read, or by `ChainLog.inspect`.
    case newestSegment
    /// Every record.
    case everything
}

/// Something wrong in the chain's folder, with its place. Carries no content.
package struct ChainFinding: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// The header of a segment is not as it was written.
        case segmentHeaderDamaged
        /// A whole segment of another network or channel.
        case foreignSegment
        /// A file that is no segment.
        case unknownFile
        /// The record that should start here is not as it was written.
        case recordDamaged
        /// `bytes` of a record that was never made durable: harmless, `open` cuts it off.
        case tornTail(bytes: UInt64)
        /// A good record with another height than the one expected here.
        case heightUnexpected(found: UInt64)
        /// The chain ends below a height that is known to have been durable.
        case tailMissing(last: UInt64?)
    }

    package let kind: Kind
    /// The file's name within the chain's folder.
    package let file: String
    package let offset: UInt64
    /// The height that is expected at this place.
    package let height: UInt64

    package var description: String { "chain \(file) at \(offset), height \(height): \(kind)" }

    /// Whether a node may start in spite of it.
    package var isHarmless: Bool {
        if case .tornTail = kind { return true }
        return false
    }
}

package enum ChainLogError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The files are not as they were written; nothing was changed.
    case damaged(ChainFinding)
    /// No space: the record was not appended, the log is as before and usable.
    case full(height: UInt64)
    /// `append` with another height than the next one.
    case heightUnexpected(given: UInt64, next: UInt64)
    /// The payload exceeds `ChainLimits.payloadBytesMax`.
    case payloadTooLong(bytes: Int)
    /// The channel's name is empty or exceeds `ChainLimits.channelBytesMax`.
    case channelNameUnusable
    /// An earlier write or sync failed and left the disk's state unknown: open the log again.
    case failedBefore
    /// No record with that height.
    case noRecord(height: UInt64)
    /// The place does not hold a good record (a stale index, or damage).
    case notARecord(file: String, offset: UInt64)

    package var description: String {
        switch self {
        case .damaged(let finding): "damaged: \(finding)"
        case .full(let height): "no space left to append height \(height)"
        case .heightUnexpected(let given, let next): "append of height \(given), next is \(next)"
        case .payloadTooLong(let bytes): "payload of \(bytes) bytes is too long"
        case .channelNameUnusable: "channel name empty or too long"
        case .failedBefore: "an earlier write failed; open the chain again"
        case .noRecord(let height): "no record of height \(height)"
        case .notARecord(let file, let offset): "no good record in \(file) at \(offset)"
        }
    }
}
