import LedgerCore

/// A block with header and batch; and each of these alone.
enum BlockEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        var taken = try header(bytes)
        taken = try batch(bytes) || taken
        guard let block = try? Block(bytes: bytes) else { return taken }
        try expectSame("block", block.bytes, bytes)
        _ = try header(block.headerBytes)
        _ = try batch(block.batchBytes)
        return true
    }

    private static func header(_ bytes: [UInt8]) throws -> Bool {
        guard let header = try? Header(bytes: bytes) else { return false }
        try expectSame("header", header.bytes, bytes)
        return true
    }

    private static func batch(_ bytes: [UInt8]) throws -> Bool {
        guard let batch = try? Batch(bytes: bytes) else { return false }
        try expectSame("batch", batch.bytes, bytes)
        for bytes in batch.submissions {
            guard let submission = try? Submission(bytes: bytes) else { continue }
            try expectSame("submission", submission.bytes, bytes)
            for transaction in submission.transactions {
                try TransactionEntry.check(transaction, transaction.bytes)
            }
        }
        return true
    }
}
