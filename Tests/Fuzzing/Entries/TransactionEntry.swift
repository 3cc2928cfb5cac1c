import Contracts
import LedgerCore

/// A transaction, and all that it holds; and a submission of some.
enum TransactionEntry {
    static func run(_ bytes: [UInt8]) throws -> Bool {
        let submission = try? Submission(bytes: bytes)
        if let submission { try expectSame("submission", submission.bytes, bytes) }
        guard let transaction = try? UnverifiedTransaction(bytes: bytes) else {
            return submission != nil
        }
        try check(transaction, bytes)
        return true
    }

    static func check(_ transaction: UnverifiedTransaction, _ bytes: [UInt8]) throws {
        try expectSame("transaction", transaction.bytes, bytes)
        try expectSame("intent", transaction.intent.bytes, transaction.intentBytes)
        let again = try UnverifiedTransaction(
            intentBytes: transaction.intentBytes, stamps: transaction.stamps,
            attachment: transaction.attachment)
        try expectSame("transaction put together", again.bytes, bytes)
        try expectSame("digest", again.digest, transaction.digest)
        let command = transaction.intent.command
        if let writes = try? RecordsCommand.writes(command), !writes.isEmpty {
            try expectSame("records command", RecordsCommand.bytes(writes), command)
        }
        // No key is known: the stamps are looked at and none holds.
        guard (try? transaction.verified { _ in nil }) == nil else {
            throw BrokenPromise("stamps hold without a key")
        }
    }
}
