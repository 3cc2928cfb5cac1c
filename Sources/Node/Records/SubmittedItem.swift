import Contracts
package import LedgerCore

/// An intent that its author built and stamped, with the contents it commits to. One reference, for
/// it passes through many hands.
package final class SubmittedItem: Sendable {
    /// The intent as it was read; why it could not be, else.
    package let intent: Result<ReceivedIntent, MalformedBytes>
    package let stamps: [EStamp]
    package let contents: [SubmittedContent]
    package let idempotencyKey: String?

    package init(
        intentBytes: [UInt8], stamps: [EStamp], contents: [SubmittedContent],
        idempotencyKey: String?
    ) {
        intent = Result { () throws(MalformedBytes) in try ReceivedIntent(bytes: intentBytes) }
        self.stamps = stamps
        self.contents = contents
        self.idempotencyKey = idempotencyKey
    }

    /// Whether it writes records, and so brings content.
    var writesRecords: Bool {
        (try? intent.get())?.intent.contract == Contracts.Name.records.rawValue
    }
}

/// What one write commits to.
package struct SubmittedContent: Sendable {
    package let content: [UInt8]
    package let secret: Digest
    /// Sealed by the author's device; stored unread.
    package let isSealed: Bool
    package let mediaType: String

    package init(content: [UInt8], secret: Digest, isSealed: Bool, mediaType: String) {
        self.content = content
        self.secret = secret
        self.isSealed = isSealed
        self.mediaType = mediaType
    }
}

/// What a submitted item came to: accepted or refused, with its receipt.
package struct SubmittedOutcome: Sendable {
    package let receipt: WriteReceipt
}

/// Items of a request that go through the vault and to the ledger together: enough to share the
/// cost of each step, and few enough that steps of several groups run side by side.
enum SubmittedGroup {
    /// Items of one group; a core plans and seals so many in some milliseconds.
    static let itemsMax = 128
    /// Bytes of content of one group, unless a single item has more.
    static let bytesMax = 2 * 1024 * 1024
    /// Writes of one group, unless a single item has more: below what a pack takes.
    static let writesMax = 1_024

    /// Neighbours of one kind, cut at the bounds. All items, each once.
    static func cut(_ items: [SubmittedItem]) -> [Range<Int>] {
        var groups = [Range<Int>]()
        var start = 0
        var bytes = 0
        var writes = 0
        for (index, item) in items.enumerated() {
            let size = item.contents.reduce(0) { $0 + $1.content.count }
            let isOver =
                index - start == itemsMax || bytes + size > bytesMax
                || writes + item.contents.count > writesMax
                || items[start].writesRecords != item.writesRecords
            if index > start, isOver {
                groups.append(start..<index)
                start = index
                bytes = 0
                writes = 0
            }
            bytes += size
            writes += item.contents.count
        }
        if start < items.count { groups.append(start..<items.count) }
        return groups
    }
}
