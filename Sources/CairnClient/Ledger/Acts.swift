package import Identity
package import LedgerCore

/// Commands that concern the whole ledger, and what people do about proposals.
package enum Act {
    /// Begins versions of contracts at a height.
    package static func activate(
        _ versions: [(name: String, version: UInt32)], height: UInt64, release: String
    ) -> [UInt8] {
        var command = WireMembersCommand()
        command.activate.versions = versions.sorted { $0.name < $1.name }.map {
            var version = WireContractVersion()
            version.contract = $0.name
            version.version = $0.version
            return version
        }
        command.activate.height = height
        command.activate.release = release
        return Wire.encode(command)
    }

    /// Takes back the activation that waits for a height.
    package static func cancel(height: UInt64) -> [UInt8] {
        var command = WireMembersCommand()
        command.cancelActivation.height = height
        return Wire.encode(command)
    }

    /// Stops a contract from the next transaction on.
    package static func pause(_ contract: String) -> [UInt8] {
        var command = WireMembersCommand()
        command.pause.contract = contract
        return Wire.encode(command)
    }

    /// Lets a paused contract go on.
    package static func resume(_ contract: String) -> [UInt8] {
        var command = WireMembersCommand()
        command.resume.contract = contract
        return Wire.encode(command)
    }

    /// Proposes an intent, by its exact bytes.
    package static func propose(_ intent: [UInt8]) -> [UInt8] {
        var command = WireApprovalsCommand()
        command.propose.intent = intent.field
        return Wire.encode(command)
    }

    /// Stamps a proposal, by the id of its intent.
    package static func approve(_ proposal: Digest) -> [UInt8] {
        var command = WireApprovalsCommand()
        command.approve.intent = proposal.bytes.field
        return Wire.encode(command)
    }

    /// Refuses a proposal, or takes one's own back; the reason is a code.
    package static func refuse(_ proposal: Digest, reason: String) -> [UInt8] {
        var command = WireApprovalsCommand()
        command.refuse.intent = proposal.bytes.field
        command.refuse.reason = reason
        return Wire.encode(command)
    }
}

/// An intent with the stamps that it has so far, as people pass it on in a file: the message
/// `SubmitItem` of proto/cairn/v1/api.proto.
package struct CollectedAct: Sendable {
    package let intentBytes: [UInt8]
    package let intent: Intent
    /// In the order in which they were made; the author's is not always the first.
    package private(set) var stamps: [EStamp]

    /// Largest file in bytes.
    package static let bytesMax = WireLimit.transactionBytes
    /// How long it can be passed on: with what ``StampBuilder`` allows for clocks, a network's
    /// longest window, by default ten minutes.
    package static let lastsMs: UInt64 = 540_000

    /// The transaction's id.
    package var id: Digest { Intent.id(of: intentBytes) }

    /// An act that nobody has stamped.
    package init(_ intent: Intent) {
        self.intent = intent
        intentBytes = intent.bytes
        stamps = []
    }

    /// Reads a file; throws where it is none.
    package init(file bytes: [UInt8]) throws {
        let wire = try Wire.decode(
            WireSubmitItem.self, from: bytes, what: "act", limitBytes: CollectedAct.bytesMax)
        guard wire.contents.isEmpty, wire.idempotencyKey.isEmpty,
            wire.stamps.count <= WireLimit.stampsPerTransaction
        else { throw MalformedBytes("act", .badField) }
        intentBytes = [UInt8](wire.intent)
        intent = try Intent(bytes: intentBytes)
        stamps = try wire.stamps.map { try EStamp($0) }
    }

    /// What the file holds.
    package var bytes: [UInt8] { Wire.encode(wire) }

    var wire: WireSubmitItem {
        var wire = WireSubmitItem()
        wire.intent = intentBytes.field
        wire.stamps = stamps.map(\.wire)
        return wire
    }

    /// Adds the wallet's stamp: the author's, or an approval; one that is there is made anew.
    package mutating func stamp(with wallet: Wallet) throws {
        let key = try wallet.defaultKey.signingKey.publicKey().id
        stamps.removeAll { $0.key == key }
        stamps.append(
            try wallet.defaultKey.stamp(
                intent: id, purpose: wallet.person == intent.author ? .author : .approve))
    }
}
