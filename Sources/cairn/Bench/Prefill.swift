import Contracts
import Foundation
import Identity
import LedgerCore
import Node

/// A ledger with many transactions in it: what it costs to keep and to prove.
enum Prefill {
    /// Transactions that are stamped and submitted together.
    private static let step = 100_000

    /// Submits until the log has so many leaves.
    static func fill(
        _ node: CairnNode, to total: Int, writes: Int, author: LedgerLoad.Author
    ) async throws {
        while Int(node.engine.head.tip.log.size) < total {
            let missing = total - Int(node.engine.head.tip.log.size)
            let prepared = try await LedgerLoad.prepare(
                min(step, missing), writes: writes, author: author, node: node)
            _ = await LedgerLoad.submit(prepared, to: node, inFlight: LedgerBench.inFlight)
        }
        await LedgerLoad.settle(node)
    }

    /// Bytes on disk and on the wire, and of an inclusion proof.
    static func sizes(_ node: CairnNode, _ data: DataDirectory) throws -> [BenchResult.Detail] {
        let tip = node.engine.head.tip
        let chain = Double(bytes(below: data.chain))
        let all = chain + Double(bytes(below: data.state))
        let count = Double(max(tip.log.size, 1))
        let path = try node.reader.tiles(size: tip.log.size).inclusion(of: tip.log.size / 2) ?? []
        return [
            .init(
                name: "disk_bytes", words: "chain and state on disk:", value: all / count,
                unit: "bytes a transaction"),
            .init(
                name: "chain_bytes", words: "of them the chain, close to the wire's size:",
                value: chain / count, unit: "bytes a transaction"),
            .init(
                name: "inclusion_bytes", words: "inclusion proof:",
                value: Double(path.count * Digest.size), unit: "bytes"),
        ]
    }

    /// How long `cairn serve` takes to be ready with all that, and its memory then.
    ///
    /// The records of this measurement have no content, so the query index has nothing to take from
    /// their blocks: it is told that it is as far as the ledger.
    static func start(_ data: DataDirectory) throws -> [BenchResult.Detail] {
        try RecordIndex.moveToHead(of: data)
        let clock = ContinuousClock()
        let begun = clock.now
        let server = try ServerProcess(data: data.path)
        let ready = clock.now - begun
        defer { server.stop() }
        return [
            .init(
                name: "start_ms", words: "start, until it is ready:",
                value: ready.inSeconds * 1_000, unit: "ms"),
            .init(
                name: "memory_mb", words: "resident memory then:",
                value: Double(try server.residentKilobytes()) / 1_024, unit: "MB"),
        ]
    }

    private static func bytes(below path: String) -> Int {
        let files = FileManager.default.enumerator(atPath: path)
        var sum = 0
        while files?.nextObject() != nil {
            sum += (files?.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0
        }
        return sum
    }
}
