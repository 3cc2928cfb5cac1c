import Contracts
import Crypto
import Foundation
import Identity
import LedgerCore
import Node

import struct LedgerCore.Digest

/// Transactions through the ledger in process: stamps verified, ordered, applied, durable. Content
/// and index take no part; `load` measures them.
enum LedgerBench {
    /// Transactions under way at once: enough for every stage of the pipeline to have work.
    private static let inFlight = 8_192
    /// Transactions that are stamped ahead, per second measured; no machine of two cores does more.
    private static let rateMax = 40_000
    /// Most of them, whatever the time: bounds the memory.
    private static let preparedMax = 400_000

    static func run(seconds: Int, folder: BenchFolder) async throws -> BenchResult {
        let data = DataDirectory(folder.path + "/data")
        let node = try CairnNode.open(
            NodeConfiguration(directory: data), clock: ServeCommand.clock)
        async let running: Void = node.engine.run { _ in }
        let author = try await enrol(node, data)
        let bound = await VerificationBound.measure(author.key)
        let count = min(seconds * rateMax, preparedMax)
        let prepared = try await prepare(count, author: author, node: node)
        let before = Machine.processorSeconds
        let (done, latencies, elapsed) = await measure(prepared, node: node, seconds: seconds)
        let used = (Machine.processorSeconds - before) / Double(max(done, 1))
        let half = Double(done) / elapsed / 2
        let paced = await pace(
            try await prepare(
                min(Int(half) * seconds, preparedMax), author: author, node: node),
            node: node, perSecond: half)
        node.engine.stop()
        try await running
        try node.close()
        return BenchResult(
            name: "ledger", value: Double(done) / elapsed, unit: "transactions/s", bound: bound.rate,
            boundName: "P-256 verification alone, all cores", p50Ms: latencies.percentile(0.5),
            p99Ms: latencies.percentile(0.99),
            fsyncP99Ms: Machine.fsyncP99(folder: folder.path, bytes: 256 * 1024), sample: done,
            seconds: elapsed,
            details: [
                .init(
                    name: "cpu_us", words: "processor time beside the signature",
                    value: (used - bound.processorSeconds) * 1e6,
                    unit: "µs a transaction"),
                .init(
                    name: "half_p50_ms", words: "at half that load: p50",
                    value: paced.percentile(0.5), unit: "ms"),
                .init(
                    name: "half_p99_ms", words: "at half that load: p99",
                    value: paced.percentile(0.99), unit: "ms"),
            ])
    }

    private struct Author: Sendable {
        let person: Identifier
        let key: SigningKey
    }

    /// Gives the administrator a P-256 key, through the people contract.
    private static func enrol(_ node: CairnNode, _ data: DataDirectory) async throws -> Author {
        let wallet = try WalletFile.read(data.administratorWallet).unlock(passphrase: nil)
        let key = SigningKey.p256(P256.Signing.PrivateKey())
        var command = WirePeopleCommand()
        command.addKey.person = wallet.person.bytes.field
        command.addKey.key = try key.publicKey().wire
        let intent = intentBytes(
            node, author: wallet.person, contract: .people, command: Wire.encode(command))
        let stamp = try EStamp(
            intent: Intent.id(of: intent), purpose: .author,
            signingWith: wallet.defaultKey.signingKey)
        _ = try await node.engine.submit(
            try UnverifiedTransaction(
                intentBytes: intent, stamps: [stamp], attachment: Attachment()))
        return Author(person: wallet.person, key: key)
    }

    private static func intentBytes(
        _ node: CairnNode, author: Identifier, contract: Contracts.Name, command: [UInt8]
    ) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        let now = ServeCommand.clock()
        return Intent(
            network: node.identity.genesis.digest, channel: CairnNode.channel, author: author,
            notBeforeMs: now - 60_000, notAfterMs: now + 500_000,
            nonce: Identifier(using: &random), contract: contract.rawValue, contractVersion: 1,
            command: command
        ).bytes
    }

    /// Records transactions of some 300 bytes, each with its own stamp, made on all cores.
    private static func prepare(
        _ count: Int, author: Author, node: CairnNode
    ) async throws -> [UnverifiedTransaction] {
        let chunk = 500
        return try await withThrowingTaskGroup(of: [UnverifiedTransaction].self) { group in
            for start in stride(from: 0, to: count, by: chunk) {
                let size = min(chunk, count - start)
                group.addTask { try (0..<size).map { _ in try transaction(author, node) } }
            }
            var all = [UnverifiedTransaction]()
            for try await part in group { all += part }
            return all
        }
    }

    private static func transaction(
        _ author: Author, _ node: CairnNode
    ) throws -> UnverifiedTransaction {
        var random = SystemRandomNumberGenerator()
        let value = Identifier(using: &random).bytes + Identifier(using: &random).bytes
        // Three writes make an intent of about 300 bytes.
        let writes = (0..<3).map { _ in
            RecordsCommand.Write(
                record: Identifier(using: &random), previous: 0,
                commitment: Commitment(value: Digest(value) ?? .zero))
        }
        let intent = intentBytes(
            node, author: author.person, contract: .records, command: RecordsCommand.bytes(writes))
        var attachment = Attachment()
        attachment.writes = writes.map { _ in
            .init(locator: Identifier(using: &random), paddedSizeBytes: 1024)
        }
        let stamp = try EStamp(
            intent: Intent.id(of: intent), purpose: .author, signingWith: author.key)
        return try UnverifiedTransaction(
            intentBytes: intent, stamps: [stamp], attachment: attachment)
    }

    /// Submits transactions one after the other, so many a second; times count from the moment at
    /// which each was due.
    private static func pace(
        _ prepared: [UnverifiedTransaction], node: CairnNode, perSecond: Double
    ) async -> Latencies {
        let clock = ContinuousClock()
        let start = clock.now
        return await withTaskGroup(of: Duration?.self) { group in
            for (index, transaction) in prepared.enumerated() {
                let due = start + .seconds(Double(index) / perSecond)
                if due > clock.now { try? await Task.sleep(until: due, clock: clock) }
                group.addTask {
                    let outcome = try? await node.engine.submit(transaction)
                    guard let outcome, outcome.refusal == nil else { return nil }
                    return clock.now - due
                }
            }
            var latencies = Latencies()
            for await latency in group { if let latency { latencies.add(latency) } }
            return latencies
        }
    }

    private static func measure(
        _ prepared: [UnverifiedTransaction], node: CairnNode, seconds: Int
    ) async -> (done: Int, latencies: Latencies, seconds: Double) {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(seconds)
        return await withTaskGroup(of: (Int, Latencies).self) { group in
            for worker in 0..<inFlight {
                group.addTask {
                    var done = 0
                    var latencies = Latencies()
                    for index in stride(from: worker, to: prepared.count, by: inFlight) {
                        let begun = clock.now
                        if begun > deadline { break }
                        let outcome = try? await node.engine.submit(prepared[index])
                        guard let outcome, outcome.refusal == nil else { continue }
                        latencies.add(clock.now - begun)
                        done += 1
                    }
                    return (done, latencies)
                }
            }
            var done = 0
            var latencies = Latencies()
            for await (count, times) in group {
                done += count
                latencies.add(times)
            }
            return (done, latencies, (clock.now - start).inSeconds)
        }
    }
}
