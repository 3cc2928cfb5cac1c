import Crypto

/// The stamp of a request whose intents author and node both build: from a seed, so that a bundle
/// of thousands of writes is stamped by a header of 200 bytes.
///
/// Write `i` of the request gets its record id, nonce and commitment secret from
/// HKDF-SHA-256(seed, info = domain ‖ kind ‖ i), RFC 5869.
package struct StampedRequest: Hashable, Sendable {
    /// 32 fresh random bytes.
    package let seed: Digest
    package let author: Identifier
    package let notBeforeMs: UInt64
    package let notAfterMs: UInt64
    package var scheme: StampScheme
    package var key: Digest
    /// Over the one intent, or over the root of several.
    package var signature: [UInt8]
    /// The record and version that an update follows.
    package var follows: Follows?

    package struct Follows: Hashable, Sendable {
        package let record: Identifier
        package let version: UInt32

        package init(record: Identifier, version: UInt32) {
            self.record = record
            self.version = version
        }
    }

    /// What one write contributes to an intent.
    package struct Write: Hashable, Sendable {
        package let commitment: Commitment
        /// The author agrees that an existing record may satisfy it.
        package let conditional: Bool

        package init(commitment: Commitment, conditional: Bool) {
            self.commitment = commitment
            self.conditional = conditional
        }
    }

    private enum Derived: UInt8 { case record = 1, nonce, secret }

    package init(
        seed: Digest, author: Identifier, notBeforeMs: UInt64, notAfterMs: UInt64,
        follows: Follows? = nil
    ) {
        self.seed = seed
        self.author = author
        self.notBeforeMs = notBeforeMs
        self.notAfterMs = notAfterMs
        scheme = .ed25519
        key = .zero
        signature = []
        self.follows = follows
    }

    private func derive(_ kind: Derived, _ index: Int) -> [UInt8] {
        let info =
            Domain.requestStamp.prefix + [kind.rawValue]
            + withUnsafeBytes(of: UInt32(truncatingIfNeeded: index).bigEndian) { [UInt8]($0) }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: seed.bytes), info: info, outputByteCount: 32)
        return key.withUnsafeBytes { [UInt8]($0) }
    }

    private func identifier(_ kind: Derived, _ index: Int) -> Identifier {
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (position, byte) in derive(kind, index).prefix(16).enumerated() {
            if position < 8 {
                high = high << 8 | UInt64(byte)
            } else {
                low = low << 8 | UInt64(byte)
            }
        }
        return Identifier(high: high, low: low)
    }

    /// The record of write `index`: the one that is followed, or a new one.
    package func record(_ index: Int) -> Identifier {
        follows?.record ?? identifier(.record, index)
    }

    /// The commitment secret of write `index`.
    package func secret(_ index: Int) -> Digest { Digest(derive(.secret, index)) ?? .zero }

    /// The intent of writes `first...`, in order: all of them for a transaction, one for a batch
    /// entry.
    package func intent(
        network: Digest, channel: String, writes: [Write], first: Int
    ) -> Intent {
        Intent(
            network: network, channel: channel, author: author, notBeforeMs: notBeforeMs,
            notAfterMs: notAfterMs, nonce: identifier(.nonce, first), contract: "records",
            contractVersion: 1,
            command: RecordsCommand.bytes(
                writes.enumerated().map { offset, write in
                    RecordsCommand.Write(
                        record: record(first + offset), previous: follows?.version ?? 0,
                        commitment: write.commitment, conditional: write.conditional)
                }))
    }

    /// Signs intents: one alone, several at their root.
    package mutating func sign(intents: [Digest], with signer: SigningKey) throws {
        let stamps = try EStamp.batch(intents: intents, purpose: .author, signingWith: signer)
        guard let first = stamps.first else { return }
        scheme = first.scheme
        key = first.key
        signature = first.signature
    }

    /// The stamps that the header's signature gives each of the request's intents.
    package func stamps(intents: [Digest]) -> [EStamp] {
        if intents.count == 1 {
            return [EStamp(scheme: scheme, purpose: .author, key: key, signature: signature)]
        }
        let tree = MerkleTree(leaves: intents)
        return intents.indices.map { index in
            EStamp(
                scheme: scheme, purpose: .author, key: key, signature: signature,
                batch: .init(index: index, size: intents.count, path: tree.path(to: index)))
        }
    }
}

extension StampedRequest {
    /// Largest header value in base64url characters: an ML-DSA-65 signature with room.
    package static let headerBytesMax = 8 * 1024

    /// Reads the value of the header `Cairn-Stamp`.
    package init(header: String) throws(MalformedBytes) {
        guard header.utf8.count <= StampedRequest.headerBytesMax,
            let bytes = Base64.decodeURL(header)
        else { throw MalformedBytes("request stamp", .badField) }
        let wire = try Wire.decode(
            WireRequestStamp.self, from: bytes, what: "request stamp",
            limitBytes: StampedRequest.headerBytesMax)
        guard let scheme = StampScheme(rawValue: wire.scheme.rawValue), scheme != .webauthn,
            wire.signature.count == scheme.signatureSize, wire.notBeforeMs <= wire.notAfterMs,
            wire.record.isEmpty == (wire.previous == 0)
        else { throw MalformedBytes("request stamp", .badField) }
        self.init(
            seed: try Digest(field: wire.seed, of: "request stamp"),
            author: try Identifier(field: wire.author, of: "request stamp"),
            notBeforeMs: wire.notBeforeMs, notAfterMs: wire.notAfterMs,
            follows: wire.record.isEmpty
                ? nil
                : Follows(
                    record: try Identifier(field: wire.record, of: "request stamp"),
                    version: wire.previous))
        self.scheme = scheme
        key = try Digest(field: wire.key, of: "request stamp")
        signature = [UInt8](wire.signature)
    }

    /// The value of the header `Cairn-Stamp`.
    package var header: String {
        var wire = WireRequestStamp()
        wire.seed = seed.bytes.field
        wire.author = author.bytes.field
        wire.notBeforeMs = notBeforeMs
        wire.notAfterMs = notAfterMs
        wire.scheme = WireStampScheme(rawValue: scheme.rawValue) ?? .unspecified
        wire.key = key.bytes.field
        wire.signature = signature.field
        if let follows {
            wire.record = follows.record.bytes.field
            wire.previous = follows.version
        }
        return Base64.encodeURL(Wire.encode(wire))
    }
}

/// The command of the records contract, as authors build it.
package enum RecordsCommand {
    /// One version of one record.
    package struct Write: Hashable, Sendable {
        package let record: Identifier
        /// The version it follows; 0 creates.
        package let previous: UInt32
        package let commitment: Commitment
        package let conditional: Bool

        package init(
            record: Identifier, previous: UInt32, commitment: Commitment, conditional: Bool = false
        ) {
            self.record = record
            self.previous = previous
            self.commitment = commitment
            self.conditional = conditional
        }
    }

    package static func bytes(_ writes: [Write]) -> [UInt8] {
        var command = WireRecordsCommand()
        command.writes = writes.map { write in
            var wire = WireWrite()
            wire.record = write.record.bytes.field
            wire.previous = write.previous
            wire.commitment.scheme = .bytes
            wire.commitment.value = write.commitment.value.bytes.field
            wire.conditional = write.conditional
            return wire
        }
        return Wire.encode(command)
    }

    /// Reads a command of a records intent.
    package static func writes(_ bytes: [UInt8]) throws(MalformedBytes) -> [Write] {
        let command = try Wire.decode(
            WireRecordsCommand.self, from: bytes, what: "records command",
            limitBytes: WireLimit.intentBytes)
        guard (1...WireLimit.writesPerIntent).contains(command.writes.count) else {
            throw MalformedBytes("records command", .tooMany)
        }
        var writes = [Write]()
        writes.reserveCapacity(command.writes.count)
        for wire in command.writes {
            guard wire.commitment.scheme == .bytes else {
                throw MalformedBytes("records command", .badField)
            }
            writes.append(
                Write(
                    record: try Identifier(field: wire.record, of: "record"),
                    previous: wire.previous,
                    commitment: Commitment(
                        value: try Digest(field: wire.commitment.value, of: "commitment")),
                    conditional: wire.conditional))
        }
        return writes
    }
}
