import Contracts
import Crypto
import Identity
import LedgerCore
import Node

import struct LedgerCore.Digest

/// Transactions that a person stamped with a P-256 key of their own.
enum LedgerLoad {
    /// Writes of one transaction: three make an intent of about 300 bytes.
    static let writesUsual = 3

    struct Author: Sendable {
        let person: Identifier
        let key: SigningKey
    }

    /// Gives the administrator a P-256 key, through the people contract.
    static func enrol(_ node: CairnNode, _ data: DataDirectory) async throws -> Author {
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

    static func intentBytes(
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

    /// Records transactions, each with its own stamp, made on all cores.
    static func prepare(
        _ count: Int, writes: Int, author: Author, node: CairnNode
    ) async throws -> [UnverifiedTransaction] {
        let chunk = 500
        return try await withThrowingTaskGroup(of: [UnverifiedTransaction].self) { group in
            for start in stride(from: 0, to: count, by: chunk) {
                let size = min(chunk, count - start)
                group.addTask { try (0..<size).map { _ in try transaction(author, node, writes) } }
            }
            var all = [UnverifiedTransaction]()
            for try await part in group { all += part }
            return all
        }
    }

    private static func transaction(
        _ author: Author, _ node: CairnNode, _ writes: Int
    ) throws -> UnverifiedTransaction {
        var random = SystemRandomNumberGenerator()
        let value = Identifier(using: &random).bytes + Identifier(using: &random).bytes
        let writes = (0..<writes).map { _ in
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

    /// Submits everything with so many transactions under way at once, for so long at most.
    static func submit(
        _ prepared: [UnverifiedTransaction], to node: CairnNode, inFlight: Int, seconds: Int = .max
    ) async -> Measured {
        let clock = ContinuousClock()
        let start = clock.now
        let deadline = start + .seconds(min(seconds, 86_400))
        return await withTaskGroup(of: Measured.self) { group in
            for worker in 0..<inFlight {
                group.addTask {
                    var measured = Measured()
                    for index in stride(from: worker, to: prepared.count, by: inFlight) {
                        let begun = clock.now
                        if begun > deadline { break }
                        let outcome = try? await node.engine.submit(prepared[index])
                        guard let outcome, outcome.refusal == nil else { continue }
                        measured.latencies.add(clock.now - begun)
                        measured.done += 1
                    }
                    return measured
                }
            }
            var all = Measured()
            for await part in group {
                all.done += part.done
                all.latencies.add(part.latencies)
            }
            all.seconds = (clock.now - start).inSeconds
            return all
        }
    }

    /// Waits until everything is under a state root that is out, so that what is measured next does
    /// not pay for what was before.
    static func settle(_ node: CairnNode) async {
        while !node.engine.head.tip.isSealed { try? await Task.sleep(for: .milliseconds(50)) }
    }
}
