import FHIR
import HTTPTypes
import Hummingbird
import LedgerCore
import Node

/// One accepted transaction: its exact bytes, or what they say.
extension Handlers {
    func transaction(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        guard let id = Digest(hex: call.argument(1)) else {
            throw NodeError(
                .badRequest, "this is no transaction id", hint: "it has 64 lowercase hex digits")
        }
        guard let found = try node.reader.transaction(id) else {
            throw NodeError(.notFound, "the channel holds no accepted transaction with this id")
        }
        let accept = call.header(.accept).map(MediaRange.list) ?? []
        if accept.contains(where: { $0.type == Answer.protobuf }) {
            return Answer.bytes(found.transaction.bytes, mediaType: Answer.protobuf)
        }
        return Answer.json(try transactionJSON(found), isFHIR: false)
    }

    /// What an accepted transaction says.
    func transactionJSON(_ found: LedgerReader.Found) throws -> [UInt8] {
        let transaction = found.transaction
        var writer = JSONWriter(capacityBytes: 2_048)
        writer.beginObject()
        writer.member("id", "\(transaction.id)")
        writer.key("height")
        writer.integer(Int(clamping: found.header.height))
        if let position = try TransactionPosition(found, reader: node.reader) {
            writer.key("index")
            writer.integer(position.index)
            writer.key("leaf")
            writer.integer(Int(clamping: position.leaf))
        }
        writer.key("timeMs")
        writer.integer(Int(clamping: found.header.timeMs))
        writer.member("contract", transaction.intent.contract)
        writer.member("author", "\(transaction.intent.author)")
        writer.key("stamps")
        writer.beginArray()
        for stamp in transaction.stamps {
            writer.beginObject()
            writer.member("scheme", Wording.scheme(stamp.scheme))
            writer.member("purpose", Wording.purpose(stamp.purpose))
            writer.member("key", "\(stamp.key)")
            if let receiver = stamp.receiver { writer.member("receiver", "\(receiver)") }
            writer.endObject()
        }
        writer.endArray()
        if transaction.intent.contractVersion > 1,
            let key = (try? HandOverChain(transaction.stamps))?.holder,
            let entry = try node.reader.state.keyState(key)
        {
            writer.member("holder", Hex.encode(entry.person))
        }
        writer.member("node", "\(found.submission.node)")
        try writeWrites(of: transaction, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private func writeWrites(
        of transaction: UnverifiedTransaction, to writer: inout JSONWriter
    ) throws {
        writer.key("writes")
        writer.beginArray()
        if transaction.intent.contract == LedgerContract.records {
            for write in try RecordsCommand.writes(transaction.intent.command) {
                writer.beginObject()
                writer.member("record", "\(write.record)")
                writer.key("previous")
                writer.integer(Int(write.previous))
                writer.member("commitment", "\(write.commitment.value)")
                writer.endObject()
            }
        }
        writer.endArray()
    }
}

/// Where a transaction stands: in its block, and in the channel's log.
struct TransactionPosition {
    /// Among the block's transactions, refused ones included.
    let index: Int
    let leaf: UInt64

    init?(_ found: LedgerReader.Found, reader: LedgerReader) throws {
        guard let block = try reader.block(found.header.height) else { return nil }
        var index = 0
        for bytes in try Batch(bytes: block.batchBytes).submissions {
            // What did not decode was left out when the block was made.
            guard let submission = try? Submission(bytes: bytes) else { continue }
            guard submission.signature == found.submission.signature else {
                index += submission.transactions.count
                continue
            }
            self.index = index + found.submissionIndex
            let position = self.index
            let refusedBefore = block.refusals.filter { $0.index < position }.count
            leaf =
                found.header.logSize - UInt64(found.header.acceptedCount)
                + UInt64(position - refusedBefore)
            return
        }
        return nil
    }
}
