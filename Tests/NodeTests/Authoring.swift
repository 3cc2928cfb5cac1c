import Contracts
import Foundation
import Identity
import LedgerCore
import Node

import struct LedgerCore.Digest

/// What an author builds and stamps themselves, for a node to hand in.
struct Authoring: Sendable {
    let node: TestNode
    let wallet: Wallet

    init(_ node: TestNode) throws {
        self.node = node
        wallet = try node.wallet()
    }

    func intent(_ contract: String, _ command: [UInt8], version: UInt32 = 1) -> Intent {
        var random = SystemRandomNumberGenerator()
        let now = TestNode.clock()
        return Intent(
            network: node.node.identity.genesis.digest, channel: CairnNode.channel,
            author: wallet.person, notBeforeMs: now - 30_000, notAfterMs: now + 120_000,
            nonce: Identifier(using: &random), contract: contract, contractVersion: version,
            command: command)
    }

    /// A create of one sealed record, stamped by `key`.
    func record(_ key: SigningKey, content: [UInt8] = [1, 2, 3]) throws -> SubmittedItem {
        var random = SystemRandomNumberGenerator()
        let secret = Digest.sha256(Identifier(using: &random).bytes)
        let write = RecordsCommand.Write(
            record: Identifier(using: &random), previous: 0,
            commitment: Commitment(content: content, secret: secret))
        let intent = intent("records", RecordsCommand.bytes([write])).bytes
        return SubmittedItem(
            intentBytes: intent,
            stamps: [
                try EStamp(intent: Intent.id(of: intent), purpose: .author, signingWith: key)
            ],
            contents: [
                SubmittedContent(content: content, secret: secret, isSealed: true, mediaType: "")
            ], idempotencyKey: nil)
    }

    /// A command about people under the wallet's own key.
    func people(_ change: (inout WirePeopleCommand) -> Void) throws -> SubmittedItem {
        var command = WirePeopleCommand()
        change(&command)
        let intent = intent("people", Wire.encode(command), version: 2).bytes
        return SubmittedItem(
            intentBytes: intent,
            stamps: [
                try EStamp(
                    intent: Intent.id(of: intent), purpose: .author,
                    signingWith: wallet.defaultKey.signingKey)
            ], contents: [], idempotencyKey: nil)
    }

    func enrolment(_ key: SigningKey) throws -> SubmittedItem {
        let key = try key.publicKey()
        return try people {
            $0.addKey.person = wallet.person.bytes.field
            $0.addKey.key = key.wire
        }
    }

    func revocation(_ key: SigningKey) throws -> SubmittedItem {
        let id = try key.publicKey().id
        return try people {
            $0.revokeKey.person = wallet.person.bytes.field
            $0.revokeKey.key = id.bytes.field
        }
    }

    /// Hands items in, in one request: for each `nil` where it was accepted, else why not.
    func submit(_ items: [SubmittedItem]) async -> [String?] {
        await node.node.submit(items, caller: node.caller).map { result in
            switch result {
            case .success(let outcome): outcome.receipt.refused
            case .failure(let error): "\(error.code.rawValue): \(error.message)"
            }
        }
    }

    /// The same transaction as a node's item, without content at this node.
    func transaction(_ item: SubmittedItem) throws -> UnverifiedTransaction {
        var attachment = Attachment()
        var random = SystemRandomNumberGenerator()
        attachment.writes = item.contents.map { _ in
            .init(locator: Identifier(using: &random), paddedSizeBytes: 1_024)
        }
        return try UnverifiedTransaction(
            try item.intent.get(), stamps: item.stamps, attachment: attachment)
    }
}
