import Contracts
import FHIR
import Hummingbird
import LedgerCore
import Node

/// The chain, block by block, for whoever explores it.
extension Handlers {
    /// Blocks, the newest first: what `before` names and all above it are left out.
    func blocks(_ call: Call) throws -> Response {
        try requireChannel(call)
        let query = try LedgerQuery(call, ["before", "count"])
        let count = try query.count(usual: 20, atMost: GatewayLimits.pageItemsMax)
        let newest = node.engine.head.tip.height
        let end = min(try query.number("before") ?? .max, newest + 1)
        let start = end - min(end, UInt64(count))
        var writer = JSONWriter(capacityBytes: 16_384)
        writer.beginObject()
        writer.key("blocks")
        writer.beginArray()
        for height in (start..<end).reversed() {
            let block = try known(height)
            writer.raw(
                LiveFollower.json(try Header(bytes: block.headerBytes), hash: block.hash))
        }
        writer.endArray()
        if start > 0 {
            writer.key("before")
            writer.integer(Int(clamping: start))
        }
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// One block's header: its fields, and its exact bytes, of which the hash is made.
    func block(_ call: Call) throws -> Response {
        try requireChannel(call)
        try requireNoQuery(call)
        let block = try named(call.argument(1))
        let header = try Header(bytes: block.headerBytes)
        var writer = JSONWriter(capacityBytes: 4_096)
        writer.beginObject()
        for (name, value) in [
            ("height", Int(clamping: header.height)), ("timeMs", Int(clamping: header.timeMs)),
            ("accepted", header.acceptedCount), ("refused", header.refusedCount),
            ("logSize", Int(clamping: header.logSize) + 1),
        ] {
            writer.key(name)
            writer.integer(value)
        }
        writer.member("hash", "\(block.hash)")
        writer.member("previous", "\(header.previous)")
        writer.member("acceptedRoot", "\(header.acceptedRoot)")
        writer.member("refusedRoot", "\(header.refusedRoot)")
        writer.member("logRootBeforeSeal", "\(header.logRoot)")
        writer.member("stateWrites", "\(header.stateWrites)")
        if let root = header.stateRoot {
            writer.member("stateRoot", "\(root)")
            writer.key("stateHeight")
            writer.integer(Int(clamping: header.height - header.stateLag))
        }
        writer.member("batch", "\(header.batch)")
        writer.member("header", Base64.encode(block.headerBytes))
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// A block's transactions in order, refused ones with their reason.
    func blockTransactions(_ call: Call) throws -> Response {
        try requireChannel(call)
        let query = try LedgerQuery(call, ["from", "count"])
        let count = try query.count(usual: 100, atMost: GatewayLimits.pageTransactionsMax)
        let from = Int(clamping: try query.number("from") ?? 0)
        let block = try named(call.argument(1))
        let header = try Header(bytes: block.headerBytes)
        let all = try node.reader.transactions(of: block)
        let reasons = Dictionary(
            block.refusals.map { ($0.index, $0.reason) }, uniquingKeysWith: { first, _ in first })
        let start = min(from, all.count)
        let end = start + min(count, all.count - start)
        var leaf = header.logSize - UInt64(header.acceptedCount)
        leaf += UInt64(start - block.refusals.count { $0.index < start })
        var writer = JSONWriter(capacityBytes: 256 * (end - start) + 256)
        writer.beginObject()
        writer.key("height")
        writer.integer(Int(clamping: header.height))
        writer.key("transactions")
        writer.beginArray()
        for index in start..<end {
            writer.beginObject()
            writer.key("index")
            writer.integer(index)
            writer.member("id", "\(all[index].id)")
            writer.member("contract", all[index].intent.contract)
            writer.member("author", "\(all[index].intent.author)")
            if let reason = reasons[index] {
                writer.member("refused", reason)
            } else {
                writer.key("leaf")
                writer.integer(Int(clamping: leaf))
                leaf += 1
            }
            writer.endObject()
        }
        writer.endArray()
        if end < all.count {
            writer.key("from")
            writer.integer(end)
        }
        writer.endObject()
        return Answer.json(writer.bytes, isFHIR: false)
    }

    /// The block of a height or a hash.
    private func named(_ text: String) throws -> Block {
        if let height = UInt64(text), String(height) == text {
            guard height <= node.engine.head.tip.height else {
                throw NodeError(.notFound, "the chain is not that high")
            }
            return try known(height)
        }
        guard let hash = Digest(hex: text) else {
            throw NodeError(
                .badRequest, "this names no block",
                hint: "write its height, or its hash in 64 lowercase hex digits")
        }
        guard let height = try node.reader.height(ofBlock: hash) else {
            throw NodeError(.notFound, "the chain has no block with this hash")
        }
        return try known(height)
    }

    private func known(_ height: UInt64) throws -> Block {
        guard let block = try node.reader.block(height) else {
            throw NodeError(.damaged, "the chain lacks block \(height)")
        }
        return block
    }
}

/// The query of a ledger route: numbers, each at most once.
struct LedgerQuery {
    private let parameters: FHIRParameters

    init(_ call: Call, _ names: Set<String>) throws {
        parameters = FHIRParameters(try call.parameters())
        try parameters.requireOnly(names)
        guard Set(parameters.rest.map(\.name)).count == parameters.rest.count else {
            throw NodeError(.badRequest, "a parameter is there twice", hint: "send it once")
        }
    }

    /// - Throws: `NodeError.badRequest` for what is no decimal number of 63 bits.
    func number(_ name: String) throws -> UInt64? {
        try parameters.value(name).map { text in
            guard let number = UInt64(text), String(number) == text, number <= UInt64(Int64.max)
            else {
                throw NodeError(.badRequest, "\(name) is a whole number from 0 on")
            }
            return number
        }
    }

    func required(_ name: String) throws -> UInt64 {
        guard let number = try number(name) else {
            throw NodeError(.badRequest, "the parameter \(name) is missing", hint: "add it")
        }
        return number
    }

    func count(usual: Int, atMost limit: Int) throws -> Int {
        guard let count = try number("count") else { return usual }
        guard (1...UInt64(limit)).contains(count) else {
            throw NodeError(.badRequest, "count is a number from 1 to \(limit)")
        }
        return Int(count)
    }
}
