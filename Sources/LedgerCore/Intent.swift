/// What a person stamps: who acts, in which network and channel, when at the latest, and the
/// command.
///
/// Its id is a digest of its exact bytes and names the transaction: it cannot be accepted twice.
package struct Intent: Hashable, Sendable {
    package var network: Digest
    package var channel: String
    package var author: Identifier
    /// First and last block time, in ms since 1970, at which it may be accepted.
    package var notBeforeMs: UInt64
    package var notAfterMs: UInt64
    package var nonce: Identifier
    package var contract: String
    package var contractVersion: UInt32
    /// The contract's own message.
    package var command: [UInt8]

    package init(
        network: Digest, channel: String, author: Identifier, notBeforeMs: UInt64,
        notAfterMs: UInt64, nonce: Identifier, contract: String, contractVersion: UInt32,
        command: [UInt8]
    ) {
        self.network = network
        self.channel = channel
        self.author = author
        self.notBeforeMs = notBeforeMs
        self.notAfterMs = notAfterMs
        self.nonce = nonce
        self.contract = contract
        self.contractVersion = contractVersion
        self.command = command
    }

    /// Reads exact bytes.
    package init(bytes: [UInt8]) throws(MalformedBytes) {
        let wire = try Wire.decode(
            WireIntent.self, from: bytes, what: "intent", limitBytes: WireLimit.intentBytes)
        guard Name.isValid(wire.channel), Name.isValid(wire.contract),
            wire.notBeforeMs <= wire.notAfterMs
        else { throw MalformedBytes("intent", .badField) }
        self.init(
            network: try Digest(field: wire.network, of: "intent network"), channel: wire.channel,
            author: try Identifier(field: wire.author, of: "intent author"),
            notBeforeMs: wire.notBeforeMs, notAfterMs: wire.notAfterMs,
            nonce: try Identifier(field: wire.nonce, of: "intent nonce"), contract: wire.contract,
            contractVersion: wire.contractVersion, command: [UInt8](wire.command))
    }

    /// The bytes that are stamped.
    package var bytes: [UInt8] {
        var wire = WireIntent()
        wire.network = network.bytes.field
        wire.channel = channel
        wire.author = author.bytes.field
        wire.notBeforeMs = notBeforeMs
        wire.notAfterMs = notAfterMs
        wire.nonce = nonce.bytes.field
        wire.contract = contract
        wire.contractVersion = contractVersion
        wire.command = command.field
        return Wire.encode(wire)
    }

    /// The transaction id of an intent with these exact bytes.
    package static func id(of bytes: [UInt8]) -> Digest { Domain.intent.digest(bytes) }
}

/// An intent together with the exact bytes that it was read from: only reading makes one, so that
/// it is read once on its way to a transaction.
package struct ReceivedIntent: Sendable {
    package let intent: Intent
    /// The exact bytes that are stamped.
    package let bytes: [UInt8]
    /// The transaction's id.
    package let id: Digest

    /// Reads exact bytes.
    package init(bytes: [UInt8]) throws(MalformedBytes) {
        intent = try Intent(bytes: bytes)
        self.bytes = bytes
        id = Intent.id(of: bytes)
    }
}

/// Names of channels, contracts and roles: `[a-z0-9-]`, 1 to 64 bytes.
package enum Name {
    package static func isValid(_ text: String) -> Bool {
        (1...WireLimit.nameBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
            }
    }
}
